// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/row_functions.hpp>

#include <algorithm>
#include <cstddef>

namespace graft::inline GRAFT_ABI {

/// The keys and values that the queries of one sequence look at. Keys lie in panels of 48, number by number, as the register tile
/// reads them; a cache may keep them so from the start.
///
/// Borrows  both.
template <std::floating_point Scalar>
struct attended {
    const Scalar* keys       = nullptr; ///< number t of key i of a head at 48 (dims (i / 48) + t) + i % 48
    std::size_t   key_head   = 0;       ///< from one head's panels to the next one's
    const Scalar* values     = nullptr; ///< key i of head h at value_row i + value_head h
    std::size_t   value_row  = 0;
    std::size_t   value_head = 0;
    std::size_t   count      = 0; ///< keys

    /// Numbers that the panels of `keys` keys of one head take.
    [[nodiscard]] static constexpr std::size_t panel_room(std::size_t keys, std::size_t dims) noexcept {
        return (keys + panel_rows - 1) / panel_rows * panel_rows * dims;
    }
    /// Where number 0 of key i of a head lies; the next ones are 48 apart.
    [[nodiscard]] static constexpr std::size_t key_at(std::size_t i, std::size_t dims) noexcept {
        return i / panel_rows * panel_rows * dims + i % panel_rows;
    }
};

namespace detail {

template <std::floating_point Scalar>
void pack_keys(strided_rows<const Scalar> k, std::size_t dims, Scalar* panels) noexcept {
    for (std::size_t i = 0; i < k.rows; i += panel_rows)
        pack_panel(k.row(i), k.stride, std::min(panel_rows, k.rows - i), dims, panels + i * dims);
}

/// One head of one sequence.
template <std::floating_point Scalar>
struct attention_task {
    const Scalar* keys;      // panels
    const Scalar* values;    // rows
    std::size_t   value_row; // from one to the next
    std::size_t   count;     // keys
    std::size_t   before;    // keys before the one that belongs to the first query
    std::size_t   dims;
    bool          causal;
    Scalar        scale;

    /// Keys that query i sees.
    [[nodiscard]] std::size_t seen(std::size_t i) const noexcept { return causal ? before + i + 1 : count; }
    /// Queries whose scores are made together: what keeps them in a second-level cache.
    [[nodiscard]] std::size_t block() const noexcept { return std::clamp<std::size_t>(32768 / (count + 1), 8, 64); }
};

/// out [n, width] = rows · panelsᵀ, for the first `width` rows in the panels.
template <std::floating_point Scalar>
void score(strided_rows<const Scalar> rows, const Scalar* panels, std::size_t dims, std::size_t width, Scalar* out,
           std::size_t out_row) noexcept {
    for (std::size_t i = 0; i < rows.rows; ++i) std::fill_n(out + i * out_row, width, Scalar{0});
    for (std::size_t j = 0; j < width; j += panel_rows)
        chain_sums(rows.data, rows.stride, 1, panels + j * dims, panel_rows, out + j, out_row, rows.rows, dims,
                   std::min(panel_rows, width - j));
}

/// y = softmax(scale q kᵀ) v, and the logarithm of each row's sum where it is wanted.
template <std::floating_point Scalar>
void attend(const attention_task<Scalar>& t, strided_rows<const Scalar> q, strided_rows<Scalar> y, Scalar* log_sums,
            arena& own) {
    const auto&        by = row_functions<Scalar>();
    const arena::scope mine(own);
    const std::size_t  block = t.block();
    Scalar* const      s     = own.take_raw<Scalar>(std::min(block, q.rows) * t.count).data();
    for (std::size_t first = 0; first < q.rows; first += block) {
        const std::size_t n = std::min(block, q.rows - first), width = t.seen(first + n - 1);
        score({q.row(first), n, q.stride}, t.keys, t.dims, width, s, width);
        Scalar sums[64];
        for (std::size_t i = 0; i < n; ++i) {
            Scalar* const     row = s + i * width;
            const std::size_t see = t.seen(first + i);
            const Scalar      top = by.largest(row, see) * t.scale;
            sums[i]               = by.exp_sum(row, t.scale, top, row, see);
            std::fill(row + see, row + width, Scalar{0});
            if (log_sums != nullptr)
                log_sums[first + i] =
                    static_cast<Scalar>(static_cast<double>(top) + log_exact(static_cast<double>(sums[i])));
            std::fill_n(y.row(first + i), t.dims, Scalar{0});
        }
        chain_sums(s, width, 1, t.values, t.value_row, y.row(first), y.stride, n, width, t.dims);
        for (std::size_t i = 0; i < n; ++i) by.scaled(1 / sums[i], y.row(first + i), y.row(first + i), t.dims);
    }
}

/// Adds the gradients of one query head into dq, and into dk and dv of its key head.
///
/// Source   P = exp(scale q kᵀ - log_sum), dP = dy vᵀ, D = dy · y, dS = scale P (dP - D);  dv = Pᵀ dy, dq = dS k, dk = dSᵀ q
template <std::floating_point Scalar>
void attend_back(const attention_task<Scalar>& t, const Scalar* value_panels, strided_rows<const Scalar> q,
                 strided_rows<const Scalar> k, strided_rows<const Scalar> y, const Scalar* log_sums,
                 strided_rows<const Scalar> dy, strided_rows<Scalar> dq, strided_rows<Scalar> dk,
                 strided_rows<Scalar> dv, arena& own) {
    const auto&        by = row_functions<Scalar>();
    const arena::scope mine(own);
    const std::size_t  block = t.block(), room = std::min(block, q.rows) * t.count;
    Scalar* const      p  = own.take_raw<Scalar>(room).data();
    Scalar* const      ds = own.take_raw<Scalar>(room).data();
    for (std::size_t first = 0; first < q.rows; first += block) {
        const std::size_t                n = std::min(block, q.rows - first), width = t.seen(first + n - 1);
        const strided_rows<const Scalar> some(q.row(first), n, q.stride), dsome(dy.row(first), n, dy.stride);
        score(some, t.keys, t.dims, width, p, width);
        score(dsome, value_panels, t.dims, width, ds, width);
        for (std::size_t i = 0; i < n; ++i) {
            Scalar *const row = p + i * width, *const drow = ds + i * width;
            const std::size_t see = t.seen(first + i);
            (void)by.exp_sum(row, t.scale, log_sums[first + i], row, see);
            std::fill(row + see, row + width, Scalar{0});
            const Scalar along = by.dot(dy.row(first + i), y.row(first + i), t.dims);
            by.normed(drow, along, t.scale, row, nullptr, drow, width); // where P is 0, so is dS
        }
        chain_sums(p, 1, width, dsome.data, dsome.stride, dv.data, dv.stride, width, n, t.dims);
        chain_sums(ds, width, 1, k.data, k.stride, dq.row(first), dq.stride, n, width, t.dims);
        chain_sums(ds, 1, width, some.data, some.stride, dk.data, dk.stride, width, n, t.dims);
    }
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
