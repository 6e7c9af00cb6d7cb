// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_loader.hpp>
#include <graft/json/json.hpp>
#include <graft/unicode/unicode.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// The pages of Scrapinghub's article-extraction-benchmark, and its own measure: shingles of four words, precision and recall of
// each page, the F1 of their means.

namespace test {

/// What a program prints.
inline std::string printed_by(const std::string& command) {
    std::string                                           out;
    char                                                  room[1 << 16];
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> from(::popen(command.c_str(), "r"), ::pclose);
    while (const std::size_t n = from == nullptr ? 0 : std::fread(room, 1, sizeof room, from.get()))
        out.append(room, n);
    return out;
}

struct article {
    std::string name, page, body;
    /// Half of the pages, by the last digit of their names, which are hashes.
    [[nodiscard]] bool first_half() const {
        return std::string_view("02468ace").find(name.back()) != std::string_view::npos;
    }
};

inline std::vector<article> articles(const std::filesystem::path& folder) {
    std::vector<article> out;
    std::string          truth = printed_by("cat '" + (folder / "ground-truth.json").string() + "'");
    const auto           json  = graft::parse_json(truth).value();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".html.gz")) continue;
        const std::string name = file.substr(0, file.size() - 8);
        out.push_back({name, printed_by("gzip -dc '" + entry.path().string() + "'"),
                       std::string(json.root().at(name).at("articleBody").text().value())});
    }
    std::sort(out.begin(), out.end(), [](const article& a, const article& b) { return a.name < b.name; });
    return out;
}

inline std::map<std::vector<std::string>, double> shingles(std::string_view text) {
    std::vector<std::string> words;
    bool                     inside = false;
    for (std::size_t at = 0; at < text.size();) {
        const graft::unicode::decoded c = graft::unicode::decode(text, at);
        const bool word = c.scalar == '_' || graft::unicode::is_letter(c.scalar) || graft::unicode::is_digit(c.scalar);
        if (word && !inside) words.emplace_back();
        if (word) words.back() += text.substr(at, c.length);
        inside = word;
        at += c.length;
    }
    std::map<std::vector<std::string>, double> out;
    const std::size_t n = words.size() < 4 ? std::min<std::size_t>(words.size(), 1) : words.size() - 3;
    for (std::size_t i = 0; i < n; ++i)
        ++out[{words.begin() + static_cast<std::ptrdiff_t>(i),
               words.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, words.size()))}];
    return out;
}

/// Precision and recall of pages, summed.
struct article_score {
    double precision = 0, recall = 0, pages = 0;

    void add(std::string_view text, std::string_view truth) {
        const auto got = shingles(text), want = shingles(truth);
        double     both = 0, all_got = 0, all_want = 0;
        for (const auto& [words, n] : got) {
            const auto it = want.find(words);
            both += it == want.end() ? 0 : std::min(n, it->second);
            all_got += n;
        }
        for (const auto& [words, n] : want) all_want += n;
        precision += all_got > 0 ? both / all_got : 0;
        recall += all_want > 0 ? both / all_want : 0;
        ++pages;
    }
    [[nodiscard]] double f1() const { return 2 * precision * recall / (precision + recall) / pages; }
};

/// A page as the loader reads it.
inline graft::document read_page(const std::string& name, std::string bytes, bool boilerplate = false) {
    std::vector<graft::error> reports;
    graft::context            c;
    graft::loading            how{c, reports};
    return graft::html_loader{boilerplate}.read(name + ".html", std::move(bytes), how).value();
}

} // namespace test
