// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The stage that widens hits to the text around them. Made by `expand`.
///
/// Gives    passages, best first. Spans of one document that overlap or touch become one: its id, prefix and score are those
///          of the best of them. `tokens` is 0 where a span is not a single chunk: nobody counted it.
/// Borrows  the chunk store.
/// Costs    2 n + 1 look-ups a hit, a sort.
/// Fails    when the chunk store does not know a hit.
template <knows_neighbours Store>
struct expanding {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "expand";

    const Store* store;
    unsigned     reach;

    [[nodiscard]] result<passages> operator()(const retrieved& f, context& w) const {
        struct span {
            document_id      document;
            std::uint64_t    begin, end;
            std::size_t      rank;
            std::string_view head; // of the table that its first chunk begins in
        };
        auto spans = w.take_raw<span>(f.hits.size());
        auto heart = w.take<chunk>(f.hits.size());
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const auto c = store->find(f.hits[i].id);
            if (!c) return c.error();
            heart[i] = *c;
            spans[i] = {c->document, c->begin, c->end, i, c->head};
            for (const int direction : {-1, 1}) {
                chunk_id at = c->id;
                for (unsigned n = 0; n < reach; ++n) {
                    const auto next = store->neighbour(at, direction);
                    if (!next) break; // the document's end
                    at = next->id;
                    if (next->begin < spans[i].begin) spans[i].head = next->head;
                    spans[i].begin = std::min(spans[i].begin, next->begin);
                    spans[i].end   = std::max(spans[i].end, next->end);
                }
            }
        }
        std::sort(spans.begin(), spans.end(), [](const span& a, const span& b) {
            if (a.document != b.document) return a.document < b.document;
            return a.begin != b.begin ? a.begin < b.begin : a.rank < b.rank;
        });
        std::size_t kept = 0;
        for (const span& s : spans) {
            if (kept > 0 && spans[kept - 1].document == s.document && s.begin <= spans[kept - 1].end) {
                spans[kept - 1].end  = std::max(spans[kept - 1].end, s.end);
                spans[kept - 1].rank = std::min(spans[kept - 1].rank, s.rank);
            } else spans[kept++] = s;
        }
        spans = spans.first(kept);
        std::sort(spans.begin(), spans.end(), [](const span& a, const span& b) { return a.rank < b.rank; });

        auto items = w.take<passage>(kept);
        for (std::size_t i = 0; i < kept; ++i) {
            const span& s    = spans[i];
            chunk       from = heart[s.rank];
            if (from.begin != s.begin || from.end != s.end) {
                const std::string_view all = store->text_of(s.document);
                if (s.end > all.size()) return error{fault::malformed, unit::id, to_underlying(from.id), "chunks"};
                from.begin     = s.begin;
                from.end       = s.end;
                from.tokens    = 0;
                from.text.body = all.substr(s.begin, s.end - s.begin);
                from.head      = s.head;
                if constexpr (requires {
                                  { store->leaves_of(s.document) } -> std::convertible_to<std::span<const leaf>>;
                              }) {
                    from.leaves = leaves_within(store->leaves_of(s.document), s.begin, s.end);
                } else if (from.form != text_form::plain) {
                    from.leaves = {};
                    from.form   = text_form::unknown;
                }
            }
            items[i] = {from, f.hits[s.rank].score};
        }
        return passages{f, items};
    }
};

/// Widens each hit by `n` chunks on either side, and merges what overlaps or touches; `expand(store, 0)` merges only.
template <knows_neighbours Store>
[[nodiscard]] constexpr auto expand(const Store& store, unsigned n = 1) {
    return expanding<Store>{&store, n};
}
template <knows_neighbours Store, class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void expand(const Store&&, unsigned = 0) = delete;

namespace flow {
using graft::expand;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
