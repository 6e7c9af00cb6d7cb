// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/id.hpp>
#include <graft/schema/leaf.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// A body, and the prefix (title > section path) that travels beside it: counted and embedded, stored once.
struct text_view {
    std::string_view prefix = {};
    std::string_view body   = {};

    template <class F>
    constexpr void each_view(F&& f) {
        f(prefix, body);
    }
};

/// A span of a document. `text.body` is exactly bytes [begin, end) of `document.text`.
struct chunk {
    chunk_id      id       = {};
    document_id   document = {};
    std::uint64_t begin    = 0; ///< bytes
    std::uint64_t end      = 0; ///< bytes, past the last
    text_view     text     = {};
    std::uint32_t tokens   = 0;                  ///< of prefix and body together, by the counter that cut it
    text_form     form     = text_form::unknown; ///< plain: no leaves. unknown: no leaves, parse the body
    /// Those of the document that lie in [begin, end), or reach into it: clip them. Positions are the document's.
    std::span<const leaf> leaves = {};
    std::string_view      head = {}; ///< the head row of the table that the chunk begins in, where it stands before it

    template <class F>
    constexpr void each_view(F&& f) {
        f(text, leaves, head);
    }
};
/// Chunks that somebody else owns.
using chunks = std::span<const chunk>;

/// What an index is to take in: chunks that are new and ids that are gone.
struct change {
    chunks                    added   = {};
    std::span<const chunk_id> removed = {};
};

} // namespace graft::inline GRAFT_ABI
