// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Evaluates a TREC run against judgements, as trec_eval does.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/console.hpp"
#include "support/json_line.hpp"
#include "support/judgements.hpp"

#include <graft/eval/trec_report.hpp>

#include <algorithm>

using namespace graft;
using namespace tool;

namespace {

/// The names in "a,b,c".
std::vector<std::string> listed(const std::string& names) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at <= names.size();) {
        const std::size_t end = std::min(names.find(',', at), names.size());
        all.push_back(names.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

bool has_row(const trec_report& report, const std::string& measure) {
    return std::any_of(report.rows.begin(), report.rows.end(), [&](const auto& row) { return row.measure == measure; });
}

void print(const arguments& args, const trec_row& row) {
    if (!args.json()) {
        std::printf("%-22s\t%s\t%s\n", row.measure.c_str(), printable(row.question).c_str(),
                    printable(row.text).c_str());
        return;
    }
    const bool words = row.measure == "runid" || row.measure == "relstring";
    print_line(
        {{"metric", row.measure}, {"question", row.question}, {"value", words ? json(row.text) : json(row.value)}});
}

int evaluate_ranking(const arguments& args) {
    const console say(args);
    args.require(args.words().size() == 1 && args.words()[0] == "ranking", "say what to evaluate: ranking");
    args.require(args.has("qrels") && args.has("run"), "name --qrels and --run");
    args.require_one_stdin({args.text("qrels"), args.text("run")});
    const trec_options how{
        .complete = args.has("complete"), .each = args.has("each"), .level = args.number<int>("level")};
    const auto wanted = listed(args.text("metrics"));
    const bool all    = wanted.size() == 1 && wanted[0] == "all";
    const auto known  = evaluate({"", {{"q", "d", 1}}}, std::vector<trec_judgement>{{"q", "d", 1}}, how);
    for (const std::string& name : wanted)
        args.require(all || has_row(known, name), "--metrics: no measure is called \"" + name + "\"");

    const auto qrels = say.need(read_judgements(args.text("qrels")));
    const auto run   = say.need(read_run(say.need(read_text_input(args.text("run"))), args.text("run")));
    if (run.hits.empty()) say.fail({fault::no_input, unit::none, 0, args.text("run")});
    for (const trec_row& row : evaluate(run, qrels, how).rows)
        if (all || std::find(wanted.begin(), wanted.end(), row.measure) != wanted.end()) print(args, row);
    return exit_done;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv, "evaluate", "ranking --qrels FILE --run FILE",
                         "Evaluates a run, as trec_eval does.",
                         {{"qrels", "FILE", "", "TREC (four columns) or BEIR (header line, three columns)"},
                          {"run", "FILE", "", "a TREC run"},
                          {"metrics", "NAME,…", "map,recip_rank,P_10,recall_10,recall_100,ndcg_cut_10,bpref",
                           "names of trec_eval, or all"},
                          {"level", "N", "1", "the grade from which on something is relevant"},
                          {"complete", "", "", "questions that the run leaves out count 0"},
                          {"each", "", "", "a line for each question too"}});
    return guarded(args, [&] { return evaluate_ranking(args); });
}
