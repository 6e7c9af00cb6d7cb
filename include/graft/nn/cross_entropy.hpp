// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// A label that is not asked about: its row has no loss and no gradient.
inline constexpr std::int64_t ignored_label = -100;

/// Rows of logits become probabilities, in place or beside.
///
/// Takes    z, p [n, classes], which may be one
/// Fails    stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<void> softmax(matrix_view<const Scalar> z, matrix_view<Scalar> p, context& c) {
    return detail::each_rows(c, z.rows, [&](std::size_t first, std::size_t last) {
        const auto& by = detail::row_functions<Scalar>();
        for (std::size_t i = first; i < last; ++i) {
            const Scalar top = by.largest(z.row(i).data(), z.dims);
            const Scalar sum = by.exp_sum(z.row(i).data(), Scalar{1}, top, p.row(i).data(), z.dims);
            by.scaled(1 / sum, p.row(i).data(), p.row(i).data(), z.dims);
        }
    });
}

/// The losses -log softmax(z)[label] of the rows that have a label, and their sum's gradient.
///
/// Gives    Σ losses / `labels`, added up in the order of the rows; dz = (softmax - one at the label) / `labels`, zero where the label
///          is ignored.
/// Takes    z [n, classes]; labels [n], below `classes` or `ignored_label`; `by_row` [n], the loss of each row (0: ignored), or empty;
///          dz [n, classes], which may be z, or empty; `labelled`, what the sum is divided by: the labels of this
///          batch, or of all the batches whose gradients are added up
/// Fails    `bad_argument` (row) for a label that is no class; stopped, timed_out
template <std::floating_point Scalar>
[[nodiscard]] result<double> cross_entropy(matrix_view<const Scalar> z, std::span<const std::int64_t> labels,
                                           double labelled, std::span<double> by_row, matrix_view<Scalar> dz,
                                           context& c) {
    GRAFT_ASSERT(labels.size() == z.rows, "a label for each row");
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != ignored_label && (labels[i] < 0 || static_cast<std::uint64_t>(labels[i]) >= z.dims))
            return error{fault::bad_argument, unit::row, i, "label"};
    const arena::scope mine(c);
    const auto         losses = by_row.empty() ? c.take_raw<double>(z.rows) : by_row;
    auto               ok     = each_block(c, z.rows, 4, [&](std::size_t first, std::size_t last, context& own) {
        const auto& by   = detail::row_functions<Scalar>();
        const auto  room = dz.empty() ? own.take_raw<Scalar>(z.dims).data() : nullptr;
        for (std::size_t i = first; i < last; ++i) {
            Scalar* const to = dz.empty() ? room : dz.row(i).data();
            losses[i]        = 0;
            if (labels[i] == ignored_label) {
                if (!dz.empty()) std::fill_n(to, z.dims, Scalar{0});
                continue;
            }
            const auto    label = static_cast<std::size_t>(labels[i]);
            const Scalar* row   = z.row(i).data();
            const Scalar  top = by.largest(row, z.dims), at = row[label];
            const Scalar  sum = by.exp_sum(row, Scalar{1}, top, to, z.dims);
            losses[i] = static_cast<double>(top) - static_cast<double>(at) + log_exact(static_cast<double>(sum));
            if (dz.empty()) continue;
            by.scaled(static_cast<Scalar>(1 / (static_cast<double>(sum) * labelled)), to, to, z.dims);
            to[label] -= static_cast<Scalar>(1 / labelled);
        }
    });
    if (!ok) return ok.error();
    double sum = 0;
    for (double loss : losses) sum += loss;
    return sum / labelled;
}

} // namespace graft::inline GRAFT_ABI
