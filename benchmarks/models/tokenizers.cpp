// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// needs: nlohmann-json3-dev

// Text to ids, one thread. The ids of ours and of each peer have to be the same, text by text, before anything is timed; ours
// gives the bytes behind each token too.

#include "suite.hpp"

#include "../support/collections.hpp"

#include <graft/base/context.hpp>
#include <graft/store/posix.hpp>
#include <graft/tokenize/sentencepiece_model.hpp>
#include <graft/tokenize/tiktoken.hpp>
#include <graft/tokenize/tokenizer_json.hpp>
#include <graft/weights/gguf.hpp>

#include "../../tests/support/sentencepiece_writer.hpp"

#include <filesystem>
#include <fstream>

namespace bench {

namespace {

using graft::tokenizer;

struct text_set {
    std::string              name;
    std::vector<std::string> texts;
    std::size_t              bytes = 0;

    void add(std::string text) {
        bytes += text.size();
        texts.push_back(std::move(text));
    }
};

/// Markdown in English, in pieces of some thousand bytes that end with a paragraph.
text_set english() {
    text_set                           out{"English", {}};
    std::vector<std::filesystem::path> files;
    for (const auto& f : std::filesystem::recursive_directory_iterator(shared("data/documents/rust-book/src")))
        if (f.path().extension() == ".md") files.push_back(f.path());
    std::sort(files.begin(), files.end());
    for (const auto& f : files) {
        const std::string all = slurp(f.string());
        for (std::size_t at = 0; at < all.size() && out.bytes < 250'000;) {
            std::size_t end = all.find("\n\n", at + 1000);
            end             = end == std::string::npos ? all.size() : end + 2;
            out.add(all.substr(at, end - at));
            at = end;
        }
    }
    return out;
}
/// The first paragraphs of 48 articles, in English, German, Chinese and Russian.
text_set mixed() {
    text_set out{"en, de, zh, ru", {}};
    for (const char* language : {"en", "de", "zh", "ru"}) {
        const auto json =
            nlohmann::json::parse(slurp(shared(std::string("data/retrieval/xquad/xquad.") + language + ".json")));
        for (const auto& article : json["data"]) out.add(article["paragraphs"][0]["context"].get<std::string>());
    }
    return out;
}
text_set questions() {
    text_set      out{"questions", {}};
    std::ifstream in(shared("data/tokenizers/bert-uncased/questions.jsonl"));
    for (std::string line; std::getline(in, line) && out.bytes < 250'000;)
        if (!line.empty()) {
            const auto j = nlohmann::json::parse(line);
            out.add(j.contains("text") ? j["text"].get<std::string>() : j.begin()->get<std::string>());
        }
    return out;
}

/// For peers: of each text its length on a line, then its bytes.
std::string written(const text_set& set) {
    const std::string name =
        (std::filesystem::temp_directory_path() / ("graft_texts_" + std::to_string(getpid()))).string();
    std::ofstream to(name, std::ios::binary);
    for (const std::string& t : set.texts) to << t.size() << '\n' << t;
    return name;
}

/// What tells two lists of ids apart.
std::uint64_t sum_of(const tokenizer& t, const text_set& set) {
    std::uint64_t  sum = 0, i = 0;
    graft::context c;
    for (const std::string& text : set.texts) {
        c.reset();
        for (const auto id : t.encode(text, c).value().ids) sum += (i++ % 1009 + 1) * (id + 1);
    }
    return sum;
}

struct peer {
    std::string name, command; ///< `hf`, `tiktoken` or `sentencepiece`, and what it loads
    double      bar = std::nan("");
};

void race_of(suite& s, const std::string& kind, const tokenizer& t, std::span<const peer> peers,
             std::span<const text_set> sets) {
    for (const text_set& set : sets) {
        const std::string      file = written(set);
        std::vector<contender> all{contend("graft", [&, c = std::make_shared<graft::context>()] {
            std::size_t n = 0;
            for (const std::string& text : set.texts) {
                c->reset();
                n += t.encode(text, *c).value().ids.size();
            }
            return n;
        })};
        double                 bar = std::nan("");
        if (s.python.ask("texts " + file))
            for (const peer& p : peers) {
                if (!s.python.ask("tokenizer " + p.command)) continue;
                const auto sum = s.python.ask("ids " + p.name);
                if (!sum) continue;
                if (*sum != std::to_string(sum_of(t, set))) {
                    std::fprintf(stderr, "  %s, %s: other ids than %s's\n", kind.c_str(), set.name.c_str(),
                                 p.name.c_str());
                    continue;
                }
                all.push_back(s.python.contend(p.name, "encode " + p.name));
                if (!std::isfinite(bar)) bar = p.bar;
            }
        hold(s, kind + ": " + set.name, "MB/s", static_cast<double>(set.bytes) / 1e6, bar,
             race(s.timing(.01, 21), all));
        std::filesystem::remove(file);
    }
}

/// What it takes to load one, and what it holds.
template <class Make>
void loading(suite& s, const std::string& name, const Make& make) {
    const auto t = race(s.timing(.02, 7), std::vector{contend("graft", make)});
    s.out.add(name + ": load", "ms", t[0].quietest * 1e3);
    s.out.add(name + ": holds", "MB", static_cast<double>(make().bytes()) / 1e6);
}

/// The vocabulary of T5 as a model of sentencepiece.
std::string t5_model(const std::string& json_file) {
    const auto  json = graft::parse_json(slurp(json_file)).value();
    std::string map;
    (void)graft::detail::append_base64(json.at("normalizer").at("precompiled_charsmap").text().value(), map);
    test::proto_writer m, trainer, normal;
    std::size_t        i = 0;
    for (const graft::json_value x : *json.at("model").at("vocab").array()) {
        const auto text = x[0].text().value();
        m.piece(text, x[1].number<float>().value(), i == 2 ? 2 : i < 2 ? 3 : text.starts_with("<extra") ? 4 : 1);
        ++i;
    }
    trainer.whole(3, 1);
    trainer.whole(40, 2), trainer.whole(41, static_cast<std::uint64_t>(-1)), trainer.whole(42, 1), trainer.whole(43, 0);
    normal.text(2, map);
    m.text(2, trainer.bytes);
    m.text(3, normal.bytes);
    return m.bytes;
}
/// The vocabulary of Llama 2, out of a GGUF file.
std::string llama_model(const std::string& file) {
    const auto         gguf   = graft::load_gguf(graft::posix_files{}, file).value();
    const auto         types  = gguf.head.numbers<std::int32_t>("tokenizer.ggml.token_type").value();
    const auto         scores = gguf.head.numbers<float>("tokenizer.ggml.scores").value();
    const auto         tokens = gguf.head.texts("tokenizer.ggml.tokens").value();
    test::proto_writer m, trainer, normal;
    for (std::size_t i = 0; i < tokens.size(); ++i) m.piece(tokens[i], scores[i], static_cast<std::uint64_t>(types[i]));
    trainer.whole(3, 2), trainer.whole(35, 1);
    normal.whole(4, 0);
    m.text(2, trainer.bytes);
    m.text(3, normal.bytes);
    return m.bytes;
}
std::string kept(const std::string& name, const std::string& bytes) {
    const auto    at = (std::filesystem::temp_directory_path() / (name + "_" + std::to_string(getpid()))).string();
    std::ofstream to(at, std::ios::binary);
    to << bytes;
    return at;
}

} // namespace

void tokenizers(suite& s) {
    const std::string folder = shared("data/tokenizers");
    if (folder.empty() || !std::filesystem::exists(folder)) {
        std::fprintf(stderr, "models: without tokenizers, GRAFT_SHARED is not set\n");
        return;
    }
    const std::vector<text_set> both{english(), mixed()};
    const auto                  of_json = [](const std::string& file) {
        return graft::read_tokenizer_json(graft::load_json(graft::posix_files{}, file).value()).value();
    };

    if (const std::string file = s.models + "/minilm/tokenizer.json"; std::filesystem::exists(file)) {
        std::vector<text_set> sets = both;
        sets.push_back(questions());
        const peer hf[] = {{"HF tokenizers", "hf " + file, 8}};
        race_of(s, "WordPiece (MiniLM)", of_json(file), hf, sets);
        loading(s, "WordPiece (MiniLM), 30,522 entries", [&] { return of_json(file); });
    }
    {
        const std::string file = folder + "/roberta-base/tokenizer.json";
        const peer        hf[] = {{"HF tokenizers", "hf " + file, 5}};
        race_of(s, "byte-level BPE (RoBERTa)", of_json(file), hf, both);
        loading(s, "byte-level BPE (RoBERTa), 50,265 entries", [&] { return of_json(file); });
    }
    for (const auto& [name, rule] :
         {std::pair{"r50k", graft::split_rule::gpt2}, {"cl100k", graft::split_rule::cl100k}}) {
        const std::string file  = folder + "/tiktoken/" + name + "_base.tiktoken";
        const std::string bytes = slurp(file);
        const peer        tik[] = {{"tiktoken", std::string("tiktoken ") + name + " " + file, 1.5}};
        race_of(s, std::string("byte-level BPE (") + name + ")", graft::read_tiktoken(bytes, rule).value(), tik, both);
        loading(s, std::string("byte-level BPE (") + name + ")",
                [&] { return graft::read_tiktoken(bytes, rule).value(); });
    }
    {
        const std::string bytes = llama_model(folder + "/ggml/ggml-vocab-llama-spm.gguf"),
                          file  = kept("llama.model", bytes);
        const peer spm[]        = {{"sentencepiece", "sentencepiece " + file, 2}};
        race_of(s, "SentencePiece BPE (Llama 2)", graft::read_sentencepiece(bytes).value(), spm, both);
        std::filesystem::remove(file);
    }
    {
        const std::string bytes = t5_model(folder + "/t5-small/tokenizer.json"), file = kept("t5.model", bytes);
        const peer        spm[] = {{"sentencepiece", "sentencepiece " + file, 2}};
        race_of(s, "Unigram (T5)", graft::read_sentencepiece(bytes).value(), spm, both);
        std::filesystem::remove(file);
    }
    if (const std::string file = s.models + "/e5/tokenizer.json"; std::filesystem::exists(file)) {
        const peer hf[] = {{"HF tokenizers", "hf " + file}};
        race_of(s, "Unigram (multilingual-e5)", of_json(file), hf, both);
        loading(s, "Unigram (multilingual-e5), 250,002 entries", [&] { return of_json(file); });
    }
}

} // namespace bench
