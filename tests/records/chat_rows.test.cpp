// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/chat_rows.hpp>
#include <graft/records/read_records.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace graft;

namespace {

tuning_record asked(std::string question, std::string answer) {
    tuning_record r;
    r.given  = {{speaker::user, std::move(question)}};
    r.answer = std::move(answer);
    return r;
}
const auto bytes = [](const tuning_record& r) { return r.text().size(); };

/// The rule again, as a table of what may follow what.
bool alternates(const std::vector<speaker>& turns) {
    std::string word;
    for (const speaker s : turns) word += "suat"[static_cast<std::size_t>(s)];
    word += 'a';
    if (word[0] == 's') word.erase(0, 1);
    for (std::size_t i = 0; i < word.size(); ++i)
        if (word[i] != (i % 2 == 0 ? 'u' : 'a')) return false;
    return word.size() % 2 == 0;
}

} // namespace

TEST_CASE("a row is JSON that reads back as the same record, whatever it says") {
    tuning_record r = asked("a \"quote\", a \\ and \n\t\x01 Zoë — 日本", "\xF0\x9F\x91\x8D </s> {\"messages\":[]}");
    r.given.insert(r.given.begin(), {speaker::system, "Be brief."});
    CHECK(chat_row(asked("Q", "A")) ==
          R"({"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"A"}]})");
    const std::string row = chat_row(r);
    CHECK(row.find('\n') == row.npos);
    const auto read = parse_records(row, "row").value();
    REQUIRE(read.all.size() == 1);
    CHECK(read.all[0].canonical() == r.canonical());
    // Every format ends in the same row.
    const std::string one = chat_row(asked("Q?", "A."));
    for (const char* other :
         {R"({"prompt":"Q?","completion":"A."})", R"({"instruction":"Q?","input":"","output":"A."})",
          R"({"conversations":[{"from":"human","value":"Q?"},{"from":"gpt","value":"A."}]})",
          R"({"prompt":"Q?","chosen":"A.","rejected":"B."})"})
        CHECK(chat_row(parse_records(other, "row").value().all.at(0)) == one);
}

TEST_CASE("a row alternates: all conversations of up to five turns against the rule as a table") {
    std::size_t good = 0;
    for (std::size_t n = 0, all = 1; n <= 5; ++n, all *= 4)
        for (std::size_t code = 0; code < all; ++code) {
            tuning_record        r;
            std::vector<speaker> turns;
            for (std::size_t i = 0, rest = code; i < n; ++i, rest /= 4) {
                turns.push_back(static_cast<speaker>(rest % 4));
                r.given.push_back({turns.back(), "text"});
            }
            r.answer = "answer";
            CHECK(!chat_flaw_of(r) == alternates(turns));
            good += !chat_flaw_of(r);
        }
    CHECK(good == 5); // u, su, uau, suau, uauau
}

TEST_CASE("what is wrong with a row is told by its first flaw") {
    const auto flaw = [](tuning_record r) { return chat_flaw_of(r); };
    CHECK(!flaw(asked("Q", "A")));
    CHECK(flaw(asked(" \n", "A")) == chat_flaw::empty_turn);
    CHECK(flaw(asked("Q", "")) == chat_flaw::empty_turn);
    CHECK(flaw(asked("Q\xff", "A")) == chat_flaw::not_utf8);
    CHECK(flaw(asked("Q", "\xED\xA0\x80")) == chat_flaw::not_utf8); // half of a pair
    CHECK(flaw({}) == chat_flaw::turn_order);
    tuning_record late = asked("Q", "A");
    late.given.push_back({speaker::system, "Now be brief."});
    CHECK(flaw(late) == chat_flaw::system_turn);
    late.given[1].from = speaker::tool;
    CHECK(flaw(late) == chat_flaw::tool_turn);
    late.given[1].from = speaker::user;
    CHECK(flaw(late) == chat_flaw::turn_order);
    for (int f = 0; f < 8; ++f) CHECK(name(static_cast<chat_flaw>(f)) != "unknown");
}

TEST_CASE("records are given or left out, each once, and for what") {
    std::vector<tuning_record> all  = {asked("Q", "A"),
                                       asked("Q", "A"),
                                       asked("Where?", "Ask mia@example.org."),
                                       asked("Q", "A "),
                                       asked("", "A"),
                                       asked("Long", std::string(100, 'x')),
                                       asked("Mine is jo@example.org", "Noted.")};
    const chat_rows            rows = ready_rows(all, bytes, {.row_tokens = 50});
    CHECK(rows.ready == std::vector<ready_row>{{0, 3}, {3, 4}});
    CHECK(rows.tokens() == 7);
    CHECK(rows.most_tokens() == 4);
    CHECK(rows.left_out == std::vector<left_out_row>{{1, chat_flaw::repeat, 0},
                                                     {2, chat_flaw::sensitive},
                                                     {4, chat_flaw::empty_turn},
                                                     {5, chat_flaw::too_long, 0, 105},
                                                     {6, chat_flaw::sensitive}});
    CHECK(ready_rows(all, bytes, {.repeats = true, .sensitive = true}).ready.size() == 6);
    CHECK(ready_rows(all, bytes, {.scrub = {.kinds = 1u << static_cast<unsigned>(sensitive::phone)}}).ready.size() ==
          5);
    // Scrubbed, nothing is sensitive any more.
    scrub_report report;
    for (tuning_record& r : all) scrub_record(r, report);
    CHECK(report.found[static_cast<std::size_t>(sensitive::email)] == 2);
    CHECK(ready_rows(all, bytes).ready.size() == 5);
    CHECK(ready_rows({}, bytes).ready.empty());
}

TEST_CASE("the system says something where it said nothing") {
    tuning_record r = asked("Q", "A");
    add_system_turn(r, "Be brief.");
    CHECK(r.given == std::vector<record_turn>{{speaker::system, "Be brief."}, {speaker::user, "Q"}});
    add_system_turn(r, "Be long.");
    CHECK(r.given.size() == 2);
    CHECK(r.given[0].text == "Be brief.");
}
