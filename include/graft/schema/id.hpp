// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <concepts>
#include <cstdint>
#include <iosfwd>

namespace graft::inline GRAFT_ABI {

/// Names a chunk for ever: given by the chunk store, never reused, the same in every index over one store. Zero names none.
///
/// An id is no number: `chunk_id{7}` makes one, `to_underlying(id)` is its number. It has an order, a hash and eight bytes in a
/// file, as the number has, and nothing else of it.
enum class chunk_id : std::uint64_t {};

/// Names a document of a corpus for ever: given by the corpus, never reused. Zero names none.
enum class document_id : std::uint64_t {};

template <class Id>
concept any_id = std::same_as<Id, chunk_id> || std::same_as<Id, document_id>;

/// The number of an id, for those who count or print it.
template <any_id Id>
[[nodiscard]] constexpr std::uint64_t to_underlying(Id id) noexcept {
    return static_cast<std::uint64_t>(id);
}

/// Writes its number.
template <any_id Id, class Char, class Traits>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& to, Id id) {
    return to << to_underlying(id);
}

namespace detail {

/// The id that is given after this one.
template <any_id Id>
[[nodiscard]] constexpr Id next_id(Id id) noexcept {
    return Id{to_underlying(id) + 1};
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
