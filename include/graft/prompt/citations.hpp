// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/prompt/claim.hpp>
#include <graft/prompt/marks.hpp>
#include <graft/schema/answer.hpp>
#include <graft/sentences/sentence.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The citations of an answer, and what was wrong with its marks.
struct citations_read {
    std::span<const citation> citations    = {}; ///< in the order of the answer
    std::size_t               malformed    = 0;
    std::size_t               out_of_range = 0;
};

namespace detail {

/// What an answer claims in front of a mark: all of it, or else its last sentence.
struct marked_claim {
    claim_words whole, last;
    bool        turned = false; ///< the sentence goes on behind the mark, with words that turn its meaning
};

/// Whether a text holds a word that turns the meaning of its sentence, or a question mark.
[[nodiscard]] inline bool any_turns(std::string_view text, context& w) {
    const claim_source words(text, w);
    return words.turns(0, words.signs().size());
}
/// Where the last sentence of a region begins that stands for itself: what leads into it is part of it when it turns the meaning
/// ("These are wrong:"), or when it may not have ended ("am 15. März", "the sql! macro").
[[nodiscard]] inline std::size_t last_sentence(std::string_view text, context& w) {
    std::size_t start = 0, before = 0;
    each_sentence(text, [&](std::size_t begin, std::size_t end) {
        const std::string_view one = text.substr(begin, end - begin);
        if (trim_claim(fold_quote(one, w)).empty()) return; // bare punctuation belongs to what is before
        std::size_t k = begin;
        while (k > 0 && static_cast<unsigned char>(text[k - 1]) <= ' ') --k;
        const std::string_view lead = text.substr(before, k - before);
        const char             c    = lead.empty() ? '\0' : lead.back();
        const bool open = c == ',' || c == ';' || lower_at(text, begin, end) || ordinal_before(text, begin, w) ||
                          (c == ':' && any_turns(lead, w));
        if (!open) start = begin;
        before = begin;
    });
    return start;
}
/// Whether a claim ends with a full stop or an exclamation mark, closing quotes and brackets aside.
[[nodiscard]] inline bool ended(std::string_view claim) noexcept {
    const std::size_t k = claim.find_last_not_of(" \t\r\n\"')*`");
    return k != claim.npos && (claim[k] == '.' || claim[k] == '!' || claim.substr(0, k + 1).ends_with("。"));
}
/// What of `rest`, up to the next mark or the end, belongs to the sentence before it.
[[nodiscard]] inline std::string_view same_sentence(std::string_view rest) noexcept {
    for (std::size_t feed = rest.find('\n'); feed != rest.npos; feed = rest.find('\n', feed + 1)) {
        const std::size_t next = rest.find_first_not_of(" \t\r", feed + 1);
        if (next != rest.npos && lower_at(rest, next, rest.size())) continue;
        rest = rest.substr(0, feed); // a line that opens something new ends it, as a blank one does
        break;
    }
    return rest.substr(0, rest.empty() ? 0 : next_sentence(rest, 0, rest.size()));
}

/// The claim of mark `i`, which stands behind `region`.
[[nodiscard]] inline marked_claim read_claim(std::string_view region, std::string_view text,
                                             std::span<const mark_at> marks, std::size_t i, context& w) {
    std::size_t end = marks[i].end, next = i + 1; // [1][2] share what stands behind them too
    for (; next < marks.size(); end = marks[next++].end) {
        if (marks[next].begin < end) continue;
        if (text.substr(end, marks[next].begin - end).find_first_not_of(" ,;") != text.npos) break;
    }
    const bool             marked = next < marks.size(), over = ended(region);
    const std::string_view rest    = text.substr(end, (marked ? marks[next].begin : text.size()) - end);
    const std::string_view goes_on = over ? std::string_view() : same_sentence(rest);
    const bool closed = over || goes_on.substr(0, 1) == "." || goes_on.substr(0, 1) == "!" || goes_on.starts_with("。");
    marked_claim out;
    out.whole = claim_words(region, closed, w);
    if (const std::size_t start = last_sentence(region, w); start > 0)
        out.last = claim_words(region.substr(start), closed, w);
    // With a mark of its own the rest is a claim of its own.
    out.turned = !goes_on.empty() && !(marked && goes_on.size() == rest.size()) && any_turns(goes_on, w);
    return out;
}

} // namespace detail

/// Reads the marks of an answer and checks each against its source.
///
/// What stands before a mark, back to the mark before it, is its claim; marks without words between them share one. When
/// the whole claim stands in the source, or else its last sentence does, and nothing there turns its meaning
/// (`detail::claim_words::find_in` says how), the citation is narrowed to that place and `verified`. Otherwise, and when the answer's
/// sentence goes on behind its last mark with words that turn it ("… [1], except trainees."), it names the whole source.
/// Takes    the sources of the prompt: `sources[i].mark` is i + 1.
/// Gives    a citation that repeats the one before it from the same source only once.
/// Borrows  the sources' texts, the context.
/// Costs    linear in the answer, and in the source for each mark.
[[nodiscard]] inline citations_read read_citations(std::string_view text, std::span<const source> sources, context& w) {
    arena_list<detail::mark_at> marks(w);
    detail::mark_reader         reader(static_cast<std::uint32_t>(sources.size()));
    reader.feed(text, [&](detail::mark_at m) { marks.push_back(m); });
    reader.finish();

    const auto           read   = w.take<detail::claim_source>(sources.size());
    const auto           before = w.take<const citation*>(sources.size()); // the last citation of each source
    const auto           out    = w.take<citation>(marks.size());
    std::size_t          n = 0, from = 0; // `from`: where the claim region begins
    detail::marked_claim claim;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const detail::mark_at& m = marks[i];
        if (i == 0 || m.begin != marks[i - 1].begin) {
            const std::string_view region = text.substr(from, m.begin - from);
            from                          = m.end;
            if (region.find_first_not_of(" ,;") != region.npos &&
                !detail::trim_claim(detail::fold_quote(region, w)).empty())
                claim = detail::read_claim(region, text, marks.items(), i, w);
        }
        const std::size_t s = m.mark - 1;
        if (read[s].empty()) read[s] = detail::claim_source(sources[s].from.text.body, w);
        detail::quote_place place;
        if (!claim.turned) place = claim.whole.find_in(read[s]);
        if (!claim.turned && !place.found) place = claim.last.find_in(read[s]);

        const chunk& c = sources[s].from;
        citation     made{.mark     = m.mark,
                          .document = c.document,
                          .begin    = place.found ? c.begin + place.begin : c.begin,
                          .end      = place.found ? c.begin + place.end : c.end,
                          .name     = sources[s].name,
                          .quote    = c.text.body,
                          .verified = place.found};
        if (place.found) made.quote = c.text.body.substr(place.begin, place.end - place.begin);
        if (before[s] != nullptr && before[s]->begin == made.begin && before[s]->end == made.end &&
            before[s]->verified == made.verified)
            continue;
        out[n]    = made;
        before[s] = &out[n++];
    }
    return {out.first(n), reader.malformed(), reader.out_of_range()};
}

/// The citations of a generator that says what it copied, one a quote: exactly its bytes, `verified` because they were copied.
///
/// Takes    the sources of the prompt: `sources[i].mark` is i + 1.
/// Gives    nothing for a quote that reaches beyond the text (its listener stopped it before) or beyond its source.
/// Borrows  the sources' texts, the context.
[[nodiscard]] inline std::span<const citation> cite_quotes(const completion& said, std::span<const source> sources,
                                                           context& w) {
    const auto  out = w.take<citation>(said.quotes.size());
    std::size_t n   = 0;
    for (const quoted_span& q : said.quotes) {
        if (q.mark == 0 || q.mark > sources.size() || q.text_begin >= q.text_end || q.text_end > said.text.size())
            continue;
        const chunk& c = sources[q.mark - 1].from;
        if (q.begin >= q.end || q.end > c.text.body.size()) continue;
        out[n++] = {.mark     = q.mark,
                    .document = c.document,
                    .begin    = c.begin + q.begin,
                    .end      = c.begin + q.end,
                    .name     = sources[q.mark - 1].name,
                    .quote    = c.text.body.substr(q.begin, q.end - q.begin),
                    .verified = true};
    }
    return out.first(n);
}

} // namespace graft::inline GRAFT_ABI
