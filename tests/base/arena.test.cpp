// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/arena.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// What is taken, and what must be found in it.
struct chunk_span {
    std::span<std::uint32_t> at;
    std::uint32_t            mark;
};

bool untouched(const std::vector<chunk_span>& all) {
    for (const chunk_span& p : all)
        for (std::uint32_t x : p.at)
            if (x != p.mark) return false;
    return true;
}

} // namespace

TEST_CASE("whatever is taken, scoped and reset, pieces are zero, aligned, and nobody else's") {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        std::mt19937                               draw(seed);
        arena                                      a;
        std::vector<std::unique_ptr<arena::scope>> scopes;
        std::vector<std::size_t>                   begins; // of each scope, in `held`
        std::vector<chunk_span>                    held;
        std::uint32_t                              mark = 1;
        std::size_t                                most = 0;
        for (int step = 0; step < 600; ++step) {
            const auto what = draw() % 20;
            if (what < 3) {
                scopes.push_back(std::make_unique<arena::scope>(a));
                begins.push_back(held.size());
                REQUIRE(a.depth() == scopes.size());
            } else if (what < 6 && !scopes.empty()) {
                REQUIRE(untouched(held));
                held.resize(begins.back());
                begins.pop_back(), scopes.pop_back();
                REQUIRE(untouched(held));
            } else if (what == 6 && scopes.empty()) {
                REQUIRE(untouched(held));
                const std::size_t before = a.capacity();
                a.reset(), held.clear();
                REQUIRE(a.capacity() == before);
            } else {
                const std::size_t n = draw() % 8 == 0 ? draw() % 6000 : draw() % 60;
                held.push_back({a.take<std::uint32_t>(n), mark++});
                REQUIRE(held.back().at.size() == n);
                REQUIRE(reinterpret_cast<std::uintptr_t>(held.back().at.data()) % 64 == 0);
                bool zero = true;
                for (std::uint32_t& x : held.back().at) zero = zero && x == 0, x = held.back().mark;
                REQUIRE(zero);
            }
            std::size_t now = 0;
            for (const chunk_span& p : held) now += (p.at.size_bytes() + 63) / 64 * 64;
            REQUIRE(a.most_held() == (most = std::max(most, now)));
        }
        REQUIRE(untouched(held));
        while (!scopes.empty()) scopes.pop_back();
    }
}

TEST_CASE("a loop over scopes needs no more memory than its largest round") {
    arena      a;
    const auto round = [&](std::size_t layer) {
        const arena::scope s(a);
        for (std::size_t i = 0; i < 20; ++i) {
            const arena::scope inner(a);
            (void)a.take_raw<float>(1000 + layer % 7 * 100);
        }
        for (std::size_t i = 0; i < 20; ++i) (void)a.take_raw<float>(1000 + layer % 7 * 100);
    };
    const auto kept = a.keep(std::string_view("before the loop"));
    for (std::size_t layer = 0; layer < 14; ++layer) round(layer);
    const std::size_t warm = a.capacity();
    for (std::size_t layer = 0; layer < 1000; ++layer) round(layer);
    CHECK(a.capacity() == warm);
    CHECK(kept == "before the loop");
    CHECK(warm <= 8 * 20 * 1600 * sizeof(float));
}

TEST_CASE("the memory behind a rewound scope is used again, also for larger pieces") {
    arena       a;
    const void* first = nullptr;
    for (int i = 0; i < 3; ++i) {
        const arena::scope s(a);
        const auto         at = a.take_raw<char>(100);
        if (i == 0) first = at.data();
        CHECK(at.data() == first);
        (void)a.take_raw<char>(10'000);
        (void)a.take_raw<char>(100'000);
    }
    const std::size_t  three = a.capacity();
    const arena::scope s(a);
    (void)a.take_raw<char>(90'000); // skips the blocks that are too small
    CHECK(a.capacity() == three);
}

TEST_CASE("after one run of a size the next one fits into one block") {
    arena a;
    for (int i = 0; i < 100; ++i) (void)a.take<float>(1000);
    a.reset();
    const std::size_t warm  = a.capacity();
    const auto        first = a.take<float>(1000);
    for (int i = 1; i < 100; ++i) {
        const auto next = a.take<float>(1000);
        CHECK(next.data() - first.data() == i * 1008);
    }
    CHECK(a.capacity() == warm);
}

TEST_CASE("a reset may bring memory for what is to come") {
    arena a;
    a.reset(100'000);
    CHECK(a.capacity() == 100'000);
    (void)a.take_raw<char>(90'000);
    a.reset(1000);
    CHECK(a.capacity() == 100'000);
}

TEST_CASE("more elements than the address space holds are refused, and nothing changes") {
    arena      a;
    const auto before = a.take<int>(3);
    CHECK_THROWS_AS((void)a.take<std::uint64_t>(std::numeric_limits<std::size_t>::max() / 8 + 2),
                    std::bad_array_new_length);
    CHECK_THROWS_AS((void)a.take_raw<char>(std::numeric_limits<std::size_t>::max()), std::bad_array_new_length);
    CHECK_THROWS_AS((void)a.take_raw<char>(std::numeric_limits<std::size_t>::max() - 62), std::bad_array_new_length);
    const auto after = a.take<int>(3);
    CHECK(after.data() - before.data() == 16);
}

TEST_CASE("an arena that is moved keeps what it gave out, and the empty one can be used") {
    arena      a;
    const auto text = a.keep(std::string_view("kept"));
    arena      b    = std::move(a);
    CHECK(text == "kept");
    CHECK(b.capacity() >= 64);
    CHECK(a.capacity() == 0); // NOLINT: what is left after a move is stated
    CHECK(a.keep(std::string_view("again")) == "again");
    a.reset();
    b = std::move(a);
    CHECK(b.keep(std::string_view("and again")) == "and again");
    b = arena();
    CHECK(b.capacity() == 0);
    const arena::scope s(b); // of nothing
    CHECK(b.take<int>(1)[0] == 0);
}

TEST_CASE("only the last piece can be extended, where its block has room") {
    arena a;
    auto  one = a.take<int>(3);
    one[2]    = 7;
    CHECK(a.extend(one, 100));
    CHECK(one.size() == 100);
    CHECK(one[2] == 7);
    auto two = a.take<int>(1);
    CHECK(two.data() - one.data() == 112);
    CHECK_FALSE(a.extend(one, 101 + 16));
    CHECK(one.size() == 100);
    CHECK_FALSE(a.extend(two, 1'000'000));
    std::span<int> none;
    CHECK_FALSE(a.extend(none, 1));
    arena other;
    CHECK_FALSE(other.extend(two, 2));
}

TEST_CASE("a piece of nothing is nothing") {
    arena a;
    CHECK(a.take<int>(0).empty());
    CHECK(a.keep(std::span<const int>{}).empty());
    CHECK(a.keep(std::string_view{}).empty());
}

#if defined(ASAN_POISON_MEMORY_REGION)
TEST_CASE("under AddressSanitizer what outlives its scope cannot be read") {
    arena a;
    CHECK(__asan_address_is_poisoned(a.take<char>(10).data() + 64));
    const char* inside = nullptr;
    {
        const arena::scope s(a);
        inside = a.take<char>(10).data();
        (void)a.take<char>(10'000);
        CHECK_FALSE(__asan_address_is_poisoned(inside));
    }
    CHECK(__asan_address_is_poisoned(inside));
    CHECK(a.take<char>(10).data() == inside);
    CHECK_FALSE(__asan_address_is_poisoned(inside));
    a.reset();
    CHECK(__asan_address_is_poisoned(a.take<char>(10).data() + 64));
}
#endif
