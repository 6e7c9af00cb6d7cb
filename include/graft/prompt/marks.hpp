// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A citation mark in an answer. `[1, 3]` and `[1-3]` are several with the same place.
struct mark_at {
    std::uint32_t mark  = 0;
    std::size_t   begin = 0; ///< bytes of the answer: the opening bracket
    std::size_t   end   = 0; ///< past the closing one

    bool operator==(const mark_at&) const = default;
};

/// Reads the citation marks of an answer that arrives in pieces: `[1]`, `[1, 3]`, `[1; 3]`, `[2-4]`, `[2–4]`, with spaces inside.
///
/// A bracket that opens with a digit but does not go on like that is counted as malformed; so is a range that runs
/// backwards and a bracket of more than 32 items. `\[1]` is no mark, nor is anything inside a fenced code block (``` or ~~~).
/// Numbers beyond the sources are counted, once an item, and not given.
/// Costs    constant time a byte and constant memory: the same marks for every way to cut the text.
class mark_reader {
    struct item {
        std::uint32_t from = 0, to = 0;
    };
    enum class state : std::uint8_t { text, open, first, gap_first, dash, second, gap_second, comma };

    std::uint32_t sources_;
    std::size_t   at_ = 0, open_ = 0, malformed_ = 0, out_of_range_ = 0;
    item          items_[32]{};
    std::size_t   count_  = 0;
    state         state_  = state::text;
    unsigned      digits_ = 0, dash_bytes_ = 0;
    bool          escaped_ = false;
    // fences: a line of at most three spaces and three or more of one sign
    unsigned indent_ = 0, run_ = 0, fence_ = 0; // fence_: length of the open fence, 0 outside
    char     sign_ = 0, fence_sign_ = 0;
    bool     line_start_ = true, only_fence_ = false;

    void watch_fence(char c) {
        if (c == '\n') {
            if (fence_ > 0 && run_ >= fence_ && sign_ == fence_sign_ && only_fence_) fence_ = 0;
            else if (fence_ == 0 && run_ >= 3) fence_ = run_, fence_sign_ = sign_;
            indent_ = run_ = 0;
            line_start_ = true, only_fence_ = false;
        } else if (line_start_) {
            if (run_ == 0 && c == ' ' && indent_ < 3) ++indent_;
            else if ((c == '`' || c == '~') && (run_ == 0 || c == sign_)) sign_ = c, ++run_, only_fence_ = true;
            else {
                line_start_ = false;
                if (run_ < 3) run_ = 0;
                else if (c != ' ' && c != '\r') only_fence_ = false;
            }
        } else if (run_ >= 3 && c != ' ' && c != '\t' && c != '\r') {
            only_fence_ = false;
            if (c == '`' && sign_ == '`') run_ = 0; // ```like this``` is inline code
        }
    }
    void begin_item(char c) {
        items_[count_++] = {static_cast<std::uint32_t>(c - '0'), 0};
        digits_          = 1;
        state_           = state::first;
    }
    template <class F>
    void close(F& f) {
        for (std::size_t i = 0; i < count_; ++i)
            if (items_[i].to < items_[i].from) return fail();
        state_ = state::text;
        for (std::size_t i = 0; i < count_; ++i) {
            if (items_[i].from == 0 || items_[i].to > sources_) ++out_of_range_;
            for (std::uint32_t m = items_[i].from == 0 ? 1 : items_[i].from; m <= items_[i].to && m <= sources_; ++m)
                f(mark_at{m, open_, at_ + 1});
        }
    }
    void fail() {
        if (count_ > 0) ++malformed_;
        state_ = state::text;
    }
    /// One byte; false when it ended the bracket without being part of it.
    template <class F>
    bool step(unsigned char c, F& f) {
        const bool digit = c >= '0' && c <= '9';
        item*      last  = count_ > 0 ? &items_[count_ - 1] : nullptr;
        switch (state_) {
        case state::text: return true;
        case state::open:
            if (c == ' ') return true;
            if (digit) return begin_item(static_cast<char>(c)), true;
            return fail(), false;
        case state::first:
        case state::second:
            if (digit) {
                std::uint32_t& n = state_ == state::first ? last->from : last->to;
                n                = n * 10 + static_cast<std::uint32_t>(c - '0');
                if (++digits_ > 9) fail();
                return true;
            }
            state_ = state_ == state::first ? state::gap_first : state::gap_second;
            [[fallthrough]];
        case state::gap_first:
        case state::gap_second:
            if (c == ' ') return true;
            if (state_ == state::gap_first && dash_bytes_ == 0) {
                if (c == '-') return state_ = state::dash, digits_ = 0, true;
                if (c == 0xE2) return dash_bytes_ = 1, true;
            }
            if (dash_bytes_ == 1) {
                if (c == 0x80) return dash_bytes_ = 2, true;
                return dash_bytes_ = 0, fail(), false;
            }
            if (dash_bytes_ == 2) {
                dash_bytes_ = 0;
                if (c == 0x93) return state_ = state::dash, digits_ = 0, true;
                return fail(), false;
            }
            if (state_ == state::gap_first) last->to = last->from;
            if (c == ']') return close(f), true;
            if (c == ',' || c == ';') return state_ = state::comma, true;
            return fail(), false;
        case state::dash:
            if (c == ' ') return true;
            if (!digit) return fail(), false;
            last->to = static_cast<std::uint32_t>(c - '0');
            digits_  = 1;
            state_   = state::second;
            return true;
        case state::comma:
            if (c == ' ') return true;
            if (!digit || count_ == 32) return fail(), false;
            return begin_item(static_cast<char>(c)), true;
        }
        return true;
    }

public:
    /// For an answer from this many sources, whose marks are 1 … n.
    explicit mark_reader(std::uint32_t sources) noexcept : sources_(sources) {}

    /// The next piece; `f(mark_at)` is called for each mark that it completes.
    template <class F>
    void feed(std::string_view piece, F&& f) {
        for (const char c : piece) {
            const bool was_text = state_ == state::text || !step(static_cast<unsigned char>(c), f);
            if (was_text && c == '[' && !escaped_ && fence_ == 0) {
                state_      = state::open;
                open_       = at_;
                count_      = 0;
                dash_bytes_ = 0;
            }
            escaped_ = c == '\\' && !escaped_;
            watch_fence(c);
            ++at_;
        }
    }
    /// Brackets that began like a mark and were none, so far.
    [[nodiscard]] std::size_t malformed() const noexcept { return malformed_; }
    /// Numbers and ranges that named a source which is not there, so far.
    [[nodiscard]] std::size_t out_of_range() const noexcept { return out_of_range_; }
    /// Says that the answer is over: a mark that was open is malformed.
    void finish() noexcept {
        if (state_ != state::text) fail();
    }
};

} // namespace graft::inline GRAFT_ABI::detail
