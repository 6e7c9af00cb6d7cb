// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What a language model answers to questions of SQuAD, with the best sentences of what was found and without. [pairs=FILE: writes 400 to tune on, and ends; adapter=DIR; questions=N]
// needs: nlohmann-json3-dev
// Models by examples/models.sh smollm2, in build/models or $GRAFT_MODELS.

#include "support/collections.hpp"
#include "support/table.hpp"

#include <graft/base/random.hpp>
#include <graft/eval/answer_match.hpp>
#include <graft/eval/score_change.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/index/bm25.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/compress.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/store/posix.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A chunk store of whole paragraphs.
struct paragraphs {
    const bench::reading* of;
    std::size_t           size() const { return of->chunks.size(); }
    result<chunk>         find(chunk_id id) const { return of->chunks[to_underlying(id) - 1]; }
    graft::source_name    label(const chunk& k) const { return {of->names[to_underlying(k.id) - 1], {}}; }
    std::string_view      text_of(document_id d) const { return of->chunks[to_underlying(d) - 1].text.body; }
    chunks                all() const { return of->chunks; }
};

/// Questions of every third article judge, those of the others train.
std::vector<std::size_t> questions_of(const bench::reading& s, bool judge, std::uint64_t seed) {
    std::vector<std::size_t> out;
    for (std::size_t q = 0; q < s.questions.size(); ++q)
        if ((s.article_of_question[q] % 3 == 2) == judge) out.push_back(q);
    counter_random(seed, judge ? 1 : 2).shuffle(std::span(out));
    return out;
}
/// The best of a score over the answers that are right.
std::vector<double> scored(const bench::reading& s, const std::vector<std::size_t>& which,
                           const std::vector<std::string>& given, const auto& score) {
    std::vector<double> out;
    for (std::size_t i = 0; i < which.size(); ++i) {
        const std::vector<std::string_view> right(s.answers[which[i]].begin(), s.answers[which[i]].end());
        out.push_back(best_match(score, given[i], right));
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    bench::report t("answerer", argc, argv);
    std::string   pairs, adapter;
    std::size_t   most = 200;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.starts_with("pairs=")) pairs = word.substr(6);
        if (word.starts_with("adapter=")) adapter = word.substr(8);
        if (word.starts_with("questions=")) most = std::strtoul(word.c_str() + 10, nullptr, 10);
    }
    const char* const home = std::getenv("GRAFT_MODELS");
    const std::string path = std::string(home != nullptr ? home : "build/models") + "/smollm2";
    if (!std::filesystem::exists(path)) {
        std::fprintf(stderr, "answerer: %s is not there; examples/models.sh smollm2 brings it\n", path.c_str());
        return t.finish();
    }
    const auto       s = bench::squad();
    const paragraphs store{&s};
    context          c;
    const auto       bare = load_decoder(posix_files{}, path, {}, c).value();
    bm25             words;
    (void)ingest(index_into(words))(change{s.chunks, {}}).value();
    const auto open   = search(words) | rerank(store) | compress(store) | prompt_from(store, plain_prompt(), bare);
    const auto closed = prompt_from(store, plain_prompt(), bare);

    if (!pairs.empty()) {
        std::ofstream to(pairs);
        std::size_t   n = 0;
        for (const std::size_t q : questions_of(s, false, 1)) {
            c.reset();
            const prompt p     = open(query(s.questions[q]), c).value();
            const auto   holds = [&](const source& from) { return says_answer(from.from.text.body, s.answers[q][0]); };
            if (std::none_of(p.sources.begin(), p.sources.end(), holds)) continue; // it is to learn to read
            auto turns = nlohmann::json::array();
            for (const message& m : p.messages) {
                std::string text;
                for (const segment& piece : m.segments) text += piece.text;
                turns.push_back({{"role", m.from == speaker::system ? "system" : "user"}, {"content", text}});
            }
            turns.push_back({{"role", "assistant"}, {"content", s.answers[q][0]}});
            to << nlohmann::json{{"id", s.question_names[q]}, {"messages", turns}}.dump() << '\n';
            if (++n == 400) break;
        }
        return t.finish();
    }

    auto which = questions_of(s, true, 1);
    which.resize(std::min(most, which.size()));
    std::vector<prompt> with, without;
    double              held = 0;
    for (const std::size_t q : which) {
        with.push_back(open(query(s.questions[q]), c).value());
        without.push_back(closed(retrieved{.asked = s.questions[q]}, c).value());
        const auto holds = [&](const source& from) { return says_answer(from.from.text.body, s.answers[q][0]); };
        held += std::any_of(with.back().sources.begin(), with.back().sources.end(), holds);
    }
    t.add("the sentences hold the answer", "", held / static_cast<double>(which.size()));
    std::vector<std::vector<std::string>> said[2]; // before and after; closed and open
    for (const bool tuned : {false, true}) {
        if (tuned && adapter.empty()) break;
        const auto model = load_decoder(posix_files{}, path, {.adapter = tuned ? adapter : std::string()}, c).value();
        for (const auto* prompts : {&without, &with}) {
            auto& all = said[tuned].emplace_back();
            for (const auto& one :
                 model.complete_each(std::span<const prompt>(*prompts), {.max_tokens = 48, .repeats = 3}, c))
                all.emplace_back(one.value().text);
        }
    }
    for (const std::size_t how : {0u, 1u}) {
        const std::string place = how == 0 ? "closed book, " : "with sources, ";
        const auto        tell  = [&](const std::string& name, const auto& score) {
            const auto before = scored(s, which, said[0][how], score);
            if (said[1].empty()) return t.add(place + name, "", score_change::of(before, before).value().before);
            const auto both = score_change::of(before, scored(s, which, said[1][how], score)).value();
            t.add(place + name + ": tuned", "", both.after, both.before, "untuned");
            t.add(place + name + ": gain, low", "95 %", both.change.low);
            t.add(place + name + ": gain, high", "95 %", both.change.high);
        };
        tell("gold in the answer", says_answer);
        tell("exact", exact_match);
        tell("F1", token_f1);
    }
    return t.finish();
}
