// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/retrieved.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Why a source is, or is not, in a prompt.
enum class kept_because : std::uint8_t {
    fits,        ///< it is in the prompt
    over_budget, ///< the budget was spent by better sources
    merged,      ///< its text is inside another source of the same document
    over_count,  ///< more sources than asked for
    far_behind,  ///< its score is a small share of the best one's
    unsupported, ///< the support of all that was found is below the threshold
};

/// A chunk that a prompt considered. Only those with `mark` > 0 are in it.
struct source {
    std::uint32_t    mark   = 0;
    chunk            from   = {};
    std::string_view name   = {}; ///< the document's path
    std::string_view title  = {};
    float            score  = 0;
    std::size_t      tokens = 0; ///< of the whole block in the prompt, by the budget's counter
    kept_because     why    = kept_because::fits;

    template <class F>
    constexpr void each_view(F&& f) {
        f(from, name, title);
    }
};

/// What a language model is asked: messages, and one row a source: those kept first (by mark), then the dropped ones (by
/// rank).
struct prompt {
    query                    asked    = {};
    std::span<const segment> segments = {}; ///< all of it, in order
    std::span<const message> messages = {}; ///< the same segments, by who says them; the last one is the user's
    std::span<const source>  sources  = {}; ///< the kept ones
    std::span<const source>  audit    = {}; ///< all that were considered: the kept by mark, then the dropped by rank
    std::size_t              tokens   = 0;  ///< of the rendered prompt, by the budget's counter

    template <class F>
    constexpr void each_view(F&& f) {
        f(asked, segments, messages, sources, audit);
    }
};

} // namespace graft::inline GRAFT_ABI
