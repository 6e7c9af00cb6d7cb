// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/automaton.hpp>
#include <graft/prompt/marks.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

TEST_CASE("one of some texts, and nothing else") {
    const std::array<std::string_view, 5> texts{"yes", "no", "not sure", "", "n\xC3\xA3o"};
    const auto                            a = one_of(texts).value();
    for (const auto t : texts) CHECK(a.matches(t));
    for (const std::string_view t : {"ye", "yess", "not", "not sur", "x", "n", "n\xC3"}) CHECK_FALSE(a.matches(t));
    CHECK(a.run(a.start(), "not") != automaton::dead);
    CHECK(a.run(a.start(), "nox") == automaton::dead);
    CHECK(a.step(automaton::dead, 'a') == automaton::dead);
    CHECK(one_of({}).error().what == fault::no_input);
}

TEST_CASE("citing: no text of the language holds a mark that is not there, and every good text is in it") {
    for (const std::uint32_t sources : {0u, 1u, 3u, 9u, 10u, 12u, 123u}) {
        const automaton a = citing(sources);
        for (std::uint32_t n = 0; n < 1500; ++n) {
            const std::string t = "so it is [" + std::to_string(n) + "].";
            CHECK_MESSAGE(a.matches(t) == (n >= 1 && n <= sources), t);
        }
        CHECK(a.matches("an [open] bracket, and [ another"));
        CHECK_FALSE(a.matches("a mark that is cut [1"));
        if (sources >= 3) CHECK(a.matches("[1, 3] [2,1]"));
        // Random texts over the signs that matter: whatever is accepted has, to the reader of marks, no wrong one.
        counter_random r(sources + 1);
        for (int round = 0; round < 20'000; ++round) {
            std::string t;
            for (std::uint64_t n = r.below(12); n > 0; --n) t.push_back("[[]],;- 0123a\n"[r.below(14)]);
            if (!a.matches(t)) continue;
            detail::mark_reader marks(sources);
            marks.feed(t, [](const detail::mark_at&) {});
            CHECK_MESSAGE(marks.out_of_range() == 0, t);
            CHECK_MESSAGE(marks.malformed() == 0, t);
        }
    }
}
