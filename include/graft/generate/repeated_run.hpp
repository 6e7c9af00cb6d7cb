// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// The shortest run of tokens that a text ends with `times` times in a row. A small model that writes the likeliest token falls into
/// such circles and does not leave them.
///
/// Gives    tokens of the run; 0 where there is none
/// Takes    `times`: 2 or more, else there is none; `least`: so many tokens belong to the repeated end at least, so that a row of dashes,
///          an indentation or a rule of a table is no circle
/// Costs    O(n / times) for a text that does not repeat
[[nodiscard]] inline std::size_t repeated_run(std::span<const std::uint32_t> text, std::size_t times,
                                              std::size_t least = 48) noexcept {
    if (times < 2) return 0;
    for (std::size_t run = 1; run <= text.size() / times; ++run) {
        const std::size_t length = std::max(least, run * times);
        if (length > text.size()) return 0;
        const auto end = text.last(length);
        if (std::equal(end.rbegin(), end.rend() - static_cast<std::ptrdiff_t>(run),
                       end.rbegin() + static_cast<std::ptrdiff_t>(run)))
            return run;
    }
    return 0;
}

} // namespace graft::inline GRAFT_ABI
