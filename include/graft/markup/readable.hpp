// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What `write_readable` saw on its way.
struct readable {
    std::size_t words  = 0;     ///< runs between white space; every character from U+3000 up by itself
    std::size_t linked = 0;     ///< of these, words of links and bare addresses
    bool        bold   = false; ///< the whole is strongly emphasised
};

/// Writes the words that a reader of Markdown sees, without recursion and in bounded look-ahead.
class readable_writer {
    static constexpr std::size_t reach   = 600; // bytes that a link's text, a tag or a code span may take
    static constexpr std::size_t longest = 200; // bytes of a word

    std::string_view text_;
    std::size_t      end_;
    unsigned         quotes_;
    arena_text*      out_;
    readable         seen_;
    bool             gap_ = false, begun_, inside_ = false;
    std::size_t      word_         = 0; // where the present word begins in `out_`
    bool             skips_word_   = false;
    std::size_t      link_end_     = 0;                    // up to here words are a link's
    std::size_t      address_end_  = 0;                    // of the last bare address
    std::size_t      skip_from_[8] = {}, skip_to_[8] = {}; // targets behind links whose text is being written
    std::size_t      skips_ = 0;

    struct run {
        std::size_t at = 0, left = 0;
        char        sign = 0;
    };
    std::array<std::size_t, 64> dropped_{}; // positions of marks of emphasis that pair
    std::size_t                 drops_ = 0;

    [[nodiscard]] static bool space(char c) noexcept { return static_cast<unsigned char>(c) <= ' '; }
    [[nodiscard]] static bool wordy(char c) noexcept {
        const auto b = static_cast<unsigned char>(c);
        return b >= 0x80 || (b >= '0' && b <= '9') || ((b | 32u) >= 'a' && (b | 32u) <= 'z');
    }
    [[nodiscard]] static bool punctuation(char c) noexcept { return !space(c) && !wordy(c) && c != 0x7F; }
    [[nodiscard]] std::size_t limit(std::size_t at) const noexcept { return std::min(end_, at + reach); }

    void put(char c) {
        if (space(c)) {
            gap_ = true;
            return;
        }
        const auto byte = static_cast<unsigned char>(c);
        if (gap_ && begun_) out_->push_back(' ');
        const bool fresh = byte >= 0xE3 || gap_ || !inside_;
        if (fresh) word_ = out_->size(), skips_word_ = false;
        else if (skips_word_) return;
        else if (out_->size() - word_ > longest) { // encoded bytes, the rest of a broken link: nothing to read
            while (out_->size() > word_) out_->pop_back();
            skips_word_ = true;
            return;
        }
        if (fresh) ++seen_.words;
        if (fresh && at_link_) ++seen_.linked;
        gap_ = false, begun_ = true, inside_ = true;
        out_->push_back(c);
    }
    void put(std::string_view s) {
        for (const char c : s) put(c);
    }
    bool at_link_ = false;

    /// Past the code span that opens at `at`; 0 where it is none.
    [[nodiscard]] std::size_t code_end(std::size_t at) const noexcept {
        std::size_t n = 0, far = std::min(end_, at + 4 * reach); // nothing behind is looked at, however long a run is
        while (at + n < far && text_[at + n] == '`') ++n;
        for (std::size_t i = at + n; i < far;) {
            if (text_[i] != '`') {
                ++i;
                continue;
            }
            std::size_t m = 0;
            while (i + m < end_ && m <= n && text_[i + m] == '`') ++m;
            i += m;
            if (m == n) return i;
            while (i < far && text_[i] == '`') ++i; // a longer run
        }
        return 0;
    }
    /// The closing bracket of the one at `at`; 0 where there is none near.
    [[nodiscard]] std::size_t bracket_end(std::size_t at) const noexcept {
        unsigned depth = 0;
        for (std::size_t i = at, far = limit(at); i < far; ++i) {
            if (text_[i] == '\\') ++i;
            else if (text_[i] == '`') {
                const std::size_t past = code_end(i);
                if (past > 0) i = past - 1;
            } else if (text_[i] == '[') ++depth;
            else if (text_[i] == ']' && --depth == 0) return i;
        }
        return 0;
    }
    /// Past the target behind a link's text: `(…)` or `[…]` at `at`; 0 where there is none.
    [[nodiscard]] std::size_t target_end(std::size_t at) const noexcept {
        if (at >= end_) return 0;
        if (text_[at] == '[') {
            const std::size_t close = bracket_end(at);
            return close > 0 ? close + 1 : 0;
        }
        if (text_[at] != '(') return 0;
        unsigned depth = 0;
        for (std::size_t i = at; i < end_; ++i) {
            const char c = text_[i];
            if (c == '\\') ++i;
            else if (c == '<' && i == at + 1) {
                while (i < limit(at) && text_[i] != '>') ++i;
            } else if (space(c)) { // a title may follow, or the end
                while (i < end_ && space(text_[i])) ++i;
                if (i >= end_) return 0;
                if (text_[i] == '"' || text_[i] == '\'') {
                    const std::size_t close = text_.substr(0, limit(i)).find(text_[i], i + 1);
                    if (close == std::string_view::npos) return 0;
                    i = close;
                } else if (text_[i] == ')') --i;
                else return 0;
            } else if (c == '(') {
                if (++depth > 32) return 0;
            } else if (c == ')' && --depth == 0) return i + 1;
        }
        return 0;
    }
    /// Past a tag, comment or declaration that opens at `at`; 0 where `<` is only a sign.
    [[nodiscard]] std::size_t tag_end(std::size_t at) const noexcept {
        if (at + 1 >= end_) return 0;
        const char next = text_[at + 1];
        if (text_.substr(at, std::min<std::size_t>(4, end_ - at)) == "<!--") {
            const std::size_t close = text_.substr(0, end_).find("-->", at + 4);
            return close == std::string_view::npos ? end_ : close + 3;
        }
        const bool name = next == '/' || next == '!' || next == '?' || ((next | 32) >= 'a' && (next | 32) <= 'z');
        if (!name) return 0;
        char quote = 0;
        for (std::size_t i = at + 1, far = limit(at); i < far; ++i) {
            const char c = text_[i];
            if (quote != 0) quote = c == quote ? char(0) : quote;
            else if (c == '"' || c == '\'') quote = text_[i - 1] == '=' ? c : char(0);
            else if (c == '<') return 0;
            else if (c == '>') return i + 1;
        }
        return 0;
    }
    /// Past a directive of a site generator that opens at `at`: `{{#include x}}`, `{{< note >}}`, `{% raw %}`.
    [[nodiscard]] std::size_t directive_end(std::size_t at) const noexcept {
        const std::string_view head = text_.substr(at, std::min<std::size_t>(3, end_ - at));
        const bool two = head.starts_with("{{") && head.size() == 3 && punctuation(head[2]) && head[2] != '}';
        if (!two && !head.starts_with("{%")) return 0;
        const std::size_t close = text_.substr(0, limit(at)).find(two ? "}}" : "%}", at + 2);
        return close == std::string_view::npos ? 0 : close + 2;
    }

    /// Finds the marks of emphasis that pair in [begin, end_).
    void pair_marks(std::size_t begin) {
        run         open[24];
        std::size_t n = 0;
        for (std::size_t i = begin; i < end_ && drops_ + 3 < dropped_.size();) {
            const char c = text_[i];
            if (c == '\\') {
                i += 2;
                continue;
            }
            if (c == '`') {
                std::size_t past = code_end(i);
                if (past == 0)
                    for (past = i; past < end_ && text_[past] == '`';) ++past;
                i = past;
                continue;
            }
            if (c == '<') {
                if (const std::size_t past = tag_end(i); past > 0) {
                    i = past;
                    continue;
                }
            }
            if (c == ']' && i + 1 < end_ && text_[i + 1] == '(') {
                if (const std::size_t past = target_end(i + 1); past > 0) {
                    i = past;
                    continue;
                }
            }
            if (c != '*' && c != '_') {
                ++i;
                continue;
            }
            std::size_t k = i;
            while (k < end_ && text_[k] == c) ++k;
            const char before = i > begin ? text_[i - 1] : ' ', behind = k < end_ ? text_[k] : ' ';
            bool       opens  = !space(behind) && (!punctuation(behind) || space(before) || punctuation(before));
            bool       closes = !space(before) && (!punctuation(before) || space(behind) || punctuation(behind));
            const auto digit  = [](char x) { return x >= '0' && x <= '9'; };
            if (c == '*' && digit(before) && digit(behind)) opens = closes = false; // a product
            if (c == '_') {
                const bool inner = wordy(before) && wordy(behind);
                opens            = opens && !inner && !wordy(before);
                closes           = closes && !inner && !wordy(behind);
            }
            std::size_t left = k - i, at = i;
            while (closes && left > 0 && n > 0) {
                std::size_t o = n;
                while (o > 0 && open[o - 1].sign != c) --o;
                if (o == 0) break;
                run&              from = open[o - 1];
                const std::size_t both = std::min({from.left, left, std::size_t{3}});
                for (std::size_t x = 0; x < both && drops_ + 2 <= dropped_.size(); ++x) {
                    dropped_[drops_++] = from.at + from.left - 1 - x;
                    dropped_[drops_++] = at + x;
                }
                if (both >= 2 && from.at + from.left - both == begin && at + both == end_) seen_.bold = true;
                from.left -= both;
                left -= both;
                at += both;
                n = from.left > 0 ? o : o - 1;
            }
            if (opens && left > 0 && n < 24) open[n++] = {at, left, c};
            i = k;
        }
        std::sort(dropped_.begin(), dropped_.begin() + static_cast<std::ptrdiff_t>(drops_));
    }

    /// The character that an entity stands for, and its length; 0 where `&` is only a sign.
    [[nodiscard]] std::size_t entity(std::size_t at) {
        struct known {
            std::string_view name, text;
        };
        static constexpr known names[] = {{"&amp;", "&"},    {"&lt;", "<"},   {"&gt;", ">"},    {"&quot;", "\""},
                                          {"&nbsp;", " "},   {"&apos;", "'"}, {"&ndash;", "–"}, {"&mdash;", "—"},
                                          {"&hellip;", "…"}, {"&rarr;", "→"}, {"&copy;", "©"},  {"&times;", "×"}};
        const std::string_view rest    = text_.substr(at, std::min<std::size_t>(12, end_ - at));
        for (const known& k : names)
            if (rest.starts_with(k.name)) return put(k.text), k.name.size();
        if (!rest.starts_with("&#")) return 0;
        const bool  hex = rest.size() > 2 && (rest[2] | 32) == 'x';
        std::size_t i = hex ? 3 : 2, first = i;
        char32_t    c = 0;
        for (; i < rest.size() && i < 9; ++i) {
            const char d = rest[i];
            if (d >= '0' && d <= '9') c = c * (hex ? 16 : 10) + static_cast<char32_t>(d - '0');
            else if (hex && (d | 32) >= 'a' && (d | 32) <= 'f') c = c * 16 + static_cast<char32_t>((d | 32) - 'a' + 10);
            else break;
        }
        if (i == first || i >= rest.size() || rest[i] != ';' || c < 32 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
            return 0;
        char bytes[4];
        put(std::string_view(bytes, unicode::encode(c, bytes)));
        return i + 1;
    }

public:
    readable_writer(std::string_view text, std::size_t end, unsigned quotes, arena_text& out)
        : text_(text), end_(end), quotes_(quotes), out_(&out), begun_(false) {}

    [[nodiscard]] readable plain(std::size_t at) {
        for (; at < end_; ++at) at_link_ = false, put(text_[at]);
        return seen_;
    }

    [[nodiscard]] readable markdown(std::size_t at) {
        pair_marks(at);
        std::size_t drop = 0;
        while (at < end_) {
            if (skips_ > 0 && at == skip_from_[skips_ - 1]) { // behind the text of a link
                at = skip_to_[--skips_];
                continue;
            }
            at_link_     = at < link_end_;
            const char c = text_[at];
            while (drop < drops_ && dropped_[drop] < at) ++drop;
            if (drop < drops_ && dropped_[drop] == at) {
                ++at;
                continue;
            }
            switch (c) {
            case '\n':
                put(' ');
                ++at;
                for (unsigned q = 0; at < end_;) {
                    if (text_[at] == '>' && q < quotes_) ++q, ++at;
                    else if (text_[at] == ' ' || text_[at] == '\t') ++at;
                    else break;
                }
                continue;
            case '\\':
                if (at + 1 < end_ && punctuation(text_[at + 1])) put(text_[++at]);
                else if (at + 1 >= end_ || text_[at + 1] != '\n') put(c);
                ++at;
                continue;
            case '`':
                if (const std::size_t past = code_end(at); past > 0) {
                    for (; at < past; ++at) put(text_[at]);
                    continue;
                }
                break;
            case '!':
                if (at + 1 < end_ && text_[at + 1] == '[')
                    if (const std::size_t close = bracket_end(at + 1); close > 0)
                        if (const std::size_t past = target_end(close + 1); past > 0) {
                            at = past; // a picture has no words
                            continue;
                        }
                break;
            case '[':
                if (const std::size_t close = bracket_end(at); close > 0) {
                    if (text_[at + 1] == '^') {
                        at = close + 1; // a footnote's mark
                        continue;
                    }
                    if (const std::size_t past = target_end(close + 1); past > 0 && skips_ < 8) {
                        skip_from_[skips_] = close;
                        skip_to_[skips_++] = past;
                        link_end_          = std::max(link_end_, close);
                        ++at;
                        continue;
                    }
                }
                break;
            case '<':
                if (const std::size_t past = tag_end(at); past > 0) {
                    const std::string_view tag = text_.substr(at + 1, past - at - 2);
                    if (tag.find("://") != tag.npos && tag.find_first_of(" \"=") == tag.npos) {
                        at_link_ = true; // an address between angles
                        put(tag);
                    } else if (tag.starts_with("br") || tag.starts_with("/p") || tag.starts_with("/td") ||
                               tag.starts_with("/li"))
                        put(' ');
                    at = past;
                    continue;
                }
                break;
            case '{':
                if (const std::size_t past = directive_end(at); past > 0) {
                    const std::string_view all   = text_.substr(at, past - at);
                    const std::size_t      shown = all.find(" text=\"");
                    if (shown != all.npos) put(all.substr(shown + 7, all.find('"', shown + 7) - shown - 7));
                    at = past;
                    continue;
                }
                break;
            case '&':
                if (const std::size_t n = entity(at); n > 0) {
                    at += n;
                    continue;
                }
                break;
            case 'h':
                if (text_.substr(at, std::min<std::size_t>(8, end_ - at)).starts_with("http") &&
                    (text_.substr(at + 4, std::min<std::size_t>(3, end_ - at - 4)) == "://" ||
                     text_.substr(at + 4, std::min<std::size_t>(4, end_ - at - 4)) == "s://")) {
                    if (at >= address_end_) // an address within an address ends where that does
                        for (address_end_ = at; address_end_ < end_ && !space(text_[address_end_]) &&
                                                text_[address_end_] != ')' && text_[address_end_] != ']';)
                            ++address_end_;
                    link_end_ = std::max(link_end_, address_end_);
                    at_link_  = true;
                }
                break;
            default: break;
            }
            put(c);
            ++at;
        }
        return seen_;
    }
};

/// Appends to `out` what a reader sees of the Markdown in [begin, end) of `text`: no marks of emphasis, targets of links, pictures, tags,
/// comments, footnote marks, directives of site generators, words of more than 200 bytes; entities as what they stand for; white space as one space. Code
/// spans stay as they are, with their marks. `quotes` is how many marks of quotations stand before each further line.
///
/// Costs    linear: a link, a tag or a code span is looked for over a bounded stretch; no allocation.
inline readable write_readable(arena_text& out, std::string_view text, std::size_t begin, std::size_t end,
                               unsigned quotes = 0) {
    return readable_writer(text, end, quotes, out).markdown(begin);
}
/// The same of plain text: only white space is folded.
inline readable write_readable_plain(arena_text& out, std::string_view text, std::size_t begin, std::size_t end) {
    return readable_writer(text, end, 0, out).plain(begin);
}

} // namespace graft::inline GRAFT_ABI::detail
