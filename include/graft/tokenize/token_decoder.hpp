// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// How the texts of tokens become a text again.
struct token_decoder {
    enum class style : std::uint8_t {
        blanks,        ///< a blank between any two
        wordpiece,     ///< a blank in front of what is no continuation
        bytes,         ///< as they are: bytes that are not UTF-8 together become U+FFFD
        metaspace,     ///< U+2581 is a blank, but in the first token
        sentencepiece, ///< U+2581 is a blank; byte tokens are bytes; the blank that encoding put in front goes
    };
    style       how        = style::bytes;
    std::string mark       = "##";  ///< of a continuation
    bool        tidy       = false; ///< no blank in front of a stop, a comma or the like, as English is written
    bool        drop_first = true;  ///< of `sentencepiece`, `metaspace`: the first blank is not the text's
};

namespace detail {

/// Takes the blank away in front of punctuation and English endings, in one token with its blank.
inline void tidy_token(std::string& token) {
    static constexpr std::string_view pairs[][2] = {
        {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
        {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& [from, to] : pairs)
        for (std::size_t at = token.find(from); at != std::string::npos; at = token.find(from, at + to.size()))
            token.replace(at, from.size(), to);
}

/// The value of a byte token `<0xNN>`, -1 for another.
[[nodiscard]] constexpr int byte_token(std::string_view text) noexcept {
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return -1;
    int value = 0;
    for (const char c : text.substr(3, 2)) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                 : -1;
        if (digit < 0) return -1;
        value = 16 * value + digit;
    }
    return value;
}

/// Puts tokens together; bytes that are not UTF-8 become U+FFFD at the end of it.
class token_joiner {
    const token_decoder* how_;
    arena_text           out_;
    std::size_t          n_ = 0;

    static constexpr std::string_view mark = "\u2581";

public:
    token_joiner(const token_decoder& how, arena& a) : how_(&how), out_(a) {}

    void put(std::string_view token) {
        const bool first = n_++ == 0;
        switch (how_->how) {
        case token_decoder::style::bytes: return out_.append(token);
        case token_decoder::style::blanks:
            if (!first) out_.push_back(' ');
            return out_.append(token);
        case token_decoder::style::wordpiece: {
            std::string_view body = token;
            bool             gap  = !first;
            if (!first && body.starts_with(how_->mark)) body.remove_prefix(how_->mark.size()), gap = false;
            if (!how_->tidy) {
                if (gap) out_.push_back(' ');
                return out_.append(body);
            }
            std::string text = gap ? " " : "";
            text.append(body);
            tidy_token(text);
            return out_.append(text);
        }
        case token_decoder::style::metaspace:
        case token_decoder::style::sentencepiece: {
            if (how_->how == token_decoder::style::sentencepiece)
                if (const int byte = byte_token(token); byte >= 0) return out_.push_back(static_cast<char>(byte));
            bool drop = first && how_->drop_first;
            for (std::size_t at = 0; at < token.size();) {
                const std::size_t blank = std::min(token.find(mark, at), token.size());
                out_.append(token.substr(at, blank - at));
                if (blank == token.size()) return;
                if (!drop || (how_->how == token_decoder::style::sentencepiece && blank > 0)) out_.push_back(' ');
                at = blank + mark.size();
                if (how_->how == token_decoder::style::sentencepiece) drop = false;
            }
            return;
        }
        }
    }
    /// The bytes so far, which may end inside a character. They move when the text grows.
    [[nodiscard]] std::string_view text() const noexcept { return out_.text(); }
    [[nodiscard]] std::string_view done(arena& a) {
        const std::string_view text = out_.text();
        if (unicode::first_invalid(text) == std::string_view::npos) return text;
        arena_text whole(a, text.size() + 64);
        for (std::size_t at = 0; at < text.size();) {
            const unicode::decoded d = unicode::decode(text, at);
            if (d.valid) whole.append(text.substr(at, d.length));
            else whole.append("\uFFFD");
            at += d.length;
        }
        return whole.text();
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
