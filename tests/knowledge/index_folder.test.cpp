// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/memory_files.hpp"

#include <graft/knowledge/index_folder.hpp>

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>

using namespace graft;

TEST_CASE("the place of an index is looked at by the names in it, and nothing is written") {
    test::memory_files disk;
    const auto         state = [&] { return look_at_index(disk, "here", "words"); };
    CHECK(state() == index_state::none);
    REQUIRE(disk.make_folder("here"));
    CHECK(state() == index_state::none);
    const auto put = [&](const char* name, std::string_view bytes) {
        auto f = disk.create(std::string("here/") + name);
        REQUIRE(f);
        REQUIRE(disk.write(*f, std::as_bytes(std::span(bytes.data(), bytes.size()))));
    };
    put("writer.lock", "");
    put(".DS_Store", "x");
    CHECK(state() == index_state::none);
    put("notes.txt", "x");
    CHECK(state() == index_state::foreign);
    put("manifest-0000000000000001", "somebody else's, and long enough to be a file of some kind");
    CHECK(state() == index_state::foreign);
    put("words-0000000000000001.graft", "x");
    CHECK(state() == index_state::there); // damaged: opening it says so
    REQUIRE(disk.remove("here/manifest-0000000000000001"));
    CHECK(state() == index_state::headless);
    put("manifest-0000000000000001.new", "x");
    CHECK(state() == index_state::unfinished);
    REQUIRE(disk.remove("here/manifest-0000000000000001.new"));
    REQUIRE(disk.remove("here/words-0000000000000001.graft"));
    put("text-0000000000000001.graft", "x");
    CHECK(state() == index_state::unfinished); // cut short before its last part
    put("text-0000000000000002.graft", "x");
    CHECK(state() == index_state::headless); // there was a generation before
}
