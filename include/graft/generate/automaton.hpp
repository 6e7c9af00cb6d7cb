// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which texts a model may write: a deterministic automaton over bytes. `pattern` makes one of a regular expression, `one_of`
/// of a list of texts.
///
/// Thread   const: any number of readers.
class automaton {
    std::array<std::uint8_t, 256> class_of_{}; // bytes that no state tells apart are one class
    std::size_t                   classes_ = 1;
    std::vector<std::uint32_t>    next_; // [states, classes]
    std::vector<std::uint8_t>     accepting_;

public:
    using state                 = std::uint32_t;
    static constexpr state dead = ~state{0}; ///< nothing that begins like this is in the language

    /// From a row of 256 successors a state; state 0 is the start.
    automaton(std::span<const std::array<state, 256>> next, std::vector<std::uint8_t> accepting)
        : accepting_(std::move(accepting)) {
        GRAFT_ASSERT(!next.empty() && next.size() == accepting_.size(), "an automaton needs a start");
        std::vector<unsigned> first; // of each class
        for (unsigned byte = 0; byte < 256; ++byte) {
            std::size_t c = 0;
            while (c < first.size() &&
                   !std::all_of(next.begin(), next.end(), [&](const auto& row) { return row[byte] == row[first[c]]; }))
                ++c;
            if (c == first.size()) first.push_back(byte);
            class_of_[byte] = static_cast<std::uint8_t>(c);
        }
        classes_ = first.size();
        next_.reserve(next.size() * classes_);
        for (const auto& row : next)
            for (const unsigned byte : first) next_.push_back(row[byte]);
    }

    [[nodiscard]] std::size_t            size() const noexcept { return accepting_.size(); }
    [[nodiscard]] static constexpr state start() noexcept { return 0; }
    /// Where a byte leads; `dead` from `dead`.
    [[nodiscard]] state step(state from, unsigned char byte) const noexcept {
        return from == dead ? dead : next_[from * classes_ + class_of_[byte]];
    }
    [[nodiscard]] state run(state from, std::string_view text) const noexcept {
        for (const char c : text)
            if ((from = step(from, static_cast<unsigned char>(c))) == dead) break;
        return from;
    }
    /// Whether a text may end here.
    [[nodiscard]] bool ends(state at) const noexcept { return at != dead && accepting_[at] != 0; }
    /// Whether a text is in the language.
    [[nodiscard]] bool matches(std::string_view text) const noexcept { return ends(run(start(), text)); }
};

/// The language of some texts.
///
/// Fails    `no_input` where there is none.
[[nodiscard]] inline result<automaton> one_of(std::span<const std::string_view> texts) {
    if (texts.empty()) return error{fault::no_input, unit::none, 0, "one_of"};
    std::vector<std::array<automaton::state, 256>> next(1);
    std::vector<std::uint8_t>                      accepting(1);
    next[0].fill(automaton::dead);
    for (const std::string_view text : texts) {
        automaton::state at = 0;
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (next[at][byte] == automaton::dead) {
                const auto fresh = static_cast<automaton::state>(next.size());
                next[at][byte]   = fresh;
                next.emplace_back().fill(automaton::dead);
                accepting.push_back(0);
            }
            at = next[at][byte];
        }
        accepting[at] = 1;
    }
    return automaton(next, std::move(accepting));
}

/// Any text whose citation marks are those of `sources` sources: `[2]`, `[1, 3]`. A bracket that opens with a digit holds such numbers
/// and closes; every other bracket is text.
[[nodiscard]] inline automaton citing(std::uint32_t sources) {
    GRAFT_ASSERT(sources < 100'000, "a prompt has fewer sources");
    // text, bracket, comma, and a state for each number that is a mark or begins one
    enum : automaton::state { text, bracket, comma, numbers };
    std::vector<std::array<automaton::state, 256>> next(numbers + sources);
    std::vector<std::uint8_t>                      accepting(next.size(), 0);
    accepting[text] = 1;
    next[text].fill(text);
    next[text]['[']   = bracket;
    const auto number = [&](std::uint64_t n) { // every number up to the last one is a mark: none only begins one
        return n >= 1 && n <= sources ? static_cast<automaton::state>(numbers + n - 1) : automaton::dead;
    };
    next[bracket]      = next[text];
    next[bracket][' '] = bracket;
    accepting[bracket] = 1;
    next[comma].fill(automaton::dead);
    next[comma][' '] = comma;
    for (unsigned d = 0; d < 10; ++d) next[bracket]['0' + d] = next[comma]['0' + d] = number(d);
    for (std::uint64_t n = 1; n <= sources; ++n) {
        auto& row = next[numbers + n - 1];
        row.fill(automaton::dead);
        for (unsigned d = 0; d < 10; ++d) row['0' + d] = number(10 * n + d);
        row[','] = comma;
        row[']'] = text;
    }
    return automaton(next, std::move(accepting));
}

} // namespace graft::inline GRAFT_ABI
