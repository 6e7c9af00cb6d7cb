// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_coverage.hpp"

#include "embedders.hpp"
#include "json_line.hpp"
#include "records.hpp"
#include "tune_data.hpp"

#include <graft/base/executor.hpp>
#include <graft/embed/unrelated_cosine.hpp>
#include <graft/eval/coverage.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// Questions, one a line: a text, or a record as JSON.
std::vector<record> read_questions(const console& say, const std::string& file, std::size_t& refused) {
    auto                in = say.need(input::open(file));
    std::vector<record> all;
    for (std::string line; say.need(in.line(line));) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.find_first_not_of(" \t") == line.npos) continue;
        record r;
        if (line.starts_with('{')) {
            auto read = parse_record(line);
            if (!read || read->text.find_first_not_of(" \t\r\n") == std::string::npos) {
                say.report(in.here(fault::bad_format)), ++refused;
                continue;
            }
            r = std::move(*read);
        } else if (unicode::first_invalid(line) != line.npos) {
            say.report(in.here(fault::bad_utf8)), ++refused;
            continue;
        } else r.text = line;
        r.line = in.lines();
        if (r.id.empty()) r.id = std::to_string(r.line);
        all.push_back(std::move(r));
    }
    return all;
}

/// A text on one line, and not all of a long one.
std::string short_text(std::string_view text) {
    constexpr std::size_t most = 72;
    std::string           out(text.substr(0, unicode::boundary_before(text, most)));
    std::ranges::replace(out, '\n', ' ');
    return "\"" + printable(out) + (out.size() < text.size() ? "…\"" : "\"");
}

} // namespace

int tell_coverage(const arguments& args, const console& say) {
    args.require(args.words().size() == 1, "there is a word too many");
    args.require(args.has("data") && args.has("questions"), "name --data and --questions");
    args.require_one_stdin({args.text("data"), args.text("questions")});
    const embedder_flags flags(args, say);
    const auto           listed_most = args.number_in<std::size_t>("list", 0);
    if (args.has("near")) (void)args.number_in<double>("near", -1, 1);
    auto       data      = read_tuning_data(args, say);
    auto       refused   = data.refused;
    const auto questions = read_questions(say, args.text("questions"), refused);
    if (questions.empty()) say.fail({fault::no_input, unit::none, 0, args.text("questions")});

    // What an example asks is its last turn.
    std::vector<record> examples;
    for (const tuning_record& r : data.records) {
        if (r.given.empty()) { // a document
            say.report({fault::absent, unit::line, r.row, args.text("data") + ": question"});
            ++refused;
            continue;
        }
        examples.emplace_back();
        examples.back().id   = r.id;
        examples.back().text = r.given.back().text;
        examples.back().line = r.row;
    }
    std::vector<record> both = examples;
    both.insert(both.end(), questions.begin(), questions.end());
    const auto embed = ready_embedder(args, say, flags, as_chunks(both));
    context    c{threads(args.threads())};
    const auto encoded = [&](const std::vector<record>& of) {
        std::vector<text_view> texts;
        for (const record& r : of) texts.push_back({{}, r.text});
        matrix<float> rows(texts.size(), embed.dims());
        say.need(embed.encode_query(texts, rows.view(), c));
        return rows;
    };
    const auto   rows = encoded(examples), asked = encoded(questions);
    const double unrelated = args.has("near") ? 0 : say.need(unrelated_cosine(embed, c));
    // Half of the way from what texts without anything in common have to what equal ones have.
    const double near = args.has("near") ? args.number<double>("near") : (1 + std::max(unrelated, 0.)) / 2;
    const auto   told = say.need(coverage_of(rows.view(), asked.view(), {near}, c));

    const auto nearest = [&](std::uint32_t q) {
        const nearest_row& n = told.of_questions[q];
        return n.row == nearest_row::none ? nullptr : &examples[n.row];
    };
    if (args.json()) {
        for (std::uint32_t q = 0; q < questions.size(); ++q) {
            json line{{"event", "question"}, {"id", questions[q].id}, {"covered", false}};
            if (const record* e = nearest(q)) {
                line["covered"] = told.of_questions[q].cosine >= near;
                line["nearest"] = e->id, line["cosine"] = told.of_questions[q].cosine;
            }
            print_line(line);
        }
        for (const coverage_gap& g : told.gaps) {
            json all = json::array();
            for (const std::uint32_t q : g.questions) all.push_back(questions[q].id);
            print_line({{"event", "gap"}, {"centre", questions[g.centre].id}, {"questions", std::move(all)}});
        }
        print_line({{"event", "coverage"},
                    {"examples", examples.size()},
                    {"questions", questions.size()},
                    {"near", near},
                    {"covered", told.covered},
                    {"share", told.share()},
                    {"redundancy", told.redundancy()},
                    {"used", told.used}});
        return refused > 0 ? exit_some_refused : exit_done;
    }
    std::printf("%zu of %zu questions have an example near them, a cosine of %.2f or more: %.1f %%\n", told.covered,
                questions.size(), near, 100 * told.share());
    std::printf(
        "%zu examples, of which %zu are nearest to any of those; their mean cosine to the nearest other is %.2f\n",
        examples.size(), told.used, told.redundancy());
    if (!told.gaps.empty())
        std::printf("without an example, in %zu groups; one that is like the question covers all of its group:\n",
                    told.gaps.size());
    for (std::size_t g = 0; g < std::min(listed_most, told.gaps.size()); ++g)
        std::printf("%4zu like %s\n", told.gaps[g].questions.size(),
                    short_text(questions[told.gaps[g].centre].text).c_str());
    if (told.covered < questions.size() && listed_most > 0) std::printf("least covered:\n");
    const auto least = told.least_covered();
    for (std::size_t i = 0; i < std::min(listed_most, questions.size() - told.covered); ++i) {
        const record* e = nearest(least[i]);
        std::printf("%5.2f %s%s%s\n", e != nullptr ? told.of_questions[least[i]].cosine : 0.,
                    short_text(questions[least[i]].text).c_str(), e != nullptr ? ", nearest " : "",
                    e != nullptr ? short_text(e->text).c_str() : "");
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
