// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/copy.hpp>
#include <graft/schema/answer.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace graft;

namespace mine {

/// A flow value of a host: it says once what it borrows.
struct note {
    std::string_view      title = {};
    std::span<const note> below = {};
    std::span<const int>  pages = {};
    int                   year  = 0;

    template <class F>
    constexpr void each_view(F&& f) {
        f(title, below, pages);
    }
};

} // namespace mine

TEST_CASE("a copy borrows nothing of what it was made from, however deep") {
    auto             text   = std::make_unique<std::string>("outer inner leaf");
    auto             pages  = std::make_unique<std::vector<int>>(std::vector<int>{1, 2, 3});
    const mine::note leaf[] = {{std::string_view(*text).substr(12), {}, *pages, 3}};
    auto       inner = std::make_unique<mine::note>(mine::note{std::string_view(*text).substr(6, 5), leaf, {}, 2});
    mine::note outer{std::string_view(*text).substr(0, 5), {inner.get(), 1}, *pages, 1};

    arena            to;
    const mine::note kept = copy(outer, to);
    *text                 = std::string(16, 'x');
    std::fill(pages->begin(), pages->end(), 0);
    inner.reset(), text.reset(), pages.reset();
    CHECK(kept.title == "outer");
    CHECK(kept.year == 1);
    REQUIRE(kept.below.size() == 1);
    CHECK(kept.below[0].title == "inner");
    CHECK(kept.below[0].below[0].title == "leaf");
    CHECK(kept.below[0].below[0].pages[2] == 3);
    static_assert(names_its_views<mine::note> && !names_its_views<int> && !names_its_views<std::string>);
}

TEST_CASE("every member of an answer that borrows is copied") {
    const std::string      text      = "the text of it all";
    const std::string_view all       = text;
    const leaf             leaves[]  = {{}};
    const term_weight      terms[]   = {{1, 2}};
    const respelling       mended[]  = {{1, 2, all}};
    const segment          pieces[]  = {{all, false, 0}};
    const message          before[]  = {{speaker::user, pieces}};
    const source           sources[] = {
        {.mark = 1, .from = {.text = {all, all}, .leaves = leaves, .head = all}, .name = all, .title = all}};
    const citation citations[] = {{.mark = 1, .name = all, .quote = all}};
    answer         a{.text = all, .citations = citations, .sources = sources};
    a.asked.text = all, a.asked.history = before, a.asked.terms = terms, a.asked.respelled = mended;

    arena        to;
    const answer kept = copy(a, to);
    const auto   own  = [&](std::string_view s) { return s == all && s.data() != all.data(); };
    CHECK(own(kept.text));
    CHECK(own(kept.citations[0].name));
    CHECK(own(kept.citations[0].quote));
    CHECK(own(kept.sources[0].name));
    CHECK(own(kept.sources[0].title));
    CHECK(own(kept.sources[0].from.text.prefix));
    CHECK(own(kept.sources[0].from.text.body));
    CHECK(own(kept.sources[0].from.head));
    CHECK(kept.sources[0].from.leaves.data() != leaves);
    CHECK(own(kept.asked.text));
    CHECK(own(kept.asked.history[0].segments[0].text));
    CHECK(kept.asked.terms.data() != terms);
    CHECK(own(kept.asked.respelled[0].word));
}
