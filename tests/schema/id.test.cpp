// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/bytes.hpp>
#include <graft/schema/retrieved.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <set>
#include <sstream>
#include <type_traits>
#include <unordered_set>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

namespace {

template <class A, class B>
concept comparable = requires(A a, B b) { a == b; } || requires(A a, B b) { a < b; };
template <class Id>
concept counts = requires(Id id) { id + 1; } || requires(Id id) { ++id; };

} // namespace

TEST_CASE("an id is no number and no other kind of id") {
    static_assert(!std::convertible_to<std::uint64_t, chunk_id> && !std::convertible_to<chunk_id, std::uint64_t>);
    static_assert(!std::convertible_to<document_id, chunk_id> && !std::convertible_to<chunk_id, document_id>);
    static_assert(!std::convertible_to<int, document_id> && !std::convertible_to<document_id, bool>);
    static_assert(!comparable<chunk_id, document_id> && !comparable<chunk_id, std::uint64_t>);
    static_assert(comparable<chunk_id, chunk_id> && comparable<document_id, document_id>);
    static_assert(!counts<chunk_id> && !counts<document_id>);
    CHECK(to_underlying(chunk_id{7}) == 7);
    CHECK(to_underlying(document_id{}) == 0);
    CHECK(detail::next_id(7_d) == 8_d);
}

TEST_CASE("an id costs what its number costs") {
    static_assert(sizeof(chunk_id) == 8 && sizeof(document_id) == 8 && sizeof(hit) == 16);
    static_assert(std::is_trivially_copyable_v<hit> && std::is_standard_layout_v<hit>);
    static_assert(offsetof(hit, id) == 0 && offsetof(hit, score) == 8);
    byte_writer ids, numbers;
    ids.array(std::vector<chunk_id>{1_c, chunk_id{~std::uint64_t{0}}});
    numbers.array(std::vector<std::uint64_t>{1, ~std::uint64_t{0}});
    CHECK(std::equal(ids.bytes().begin(), ids.bytes().end(), numbers.bytes().begin(), numbers.bytes().end()));
    byte_reader in(ids.bytes());
    CHECK(in.array<chunk_id>() == std::vector<chunk_id>{1_c, chunk_id{~std::uint64_t{0}}});
}

TEST_CASE("ids are ordered, hashed and printed by their numbers") {
    CHECK(2_c < 10_c);
    CHECK(std::set<document_id>{3_d, 1_d, 3_d, 2_d} == std::set<document_id>{1_d, 2_d, 3_d});
    CHECK(std::unordered_set<chunk_id>{3_c, 1_c, 3_c}.size() == 2);
    std::ostringstream out;
    out << 42_c << ' ' << 7_d;
    CHECK(out.str() == "42 7");
}
