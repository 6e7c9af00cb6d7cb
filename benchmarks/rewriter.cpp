// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Whether questions of Disfl-QA find their paragraph of SQuAD again when a language model has said them again. [pairs=FILE: writes some to tune on, and ends; adapter=DIR; questions=N; minilm: hybrid of that too]
// needs: nlohmann-json3-dev
// Models by examples/models.sh smollm2, in build/models or $GRAFT_MODELS.

#include "support/collections.hpp"
#include "support/table.hpp"

#include <graft/base/random.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/eval/answer_match.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/sentences/sentence.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A question as it was spoken and as it was meant, and who judges where it is answered.
struct spoken {
    std::string id, said, meant;
    std::size_t question = 0; // of SQuAD
};
/// Those of articles in the half of SQuAD, which judge, and those of the other half, which train: none of an article on both sides. The ids of SQuAD 1.1 begin with 56 and
/// 57; what only 2.0 has cannot be answered, and may be of any article.
struct sides {
    std::vector<spoken> judge, train;

    explicit sides(const bench::reading& s) {
        std::map<std::string, std::size_t> of;
        for (std::size_t q = 0; q < s.question_names.size(); ++q) of[s.question_names[q]] = q;
        const auto all = nlohmann::json::parse(bench::slurp(bench::shared("data/tuning/disfl-qa/train.json")));
        for (const auto& [id, pair] : all.items()) {
            spoken     one{id, pair["disfluent"].get<std::string>(), pair["original"].get<std::string>()};
            const auto at = of.find(id);
            if (at != of.end()) one.question = at->second, judge.push_back(one);
            else if (id.starts_with("56") || id.starts_with("57")) train.push_back(one);
        }
        counter_random(1, 1).shuffle(std::span(judge));
        counter_random(1, 2).shuffle(std::span(train));
    }
};

double mean(const std::vector<double>& v) {
    double sum = 0;
    for (double x : v) sum += x;
    return sum / static_cast<double>(v.size());
}

/// What is searched, and where each question is answered.
struct shelf {
    std::vector<chunk>                  chunks;
    std::vector<std::vector<judgement>> judged; // by question of SQuAD
};
/// The sentences of all paragraphs; a question is answered in those of its paragraph that hold an answer.
shelf sentences_of(const bench::reading& s) {
    shelf                              out;
    std::vector<std::vector<chunk_id>> of(s.chunks.size());
    for (std::size_t p = 0; p < s.chunks.size(); ++p) {
        const text_view text = s.chunks[p].text;
        each_sentence(text.body, [&](std::size_t begin, std::size_t end) {
            const chunk_id id{out.chunks.size() + 1};
            of[p].push_back(id);
            out.chunks.push_back(
                {id, s.chunks[p].document, begin, end, {text.prefix, text.body.substr(begin, end - begin)}, 1});
        });
    }
    for (std::size_t q = 0; q < s.judged.size(); ++q) {
        auto& mine = out.judged.emplace_back();
        for (const chunk_id id : of[to_underlying(s.judged[q][0].id) - 1])
            for (const std::string& answer : s.answers[q])
                if (out.chunks[to_underlying(id) - 1].text.body.find(answer) != std::string_view::npos) {
                    mine.push_back({id, 1});
                    break;
                }
    }
    return out;
}

/// Of each question whether the first hit answers it.
std::vector<double> found(const shelf& in, const std::vector<spoken>& of, const std::vector<std::string>& texts,
                          const auto& ask) {
    std::vector<double> out;
    context             w;
    for (std::size_t i = 0; i < of.size(); ++i) {
        w.reset();
        const auto  f     = call(ask, query(texts[i]), w).value();
        const auto& right = in.judged[of[i].question];
        out.push_back(!f.hits.empty() && std::any_of(right.begin(), right.end(),
                                                     [&](const judgement& j) { return j.id == f.hits[0].id; })
                          ? 1
                          : 0);
    }
    return out;
}
std::vector<double> scored(const std::vector<spoken>& of, const std::vector<std::string>& texts, const auto& score) {
    std::vector<double> out;
    for (std::size_t i = 0; i < of.size(); ++i) out.push_back(static_cast<double>(score(texts[i], of[i].meant)));
    return out;
}
void tell_gain(bench::report& t, const std::string& name, const std::vector<double>& before,
               const std::vector<double>& after) {
    const auto gain = paired_bootstrap(before, after).value();
    t.add(name, "", mean(after), mean(before), "as spoken");
    t.add(name + ": gain, low", "95 %", gain.low, 0., "bar");
    t.add(name + ": gain, high", "95 %", gain.high);
}

} // namespace

int main(int argc, char** argv) {
    bench::report     t("rewriter", argc, argv);
    const char* const home   = std::getenv("GRAFT_MODELS");
    const std::string models = home != nullptr ? home : "build/models";
    std::string       pairs, adapter, minilm;
    std::size_t       most = 200, train = 560;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("pairs=")) pairs = word.substr(6);
        if (word.starts_with("adapter=")) adapter = word.substr(8);
        if (word == "minilm") minilm = models + "/minilm";
        if (word.starts_with("questions=")) most = std::strtoul(word.c_str() + 10, nullptr, 10);
    }
    const auto s = bench::squad();
    sides      all(s);
    auto&      of = all.judge;
    of.resize(std::min(most, of.size()));
    if (!pairs.empty()) {
        std::ofstream to(pairs);
        for (std::size_t i = 0; i < std::min(train, all.train.size()); ++i)
            to << nlohmann::json{{"id", all.train[i].id},
                                 {"disfluent", all.train[i].said},
                                 {"original", all.train[i].meant}}
                      .dump()
               << '\n';
        return t.finish();
    }
    const std::string model = models + "/smollm2";
    if (!std::filesystem::exists(model)) {
        std::fprintf(stderr, "rewriter: %s is not there; examples/models.sh smollm2 brings it\n", model.c_str());
        return t.finish();
    }
    context    c;
    const auto writer = load_decoder(posix_files{}, model, {.adapter = adapter}, c);
    if (!writer) return std::fprintf(stderr, "%s\n", describe(writer.error()).c_str()), 1;

    std::vector<std::string>           said, meant, again, written;
    std::map<std::string, std::size_t> verdicts;
    std::size_t                        tokens = 0;
    const auto                         hear   = [&](const query_rewritten& r) {
        ++verdicts[std::string(name(r.verdict))];
        written.emplace_back(r.text);
        tokens += writer->count(r.text) + 1;
    };
    std::vector<query> queries;
    for (const spoken& one : of) said.push_back(one.said), meant.push_back(one.meant);
    for (const std::string& text : said) queries.emplace_back(text);
    c.listener       = listen_to<query_rewritten>(hear);
    const auto start = std::chrono::steady_clock::now();
    for (const auto& q : rewrite(*writer).run_each(queries, c)) again.emplace_back(q.value().text);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (std::size_t i = 0; i < std::min<std::size_t>(5, of.size()); ++i)
        std::fprintf(stderr, "%s\n  %s\n  %s\n", said[i].c_str(), written[i].c_str(), meant[i].c_str());
    for (const auto& [what, n] : verdicts)
        t.add("verdict: " + what, "of " + std::to_string(of.size()), static_cast<double>(n));
    t.add("a question, eight side by side", "ms", 1e3 * seconds / static_cast<double>(of.size()));
    t.add("written", "tokens/s", static_cast<double>(tokens) / seconds);

    tell_gain(t, "exact match, rewritten", scored(of, said, exact_match), scored(of, again, exact_match));
    tell_gain(t, "F1, rewritten", scored(of, said, token_f1), scored(of, again, token_f1));
    t.add("exact match of what was written, unchecked", "", mean(scored(of, written, exact_match)));

    const auto as_rewritten = [&](query q) {
        const auto at = std::find(said.begin(), said.end(), q.text);
        return q.text = again[static_cast<std::size_t>(at - said.begin())], q;
    };
    const auto judge_on = [&](const std::string& place, const shelf& in) {
        const auto judge_by = [&](const std::string& how, const auto& ask) {
            const std::string name = place + ", " + how;
            tell_gain(t, name + ", rewritten", found(in, of, said, ask), found(in, of, again, ask));
            tell_gain(t, name + ", both asked (RRF)", found(in, of, said, ask),
                      found(in, of, said, hybrid(ask, pipe(as_rewritten, ask), rrf{})));
            t.add(name + ": unchecked", "", mean(found(in, of, written, ask)));
            t.add(name + ": as meant", "", mean(found(in, of, meant, ask)));
        };
        bm25 words;
        (void)ingest(index_into(words))(change{in.chunks, {}}).value();
        judge_by("BM25", search(words, 10));
        const auto with = [&](const std::string& how, const auto& embed) {
            flat<cosine> nearest(embed.dims());
            context      w;
            (void)ingest(embed | index_into(nearest))(change{in.chunks, {}}, w).value();
            judge_by("hybrid of " + how, hybrid(embed | search(nearest), search(words)));
        };
        with("LSA", lsa::fit(in.chunks, {.dims = 200}).value());
        if (minilm.empty()) return;
        context    w;
        const auto encoder = load_sentence_encoder(posix_files{}, minilm, w).value();
        with("MiniLM", encoder);
    };
    judge_on("paragraph first", {s.chunks, s.judged});
    judge_on("sentence first", sentences_of(s));
    return t.finish();
}
