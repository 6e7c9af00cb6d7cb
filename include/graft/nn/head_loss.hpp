// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/nn/cross_entropy.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/row_functions.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// The loss of a language model's head: `cross_entropy` of head(x) at the rows that have a label, and its gradient for x. Logits of a few rows at
/// a time are made, never those of all; rows without a label are not multiplied at all.
///
/// Gives    Σ losses / `labelled`, added up in the order of the rows
/// Takes    a head with `forward` and `backward`, and as many outputs as there are classes; x [n, width]; labels [n], below the classes or
///          `ignored_label`; `labelled`, what the sum is divided by; `by_row` [n], the loss of each row (0: ignored), or empty; dx [n, width], which
///          may be x, or empty: zero where there is no label; `own`, to which the gradients of the head are added where it moves, or null: beside dx
/// Costs    `at_once` rows of logits
/// Fails    `bad_argument` (row) for a label that is no class; stopped, timed_out: dx is half made then
template <std::floating_point Scalar, class Head>
[[nodiscard]] result<double> head_loss(const Head& head, matrix_view<const Scalar> x,
                                       std::span<const std::int64_t> labels, double labelled, std::span<double> by_row,
                                       matrix_view<Scalar> dx, context& c, std::size_t at_once = 64,
                                       linear<Scalar>* own = nullptr) {
    GRAFT_ASSERT(own == nullptr || !dx.empty(), "gradients of the head beside those of what it takes");
    GRAFT_ASSERT(at_once > 0 && (dx.empty() || (dx.rows == x.rows && dx.dims == x.dims)), "rows at a time, and room");
    GRAFT_ASSERT(labels.size() == x.rows && (by_row.empty() || by_row.size() == x.rows), "a label for each row");
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != ignored_label && (labels[i] < 0 || static_cast<std::uint64_t>(labels[i]) >= head.out()))
            return error{fault::bad_argument, unit::row, i, "label"};
    const arena::scope mine(c);
    const auto         which = c.take_raw<std::size_t>(at_once);
    const auto         named = c.take_raw<std::int64_t>(at_once);
    const auto         each  = c.take_raw<double>(at_once);
    const auto         some  = detail::take_matrix<Scalar>(c, at_once, x.dims),
               z             = detail::take_matrix<Scalar>(c, at_once, head.out());
    std::fill(by_row.begin(), by_row.end(), 0.);
    double sum = 0;
    for (std::size_t i = 0; i < x.rows;) {
        std::size_t n = 0;
        for (; i < x.rows && n < at_once; ++i) {
            if (labels[i] == ignored_label) {
                if (!dx.empty()) std::fill_n(dx.row(i).data(), dx.dims, Scalar{0});
                continue;
            }
            std::copy_n(x.row(i).data(), x.dims, some.row(n).data());
            which[n] = i, named[n++] = labels[i];
        }
        if (n == 0) break;
        const auto rows = some.middle(0, n), logits = z.middle(0, n);
        if (auto ok = head.forward(rows, logits, c); !ok) return ok.error();
        const auto loss = cross_entropy<Scalar>(logits, named.first(n), labelled, each.first(n),
                                                dx.empty() ? matrix_view<Scalar>{} : logits, c);
        if (!loss) return loss.error();
        for (std::size_t r = 0; r < n; ++r) {
            sum += each[r];
            if (!by_row.empty()) by_row[which[r]] = each[r];
        }
        if (dx.empty()) continue;
        if (own != nullptr)
            if (auto ok = own->add_gradients(rows, logits, c); !ok) return ok.error();
        std::fill_n(rows.data, n * x.dims, Scalar{0});
        if (auto ok = head.backward(logits, rows, c); !ok) return ok.error();
        for (std::size_t r = 0; r < n; ++r) std::copy_n(rows.row(r).data(), x.dims, dx.row(which[r]).data());
    }
    return sum / labelled;
}

} // namespace graft::inline GRAFT_ABI
