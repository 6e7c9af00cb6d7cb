// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/split_records.hpp>

#include <graft/records/record_rules.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

using namespace graft;

namespace {

tuning_record record(std::string asked, std::string told, std::string group = {}) {
    tuning_record r;
    r.given.push_back({speaker::user, std::move(asked)});
    r.answer = std::move(told);
    r.group  = std::move(group);
    return r;
}
duplicate_clusters same(const std::vector<tuning_record>& all) {
    return find_duplicates(std::span<const tuning_record>(all)).value();
}
std::vector<tuning_record> many(std::size_t n, std::uint64_t seed) {
    counter_random             draw(seed);
    std::vector<tuning_record> all;
    while (all.size() < n) {
        std::string body;
        for (int i = 0; i < 30; ++i) body += "w" + std::to_string(draw.below(100'000)) + " ";
        for (std::size_t copies = 1 + draw.below(3); copies > 0; --copies)
            all.push_back(record(body + "end" + std::to_string(copies), "yes",
                                 draw.below(20) == 0 ? "g" + std::to_string(draw.below(3)) : ""));
    }
    return all;
}
std::set<std::string> asked(const std::vector<tuning_record>& all, const std::vector<std::uint32_t>& rows) {
    std::set<std::string> out;
    for (const auto r : rows) out.insert(all[r].given[0].text);
    return out;
}

} // namespace

TEST_CASE("what is nearly the same, or of one group, never stands on both sides") {
    const auto all = many(600, 1);
    const auto of  = same(all);
    for (const std::uint64_t seed : {0u, 1u, 2u, 3u}) {
        const auto        s = split_records(all, of, .2, seed).value();
        std::vector<bool> judges(all.size());
        for (const auto r : s.held_out) judges[r] = true;
        CHECK(s.train.size() + s.held_out.size() == all.size());
        CHECK(s.held_out.size() > 60);
        CHECK(s.held_out.size() < 180);
        for (std::size_t i = 0; i < all.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                if (!all[i].group.empty() && all[i].group == all[j].group) CHECK(judges[i] == judges[j]);
                if (jaccard(shingles(comparable_text(all[i].exchange())),
                            shingles(comparable_text(all[j].exchange()))) >= .8)
                    CHECK(judges[i] == judges[j]);
            }
    }
    CHECK(split_records(all, of, .2, 0).value().held_out != split_records(all, of, .2, 1).value().held_out);
}

TEST_CASE("a system's turn that all share makes no two the same") {
    const std::string long_turn =
        "You answer for the desk of a house of many rooms, in one plain sentence, and never say what "
        "you do not know, nor what is not for the ears of guests, whoever asks for it and however.";
    std::vector<tuning_record> all = {record("Where are the keys?", "On the wall."), record("Who has the dog?", "Mia."),
                                      record("Where are the keys?", "On the wall.")};
    for (auto& r : all) r.given.insert(r.given.begin(), {speaker::system, long_turn});
    all[2].given[0].text = "Be short.";
    CHECK(all[0].exchange() == "Where are the keys?\nOn the wall.");
    CHECK(same(all).cluster == std::vector<std::uint32_t>{0, 1, 0});
}

TEST_CASE("a split depends on seed and content alone, and a new record moves none that it does not resemble") {
    auto       all   = many(300, 2);
    const auto s     = split_records(all, same(all), .25, 9).value();
    const auto held  = asked(all, s.held_out);
    auto       other = all;
    counter_random(4).shuffle(std::span<tuning_record>(other));
    for (auto& r : other) r.id = "x", r.row = 0;
    CHECK(asked(other, split_records(other, same(other), .25, 9).value().held_out) == held);
    all.push_back(record("quite another question, of which nobody has ever heard", "no"));
    auto now = asked(all, split_records(all, same(all), .25, 9).value().held_out);
    now.erase(all.back().given[0].text);
    CHECK(now == held);
}

TEST_CASE("small splits have both sides where they can, and shares are asked") {
    const std::vector<tuning_record> two = {record("one question about cats", "a"),
                                            record("another of dogs and more", "b")};
    const auto                       of  = same(two);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CHECK(split_records(two, of, .1, seed).value().held_out.size() == 1);
        CHECK(split_records(two, of, .9, seed).value().train.size() == 1);
    }
    CHECK(split_records(two, of, 0).value().held_out.empty());
    CHECK(split_records(two, of, 1).value().train.empty());
    CHECK(split_records({two.data(), 1}, same({two[0]}), .5).value().held_out.size() < 2);
    for (const double share : {-.1, 1.1, std::nan("")})
        CHECK(split_records(two, of, share).error().what == fault::bad_argument);
    CHECK(split_records(two, {}, .5).error().what == fault::wrong_shape);
    CHECK(split_records({}, {}, .5).value().train.empty());
}

TEST_CASE("two clusters of one content still stand on both sides") {
    const std::uint32_t of[]   = {0, 1};
    const std::uint64_t hash[] = {7, 7};
    for (const double share : {.01, .2, .99}) {
        const auto by = split_clusters(of, hash, share).value();
        CHECK(by.train.size() == 1);
        CHECK(by.held_out.size() == 1);
    }
}

TEST_CASE("rules of length and quality name the first that is broken") {
    const record_rules rules{.answer_least = 2, .answer_most = 300, .record_most = 400, .refusals = {"as an ai"}};
    const auto         flaw = [&](const std::string& answer, const std::string& given = "q") {
        return rules.flaw(record(given, answer));
    };
    CHECK(!flaw("A plain answer."));
    CHECK(flaw("x") == record_flaw::short_answer);
    CHECK(!flaw("да")); // characters, not bytes
    CHECK(flaw(std::string(301, 'x')) == record_flaw::long_answer);
    CHECK(flaw("fine", std::string(400, 'x')) == record_flaw::long_record);
    CHECK(flaw("=====+++++-----///// a") == record_flaw::symbols);
    CHECK(!flaw("=== a"));
    CHECK(!flaw("天气很好，我们去公园散步，晚上再一起吃饭，然后看一场电影。"));
    CHECK(flaw("天气很好，我们去公园散步。天气很好，我们去公园散步。") == record_flaw::repetition);
    std::string again, fresh;
    for (int i = 0; i < 8; ++i) again += "I do not know. ", fresh += "I do not know " + std::to_string(i) + ". ";
    CHECK(flaw(again) == record_flaw::repetition);
    CHECK(!flaw(fresh));
    CHECK(flaw("What IS  it?", "what is it?") == record_flaw::echo);
    CHECK(flaw("As an AI, I cannot.") == record_flaw::refusal);
    CHECK(name(record_flaw::echo) == "echo");
}
