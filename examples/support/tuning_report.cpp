// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tuning_report.hpp"

#include "json_line.hpp"
#include "loss_curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

template <class... Of>
std::string shown(const char* form, Of... of) {
    char room[256];
    std::snprintf(room, sizeof room, form, of...);
    return room;
}
double mean(const std::vector<double>& all) {
    double sum = 0;
    for (const double x : all) sum += x;
    return sum / static_cast<double>(std::max<std::size_t>(1, all.size()));
}
json as_json(const loss_change& l) {
    return {{"before", l.before},
            {"after", l.after},
            {"change", l.change.mean},
            {"low", l.change.low},
            {"high", l.change.high},
            {"p", l.change.p},
            {"perplexity_before", std::exp(l.before)},
            {"perplexity_after", std::exp(l.after)}};
}
json as_json(const score_change& s) {
    return {{"before", s.before},  {"after", s.after},      {"change", s.change.mean},
            {"low", s.change.low}, {"high", s.change.high}, {"p", s.change.p}};
}
json as_json(const tuning_report& r, bool timing) {
    const auto advice = r.advice();
    json       all{{"advice", name(advice)},     {"sentence", explain(advice)},
                   {"parameters", r.parameters}, {"examples", r.examples},
                   {"steps", r.steps},           {"kept", r.kept},
                   {"train_loss", r.train_loss}};
    for (const measured_set& s : r.sets) {
        json of     = as_json(s.loss);
        of["texts"] = s.texts;
        of["from"]  = s.from;
        all[s.name] = std::move(of);
    }
    if (!r.canaries.empty())
        all["canaries"] = {{"exposure", r.canaries}, {"exposure_before", r.canaries_before}, {"most", r.canary_bits}};
    for (const scored_answers& s : r.answers.scores) all["scores"][s.by] = as_json(s.score);
    for (const answered_record& a : r.answers.answers)
        all["answers"].push_back({{"id", a.id}, {"expected", a.expected}, {"before", a.before}, {"after", a.after}});
    json cost{{"pass_bytes", r.cost.pass_bytes}};
    if (r.estimate)
        cost["estimated"] = {{"state_bytes", r.estimate->state_bytes},
                             {"pass_bytes", r.estimate->pass_bytes},
                             {"rows", r.estimate->rows}};
    if (timing) {
        cost["seconds"] = r.cost.seconds, cost["process_bytes"] = r.cost.process;
        if (r.estimate)
            cost["estimated"]["seconds"] = r.estimate->seconds, cost["estimated"]["process_bytes"] = r.process_estimate;
    }
    all["cost"] = std::move(cost);
    if (!r.dropped.empty()) {
        all["dropped"] = json::array();
        for (const dropped_text& d : r.dropped)
            all["dropped"].push_back(
                {{"row", d.row}, {"why", d.why}, {"difficulty", d.difficulty}, {"asked", d.asked}, {"alone", d.alone}});
    }
    all["curve"] = json::array();
    for (const tuning_step& s : r.curve)
        all["curve"].push_back({{"step", s.step}, {"loss", s.loss}, {"norm", s.norm}, {"rate", s.rate}});
    all["looks"] = json::array();
    for (const tuning_look& l : r.looks) all["looks"].push_back({{"step", l.step}, {"loss", l.loss}, {"best", l.best}});
    return all;
}
std::string named(const measured_set& s) {
    return s.name == "held_out" ? "held out" : s.name == "keep" ? "to be kept" : "in another form";
}
std::string as_markdown(const tuning_report& r, bool timing) {
    std::string md = "# What was tuned\n\n" + std::string(explain(r.advice())) + "\n\n![Loss by step](curve.svg)\n\n";
    md += shown("%zu numbers learned from %zu texts in %zu steps; ", r.parameters, r.examples, r.steps);
    md += r.base ? "the untouched base was kept.\n\n" : shown("step %zu was kept.\n\n", r.kept);
    if (!r.sets.empty()) {
        md += "| texts | | loss before | after | change | 95 % | perplexity before | after |\n"
              "|---|---|---|---|---|---|---|---|\n";
        for (const measured_set& s : r.sets)
            md += "| " + named(s) + " | " + s.from +
                  shown(" | %.4f | %.4f | %+.4f | %+.4f to %+.4f | %.2f | %.2f |\n", s.loss.before, s.loss.after,
                        s.loss.change.mean, s.loss.change.low, s.loss.change.high, std::exp(s.loss.before),
                        std::exp(s.loss.after));
        md += "\nLosses are means over tokens, in nats. The interval is a bootstrap over texts, both sides of a text "
              "together.\n";
    }
    if (!r.answers.scores.empty()) {
        md += shown("\nWhat it answers to %zu of those held out, the likeliest token at a time:\n\n"
                    "| score | before | after | change | 95 % |\n|---|---|---|---|---|\n",
                    r.answers.answers.size());
        for (const scored_answers& s : r.answers.scores)
            md += "| " + s.by +
                  shown(" | %.4f | %.4f | %+.4f | %+.4f to %+.4f |\n", s.score.before, s.score.after,
                        s.score.change.mean, s.score.change.low, s.score.change.high);
    }
    if (!r.dropped.empty()) {
        md +=
            shown("\n%zu of the texts to learn from were dropped before, as the worst by what the untouched model says "
                  "of them.\n\n",
                  r.dropped.size());
        md += "| row | why | difficulty | loss of a token with the question | without |\n|---|---|---|---|---|\n";
        for (const dropped_text& d : r.dropped)
            md += shown("| %llu | %s | %.3f | %.4f | %.4f |\n", static_cast<unsigned long long>(d.row), d.why.c_str(),
                        d.difficulty, d.asked, d.alone);
    }
    if (!r.canaries.empty())
        md += shown("\n%zu canaries, each shown once an epoch: exposure %.2f bits on average, %.2f at most, of %.2f "
                    "that can be told; before %.2f. Those that were not learned have 1.44 on average.\n",
                    r.canaries.size(), mean(r.canaries), *std::ranges::max_element(r.canaries), r.canary_bits,
                    mean(r.canaries_before));
    const auto mb = [](std::size_t bytes) { return 1e-6 * static_cast<double>(bytes); };
    if (r.estimate) {
        md += "\n| | estimated | was |\n|---|---|---|\n";
        md += shown("| memory of a step, MB | %.1f | %.1f |\n", mb(r.estimate->pass_bytes), mb(r.cost.pass_bytes));
        if (timing) {
            if (r.process_estimate > 0)
                md +=
                    shown("| memory of the process, MB | %.0f | %.0f |\n", mb(r.process_estimate), mb(r.cost.process));
            if (r.cost.whole) md += shown("| seconds | %.1f | %.1f |\n", r.estimate->seconds, r.cost.seconds);
        }
    }
    return md;
}

} // namespace

const measured_set* tuning_report::find(std::string_view name) const {
    const auto at = std::find_if(sets.begin(), sets.end(), [&](const measured_set& s) { return s.name == name; });
    return at == sets.end() ? nullptr : &*at;
}
tuning_advice tuning_report::advice() const {
    const auto loss_of = [&](std::string_view of) {
        const auto* set = find(of);
        return set != nullptr ? std::optional(set->loss) : std::nullopt;
    };
    const bool twice = looks.size() > 1;
    return advise({.held_out    = loss_of("held_out"),
                   .keep        = loss_of("keep"),
                   .base        = base,
                   .kept        = kept,
                   .steps       = steps,
                   .last        = twice ? looks.back().loss : 0,
                   .before_last = twice ? looks[looks.size() - 2].loss : 0});
}

void tell_report(const arguments& args, const console& say, const std::string& folder, const tuning_report& r) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored); // where nothing else was worth writing
    write_text(say, folder + "/curve.svg", loss_curve(r.curve, r.looks, r.kept));
    write_text(say, folder + "/report.md", as_markdown(r, args.timing()));
    write_text(say, folder + "/report.json", as_json(r, args.timing()).dump(1) + "\n");
    if (!args.json()) {
        for (const measured_set& s : r.sets)
            std::printf("%s, %s: loss %.4f, base %.4f, change %+.4f (95 %%: %+.4f to %+.4f)\n", named(s).c_str(),
                        s.from.c_str(), s.loss.after, s.loss.before, s.loss.change.mean, s.loss.change.low,
                        s.loss.change.high);
        for (const scored_answers& s : r.answers.scores)
            std::printf("%s, %zu texts: %.4f, base %.4f, change %+.4f (95 %%: %+.4f to %+.4f)\n", s.by.c_str(),
                        r.answers.answers.size(), s.score.after, s.score.before, s.score.change.mean,
                        s.score.change.low, s.score.change.high);
        if (!r.canaries.empty())
            std::printf("%zu canaries: exposure %.2f bits of %.2f, before %.2f\n", r.canaries.size(), mean(r.canaries),
                        r.canary_bits, mean(r.canaries_before));
        std::printf("%s\n", std::string(explain(r.advice())).c_str());
    }
    if (r.estimate && r.cost.whole) {
        std::string line = shown("estimated %.0f s, took %.0f s", r.estimate->seconds, r.cost.seconds);
        if (r.process_estimate > 0)
            line += shown("; estimated %.2f GB, took %.2f GB", 1e-9 * static_cast<double>(r.process_estimate),
                          1e-9 * static_cast<double>(r.cost.process));
        say.note(line);
    }
}

} // namespace tool
