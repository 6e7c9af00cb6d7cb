// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/nn/label_head.hpp>
#include <graft/tune/adamw.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a label head is fitted.
struct fit_label_head_params {
    double      c     = 1;   ///< weight of the losses beside |W|² / 2: the C of LIBLINEAR and scikit-learn
    double      rate  = .1;  ///< of Adam, which falls to 0
    std::size_t steps = 300; ///< each over all vectors

    [[nodiscard]] bool valid() const noexcept {
        return is_finite(c) && c > 0 && is_finite(rate) && rate > 0 && rate <= 1e37 && steps > 0;
    }
};

/// Fits a head over vectors that stay as they are (multinomial logistic regression):  the mean of  - log softmax(W v + b)[label]  + |W|² / (2 c n).
///
/// Takes    vectors [n, dims]; a label each, below `names`; their names; the fingerprint of who made the vectors
/// Gives    the head near the least, which is the nearer the smaller `c` is and the more steps there are. It begins at zero and nothing is drawn: the
///          same input, the same bits, on any number of threads.
/// Costs    6 · n · dims · labels operations a step.
/// Fails    `no_input` for fewer than two labels, or without vectors; `duplicate_id` for two of one name; `wrong_shape`; `unknown_id` (row) for a label that is not there; `not_finite` (row);
///          `bad_argument`; stopped, timed_out
[[nodiscard]] inline result<label_head> fit_label_head(matrix_view<const float>       vectors,
                                                       std::span<const std::uint32_t> labels,
                                                       std::vector<std::string> names, std::uint64_t fingerprint,
                                                       const fit_label_head_params& how, context& c) {
    const std::size_t n = vectors.rows, k = names.size(), dims = vectors.dims;
    if (!how.valid()) return error{fault::bad_argument, unit::none, 0, "fit_label_head"};
    if (n == 0 || k < 2) return error{fault::no_input, unit::none, k, "vectors and labels"};
    if (labels.size() != n || dims == 0) return error{fault::wrong_shape, unit::none, labels.size(), "labels"};
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        return error{fault::duplicate_id, unit::none, 0, "label " + *twice};
    std::vector<std::int64_t> targets(n);
    for (std::size_t i = 0; i < n; ++i) {
        if (labels[i] >= k) return error{fault::unknown_id, unit::row, i, "label"};
        if (!all_finite(std::span<const float>(vectors.row(i))))
            return error{fault::not_finite, unit::row, i, "vector"};
        targets[i] = labels[i];
    }
    label_head    made{std::move(names), {matrix<float>(k, dims), matrix<float>(1, k)}, fingerprint};
    auto&         W = made.layer.W;
    auto&         b = made.layer.b;
    adamw<float>  moves_w(W.flat().size()), moves_b(b.flat().size());
    matrix<float> dW(k, dims), db(1, k);
    const auto    pull = static_cast<float>(1 / (how.c * static_cast<double>(n)));
    for (std::size_t step = 0; step < how.steps; ++step) {
        const arena::scope       mine(c);
        const matrix_view<float> z{c.take_raw<float>(n * k).data(), n, k};
        if (auto ok = made.layer.forward(vectors, z, c); !ok) return ok.error();
        const auto loss = cross_entropy<float>(z, targets, static_cast<double>(n), {}, z, c);
        if (!loss) return loss.error();
        if (!is_finite(*loss)) return error{fault::not_finite, unit::none, step + 1, "loss"};
        for (std::size_t i = 0; i < dW.flat().size(); ++i) dW.data()[i] = pull * W.data()[i];
        std::fill_n(db.data(), k, 0.f);
        if (auto ok = linear_gradients<float>(vectors, z, dW.view(), db.flat(), c); !ok) return ok.error();
        const double       left = static_cast<double>(how.steps - step) / static_cast<double>(how.steps);
        const adamw_params by{.rate = how.rate * left, .decay = 0};
        if (auto ok = moves_w.step(W.flat(), dW.flat(), by); !ok) return ok.error();
        if (auto ok = moves_b.step(b.flat(), db.flat(), by); !ok) return ok.error();
        c.progress(step + 1, how.steps);
    }
    return made;
}

} // namespace graft::inline GRAFT_ABI
