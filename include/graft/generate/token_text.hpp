// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/tokenize/token_decoder.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// The text of tokens as they come: whole characters only, and nothing that a stop text may still take back.
///
/// Borrows  the arena, the stop texts
class token_text {
    token_joiner                      raw_; // bytes; a character may lack its end
    arena_text                        text_;
    std::span<const std::string_view> stops_;
    std::size_t                       longest_ = 0; // stop text
    std::size_t                       read_    = 0; // of the bytes
    std::size_t                       told_    = 0; // of the text
    bool                              ended_   = false;

    /// Whether more bytes can make a character of an ill-formed end.
    [[nodiscard]] static bool may_go_on(std::string_view text, std::size_t at, unsigned length) noexcept {
        const auto lead = static_cast<unsigned char>(text[at]);
        return at + length == text.size() && lead >= 0xC2 && lead <= 0xF4 &&
               length < (lead < 0xE0   ? 2u
                         : lead < 0xF0 ? 3u
                                       : 4u);
    }
    /// Takes over the characters that are whole, and at the end what is left.
    void take(bool last) {
        const std::string_view bytes = raw_.text();
        while (read_ < bytes.size()) {
            const unicode::decoded d = unicode::decode(bytes, read_);
            if (!d.valid && !last && may_go_on(bytes, read_, d.length)) return;
            text_.append(d.valid ? bytes.substr(read_, d.length) : std::string_view("\uFFFD"));
            read_ += d.length;
        }
    }
    /// Ends the text before a stop text that ends behind `from`.
    void look_for_stops(std::size_t from) {
        const std::string_view text = text_.text();
        std::size_t            end  = text.size();
        for (const std::string_view stop : stops_) {
            if (stop.empty()) continue;
            const std::size_t at = text.find(stop, from < stop.size() ? 0 : from - stop.size() + 1);
            if (at < end) end = at, ended_ = true;
        }
        if (ended_) text_.shorten(end);
    }
    /// Bytes at the end of the text that begin a stop text.
    [[nodiscard]] std::size_t held() const noexcept {
        const std::string_view text = text_.text();
        for (std::size_t n = std::min(text.size() - told_, longest_ > 0 ? longest_ - 1 : 0); n > 0; --n)
            for (const std::string_view stop : stops_)
                if (n < stop.size() && text.ends_with(stop.substr(0, n))) return n;
        return 0;
    }

public:
    token_text(const token_decoder& how, std::span<const std::string_view> stops, arena& a)
        : raw_(how, a), text_(a, 256), stops_(stops) {
        for (const std::string_view stop : stops) longest_ = std::max(longest_, stop.size());
    }

    /// Takes the text of the next token.
    void put(std::string_view token) {
        const std::size_t before = text_.size();
        raw_.put(token);
        take(false);
        look_for_stops(before);
    }
    /// No token follows: what was held is text.
    void end() {
        if (ended_) return;
        const std::size_t before = text_.size();
        take(true);
        look_for_stops(before);
        ended_ = true;
    }
    /// Whether a stop text was met, or the end.
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    /// What can be told now and was not before; empty: nothing.
    [[nodiscard]] std::string_view news() noexcept {
        const std::size_t to  = ended_ ? text_.size() : text_.size() - held();
        const auto        out = text_.text().substr(told_, to > told_ ? to - told_ : 0);
        told_                 = std::max(told_, to);
        return out;
    }
    /// All that was news.
    [[nodiscard]] std::string_view told() const noexcept { return text_.text().substr(0, told_); }
};

} // namespace graft::inline GRAFT_ABI::detail
