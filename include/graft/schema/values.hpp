// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/schema/leaf.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// The values that flow through a pipeline. Every one is a view: it borrows the chunk store, the workspace or the caller's text,
// needs no destructor, and can be copied into another workspace with copy(value, workspace&).

/// Names a chunk for ever: given by the passages, never reused, the same in every index over one chunk store.
using chunk_id = std::uint64_t;

using vector_view = std::span<const float>;

/// A body, and the prefix (title > section path) that travels beside it: counted and embedded, stored once.
struct text_view {
    std::string_view prefix = {};
    std::string_view body   = {};
};

/// A span of a document. `text.body` is exactly bytes [begin, end) of `document.text`.
struct chunk {
    chunk_id      id       = 0;
    std::uint64_t document = 0; ///< the document's id in its corpus
    std::uint64_t begin    = 0; ///< bytes
    std::uint64_t end      = 0; ///< bytes, past the last
    text_view     text     = {};
    std::uint32_t tokens   = 0;                  ///< of prefix and body together, by the counter that cut it
    text_form     form     = text_form::unknown; ///< plain: no leaves. unknown: no leaves, parse the body
    /// Those of the document that lie in [begin, end), or reach into it: clip them. Positions are the document's.
    std::span<const leaf> leaves = {};
    std::string_view      head = {}; ///< the head row of the table that the chunk begins in, where it stands before it
};
using chunks = std::span<const chunk>;

/// What an index is to learn: chunks that are new and ids that are gone.
struct change {
    chunks                    added   = {};
    std::span<const chunk_id> removed = {};
};

/// What a user asks. Anything that is text converts to it.
struct query {
    std::string_view text = {};

    query() = default;
    template <class T>
        requires std::convertible_to<const T&, std::string_view>
    constexpr query(const T& words) : text(words) {}
};

/// A chunk and how well it fits: higher is better, equal scores by id.
struct hit {
    chunk_id id    = 0;
    float    score = 0;

    bool operator==(const hit&) const = default;
};

/// The order of hits everywhere in graft.
[[nodiscard]] constexpr bool better(const hit& a, const hit& b) noexcept {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
}

/// A word of the question as an index knows it: the hash of its stem, and how much it says among the chunks (> 0).
struct term_weight {
    std::uint64_t term   = 0;
    float         weight = 0;
};

/// A word of the question that no chunk holds, and the word that an index took instead: one letter is another, too many,
/// missing, or two are exchanged. What was found is about `word`: say so to who asked.
struct respelling {
    std::uint64_t    asked = 0;  ///< hash of the word of the question
    std::uint64_t    used  = 0;  ///< hash of the word that was looked for
    std::string_view word  = {}; ///< that word, folded
};

/// What was found, best first, with the question and what is known about the whole list.
struct retrieved {
    query                asked        = {};
    std::span<const hit> hits         = {};
    float                lexical      = -1; ///< best lexical score / its upper bound, in [0, 1]; < 0: not known
    float                support      = -1; ///< how probable it is that the answer is among the hits; < 0: nobody asked
    bool                 refused      = false; ///< the hits are too weak to answer from: they only show what is nearest
    float                dense_weight = -1;    ///< what the embedder says of its own weight in a fusion; < 0: lexical
    std::span<const term_weight> terms     = {}; ///< the question's words, where an index knows them
    std::span<const respelling>  respelled = {}; ///< words of the question that were taken for others
};

/// A span to be quoted: a hit's chunk, or a chunk widened by its neighbours. `from.text.body` is the whole span.
struct passage {
    chunk from  = {};
    float score = 0;
};

/// What was found, as spans to read instead of ids.
struct passages {
    retrieved                of    = {};
    std::span<const passage> items = {}; ///< best first
};

/// Something with its vectors: row i belongs to item i.
template <class T>
struct embedded {
    T                        of     = {};
    matrix_view<const float> rows   = {};
    std::uint64_t            by     = 0;  ///< fingerprint of the embedder
    float                    weight = .5; ///< the dense weight that suits this embedder in a hybrid search
};

/// A piece of a prompt. Untrusted text came from a document or a user: a decoder tokenises it alone, a text renderer
/// seals it.
struct segment {
    std::string_view text    = {};
    bool             trusted = false;
    std::uint32_t    mark    = 0; ///< the source that it belongs to, from 1; 0: none
};

/// Why a source is, or is not, in a prompt.
enum class kept_because : std::uint8_t {
    fits,        ///< it is in the prompt
    over_budget, ///< the budget was spent by better sources
    merged,      ///< its text is inside another source of the same document
    over_count,  ///< more sources than asked for
    unsupported, ///< the support of all that was found is below the threshold
};

/// A chunk that a prompt considered. Only those with `mark` > 0 are in it.
struct source {
    std::uint32_t    mark   = 0;
    chunk            from   = {};
    std::string_view name   = {}; ///< the document's path
    std::string_view title  = {};
    float            score  = 0;
    std::size_t      tokens = 0; ///< of the whole block in the prompt, by the budget's counter
    kept_because     why    = kept_because::fits;
};

/// Segments in order, and one row a source: those kept first (by mark), then the dropped ones (by rank).
struct prompt {
    query                        asked    = {};
    std::span<const segment>     segments = {};
    std::span<const source>      sources  = {}; ///< the kept ones
    std::span<const source>      audit   = {}; ///< all that were considered: the kept by mark, then the dropped by rank
    std::size_t                  tokens  = 0;  ///< of the rendered prompt, by the budget's counter
    float                        support = -1;
    std::span<const term_weight> terms   = {};
    std::span<const respelling>  respelled = {};
};

/// Where a part of an answer was copied from.
struct quoted_span {
    std::uint32_t mark       = 0; ///< of the source
    std::size_t   begin      = 0; ///< bytes of `sources[mark - 1].from.text.body`
    std::size_t   end        = 0;
    std::size_t   text_begin = 0; ///< bytes of the answer that this quote is, without its mark
    std::size_t   text_end   = 0;
};

/// What a generator that quotes gives: its text, and where each quote in it was copied from, in the order of the text.
///
/// It reads as its text, so that who wants nothing else may take it for one.
struct quoted_text {
    std::string_view             text   = {};
    std::span<const quoted_span> quotes = {};

    constexpr             operator std::string_view() const noexcept { return text; }
    friend constexpr bool operator==(const quoted_text& a, std::string_view b) noexcept { return a.text == b; }
};

/// A claim that a source says something: bytes [begin, end) of a document, and whether that was checked.
///
/// `verified` promises that the claim's words, in their order and with their signs, stand in that span (or were copied from it), and that
/// no word of the claim beside them, nor of the sentence around the span, is known to turn their meaning: negation, exception, condition,
/// doubt, quantity, comparison, a cut number, name or date (`claim_words::find_in` has the rules and the languages). It compares
/// words and understands nothing: what other sentences say ("This is wrong."), headings, what was cut off with the chunk's ends,
/// irony, what "he" or "it" means, capitals, and whether the source is right are not looked at. False means only that the words
/// alone do not show it.
struct citation {
    std::uint32_t    mark     = 0;
    std::uint64_t    document = 0;
    std::uint64_t    begin    = 0;
    std::uint64_t    end      = 0;
    std::string_view name     = {};    ///< the document's path
    std::string_view quote    = {};    ///< the bytes of that span
    bool             verified = false; ///< the answer's words stand in that span, and nothing turns them
};

/// What the user gets.
struct answer {
    std::string_view            text          = {};
    std::span<const citation>   citations     = {};
    bool                        answerable    = false; ///< false: no relevant source, and `text` says so
    query                       asked         = {};
    std::span<const source>     sources       = {}; ///< as `prompt::audit`
    std::size_t                 prompt_tokens = 0;
    float                       support       = -1;
    std::span<const respelling> respelled     = {}; ///< words of the question that were taken for others
};

[[nodiscard]] inline query     copy(const query& q, context& w) { return query(w.keep(q.text)); }
[[nodiscard]] inline text_view copy(const text_view& t, context& w) { return {w.keep(t.prefix), w.keep(t.body)}; }
[[nodiscard]] inline chunk     copy(chunk c, context& w) {
    c.text   = copy(c.text, w);
    c.leaves = w.keep(c.leaves);
    c.head   = w.keep(c.head);
    return c;
}
[[nodiscard]] inline std::span<const respelling> copy(std::span<const respelling> from, context& w) {
    auto to = w.take<respelling>(from.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = {from[i].asked, from[i].used, w.keep(from[i].word)};
    return to;
}
[[nodiscard]] inline retrieved copy(retrieved f, context& w) {
    f.asked = copy(f.asked, w);
    f.hits  = w.keep(f.hits);
    f.terms = w.keep(f.terms);

    f.respelled = copy(f.respelled, w);
    return f;
}
[[nodiscard]] inline passages copy(passages e, context& w) {
    auto items = w.take<passage>(e.items.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = {copy(e.items[i].from, w), e.items[i].score};
    return {copy(e.of, w), items};
}
[[nodiscard]] inline source copy(source s, context& w) {
    s.from  = copy(s.from, w);
    s.name  = w.keep(s.name);
    s.title = w.keep(s.title);
    return s;
}
[[nodiscard]] inline std::span<const source> copy(std::span<const source> from, context& w) {
    auto to = w.take<source>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = copy(from[i], w);
    return to;
}
template <class T>
[[nodiscard]] embedded<T> copy(embedded<T> e, context& w) {
    e.of        = copy(e.of, w);
    e.rows.data = w.keep(std::span<const float>(e.rows.flat())).data();
    return e;
}
[[nodiscard]] inline prompt copy(prompt p, context& w) {
    auto segments = w.take<segment>(p.segments.size());
    for (std::size_t i = 0; i < segments.size(); ++i) {
        segments[i]      = p.segments[i];
        segments[i].text = w.keep(p.segments[i].text);
    }
    p.asked     = copy(p.asked, w);
    p.segments  = segments;
    p.sources   = copy(p.sources, w);
    p.audit     = copy(p.audit, w);
    p.terms     = w.keep(p.terms);
    p.respelled = copy(p.respelled, w);
    return p;
}
[[nodiscard]] inline quoted_text copy(const quoted_text& t, context& w) { return {w.keep(t.text), w.keep(t.quotes)}; }
[[nodiscard]] inline answer      copy(answer a, context& w) {
    auto citations = w.take<citation>(a.citations.size());
    for (std::size_t i = 0; i < citations.size(); ++i) {
        citations[i]       = a.citations[i];
        citations[i].name  = w.keep(a.citations[i].name);
        citations[i].quote = w.keep(a.citations[i].quote);
    }
    a.text      = w.keep(a.text);
    a.citations = citations;
    a.asked     = copy(a.asked, w);
    a.sources   = copy(a.sources, w);
    a.respelled = copy(a.respelled, w);
    return a;
}

} // namespace graft::inline GRAFT_ABI
