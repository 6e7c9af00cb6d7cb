// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Counts the tokens of a text, in whatever unit a limit is meant.
template <class C>
concept token_counter = requires(const C& c, std::string_view text) {
    { c.count(text) } -> std::convertible_to<std::size_t>;
};

} // namespace graft::inline GRAFT_ABI
