// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What the tools say before they read: of reports, of filters, of the place of an index. The rest of it runs in ask.sh.

#include "../../examples/support/left_out.hpp"
#include "../../examples/support/index_folder.hpp"
#include "../support/memory_files.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tool;
using graft::error;
using graft::fault;

TEST_CASE("a report is by rule, or it is an error") {
    const auto as = [](fault what, const char* name) { return left_out_as({what, graft::unit::none, 0, name}); };
    CHECK(as(fault::hidden, ".git") == "hidden");
    CHECK(as(fault::symlink, "a") == "link");
    CHECK(as(fault::not_text, "a.PNG") == "picture");
    CHECK(as(fault::not_text, "a.tar.gz") == "archive");
    CHECK(as(fault::not_text, "a") == "binary");
    CHECK(as(fault::not_text, "a.md") == "binary");
    for (const fault what : {fault::bad_utf8, fault::other_encoding, fault::bad_encoding, fault::unreadable,
                             fault::too_large, fault::changed, fault::bad_format, fault::not_found, fault::not_read})
        CHECK(as(what, "a.png").empty());
}

TEST_CASE("things are counted in words") {
    CHECK(counted(1, "picture") == "1 picture");
    CHECK(counted(2, "picture") == "2 pictures");
    CHECK(counted(2, "binary") == "2 binaries");
    CHECK(counted(2, "hidden") == "2 hidden");
}

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
