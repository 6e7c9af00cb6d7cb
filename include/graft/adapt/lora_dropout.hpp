// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
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
            for (std::size_t first = 0; first < x.dims; first += 32) {
                const std::uint32_t word = bits.data[r * bits.dims + first / 32];
                const Scalar* const from = x.data + r * x.dims + first;
                Scalar* const       to   = y.data + r * x.dims + first;
                const std::size_t   n    = std::min<std::size_t>(32, x.dims - first);
                for (std::size_t i = 0; i < n; ++i) {
                    const Scalar seen = (word >> i & 1) != 0 ? by * from[i] : Scalar{0};
                    to[i]             = add ? to[i] + seen : seen;
                }
            }
    }
};

/// Dropout: which numbers of the inputs of updates are left out. A bit depends on the seed, the step, the name of the place, the row among those of
/// the step, and the column; on nothing else: not on threads, on how rows are run together, or on what was drawn before.
///
/// Source   Hu et al. 2021, arXiv 2106.09685, and PEFT: on the input of the update alone, not on that of the base. Srivastava et al. 2014, JMLR 15.
struct lora_dropout {
    double        share = 0; ///< p, in [0, 1): how many are left out; told apart in steps of 2^-16
    std::uint64_t seed  = 0;
    std::uint64_t step  = 0;

    [[nodiscard]] bool valid() const noexcept { return share >= 0 && share < 1 - 0x1p-17; }

    /// The mask of rows [first, first + rows) beside a layer that takes `in` numbers; its bits lie in the context.
    ///
    /// Costs    one block of the generator for eight numbers.
    /// Fails    stopped, timed_out
    [[nodiscard]] result<dropout_mask> mask(std::string_view place, std::size_t first, std::size_t rows, std::size_t in,
                                            context& c) const {
        GRAFT_ASSERT(valid() && first + rows <= 0xFFFF'FFFF, "a share below 1, and rows that can be counted");
        const auto          out   = static_cast<std::uint32_t>(std::lround(share * 65536)); // of 2^16 draws
        const std::size_t   width = dropout_mask::words(in);
        const auto          bits  = c.take_raw<std::uint32_t>(rows * width);
        const std::uint64_t key   = mix64(seed, hash64(place));
        auto                ok    = each_block(c, rows, 16, [&](std::size_t begin, std::size_t end, context&) {
            for (std::size_t r = begin; r < end; ++r)
                for (std::size_t w = 0; w < width; ++w) {
                    std::uint32_t word = 0;
                    for (std::uint32_t part = 0; part < 4; ++part) {
                        const auto drawn =
                            philox({static_cast<std::uint32_t>(4 * w) + part, static_cast<std::uint32_t>(first + r),
                                    static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32)},
                                                     {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
                        for (std::uint32_t i = 0; i < 8; ++i)
                            word |= std::uint32_t{(drawn[i / 2] >> (i % 2 * 16) & 0xFFFF) >= out} << (8 * part + i);
                    }
                    bits[r * width + w] = word;
                }
        });
        if (!ok) return ok.error();
        return dropout_mask{{bits.data(), rows, width}, 65536. / (65536. - out)};
    }
};

} // namespace graft::inline GRAFT_ABI
