// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/weights/nf4_tensor.hpp>
#include <graft/weights/take_tensors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// As what a model holds the weights of its products, whatever its file says.
enum class weights_as : std::uint8_t {
    filed, ///< blocks of Q4_0, Q4_1 and Q8_0 as they are: a sixth of the memory, and answers as fast as memory is; NF4 as it is; all other formats as floats
    floats, ///< what products take exactly
    bf16,   ///< half the memory: see `bf16_weights`
    int8,   ///< a quarter of the memory, and twice the speed, for encoders: see `int8_weights`
    blocks, ///< for decoders, blocks of 8 bits of what the file holds in more; floats where a row is not blocks of 32
    nf4, ///< an eighth of the memory, to tune updates beside it (QLoRA): see `nf4_weights`; a table of tokens and a head as filed
};

/// How a model takes the weights of a file.
struct read_weights {
    weights_as as = weights_as::filed;
    /// How finely products with blocks tell what they are multiplied by. With eight bits a prompt is read up to 1.6 times as fast, and logits move a
    /// hundred times as much: of SmolLM2 by .18 (rms), where llama.cpp's, which has eight, move by .11.
    code_bits activations = code_bits::sixteen;

    bool operator==(const read_weights&) const = default;
};

namespace detail {

/// Rows of a linear layer [out, in] as a model is to hold them.
[[nodiscard]] inline result<any_weights> hold_weights(const weight_rows& rows, const read_weights& how, context& c) {
    const auto any = [](auto made) -> result<any_weights> {
        if (!made) return made.error();
        return any_weights(std::move(*made));
    };
    if (how.as == weights_as::bf16) return any(bf16_weights::make(rows, c));
    if (how.as == weights_as::int8) return any(int8_weights::make(rows, c));
    if (how.as == weights_as::blocks && rows.in % block_numbers == 0)
        return any(block_weights::of(rows, c, how.activations));
    if (how.as == weights_as::nf4) return any(nf4_weights::of(rows, c));
    return any(packed_weights::make(rows, c));
}

/// What a tensor that was taken is as a weight of a linear layer, [out, in].
[[nodiscard]] inline result<any_weights> read_weight(const tensor& t, const read_weights& how, context& c) {
    const std::size_t out = t.rows(), in = t.columns();
    const bool        few = t.format == weight_format::q4_0 || t.format == weight_format::q4_1;
    if ((how.as == weights_as::filed || how.as == weights_as::blocks) && (few || t.format == weight_format::q8_0)) {
        const block_layout layout = t.format == weight_format::q4_0   ? block_layout::q4_0
                                    : t.format == weight_format::q4_1 ? block_layout::q4_1
                                                                      : block_layout::q8_0;
        const auto         row    = [&](std::size_t i) { return t.row(i); };
        auto               made   = block_weights::make(layout, out, in, row, c, how.activations);
        if (!made) return made.error();
        return any_weights(std::move(*made));
    }
    const auto row = [&](std::size_t i, std::span<float> to) { (void)t.decode_row(i, to); };
    return hold_weights({out, in, row}, how, c);
}

/// The same of a weight that the file holds in NF4.
///
/// Fails    `unsupported` where the codes stand for other levels; as `nf4_weights::make`
[[nodiscard]] inline result<any_weights> read_weight(const nf4_tensor& t, const read_weights& how, context& c) {
    const auto floats = [](const tensor& from) {
        std::vector<float> all(from.rows() * from.columns());
        (void)from.decode(all);
        return all;
    };
    const auto out = static_cast<std::size_t>(t.shape[0]), in = static_cast<std::size_t>(t.shape[1]);
    if (const auto levels = floats(t.levels);
        !std::equal(levels.begin(), levels.end(), nf4_levels.begin(), nf4_levels.end()))
        return error{fault::unsupported, unit::none, 0, "levels"};
    nf4_parts parts{.codes = t.codes.bytes, .block = t.block, .scale_block = t.scale_block, .offset = t.offset};
    std::vector<float> scales, map;
    if (t.nested()) {
        scales = floats(t.scale_sizes), map = floats(t.scale_map);
        parts.scale_codes = t.scales.bytes, parts.scale_sizes = scales, parts.scale_map = map;
    } else {
        scales       = floats(t.scales);
        parts.scales = scales;
    }
    auto made = nf4_weights::make(out, in, parts);
    if (!made) return made.error();
    if (how.as == weights_as::filed || how.as == weights_as::nf4) return any_weights(std::move(*made));
    const auto row = [&](std::size_t i, std::span<float> to) { made->row(i, to); };
    return hold_weights({out, in, row}, how, c);
}

/// As tables of tokens and heads are held: not in NF4, unless they are filed so.
[[nodiscard]] inline read_weights as_table(read_weights how) noexcept {
    if (how.as == weights_as::nf4) how.as = weights_as::filed;
    return how;
}

/// What a tensor that was taken is as a weight of a linear layer, [in, out] in the file.
[[nodiscard]] inline result<any_weights> read_turned_weight(const tensor& t, const read_weights& how, context& c) {
    const std::size_t in = t.rows(), out = t.columns();
    matrix<float>     whole(in, out);
    (void)t.decode(whole.flat());
    const auto row = [&](std::size_t i, std::span<float> to) {
        for (std::size_t k = 0; k < in; ++k) to[k] = whole.data()[k * out + i];
    };
    return hold_weights({out, in, row}, how, c);
}

/// The numbers of a tensor that was taken, as one row.
[[nodiscard]] inline matrix<float> read_row(const std::optional<tensor>& t) {
    if (!t || t->bytes.empty()) return {};
    matrix<float> row(1, t->rows() * t->columns());
    (void)t->decode(row.flat());
    return row;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
