// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/parallel.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/simd/block_kernels.hpp>
#include <graft/simd/elementwise.hpp>
#include <graft/simd/nf4.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A matrix in NF4 as it is stored: rows behind each other without a gap, so that a block may begin in one and end in the next.
///
/// Borrows  all that it names.
struct nf4_parts {
    std::span<const std::byte> codes       = {};  ///< two numbers a byte, the first in the upper half
    std::size_t                block       = 64;  ///< numbers that share a scale
    std::span<const float>     scales      = {};  ///< of the blocks; empty where they are codes themselves:
    std::span<const std::byte> scale_codes = {};  ///< of 8 bits: scale = map[code] · size + offset
    std::size_t                scale_block = 256; ///< scales that share a size
    std::span<const float>     scale_sizes = {};
    std::span<const float>     scale_map   = {}; ///< [256]
    float                      offset      = 0;
};

/// How the scales of blocks are held.
enum class nf4_scales : unsigned char {
    floats, ///< 4.5 bits a weight
    codes,  ///< in 8 bits, "double quantisation": 4.127 bits a weight, and a number moves by a thousandth more
};

/// A weight matrix W [out, in] in NF4, the base of QLoRA: in blocks of 64 numbers each is the nearest of sixteen levels times the largest of its
/// block. Products decode it in tiles and are then those of floats, to the bit: nothing is rounded but W.
///
/// Costs    4.127 bits a weight. Decoding is spread over the rows of x: from a hundred of them on a product takes a tenth more time than with packed
///          floats, and its gradient as much as there; with one row it takes two to three times as long.
/// Source   Dettmers et al. 2023, arXiv 2305.14314; codes and scales are those of bitsandbytes.
class nf4_weights {
    std::size_t            out_ = 0, in_ = 0;
    int                    shift_       = 6; // a block has 2^shift numbers
    std::vector<std::byte> codes_       = {};
    std::vector<float>     scales_      = {}; // of blocks; or, where those are codes, of blocks of codes
    std::vector<std::byte> scale_codes_ = {};
    int                    scale_shift_ = 8;
    std::array<float, 256> map_         = {};
    float                  offset_      = 0;

    const block_kernels* by_ = &best_block_kernels();

    static constexpr std::size_t least_block = 32, most_block = 4096;

    [[nodiscard]] std::size_t block() const noexcept { return std::size_t{1} << shift_; }
    [[nodiscard]] float       scale(std::size_t b) const noexcept {
        if (scale_codes_.empty()) return scales_[b];
        // The product is exact in double, so that it is rounded before the offset comes to it.
        const auto level = static_cast<double>(map_[std::to_integer<std::size_t>(scale_codes_[b])]);
        return static_cast<float>(level * static_cast<double>(scales_[b >> scale_shift_])) + offset_;
    }
    /// Scales become codes.
    void encode_scales() {
        map_       = nf4_scale_map();
        double sum = 0;
        for (const float s : scales_) sum += static_cast<double>(s);
        offset_ = static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(scales_.size(), 1)));
        std::vector<float> sizes;
        scale_codes_.resize(scales_.size());
        for (std::size_t first = 0; first < scales_.size(); first += 256) {
            const std::span<float> some(scales_.data() + first, std::min<std::size_t>(256, scales_.size() - first));
            float                  most = 0;
            for (float& s : some) s -= offset_, most = std::max(most, std::abs(s));
            const float by = std::max(most, detail::nf4_floor);
            for (std::size_t i = 0; i < some.size(); ++i)
                scale_codes_[first + i] = static_cast<std::byte>(detail::nearest_of(map_, some[i] / by));
            sizes.push_back(most);
        }
        scales_ = std::move(sizes);
    }

public:
    nf4_weights() = default;

    /// What is stored, copied.
    ///
    /// Fails    `unsupported` for blocks that are no power of two from 32 to 4096; `wrong_shape` where the parts do not have the sizes of W; `not_finite`
    ///          for a scale (row: in which it begins), or a number of the map
    [[nodiscard]] static result<nf4_weights> make(std::size_t out, std::size_t in, const nf4_parts& parts) {
        const std::size_t numbers = out * in;
        const auto        block   = [](std::size_t n) { return std::has_single_bit(n) && n <= most_block; };
        if (!block(parts.block) || parts.block < least_block || !block(parts.scale_block))
            return error{fault::unsupported, unit::none, parts.block, "block"};
        const std::size_t blocks = (numbers + parts.block - 1) / parts.block;
        const bool        nested = parts.scales.empty() && blocks > 0;
        const auto        wrong  = [](const char* what) { return error{fault::wrong_shape, unit::none, 0, what}; };
        if (parts.codes.size() != (numbers + 1) / 2) return wrong("codes");
        if (nested ? parts.scale_codes.size() != blocks : parts.scales.size() != blocks) return wrong("scales");
        nf4_weights made;
        made.out_ = out, made.in_ = in;
        made.shift_       = std::countr_zero(parts.block);
        made.scale_shift_ = std::countr_zero(parts.scale_block);
        made.codes_.assign(parts.codes.begin(), parts.codes.end());
        if (nested) {
            if (parts.scale_map.size() != made.map_.size()) return wrong("map of scales");
            if (parts.scale_sizes.size() != (blocks + parts.scale_block - 1) / parts.scale_block)
                return wrong("sizes of scales");
            std::copy(parts.scale_map.begin(), parts.scale_map.end(), made.map_.begin());
            for (const float x : made.map_)
                if (!is_finite(x)) return error{fault::not_finite, unit::none, 0, "map of scales"};
            made.scale_codes_.assign(parts.scale_codes.begin(), parts.scale_codes.end());
            made.scales_.assign(parts.scale_sizes.begin(), parts.scale_sizes.end());
            made.offset_ = parts.offset;
        } else made.scales_.assign(parts.scales.begin(), parts.scales.end());
        for (std::size_t b = 0; b < blocks; ++b)
            if (!is_finite(made.scale(b))) return error{fault::not_finite, unit::row, (b << made.shift_) / in, "scale"};
        return made;
    }

    /// Floats, each the nearest of its block's numbers.
    ///
    /// Fails    `not_finite` (row); stopped, timed_out
    [[nodiscard]] static result<nf4_weights> of(const weight_rows& rows, context& c,
                                                nf4_scales scales = nf4_scales::codes) {
        nf4_weights made;
        made.out_ = rows.out, made.in_ = rows.in;
        const std::size_t block = made.block(), numbers = rows.out * rows.in;
        made.codes_.resize((numbers + 1) / 2);
        made.scales_.resize((numbers + block - 1) / block);
        if (numbers == 0) return made;
        const auto&       by       = best_elementwise();
        const std::size_t together = block / std::gcd(block, rows.in); // rows that end with a block
        auto              ok =
            each_block(c, rows.out, together, [&](std::size_t first, std::size_t last, context& own) -> result<void> {
                const std::size_t n    = (last - first) * rows.in;
                const auto        some = own.take_raw<float>(n);
                for (std::size_t i = first; i < last; ++i) {
                    const auto row = some.subspan((i - first) * rows.in, rows.in);
                    rows.row(i, row);
                    if (!is_finite(by.largest_size(row.data(), row.size())))
                        return error{fault::not_finite, unit::row, i, "weights"};
                }
                for (std::size_t at = 0; at < n; at += block) {
                    const std::size_t here = std::min(block, n - at), k = first * rows.in + at;
                    unsigned char     codes[64 + 1];
                    const auto        own_block = some.subspan(at, here);
                    const float       most      = by.largest_size(own_block.data(), here);
                    made.scales_[k / block]     = detail::encode_nf4(own_block, most, here == block, codes);
                    codes[here]                 = 7; // beside an odd last one: 0
                    for (std::size_t t = 0; t < here; t += 2)
                        made.codes_[(k + t) / 2] = static_cast<std::byte>(codes[t] << 4 | codes[t + 1]);
                }
                return done;
            });
        if (!ok) return ok.error();
        if (scales == nf4_scales::codes) made.encode_scales();
        return made;
    }

    [[nodiscard]] std::size_t out() const noexcept { return out_; }
    [[nodiscard]] std::size_t in() const noexcept { return in_; }
    /// All that is stored.
    [[nodiscard]] nf4_parts parts() const noexcept {
        if (scale_codes_.empty()) return {.codes = codes_, .block = block(), .scales = scales_};
        return {.codes       = codes_,
                .block       = block(),
                .scale_codes = scale_codes_,
                .scale_block = std::size_t{1} << scale_shift_,
                .scale_sizes = scales_,
                .scale_map   = map_,
                .offset      = offset_};
    }

    /// Row i of W in floats; `to` [in].
    void row(std::size_t i, std::span<float> to) const noexcept {
        GRAFT_ASSERT(to.size() == in_, "room for a row of W");
        part(i, 0, to);
    }
    /// The same from column `first` on, as much as there is room for.
    void part(std::size_t i, std::size_t first, std::span<float> to) const noexcept {
        GRAFT_ASSERT(i < out_ && first + to.size() <= in_, "a row of W, and columns that it has");
        for (std::size_t at = 0; at < to.size();) {
            const std::size_t k = i * in_ + first + at, n = std::min(block() - k % block(), to.size() - at);
            by_->nf4(codes_.data(), k, scale(k >> shift_), to.data() + at, n);
            at += n;
        }
    }
};

/// Y = X Wᵀ, as `product` with `packed_weights` of the same numbers, to the bit, and the same promises.
///
/// Takes    X [rows, in], W [out, in], Y [rows, out], which must not overlap X
/// Costs    a panel of W is decoded at a time, once for up to 180 rows, beyond them some panels, once for all.
/// Fails    stopped, timed_out; Y is half made then.
[[nodiscard]] inline result<void> product(matrix_view<const float> x, const nf4_weights& w, matrix_view<float> y,
                                          const product_start& start, context& c,
                                          const kernels& by = best_kernels<need::chains>()) {
    GRAFT_ASSERT(x.dims == w.in() && y.rows == x.rows && y.dims == w.out(), "X [rows, in], W [out, in], Y [rows, out]");
    GRAFT_ASSERT(start.bias.empty() || start.bias.size() == w.out(), "one bias for each output");
    return detail::in_parts(y, c, [&](const detail::product_parts::part& p, context& own) {
        const std::size_t n = p.row_end - p.row, first = p.panel * panel_rows,
                          last = std::min(w.out(), p.panel_end * panel_rows);
        const detail::left_factor left{x.data + p.row * x.dims, x.dims, 1};
        const auto some    = own.take_raw<float>(panel_rows * std::min(detail::product_depth(w.in()), w.in()));
        const auto room    = own.take_raw<float>(detail::packing_room(left, n, w.in(), last - first).all());
        const auto decoded = [&](std::size_t t, std::size_t depth, std::size_t j, std::size_t columns, float* panel) {
            for (std::size_t r = 0; r < columns; ++r) w.part(j + r, t, some.subspan(r * depth, depth));
            by.pack(some.data(), depth, columns, depth, panel);
        };
        return detail::multiply_packing(by, left, n, w.in(), decoded, first, last, detail::out_of(y, p.row, start),
                                        room.data(), [&] { return static_cast<bool>(own.alive()); });
    });
}

/// dX = dY W, as `product_back` with `packed_weights` of the same numbers, to the bit: the gradient of the input beside weights that do not
/// move. With `add` dX grows by it.
///
/// Takes    dY [rows, out], W [out, in], dX [rows, in], which must not overlap dY
/// Fails    stopped, timed_out; dX is half made then.
[[nodiscard]] inline result<void> product_back(matrix_view<const float> dy, const nf4_weights& w, matrix_view<float> dx,
                                               const product_start& start, context& c,
                                               const kernels& by = best_kernels<need::chains>()) {
    return detail::product_back_by_parts(dy, w, dx, start, c, by);
}

} // namespace graft::inline GRAFT_ABI
