// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_scores.hpp"

#include "conversation.hpp"
#include "tuning.hpp"

#include <graft/eval/answer_match.hpp>
#include <graft/generate/json_schema.hpp>
#include <graft/generate/pattern.hpp>
#include <graft/json/json.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <memory>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// The turns of a record but a system's, the last of which is its question.
conversation without_system(const tuning_record& r) {
    conversation turns;
    for (const record_turn& t : r.given)
        if (t.from != speaker::system) turns.say(t.from, t.text);
    return turns;
}
query asked_by(const conversation& turns) {
    query q   = turns.last();
    q.history = turns.turns().first(turns.turns().size() - 1);
    return q;
}

} // namespace

answer_scorer::answer_scorer(const arguments& args, const console& say, bool rewriter)
    : most_(args.number_in<std::size_t>("score-texts", 1)), rewriter_(rewriter) {
    const bool asked = args.has("score") || args.has("pattern") || args.has("schema");
    args.require(asked || rewriter || !args.has("score-texts"), "--score-texts has no meaning without --score");
    const auto match = [](auto how) {
        return
            [how](const tuning_record& r, std::string_view given) { return static_cast<double>(how(given, r.answer)); };
    };
    auto names = listed(args.text("score"));
    if (rewriter && !asked) names = {"exact", "f1", "unchanged"};
    for (const std::string& name : names) {
        if (name == "exact") by_.emplace_back(name, match(exact_match));
        else if (name == "f1") by_.emplace_back(name, match(token_f1));
        else if (name == "contains") by_.emplace_back(name, match(says_answer));
        else if (name == "json")
            by_.emplace_back(name,
                             [](const tuning_record&, std::string_view given) { return parse_json(given) ? 1. : 0.; });
        else if (name == "unchanged" && rewriter)
            by_.emplace_back(name, [](const tuning_record& r, std::string_view given) {
                return r.given.back().text == given ? 1. : 0.;
            });
        else args.require(false, "--score takes exact, f1, contains and json, with a comma between, not " + name);
    }
    const auto held_to = [&](const char* name, automaton language) {
        by_.emplace_back(name,
                         [all = std::make_shared<const automaton>(std::move(language))](
                             const tuning_record&, std::string_view given) { return all->matches(given) ? 1. : 0.; });
    };
    if (args.has("pattern")) {
        auto made = pattern(args.text("pattern"));
        args.require(made.has_value(), "--pattern: " + (made ? std::string() : describe(made.error())));
        held_to("pattern", std::move(*made));
    }
    if (args.has("schema")) {
        const auto file = say.need(load_json(posix_files{}, args.text("schema")));
        held_to("schema", say.need(json_schema(file.root())));
    }
}

std::vector<std::string> answer_scorer::answers(const console& say, const decoder& model,
                                                std::span<const tuning_record> to, context& c) const {
    std::vector<conversation> turns;
    std::vector<prompt>       prompts;
    std::vector<query>        queries;
    completion_options        with;
    with.max_tokens = 32, with.repeats = 3;
    for (const tuning_record& r : to) { // what is twice as long as what was to be said is wrong already
        with.max_tokens = std::max(with.max_tokens, 2 * model.count(r.answer));
        if (rewriter_) turns.push_back(without_system(r));
        else {
            auto& all = turns.emplace_back();
            for (const record_turn& t : r.given) all.say(t.from, t.text);
        }
    }
    for (const conversation& all : turns)
        if (rewriter_) queries.push_back(asked_by(all));
        else prompts.push_back({.messages = all.turns()});
    std::vector<std::string> out;
    const auto               take = [&](const auto& all, const auto& text_of) {
        for (const auto& one : all) {
            if (!one) say.report(one.error());
            out.emplace_back(one ? text_of(*one) : std::string_view());
        }
    };
    if (rewriter_) take(rewrite(model).run_each(queries, c), [](const query& q) { return q.text; });
    else
        take(model.complete_each(std::span<const prompt>(prompts), with, c),
             [](const completion& made) { return made.text; });
    return out;
}

answer_scores answer_scorer::scores(const console& say, std::span<const tuning_record> of,
                                    std::vector<std::string> before, std::vector<std::string> after, context& c) const {
    answer_scores out;
    for (const auto& [name, score] : by_) {
        std::vector<double> was, is;
        for (std::size_t i = 0; i < of.size(); ++i)
            was.push_back(score(of[i], before[i])), is.push_back(score(of[i], after[i]));
        out.scores.push_back({name, say.need(score_change::of(was, is, {}, c))});
    }
    for (std::size_t i = 0; i < of.size(); ++i)
        out.answers.push_back({of[i].id, of[i].answer, std::move(before[i]), std::move(after[i])});
    return out;
}

} // namespace tool
