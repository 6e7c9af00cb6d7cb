// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What an update sees of its input in a pass of training: one bit a number, 1 where it is seen, and by how much what is seen is lengthened.
///
/// Borrows  the bits.
struct dropout_mask {
    matrix_view<const std::uint32_t> bits =
        {};           ///< [rows, words(in)], the lowest bit first; empty: all is seen as it is
    double scale = 1; ///< 1 / (1 - p)

    [[nodiscard]] static constexpr std::size_t words(std::size_t in) noexcept { return (in + 31) / 32; }

    /// y = scale · x where x is seen, 0 elsewhere; with `add` y grows by it. Takes x, y [rows, in].
    template <class Scalar>
    void apply(matrix_view<const Scalar> x, matrix_view<Scalar> y, bool add = false) const noexcept {
        GRAFT_ASSERT(bits.rows == x.rows && bits.dims == words(x.dims), "a bit for each number");
        const auto by = static_cast<Scalar>(scale);
        for (std::size_t r = 0; r < x.rows; ++r)
            for (std::size_t first = 0; first < x.dims; first += 8) {
                const auto&         seen = eight[bits.data[r * bits.dims + first / 32] >> first % 32 & 0xFF];
                const Scalar* const from = x.data + r * x.dims + first;
                Scalar* const       to   = y.data + r * x.dims + first;
                if (first + 8 <= x.dims) some<8>(by, from, to, seen.data(), add);
                else
                    for (std::size_t i = 0; first + i < x.dims; ++i)
                        some<1>(by, from + i, to + i, seen.data() + i, add);
            }
    }

private:
    /// All ones for each bit of a byte that is set: to look it up is faster than to shift, where shifts by several widths are no one instruction.
    static constexpr auto eight = [] {
        std::array<std::array<std::uint32_t, 8>, 256> all{};
        for (std::size_t byte = 0; byte < 256; ++byte)
            for (std::size_t i = 0; i < 8; ++i) all[byte][i] = (byte >> i & 1) != 0 ? 0xFFFF'FFFF : 0;
        return all;
    }();
    template <std::size_t n, class Scalar>
    static void some(Scalar by, const Scalar* from, Scalar* to, const std::uint32_t* seen, bool add) noexcept {
        Scalar left[n];
        for (std::size_t i = 0; i < n; ++i)
            if constexpr (sizeof(Scalar) == sizeof(std::uint32_t))
                left[i] = by * std::bit_cast<Scalar>(std::bit_cast<std::uint32_t>(from[i]) & seen[i]);
            else left[i] = seen[i] != 0 ? by * from[i] : Scalar{0};
        for (std::size_t i = 0; i < n; ++i) to[i] = add ? to[i] + left[i] : left[i];
    }
};

/// Dropout: which numbers of the inputs of updates are left out. A bit depends on the seed, the step, the name of the place, the row among those of
/// the step, and the column; on nothing else: not on threads, on how rows are run together, or on what was drawn before.
///
/// Source   Hu et al. 2021, arXiv 2106.09685, and PEFT: on the input of the update alone, not on that of the base; so too beside magnitudes (DoRA), where
///          PEFT also hides from the base a part of what it lengthens. Srivastava et al. 2014, JMLR 15.
struct lora_dropout {
    double        share = 0; ///< p, in [0, 1): how many are left out; told apart in steps of 2^-16
    std::uint64_t seed  = 0;
    std::uint64_t step  = 0;

    [[nodiscard]] bool valid() const noexcept { return share >= 0 && share < 1 - 0x1p-17; }

    /// The mask of rows [first, first + rows) beside a layer that takes `in` numbers; its bits lie in the context.
    ///
    /// Costs    one block of the generator for eight numbers, for 32 where the share is a multiple of 1/16.
    /// Fails    stopped, timed_out
    [[nodiscard]] result<dropout_mask> mask(std::string_view place, std::size_t first, std::size_t rows, std::size_t in,
                                            context& c) const {
        GRAFT_ASSERT(valid() && first + rows <= 0xFFFF'FFFF, "a share below 1, and rows that can be counted");
        const auto          out    = static_cast<std::uint32_t>(std::lround(share * 65536)); // of 2^16 draws
        const std::size_t   width  = dropout_mask::words(in);
        const auto          bits   = c.take_raw<std::uint32_t>(rows * width);
        const auto          lowest = static_cast<std::uint32_t>(std::countr_zero(out | 0x10000)); // bit of the share
        const std::uint64_t key    = mix64(seed, hash64(place));
        auto                ok     = each_block(c, rows, 16, [&](std::size_t begin, std::size_t end, context&) {
            for (std::size_t r = begin; r < end; ++r)
                for (std::size_t w = 0; w < width; ++w) {
                    // Bit by bit of the share, from the lowest on: of those left out so far and as many again, half.
                    std::uint32_t gone = 0;
                    for (std::uint32_t part = lowest / 4; part < 4; ++part) {
                        const auto drawn =
                            philox({static_cast<std::uint32_t>(4 * w) + part, static_cast<std::uint32_t>(first + r),
                                    static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
                                                      {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
                        for (std::uint32_t i = 0; i < 4; ++i)
                            gone = (out >> (4 * part + i) & 1) != 0 ? gone | drawn[i] : gone & drawn[i];
                    }
                    bits[r * width + w] = ~gone;
                }
        });
                           if (!ok) return ok.error();
        return dropout_mask{{bits.data(), rows, width}, 65536. / (65536. - out)};
    }
};

} // namespace graft::inline GRAFT_ABI
