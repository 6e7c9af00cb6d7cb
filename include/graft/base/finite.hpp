// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <bit>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// Neither NaN nor infinite. Looks at the exponent's bits, so that -ffast-math cannot take it away.
[[nodiscard]] constexpr bool is_finite(float x) noexcept {
    return (std::bit_cast<std::uint32_t>(x) & 0x7f800000u) != 0x7f800000u;
}
/// The same for `double`.
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
    return (std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000u) != 0x7ff0000000000000u;
}

} // namespace graft::inline GRAFT_ABI
