// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Reference outputs of the published tokenizers: fixtures/README.text.md says what they are.

namespace test {

/// Ids and bytes of one text.
struct encoded {
    std::vector<graft::token_id>  ids   = {};
    std::vector<graft::byte_span> spans = {};
};

/// One JSON value a line.
inline std::vector<graft::json_document> json_lines(const std::filesystem::path& file) {
    std::vector<graft::json_document> all;
    const std::string                 text = slurp(file);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        all.push_back(graft::parse_json(std::string_view(text).substr(at, end - at)).value());
        at = end + 1;
    }
    return all;
}

/// The 4,000 texts of the corpus.
inline std::vector<std::string> corpus_texts() {
    std::vector<std::string> texts;
    for (const auto& line : json_lines(shared("fixtures/tokenize/corpus/texts.jsonl")))
        texts.emplace_back(line.at("text").text().value());
    return texts;
}

/// What a reference tokenizer made of them: a `.tok` file.
inline std::vector<encoded> corpus_tokens(const std::string& name) {
    const std::string bytes = slurp(shared("fixtures/tokenize/corpus/" + name + ".tok"));
    std::size_t       at    = 0;
    const auto        get   = [&] {
        std::uint64_t v = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto b = static_cast<unsigned char>(bytes.at(at++));
            v |= std::uint64_t{b & 0x7Fu} << shift;
            if (b < 0x80) return v;
        }
    };
    std::vector<encoded> rows(get());
    for (encoded& row : rows) {
        std::size_t last = 0;
        for (std::uint64_t n = get(); n > 0; --n) {
            row.ids.push_back(static_cast<graft::token_id>(get()));
            const std::uint64_t z     = get();
            const std::size_t   begin = z % 2 == 0 ? last + z / 2 : last - (z + 1) / 2;
            last                      = begin + get();
            row.spans.push_back({begin, last});
        }
    }
    return rows;
}

inline std::string shown(std::span<const graft::token_id> ids, std::span<const graft::byte_span> spans) {
    std::string out;
    for (std::size_t i = 0; i < ids.size(); ++i)
        out += std::to_string(ids[i]) + "[" +
               (spans.empty() ? "" : std::to_string(spans[i].begin) + "," + std::to_string(spans[i].end)) + ") ";
    return out;
}

/// Compares a tokenizer with a reference on the corpus, every id and every span. Gives how many texts differ.
inline std::size_t differ_on_corpus(const graft::tokenizer& t, const std::string& name, bool trusted) {
    const auto     texts = corpus_texts();
    const auto     want  = corpus_tokens(name);
    graft::context c;
    std::size_t    wrong = 0;
    REQUIRE(texts.size() == 4000);
    REQUIRE(want.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        c.reset();
        graft::encode_options o;
        o.add_special  = false;
        const auto got = trusted ? t.encode(graft::trusted_text{texts[i]}, c, o) : t.encode(texts[i], c, o);
        REQUIRE(got);
        const bool same = std::ranges::equal(got->ids, want[i].ids) && std::ranges::equal(got->spans, want[i].spans);
        if (!same && ++wrong <= 3) {
            INFO("text " << i << ": " << texts[i]);
            CHECK(shown(got->ids, got->spans) == shown(want[i].ids, want[i].spans));
        }
        if (!trusted) CHECK(t.count(texts[i]) == got->size());
    }
    return wrong;
}

} // namespace test
