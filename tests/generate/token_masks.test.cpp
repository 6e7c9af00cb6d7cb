// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/generate/pattern.hpp>
#include <graft/generate/token_masks.hpp>

#include <graft/base/random.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("a mask has the bits of the tokens with which a text can go on") {
    counter_random           r(3);
    std::vector<std::string> texts{"", "a", "a"}; // a control token, and a text that stands twice
    for (int i = 0; i < 500; ++i) {
        std::string t;
        for (std::uint64_t n = 1 + r.below(6); n > 0; --n) t += "ab[]12, \xC3\xA4"[r.below(10)];
        texts.push_back(t);
    }
    const sorted_tokens tokens(texts.size(), [&](std::uint32_t id) { return texts[id]; });
    for (const automaton& language :
         {citing(12), pattern("[ab]+(\\[1\\])? ").value(), pattern("(a|ab|\xC3\xA4)*").value()}) {
        arena                   a;
        token_masks             masks(tokens, language, a);
        constexpr std::uint32_t end[] = {0, 100'000}; // the second is none
        for (automaton::state s = 0; s < language.size(); ++s) {
            const token_mask m = masks.at(s, end);
            for (std::uint32_t id = 0; id < texts.size(); ++id) {
                const bool goes_on = id == 0 ? language.ends(s) : language.run(s, texts[id]) != automaton::dead;
                CHECK(detail::allows(m, id) == goes_on);
            }
            CHECK(masks.at(s, end).data() == m.data()); // made once
        }
    }
}
