// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A text that is in no folder becomes the document that a folder would have made of it.

#include <graft/text/folder.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;

TEST_CASE("bytes are read as a file of that name would be") {
    std::vector<error> reports;
    const std::string  text = "---\ntitle: Tea\nyear: 2020\n---\n# Green\n\nBoil it.\n";
    auto               d    = read_text("tea.md", text, reports);
    REQUIRE(d.has_value());
    CHECK(reports.empty());
    CHECK(d->kind == media::markdown);
    CHECK(d->title == "Tea");
    CHECK(d->fields.find("year") != nullptr);
    CHECK(d->text.substr(d->body, 7) == "# Green");
    CHECK(read_text("-", text, reports)->kind == media::plain);
    corpus docs;
    CHECK(docs.add(std::move(*d)).has_value());
}

TEST_CASE("repairs are reported and map back, and what is no text is refused") {
    std::vector<error> reports;
    const auto         d = read_text("-", "Caf\xE9 au lait. Tea.", reports);
    REQUIRE(d.has_value());
    CHECK(reports == std::vector<error>{{fault::bad_utf8, unit::byte, 3, "-"}});
    const auto tea = d->text.find("Tea");
    CHECK(d->origin(tea, tea + 3).begin == 14);
    CHECK(read_text("-", std::string("a\0b", 3), reports).error() == error{fault::not_text, unit::byte, 1, "-"});
    CHECK(read_text("-", "Caf\xE9 au lait. Tea.", reports, utf8_policy::skip).error().what == fault::bad_utf8);
}
