// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/generate/automaton.hpp>
#include <graft/generate/sampling.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The texts of a vocabulary, sorted: so the tokens that an automaton allows are found in one walk, in which what tokens begin
/// alike is read once.
///
/// Thread   const: any number of readers.
class sorted_tokens {
    std::size_t                vocabulary_ = 0, longest_ = 0;
    std::vector<std::uint32_t> ids_;
    std::vector<std::uint16_t> shared_; // bytes that a text begins with like the one before it
    std::vector<std::uint32_t> ends_;   // in bytes_
    std::string                bytes_;

public:
    sorted_tokens() = default;
    /// Takes    the number of ids, and a function that gives the bytes of each; an id without text (a control token) is never allowed.
    ///          Of a text longer than 65,535 bytes the same.
    template <class F>
    sorted_tokens(std::size_t vocabulary, F&& text) : vocabulary_(vocabulary) {
        std::vector<std::string> texts(vocabulary);
        for (std::size_t i = 0; i < vocabulary; ++i) {
            texts[i] = text(static_cast<std::uint32_t>(i));
            if (!texts[i].empty() && texts[i].size() <= std::numeric_limits<std::uint16_t>::max())
                ids_.push_back(static_cast<std::uint32_t>(i));
        }
        std::sort(ids_.begin(), ids_.end(), [&](std::uint32_t x, std::uint32_t y) {
            const int c = texts[x].compare(texts[y]);
            return c != 0 ? c < 0 : x < y;
        });
        std::string_view before;
        for (const std::uint32_t id : ids_) {
            const std::string& now    = texts[id];
            const auto         differ = std::mismatch(
                now.begin(), now.begin() + static_cast<std::ptrdiff_t>(std::min(now.size(), before.size())),
                before.begin());
            shared_.push_back(static_cast<std::uint16_t>(differ.first - now.begin()));
            bytes_ += now;
            ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
            longest_ = std::max(longest_, now.size());
            before   = now;
        }
    }

    [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }

    /// Sets the bits of the tokens after which a text that stands at `from` can still go on.
    ///
    /// Takes    `to`: a bit a token, all 0. Costs less than a walk over the bytes of the vocabulary; 4 bytes of the arena a byte of the
    ///          longest token.
    void allow(const automaton& language, automaton::state from, std::span<std::uint64_t> to, arena& a) const {
        const arena::scope scratch(a);
        auto               at = a.take_raw<automaton::state>(longest_ + 1); // behind so many bytes of the current text
        std::size_t        begin = 0;
        at[0]                    = from;
        for (std::size_t i = 0; i < ids_.size();) {
            const std::size_t size = ends_[i] - begin;
            std::size_t       n    = shared_[i];
            while (n < size &&
                   (at[n + 1] = language.step(at[n], static_cast<unsigned char>(bytes_[begin + n]))) != automaton::dead)
                ++n;
            if (n == size) to[ids_[i] / 64] |= std::uint64_t{1} << ids_[i] % 64;
            begin = ends_[i++];
            // What begins with the same n + 1 bytes is dead as well.
            if (n < size)
                for (; i < ids_.size() && shared_[i] > n; ++i) begin = ends_[i];
        }
    }
};

/// The masks of an automaton's states while one text is generated: each is made when its state is first reached, and kept.
///
/// Borrows  the tokens, the automaton and the arena: an eighth of a byte a token for each state that is reached.
class token_masks {
    const sorted_tokens*                tokens_;
    const automaton*                    language_;
    arena*                              home_;
    std::span<std::span<std::uint64_t>> made_;

public:
    token_masks(const sorted_tokens& tokens, const automaton& language, arena& home)
        : tokens_(&tokens), language_(&language), home_(&home),
          made_(home.take<std::span<std::uint64_t>>(language.size())) {}

    /// The tokens that may follow at a state, which is not `dead`. `ends`: the ids that end a text, allowed where one may end.
    [[nodiscard]] token_mask at(automaton::state state, std::span<const std::uint32_t> ends) {
        auto& mask = made_[state];
        if (mask.empty()) {
            mask = home_->take<std::uint64_t>((tokens_->vocabulary() + 63) / 64);
            tokens_->allow(*language_, state, mask, *home_);
            if (language_->ends(state))
                for (const std::uint32_t end : ends)
                    if (end < tokens_->vocabulary()) mask[end / 64] |= std::uint64_t{1} << end % 64;
        }
        return mask;
    }
};

} // namespace graft::inline GRAFT_ABI
