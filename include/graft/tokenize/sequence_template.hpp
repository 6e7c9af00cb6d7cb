// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/tokens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which side of a text loses tokens.
enum class truncation : std::uint8_t {
    right, ///< the end is cut off
    left,  ///< the beginning is cut off
};
/// Which text of a pair loses tokens.
enum class shorten : std::uint8_t { longest, first, second };

/// What `tokenizer::encode` does besides encoding.
struct encode_options {
    bool        add_special = true;                         ///< put the model's own tokens round the text
    std::size_t max_tokens  = static_cast<std::size_t>(-1); ///< special ones included
    bool        goes_on     = false; ///< the text goes on another one: a model that puts a blank before texts puts none
    truncation  cut         = truncation::right;
    shorten     of          = shorten::longest;
};

/// The special tokens that a model wants round a text, and round a pair.
struct sequence_template {
    struct item {
        token_side   side = token_side::first;
        token_id     id   = no_token; ///< of an added one
        std::uint8_t type = 0;
    };
    std::vector<item> single       = {{token_side::first, no_token, 0}};
    std::vector<item> pair         = {{token_side::first, no_token, 0}, {token_side::second, no_token, 1}};
    bool              trims_blanks = false; ///< a token's span leaves out the blanks at its ends

    [[nodiscard]] std::size_t added(bool pairs) const noexcept {
        const auto& items = pairs ? pair : single;
        return static_cast<std::size_t>(
            std::count_if(items.begin(), items.end(), [](const item& i) { return i.side == token_side::added; }));
    }
};

namespace detail {

/// How many tokens each of two texts keeps, in a budget for both.
///
/// Fails    fault::too_large where the text that is to lose tokens has too few.
[[nodiscard]] inline result<std::pair<std::size_t, std::size_t>> kept(std::size_t a, std::size_t b, std::size_t budget,
                                                                      shorten of) {
    if (a + b <= budget) return std::pair(a, b);
    const std::size_t over = a + b - budget;
    if (of != shorten::longest) {
        std::size_t& which = of == shorten::first ? a : b;
        if (which <= over)
            return error{fault::too_large, unit::none, 0, of == shorten::first ? "first text" : "second text"};
        which -= over;
        return std::pair(a, b);
    }
    const bool swapped = a > b;
    if (swapped) std::swap(a, b);
    b = a > budget ? a : std::max(a, budget - a);
    if (a + b > budget) {
        a = budget / 2;
        b = a + budget % 2;
    }
    if (swapped) std::swap(a, b);
    return std::pair(a, b);
}

/// The part of a sequence that is kept.
template <class T>
[[nodiscard]] std::span<const T> kept_part(std::span<const T> all, std::size_t n, truncation cut) noexcept {
    return cut == truncation::right ? all.first(n) : all.last(n);
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
