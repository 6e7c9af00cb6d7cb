// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/result.hpp>
#include <graft/tokenize/vocabulary.hpp>
#include <graft/unicode/lower.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Whole words by number, as files of word vectors have them.
///
/// What stands between blanks is looked up as it is, then without the punctuation at its ends, then as the words between its
/// punctuation; each time as it is spelled, then in lower case. Punctuation by itself is no word, and what is not found is left out.
class word_vocabulary {
    static constexpr std::size_t longest =
        100; // bytes of a word; what is longer is only looked at between its punctuation

    token_vocabulary words_;

public:
    word_vocabulary() = default;

    /// Takes    the words, word i with number i; of equal ones the first is found, and of empty ones none
    /// Fails    `too_large` where they pass 1 GiB
    [[nodiscard]] static result<word_vocabulary> of(std::span<const std::string_view> words) {
        detail::string_index seen(words.size());
        std::vector<bool>    again(words.size());
        const auto           text_of = [&](token_id id) { return words[id]; };
        for (std::size_t i = 0; i < words.size(); ++i) {
            again[i] = seen.find(words[i], text_of) != no_token;
            if (!again[i]) seen.put(words[i], static_cast<token_id>(i), text_of);
        }
        auto made = token_vocabulary::of(words, again);
        if (!made) return made.error();
        word_vocabulary v;
        v.words_ = std::move(*made);
        return v;
    }

    [[nodiscard]] std::size_t size() const noexcept { return words_.size(); }
    /// The word of a number below `size()`.
    [[nodiscard]] std::string_view text(token_id id) const noexcept { return words_.text(id); }

    /// Tells f(id) each word of a text that is found, in order.
    ///
    /// Costs    linear, whatever the text is.
    template <class F>
    void each(std::string_view text, F&& f) const {
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at;
            while (end < text.size()) {
                const auto c = unicode::decode(text, end);
                if (unicode::is_space(c.scalar)) break;
                end += c.length;
            }
            if (end > at) between_blanks(text.substr(at, end - at), f);
            else end += unicode::decode(text, end).length;
            at = end;
        }
    }

private:
    [[nodiscard]] static bool in_word(char32_t scalar) noexcept {
        const auto is = unicode::classify(scalar);
        return is.in_words() || is.is_decoration() || is.is_format();
    }
    [[nodiscard]] token_id find(std::string_view word) const noexcept {
        if (word.empty() || word.size() > longest) return no_token;
        if (const token_id id = words_.find(word); id != no_token) return id;
        char        low[3 * longest];
        std::size_t size = 0;
        for (std::size_t at = 0; at < word.size();) {
            const auto c = unicode::decode(word, at);
            size += unicode::encode(detail::lower(c.scalar), low + size);
            at += c.length;
        }
        return words_.find({low, size});
    }
    template <class F>
    void between_blanks(std::string_view piece, F& f) const {
        std::size_t begin = 0, end = 0; // from its first letter to its last
        bool        any = false;
        for (std::size_t at = 0; at < piece.size();) {
            const auto c = unicode::decode(piece, at);
            if (in_word(c.scalar)) {
                if (!any) begin = at;
                any = true, end = at + c.length;
            }
            at += c.length;
        }
        if (!any) return;
        if (const token_id id = find(piece); id != no_token) return f(id);
        if (const token_id id = find(piece.substr(begin, end - begin)); id != no_token) return f(id);
        for (std::size_t at = begin; at < end;) {
            std::size_t       to    = at;
            unicode::decoded  c     = unicode::decode(piece, to);
            const std::size_t first = c.length;
            while (to < end && in_word((c = unicode::decode(piece, to)).scalar)) to += c.length;
            if (to == at) to += first;
            else if (const token_id id = find(piece.substr(at, to - at)); id != no_token) f(id);
            at = to;
        }
    }
};

} // namespace graft::inline GRAFT_ABI
