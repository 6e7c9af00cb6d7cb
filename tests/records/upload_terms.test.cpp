// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/upload_terms.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace graft;

TEST_CASE("terms of a host are what the file says") {
    const auto all = parse_upload_terms(R"({"terms":[
        {"name":"a","date":"2026-01","source":"s","usd_per_million_tokens":8,"rows_least":10,"row_tokens":4096,
         "file_bytes":50000000,"tokens_a_turn":4,"tokens_a_row":3},
        {"name":"b","date":"2025","source":"t","usd_per_million_tokens":0.46}]})")
                         .value();
    REQUIRE(all.size() == 2);
    CHECK(all[0] == upload_terms{"a", "2026-01", "s", 8, 10, 4096, 50000000, 4, 3});
    CHECK(all[1] == upload_terms{"b", "2025", "t", .46});
    CHECK(all[0].price(10'000'000) == doctest::Approx(80)); // the example of the source
    CHECK(all[1].price(5'000'000, 3) == doctest::Approx(6.9));
    CHECK(all[0].price(0) == 0);
}

TEST_CASE("a table that is none is refused, with its place") {
    const auto refused = [](const std::string& row) {
        return parse_upload_terms("{\"terms\":[" + row + "]}", "table.json").error();
    };
    const std::string good = R"("name":"a","date":"2026","source":"s")";
    CHECK(parse_upload_terms("{\"terms\":[]}").error().what == fault::no_input);
    CHECK(parse_upload_terms("{}").error().what == fault::absent);
    CHECK(parse_upload_terms("[1]").error().what == fault::absent);
    CHECK(parse_upload_terms("{\"terms\":").error().what == fault::truncated);
    CHECK(refused("1").what == fault::bad_format);
    CHECK(refused("{" + good + "}").what == fault::absent);
    CHECK(refused("{" + good + ",\"usd_per_million_tokens\":-1}").what == fault::bad_argument);
    CHECK(refused("{" + good + ",\"usd_per_million_tokens\":\"8\"}").what == fault::bad_format);
    CHECK(refused("{" + good + ",\"usd_per_million_tokens\":8,\"rows_least\":-1}").what != fault{});
    CHECK(refused("{" + good + ",\"usd_per_million_tokens\":8,\"rows_lest\":1}").what == fault::unexpected);
    CHECK(refused(R"({"name":"a","date":"","source":"s","usd_per_million_tokens":8})").what == fault::no_input);
    const std::string sound = "{" + good + ",\"usd_per_million_tokens\":8}";
    CHECK(refused(sound + "," + sound).what == fault::duplicate_id);
    CHECK(refused(sound + "," + sound).subject == "table.json: terms[1].name");
}
