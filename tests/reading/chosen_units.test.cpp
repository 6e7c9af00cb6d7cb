// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/reading/chosen_units.hpp>
#include <graft/words/analysis.hpp>

#include "support/asking.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace graft;

namespace {

passage whole(std::string_view body, float score, std::uint64_t id, document_id of, std::uint64_t begin = 0) {
    passage p;
    p.from  = {.id = chunk_id{id}, .document = of, .begin = begin, .end = begin + body.size(), .text = {"", body}};
    p.score = score;
    return p;
}

} // namespace

TEST_CASE("the best unit stands first, the others as they are read, none below .35 of it, none twice") {
    const char*    words[] = {"leave", "days", "hotel", "night", "manager", "receipt", "phone", "office"};
    counter_random r(8);
    const analyzer analyse;
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> texts(1 + r.below(4));
        for (std::string& t : texts)
            for (std::size_t n = 1 + r.below(6); n > 0; --n) {
                t += "The";
                for (int i = 0; i < 6; ++i) t += std::string(" ") + words[r.below(8)];
                t += ". ";
            }
        std::vector<passage> of;
        for (std::size_t i = 0; i < texts.size(); ++i)
            of.push_back(whole(texts[i], 1.f / static_cast<float>(i + 1), i + 1, document_id{i + 1}));
        of.push_back(
            whole(std::string_view(texts[0]).substr(0, texts[0].find(". ") + 1), .9f, 9, document_id{1})); // again
        std::string asked = "What of the";
        for (int i = 0; i < 3; ++i) asked += std::string(" ") + words[r.below(8)];
        CAPTURE(asked);
        const std::size_t                   most = 1 + r.below(5);
        context                             w;
        const query                         q = test::asking(asked);
        const detail::unit_choice<analyzer> choose(q, of, analyse, most, 12);
        const auto got = choose(false, w), all = detail::unit_choice<analyzer>(q, of, analyse, 1000, 12)(false, w);
        if (all.empty()) {
            CHECK(got.empty());
            continue;
        }
        REQUIRE(got.size() == std::min(most, all.size()));
        CHECK(got[0].order == all[0].order);
        std::vector<double> worths;
        for (const auto& u : all) {
            CHECK(u.worth <= all[0].worth);
            CHECK(u.worth >= .35 * all[0].worth);
            CHECK(u.text == of[u.passage].from.text.body.substr(u.begin, u.end - u.begin)); // plain prose
            worths.push_back(u.worth);
        }
        std::sort(worths.rbegin(), worths.rend());
        for (std::size_t i = 0; i < got.size(); ++i) {
            CHECK(got[i].worth >= worths[got.size() - 1]); // they are the best of all
            if (i > 1) CHECK(got[i - 1].order < got[i].order);
            for (std::size_t j = 0; j < i; ++j) CHECK(got[j].text != got[i].text);
        }
        const auto read = choose(true, w);
        CHECK(std::is_sorted(read.begin(), read.end(), [](const auto& a, const auto& b) { return a.order < b.order; }));
        CHECK(read.size() == got.size());
    }
}

TEST_CASE("a lead-in brings its list, as many items as asked; nothing is chosen of nothing") {
    const analyzer    analyse;
    const std::string list = "Bring to the river:\n\n- a rope\n- a lamp\n- two socks\n- bread\n";
    passage           p    = whole(list, 1, 1, document_id{1});
    const query       q    = test::asking("What do I bring to the river?");
    context           w;
    CHECK(detail::unit_choice<analyzer>(q, {&p, 1}, analyse, 1, 12)(true, w).size() == 5);
    CHECK(detail::unit_choice<analyzer>(q, {&p, 1}, analyse, 1, 2)(true, w).size() == 3);
    CHECK(detail::unit_choice<analyzer>(q, {&p, 1}, analyse, 0, 12)(true, w).empty());
    CHECK(detail::unit_choice<analyzer>(q, {}, analyse, 3, 12)(true, w).empty());
    const query nothing = test::asking("Wo schlafen Biber?");
    CHECK(detail::unit_choice<analyzer>(nothing, {&p, 1}, analyse, 3, 12)(true, w).empty());
}
