// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/prompt/quote.hpp>
#include <graft/prompt/turning_words.hpp>
#include <graft/sentences/sentence.hpp>
#include <graft/unicode/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A source as claims are compared with it: folded, with its sentences and the words that turn their meaning.
///
/// Borrows  the text, the context.
/// Costs    one pass over the text.
class claim_source {
    struct sentence_row {
        std::uint32_t begin = 0, head = 0, tail = 0; // signs: behind its list mark; before the punctuation at its end
        std::uint32_t from  = 0;                    // where the sentence begins that leads into it: "These are exempt:"
        bool          known = false;                // in a language whose turning words are known
        bool          item  = false;                // of a list
        bool          colon = false, comma = false; // behind which it begins
    };
    std::string_view               text_   = {};
    folded_text                    folded_ = {};
    std::span<const sentence_row>  rows_   = {};
    std::span<const std::uint32_t> turns_ = {}, hedges_ = {}; // signs, ascending

    static bool any_in(std::span<const std::uint32_t> list, std::size_t from, std::size_t to) noexcept {
        const auto at = std::lower_bound(list.begin(), list.end(), from);
        return at != list.end() && *at < to;
    }
    void find_sentences(context& w);
    void find_ends(std::span<sentence_row> rows) const;
    void find_words(context& w, std::span<sentence_row> rows);
    void find_leads(std::span<sentence_row> rows) const;

public:
    /// A sentence, or several, in signs: [begin, end), and without list marks and punctuation [head, tail). What leads into a list
    /// belongs to each of its items, unless it turns nothing.
    struct stretch {
        std::size_t begin = 0, head = 0, tail = 0, end = 0;
        bool        known = false;
    };

    claim_source() = default;
    claim_source(std::string_view text, context& w) : text_(text), folded_(fold_quote(text, w)) { find_sentences(w); }

    [[nodiscard]] std::string_view    text() const noexcept { return text_; }
    [[nodiscard]] const folded_text&  folded() const noexcept { return folded_; }
    [[nodiscard]] std::u32string_view signs() const noexcept { return {folded_.signs.data(), folded_.signs.size()}; }
    [[nodiscard]] bool                empty() const noexcept { return folded_.signs.empty(); }
    /// Whether a word among these signs turns the meaning of its sentence, or makes it a question.
    [[nodiscard]] bool turns(std::size_t from, std::size_t to) const noexcept { return any_in(turns_, from, to); }
    [[nodiscard]] bool hedges(std::size_t from, std::size_t to) const noexcept { return any_in(hedges_, from, to); }
    /// The sentences that hold signs [from, to).
    [[nodiscard]] stretch around(std::size_t from, std::size_t to) const noexcept {
        const auto later = [](std::size_t at, const sentence_row& r) { return at < r.begin; };
        auto       first = std::upper_bound(rows_.begin(), rows_.end(), from, later);
        if (first != rows_.begin()) --first;
        const auto behind = std::upper_bound(first, rows_.end(), to - 1, later);
        const auto last   = std::prev(behind);
        return {first->from, first->head, last->tail, behind == rows_.end() ? folded_.signs.size() : behind->begin,
                first->known && last->known};
    }
};

[[nodiscard]] constexpr bool word_sign(char32_t c) noexcept { return unicode::classify(c).in_words(); }
[[nodiscard]] constexpr bool bullet(char32_t c) noexcept {
    return std::u32string_view(U"*+#>=~•◦▪‣·").find(c) != std::u32string_view::npos;
}
/// A letter of an alphabet, or with a mark, that none of the languages of the lists has.
[[nodiscard]] constexpr bool foreign_letter(char32_t c) noexcept {
    if (c < 0x80) return false;
    if (c < 0x100) return c == U'å' || c == U'ø' || c == U'æ' || c == U'ð' || c == U'þ' || c == U'ý';
    if (c == U'œ' || c == U'ё' || c == U'ÿ') return false;
    if (c >= 0x430 && c < 0x450) return false;
    const unicode::scalar_class k = unicode::classify(c);
    if (!k.is_letter()) return false;
    return k.script_kind() != unicode::script::ideographic || (c >= 0x3040 && c < 0x3100); // Kana
}
/// Steps over punctuation, a mark of a footnote and, at the front, a mark of a list item; `at` itself when none stands there.
[[nodiscard]] inline std::size_t skip_mark(std::u32string_view s, std::size_t at, std::size_t end,
                                           bool front) noexcept {
    if ((s[at] | 32) >= 'a' && (s[at] | 32) <= 'z') return at; // most are
    if (punctuation(s[at])) return at + 1;
    const char32_t next = at + 1 < end ? s[at + 1] : U' ';
    if (front && bullet(s[at]) && (bullet(next) || next == ' ')) return at + 1;
    std::size_t digits = at;
    while (digits < end && digits - at < 3 && s[digits] >= '0' && s[digits] <= '9') ++digits;
    if (digits == at || digits == end) return at;
    const bool note = at > 0 && s[at - 1] == '[' && s[digits] == ']';
    const bool item = front && (s[digits] == '.' || s[digits] == ')') && (digits + 1 == end || s[digits + 1] == ' ');
    return note || item ? digits + 1 : at;
}
/// The word that begins at `at`, as far as it goes.
[[nodiscard]] inline std::u32string_view word_from(std::u32string_view s, std::size_t at) noexcept {
    std::size_t end = at;
    while (end < s.size() && word_sign(s[end])) ++end;
    return s.substr(at, end - at);
}
/// Whether what seems to end a sentence before byte `at` may be an ordinal number: "am 15. März".
[[nodiscard]] inline bool ordinal_before(std::string_view text, std::size_t at, context& w) {
    std::size_t k = at, feeds = 0;
    for (; k > 0 && static_cast<unsigned char>(text[k - 1]) <= ' '; --k) feeds += text[k - 1] == '\n' ? 1U : 0U;
    if (feeds > 1 || k < 2 || text[k - 1] != '.') return false;
    std::size_t from = --k;
    while (from > 0 && ascii_digit(static_cast<unsigned char>(text[from - 1]))) --from;
    if (from == k || k - from > 2 ||
        (from > 0 && static_cast<unsigned char>(text[from - 1]) > ' ' && text[from - 1] != '('))
        return false;
    const folded_text         next = fold_quote(text.substr(at, 64), w);
    const std::u32string_view word = word_from({next.signs.data(), next.size()}, 0);
    return !word.empty() && roles_of(word) == 0; // a name, not "the" or "if"
}

inline void claim_source::find_sentences(context& w) {
    const std::u32string_view s = signs();
    arena_list<sentence_row>  rows(w, 16);
    std::size_t               i = 0;
    each_sentence(text_, [&](std::size_t begin, std::size_t) {
        while (i < s.size() && folded_.at[i].begin < begin) ++i;
        if (i == s.size() && i > 0) return;
        std::size_t k = i;
        while (k > 0 && s[k - 1] == ' ') --k;
        bool colon = false, comma = false;
        if (k > 0) {
            colon = s[k - 1] == ':' || s[k - 1] == U'：';
            comma = !colon && std::u32string_view(U",;，；").find(s[k - 1]) != std::u32string_view::npos;
            if (ordinal_before(text_, begin, w)) return;
        }
        rows.push_back({.begin = static_cast<std::uint32_t>(i), .colon = colon, .comma = comma});
    });
    if (rows.empty()) rows.push_back({});
    find_ends(rows.items());
    find_words(w, rows.items());
    find_leads(rows.items());
    rows_ = rows.items();
}

inline void claim_source::find_ends(std::span<sentence_row> rows) const {
    const std::u32string_view s = signs();
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::size_t end   = r + 1 < rows.size() ? rows[r + 1].begin : s.size();
        bool              front = true;
        rows[r].head = rows[r].tail = rows[r].begin;
        for (std::size_t i = rows[r].begin; i < end;) {
            const std::size_t next = skip_mark(s, i, end, front);
            if (next == i) {
                front        = false;
                rows[r].tail = static_cast<std::uint32_t>(++i);
                continue;
            }
            rows[r].item =
                rows[r].item || (front && (s[i] == '-' || (!punctuation(s[i]) && s[i] != '#' && s[i] != '>')));
            i = next;
            if (front) rows[r].head = static_cast<std::uint32_t>(i);
        }
    }
}

inline void claim_source::find_leads(std::span<sentence_row> rows) const {
    rows.front().from = rows.front().begin;
    for (std::size_t r = 1; r < rows.size(); ++r) {
        const sentence_row& before = rows[r - 1];
        const bool          led    = rows[r].colon || (rows[r].comma && rows[r].item);
        const bool          heeded = led && (!before.known || turns(before.from, rows[r].begin));
        const bool          same = rows[r].item && before.item && before.from < before.begin; // the next item of a list
        rows[r].from             = heeded || same ? before.from : rows[r].begin;
        if (heeded || same) rows[r].head = before.head;
    }
}

inline void claim_source::find_words(context& w, std::span<sentence_row> rows) {
    const std::u32string_view s = signs();
    arena_list<std::uint32_t> turns(w, 16), hedges(w, 16);
    const auto  next_is = [&](std::size_t at, std::u32string_view what) { return s.substr(at, what.size()) == what; };
    std::size_t row     = 0;
    bool        common = false, foreign = false, han = false;
    const auto  close = [&] { rows[row].known = (common || han) && !foreign; };
    for (std::size_t i = 0; i < s.size();) {
        while (row + 1 < rows.size() && i >= rows[row + 1].begin) {
            close();
            ++row;
            common = foreign = han = false;
        }
        const auto here = static_cast<std::uint32_t>(i);
        if (!word_sign(s[i])) {
            if (s[i] == '?' || s[i] == U'？' || s[i] == U'؟') turns.push_back(here);
            ++i;
            continue;
        }
        if (unicode::classify(s[i]).script_kind() != unicode::script::spaced) { // one sign at a time
            foreign = foreign || foreign_letter(s[i]);
            han     = han || unicode::classify(s[i]).script_kind() == unicode::script::ideographic;
            if (has(roles_of(s.substr(i, 1)), word_role::turns) || has(roles_of(s.substr(i, 2)), word_role::turns))
                turns.push_back(here);
            ++i;
            continue;
        }
        std::uint64_t hash = role_table::seed;
        std::size_t   end  = i;
        for (; end < s.size() && spaced(s[end]); ++end) {
            hash    = role_table::more(hash, s[end]);
            foreign = foreign || foreign_letter(s[end]);
        }
        const std::uint16_t roles = word_roles[hash];
        common                    = common || has(roles, word_role::known);
        const bool elided         = (end - i == 1 && s[i] == 'n' && next_is(end, U"'")) || // n'est
                            (end - i == 1 && s[i] == 's' && next_is(end, U"'il")) ||       // s'il
                            (s[end - 1] == 'n' && next_is(end, U"'t"));                    // isn't
        if (elided || has(roles, word_role::turns)) turns.push_back(here);
        if (has(roles, word_role::hedges)) hedges.push_back(here);
        i = end;
    }
    close();
    turns_  = turns.items();
    hedges_ = hedges.items();
}

} // namespace graft::inline GRAFT_ABI::detail
