// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/product_blocks.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

// Matrix products whose bits depend on their inputs alone: not on blocks, kernels (of the exact ones), the number of rows or
// the thread that runs them. Every output is one chain over k from +0, in order, so A Bᵀ, A B and Aᵀ B agree with each other.
// C is overwritten and must not overlap A or B. Any shape works, empty ones too.
//
// Without a context a product runs on the thread that calls. What it copies on its way (190 KiB of A, 3 MiB of B at most) is then
// memory of its own; where there is none, it is slower. With a context it is shared out on the executor, and a warm one allocates nothing.

namespace detail {

/// B of A B: columns [j, j + columns) of its rows, side by side.
struct along_rows {
    matrix_view<const float> b;
    void operator()(std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) const noexcept {
        const float* from = b.data + t * b.dims + j;
        for (std::size_t i = 0; i < depth; ++i, from += b.dims, panel += panel_rows) {
            for (std::size_t line = 0; line < panel_rows; line += 16) __builtin_prefetch(from + 8 * b.dims + line);
            if (columns == panel_rows) std::memcpy(panel, from, panel_rows * sizeof(float));
            else std::fill(std::copy_n(from, columns, panel), panel + panel_rows, 0.f);
        }
    }
};
/// B of A Bᵀ: its rows [j, j + columns), turned.
struct across_rows {
    matrix_view<const float> b;
    const kernels&           by;
    void operator()(std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) const noexcept {
        by.pack(b.data + j * b.dims + t, b.dims, columns, depth, panel);
    }
};

/// Whether so few rows of A find the rows of B [k, m] where they lie: a copy would cost more than it saves. Not where B leaves the caches, and not
/// where its rows are whole pages apart, which all meet in one place of the first cache.
[[nodiscard]] constexpr bool finds_in_place(std::size_t n, std::size_t k, std::size_t m) noexcept {
    return n <= 12 || (n <= 128 && k <= 1536 && k * m <= 1'250'000 && m % 1024 != 0);
}

/// C = A · B on the thread that calls.
template <class B>
void multiply_alone(const kernels& by, left_factor a, std::size_t k, const B& b, matrix_view<float> c) noexcept {
    constexpr std::size_t small = 16384;
    alignas(64) float     near[small];
    const packing_room    wanted(a, c.rows, k, c.dims);
    const bool            fits = wanted.all() <= small;
    float* const          own  = fits ? nullptr : static_cast<float*>(allocate(wanted.all() * sizeof(float)));
    if (fits || own != nullptr) {
        const auto yes = [] { return true; };
        multiply_packing(by, a, c.rows, k, b, 0, c.dims, {c.data, c.dims}, fits ? near : own, yes);
        if (own != nullptr) release(own, wanted.all() * sizeof(float));
        return;
    }
    std::fill_n(c.data, c.rows * c.dims, 0.f);
    for (std::size_t t = 0; t < k; t += 256)
        for (std::size_t j = 0; j < c.dims; j += panel_rows) {
            const std::size_t depth = std::min<std::size_t>(256, k - t), columns = std::min(panel_rows, c.dims - j);
            b(t, depth, j, columns, near);
            by.chains(a.at + t * a.step, a.row, a.step, near, panel_rows, c.data + j, c.dims, c.rows, depth, columns);
        }
}
/// C = A · B, where B lies by rows.
inline void multiply_rows(const kernels& by, left_factor a, matrix_view<const float> b, matrix_view<float> c) noexcept {
    if (!finds_in_place(c.rows, b.rows, b.dims)) return multiply_alone(by, a, b.rows, along_rows{b}, c);
    std::fill_n(c.data, c.rows * c.dims, 0.f);
    by.chains(a.at, a.row, a.step, b.data, b.dims, c.data, c.dims, c.rows, b.rows, b.dims);
}
/// C = what it begins with + A · B on the executor of the context.
template <class B>
[[nodiscard]] result<void> multiply_shared(const kernels& by, left_factor a, std::size_t k, const B& b,
                                           matrix_view<float> c, context& in, const sums_begin& begin = {}) {
    const product_parts parts(c.rows, panels_of(c.dims), in.executor.width());
    return each_block(in, parts.size(), 1, [&](std::size_t at, std::size_t, context& w) -> result<void> {
        const auto        p = parts[at];
        const std::size_t n = p.row_end - p.row, first = p.panel * panel_rows,
                          last = std::min(c.dims, p.panel_end * panel_rows);
        if constexpr (std::is_same_v<B, along_rows>)
            if (finds_in_place(n, k, b.b.dims)) {
                const product_out to{c.data + p.row * c.dims, c.dims, begin};
                to.start(n, first, last - first);
                by.chains(a.from(p.row, 0).at, a.row, a.step, b.b.data + first, b.b.dims, to.at + first, c.dims, n, k,
                          last - first);
                return done;
            }
        const auto room = w.take_raw<float>(packing_room(a, n, k, last - first).all());
        const bool all =
            multiply_packing(by, a.from(p.row, 0), n, k, b, first, last, {c.data + p.row * c.dims, c.dims, begin},
                             room.data(), [&] { return static_cast<bool>(w.alive()); });
        return all ? result<void>(done) : w.alive();
    });
}

} // namespace detail

/// C = A Bᵀ: every row of A against every row of B.
///
/// Takes    A [n, k], B [m, k], C [n, m]
inline void multiply_abt(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                         const kernels& by = best_kernels<need::chains>()) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    detail::multiply_alone(by, {a.data, a.dims, 1}, a.dims, detail::across_rows{b, by}, c);
}

/// C = A B.
///
/// Takes    A [n, k], B [k, m], C [n, m]
inline void multiply_ab(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                        const kernels& by = best_kernels<need::chains>()) noexcept {
    GRAFT_ASSERT(a.dims == b.rows && c.rows == a.rows && c.dims == b.dims, "A [n, k], B [k, m], C [n, m]");
    detail::multiply_rows(by, {a.data, a.dims, 1}, b, c);
}

/// C = Aᵀ B.
///
/// Takes    A [k, n], B [k, m], C [n, m]
inline void multiply_atb(matrix_view<const float> a, matrix_view<const float> b, matrix_view<float> c,
                         const kernels& by = best_kernels<need::chains>()) noexcept {
    GRAFT_ASSERT(a.rows == b.rows && c.rows == a.dims && c.dims == b.dims, "A [k, n], B [k, m], C [n, m]");
    detail::multiply_rows(by, {a.data, 1, a.dims}, b, c);
}

/// C = A Bᵀ on the executor of the context.
///
/// Takes    A [n, k], B [m, k], C [n, m]
/// Fails    stopped, timed_out; C is half made then.
[[nodiscard]] inline result<void> multiply_abt(matrix_view<const float> a, matrix_view<const float> b,
                                               matrix_view<float> c, context& in,
                                               const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    return detail::multiply_shared(by, {a.data, a.dims, 1}, a.dims, detail::across_rows{b, by}, c, in);
}

/// C = A B on the executor of the context.
///
/// Takes    A [n, k], B [k, m], C [n, m]
/// Fails    stopped, timed_out; C is half made then.
[[nodiscard]] inline result<void> multiply_ab(matrix_view<const float> a, matrix_view<const float> b,
                                              matrix_view<float> c, context& in,
                                              const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(a.dims == b.rows && c.rows == a.rows && c.dims == b.dims, "A [n, k], B [k, m], C [n, m]");
    return detail::multiply_shared(by, {a.data, a.dims, 1}, b.rows, detail::along_rows{b}, c, in);
}

/// C = Aᵀ B on the executor of the context.
///
/// Takes    A [k, n], B [k, m], C [n, m]
/// Fails    stopped, timed_out; C is half made then.
[[nodiscard]] inline result<void> multiply_atb(matrix_view<const float> a, matrix_view<const float> b,
                                               matrix_view<float> c, context& in,
                                               const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(a.rows == b.rows && c.rows == a.dims && c.dims == b.dims, "A [k, n], B [k, m], C [n, m]");
    return detail::multiply_shared(by, {a.data, 1, a.dims}, b.rows, detail::along_rows{b}, c, in);
}

namespace detail {

inline constexpr std::size_t code_depth = 256;  // words of k at a time: a packed panel of 48 KiB
inline constexpr std::size_t code_rows  = 1024; // rows of A that a panel meets before the next is packed

/// C += A · B by panels of 48 columns of B, where `pack(t, depth, j, columns, panel)` brings words [t, t + depth) of B's columns
/// [j, j + columns).
template <class Word, class Sum, class Pack>
void by_panels(chain_kernel<Word, Sum> chains, const Word* a, std::size_t a_row, std::size_t a_step, matrix_view<Sum> c,
               std::size_t k, const Pack& pack) noexcept {
    alignas(64) Word panel[code_depth * panel_rows];
    for (std::size_t i = 0; i < c.rows; i += code_rows)
        for (std::size_t t = 0; t < k; t += code_depth)
            for (std::size_t j = 0; j < c.dims; j += panel_rows) {
                const std::size_t rows = std::min(code_rows, c.rows - i), depth = std::min(code_depth, k - t),
                                  columns = std::min(panel_rows, c.dims - j);
                pack(t, depth, j, columns, panel);
                chains(a + i * a_row + t * a_step, a_row, a_step, panel, panel_rows, c.data + i * c.dims + j, c.dims,
                       rows, depth, columns);
            }
}

/// C += A Bᵀ over codes, `per` to a word. Where a row is not a whole number of words, it is copied into words padded with 0,
/// a few rows at a time.
template <class Query, class Code, class Sum>
void multiply_codes(chain_kernel<std::uint32_t, Sum> chains, matrix_view<const Query> a, matrix_view<const Code> b,
                    matrix_view<Sum> c, const kernels& by) noexcept {
    static_assert(sizeof(Query) == sizeof(Code));
    constexpr std::size_t per = 4 / sizeof(Code), block = 64;
    const std::size_t     k = a.dims, words = (k + per - 1) / per;
    if (c.rows == 0) return;
    asm volatile("" : : "r"(a.data), "r"(b.data) : "memory"); // what was written as codes is read as words from here on
    if (k % per == 0)
        return by_panels(
            chains, reinterpret_cast<const std::uint32_t*>(a.data), words, 1, c, words,
            [&](std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, std::uint32_t* panel) {
                by.pack(b.data + j * k + t * per, words, columns, depth, panel);
            });
    const auto padded = [k](const auto& rows, std::size_t first, std::size_t n, std::size_t t, std::size_t depth,
                            std::uint32_t* to) {
        std::memset(to, 0, n * depth * 4);
        for (std::size_t i = 0; i < n; ++i)
            std::memcpy(to + i * depth, rows.data + (first + i) * k + t * per,
                        std::min(depth * per, k - t * per) * sizeof(Code));
    };
    std::uint32_t some[block * code_depth];
    for (std::size_t i = 0; i < c.rows; i += block)
        for (std::size_t t = 0; t < words; t += code_depth) {
            const std::size_t rows = std::min(block, c.rows - i), depth = std::min(code_depth, words - t);
            padded(a, i, rows, t, depth, some);
            by_panels(chains, some, depth, 1, c.middle(i, rows), depth,
                      [&](std::size_t, std::size_t, std::size_t j, std::size_t columns, std::uint32_t* panel) {
                          std::uint32_t copy[panel_rows * code_depth];
                          padded(b, j, columns, t, depth, copy);
                          by.pack(copy, depth, columns, depth, panel);
                      });
        }
}

} // namespace detail

/// C = A Bᵀ of bf16, summed in float: of two neighbours along k the second first, as hardware does (see `kernels`).
///
/// Takes    A [n, k], B [m, k], C [n, m]
inline void multiply_abt(matrix_view<const bf16_code> a, matrix_view<const bf16_code> b, matrix_view<float> c,
                         const kernels& by = best_kernels<need::coded_chains>()) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.f);
    detail::multiply_codes(by.bf16_chains, a, b, c, by);
}

/// C = A Bᵀ of 8-bit integers, exact for k up to 66,000.
///
/// Takes    A [n, k] of -127 … 127, B [m, k], C [n, m]
inline void multiply_abt(matrix_view<const std::int8_t> a, matrix_view<const i8_code> b, matrix_view<std::int32_t> c,
                         const kernels& by = best_kernels<need::coded_chains>()) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    for (std::size_t i = 0; i < c.rows; ++i) {
        std::int32_t sum = 0; // the codes of B are 128 too large
        for (const std::int8_t x : a.row(i)) sum += x;
        std::fill_n(c.row(i).data(), c.dims, -128 * sum);
    }
    detail::multiply_codes(by.i8_chains, a, b, c, by);
}

/// The same in `double`, each output one chain of fused steps: for gradient checks, not for speed.
inline void multiply_abt(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.dims == b.dims && c.rows == a.rows && c.dims == b.rows, "A [n, k], B [m, k], C [n, m]");
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t j = 0; j < b.rows; ++j) {
            double sum = 0;
            for (std::size_t t = 0; t < a.dims; ++t)
                sum = std::fma(a.data[i * a.dims + t], b.data[j * b.dims + t], sum);
            c.data[i * c.dims + j] = sum;
        }
}
/// The same in `double`, each output one chain of fused steps: for gradient checks, not for speed.
inline void multiply_ab(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.dims == b.rows && c.rows == a.rows && c.dims == b.dims, "A [n, k], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t t = 0; t < b.rows; ++t)
            for (std::size_t j = 0; j < b.dims; ++j)
                c.data[i * c.dims + j] =
                    std::fma(a.data[i * a.dims + t], b.data[t * b.dims + j], c.data[i * c.dims + j]);
}
/// The same in `double`, each output one chain of fused steps: for gradient checks, not for speed.
inline void multiply_atb(matrix_view<const double> a, matrix_view<const double> b, matrix_view<double> c) noexcept {
    GRAFT_ASSERT(a.rows == b.rows && c.rows == a.dims && c.dims == b.dims, "A [k, n], B [k, m], C [n, m]");
    std::fill_n(c.data, c.rows * c.dims, 0.);
    for (std::size_t t = 0; t < a.rows; ++t)
        for (std::size_t i = 0; i < a.dims; ++i)
            for (std::size_t j = 0; j < b.dims; ++j)
                c.data[i * c.dims + j] =
                    std::fma(a.data[t * a.dims + i], b.data[t * b.dims + j], c.data[i * c.dims + j]);
}

} // namespace graft::inline GRAFT_ABI
