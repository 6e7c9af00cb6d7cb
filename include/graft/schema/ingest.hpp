// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/progress_steps.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/schema/index.hpp>

#include <optional>
#include <tuple>

namespace graft::inline GRAFT_ABI {

/// What one sink took in.
struct ingested {
    std::size_t stored       = 0;
    std::size_t unembeddable = 0; ///< zero rows: left to the lexical index
    std::size_t removed      = 0;

    bool operator==(const ingested&) const = default;
};

/// A sink is a stage with a draft: what the stage gives, the draft accepts in order. `prepare` is the last thing that may fail.
template <class S>
concept sink = requires(const S& s, decltype(s.begin()) d, std::span<const chunk_id> gone, context& c) {
    { d.remove(gone) } -> std::same_as<result<void>>;
    { d.prepare(c) } -> std::same_as<result<void>>;
    { d.commit() } noexcept;
};

/// Several sinks over one chunk store: all commit, or none does. Made by `ingest`; give it a chunk store or a `change`.
///
///     auto add = ingest(embed | index_into(nearest), index_into(words));
///     context c{threads(4)};
///     add(chunks, c).value();
///
/// Gives    what each sink took in.
/// Costs    blocks of 1,024 chunks run on the executor of the context, so memory is bounded by width x block; drafts accept in
///          order, so the thread count changes nothing in what is taken in.
/// Fails    as the stages and the drafts; stopped, timed_out. Then nothing has changed.
template <class... Sinks>
struct ingestion {
    using stage_concept                = stage_tag;
    using inputs                       = types<change>;
    static constexpr std::size_t block = 1024;

    std::tuple<Sinks...> sinks;

    /// Takes in every chunk of a chunk store.
    template <lists_chunks Store>
    auto operator()(const Store& store, context& c) const {
        return take_in(change{store.all(), {}}, c);
    }
    template <lists_chunks Store>
    auto operator()(const Store& store, context&& c = {}) const {
        return take_in(change{store.all(), {}}, c);
    }
    /// Takes in what changed: forgets `removed`, then takes `added`.
    auto operator()(const change& what, context& c) const { return take_in(what, c); }
    auto operator()(const change& what, context&& c = {}) const { return take_in(what, c); }

    template <class F>
    [[nodiscard]] auto mapped(const F& f) const {
        return std::apply([&](const auto&... s) { return ingestion<decltype(f(s))...>{{f(s)...}}; }, sinks);
    }

private:
    auto take_in(const change& what, context& c) const {
        return std::apply(
            [&](const Sinks&... s) {
                progress_steps told(c, what.added.size());
                told.next(what.added.size() / 2);
                auto drafts = std::make_tuple(s.begin()...);
                using out =
                    result<decltype(std::apply([](auto&... d) { return std::make_tuple(d.commit()...); }, drafts))>;
                if (auto ok = all(drafts, [&](auto& d) { return d.remove(what.removed); }); !ok) return out(ok.error());
                if (auto ok = fill(drafts, what.added, c, std::index_sequence_for<Sinks...>{}); !ok)
                    return out(ok.error());
                const auto prepared = [&](auto& d) {
                    told.next(what.added.size() / (2 * sizeof...(Sinks)));
                    return d.prepare(c);
                };
                if (auto ok = all(drafts, prepared); !ok) return out(ok.error());
                if (auto ok = c.alive(); !ok) return out(ok.error());
                told.all();
                return out(std::apply([](auto&... d) { return std::make_tuple(d.commit()...); }, drafts));
            },
            sinks);
    }

    template <class Drafts, class F>
    static result<void> all(Drafts& drafts, const F& f) {
        result<void> first = done;
        const auto   one   = [&](auto& d) {
            if (first) first = f(d);
        };
        std::apply([&](auto&... d) { (one(d), ...); }, drafts);
        return first;
    }

    template <class Drafts, std::size_t... I>
    result<void> fill(Drafts& drafts, chunks added, context& c, std::index_sequence<I...>) const {
        using made = std::tuple<std::optional<output_t<Sinks, chunks>>...>;
        return in_order(
            c, added.size(), block,
            [&](std::size_t begin, std::size_t end, context& w) -> result<made> {
                made         m;
                result<void> ok  = done;
                const auto   run = [&](const auto& stage, auto& to) {
                    if (!ok) return;
                    if (auto r = call(stage, added.subspan(begin, end - begin), w)) to = *r;
                    else ok = r.error();
                };
                (run(std::get<I>(sinks), std::get<I>(m)), ...);
                if (!ok) return ok.error();
                return m;
            },
            [&](made&& m) {
                result<void> ok   = done;
                const auto   take = [&](auto& draft, const auto& what) {
                    if (ok) ok = draft.accept(*what);
                };
                (take(std::get<I>(drafts), std::get<I>(m)), ...);
                return ok;
            });
    }
};

/// Sends every chunk to several sinks: `ingest(embed | index_into(nearest), index_into(words))`.
template <class... Sinks>
    requires(sink<Sinks> && ...)
[[nodiscard]] auto ingest(Sinks... sinks) {
    return ingestion<Sinks...>{{std::move(sinks)...}};
}

/// The stage that files what reaches it in an index. Made by `index_into`.
///
/// Borrows  the index.
/// Fails    `add` of a non-finite row, of an id that is there already, of rows by another embedder.
template <class X, class In>
struct index_writer {
    using stage_concept = stage_tag;
    X* to;

    [[nodiscard]] constexpr In operator()(const In& in) const { return in; }

    /// One generation in the making.
    struct draft {
        X*                to;
        typename X::draft next;
        ingested          count = {};

        result<void> remove(std::span<const chunk_id> ids) {
            auto gone = next.remove(ids);
            if (!gone) return gone.error();
            count.removed += *gone;
            return done;
        }
        result<void> accept(const chunks& c) {
            std::vector<chunk_id>  ids(c.size());
            std::vector<text_view> texts(c.size());
            for (std::size_t i = 0; i < c.size(); ++i) ids[i] = c[i].id, texts[i] = c[i].text;
            count.stored += ids.size();
            return next.add(ids, texts);
        }
        result<void> accept(const embedded<chunks>& e) {
            if (auto ok = next.made_by(e.by); !ok) return ok;
            std::vector<chunk_id>    ids;
            std::vector<vector_view> rows;
            for (std::size_t i = 0; i < e.of.size(); ++i) {
                const vector_view row = e.rows.row(i);
                if (std::all_of(row.begin(), row.end(), [](float x) { return x == 0; })) ++count.unembeddable;
                else ids.push_back(e.of[i].id), rows.push_back(row);
            }
            count.stored += ids.size();
            return next.add(ids, rows);
        }
        result<void> prepare(context& c) { return next.prepare(c); }
        ingested     commit() noexcept {
            to->commit(std::move(next));
            return count;
        }
    };
    [[nodiscard]] draft begin() const { return {to, to->begin()}; }
};

/// Puts embedded chunks into a dense index.
template <indexes<vector_view> X>
[[nodiscard]] constexpr auto index_into(X& x) {
    return index_writer<X, embedded<chunks>>{&x};
}
/// Puts chunks into a lexical index.
template <indexes<text_view> X>
[[nodiscard]] constexpr auto index_into(X& x) {
    return index_writer<X, chunks>{&x};
}
template <class X, class Why = typename a_temporary<X>::would_dangle__give_it_a_name>
void index_into(const X&&) = delete;

namespace flow {
using graft::index_into;
using graft::ingest;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
