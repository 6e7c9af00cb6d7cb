// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/eval/bleu.hpp>
#include <graft/eval/chrf.hpp>
#include <graft/eval/rouge.hpp>
#include <graft/eval/ter.hpp>
#include <graft/json/json.hpp>

#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace graft;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

bool near(double a, double b) { return std::abs(a - b) < 1e-8; }

double number(json_value v) { return v.number<double>().value(); }

void same_triple(const text_overlap& got, json_value want) {
    CHECK(near(got.precision(), number(want[0])));
    CHECK(near(got.recall(), number(want[1])));
    CHECK(near(got.f1(), number(want[2])));
}

void same_rouge(const rouge_counts& got, json_value want) {
    same_triple(got.one, want.at("rouge1"));
    same_triple(got.two, want.at("rouge2"));
    same_triple(got.l, want.at("rougeL"));
    same_triple(got.lsum, want.at("rougeLsum"));
}

constexpr std::pair<const char*, bleu_words> tokenisers[] = {
    {"13a", bleu_words::mteval_13a}, {"intl", bleu_words::international}, {"char", bleu_words::characters}};
constexpr std::pair<const char*, bleu_smoothing> smoothings[] = {{"floor", bleu_smoothing::floor},
                                                                 {"add-k", bleu_smoothing::add_k},
                                                                 {"none", bleu_smoothing::none},
                                                                 {"exp", bleu_smoothing::exponential}};

void same_counts(const bleu_counts& got, json_value want) {
    for (std::size_t n = 0; n < 4; ++n) {
        CHECK(static_cast<double>(got.matched[n]) == number(want.at("counts")[n]));
        CHECK(static_cast<double>(got.total[n]) == number(want.at("totals")[n]));
    }
    CHECK(static_cast<double>(got.candidate) == number(want.at("sys_len")));
    CHECK(static_cast<double>(got.reference) == number(want.at("ref_len")));
    CHECK(near(got.brevity_penalty(), number(want.at("bp"))));
}

} // namespace

TEST_CASE("text measures: 200 pairs and their sums as rouge-score and SacreBLEU have them") {
    NEEDS_SHARED(folder, "fixtures/metrics");
    const auto pairs    = lines_of(test::slurp(folder / "pairs.jsonl"));
    const auto expected = lines_of(test::slurp(folder / "expected.jsonl"));
    const auto corpus   = parse_json(test::slurp(folder / "corpus.json"), "corpus.json");
    REQUIRE(pairs.size() == 200);
    REQUIRE(expected.size() == 200);
    REQUIRE(corpus);
    std::map<std::string, bleu_counts> bleu_sums; // by their names there
    chrf_counts                        chrf_sum, chrf_pp_sum, chrf_lower_sum;
    ter_counts                         ter_sum, ter_normalised_sum, ter_bare_sum;
    const chrf_params                  pp{.words = 2}, low{.lower = true};
    double                             f1[2][4] = {};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto pair = parse_json(pairs[i], "pairs"), want = parse_json(expected[i], "expected");
        REQUIRE(pair);
        REQUIRE(want);
        const std::string_view c = pair->at("candidate").text().value(), r = pair->at("reference").text().value();
        const std::string      all_of = std::string(pair->at("kind").text().value());
        const std::string      kind   = all_of.substr(0, all_of.find('-')); // edit-drop is an edit
        CAPTURE(i);
        for (const bool stem : {false, true}) {
            const auto got = rouge(c, r, {.stem = stem}).value();
            same_rouge(got, want->at(stem ? "rouge_stem" : "rouge"));
            const double here[] = {got.one.f1(), got.two.f1(), got.l.f1(), got.lsum.f1()};
            for (std::size_t k = 0; k < 4; ++k) f1[stem ? 1 : 0][k] += here[k] / 200;
        }
        for (std::size_t t = 0; t < 3; ++t) {
            const auto said = want->at("bleu").at(tokenisers[t].first);
            const auto got  = bleu(c, r, {.words = tokenisers[t].second});
            same_counts(got, said);
            CHECK(near(got.score(), number(said.at("plain"))));
            CHECK(near(got.score({.effective_order = true}), number(said.at("effective"))));
            if (t == 0)
                for (std::size_t s = 0; s < 3; ++s)
                    CHECK(near(got.score({.smoothing = smoothings[s].second, .effective_order = true}),
                               number(said.at(std::string("effective/") + smoothings[s].first))));
            const std::string name = tokenisers[t].first;
            bleu_sums[name] += got;
            bleu_sums[name + "/kind:" + kind] += got;
            bleu_sums[name + "/lowercase"] += bleu(c, r, {.words = tokenisers[t].second, .lower = true});
        }
        const auto plain = chrf(c, r).value(), with_words = chrf(c, r, pp).value(), lower = chrf(c, r, low).value();
        CHECK(near(plain.score(), number(want->at("chrf"))));
        CHECK(near(with_words.score(pp), number(want->at("chrf++"))));
        CHECK(near(lower.score(low), number(want->at("chrf_lower"))));
        chrf_sum += plain, chrf_pp_sum += with_words, chrf_lower_sum += lower;
        const auto edits = [&](const char* name, const ter_params& how, ter_counts& sum) {
            const auto got = ter(c, r, how);
            CHECK(near(got.score(), number(want->at(name)[0])));
            CHECK(static_cast<double>(got.edits) == number(want->at(name)[1]));
            CHECK(got.reference == number(want->at(name)[2]));
            sum += got;
        };
        edits("ter", {}, ter_sum);
        edits("ter_normalized", {.normalised = true}, ter_normalised_sum);
        edits("ter_no_punct", {.punctuation = false}, ter_bare_sum);
    }
    for (const json_member m : *corpus->at("bleu").object()) {
        const std::string name(m.name);
        CAPTURE(name);
        bleu_params how;
        std::string of = name;
        for (const auto& smoothing : smoothings)
            if (name == std::string("13a/smooth:") + smoothing.first) how.smoothing = smoothing.second, of = "13a";
        REQUIRE(bleu_sums.count(of) == 1);
        if (how.smoothing != bleu_smoothing::add_k) same_counts(bleu_sums[of], m.value); // it adds k to its own counts
        CHECK(near(bleu_sums[of].score(how), number(m.value.at("score"))));
    }
    CHECK(near(chrf_sum.score(), number(corpus->at("chrf"))));
    CHECK(near(chrf_pp_sum.score(pp), number(corpus->at("chrf++"))));
    CHECK(near(chrf_lower_sum.score(low), number(corpus->at("chrf_lower"))));
    CHECK(near(ter_sum.score(), number(corpus->at("ter")[0])));
    CHECK(near(ter_normalised_sum.score(), number(corpus->at("ter_normalized")[0])));
    CHECK(near(ter_bare_sum.score(), number(corpus->at("ter_no_punct")[0])));
    const char* const names[] = {"rouge1", "rouge2", "rougeL", "rougeLsum"};
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(near(f1[0][k], number(corpus->at("rouge").at(names[k])[2])));
        CHECK(near(f1[1][k], number(corpus->at("rouge_stem").at(names[k])[2])));
    }
}

TEST_CASE("rouge: what ROUGE-1.5.5 prints of 120 texts") {
    NEEDS_SHARED(folder, "data/metrics/rouge");
    const auto candidates = lines_of(test::slurp(folder / "all_output.txt"));
    const auto references = lines_of(test::slurp(folder / "all_input.txt"));
    const auto printed =
        lines_of(test::slurp(std::filesystem::path(__FILE__).parent_path().parent_path() / "data" / "rouge_155.tsv"));
    const auto joined = [](const std::vector<std::string>& all, std::size_t from, std::size_t n) {
        std::string out;
        for (std::size_t i = from; i < from + n; ++i) out += all[i] + "\n";
        return out;
    };
    const auto digits = [](double x) { // as they are printed, times 100,000
        char out[16];
        std::snprintf(out, sizeof out, "%.5f", x);
        return static_cast<long>(std::lround(std::stod(out) * 1e5));
    };
    std::size_t text = 0, stems_differ = 0;
    for (const std::string& line : printed) {
        if (line.starts_with('#')) continue;
        std::vector<long> said;
        for (std::size_t at = 0; at < line.size(); at = std::min(line.find('\t', at), line.size() - 1) + 1)
            said.push_back(std::stol(line.substr(at)));
        REQUIRE(said.size() == 18);
        CAPTURE(text);
        const auto candidate = joined(candidates, 10 * text, 4), reference = joined(references, 100 * text, 6);
        for (const bool stem : {false, true}) {
            const auto         got     = rouge(candidate, reference, {.stem = stem}).value();
            const text_overlap parts[] = {got.one, got.two, got.lsum};
            for (std::size_t k = 0; k < 3; ++k) {
                const long* want = said.data() + (stem ? 9 : 0) + 3 * k;
                const long  r = digits(parts[k].recall()), p = digits(parts[k].precision());
                // Its F is that of R and P as they are printed.
                const double pr = static_cast<double>(p) / 1e5, re = static_cast<double>(r) / 1e5;
                const bool   same =
                    r == want[0] && p == want[1] && digits(r + p == 0 ? 0 : 2 * pr * re / (pr + re)) == want[2];
                if (stem) stems_differ += same ? 0u : 1u;
                else CHECK(same);
            }
        }
        ++text;
    }
    CHECK(text == 120);
    CHECK(stems_differ == 10); // of 360: it looks irregular words up in WordNet before it stems
}
