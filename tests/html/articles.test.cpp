// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/articles.hpp"
#include "support/shared.hpp"

#include <doctest/doctest.h>

TEST_CASE("the text of news pages is found, by the measure of their benchmark") {
    NEEDS_SHARED(folder, "data/documents/html");
    test::article_score first, second, whole;
    for (const test::article& it : test::articles(folder)) {
        const std::string text = test::read_page(it.name, it.page).text;
        (it.first_half() ? first : second).add(text, it.body);
        whole.add(test::read_page(it.name, it.page, true).text, it.body);
    }
    REQUIRE(first.pages + second.pages == 60);
    CHECK(first.f1() > 0.96);                 // measured .969
    CHECK(second.f1() > 0.92);                // .933
    CHECK(whole.recall / whole.pages > 0.97); // with the boilerplate nothing is lost
    INFO("F1 ", first.f1(), " ", second.f1(), ", recall of all ", whole.recall / whole.pages);
}
