// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/result.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>

using namespace graft;

TEST_CASE("a result holds a value or an error") {
    const result<int> good = 3, bad = error{fault::not_found, unit::none, 0, "a.md", 2};
    CHECK(good);
    CHECK(*good == 3);
    CHECK(good.value() == 3);
    CHECK(!bad);
    CHECK(bad.error().what == fault::not_found);
    CHECK_THROWS_AS((void)bad.value(), failure);
    CHECK_THROWS_WITH((void)bad.value(), "a.md: no such file or folder");
    result<void> fine = done, off = error{fault::stopped};
    CHECK(fine);
    CHECK_NOTHROW(fine.value());
    CHECK_THROWS_AS(off.value(), failure);
    result<std::unique_ptr<int>> owner = std::make_unique<int>(4);
    const auto                   moved = std::move(owner).value();
    CHECK(*moved == 4);
}

TEST_CASE("an error tells its place and never more") {
    CHECK(describe({fault::bad_utf8, unit::byte, 512, "handbook/a.md"}) ==
          "handbook/a.md: byte 512: the text is not valid UTF-8");
    CHECK(describe({fault::no_input}) == "there is nothing to work on");
    CHECK(describe({fault::bad_format, unit::line, 3}) == "line 3: a line or field cannot be parsed");
}

TEST_CASE("every fault has a name and a sentence of its own, and its number is pinned") {
    std::set<std::string_view> names, sentences;
    int                        known = 0;
    for (std::uint16_t n = 0; n < 200; ++n) {
        const auto f = static_cast<fault>(n);
        if (name(f) == "unknown") continue;
        ++known;
        CHECK(names.insert(name(f)).second);
        CHECK(sentences.insert(explain(f)).second);
        CHECK(explain(f).back() != '.');
    }
    CHECK(known == 34);
    CHECK(static_cast<int>(fault::timed_out) == 11); // numbers are in files and logs: they only grow
    CHECK(static_cast<int>(fault::not_found) == 20);
    CHECK(static_cast<int>(fault::not_read) == 29);
    CHECK(static_cast<int>(fault::busy) == 33);
    CHECK(static_cast<int>(fault::other_encoding) == 34);
    CHECK(static_cast<int>(fault::bad_encoding) == 35);
    CHECK(static_cast<int>(fault::bad_format) == 46);
}
