// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

namespace graft::inline v0_1::detail {

// Of a byte or a scalar value; a char below zero is none of them.
[[nodiscard]] constexpr bool ascii_upper(unsigned c) noexcept { return c >= 'A' && c <= 'Z'; }
[[nodiscard]] constexpr bool ascii_lower(unsigned c) noexcept { return c >= 'a' && c <= 'z'; }
[[nodiscard]] constexpr bool ascii_digit(unsigned c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool ascii_letter(unsigned c) noexcept { return (c | 32u) >= 'a' && (c | 32u) <= 'z'; }
[[nodiscard]] constexpr bool ascii_alnum(unsigned c) noexcept { return ascii_letter(c) || ascii_digit(c); }

} // namespace graft::inline v0_1::detail
