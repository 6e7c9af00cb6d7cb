// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Evaluates a TREC run against judgements, as trec_eval does.
// needs: nlohmann-json3-dev

#include "support/console.hpp"
#include "support/records.hpp"

#include <graft/eval/trec.hpp>
#include <graft/eval/trec_report.hpp>

#include <algorithm>

using namespace graft;
using namespace tool;

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
    const console   say(args);
    args.require(args.words().size() == 1 && args.words()[0] == "ranking", "say what to evaluate: ranking");
    args.require(args.has("qrels") && args.has("run"), "name --qrels and --run");
    const auto qrels_text = say.need(read_input(args.text("qrels"))), run_text = say.need(read_input(args.text("run")));
    const bool beir = qrels_text.substr(0, qrels_text.find('\n')).find("\tscore") != qrels_text.npos;
    const auto qrels =
        say.need(beir ? read_beir_qrels(qrels_text, args.text("qrels")) : read_qrels(qrels_text, args.text("qrels")));
    const auto run    = say.need(read_run(run_text, args.text("run")));
    const auto report = evaluate(
        run, qrels, {.complete = args.has("complete"), .each = args.has("each"), .level = args.number<int>("level")});

    const std::string wanted = "," + args.text("metrics") + ",";
    const bool        all    = wanted == ",all,";
    for (const trec_row& row : report.rows) {
        if (!all && wanted.find("," + row.measure + ",") == wanted.npos) continue;
        if (args.json()) {
            json_line j;
            j.open("{")
                .key("metric")
                .text(row.measure)
                .key("question")
                .text(row.question)
                .key("value")
                .text(row.text)
                .close("}")
                .print();
        } else std::printf("%-22s\t%s\t%s\n", row.measure.c_str(), row.question.c_str(), row.text.c_str());
    }
    return exit_done;
}
