// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/schema/query.hpp>

#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// A chunk and how well it fits: higher is better, equal scores by id.
struct hit {
    chunk_id id    = {};
    float    score = 0;

    bool operator==(const hit&) const = default;
};

/// The order of hits everywhere in graft.
[[nodiscard]] constexpr bool better(const hit& a, const hit& b) noexcept {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
}

/// What a search gave, best first, and the question.
struct retrieved {
    query                asked   = {};
    std::span<const hit> hits    = {};
    bool                 refused = false; ///< the hits are too weak to answer from: they only show what is nearest

    template <class F>
    constexpr void each_view(F&& f) {
        f(asked, hits);
    }
};

/// A span to be quoted: a hit's chunk, or a chunk widened by its neighbours. `from.text.body` is the whole span.
struct passage {
    chunk from  = {};
    float score = 0;

    template <class F>
    constexpr void each_view(F&& f) {
        f(from);
    }
};

/// What was retrieved, as spans to read instead of ids.
struct passages {
    retrieved                of    = {};
    std::span<const passage> items = {}; ///< best first

    template <class F>
    constexpr void each_view(F&& f) {
        f(of, items);
    }
};

/// Something with its vectors: row i belongs to item i.
template <class T>
struct embedded {
    T                        of     = {};
    matrix_view<const float> rows   = {};
    std::uint64_t            by     = 0;  ///< fingerprint of the embedder
    float                    weight = .5; ///< the dense weight that suits this embedder in a hybrid search

    template <class F>
    constexpr void each_view(F&& f) {
        f(of, rows);
    }
};

} // namespace graft::inline GRAFT_ABI
