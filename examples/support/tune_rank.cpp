// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_rank.hpp"

#include "json_line.hpp"
#include "models.hpp"
#include "tune_data.hpp"
#include "tune_measures.hpp"

#include <graft/base/executor.hpp>
#include <graft/records/split_records.hpp>
#include <graft/records/worst_records.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/instruction_difficulty.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// What some texts are worth, and what they cost the untouched model.
struct text_worths {
    std::vector<record_worth>           worth;
    std::vector<instruction_difficulty> cost;
};
text_worths worths_of(const console& say, const decoder& model, const llama<float>& m,
                      std::span<const tuning_text> texts, std::span<const tuning_record> records, context& c) {
    // What the model reads where nobody has said anything, and it is its turn.
    const auto                 turn = say.need(model.prompt_tokens({}, c));
    std::vector<std::uint32_t> opening(turn.begin(), turn.end());
    if (opening.empty() && !model.ends().empty()) opening.push_back(model.ends()[0]);
    c.reset();
    text_worths        out{{}, say.need(instruction_difficulties(m, texts, opening, fit_lora_params{}.together, c))};
    const auto         same = say.need(find_duplicates(records, {}, c));
    const record_rules rules;
    for (std::size_t i = 0; i < records.size(); ++i)
        out.worth.push_back({rules.flaw(records[i]), same.cluster[i] != i, out.cost[i].ratio()});
    return out;
}
dropped_text told(const tuning_record& r, const record_worth& w, const instruction_difficulty& cost) {
    return {r.row, w.flaw ? std::string(name(*w.flaw)) : std::string(name(standing_of(w))), w.difficulty, cost.asked,
            cost.alone};
}
std::string sentence(const dropped_text& d) {
    char room[160];
    std::snprintf(room, sizeof room, "row %llu: %s, %.3f: a token costs %.2f with the question, %.2f without",
                  static_cast<unsigned long long>(d.row), d.why.c_str(), d.difficulty, d.asked, d.alone);
    return room;
}

} // namespace

double asked_drop(const arguments& args) {
    const double share = args.number<double>("drop-worst");
    args.require(share >= 0 && share < 1, "--drop-worst takes a number from 0 to below 1");
    return share;
}

void drop_worst(const arguments& args, const console& say, const decoder& model, const llama<float>& m,
                tuning_sides<tuning_text>& data) {
    const std::size_t fresh = data.train.size() - data.old;
    context           c{threads(args.threads())};
    const auto        texts   = std::span<const tuning_text>(data.train).first(fresh);
    const auto        records = std::span<const tuning_record>(data.train_records).first(fresh);
    const auto        all     = worths_of(say, model, m, texts, records, c);
    const auto        worst   = say.need(worst_share(all.worth, asked_drop(args)));
    for (const std::uint32_t i : worst) {
        data.dropped.push_back(told(records[i], all.worth[i], all.cost[i]));
        say.note("dropped: " + sentence(data.dropped.back()));
    }
    const std::set<std::uint32_t> gone(worst.begin(), worst.end());
    const auto                    keep = [&](auto& of) {
        std::remove_reference_t<decltype(of)> left;
        for (std::uint32_t i = 0; i < of.size(); ++i)
            if (!gone.contains(i)) left.push_back(std::move(of[i]));
        of = std::move(left);
    };
    keep(data.train), keep(data.train_records);
}

int rank_records(const arguments& args, const console& say) {
    args.require(args.words().size() == 1, "there is a word too many");
    args.require(args.has("base") && args.has("data"), "name --base and --data");
    const double      share = asked_drop(args);
    const std::size_t most  = args.number_in<std::size_t>("list", 0);
    const auto        how   = args.choice("weights", {"f32", "bf16", "i8", "blocks"});
    args.require(how == "f32" || how == "blocks", "--weights f32 or blocks with tune rank");
    const auto  path = model_path(args, say, "base");
    context     c{threads(args.threads())};
    const auto  model = say.need(load_decoder(posix_files{}, path, {.weights = {.as = weights_said(how)}}, c));
    const auto* m     = model.model().get_if<llama<float>>();
    if (m == nullptr) say.fail({fault::unsupported, unit::none, 0, path + ": losses of this architecture"});
    std::size_t refused = 0;
    const auto  text    = [&](const tuning_record& r, context& by) -> result<std::vector<tuning_text>> {
        if (r.given.empty()) return error{fault::absent, unit::none, 0, "question"}; // a document
        return record_texts(model, r, model.positions(), false, by);
    };
    const auto all = examples_of<tuning_text>(args, say, read_tuning_data(args, say), text, refused);
    if (all.all.empty()) say.fail({fault::no_input, unit::none, 0, args.text("data")});
    const auto worths = worths_of(say, model, *m, all.all, all.records, c);
    const auto rows   = say.need(worst_first(worths.worth));
    const auto gone   = say.need(worst_share(worths.worth, share)).size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto d = told(all.records[rows[i]], worths.worth[rows[i]], worths.cost[rows[i]]);
        if (args.json())
            print_line({{"event", "record"},
                        {"row", d.row},
                        {"id", all.records[rows[i]].id},
                        {"standing", std::string(name(standing_of(worths.worth[rows[i]])))},
                        {"why", d.why},
                        {"difficulty", d.difficulty},
                        {"asked", d.asked},
                        {"alone", d.alone},
                        {"dropped", i < gone}});
        else if (i < most) std::printf("%s\n", sentence(d).c_str());
    }
    if (!args.json()) std::printf("--drop-worst %g drops the first %zu of %zu\n", share, gone, rows.size());
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
