// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/schema/retrieved.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

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
    std::uint64_t                analyser  = 0; ///< fingerprint of the analyser that made the terms
};

/// X is an index of Rows that can change: a draft takes additions and removals, `prepare` is the last thing that may fail,
/// `commit` cannot. A draft that is dropped never happened. Row is vector_view or text_view; an index of vectors also says
/// which embedder they are by (0: none yet), and its draft refuses another.
template <class X, class Row>
concept indexes = requires(X& x, const X& read, typename X::draft d, std::span<const chunk_id> ids,
                           std::span<const Row> rows, context& c) {
    { read.begin() } -> std::same_as<typename X::draft>;
    { d.add(ids, rows) } -> std::same_as<result<void>>;
    { d.remove(ids) } -> std::same_as<result<std::size_t>>;
    { d.prepare(c) } -> std::same_as<result<void>>;
    { x.commit(std::move(d)) } noexcept;
} && (!std::same_as<Row, vector_view> || requires(const X& read, typename X::draft d) {
                      { d.made_by(std::uint64_t{}) } -> std::same_as<result<void>>;
                      { read.made_by() } -> std::same_as<std::uint64_t>;
                  });

} // namespace graft::inline GRAFT_ABI
