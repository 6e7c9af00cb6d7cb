// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Learns adapters: of questions, of a sentence encoder, of a reranker, of a classifier, of a language model, of a rewriter.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/embedders.hpp"
#include "support/json_line.hpp"
#include "support/judgements.hpp"
#include "support/tune_classifier.hpp"
#include "support/tune_coverage.hpp"
#include "support/tune_data.hpp"
#include "support/tune_encoder.hpp"
#include "support/tune_export.hpp"
#include "support/tune_lm.hpp"
#include "support/tune_merge.hpp"
#include "support/tune_rank.hpp"
#include "support/tune_reranker.hpp"

#include <graft/tune/fit_query_adapter.hpp>

#include <limits>
#include <map>
#include <utility>

using namespace graft;
using namespace tool;

namespace {

/// A measure on the held-out questions, for people; graft gives -1 where none are held out.
std::string shown(double ndcg) {
    char room[32];
    std::snprintf(room, sizeof room, "%.4f", ndcg);
    return ndcg < 0 ? "unknown" : room;
}
double or_null(double ndcg) { return ndcg < 0 ? std::numeric_limits<double>::quiet_NaN() : ndcg; }

void tell(const arguments& args, const fit_event& e) {
    if (!args.json()) {
        std::printf("epoch %zu: loss %.4f, held-out nDCG@10 %s%s\n", e.epoch, e.loss, shown(e.held_out_ndcg).c_str(),
                    e.best ? " *" : "");
        return;
    }
    print_line({{"event", e.epoch == 0 ? "eval" : "step"},
                {"epoch", e.epoch},
                {"loss", e.loss},
                {"ndcg@10", or_null(e.held_out_ndcg)},
                {"best", e.best}});
}

/// The flags of the training, read before any work.
fit_query_adapter_params flags_of(const arguments& args) {
    const auto alpha = args.number<double>("alpha"), hold_out = args.number<double>("hold-out");
    args.require(is_finite(alpha) && alpha > 0, "--alpha takes a number above 0");
    args.require(hold_out >= 0 && hold_out < 1, "--hold-out takes a number from 0 to below 1");
    args.require(hold_out > 0 || args.has("keep-last"),
                 "--hold-out 0 leaves no question to choose the best epoch by: --keep-last keeps the last");
    return {.update         = {.rank = args.number_in<std::size_t>("rank", 1), .alpha = alpha, .seed = args.seed()},
            .optimiser      = {.rate = args.number_in<double>("lr", 0)},
            .epochs         = args.number_in<std::size_t>("epochs", 1),
            .batch          = args.number_in<std::size_t>("batch", 2),
            .hard_negatives = args.number<std::size_t>("hard-negatives"),
            .hold_out       = hold_out,
            .keep_best      = !args.has("keep-last"),
            .seed           = args.seed()};
}

/// Questions whose metadata hold the same are one group, one without the key is a group of its own.
std::vector<std::uint64_t> groups_of(const std::vector<record>& questions, const std::string& key) {
    std::map<std::pair<bool, std::string>, std::uint64_t> numbers;
    std::vector<std::uint64_t>                            groups;
    for (const record& r : questions) {
        const auto at = r.metadata.find(key);
        const bool in = at != r.metadata.end() && !at->is_null();
        groups.push_back(numbers.emplace(std::pair(in, in ? at->dump() : r.id), numbers.size()).first->second);
    }
    return groups;
}

int tune(const arguments& args, const console& say, const any_embedder& embed, const std::vector<record>& documents,
         const std::vector<record>& questions, const std::vector<trec_judgement>& qrels,
         const fit_query_adapter_params& p) {
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
        context       w{threads(args.threads())};
        say.need(titles ? embed.encode(texts, rows.view(), w) : embed.encode_query(texts, rows.view(), w));
        return rows;
    };
    const auto passages = encoded(documents, true), vectors = encoded(questions, false);

    std::vector<std::uint64_t> groups;
    if (args.has("group")) groups = groups_of(questions, args.text("group"));
    if (args.json())
        print_line({{"event", "plan"},
                    {"pairs", pairs.size()},
                    {"questions", questions.size()},
                    {"passages", documents.size()},
                    {"dims", embed.dims()},
                    {"rank", p.update.rank}});
    else
        std::printf("%zu pairs, %zu questions, %zu passages, %zu dims, rank %zu\n", pairs.size(), questions.size(),
                    documents.size(), embed.dims(), p.update.rank);
    auto watch = [&](const fit_event& e) {
        args.require(e.held_out_ndcg >= 0 || !p.keep_best, "too few questions, or groups, to hold one out and choose "
                                                           "the best epoch by it: --keep-last keeps the last");
        tell(args, e);
    };
    stopwatch  clock;
    const auto judged = training_pairs::make(vectors.view(), passages.view(), pairs, groups);
    context    c{threads(args.threads())};
    c.listener       = listen_to<fit_event>(watch);
    const auto   fit = say.need(fit_query_adapter(judged, embed.fingerprint(), p, c));
    const double ms  = clock.lap();
    say.need(save_file(posix_files{}, args.text("out"), fit.adapter, embed.fingerprint()));
    if (args.json()) {
        print_line({{"event", "saved"}, {"file", args.text("out")}});
        json end{{"event", "end"},
                 {"epoch", fit.epoch},
                 {"base", or_null(fit.base_ndcg)},
                 {"ndcg@10", or_null(fit.ndcg)},
                 {"train", fit.train},
                 {"held_out", fit.held_out},
                 {"skipped", fit.skipped}};
        if (args.timing()) end["ms"] = ms;
        print_line(end);
    } else {
        std::printf("kept %s: held-out nDCG@10 %s, base %s (%zu questions trained, %zu held out)\n",
                    fit.epoch == 0 ? "the untouched base" : ("epoch " + std::to_string(fit.epoch)).c_str(),
                    shown(fit.ndcg).c_str(), shown(fit.base_ndcg).c_str(), fit.train, fit.held_out);
        if (args.timing()) std::printf("%.1f ms\n", ms);
    }
    return unknown > 0 ? exit_some_refused : exit_done;
}

/// Flags that not all take, and who does: tasks, and words that stand in their place.
constexpr std::pair<std::string_view, std::string_view> meant_for[] = {
    {"base", "encoder reranker classifier lm rewriter curve merge classify rank"},
    {"data", "classifier lm rewriter curve check classify export coverage rank"},
    {"scrub", "lm rewriter curve export"},
    {"unscrubbed", "export"},
    {"repeats", "export"},
    {"system", "export"},
    {"price", "export"},
    {"host", "export"},
    {"rules", "lm rewriter curve export"},
    {"rehearse", "lm rewriter"},
    {"rehearse-share", "lm rewriter"},
    {"keep", "lm rewriter"},
    {"ood", "lm rewriter"},
    {"canaries", "lm rewriter"},
    {"dry-run", "lm rewriter"},
    {"score", "lm rewriter"},
    {"score-texts", "lm rewriter"},
    {"pattern", "lm rewriter"},
    {"schema", "lm rewriter"},
    {"record", "lineage"},
    {"method", "classifier lm rewriter curve"},
    {"loss", "lm"},
    {"beta", "lm"},
    {"prompt-tokens", "lm rewriter curve"},
    {"prompt-text", "lm rewriter curve"},
    {"targets", "encoder reranker classifier lm rewriter curve"},
    {"dropout", "lm rewriter curve"},
    {"dora", "lm rewriter curve"},
    {"checkpoint-activations", "lm rewriter curve"},
    {"checkpoint", "encoder reranker classifier lm rewriter"},
    {"save-each", "encoder reranker classifier lm rewriter"},
    {"adapter", "merge classify"},
    {"how", "merge"},
    {"density", "merge"},
    {"into", "merge"},
    {"store", "merge lm rewriter"},
    {"corpus", "query encoder reranker"},
    {"queries", "query encoder reranker"},
    {"qrels", "query encoder reranker"},
    {"questions", "coverage"},
    {"near", "coverage"},
    {"list", "coverage rank"},
    {"drop-worst", "lm rewriter curve rank"},
    {"model", "query export coverage"},
    {"dims", "query coverage"},
    {"weights", "query encoder lm rewriter curve coverage rank"},
    {"rank", "query encoder reranker classifier lm rewriter curve merge"},
    {"alpha", "query encoder reranker classifier lm rewriter curve"},
    {"lr", "query encoder reranker classifier lm rewriter curve"},
    {"decay", "encoder reranker classifier lm rewriter curve"},
    {"batch", "query encoder reranker classifier lm rewriter curve"},
    {"epochs", "query encoder reranker classifier lm rewriter curve export"},
    {"hard-negatives", "query encoder reranker"},
    {"hold-out", "query encoder reranker classifier lm rewriter curve export"},
    {"group", "query"},
    {"questions-alone", "encoder"},
    {"rerank-k", "reranker"},
    {"max-tokens", "reranker lm curve"},
    {"keep-last", "query encoder reranker classifier lm rewriter"},
    {"out", "query encoder reranker classifier lm rewriter merge export"},
};
/// The word in place of a task, or the task.
std::string asked_for(const arguments& args) {
    constexpr std::string_view words[] = {"curve",    "merge",  "check",    "lineage",
                                          "classify", "export", "coverage", "rank"};
    if (!args.words().empty() && std::find(std::begin(words), std::end(words), args.words()[0]) != std::end(words))
        return args.words()[0];
    return args.choice("task", {"query", "encoder", "reranker", "classifier", "lm", "rewriter"});
}
void require_meant(const arguments& args, const std::string& asked) {
    const bool word = !args.words().empty() && args.words()[0] == asked;
    args.require(!word || !args.has("task"), "--task has no meaning with tune " + asked);
    for (const auto& [flag, by] : meant_for)
        args.require(!args.has(std::string(flag)) ||
                         (" " + std::string(by) + " ").find(" " + asked + " ") != std::string::npos,
                     "--" + std::string(flag) + " has no meaning with " + (word ? "tune " : "--task ") + asked);
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "tune",
        "--task query --corpus FILE --queries FILE --qrels FILE --out FILE\n       tune --task encoder --base DIR "
        "--corpus FILE --queries FILE --qrels FILE --out DIR\n       tune --task reranker --base DIR --corpus FILE "
        "--queries FILE --qrels FILE --out DIR\n       tune --task classifier --base DIR --data FILE --out DIR\n       "
        "tune "
        "--task lm|rewriter --base DIR|FILE --data FILE --out DIR\n       tune curve --base DIR|FILE --data FILE\n     "
        "  tune "
        "merge --base DIR|FILE --adapter DIR[:WEIGHT],… "
        "--out DIR|FILE\n       tune "
        "check --data FILE\n       tune export --data FILE --out FILE.jsonl\n       tune coverage --data FILE "
        "--questions FILE\n       tune lineage --record FILE|HASH "
        "DIR…\n       tune classify --base DIR --adapter DIR "
        "--data FILE",
        "Learns a query adapter (documents are embedded once, questions are turned towards what answers them), or a "
        "LoRA adapter of a sentence encoder, of a cross-encoder or of a language model, a prefix or soft prompt of "
        "that, or a classifier of texts. `merge` makes "
        "several of those into one, into another format, or into the "
        "weights; `check` says what data hold that should not be learned, `export` writes them as hosts "
        "that tune take them, with tokens and price, `coverage` which questions of users have no example, `rank` which "
        "records are worth the least, `lineage` "
        "which adapters saw a record, "
        "`classify` which label a text has, and `curve`, with the flags of lm, whether more data would help.",
        {{"task", "query|encoder|reranker|classifier|lm|rewriter", "query",
          "what is tuned: questions of a search, the encoder itself, what reads its hits again, what labels texts, a "
          "language model, or one that says questions again, which takes the flags of lm"},
         {"base", "DIR|FILE", "",
          "the model, or a name of models.sh; reranker: a cross-encoder, or an encoder, which gets a head; classifier, "
          "classify: an encoder"},
         {"data", "FILE|DIR", "",
          "lm, curve, check, export, coverage, rank: JSON Lines or a JSON array: messages, prompt and completion, "
          "Alpaca, ShareGPT, "
          "preferences, or text, a document; or a folder or file of documents, which are learned whole; rewriter: "
          "records, or disfluent and original, also as one object by ids; "
          "classifier: JSON Lines: text, label; classify: text"},
         {"scrub", "", "", "lm, export: replace what is personal or secret in the data: [EMAIL], [PHONE], ..."},
         {"unscrubbed", "", "", "export: give what is personal or secret away as it is; else its rows are left out"},
         {"repeats", "", "", "export: keep rows that say what one before them says, to the byte"},
         {"system", "TEXT", "", "export: what the system says first, in rows in which it says nothing"},
         {"price", "FILE", "",
          "export: what hosts take and ask for, with a date, as examples/support/prices.json has it"},
         {"host", "NAME", "", "export: one of those; the first if absent"},
         {"questions", "FILE", "", "coverage: what users ask, a text a line, or JSON Lines"},
         {"near", "X", "",
          "coverage: the cosine from which on an example is near; else half of what is above unrelated texts"},
         {"list", "N", "10", "coverage, rank: how many are listed"},
         {"drop-worst", "X", ".1",
          "lm, curve, rank: the share of the texts that train which is dropped: flawed, repeated, those whose question "
          "does not help their answer, and those that the model would say anyway; lm, curve: none if absent"},
         {"rules", "", "",
          "lm, export: leave out records whose answers repeat themselves, echo, or are hardly letters, as tune check "
          "tells"},
         {"rehearse", "FILE", "", "lm: learn some of an older file again, so that it is not forgotten"},
         {"rehearse-share", "X", ".1", "lm: how much of what is learned that is"},
         {"record", "FILE|HASH", "", "lineage: what adapters are asked for, which wrote down the hashes of their data"},
         {"keep", "FILE", "", "lm: what is not to be forgotten, records (JSON) or paragraphs; none: do not ask"},
         {"ood", "FILE", "", "lm: the same task in another form, which is judged beside the held-out examples"},
         {"canaries", "N", "0",
          "lm: codes that nobody can know, learned beside the rest, to see what is learned by heart"},
         {"score", "LIST", "",
          "lm: write answers to held-out examples before and after, and score them: exact, f1, contains (the answer "
          "that was expected), json; rewriter: exact,f1,unchanged, if nothing is said"},
         {"pattern", "REGEX", "", "lm: score which share of those answers match it as a whole"},
         {"schema", "FILE", "", "lm: score which share of them are JSON that this JSON Schema allows"},
         {"score-texts", "N", "50", "lm: answers that are scored, at most"},
         {"dry-run", "", "", "lm: say what it will take, and do not tune"},
         {"method", "lora|qlora|prefix|prompt|full|head", "lora",
          "classifier: lora, or head alone, over the encoder as it is; lm: updates beside layers, with qlora beside "
          "layers in NF4, an eighth of f32; virtual tokens before "
          "every text; or the whole model, of which a model comes, for --model, and no adapter"},
         {"loss", "cross-entropy|dpo", "cross-entropy",
          "lm: of the tokens of answers; or of preferences, whose chosen answer is to be likelier than the rejected "
          "one"},
         {"beta", "X", ".1", "lm, with --loss dpo: the greater, the less the model leaves the base"},
         {"prompt-tokens", "N", "16", "lm: how many, with --method prefix or prompt"},
         {"prompt-text", "TEXT", "", "lm: what they begin as; else the first text to learn from"},
         {"targets", "LIST", "q_proj,v_proj",
          "lm: layers that get an update; all where it is empty; embed_tokens, the table; other tasks: all"},
         {"dropout", "X", "0", "lm: share of its inputs that an update does not see while it is tuned"},
         {"dora", "", "", "lm: tune the lengths of the rows of each layer too (DoRA)"},
         {"checkpoint-activations", "", "",
          "lm: keep of each layer what it takes alone and run it again on the way back: less memory, more time, the "
          "same bits"},
         {"checkpoint", "FILE", "", "the state of the run, which goes on there where it is; not of --task query"},
         {"save-each", "N", "50", "steps between two checkpoints"},
         {"adapter", "LIST", "",
          "merge: PEFT folders or GGUF files, with a comma between, each with :WEIGHT if not 1; classify: what --task "
          "classifier made"},
         {"how", "KIND", "cat",
          "merge: cat, the sum itself; svd, its best of --rank; linear, ties, dare, dare_ties, magnitude, as PEFT's"},
         {"density", "X", ".5", "merge: with ties, dare, dare_ties and magnitude, the share of numbers that stay"},
         {"into", "peft|gguf|model", "peft",
          "merge: a folder as PEFT has them, a file for llama.cpp, a model's folder"},
         {"store", "f32|f16|bf16", "",
          "merge: how a model's folder holds its numbers; as the base if absent; lm with --method full: f32"},
         {"corpus", "FILE", "", "query, encoder, reranker: JSON Lines: id, text, optional title"},
         {"queries", "FILE", "", "query, encoder, reranker: JSON Lines: id, text, optional metadata"},
         {"qrels", "FILE", "", "query, encoder, reranker: which document answers which question: TREC or BEIR"},
         {"model", "hashed|lsa|DIR|FILE", "lsa",
          "query, coverage: the embedder, fitted on the corpus, or a model's folder, or a name of models.sh; export: "
          "whose "
          "tokens are "
          "counted; else they are estimated"},
         {"dims", "N", "256", "query: of the embedder; of a model the first N, all if absent"},
         {"weights", "f32|bf16|i8|blocks", "f32",
          "query: how a sentence encoder holds its weights, the others are faster and round; lm: f32 or blocks"},
         {"rank", "N", "16", "of the update; lm: 8; merge with svd: the largest of the adapters"},
         {"alpha", "X", "16", "the scale is alpha / rank; where a model is tuned: twice the rank"},
         {"lr", "X", "1e-3",
          "learning rate of AdamW; encoder, classifier: 3e-4; reranker: 5e-4; lm: 2e-4, prefix and prompt 1e-2, full "
          "2e-5, dpo 5e-5"},
         {"decay", "X", "0",
          "weight decay of AdamW, where a model is tuned; with --method full not of norms and biases"},
         {"batch", "N", "64", "pairs a step; encoder, reranker, classifier: 32; lm: 4 examples or pairs"},
         {"epochs", "N", "60", "at most; where a model is tuned: 3"},
         {"hard-negatives", "N", "0",
          "passages a pair that the base ranks 10 to 50; encoder: 1, of the first 50; reranker: 4 a question, of the "
          "first 50 by words"},
         {"hold-out", "X", ".1", "share of the questions, groups or examples that judge; export: none if absent"},
         {"rerank-k", "N", "50", "reranker: hits of a search by words that it reads where it is judged"},
         {"max-tokens", "N", "",
          "reranker: of a question and a passage; as many as the base takes if absent; lm: of a window of a document, "
          "512"},
         {"group", "KEY", "", "metadata of a question whose equals stay together"},
         {"questions-alone", "", "", "encoder: documents keep the vectors that they have, and an index stays good"},
         {"keep-last", "", "", "keep the last state instead of the best held-out one"},
         {"out", "FILE|DIR", "",
          "the adapter; where a model is tuned: a folder, as PEFT has them, of an encoder with its new head, or with "
          "--method full of the model; merge: what --into says; export: a file, what is held out beside it as "
          ".test.jsonl"}});
    return guarded(args, [&] {
        const console     say(args);
        const std::string asked = asked_for(args);
        require_meant(args, asked);
        args.require(args.has("checkpoint") || !args.has("save-each"),
                     "--save-each has no meaning without --checkpoint");
        if (asked == "merge") return merge_adapters(args, say);
        if (asked == "check") return check_tuning_data(args, say);
        if (asked == "coverage") return tell_coverage(args, say);
        if (asked == "rank") return rank_records(args, say);
        if (asked == "export") return export_chat_rows(args, say);
        if (asked == "lineage") return ask_lineage(args, say);
        if (asked == "encoder") return tune_sentence_encoder(args, say);
        if (asked == "reranker") return tune_reranker(args, say);
        if (asked == "classifier") return tune_classifier(args, say);
        if (asked == "classify") return classify_texts(args, say);
        if (asked == "lm" || asked == "rewriter" || asked == "curve") return tune_language_model(args, say);
        args.require(args.words().empty(), "there is a word too many");
        args.require(args.has("corpus") && args.has("queries") && args.has("qrels") && args.has("out"),
                     "name --corpus, --queries, --qrels and --out");
        args.require_one_stdin({args.text("corpus"), args.text("queries"), args.text("qrels")});
        const auto           training = flags_of(args);
        const embedder_flags embedder(args, say);
        say.need_place(args.text("out"));
        std::size_t refused   = 0;
        const auto  documents = say.need(read_records(args.text("corpus"), say, refused));
        const auto  questions = say.need(read_records(args.text("queries"), say, refused));
        const auto  qrels     = say.need(read_judgements(args.text("qrels")));
        const auto  embed     = ready_embedder(args, say, embedder, as_chunks(documents));
        const int   code      = tune(args, say, embed, documents, questions, qrels, training);
        return refused > 0 && code == exit_done ? int{exit_some_refused} : code;
    });
}
