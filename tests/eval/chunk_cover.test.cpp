// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/arena.hpp>
#include <graft/base/random.hpp>
#include <graft/eval/chunk_cover.hpp>
#include <graft/json/json.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/unicode/utf8.hpp>

#include "support/ids.hpp"
#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;
using test::operator""_d;

TEST_CASE("chunk cover: worked by hand") {
    const std::vector<source_range> needed = {{1_d, 10, 20}, {1_d, 30, 40}};
    const std::vector<source_range> found  = {{1_d, 0, 15}, {1_d, 12, 35}, {2_d, 10, 20}};
    const auto                      got    = cover(needed, found).value();
    CHECK(got == chunk_cover{15, 20, 48});
    CHECK(got.recall() == .75);
    CHECK(got.precision() == doctest::Approx(15 / 48.));
    CHECK(got.iou() == doctest::Approx(15 / 53.));
    // A chunk that only touches counts by the published rule, and costs.
    const std::vector<source_range> exact = {{1_d, 0, 10}, {1_d, 10, 20}, {1_d, 20, 30}, {1_d, 30, 40}, {1_d, 40, 90}};
    CHECK(best_cover(needed, exact).value().iou() == 1);
    CHECK(best_cover(needed, exact, touching::meets).value() == chunk_cover{20, 20, 90});
    CHECK(best_cover(needed, {}).value() == chunk_cover{0, 20, 0});
    CHECK(cover(needed, {}).value().precision() == 0);

    CHECK(cover({}, found).error().what == fault::no_input);
    const std::vector<source_range> empty = {{1_d, 5, 5}}, turned = {{1_d, 5, 4}};
    CHECK(cover(empty, found).error().what == fault::no_input);
    CHECK(cover(turned, found).error().what == fault::bad_argument);
    CHECK(best_cover(needed, turned).error().what == fault::bad_argument);
    constexpr auto                  last = ~std::uint64_t{0};
    const std::vector<source_range> far  = {{1_d, last - 5, last - 1}};
    CHECK(best_cover(far, far, touching::meets).value().iou() == 1);
}

TEST_CASE("chunk cover: what a loop over bytes says") {
    counter_random random(5, 1);
    for (std::size_t round = 0; round < 500; ++round) {
        const auto ranges = [&](std::size_t n) {
            std::vector<source_range> out;
            for (std::size_t i = 0; i < n; ++i) {
                const auto begin = random.below(60);
                out.push_back({document_id{random.below(2)}, begin, begin + random.below(20)});
            }
            return out;
        };
        const auto needed = ranges(1 + random.below(4)), parts = ranges(random.below(8));
        const auto covered = [](const std::vector<source_range>& all, std::uint64_t d, std::uint64_t at) {
            return std::any_of(all.begin(), all.end(), [&](const source_range& r) {
                return to_underlying(r.document) == d && r.begin <= at && at < r.end;
            });
        };
        const auto count = [&](const std::vector<source_range>& some, bool once) {
            chunk_cover want;
            for (std::uint64_t d = 0; d < 2; ++d)
                for (std::uint64_t at = 0; at < 100; ++at) {
                    const bool need = covered(needed, d, at), have = covered(some, d, at);
                    want.needed += need ? 1u : 0u, want.hit += need && have ? 1u : 0u;
                    if (once) want.retrieved += have ? 1u : 0u;
                }
            if (!once)
                for (const auto& c : some) want.retrieved += c.end - c.begin;
            return want;
        };
        const auto got = cover(needed, parts);
        if (!got) {
            CHECK(count(parts, false).needed == 0);
            continue;
        }
        CHECK(*got == count(parts, false));
        for (const auto where : {touching::apart, touching::meets}) {
            std::vector<source_range> met;
            for (const auto& c : parts)
                if (std::any_of(needed.begin(), needed.end(), [&](const source_range& r) {
                        const std::uint64_t slack = where == touching::meets ? 1 : 0;
                        return r.begin != r.end && r.document == c.document && r.begin < c.end + slack &&
                               c.begin < r.end + slack;
                    }))
                    met.push_back(c);
            CHECK(best_cover(needed, parts, where).value() == count(met, true));
        }
    }
}

TEST_CASE("chunk cover: precision-omega of token windows as it is recorded") {
    NEEDS_SHARED(folder, "data/chunking");
    NEEDS_SHARED(recorded, "fixtures/chunking/results.json");
    NEEDS_SHARED(ranks, "data/tokenizers/tiktoken/cl100k_base.tiktoken");
    const auto        reader  = read_tiktoken(test::slurp(ranks), split_rule::cl100k).value();
    const std::string names[] = {"finance", "state_of_the_union", "wikitexts"};
    std::string       texts[3];
    for (std::size_t d = 0; d < 3; ++d) texts[d] = test::slurp(folder / "corpora" / (names[d] + ".md"));
    const auto results = parse_json(test::slurp(recorded), "results").value();
    for (const json_value row : *results.at("without_overlap").array()) {
        if (row.at("peer").text().value() != "fixed token windows") continue;
        const auto                size = row.at("size").number<std::size_t>().value();
        std::vector<source_range> parts; // in code points, as the questions are
        for (std::size_t d = 0; d < 3; ++d) {
            arena      memory;
            const auto read   = reader.encode(texts[d], memory).value();
            auto       points = [&, bytes = std::size_t{0}, sum = std::uint64_t{0}](std::size_t to) mutable {
                sum += unicode::count_scalars(std::string_view(texts[d]).substr(bytes, to - bytes));
                bytes = to;
                return sum;
            };
            for (std::size_t begin = 0; begin < read.spans.size();) {
                std::size_t end = std::min(begin + size, read.spans.size());
                while (end < read.spans.size() && !unicode::is_boundary(texts[d], read.spans[end].begin)) --end;
                const auto first = points(read.spans[begin].begin);
                parts.push_back({document_id{d}, first, points(read.spans[end - 1].end)});
                begin = end;
            }
        }
        CHECK(parts.size() == row.at("chunks").number<std::size_t>().value());
        double            apart = 0, meets = 0;
        std::size_t       questions = 0;
        const std::string asked     = test::slurp(folder / "questions.jsonl");
        for (std::size_t at = 0; at < asked.size(); ++questions) {
            const std::size_t         end = std::min(asked.find('\n', at), asked.size());
            const auto                q   = parse_json(asked.substr(at, end - at), "questions").value();
            std::vector<source_range> needed;
            for (const json_value r : *q.at("references").array())
                needed.push_back({document_id{static_cast<std::uint64_t>(
                                      std::find(names, names + 3, q.at("corpus").text().value()) - names)},
                                  r.at("start_index").number<std::uint64_t>().value(),
                                  r.at("end_index").number<std::uint64_t>().value()});
            apart += best_cover(needed, parts).value().iou();
            meets += best_cover(needed, parts, touching::meets).value().iou();
            at = end + 1;
        }
        const auto n = static_cast<double>(questions);
        CHECK(questions == 317);
        CHECK(std::abs(meets / n - row.at("precision_omega").number<double>().value()) < 5.1e-5);
        CHECK(std::abs(apart / n - row.at("precision_omega_strict").number<double>().value()) < 5.1e-5);
    }
}
