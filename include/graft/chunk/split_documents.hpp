// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/parallel.hpp>
#include <graft/chunk/chunk_store.hpp>

#if GRAFT_KERNELS_COMPILED
#    include <graft/chunk/markdown.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How passages are made beside what the chunker says.
struct split_options {
    prefix_kind prefix = prefix_kind::path; ///< what travels beside each body; it never takes more than half of a chunk
};

/// How `split_documents` would make passages now, as `chunk_store::recipe` says how they were made: a chunk store of another recipe is to be cut anew.
///
/// Gives    0 for a chunker or counter without a fingerprint: nobody knows.
template <chunker C>
[[nodiscard]] std::uint64_t recipe_of(const C& c, const split_options& options) {
    std::uint64_t own = 0;
    if constexpr (requires {
                      { c.fingerprint() } -> std::convertible_to<std::uint64_t>;
                  })
        own = c.fingerprint();
    if (own == 0) return 0;
    const std::uint64_t all = mix64(own, static_cast<std::uint64_t>(options.prefix) + 1);
    return all == 0 ? 1 : all;
}

namespace detail {

template <chunker C>
[[nodiscard]] result<sheet> cut_one(const document& d, const C& c, const split_options& options) {
    static constexpr graft::count_words words{};
    counter_view                        counter(words);
    if constexpr (requires { requires token_counter<decltype(c.count)>; }) counter = counter_view(c.count);
    std::size_t size = std::numeric_limits<std::uint32_t>::max();
    if constexpr (requires {
                      { c.size } -> std::convertible_to<std::size_t>;
                  })
        size = c.size;

    chunk_writer out(d, counter, size, options.prefix);
    if (out.ok() && d.body < d.text.size()) {
        if constexpr (is_result<decltype(c(out))>) {
            if (auto ok = c(out); !ok) out.fail(ok.error());
        } else {
            c(out);
        }
    }
    if (!out.ok()) return out.why();
    sheet         s;
    std::uint32_t section = 0;
    s.items               = out.take_items();
    s.prefix.reserve(s.items.size());
    for (const chunk_span& x : s.items) {
        if (s.prefixes.empty() || x.section != section) s.prefixes.emplace_back(out.prefix_of_section(x.section));
        section = x.section;
        s.prefix.push_back(s.prefixes.size() - 1);
    }
    structure of = out.take_structure();
    s.outline    = std::move(of.outline);
    s.leaves     = std::move(of.leaves);
    s.form       = of.form;
    return s;
}

} // namespace detail

/// Cuts a corpus into passages.
///
/// Gives    the same chunks and ids whatever the executor; a document without a body has none.
/// Takes    a `chunker`: one of the ready ones, or any callable that emits spans (`chunk_writer`).
/// Costs    documents are cut on the executor of the context; one is cut on one thread. Stop and deadline are asked before
///          each; progress is told in documents.
/// Fails    as the chunker, for the first document it fails on, whose name the error carries; stopped, timed_out.
template <chunker C>
[[nodiscard]] result<chunk_store> split_documents(const corpus& docs, const C& how, split_options options, context& c) {
    std::vector<sheet> sheets(docs.size());
    auto               ok = each_block(c, docs.size(), 1, [&](std::size_t i, std::size_t, context&) -> result<void> {
        auto one = detail::cut_one(docs[i], how, options);
        if (!one) return one.error();
        sheets[i] = std::move(*one);
        return done;
    });
    if (!ok) return ok.error();
    return chunk_store::shelve(docs.documents(), std::move(sheets), chunk_id{1}, recipe_of(how, options));
}
/// The same in a context of its own.
template <chunker C>
[[nodiscard]] result<chunk_store> split_documents(const corpus& docs, const C& how, split_options options = {},
                                                  context&& c = {}) {
    return split_documents(docs, how, options, c);
}

/// A chunk store after a change, and what indices have to learn of it.
struct chunk_changes {
    chunk_store           after   = {};
    std::vector<chunk>    added   = {}; ///< new chunks, in the order of the chunk store; they point into `after`
    std::vector<chunk_id> removed = {}; ///< chunks that are gone, by id
    std::size_t           reused  = 0;  ///< chunks that kept their id, in a document of the same name
    std::size_t           moved   = 0;  ///< chunks that kept their id, in a document that has a new name

    /// Borrows  this.
    [[nodiscard]] change view() const noexcept { return {added, removed}; }
};

/// Cuts what changed and keeps what did not.
///
/// Gives    the chunk store as `split_documents` would give it but for the ids: a chunk with the same prefix and body as one that the same
///          document had (the k-th such as the k-th) keeps its id, wherever it stands now. Nothing of `before` changes.
/// Costs    documents whose text, title and kind are the same are not cut again, if the chunker, its sizes and its counter
///          are the same and have fingerprints.
/// Fails    as `split_documents`.
template <chunker C>
[[nodiscard]] result<chunk_changes> update(const chunk_store& before, const corpus& docs, const C& how,
                                           split_options options, context& c) {
    const std::uint64_t recipe = recipe_of(how, options);
    const auto          same   = [&](const document& now) {
        const document* old = before.document_by(now.id);
        return old != nullptr && recipe != 0 && recipe == before.recipe() &&
               (old == &now || (old->digest == now.digest && old->body == now.body && old->kind == now.kind &&
                                old->titled == now.titled && (!now.titled || old->title == now.title)));
    };
    std::vector<sheet> sheets(docs.size());
    auto               ok = each_block(c, docs.size(), 1, [&](std::size_t i, std::size_t, context&) -> result<void> {
        if (same(docs[i])) {
            sheets[i] = before.sheet_of(docs[i].id);
            return done;
        }
        auto cut = detail::cut_one(docs[i], how, options);
        if (!cut) return cut.error();
        // The chunks that the document had, by content; those with the same content in order.
        const auto key = [](std::string_view prefix, std::string_view body) { return hash64(body, hash64(prefix)); };
        std::unordered_map<std::uint64_t, std::vector<const chunk*>> had;
        const chunks                                                 old = before.of(docs[i].id);
        for (std::size_t k = old.size(); k-- > 0;) had[key(old[k].text.prefix, old[k].text.body)].push_back(&old[k]);
        sheet& s = sheets[i] = std::move(*cut);
        s.ids.assign(s.items.size(), chunk_id{});
        for (std::size_t k = 0; k < s.items.size() && !had.empty(); ++k) {
            const std::string_view prefix = s.prefixes[s.prefix[k]];
            const std::string_view body =
                docs[i].slice(static_cast<std::size_t>(s.items[k].begin), static_cast<std::size_t>(s.items[k].end));
            const auto at = had.find(key(prefix, body));
            if (at == had.end() || at->second.empty()) continue;
            const chunk& it = *at->second.back();
            if (it.text.prefix != prefix || it.text.body != body) continue; // a collision of hashes
            s.ids[k] = it.id;
            at->second.pop_back();
        }
        return done;
    });
    if (!ok) return ok.error();
    chunk_changes u;
    u.after = chunk_store::shelve(docs.documents(), std::move(sheets), before.next_id(), recipe);
    for (const chunk& it : u.after.all()) {
        if (it.id >= before.next_id()) {
            u.added.push_back(it);
        } else {
            const bool stayed = before.document_by(it.document)->name == u.after.document_by(it.document)->name;
            ++(stayed ? u.reused : u.moved);
        }
    }
    for (const chunk& it : before.all())
        if (!u.after.find(it.id)) u.removed.push_back(it.id);
    std::sort(u.removed.begin(), u.removed.end());
    if (auto still = c.alive(); !still) return still.error();
    return u;
}
/// The same in a context of its own.
template <chunker C>
[[nodiscard]] result<chunk_changes> update(const chunk_store& before, const corpus& docs, const C& how,
                                           split_options options = {}, context&& c = {}) {
    return update(before, docs, how, options, c);
}

#if GRAFT_KERNELS_COMPILED
extern template result<chunk_store>   split_documents(const corpus&, const markdown&, split_options, context&);
extern template result<chunk_changes> update(const chunk_store&, const corpus&, const markdown&, split_options,
                                             context&);
#endif

} // namespace graft::inline GRAFT_ABI
