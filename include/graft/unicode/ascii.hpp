// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

namespace graft::inline GRAFT_ABI::detail {

// Of a byte, a char or a scalar value.
template <class C>
[[nodiscard]] constexpr bool ascii_upper(C c) noexcept {
    return c >= 'A' && c <= 'Z';
}
template <class C>
[[nodiscard]] constexpr bool ascii_lower(C c) noexcept {
    return c >= 'a' && c <= 'z';
}
template <class C>
[[nodiscard]] constexpr bool ascii_digit(C c) noexcept {
    return c >= '0' && c <= '9';
}
template <class C>
[[nodiscard]] constexpr bool ascii_letter(C c) noexcept {
    return ascii_upper(c) || ascii_lower(c);
}
template <class C>
[[nodiscard]] constexpr bool ascii_alnum(C c) noexcept {
    return ascii_letter(c) || ascii_digit(c);
}

template <class C>
[[nodiscard]] constexpr C ascii_lowered(C c) noexcept {
    return ascii_upper(c) ? static_cast<C>(c + 32) : c;
}
template <class C>
[[nodiscard]] constexpr C ascii_uppered(C c) noexcept {
    return ascii_lower(c) ? static_cast<C>(c - 32) : c;
}

} // namespace graft::inline GRAFT_ABI::detail
