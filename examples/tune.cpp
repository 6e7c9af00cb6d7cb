// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Learns a query adapter from questions and the passages that answer them.
// needs: nlohmann-json3-dev

#include "support/embedders.hpp"

#include <graft/eval/trec.hpp>
#include <graft/tune/fit_query.hpp>

#include <filesystem>
#include <map>

using namespace graft;
using namespace tool;

namespace {

void tell(const arguments& args, const fit_event& e) {
    if (!args.json()) {
        std::printf("epoch %zu: loss %.4f, held-out nDCG@10 %.4f%s\n", e.epoch, e.loss, e.held_out_ndcg,
                    e.best ? " *" : "");
        return;
    }
    json_line j;
    j.open("{")
        .key("event")
        .text(e.epoch == 0 ? "eval" : "step")
        .key("epoch")
        .number(e.epoch)
        .key("loss")
        .number(e.loss);
    j.key("ndcg@10").number(e.held_out_ndcg).key("best").boolean(e.best).close("}").print();
}

template <class Embedder>
int tune(const arguments& args, const console& say, const Embedder& embed, const std::vector<record>& documents,
         const std::vector<record>& questions, const std::vector<trec_judgement>& qrels) {
    std::map<std::string, std::uint32_t> document_row, question_row;
    for (const record& r : documents) document_row.emplace(r.id, document_row.size());
    for (const record& r : questions) question_row.emplace(r.id, question_row.size());
    std::vector<query_pair> pairs;
    std::size_t             unknown = 0;
    for (const trec_judgement& j : qrels) {
        if (j.grade < 1) continue;
        const auto q = question_row.find(j.question), d = document_row.find(j.document);
        if (q == question_row.end() || d == document_row.end()) {
            say.report({fault::unknown_id, unit::none, 0, q == question_row.end() ? j.question : j.document});
            ++unknown;
        } else pairs.push_back({q->second, d->second});
    }
    const auto encoded = [&](const std::vector<record>& records, bool titles) {
        std::vector<text_view> texts;
        for (const record& r : records)
            texts.push_back({titles ? std::string_view(r.title) : std::string_view{}, r.text});
        matrix<float> rows(texts.size(), embed.dims());
        workspace     w;
        say.need(embed.encode(texts, rows.view(), w));
        return rows;
    };
    const auto passages = encoded(documents, true), vectors = encoded(questions, false);

    std::vector<std::uint64_t> groups;
    if (args.has("group")) {
        std::map<std::string, std::uint64_t> numbers;
        for (const record& r : questions)
            groups.push_back(numbers.emplace(r.metadata.value(args.text("group"), r.id), numbers.size()).first->second);
    }
    fit_query_params p{.update         = {.rank  = args.number<std::size_t>("rank"),
                                          .alpha = args.number<double>("alpha"),
                                          .seed  = args.seed()},
                       .optimiser      = {.rate = args.number<double>("lr")},
                       .epochs         = args.number<std::size_t>("epochs"),
                       .batch          = args.number<std::size_t>("batch"),
                       .hard_negatives = args.number<std::size_t>("hard-negatives"),
                       .hold_out       = args.number<double>("hold-out"),
                       .keep_best      = !args.has("keep-last"),
                       .seed           = args.seed()};
    if (args.json()) {
        json_line j;
        j.open("{")
            .key("event")
            .text("plan")
            .key("pairs")
            .number(pairs.size())
            .key("questions")
            .number(questions.size());
        j.key("passages")
            .number(documents.size())
            .key("dims")
            .number(embed.dims())
            .key("rank")
            .number(p.update.rank)
            .close("}")
            .print();
    } else
        std::printf("%zu pairs, %zu questions, %zu passages, %zu dims, rank %zu\n", pairs.size(), questions.size(),
                    documents.size(), embed.dims(), p.update.rank);
    stopwatch  clock;
    const auto fit =
        say.need(fit_query(judged_questions::make(vectors.view(), passages.view(), pairs, groups), embed.fingerprint(),
                           p, threads(args.threads()), [&](const fit_event& e) { tell(args, e); }));
    const double ms = clock.lap();
    say.need(save_file(posix_files{}, args.text("out"), fit.adapter, embed.fingerprint()));
    if (args.json()) {
        json_line j;
        j.open("{").key("event").text("saved").key("file").text(args.text("out")).close("}").print();
        j.open("{")
            .key("event")
            .text("end")
            .key("epoch")
            .number(fit.epoch)
            .key("base")
            .number(fit.base_ndcg)
            .key("ndcg@10")
            .number(fit.ndcg);
        j.key("train").number(fit.train).key("held_out").number(fit.held_out).key("skipped").number(fit.skipped);
        if (args.timing()) j.key("ms").number(ms);
        j.close("}").print();
    } else {
        std::printf("kept %s: held-out nDCG@10 %.4f, base %.4f (%zu questions trained, %zu held out)\n",
                    fit.epoch == 0 ? "the untouched base" : ("epoch " + std::to_string(fit.epoch)).c_str(), fit.ndcg,
                    fit.base_ndcg, fit.train, fit.held_out);
        if (args.timing()) std::printf("%.1f ms\n", ms);
    }
    return unknown > 0 ? exit_some_refused : exit_done;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "tune", "--task query --corpus FILE --queries FILE --qrels FILE --out FILE",
        "Learns a query adapter: documents are embedded once, questions are turned towards what answers them.",
        {{"task", "query", "query", "what is tuned"},
         {"corpus", "FILE", "", "JSON Lines: id, text, optional title"},
         {"queries", "FILE", "", "JSON Lines: id, text, optional metadata"},
         {"qrels", "FILE", "", "which document answers which question: TREC or BEIR"},
         {"model", "hashed|lsa", "lsa", "the embedder, fitted on the corpus"},
         {"dims", "N", "256", "of the embedder"},
         {"adapter", "FILE", "", "not used here"},
         {"rank", "N", "16", "of the update"},
         {"alpha", "X", "16", "the scale is alpha / rank"},
         {"lr", "X", "1e-3", "learning rate of AdamW"},
         {"batch", "N", "64", "pairs a step"},
         {"epochs", "N", "60", "at most"},
         {"hard-negatives", "N", "0", "passages a pair that the base ranks 10 to 50"},
         {"hold-out", "X", ".1", "share of the questions, or groups, that judge"},
         {"group", "KEY", "", "metadata of a question whose equals stay together"},
         {"keep-last", "", "", "keep the last epoch instead of the best held-out one"},
         {"out", "FILE", "", "the adapter"}});
    const console say(args);
    (void)args.choice("task", {"query"});
    args.require(args.has("corpus") && args.has("queries") && args.has("qrels") && args.has("out"),
                 "name --corpus, --queries, --qrels and --out");
    args.require(!args.has("adapter"), "--adapter has no meaning here");
    std::size_t refused   = 0;
    const auto  documents = say.need(read_records(args.text("corpus"), say, refused));
    const auto  questions = say.need(read_records(args.text("queries"), say, refused));
    const auto  text      = say.need(read_input(args.text("qrels")));
    const bool  beir      = text.substr(0, text.find('\n')).find("\tscore") != text.npos;
    const auto  qrels =
        say.need(beir ? read_beir_qrels(text, args.text("qrels")) : read_qrels(text, args.text("qrels")));
    const int code = with_embedder(args, say, as_chunks(documents), [&](const auto& embed) -> int {
        return tune(args, say, embed, documents, questions, qrels);
    });
    return refused > 0 && code == exit_done ? int{exit_some_refused} : code;
}
