// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/result.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

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

/// The chunks of the first `most` hits, by the score of each.
///
/// Borrows  the chunk store
/// Fails    when the chunk store lacks one
template <finds_chunks Store>
[[nodiscard]] result<std::span<passage>> read_hits(const Store& store, std::span<const hit> hits, std::size_t most,
                                                   arena& to) {
    auto items = to.take<passage>(std::min(hits.size(), most));
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto c = store.find(hits[i].id);
        if (!c) return c.error();
        items[i] = {*c, hits[i].score};
    }
    return items;
}

/// Has all its chunks in a row.
template <class S>
concept lists_chunks = requires(const S& s) {
    { s.all() } -> std::convertible_to<chunks>;
};

/// Finds what stands around a chunk. It gives the chunk `step` places before or after one in the same document, or
/// `fault::unknown_id` beyond its ends; and the bytes of a document, into which every chunk's [begin, end) points. It may bring
/// `leaves_of(document)`, all its leaves: without it what is widened is of unknown form.
template <class S>
concept knows_neighbours = finds_chunks<S> && requires(const S& s, chunk_id id, int step, document_id document) {
    { s.neighbour(id, step) } -> std::same_as<result<chunk>>;
    { s.text_of(document) } -> std::convertible_to<std::string_view>;
};

/// Knows the fields of the document that a chunk came from (`metadata`, of which nothing is known here); of an unknown chunk, none.
template <class S, class Fields>
concept knows_fields = requires(const S& s, chunk_id id) {
    { s.fields_of(id) } -> std::convertible_to<const Fields&>;
};

} // namespace graft::inline GRAFT_ABI
