// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Texts as numbers, one behind the other without padding.
struct packed_tokens {
    std::span<const std::uint32_t> ids   = {};
    std::span<const std::uint8_t>  types = {}; ///< of each token; empty: 0
    std::span<const std::size_t>   ends  = {}; ///< of each sequence, ascending; the last is the number of ids
};

} // namespace graft::inline GRAFT_ABI
