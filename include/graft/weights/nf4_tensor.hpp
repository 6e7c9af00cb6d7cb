// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/weights/tensor.hpp>

#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// A weight matrix in NF4 as bitsandbytes stores it, in several tensors: where they lie, and what the file says of them. Their sizes are those of the
/// shape; their numbers are not looked at.
///
/// Borrows  names and bytes from the `tensors` that lists it.
struct nf4_tensor {
    std::string_view name   = {}; ///< of the weight
    tensor_shape     shape  = {}; ///< [out, in]
    std::size_t      block  = 64; ///< numbers that share a scale, row by row without a gap
    tensor           codes  = {},
           levels           = {}; ///< two numbers a byte, the first in the upper half; what the sixteen codes stand for
    tensor      scales      = {}; ///< of blocks: floats, or codes of 8 bits, and then
    std::size_t scale_block = 256; ///< scales that share a size
    tensor      scale_sizes = {}, scale_map = {};
    float       offset = 0; ///< of all scales

    /// Whether scales are codes: "double quantisation".
    [[nodiscard]] bool nested() const noexcept { return scales.format == weight_format::u8; }
};

} // namespace graft::inline GRAFT_ABI
