// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/copy.hpp>
#include <graft/flow/stage.hpp>
#include <graft/metadata/filter.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/query.hpp>

#include <concepts>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// A chunk store that lists its chunks and knows the fields of their documents: `metadata`, or whatever a filter can ask.
template <class S>
concept filters_chunks = lists_chunks<S> && requires(const S& s, const filter& f, chunk_id id) {
    { f(s.fields_of(id)) } -> std::same_as<bool>;
};

/// The chunks that a filter keeps.
///
///     auto english = matching(where("lang") == "en", chunks);
///     auto hits    = words.search("how many days of leave", 10, english, c);
///
/// Costs    one evaluation and one bit a chunk.
template <filters_chunks Store>
[[nodiscard]] id_set matching(const filter& f, const Store& store, arena& to) {
    const chunks all = store.all();
    auto         ids = to.take_raw<chunk_id>(all.size());
    std::size_t  n   = 0;
    for (const chunk& c : all)
        if (f(store.fields_of(c.id))) ids[n++] = c.id;
    return id_set::of(ids.first(n), to);
}
/// The same, with memory of its own.
template <filters_chunks Store>
[[nodiscard]] owned<id_set> matching(const filter& f, const Store& store) {
    owned<id_set> made;
    arena         room;
    static_cast<id_set&>(made) = copy(matching(f, store, room), made.memory);
    return made;
}

/// The stage that turns the filter of a question into the chunks that a search may give. Made by `narrow`.
///
/// Put before `hybrid`, it holds for every branch. A question without a filter passes as it is.
/// Borrows  the chunk store; its answer, the arena.
template <filters_chunks Store>
struct narrowing {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "narrow";

    const Store* store;

    [[nodiscard]] query operator()(query q, arena& a) const {
        if (q.only == nullptr || q.narrowed) return q;
        q.among    = matching(*q.only, *store, a);
        q.narrowed = true;
        return q;
    }
};

/// Lets each question be asked of chunks of its own choice: `narrow(chunks) | hybrid(…) | …`, and `q.only = &filter`.
template <filters_chunks Store>
[[nodiscard]] constexpr auto narrow(const Store& store) {
    return narrowing<Store>{&store};
}
template <filters_chunks Store, class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void narrow(const Store&&) = delete;

namespace flow {
using graft::matching;
using graft::narrow;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
