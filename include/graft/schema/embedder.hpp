// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage_of.hpp>
#include <graft/schema/retrieved.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Turns texts into vectors. An embedder
///  1. has `dims()` numbers a vector, and a `fingerprint()` that changes when its vectors would;
///  2. encodes texts into rows [texts, dims], row i from text i alone; a text it knows nothing of becomes a zero row;
///  3. may bring `encode_query` (same form) for questions; `query_fingerprint()`, which changes when the vectors of those would and an index of
///     passages stays good, the fingerprint if absent; and `dense_weight()`: its share in a hybrid search, 0.5 if absent.
template <class E>
concept embedder = requires(const E& e, std::span<const text_view> in, matrix_view<float> out, context& w) {
    { e.dims() } -> std::same_as<std::size_t>;
    { e.fingerprint() } -> std::same_as<std::uint64_t>;
    { e.encode(in, out, w) } -> std::same_as<result<void>>;
};

namespace detail {

/// Encodes questions: as the embedder does, or as passages where it makes no difference.
template <embedder E>
[[nodiscard]] result<void> encode_questions(const E& e, std::span<const text_view> in, matrix_view<float> out,
                                            context& c) {
    if constexpr (requires { e.encode_query(in, out, c); }) return e.encode_query(in, out, c);
    else return e.encode(in, out, c);
}
/// What names the vectors of questions.
template <embedder E>
[[nodiscard]] std::uint64_t query_fingerprint_of(const E& e) {
    if constexpr (requires { e.query_fingerprint(); }) return e.query_fingerprint();
    else return e.fingerprint();
}
/// The share of an embedder in a hybrid search.
template <embedder E>
[[nodiscard]] float dense_weight_of(const E& e) {
    if constexpr (requires { e.dense_weight(); }) return e.dense_weight();
    else return .5f;
}

} // namespace detail

/// What a type lacks that was meant as an embedder: the compiler names it, as in
/// `an_embedder<mine>::needs__uint64_t_fingerprint_const`.
template <class E>
struct an_embedder {
    struct needs__size_t_dims_const;
    struct needs__uint64_t_fingerprint_const;
    struct needs__result_void_encode_of_texts_rows_context_const;
};

namespace detail {

/// A type that encodes texts, or has dims and a fingerprint, and is no embedder all the same.
template <class E>
concept almost_an_embedder =
    !embedder<E> && !requires { typename E::stage_concept; } &&
    (requires(E& e, std::span<const text_view> in, matrix_view<float> out, context& c) { e.encode(in, out, c); } ||
     requires(E& e) { e.dims(), e.fingerprint(); });

} // namespace detail

/// It lacks `dims`.
template <detail::almost_an_embedder E>
    requires(!requires(const E& e) {
        { e.dims() } -> std::same_as<std::size_t>;
    })
struct almost_a_role<E> {
    using type = typename an_embedder<E>::needs__size_t_dims_const;
};
/// It has `dims` and lacks `fingerprint`.
template <detail::almost_an_embedder E>
    requires(
        requires(const E& e) {
            { e.dims() } -> std::same_as<std::size_t>;
        } &&
        !requires(const E& e) {
            { e.fingerprint() } -> std::same_as<std::uint64_t>;
        })
struct almost_a_role<E> {
    using type = typename an_embedder<E>::needs__uint64_t_fingerprint_const;
};
/// It has both and lacks `encode`, or gives something else there.
template <detail::almost_an_embedder E>
    requires(requires(const E& e) {
        { e.dims() } -> std::same_as<std::size_t>;
        { e.fingerprint() } -> std::same_as<std::uint64_t>;
    })
struct almost_a_role<E> {
    using type = typename an_embedder<E>::needs__result_void_encode_of_texts_rows_context_const;
};

/// The stage that an embedder becomes: question → embedded<question>, chunks → embedded<chunks>.
template <embedder E>
struct embedding {
    using stage_concept                    = stage_tag;
    using inputs                           = types<query, chunks>;
    static constexpr std::string_view name = "embed";

    stored<E> model;

    [[nodiscard]] result<embedded<query>> operator()(const query& q, context& w) const {
        return each({&q, 1}, w).transform([](auto all) { return all.front(); });
    }
    [[nodiscard]] result<embedded<chunks>> operator()(const chunks& c, context& w) const {
        auto texts = w.take_raw<text_view>(c.size());
        for (std::size_t i = 0; i < c.size(); ++i) texts[i] = c[i].text;
        const auto rows = room(c.size(), w);
        if (auto ok = model->encode(texts, rows, w); !ok) return ok.error();
        return embedded<chunks>{c, rows, model->fingerprint(), detail::dense_weight_of(*model)};
    }
    /// Many questions at once: element i is bit-equal to one by one.
    [[nodiscard]] result<std::span<const embedded<query>>> each(std::span<const query> q, context& w) const {
        auto texts = w.take_raw<text_view>(q.size());
        for (std::size_t i = 0; i < q.size(); ++i) texts[i] = text_view{{}, q[i].text};
        const auto rows = room(q.size(), w);
        if (auto ok = detail::encode_questions(*model, texts, rows, w); !ok) return ok.error();
        auto out = w.take_raw<embedded<query>>(q.size());
        for (std::size_t i = 0; i < q.size(); ++i)
            out[i] = {q[i], rows.middle(i, 1), model->fingerprint(), detail::dense_weight_of(*model)};
        return std::span<const embedded<query>>(out);
    }

private:
    matrix_view<float> room(std::size_t n, context& w) const {
        return {w.take<float>(n * model->dims()).data(), n, model->dims()};
    }
};

/// An embedder becomes `embedding`.
template <embedder E>
struct stage_of<E> {
    using type = embedding<E>;
};

} // namespace graft::inline GRAFT_ABI
