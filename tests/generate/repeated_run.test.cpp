// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/repeated_run.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace graft;

namespace {

/// By its definition: the shortest run whose copies, written behind one another, are the end of the text.
std::size_t by_definition(const std::vector<std::uint32_t>& text, std::size_t times, std::size_t least) {
    if (times < 2) return 0;
    for (std::size_t run = 1; run <= text.size(); ++run) {
        const std::size_t length = std::max(least, run * times);
        if (length > text.size()) continue;
        bool same = true;
        for (std::size_t back = 1; back <= length; ++back)
            same = same && text[text.size() - back] == text[text.size() - 1 - (back - 1) % run];
        if (same) return run;
    }
    return 0;
}

} // namespace

TEST_CASE("a run that a text ends with is found as by its definition, in texts of two and three tokens") {
    std::size_t some = 0, none = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        counter_random numbers(seed, 1);
        const auto     below = [&](std::size_t n) { return static_cast<std::size_t>(numbers.unit64() * double(n)); };
        std::vector<std::uint32_t> text(below(20)), run(1 + below(9));
        for (std::uint32_t& id : text) id = std::uint32_t(below(3));
        for (std::uint32_t& id : run) id = std::uint32_t(below(2));
        for (std::size_t n = below(5) * run.size() + below(run.size()); n > 0; --n) text.push_back(run[n % run.size()]);
        for (const std::size_t times : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}})
            for (const std::size_t least : {std::size_t{0}, std::size_t{7}, std::size_t{12}}) {
                const std::size_t mine = repeated_run(text, times, least);
                REQUIRE(mine == by_definition(text, times, least));
                ++(mine > 0 ? some : none);
            }
    }
    CHECK(some > 5000);
    CHECK(none > 5000);
}

TEST_CASE("a rule of dashes and three equal lines of a table are no circle; three equal sentences are one") {
    std::vector<std::uint32_t> text(47, 5);
    CHECK(repeated_run(text, 3) == 0);
    text.push_back(5);
    CHECK(repeated_run(text, 3) == 1);
    text.push_back(6);
    CHECK(repeated_run(text, 3) == 0);
    for (int line = 0; line < 3; ++line)
        for (std::uint32_t id = 10; id < 22; ++id) text.push_back(id);
    CHECK(repeated_run(text, 3) == 0); // 36 tokens
    for (int line = 0; line < 3; ++line)
        for (std::uint32_t id = 30; id < 50; ++id) text.push_back(id);
    CHECK(repeated_run(text, 3) == 20);
    CHECK(repeated_run(text, 4) == 0);
}
