// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/function_ref.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/simd/block_kernels.hpp>
#include <graft/simd/element.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How the blocks of 32 weights lie in a row of a file.
enum class block_layout : std::uint8_t {
    q4_0, ///< f16 d, 16 bytes; w = d (q - 8), number i in the low half of byte i, 16 + i in the high half
    q4_1, ///< f16 d, f16 m, 16 bytes; w = d q + m
    q8_0, ///< f16 d, 32 signed bytes; w = d q
};

/// A weight matrix W [out, in] of 4 or 8 bits, as files hold it: sixteen rows interleaved, so that one query reads each byte once, in order. A
/// product takes the row of x as whole numbers of 16 or 8 bits (`encoded_rows`), which moves it a little, and is exact from there up to the
/// rounding of one chain over the blocks.
///
/// Costs    5 or 8.5 bits a weight; `out` rounded up to 16.
class block_weights {
    block_layout         layout_      = block_layout::q8_0;
    code_bits            activations_ = code_bits::sixteen;
    std::size_t          out_ = 0, in_ = 0;
    matrix<std::uint8_t> panels_ = {}; // [panels, blocks * bytes]

    [[nodiscard]] bool        nibbles() const noexcept { return layout_ != block_layout::q8_0; }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return nibbles() ? block_kernels::nibble_bytes : block_kernels::byte_bytes;
    }

    /// Row r of a panel, out of the blocks of a file.
    void lay(std::size_t panel, std::size_t r, const std::byte* row) noexcept {
        std::uint8_t* to = panels_.row(panel).data();
        const auto    at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(row[i]); };
        for (std::size_t b = 0; b < blocks(); ++b, to += bytes(), row += file_bytes(layout_)) {
            to[2 * r] = at(0), to[2 * r + 1] = at(1);
            if (!nibbles()) {
                for (std::size_t i = 0; i < 32; ++i)
                    to[32 + i / 4 * 64 + 4 * r + i % 4] = static_cast<std::uint8_t>(at(2 + i) ^ 0x80u);
                continue;
            }
            const std::size_t codes = layout_ == block_layout::q4_1 ? 4 : 2;
            if (layout_ == block_layout::q4_1) to[32 + 2 * r] = at(2), to[33 + 2 * r] = at(3);
            else { // m = -8 d: three more in the exponent, and the other sign; of a subnormal three places to the left
                const unsigned d = at(0) | static_cast<unsigned>(at(1)) << 8, m = minus_eight(d);
                to[32 + 2 * r] = static_cast<std::uint8_t>(m), to[33 + 2 * r] = static_cast<std::uint8_t>(m >> 8);
            }
            for (std::size_t i = 0; i < 16; ++i) to[64 + i / 4 * 64 + 4 * r + i % 4] = at(codes + i);
        }
    }
    /// -8 times an f16, which must not pass its range.
    [[nodiscard]] static unsigned minus_eight(unsigned d) noexcept {
        unsigned size = d & 0x7fffu;
        for (int i = 0; i < 3; ++i) size = size < 0x400u ? size << 1 : size + 0x400u;
        return size | (~d & 0x8000u);
    }

    /// A block of floats as a file holds it, in 8 bits; whether its scale is a number.
    [[nodiscard]] static bool write(std::span<const float> from, std::byte* to) noexcept {
        float most   = 0;
        bool  finite = true;
        for (const float x : from) most = std::max(most, std::fabs(x)), finite = finite && std::fabs(x) < 127 * 65504.f;
        const f16_code code = to_f16(most / 127);
        const float    d    = widen(code);
        const auto     bits = static_cast<std::uint16_t>(code);
        to[0] = static_cast<std::byte>(bits & 0xff), to[1] = static_cast<std::byte>(bits >> 8);
        for (std::size_t i = 0; i < block_numbers; ++i)
            to[2 + i] = static_cast<std::byte>(d > 0 ? static_cast<std::uint8_t>(to_i8(from[i] / d)) ^ 0x80u : 0u);
        return finite;
    }

    /// Row r of a block of sixteen.
    void decode(const std::uint8_t* from, std::size_t r, float* to) const noexcept {
        const float  d = detail::half_at(from + 2 * r);
        std::uint8_t q[block_numbers];
        if (!nibbles()) {
            for (std::size_t t = 0; t < 32; t += 4) std::memcpy(q + t, from + 32 + t * 16 + 4 * r, 4);
            for (std::size_t t = 0; t < 32; ++t) to[t] = d * static_cast<float>(q[t] - 128);
            return;
        }
        std::uint8_t both[16];
        for (std::size_t t = 0; t < 16; t += 4) std::memcpy(both + t, from + 64 + t * 16 + 4 * r, 4);
        for (std::size_t t = 0; t < 16; ++t)
            q[t] = static_cast<std::uint8_t>(both[t] & 15), q[16 + t] = static_cast<std::uint8_t>(both[t] >> 4);
        // One rounding: d q is exact.
        if (layout_ == block_layout::q4_0)
            for (std::size_t t = 0; t < 32; ++t) to[t] = d * static_cast<float>(q[t] - 8);
        else {
            const float m = detail::half_at(from + 32 + 2 * r);
            for (std::size_t t = 0; t < 32; ++t) to[t] = d * static_cast<float>(q[t]) + m;
        }
    }

public:
    block_weights() = default;

    /// The bytes of a block in a file.
    [[nodiscard]] static constexpr std::size_t file_bytes(block_layout l) noexcept {
        return l == block_layout::q4_0 ? 18 : l == block_layout::q4_1 ? 20 : 34;
    }
    /// Takes    the layout; W's shape, `in` a multiple of 32; a function that gives the bytes of a row, and may be called from several threads
    /// Fails    `wrong_shape` where a row is no whole blocks, `not_finite` (row) where a scale is no number, or with its minimum passes f16; stopped, timed_out
    [[nodiscard]] static result<block_weights> make(block_layout layout, std::size_t out, std::size_t in,
                                                    function_ref<std::span<const std::byte>(std::size_t)> row,
                                                    context& c, code_bits activations = code_bits::sixteen) {
        if (in % block_numbers != 0) return error{fault::wrong_shape, unit::none, in, "blocks of 32"};
        block_weights made;
        made.layout_ = layout, made.activations_ = activations, made.out_ = out, made.in_ = in;
        made.panels_ = matrix<std::uint8_t>((out + block_rows - 1) / block_rows, in / block_numbers * made.bytes());
        auto ok = each_block(c, made.panels(), 4, [&](std::size_t first, std::size_t last, context&) -> result<void> {
            for (std::size_t i = first * block_rows; i < std::min(out, last * block_rows); ++i) {
                const std::span<const std::byte> from = row(i);
                if (from.size() != in / block_numbers * file_bytes(layout))
                    return error{fault::wrong_shape, unit::row, i, "blocks"};
                for (std::size_t b = 0; b < from.size(); b += file_bytes(layout))
                    for (std::size_t s = 0; s < (layout == block_layout::q4_1 ? 2u : 1u); ++s) {
                        const unsigned upper = std::to_integer<unsigned>(from[b + 2 * s + 1]) & 0x7cu; // the exponent
                        if (upper > (layout == block_layout::q4_0 ? 0x6cu : 0x78u))
                            return error{fault::not_finite, unit::row, i, "scale"};
                    }
                made.lay(i / block_rows, i % block_rows, from.data());
            }
            return done;
        });
        if (!ok) return ok.error();
        return made;
    }

    /// Floats, each block of 32 rounded to 8 bits: a number moves by at most 1/226 of the largest of its block, where that is
    /// above .001; below, by what an f16 rounds of the scale, up to 4e-6.
    ///
    /// Takes    W, `in` a multiple of 32
    /// Fails    as `make`; `not_finite` (row) for what is no number, or above 8.3e6
    [[nodiscard]] static result<block_weights> of(const weight_rows& w, context& c,
                                                  code_bits activations = code_bits::sixteen) {
        if (w.in % block_numbers != 0) return error{fault::wrong_shape, unit::none, w.in, "blocks of 32"};
        const std::size_t      size = w.in / block_numbers * file_bytes(block_layout::q8_0);
        std::vector<std::byte> all(w.out * size);
        auto ok = each_block(c, w.out, 64, [&](std::size_t first, std::size_t last, context& own) -> result<void> {
            const arena::scope mine(own);
            const auto         row = own.take_raw<float>(w.in);
            for (std::size_t i = first; i < last; ++i) {
                w.row(i, row);
                std::byte* to = all.data() + i * size;
                for (std::size_t b = 0; b < w.in; b += block_numbers, to += file_bytes(block_layout::q8_0))
                    if (!write(row.subspan(b, block_numbers), to))
                        return error{fault::not_finite, unit::row, i, "scale"};
            }
            return done;
        });
        if (!ok) return ok.error();
        const auto at = [&](std::size_t i) { return std::span<const std::byte>(all).subspan(i * size, size); };
        return make(block_layout::q8_0, w.out, w.in, at, c, activations);
    }

    [[nodiscard]] std::size_t out() const noexcept { return out_; }
    [[nodiscard]] std::size_t in() const noexcept { return in_; }
    [[nodiscard]] std::size_t blocks() const noexcept { return in_ / block_numbers; }
    /// How finely products tell their rows of x.
    [[nodiscard]] code_bits   activations() const noexcept { return activations_; }
    [[nodiscard]] std::size_t panels() const noexcept { return panels_.rows(); }

    /// Row i of W in floats, the bits that the file's format gives; `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(to.size() == in_, "room for a row of W");
        part(i, 0, to);
    }
    /// The same from column `first` on, as much as there is room for.
    void part(std::size_t i, std::size_t first, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && first + to.size() <= in_, "a row of W, and columns that it has");
        const std::uint8_t* const panel = panels_.row(i / block_rows).data();
        float                     some[block_numbers];
        for (std::size_t at = 0; at < to.size();) {
            const std::size_t b = (first + at) / block_numbers, skipped = (first + at) % block_numbers,
                              n = std::min(block_numbers - skipped, to.size() - at);
            decode(panel + b * bytes(), i % block_rows, n == block_numbers ? to.data() + at : some);
            if (n < block_numbers) std::copy_n(some + skipped, n, to.data() + at);
            at += n;
        }
    }

    /// Y [rows, 16] of panel p += X · panelᵀ.
    void multiply(const encoded_rows& x, std::size_t rows, std::size_t p, float* y, std::size_t y_row,
                  const block_kernels& by) const noexcept {
        (nibbles() ? by.nibbles : by.bytes)(x, rows, panels_.row(p).data(), blocks(), y, y_row);
    }
};

/// Y = X Wᵀ, as `product` with `packed_weights`, and the same promises: a row of Y depends on its row of X and on W alone.
///
/// Takes    X [rows, in], W [out, in], Y [rows, out], which must not overlap X
/// Costs    up to four rows read W once, at the speed of memory where there are kernels for this machine.
/// Fails    stopped, timed_out; Y is half made then.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const block_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const block_kernels& by = best_block_kernels()) {
    GRAFT_ASSERT(x.dims == w.in() && y.rows == x.rows && y.dims == w.out(), "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out(), "one bias for each output");
    const arena::scope mine(c);
    encoded_rows       codes;
    codes.bits               = w.activations();
    codes.together           = std::min(std::max<std::size_t>(x.rows, 1), encoded_rows::most);
    const std::size_t places = (x.rows + codes.together - 1) / codes.together * codes.together * w.blocks();
    codes.codes              = c.take_raw<std::int8_t>(places * block_numbers * codes.planes()).data();
    codes.scale              = c.take_raw<float>(places).data();
    codes.sum                = c.take_raw<float>(places).data();
    codes.start              = c.take_raw<std::int32_t>(places).data();
    auto ok                  = each_block(c, x.rows, 16, [&](std::size_t first, std::size_t last, context&) {
        for (std::size_t i = first; i < last; ++i) by.encode(x.row(i).data(), w.blocks(), codes, i);
    });
    if (!ok) return ok;
    constexpr std::size_t together = 4, rows = 64; // panels and rows that stay in a cache beside each other
    return each_block(c, w.panels(), 8, [&](std::size_t first, std::size_t last, context&) {
        for (std::size_t p = first; p < last; p += together)
            for (std::size_t i = 0; i < x.rows; i += rows) {
                const std::size_t n = std::min(rows, x.rows - i);
                for (std::size_t q = p; q < std::min(p + together, last); ++q) {
                    const std::size_t j = q * block_rows, columns = std::min(block_rows, w.out() - j);
                    float             edge[rows * block_rows];
                    const bool        whole  = columns == block_rows;
                    float* const      to     = whole ? y.data + i * y.dims + j : edge;
                    const std::size_t to_row = whole ? y.dims : block_rows;
                    for (std::size_t r = i; r < i + n && !start.add; ++r)
                        if (start.bias.empty()) std::fill_n(y.row(r).data() + j, columns, 0.f);
                        else std::copy_n(start.bias.data() + j, columns, y.row(r).data() + j);
                    if (!whole)
                        for (std::size_t r = 0; r < n; ++r)
                            std::copy_n(y.row(i + r).data() + j, columns, edge + r * block_rows);
                    w.multiply(codes.from(i, w.blocks()), n, q, to, to_row, by);
                    if (!whole)
                        for (std::size_t r = 0; r < n; ++r)
                            std::copy_n(edge + r * block_rows, columns, y.row(i + r).data() + j);
                }
            }
    });
}

/// dX = dY W, as `product_back` with `packed_weights` of the same numbers, to the bit: the gradient of the input beside weights that do not
/// move. With `add` dX grows by it.
///
/// Takes    dY [rows, out], W [out, in], dX [rows, in], which must not overlap dY
/// Costs    blocks become floats once for all rows, panel by panel: from some hundred rows on near the speed of packed floats.
/// Fails    stopped, timed_out; dX is half made then.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const block_weights& w,
                                               matrix_view<float> dx, const product_start& start, context& c,
                                               const kernels& by = best_kernels<need::chains>()) {
    return detail::product_back_by_parts(dy, w, dx, start, c, by);
}

} // namespace graft::inline GRAFT_ABI
