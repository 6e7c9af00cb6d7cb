// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/tokenize/vocabulary.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Which text a token came from.
enum class token_side : std::uint8_t {
    first  = 0, ///< the text, or the first of a pair
    second = 1, ///< the second of a pair
    added  = 2, ///< none: the template put it there
};

/// A text as a model reads it. All spans have the same length, but those that were not asked for are empty.
struct tokens {
    std::span<const token_id>     ids   = {};
    std::span<const byte_span>    spans = {}; ///< the bytes of the given text behind each token; [0, 0) for added ones
    std::span<const std::uint8_t> types = {}; ///< the segment number that an encoder wants: 0, or 1 in a second text
    std::span<const token_side>   sides = {}; ///< where each came from
    bool                          truncated = false; ///< tokens were cut off to keep to `max_tokens`

    [[nodiscard]] std::size_t size() const noexcept { return ids.size(); }

    template <class F>
    constexpr void each_view(F&& f) {
        f(ids, spans, types, sides);
    }
};

namespace detail {

/// Text on its way to a model: its bytes, and which character of the original each came from.
struct normalised {
    std::string_view     text = {};
    const std::uint32_t* from =
        nullptr; ///< of each byte, the first byte of its character in the original; null: base + place
    std::uint32_t base    = 0;
    std::uint32_t end     = 0;    ///< the byte of the original behind it
    bool          fresh   = true; ///< the text begins here, or a special token went before
    bool          closing = true; ///< the text ends here

    static constexpr std::uint32_t inserted = 0x80000000u; ///< on top of a place: put in before it, made of nothing

    [[nodiscard]] std::uint32_t source(std::size_t at) const noexcept {
        return from == nullptr ? base + static_cast<std::uint32_t>(at) : from[at];
    }
    [[nodiscard]] normalised part(std::size_t first, std::size_t last) const noexcept {
        normalised p = *this;
        p.text       = text.substr(first, last - first);
        p.from       = from == nullptr ? nullptr : from + first;
        p.base       = base + static_cast<std::uint32_t>(first);
        p.end        = last < text.size() ? source(last) & ~inserted : end;
        p.fresh      = fresh && first == 0;
        p.closing    = closing && last == text.size();
        return p;
    }
};

/// A part of a text as it stands.
[[nodiscard]] inline normalised as_it_stands(std::string_view original, std::size_t begin, std::size_t end,
                                             bool fresh = true) noexcept {
    return {original.substr(begin, end - begin), nullptr, static_cast<std::uint32_t>(begin),
            static_cast<std::uint32_t>(end),     fresh,   end == original.size()};
}

/// How the bytes of a token become a span where they are not whole characters.
enum class span_rule : std::uint8_t {
    characters, ///< it is widened to whole characters, so that neighbours may overlap
    bytes,      ///< as it is
    last,       ///< a character in pieces belongs to the last one; those before it are empty
};

/// The bytes of the original behind bytes [begin, end) of a normalised text.
[[nodiscard]] inline byte_span span_in(std::string_view original, const normalised& in, std::size_t begin,
                                       std::size_t end, span_rule rule) noexcept {
    const auto inside = [&](std::size_t at) {
        return at < original.size() && (static_cast<unsigned char>(original[at]) & 0xC0u) == 0x80;
    };
    const auto begin_of = [&](std::size_t at) { // of the character at `at`, which may be in pieces
        std::size_t back = 0;
        while (back < 3 && back < at && inside(at - back)) ++back;
        const unicode::decoded d = unicode::decode(original, at - back);
        return d.valid && d.length > back ? at - back : at;
    };
    if (in.from == nullptr) {
        std::size_t b = in.base + begin, e = in.base + end;
        if (rule == span_rule::bytes || (!inside(b) && !inside(e))) return {b, e};
        if (rule == span_rule::last) {
            if (inside(b)) b = begin_of(b);
            if (e < original.size() && inside(e) && begin_of(e) != e)
                return begin_of(e) <= b ? byte_span{b, b} : byte_span{b, begin_of(e)};
            return {b, e};
        }
        if (inside(b)) b = begin_of(b);
        if (inside(e)) {
            const std::size_t whole = begin_of(e);
            if (whole != e) e = whole + unicode::decode(original, whole).length;
        }
        return {b, e};
    }
    const std::uint32_t b = in.from[begin], e = in.from[end - 1];
    const std::size_t   first = b & ~normalised::inserted;
    std::size_t         last  = e & ~normalised::inserted;
    if (rule == span_rule::last) last = end == in.text.size() ? in.end : in.from[end] & ~normalised::inserted;
    else if ((e & normalised::inserted) == 0) last += unicode::decode(original, last).length;
    return {first, last < first ? first : last};
}

/// Counts tokens and keeps none.
struct counting_sink {
    std::size_t size = 0;

    void               on(const normalised&) noexcept {}
    void               push(token_id, std::size_t, std::size_t) noexcept { ++size; }
    void               added(token_id, byte_span) noexcept { ++size; }
    [[nodiscard]] bool full() const noexcept { return false; }
};

/// Keeps tokens in an arena.
class token_sink {
    arena*           home_;
    std::string_view original_;
    normalised       now_ = {};
    span_rule        rule_;
    bool             trims_; // white space in front of a token, as a byte of its own, is not in its span
    std::size_t      most_, size_ = 0, room_ = 0;
    token_id*        ids_   = nullptr;
    byte_span*       spans_ = nullptr;

    void grow() {
        const std::size_t more  = room_ < 16 ? original_.size() / 4 + 16 : 2 * room_;
        auto* const       ids   = home_->take_raw<token_id>(more).data();
        auto* const       spans = home_->take_raw<byte_span>(more).data();
        if (size_ > 0) std::memcpy(ids, ids_, size_ * sizeof(token_id));
        if (size_ > 0) std::memcpy(static_cast<void*>(spans), spans_, size_ * sizeof(byte_span));
        ids_ = ids, spans_ = spans, room_ = more;
    }

public:
    token_sink(arena& home, std::string_view original, span_rule rule, bool trims, std::size_t most)
        : home_(&home), original_(original), rule_(rule), trims_(trims), most_(most) {}

    /// What follows is in places of this text.
    void on(const normalised& text) noexcept { now_ = text; }
    void push(token_id id, std::size_t begin, std::size_t end) {
        byte_span s = now_.from == nullptr && rule_ == span_rule::bytes ? byte_span{now_.base + begin, now_.base + end}
                                                                        : span_in(original_, now_, begin, end, rule_);
        if (trims_) trim(s, now_.text.substr(begin, end - begin));
        keep(id, s);
    }
    /// A token that was found in the text as it stands.
    void added(token_id id, byte_span span) {
        const auto blank = [&](std::size_t at) {
            return original_[at] == ' ' || (original_[at] >= '\t' && original_[at] <= '\r');
        };
        while (trims_ && span.begin < span.end && blank(span.begin)) ++span.begin;
        while (trims_ && span.end > span.begin && blank(span.end - 1)) --span.end;
        keep(id, span);
    }
    void keep(token_id id, byte_span span) {
        if (size_ == room_) grow();
        ids_[size_]     = id;
        spans_[size_++] = span;
    }
    static void trim(byte_span& s, std::string_view token) noexcept {
        std::size_t front = 0, back = 0;
        while (front < token.size() && token[front] == ' ') ++front;
        while (back < token.size() && token[token.size() - 1 - back] == ' ') ++back;
        s.begin = std::min(s.begin + front, s.end);
        if (back > 0 && s.end >= back) s.end = std::max(s.end - back, s.begin);
    }

    [[nodiscard]] bool                       full() const noexcept { return size_ > most_; }
    [[nodiscard]] std::size_t                size() const noexcept { return size_; }
    [[nodiscard]] std::span<const token_id>  ids() const noexcept { return {ids_, size_}; }
    [[nodiscard]] std::span<const byte_span> spans() const noexcept { return {spans_, size_}; }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
