// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// Roles: what a type must offer to be an embedder, an index, a chunk store, a generator. Nobody inherits. One rule of ownership: what
// can be copied goes into a pipeline by value; what cannot (it owns much) has a name and is borrowed, and a temporary of it
// is refused.

/// Turns texts into vectors. An embedder
///  1. has `dims()` numbers a vector, and a `fingerprint()` that changes when its vectors would;
///  2. encodes texts into rows [texts, dims], row i from text i alone; a text it knows nothing of becomes a zero row;
///  3. may bring `encode_query` (same form) for questions, and `dense_weight()`: its share in a hybrid search, 0.5 if absent.
template <class E>
concept embedder = requires(const E& e, std::span<const text_view> in, matrix_view<float> out, context& w) {
    { e.dims() } -> std::same_as<std::size_t>;
    { e.fingerprint() } -> std::same_as<std::uint64_t>;
    { e.encode(in, out, w) } -> std::same_as<result<void>>;
};

/// Which chunks a search may give: any predicate over ids. This one keeps everything.
struct keep_all {
    constexpr bool operator()(chunk_id) const noexcept { return true; }
};

/// Finds what is near a query (vector_view) or shares its words (string_view): min(k, matches) hits, best first.
template <class X, class Query, class Keep = keep_all>
concept searcher = std::predicate<const Keep&, chunk_id> &&
                   requires(const X& x, Query q, std::size_t k, const Keep& keep, context& w) {
                       { x.search(q, k, keep, w) } -> std::same_as<result<std::span<const hit>>>;
                   };

/// What a lexical index knows of a question: its distinct words, the highest score that any chunk could reach, and the words
/// that it took for misspelt.
struct lexical_evidence {
    std::span<const term_weight> terms     = {};
    float                        ceiling   = 0;
    std::span<const respelling>  respelled = {};
};

/// X is an index of Rows that can change: a draft takes additions and removals, `prepare` is the last thing that may fail,
/// `commit` cannot. A draft that is dropped never happened. Row is vector_view or text_view; an index of vectors also says
/// which embedder they are by (0: none yet), and its draft refuses another.
template <class X, class Row>
concept indexes =
    requires(X& x, const X& read, typename X::draft d, std::span<const chunk_id> ids, std::span<const Row> rows) {
        { read.begin() } -> std::same_as<typename X::draft>;
        { d.add(ids, rows) } -> std::same_as<result<void>>;
        { d.remove(ids) } -> std::same_as<result<std::size_t>>;
        { d.prepare() } -> std::same_as<result<void>>;
        { x.commit(std::move(d)) } noexcept;
    } && (!std::same_as<Row, vector_view> || requires(const X& read, typename X::draft d) {
        { d.made_by(std::uint64_t{}) } -> std::same_as<result<void>>;
        { read.made_by() } -> std::same_as<std::uint64_t>;
    });

/// The name and title of the document that a chunk came from.
struct source_name {
    std::string_view name  = {};
    std::string_view title = {};
};

// What a chunk store can do: each stage asks for no more than it needs. `chunk_store` can do all of it.

/// Gives chunks back by id, with the bytes of their documents.
template <class S>
concept finds_chunks = requires(const S& s, chunk_id id) {
    { s.find(id) } -> std::same_as<result<chunk>>;
};

/// Finds chunks, and says what their documents are called.
template <class S>
concept chunk_source = finds_chunks<S> && requires(const S& s, const chunk& c) {
    { s.label(c) } -> std::same_as<source_name>;
};

/// Has all its chunks in a row.
template <class S>
concept lists_chunks = requires(const S& s) {
    { s.all() } -> std::convertible_to<chunks>;
};

/// Finds what stands around a chunk. It gives the chunk `step` places before or after one in the same document, or
/// `fault::unknown_id` beyond its ends; and the bytes of a document, into which every chunk's [begin, end) points. It may bring
/// `leaves_of(document)`, all its leaves: without it what is widened is of unknown form.
template <class S>
concept knows_neighbours = finds_chunks<S> && requires(const S& s, chunk_id id, int step, std::uint64_t document) {
    { s.neighbour(id, step) } -> std::same_as<result<chunk>>;
    { s.text_of(document) } -> std::convertible_to<std::string_view>;
};

/// Knows the fields of the document that a chunk came from (`metadata`, of which nothing is known here); of an unknown chunk, none.
template <class S, class Fields>
concept knows_fields = requires(const S& s, chunk_id id) {
    { s.fields_of(id) } -> std::convertible_to<const Fields&>;
};

/// Counts the tokens of a text, in whatever unit a limit is meant.
template <class C>
concept token_counter = requires(const C& c, std::string_view text) {
    { c.count(text) } -> std::convertible_to<std::size_t>;
};

/// The listener that lets a generator go on, and the shape of any you pass instead: called with each piece of text, false
/// stops the generator.
struct keep_going {
    constexpr bool operator()(std::string_view) const noexcept { return true; }
};

/// What a generator may give: its text alone, or with the places that it quoted.
template <class T>
concept generated = std::same_as<T, result<std::string_view>> || std::same_as<T, result<quoted_text>>;

/// Writes an answer to a prompt. The pieces it hands to the listener concatenate to the text that it gives. One that copies
/// out of the sources gives `quoted_text`: then nobody has to find its quotes again.
template <class G, class Piece = keep_going>
concept generator =
    std::predicate<Piece&, std::string_view> && requires(const G& g, const prompt& p, Piece& piece, context& w) {
        { g.generate(p, piece, w) } -> generated;
    };

/// What a pipeline keeps of a role: a copy of what can be copied, the address of what cannot.
template <class T, bool = std::copy_constructible<T>>
struct stored {
    T                  it;
    constexpr const T* operator->() const noexcept { return &it; }
    constexpr const T& operator*() const noexcept { return it; }
};
template <class T>
struct stored<T, false> {
    const T* it;
    constexpr explicit stored(const T& named) noexcept : it(&named) {}
    constexpr const T* operator->() const noexcept { return it; }
    constexpr const T& operator*() const noexcept { return *it; }
};

/// The stage that an embedder becomes: question → embedded<question>, chunks → embedded<chunks>.
template <embedder E>
struct embedding {
    using stage_concept = stage_tag;
    using inputs        = types<query, chunks>;
    stored<E> model;

    [[nodiscard]] result<embedded<query>> operator()(const query& q, context& w) const {
        return each({&q, 1}, w).transform([](auto all) { return all.front(); });
    }
    [[nodiscard]] result<embedded<chunks>> operator()(const chunks& c, context& w) const {
        auto texts = w.take_raw<text_view>(c.size());
        for (std::size_t i = 0; i < c.size(); ++i) texts[i] = c[i].text;
        const auto rows = room(c.size(), w);
        if (auto ok = model->encode(texts, rows, w); !ok) return ok.error();
        return embedded<chunks>{c, rows, model->fingerprint(), weight()};
    }
    /// Many questions at once: element i is bit-equal to one by one.
    [[nodiscard]] result<std::span<const embedded<query>>> each(std::span<const query> q, context& w) const {
        auto texts = w.take_raw<text_view>(q.size());
        for (std::size_t i = 0; i < q.size(); ++i) texts[i] = text_view{{}, q[i].text};
        const auto rows = room(q.size(), w);
        if (auto ok = encode_query(texts, rows, w); !ok) return ok.error();
        auto out = w.take_raw<embedded<query>>(q.size());
        for (std::size_t i = 0; i < q.size(); ++i) out[i] = {q[i], rows.middle(i, 1), model->fingerprint(), weight()};
        return std::span<const embedded<query>>(out);
    }

private:
    matrix_view<float> room(std::size_t n, context& w) const {
        return {w.take<float>(n * model->dims()).data(), n, model->dims()};
    }
    result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        if constexpr (requires { model->encode_query(in, out, w); }) return model->encode_query(in, out, w);
        else return model->encode(in, out, w);
    }
    float weight() const {
        if constexpr (requires { model->dense_weight(); }) return model->dense_weight();
        else return .5f;
    }
};

/// The stage that a generator becomes: prompt → answer. Defined in generate/answering.hpp.
template <generator G>
struct answering;

namespace detail {

template <class T>
concept role = embedder<std::remove_cvref_t<T>> || generator<std::remove_cvref_t<T>>;

template <class T>
concept dangling = role<T> && !std::is_lvalue_reference_v<T> && !std::copy_constructible<std::remove_cvref_t<T>>;

} // namespace detail

/// A role as the stage it plays; any other stage as itself.
template <class T>
    requires(!detail::dangling<T>)
[[nodiscard]] constexpr auto as_stage(T&& part) {
    using bare = std::remove_cvref_t<T>;
    if constexpr (embedder<bare>) return embedding<bare>{stored<bare>{std::forward<T>(part)}};
    else if constexpr (generator<bare>) return answering<bare>{stored<bare>{std::forward<T>(part)}};
    else return std::decay_t<T>(std::forward<T>(part));
}

template <class T>
using stage_for = decltype(as_stage(std::declval<T>()));

} // namespace graft::inline GRAFT_ABI
