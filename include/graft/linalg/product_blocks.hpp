// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

// How the products of floats are cut into blocks that stay in caches. k is cut into chunks of equal depth. Of a chunk, B comes as
// panels of 48 columns, one behind the other, and of A up to 120 rows are copied side by side, so that they stay in the second cache
// while the panels pass; 16 columns of a panel stay in the first while the rows pass. A chunk adds to what the one before left in C:
// still one chain over k, in order.

namespace graft::inline GRAFT_ABI::detail {

inline constexpr std::size_t product_rows   = 120; // of A: 188 KiB
inline constexpr std::size_t one_block_rows = 180; // of A: so many are one block where B is packed for one product
inline constexpr std::size_t few_rows       = 8;   // fewer are read where they lie

/// Words of k in a chunk: at most 384, whole panels of 48, chunks as equal as that allows.
[[nodiscard]] constexpr std::size_t product_depth(std::size_t k) noexcept {
    constexpr std::size_t most   = 384;
    const std::size_t     chunks = (k + most - 1) / most;
    return chunks == 0 ? panel_rows : ((k + chunks - 1) / chunks + panel_rows - 1) / panel_rows * panel_rows;
}
[[nodiscard]] constexpr std::size_t panels_of(std::size_t columns) noexcept {
    return (columns + panel_rows - 1) / panel_rows;
}

/// The left factor: element (i, t) at at[i * row + t * step]; one of the two is 1.
struct left_factor {
    const float* at;
    std::size_t  row, step;

    [[nodiscard]] left_factor from(std::size_t i, std::size_t t) const noexcept {
        return {at + i * row + t * step, row, step};
    }
};

/// Where sums begin: at 0, at `bias` [columns], or, with `add`, at what C holds.
struct sums_begin {
    const float* bias = nullptr;
    bool         add  = false;
};

/// C, and what it begins with.
struct product_out {
    float*      at;
    std::size_t row;
    sums_begin  begin = {};

    void start(std::size_t n, std::size_t column, std::size_t columns) const noexcept {
        if (begin.add) return;
        // Noughts of a panel are copied too: g++ makes of so short a fill `rep stos`, which takes as long as the product of a low rank.
        static constexpr float noughts[panel_rows] = {};
        const float* from = begin.bias != nullptr ? begin.bias + column : columns <= panel_rows ? noughts : nullptr;
        float*       to   = at + column;
        for (std::size_t i = 0; i < n; ++i, to += row)
            if (from == nullptr) std::fill_n(to, columns, 0.f);
            else if (columns == panel_rows) std::memcpy(to, from, sizeof noughts);
            else std::memcpy(to, from, columns * sizeof(float));
    }
};

/// Floats between two packed rows: not a power of two, in which rows would meet in one place of a cache.
[[nodiscard]] constexpr std::size_t left_stride(std::size_t depth) noexcept { return depth + 16; }

/// Rows of A side by side in `room`, or, few of them, where they lie.
inline left_factor pack_left(left_factor a, std::size_t n, std::size_t depth, float* room) noexcept {
    const std::size_t stride = left_stride(depth);
    if (a.step == 1) {
        if (n <= few_rows || room == nullptr) return a;
        for (std::size_t i = 0; i < n; ++i) std::memcpy(room + i * stride, a.at + i * a.row, depth * sizeof(float));
        return {room, stride, 1};
    }
    if (room == nullptr) return a;
    for (std::size_t t = 0; t < depth;
         t += 4) { // four lines at a time, because they may all meet in one place of the cache
        const float*      from  = a.at + t * a.step;
        const std::size_t words = std::min<std::size_t>(4, depth - t);
        float*            to    = room + t;
        if (words == 4)
            for (std::size_t i = 0; i < n; ++i, ++from, to += stride)
                to[0] = from[0], to[1] = from[a.step], to[2] = from[2 * a.step], to[3] = from[3 * a.step];
        else
            for (std::size_t i = 0; i < n; ++i, ++from, to += stride)
                for (std::size_t w = 0; w < words; ++w) to[w] = from[w * a.step];
    }
    return {room, stride, 1};
}
/// Floats that `multiply_panels` wants for its rows.
[[nodiscard]] constexpr std::size_t left_room(std::size_t n, std::size_t k) noexcept {
    return std::min(n, product_rows) * left_stride(std::min(product_depth(k), k));
}

/// C = what it begins with + A · B for columns [48 first, 48 last) of B, whose chunks lie at `b`: [chunk][panel][depth][48].
///
/// Gives    whether `alive` said so throughout.
inline bool multiply_panels(const kernels& by, left_factor a, std::size_t n, std::size_t k, const float* b,
                            std::size_t columns, std::size_t first, std::size_t last, const product_out& c, float* room,
                            function_ref<bool()> alive) {
    const std::size_t most = product_depth(k), panels = panels_of(columns);
    for (std::size_t i = 0; i < n; i += product_rows) {
        const std::size_t rows = std::min(product_rows, n - i);
        const product_out to{c.at + i * c.row, c.row, c.begin};
        for (std::size_t t = 0; t < std::max<std::size_t>(k, 1); t += most) {
            if (!alive()) return false;
            const std::size_t depth = std::min(most, k - t);
            const left_factor left  = pack_left(a.from(i, t), rows, depth, room);
            const float*      panel = b + (t * panels + first * depth) * panel_rows;
            for (std::size_t p = first; p < last; ++p, panel += depth * panel_rows) {
                const std::size_t j = p * panel_rows, m = std::min(panel_rows, columns - j);
                if (t == 0) to.start(rows, j, m);
                by.chains(left.at, left.row, left.step, panel, panel_rows, to.at + j, to.row, rows, depth, m);
            }
        }
    }
    return true;
}

/// Brings words [t, t + depth) of columns [j, j + columns) of B to a panel.
using right_factor =
    function_ref<void(std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel)>;

/// Panels of B that are packed for one product before the rows of A pass: one where all rows are one block, else up to 3 MiB of them; half as
/// many for few rows, whose product is over before so much fresh memory has been touched.
[[nodiscard]] constexpr std::size_t panels_at_once(std::size_t n) noexcept {
    return n <= one_block_rows ? 1 : n <= 600 ? 21 : 42;
}

/// Floats that `multiply_packing` wants: for B, and behind it for A. Rows of A are copied only where they would meet in one place of the cache;
/// its columns, whose words are a line apart each, unless the product is too thin to repay it.
struct packing_room {
    std::size_t left = 0, right;

    constexpr packing_room(const left_factor& a, std::size_t n, std::size_t k, std::size_t columns) noexcept
        : right(std::min(product_depth(k), k) * panel_rows * std::min(panels_at_once(n), panels_of(columns))) {
        const bool        copied = a.step == 1 ? a.row % 512 == 0 : columns >= panel_rows || a.step % 1024 == 0;
        const std::size_t rows   = n <= one_block_rows ? n : product_rows;
        if (n > few_rows && copied) left = (rows * left_stride(std::min(product_depth(k), k)) + 15) / 16 * 16;
    }
    [[nodiscard]] constexpr std::size_t all() const noexcept { return left + right; }
};

/// C = what it begins with + A · B for columns [first, last), of which `first` is a multiple of 48, with B packed on the way.
inline bool multiply_packing(const kernels& by, left_factor a, std::size_t n, std::size_t k, right_factor b,
                             std::size_t first, std::size_t last, const product_out& c, float* room,
                             function_ref<bool()> alive) {
    const packing_room have(a, n, k, last - first);
    float* const       right = room;
    const std::size_t  most = product_depth(k), wide = panels_at_once(n) * panel_rows,
                      block = n <= one_block_rows ? one_block_rows : product_rows;
    room                    = have.left == 0 ? nullptr : room + have.right;
    for (std::size_t t = 0; t < std::max<std::size_t>(k, 1); t += most) {
        const std::size_t depth = std::min(most, k - t);
        left_factor       left  = n <= block ? pack_left(a.from(0, t), n, depth, room) : a;
        for (std::size_t g = first; g < last; g += wide) {
            const std::size_t end = std::min(last, g + wide);
            for (std::size_t j = g; j < end; j += panel_rows)
                b(t, depth, j, std::min(panel_rows, end - j), right + (j - g) * depth);
            for (std::size_t i = 0; i < n; i += block) {
                if (!alive()) return false;
                const std::size_t rows = std::min(block, n - i);
                const product_out to{c.at + i * c.row, c.row, c.begin};
                if (n > block) left = pack_left(a.from(i, t), rows, depth, room);
                for (std::size_t j = g; j < end; j += panel_rows) {
                    const std::size_t m = std::min(panel_rows, end - j);
                    if (t == 0) to.start(rows, j, m);
                    by.chains(left.at, left.row, left.step, right + (j - g) * depth, panel_rows, to.at + j, to.row,
                              rows, depth, m);
                }
            }
        }
    }
    return true;
}

/// How a product is shared out: parts of rows by parts of panels, a few for each thread, the larger side cut first.
struct product_parts {
    std::size_t rows, panels, row_parts = 1, panel_parts = 1;

    product_parts(std::size_t n, std::size_t all_panels, std::size_t width) noexcept : rows(n), panels(all_panels) {
        const std::size_t wanted = width == 1 ? 1 : 2 * width;
        while (row_parts * panel_parts < wanted) {
            const std::size_t tall = rows / row_parts, broad = panels / panel_parts;
            if (tall >= 2 * product_rows && tall > broad * panel_rows) row_parts *= 2;
            else if (broad >= 2) panel_parts *= 2;
            else if (tall >= 48) row_parts *= 2;
            else break;
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return row_parts * panel_parts; }

    /// Part `at`: rows [row, row_end), panels [panel, panel_end).
    struct part {
        std::size_t row, row_end, panel, panel_end;
    };
    [[nodiscard]] part operator[](std::size_t at) const noexcept {
        const std::size_t r = at / panel_parts, p = at % panel_parts, unit = 24;
        const auto        row = [&](std::size_t i) {
            return i == row_parts ? rows : rows * i / row_parts / unit * unit; // whole groups of rows
        };
        return {row(r), row(r + 1), panels * p / panel_parts, panels * (p + 1) / panel_parts};
    }
};

} // namespace graft::inline GRAFT_ABI::detail
