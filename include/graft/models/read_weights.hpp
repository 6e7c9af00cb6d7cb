// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/linalg/any_weights.hpp>
#include <graft/weights/take_tensors.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How a model takes the weights of a file.
struct read_weights {
    /// Keep blocks of Q4_0, Q4_1 and Q8_0 as they are: a sixth of the memory, and answers as fast as memory is. Otherwise, and for all other
    /// formats, weights become floats, which products take exactly.
    bool blocks = true;
};

namespace detail {

/// What a tensor that was taken is as a weight of a linear layer, [out, in].
[[nodiscard]] inline result<any_weights> read_weight(const tensor& t, const read_weights& how, context& c) {
    const std::size_t out = t.rows(), in = t.columns();
    if (how.blocks &&
        (t.format == weight_format::q4_0 || t.format == weight_format::q4_1 || t.format == weight_format::q8_0)) {
        const block_layout layout = t.format == weight_format::q4_0   ? block_layout::q4_0
                                    : t.format == weight_format::q4_1 ? block_layout::q4_1
                                                                      : block_layout::q8_0;
        const auto         row    = [&](std::size_t i) { return t.row(i); };
        auto               made   = block_weights::make(layout, out, in, row, c);
        if (!made) return made.error();
        return any_weights(std::move(*made));
    }
    const auto row  = [&](std::size_t i, std::span<float> to) { (void)t.decode_row(i, to); };
    auto       made = packed_weights::make({out, in, row}, c);
    if (!made) return made.error();
    return any_weights(std::move(*made));
}

/// What a tensor that was taken is as a weight of a linear layer, [in, out] in the file: always floats, since blocks lie along rows.
[[nodiscard]] inline result<any_weights> read_turned_weight(const tensor& t, context& c) {
    const std::size_t in = t.rows(), out = t.columns();
    matrix<float>     whole(in, out);
    (void)t.decode(whole.flat());
    const auto row = [&](std::size_t i, std::span<float> to) {
        for (std::size_t k = 0; k < in; ++k) to[k] = whole.data()[k * out + i];
    };
    auto made = packed_weights::make({out, in, row}, c);
    if (!made) return made.error();
    return any_weights(std::move(*made));
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
