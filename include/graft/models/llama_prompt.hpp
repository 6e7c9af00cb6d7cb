// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/prefix.hpp>
#include <graft/adapt/soft_prompt.hpp>
#include <graft/models/llama.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace graft::inline GRAFT_ABI {

// Whole texts of a Llama behind virtual tokens: forward, and backward to what is tuned of them.

namespace detail {

/// Whether virtual tokens are those of a model.
template <class Model, std::floating_point Scalar>
[[nodiscard]] bool fits(const Model& m, const prefix<Scalar>& p) noexcept {
    return p.tokens() == 0 || (p.layers == m.layers.size() && p.width() == m.config.kv_heads * m.config.dims &&
                               p.rows.dims() == p.layers * 2 * p.width());
}
template <class Model, std::floating_point Scalar>
[[nodiscard]] bool fits(const Model& m, const soft_prompt<Scalar>& p) noexcept {
    return p.tokens() == 0 || p.width() == m.config.width;
}
/// Rows that a text has beside its tokens.
template <std::floating_point Scalar>
[[nodiscard]] std::size_t rows_before(const prefix<Scalar>&) noexcept {
    return 0;
}
template <std::floating_point Scalar>
[[nodiscard]] std::size_t rows_before(const soft_prompt<Scalar>& p) noexcept {
    return p.tokens();
}

/// Keys and values of a layer, those of each text behind those of a prefix.
///
/// Takes    memory of the context
template <std::floating_point Scalar>
struct keys_behind {
    std::size_t                  first; // keys of the prefix
    std::span<const std::size_t> ends;
    std::span<std::size_t>       key_ends;
    matrix_view<Scalar>          k, v;

    keys_behind(std::size_t p, std::size_t width, std::span<const std::size_t> of, context& c)
        : first(p), ends(of), key_ends(c.take_raw<std::size_t>(of.size())) {
        for (std::size_t s = 0; s < ends.size(); ++s) key_ends[s] = ends[s] + (s + 1) * first;
        const std::size_t rows = ends.empty() ? 0 : key_ends.back();
        k = take_matrix<Scalar>(c, rows, width), v = take_matrix<Scalar>(c, rows, width);
    }
    /// Calls f(from, to, rows) for each text: where its rows stand among those of all, and where here, behind the prefix.
    template <class F>
    void each_text(const F& f) const {
        for (std::size_t s = 0, begin = 0; s < ends.size(); begin = ends[s++])
            f(begin, begin + (s + 1) * first, ends[s] - begin);
    }
    void gather(const prefix<Scalar>& before, std::size_t layer, matrix_view<const Scalar> of_k,
                matrix_view<const Scalar> of_v) const noexcept {
        each_text([&](std::size_t from, std::size_t to, std::size_t n) {
            for (std::size_t i = 0; i < first; ++i) {
                std::ranges::copy(before.keys(layer, i), k.row(to - first + i).data());
                std::ranges::copy(before.values(layer, i), v.row(to - first + i).data());
            }
            std::copy_n(of_k.data + from * k.dims, n * k.dims, k.data + to * k.dims);
            std::copy_n(of_v.data + from * v.dims, n * v.dims, v.data + to * v.dims);
        });
    }
};

/// How rows of whole texts look at each other behind a prefix: at its keys, and at those before them in their text.
template <std::floating_point Scalar>
struct look_behind {
    attention<Scalar>            by;
    const prefix<Scalar>&        before;
    std::span<const std::size_t> ends;
    matrix_view<Scalar>          drows; ///< of the prefix's rows, for the backward pass
    context&                     c;

    [[nodiscard]] result<void> operator()(std::size_t l, matrix_view<Scalar> q, matrix_view<Scalar> k,
                                          matrix_view<Scalar> v, matrix_view<Scalar> seen,
                                          typename attention<Scalar>::saved* sums) const {
        if (sums != nullptr) sums->log_sums = c.template take_raw<Scalar>(by.heads * q.rows);
        const arena::scope        own(c);
        const keys_behind<Scalar> all(before.tokens(), k.dims, ends, c);
        all.gather(before, l, k, v);
        typename attention<Scalar>::saved here;
        auto ok = by.forward(as_rows(q), as_rows(all.k), as_rows(all.v), ends, all.key_ends, {seen},
                             sums != nullptr ? &here : nullptr, c);
        if (sums != nullptr) std::copy(here.log_sums.begin(), here.log_sums.end(), sums->log_sums.begin());
        return ok;
    }
    /// Backwards. Takes what a layer saved.
    template <class Saved>
    [[nodiscard]] result<void> operator()(std::size_t l, const Saved& kept, matrix_view<Scalar> dseen,
                                          matrix_view<Scalar> dq, matrix_view<Scalar> dk,
                                          matrix_view<Scalar> dv) const {
        const auto&               fun = row_functions<Scalar>();
        const arena::scope        own(c);
        const keys_behind<Scalar> all(before.tokens(), dk.dims, ends, c), d(before.tokens(), dk.dims, ends, c);
        all.gather(before, l, kept.k, kept.v);
        for (const auto to : {d.k, d.v}) std::fill_n(to.data, to.rows * to.dims, Scalar{0});
        if (auto ok = by.backward(as_rows(kept.q), as_rows(all.k), as_rows(all.v), ends, all.key_ends,
                                  as_rows(kept.seen), kept.attended, as_rows(dseen), {dq}, {d.k}, {d.v}, c);
            !ok)
            return ok;
        d.each_text([&](std::size_t from, std::size_t to, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) {
                fun.add(d.k.row(to + i).data(), dk.row(from + i).data(), dk.dims);
                fun.add(d.v.row(to + i).data(), dv.row(from + i).data(), dv.dims);
            }
            for (std::size_t i = 0; i < d.first; ++i) {
                Scalar* const row = drows.row(i).data() + before.at(l);
                fun.add(d.k.row(to - d.first + i).data(), row, dk.dims);
                fun.add(d.v.row(to - d.first + i).data(), row + dk.dims, dv.dims);
            }
        });
        return done;
    }
};

} // namespace detail

/// Reads whole texts behind a prefix: y [tokens, width], the rows that the head takes. The tokens stand from position p on.
///
/// Takes    what `llama::forward` takes; `keep`, filled with memory of the context, or null
/// Fails    `wrong_shape` for a prefix of another model; `unknown_id` (row), `too_large` (row: the text); stopped, timed_out
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> forward_behind(const llama<Scalar, Weight>& m, const prefix<Scalar>& before,
                                          const packed_tokens& in, matrix_view<Scalar> y,
                                          typename llama<Scalar, Weight>::saved* keep, context& c) {
    GRAFT_ASSERT(y.rows == in.ids.size() && y.dims == m.config.width, "a row for each token");
    if (!detail::fits(m, before)) return error{fault::wrong_shape, unit::none, 0, "prefix"};
    std::optional<arena::scope> mine;
    if (keep == nullptr) mine.emplace(c);
    const auto positions = m.places_of(in, before.tokens(), 0, c);
    if (!positions) return positions.error();
    const auto x = detail::take_matrix<Scalar>(c, in.ids.size(), m.config.width);
    if (auto ok = m.embed(in.ids, x); !ok) return ok;
    const detail::look_behind<Scalar> attend{m.heads(), before, in.ends, {}, c};
    return m.through(x, *positions, attend, y, {}, keep, c);
}
/// Adds the gradient of the prefix's rows: of the texts in their order.
///
/// Takes    what `forward_behind` took and saved; dy [tokens, width], which is overwritten; drows, of the shape of the rows
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> backward_behind(const llama<Scalar, Weight>& m, const prefix<Scalar>& before,
                                           const packed_tokens& in, const typename llama<Scalar, Weight>::saved& s,
                                           matrix_view<Scalar> dy, matrix_view<Scalar> drows, context& c) {
    GRAFT_ASSERT(drows.rows == before.tokens() && drows.dims == before.rows.dims(), "a gradient of the rows' shape");
    const arena::scope                mine(c);
    const detail::look_behind<Scalar> attend{m.heads(), before, in.ends, drows, c};
    if (auto dx = m.back_through(s, dy, 0, attend, {}, {}, c); !dx) return dx.error();
    return done;
}

/// Reads whole texts behind a soft prompt: y [p · texts + tokens, width]. A text's first p rows are the prompt's; the last of them says what may be its
/// first token.
///
/// Takes, Fails    as behind a prefix
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> forward_behind(const llama<Scalar, Weight>& m, const soft_prompt<Scalar>& before,
                                          const packed_tokens& in, matrix_view<Scalar> y,
                                          typename llama<Scalar, Weight>::saved* keep, context& c) {
    const std::size_t p = before.tokens();
    GRAFT_ASSERT(y.rows == in.ids.size() + p * in.ends.size() && y.dims == m.config.width, "a row for each token");
    if (!detail::fits(m, before)) return error{fault::wrong_shape, unit::none, 0, "soft prompt"};
    std::optional<arena::scope> mine;
    if (keep == nullptr) mine.emplace(c);
    const auto positions = m.places_of(in, p, p, c);
    if (!positions) return positions.error();
    const auto x    = detail::take_matrix<Scalar>(c, y.rows, m.config.width);
    const auto ends = c.take_raw<std::size_t>(in.ends.size());
    for (std::size_t s = 0, begin = 0, at = 0; s < in.ends.size(); begin = in.ends[s++]) {
        for (std::size_t i = 0; i < p; ++i) std::ranges::copy(before.rows.row(i), x.row(at++).data());
        const std::size_t n = in.ends[s] - begin;
        if (auto ok = m.embed(in.ids.subspan(begin, n), x.middle(at, n)); !ok) {
            error why = ok.error();
            why.where += begin;
            return why;
        }
        at += n, ends[s] = at;
    }
    return m.through(x, *positions, m.within(ends, c), y, {}, keep, c);
}
/// Adds the gradient of the prompt's rows: of the texts in their order.
///
/// Takes    what `forward_behind` took and saved; dy [p · texts + tokens, width], which is overwritten; drows, of the shape of the rows
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<void> backward_behind(const llama<Scalar, Weight>& m, const soft_prompt<Scalar>& before,
                                           const packed_tokens& in, const typename llama<Scalar, Weight>::saved& s,
                                           matrix_view<Scalar> dy, matrix_view<Scalar> drows, context& c) {
    GRAFT_ASSERT(drows.rows == before.tokens() && drows.dims == before.rows.dims(), "a gradient of the rows' shape");
    const arena::scope mine(c);
    const std::size_t  p    = before.tokens();
    const auto         ends = c.take_raw<std::size_t>(in.ends.size());
    for (std::size_t t = 0; t < ends.size(); ++t) ends[t] = in.ends[t] + (t + 1) * p;
    const auto dx = m.back_through(s, dy, 0, m.within(ends, c), {}, {}, c);
    if (!dx) return dx.error();
    for (std::size_t t = 0, begin = 0; t < ends.size(); begin = ends[t++])
        for (std::size_t i = 0; i < p; ++i)
            detail::row_functions<Scalar>().add(dx->row(begin + i).data(), drows.row(i).data(), drows.dims);
    return done;
}

/// The prompt that a text's tokens are: their embeddings, the last tokens left out or the text said again until there are so many.
///
/// Fails    `no_input` without a token; `unknown_id` (row)
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<soft_prompt<Scalar>> soft_prompt_of(const llama<Scalar, Weight>&   m,
                                                         std::span<const std::uint32_t> text, std::size_t tokens) {
    if (text.empty()) return error{fault::no_input, unit::none, 0, "tokens of a prompt"};
    soft_prompt<Scalar> made{matrix<Scalar>(tokens, m.config.width)};
    for (std::size_t i = 0; i < tokens; i += text.size()) {
        const std::size_t n = std::min(text.size(), tokens - i);
        if (auto ok = m.embed(text.first(n), made.rows.view().middle(i, n)); !ok) return ok.error();
    }
    return made;
}
/// The prefix that a prompt is: what the layers make of its rows. Behind either a text is read alike, to the bit.
///
/// Fails    `wrong_shape` for a prompt of another model; `too_large`; stopped, timed_out
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<prefix<Scalar>> prefix_of(const llama<Scalar, Weight>& m, const soft_prompt<Scalar>& prompt,
                                               context& c) {
    const arena::scope mine(c);
    if (!detail::fits(m, prompt)) return error{fault::wrong_shape, unit::none, 0, "soft prompt"};
    if (prompt.tokens() > m.config.positions) return error{fault::too_large, unit::none, m.config.positions, "tokens"};
    const std::size_t ends[] = {prompt.tokens()};
    const auto        places = c.take_raw<std::uint32_t>(prompt.tokens());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint32_t>(i);
    auto       made = prefix<Scalar>::empty(prompt.tokens(), m.layers.size(), m.config.kv_heads * m.config.dims);
    const auto x    = detail::take_matrix<Scalar>(c, prompt.tokens(), m.config.width),
               y    = detail::take_matrix<Scalar>(c, x.rows, x.dims);
    std::ranges::copy(prompt.rows.flat(), x.data);
    const auto look   = m.within(ends, c);
    const auto attend = [&](std::size_t l, matrix_view<Scalar> q, matrix_view<Scalar> k, matrix_view<Scalar> v,
                            matrix_view<Scalar> seen, typename attention<Scalar>::saved* sums) {
        for (std::size_t i = 0; i < k.rows; ++i) {
            std::ranges::copy(k.row(i), made.keys(l, i).data());
            std::ranges::copy(v.row(i), made.values(l, i).data());
        }
        return look(l, q, k, v, seen, sums);
    };
    if (auto ok = m.through(x, places, attend, y, {}, nullptr, c); !ok) return ok.error();
    return made;
}
/// The prefix that the first tokens of a text are: their keys and values.
///
/// Fails    `no_input` where the text has fewer; as the other
template <std::floating_point Scalar, class Weight>
[[nodiscard]] result<prefix<Scalar>> prefix_of(const llama<Scalar, Weight>& m, std::span<const std::uint32_t> text,
                                               std::size_t tokens, context& c) {
    if (text.size() < tokens || tokens == 0)
        return error{fault::no_input, unit::none, text.size(), "tokens of a prefix"};
    const auto prompt = soft_prompt_of(m, text, tokens);
    if (!prompt) return prompt.error();
    return prefix_of(m, *prompt, c);
}

} // namespace graft::inline GRAFT_ABI
