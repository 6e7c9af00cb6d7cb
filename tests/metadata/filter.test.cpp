// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/metadata/filter.hpp>
#include <graft/metadata/filter_text.hpp>
#include <graft/retrieve/narrow.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;

namespace {

const metadata page{{"lang", std::string("en")},
                    {"year", std::int64_t{2021}},
                    {"score", 2.5},
                    {"draft", false},
                    {"path", std::string("handbook/leave.md")},
                    {"nan", std::numeric_limits<double>::quiet_NaN()},
                    {"big", std::int64_t{9007199254740993}}, // 2^53 + 1: no double
                    {"tags", value_list{std::string("hr"), std::int64_t{7}, true}}};

bool kept(const filter& f) { return f(page); }
bool kept(std::string_view text) {
    auto f = parse_filter(text);
    REQUIRE(f);
    return (*f)(page);
}

} // namespace

TEST_CASE("filter: it tells which fields it asks") {
    std::string all;
    const auto  of = [&](std::string_view text) {
        all.clear();
        parse_filter(text).value().each_test([&](std::string_view key, filter_test what) {
            all += std::string(key) + (what == filter_test::contains ? "*" : "") + " ";
        });
        return all;
    };
    CHECK(of("").empty());
    CHECK(of("lang == en && !(year > 3 || tags contains a)") == "lang year tags* ");
    CHECK(of("lang in [a, b]") == "lang lang ");
}

TEST_CASE("filter: each test by type") {
    CHECK(kept(where("lang") == "en"));
    CHECK(kept(where("lang") == std::string("en")));
    CHECK_FALSE(kept(where("lang") == "de"));
    CHECK(kept(where("lang") != "de"));
    CHECK_FALSE(kept(where("lang") != "en"));
    CHECK(kept(where("lang") < "f"));
    CHECK(kept(where("lang") > "e"));
    CHECK(kept(where("lang") < "\xc3\xa4")); // by bytes, which are not signed

    CHECK(kept(where("year") >= 2021));
    CHECK(kept(where("year") <= 2021u));
    CHECK_FALSE(kept(where("year") > 2021));
    CHECK_FALSE(kept(where("year") < 2021));
    CHECK(kept(where("year") > 2020.5)); // whole and floating numbers compare as numbers
    CHECK(kept(where("year") == 2021.));
    CHECK(kept(where("score") > 2));
    CHECK(kept(where("score") < 3));
    CHECK(kept(where("score") == 2.5));
    CHECK(kept(where("year") < std::numeric_limits<std::uint64_t>::max()));

    CHECK(kept(where("draft") == false));
    CHECK(kept(where("draft") != true));
    CHECK_FALSE(kept(where("draft") < true)); // no order

    CHECK(kept(where("tags").contains("hr")));
    CHECK(kept(where("tags").contains(7)));
    CHECK(kept(where("tags").contains(7.)));
    CHECK(kept(where("tags").contains(true)));
    CHECK_FALSE(kept(where("tags").contains("h")));
    CHECK(kept(where("lang").contains("en"))); // a single value is a list of one
    CHECK_FALSE(kept(where("tags") == "hr"));
    CHECK(kept(where("path").starts_with("handbook/")));
    CHECK_FALSE(kept(where("path").starts_with("leave")));
    CHECK(kept(where("tags").exists()));
    CHECK(kept(where("year").any_of(1999, "en", 2021)));
    CHECK_FALSE(kept(where("year").any_of(1999, 2020)));
    CHECK_FALSE(kept(where("year").any_of()));
}

TEST_CASE("filter: exact where a double is not") {
    CHECK(kept(where("big") > 9007199254740992.));
    CHECK_FALSE(kept(where("big") == 9007199254740992.));
    CHECK(kept(where("big") == std::int64_t{9007199254740993}));
    CHECK(kept(where("big") < 1e300));
    CHECK(kept(where("big") > -std::numeric_limits<double>::infinity()));
    const metadata ends{{"low", std::numeric_limits<std::int64_t>::min()},
                        {"high", std::numeric_limits<std::int64_t>::max()}};
    CHECK((where("low") == -0x1p63)(ends));
    CHECK((where("high") < 0x1p63)(ends));
    CHECK_FALSE((where("high") >= 0x1p63)(ends));
}

TEST_CASE("filter: what is absent or of another type makes a test false, and its negation true") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const filter& f : {where("none") == "x",        where("none") != "x",
                            where("none") < 1,           where("none") >= 1,
                            where("none").contains("x"), where("none").starts_with(""),
                            where("none").exists(),      where("lang") == 1,
                            where("lang") != 1,          where("lang") < 1,
                            where("year") == "2021",     where("year") != "2021",
                            where("year") == true,       where("draft") == 0,
                            where("tags") != "hr",       where("year").starts_with("2"),
                            where("nan") == nan,         where("nan") < 1.,
                            where("nan") >= 1,           where("score") < nan}) {
        CHECK_FALSE(kept(f));
        CHECK(kept(!f));
    }
    CHECK(kept(filter{}));
    CHECK_FALSE(kept(!filter{}));
}

TEST_CASE("filter: any expression is what its truth table says") {
    // Random expressions over six tests, built beside a plain function that evaluates them.
    counter_random random(1);
    using truth                                             = std::function<bool(unsigned)>;
    const std::function<std::pair<filter, truth>(int)> make = [&](int depth) -> std::pair<filter, truth> {
        const auto kind = depth == 0 ? 3 : random.below(4);
        if (kind == 3) {
            const auto bit = static_cast<unsigned>(random.below(6));
            return {where("b" + std::to_string(bit)) == true, [bit](unsigned x) { return (x >> bit & 1u) != 0; }};
        }
        auto [f, a] = make(depth - 1);
        if (kind == 2) return {!f, [a = a](unsigned x) { return !a(x); }};
        auto [g, b] = make(depth - 1);
        if (kind == 1) return {f && g, [a = a, b = b](unsigned x) { return a(x) && b(x); }};
        return {f || g, [a = a, b = b](unsigned x) { return a(x) || b(x); }};
    };
    std::vector<metadata> worlds(64);
    for (unsigned x = 0; x < 64; ++x)
        for (unsigned bit = 0; bit < 6; ++bit) worlds[x].set("b" + std::to_string(bit), (x >> bit & 1u) != 0);
    for (int i = 0; i < 300; ++i) {
        const auto [f, expected] = make(6);
        for (unsigned x = 0; x < 64; ++x)
            if (f(worlds[x]) != expected(x)) FAIL("world " << x << " of expression " << i);
    }
    // The empty filter is neutral.
    const filter one = where("b0") == true;
    for (const metadata& world : worlds) {
        CHECK((one && filter{})(world) == one(world));
        CHECK((filter{} && one)(world) == one(world));
        CHECK((one || !filter{})(world) == one(world));
        CHECK((!filter{} || one)(world) == one(world));
    }
}

TEST_CASE("filter: a copy is a value, and depth costs no stack") {
    filter deep = where("none") == 0;
    for (int i = 1; i < 3000; ++i) deep = !(std::move(deep) || where("none") == i) || where("never").exists();
    const filter copy = deep;
    CHECK(copy == deep);
    CHECK(copy(page) == deep(page));
}

TEST_CASE("filter: selected chunks are those of brute force, near or far apart") {
    struct store {
        std::vector<chunk>    list;
        std::vector<metadata> fields;
        chunks                all() const { return list; }
        const metadata&       fields_of(chunk_id id) const {
            for (std::size_t i = 0; i < list.size(); ++i)
                if (list[i].id == id) return fields[i];
            return fields.front();
        }
    };
    counter_random random(2);
    for (const std::uint64_t spread : {1u, 5u, 100000u}) {
        store         s;
        std::uint64_t id = random.below(1000);
        for (int i = 0; i < 200; ++i) {
            id += 1 + random.below(spread);
            s.list.push_back({.id = chunk_id{id}});
            s.fields.push_back({{"n", static_cast<std::int64_t>(random.below(10))}});
        }
        const auto         some = matching(where("n") < 4, s);
        std::set<chunk_id> want;
        for (std::size_t i = 0; i < 200; ++i)
            if (std::get<std::int64_t>(*s.fields[i].find("n")) < 4) want.insert(s.list[i].id);
        CHECK(some.size() == want.size());
        for (const chunk& c : s.list)
            for (const std::uint64_t turned : {0ull, 1ull, ~0ull, 64ull, 1ull << 63}) {
                const chunk_id near{to_underlying(c.id) + turned};
                CHECK(some(near) == (want.count(near) == 1));
            }
        CHECK_FALSE(some(0_c));
        CHECK_FALSE(some(chunk_id{~std::uint64_t{0}}));
        CHECK(matching(!filter{}, s).size() == 0);
        CHECK_FALSE(matching(!filter{}, s)(s.list[0].id));
    }
    arena                 a;
    std::vector<chunk_id> three{0_c, chunk_id{~std::uint64_t{0}}, 0_c};
    const id_set          ends = id_set::of(three, a);
    CHECK(ends.size() == 2);
    CHECK(ends(0_c));
    CHECK(ends(chunk_id{~std::uint64_t{0}}));
    CHECK_FALSE(ends(1_c));
}

TEST_CASE("filter: read from text") {
    CHECK(kept(""));
    CHECK(kept("  "));
    CHECK(kept("lang == en && year >= 2020 && !(tags contains draft)"));
    CHECK(kept("lang==\"en\"&&score<3.5"));
    CHECK(kept("lang == de or year == 2021 and draft == false"));
    CHECK_FALSE(kept("(lang == de or year == 2021) and draft == true"));
    CHECK(kept("not lang == de"));
    CHECK(kept("!!(lang == en)"));
    CHECK(kept("path starts_with 'handbook/'"));
    CHECK(kept("path starts_with handbook/l"));
    CHECK(kept("year in [2019, 2020, 2021]"));
    CHECK_FALSE(kept("year in []"));
    CHECK(kept("tags exists && !(none exists)"));
    CHECK(kept("score == 2.5e0"));
    CHECK_FALSE(kept("year == '2021'")); // a text
    CHECK((*parse_filter(R"("my key" == "a \"b\" \\")"))(metadata{{"my key", std::string("a \"b\" \\")}}));
    CHECK((*parse_filter("größe > 3"))(metadata{{"größe", std::int64_t{4}}}));
    CHECK(*parse_filter("a == 1 && b < 2") == (where("a") == 1 && where("b") < 2));

    const std::vector<std::pair<std::string, std::uint64_t>> refused = {
        {"lang", 4},          {"lang ==", 7},        {"lang == en year", 11}, {"== 3", 0},      {"(lang == en", 11},
        {"lang == \"en", 11}, {"lang == en &&", 13}, {"year in [1, 2", 13},   {"lang = en", 5},
    };
    for (const auto& item : refused) {
        const auto& text = item.first;
        CAPTURE(text);
        auto f = parse_filter(text);
        REQUIRE(!f);
        CHECK(f.error() == error{fault::bad_format, unit::byte, item.second, "filter"});
    }
    CHECK(parse_filter(std::string(100, '(') + "a == 1" + std::string(100, ')')));
    CHECK(!parse_filter(std::string(100000, '(')));
    CHECK(!parse_filter(std::string(100000, '!')));
    counter_random random(3);
    for (int i = 0; i < 20000; ++i) { // hostile text: any answer, no harm
        std::string           text;
        static constexpr char of[] = "ab =!<>()&|[],\"'\\1.-eintocs\xc3\xa4";
        for (auto n = random.below(24); n-- > 0;) text += of[random.below(sizeof of - 1)];
        if (auto f = parse_filter(text)) static_cast<void>((*f)(page));
    }
}
