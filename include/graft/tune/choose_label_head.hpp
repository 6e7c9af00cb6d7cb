// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>
#include <graft/tune/fit_label_head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Among which heads one is chosen, and by how many parts.
struct choose_label_head_params {
    std::vector<double>   c     = {1, 10, 100, 1000}; ///< the weights that are tried, see `fit_label_head_params::c`
    std::size_t           folds = 5;
    fit_label_head_params how   = {}; ///< its `c` is not asked
};

/// A head, the weight that it was fitted with, and how every weight did.
struct chosen_label_head {
    label_head          head = {};
    double              c    = 0;
    std::vector<double> loss = {}; ///< of each weight: the mean of - log p(label) of vectors that did not fit it, nats
};

/// Fits a label head with the weight that does best on vectors it was not fitted on: cross-validation among those that are taught, and no others. Each label's vectors
/// are dealt to the parts in turn, as they come.
///
/// Takes    as `fit_label_head`
/// Gives    of weights that do as well the smallest; and that where there are fewer vectors than parts
/// Costs    `c.size()` times `folds` fits, and one over all.
/// Fails    as `fit_label_head`; `bad_argument` without a weight, for one that is none, or for fewer than two parts
/// Source   Stone 1974, doi 10.1111/j.2517-6161.1974.tb00994.x
[[nodiscard]] inline result<chosen_label_head>
choose_label_head(matrix_view<const float> vectors, std::span<const std::uint32_t> labels,
                  std::vector<std::string> names, std::uint64_t fingerprint, choose_label_head_params by, context& c) {
    const auto weight_of_none = [](double w) { return !is_finite(w) || w <= 0; };
    if (by.c.empty() || by.folds < 2 || std::any_of(by.c.begin(), by.c.end(), weight_of_none))
        return error{fault::bad_argument, unit::none, 0, "choose_label_head"};
    std::sort(by.c.begin(), by.c.end());
    if (labels.size() != vectors.rows) return error{fault::wrong_shape, unit::none, labels.size(), "labels"};
    chosen_label_head chosen{{}, by.c[0], std::vector<double>(by.c.size())};
    const auto        fit = [&](matrix_view<const float> of, std::span<const std::uint32_t> as, double weight) {
        fit_label_head_params how = by.how;
        how.c                     = weight;
        return fit_label_head(of, as, names, fingerprint, how, c);
    };
    std::vector<std::size_t> met(names.size()), part(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] >= names.size()) return error{fault::unknown_id, unit::row, i, "label"};
        if (!all_finite(std::span<const float>(vectors.row(i))))
            return error{fault::not_finite, unit::row, i, "vector"};
        part[i] = (labels[i] + met[labels[i]]++) % by.folds;
    }
    for (std::size_t f = 0; f < by.folds && vectors.rows >= by.folds; ++f) {
        std::vector<std::size_t>   held;
        std::vector<std::uint32_t> taught;
        matrix<float>              rows(vectors.rows, vectors.dims);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (part[i] == f) {
                held.push_back(i);
                continue;
            }
            std::ranges::copy(vectors.row(i), rows.row(taught.size()).begin());
            taught.push_back(labels[i]);
        }
        if (held.empty() || taught.empty()) continue;
        matrix<float> asked(held.size(), vectors.dims), p(held.size(), names.size());
        for (std::size_t i = 0; i < held.size(); ++i) std::ranges::copy(vectors.row(held[i]), asked.row(i).begin());
        for (std::size_t w = 0; w < by.c.size(); ++w) {
            const auto head = fit(rows.view().middle(0, taught.size()), taught, by.c[w]);
            if (!head) return head.error();
            if (auto ok = head->probabilities(asked.view(), p.view(), c); !ok) return ok.error();
            for (std::size_t i = 0; i < held.size(); ++i)
                chosen.loss[w] -=
                    log_exact(std::max(double{p.row(i)[labels[held[i]]]}, 1e-30)) / static_cast<double>(vectors.rows);
        }
    }
    chosen.c =
        by.c[static_cast<std::size_t>(std::min_element(chosen.loss.begin(), chosen.loss.end()) - chosen.loss.begin())];
    auto head = fit(vectors, labels, chosen.c);
    if (!head) return head.error();
    chosen.head = std::move(*head);
    return chosen;
}

} // namespace graft::inline GRAFT_ABI
