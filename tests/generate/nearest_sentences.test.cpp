// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/flow/pipe.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/nearest_sentences.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// Knows two languages by heart: a number for leave, one for hotels, one for anything else. Counts what it encodes.
struct by_heart {
    std::unique_ptr<std::size_t> encoded = std::make_unique<std::size_t>(0);

    std::size_t   dims() const { return 3; }
    std::uint64_t fingerprint() const { return 5; }
    result<void>  encode(std::span<const text_view> in, matrix_view<float> out, context&) const {
        for (std::size_t i = 0; i < in.size(); ++i, ++*encoded) {
            const auto has = [&](const char* word) { return in[i].body.find(word) != std::string_view::npos; };
            if (has("broken")) return error{fault::unreadable};
            out.row(i)[0] = has("leave") || has("Urlaub") ? 1.f : .1f;
            out.row(i)[1] = has("hotel") || has("Hotel") ? 2.f : .1f;
            out.row(i)[2] = .5f;
        }
        return done;
    }
};
struct two_sources {
    source sources[2];
    prompt p;
    explicit two_sources(std::string_view first) {
        const std::string_view bodies[] = {first, "Book early. A hotel may cost 90 euros.\nNo."};
        for (std::uint32_t i = 0; i < 2; ++i) {
            sources[i].mark = i + 1;
            sources[i].from = {chunk_id{i + 1}, document_id{i + 1}, 0, bodies[i].size(), {"", bodies[i]}, 9};
        }
        p.sources = sources, p.audit = sources;
    }
    two_sources(two_sources&&) = delete;
};

} // namespace

TEST_CASE("what words do not answer, the nearest sentence does, with its bytes") {
    two_sources    s("# Time off\n\nWe meet on Mondays. Everybody has thirty days of paid leave. Rain.");
    const by_heart embed;
    context        c;
    std::string    told;
    auto           hears = [&](const text_delta& t) { told += t.text; };
    c.listener           = listen_to<text_delta>(hears);
    s.p.asked            = "Wie viel Urlaub gibt es?";
    const answer a       = as_stage(nearest_sentences(embed))(s.p, c).value();
    CHECK(a.text == "Everybody has thirty days of paid leave. [1]");
    CHECK(told == a.text);
    CHECK(a.answerable);
    REQUIRE(a.citations.size() == 1);
    CHECK(a.citations[0].quote == "Everybody has thirty days of paid leave.");
    CHECK(a.citations[0].verified);
    s.p.asked = "Was kostet ein Hotel?";
    CHECK(as_stage(nearest_sentences(embed))(s.p, c)->text == "A hotel may cost 90 euros. [2]");
}

TEST_CASE("where words answer nothing is encoded; without sources, or without a sentence, it is refused") {
    two_sources    s("Everybody has thirty days of paid leave.");
    const by_heart embed;
    context        c;
    s.p.asked = "How many days of paid leave are there?";
    CHECK(as_stage(nearest_sentences(embed))(s.p, c)->text == as_stage(extractive{})(s.p, c)->text);
    CHECK(*embed.encoded == 0);
    s.p.asked   = "Urlaub?";
    s.p.sources = {};
    CHECK(nearest_sentences(embed).complete(s.p, {}, c)->finish == finish_reason::refused);
    two_sources short_ones("# A heading\n\nNo.");
    short_ones.p.sources = std::span(short_ones.sources).first(1);
    short_ones.p.asked   = "Urlaub?";
    CHECK(nearest_sentences(embed).complete(short_ones.p, {}, c)->finish == finish_reason::refused);
    two_sources bad("This sentence is broken, it is.");
    bad.p.asked = "Urlaub?";
    CHECK(nearest_sentences(embed).complete(bad.p, {}, c).error().what == fault::unreadable);
}
