// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/eval/ranking.hpp>
#include <graft/eval/trec.hpp>
#include <graft/schema/retrieved.hpp>
#include <graft/simd/element.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

// The judged collections that the benchmarks read: whole documents as chunks (title as prefix, text as body), ids from 1.
namespace bench {

/// The folder of real data, from $GRAFT_SHARED; empty where it is not set.
inline std::string shared(const std::string& below) {
    const char* root = std::getenv("GRAFT_SHARED");
    return root == nullptr ? std::string() : std::string(root) + "/" + below;
}

inline std::string slurp(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) std::fprintf(stderr, "cannot read %s (is GRAFT_SHARED set?)\n", file.c_str()), std::exit(1);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct collection {
    std::deque<std::string>                    texts; // stable addresses
    std::vector<graft::chunk>                  chunks;
    std::vector<std::string>                   names;     // of chunk i, id i + 1
    std::vector<std::string>                   questions; // those that are judged
    std::vector<std::string>                   question_names;
    std::vector<std::vector<graft::judgement>> judged;

    void add(std::string name, std::string title, std::string text) {
        const auto& t = texts.emplace_back(std::move(title));
        const auto& b = texts.emplace_back(std::move(text));
        const auto  n = chunks.size() + 1;
        chunks.push_back({graft::chunk_id{n}, graft::document_id{n}, 0, b.size(), {t, b}, 1});
        names.push_back(std::move(name));
    }
};

/// A collection in BEIR form. `cranfield`: codes 1 … 4 become gains 4 … 1, and -1 becomes 0.
inline collection beir(const std::string& folder, const std::string& qrels = "qrels.tsv",
                       const std::string& queries = "queries.jsonl") {
    collection c;
    const auto each = [&](const std::string& file, auto&& f) {
        std::ifstream in(shared("data/retrieval/" + folder + "/" + file));
        for (std::string line; std::getline(in, line);)
            if (!line.empty()) f(nlohmann::json::parse(line));
    };
    each("corpus.jsonl", [&](const nlohmann::json& j) {
        c.add(j["_id"].get<std::string>(), j.value("title", std::string()), j["text"].get<std::string>());
    });
    std::map<std::string, graft::chunk_id> ids;
    for (std::size_t i = 0; i < c.names.size(); ++i) ids[c.names[i]] = graft::chunk_id{i + 1};
    std::map<std::string, std::vector<graft::judgement>> judged;
    const auto                                           text = slurp(shared("data/retrieval/" + folder + "/" + qrels));
    for (const auto& line : graft::read_beir_qrels(text).value()) {
        int grade = line.grade;
        if (folder == "cranfield") grade = grade >= 1 && grade <= 4 ? 5 - grade : 0;
        const auto at = ids.find(std::string(line.document));
        // a judged document that is not in the collection still counts in the ideal ranking
        judged[std::string(line.question)].push_back(
            {at != ids.end() ? at->second : graft::chunk_id{~std::uint64_t{0} - judged.size()}, grade});
    }
    each(queries, [&](const nlohmann::json& j) {
        const auto name = j["_id"].get<std::string>();
        if (!judged.count(name)) return;
        c.questions.push_back(j["text"].get<std::string>());
        c.question_names.push_back(name);
        c.judged.push_back(judged[name]);
    });
    return c;
}

/// Questions on paragraphs of articles, with the answers' texts; the article's title is the prefix, where there is one.
struct reading : collection {
    std::vector<std::uint32_t>            article_of_question, article_of_chunk;
    std::vector<std::vector<std::string>> answers;
    std::uint32_t                         articles = 0;
};
inline reading squad(const std::string& file = "squad/dev-v1.1.half.json") {
    reading    c;
    const auto all = nlohmann::json::parse(slurp(shared("data/retrieval/" + file)));
    for (const auto& article : all["data"]) {
        auto title = article.value("title", std::string());
        std::replace(title.begin(), title.end(), '_', ' ');
        for (const auto& paragraph : article["paragraphs"]) {
            c.add(std::to_string(c.chunks.size() + 1), title, paragraph["context"].get<std::string>());
            c.article_of_chunk.push_back(c.articles);
            for (const auto& qa : paragraph["qas"]) {
                c.questions.push_back(qa["question"].get<std::string>());
                c.question_names.push_back(qa["id"].get<std::string>());
                c.judged.push_back({{graft::chunk_id{c.chunks.size()}, 1}});
                c.article_of_question.push_back(c.articles);
                auto& mine = c.answers.emplace_back();
                for (const auto& a : qa["answers"]) mine.push_back(a["text"].get<std::string>());
            }
        }
        ++c.articles;
    }
    return c;
}

/// Stored half-precision vectors: rows by name.
inline std::map<std::string, std::vector<float>> minilm(const std::string& set) {
    const auto                                raw = slurp(shared("fixtures/minilm_vectors/" + set + ".f16"));
    std::map<std::string, std::vector<float>> rows;
    std::ifstream                             names(shared("fixtures/minilm_vectors/" + set + ".ids.tsv"));
    std::size_t                               at = 0;
    for (std::string name; std::getline(names, name); at += 384 * 2) {
        std::vector<float> row(384);
        for (std::size_t i = 0; i < 384; ++i) {
            std::uint16_t half = 0;
            std::memcpy(&half, raw.data() + at + 2 * i, 2);
            row[i] = graft::widen(static_cast<graft::f16_code>(half));
        }
        rows[name.substr(0, name.find('\t'))] = std::move(row);
    }
    return rows;
}

} // namespace bench
