// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What the tools say before they read: of reports, of filters. The rest of it runs in ask.sh.

#include "../../examples/support/left_out.hpp"

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
