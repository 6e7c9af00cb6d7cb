// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/sentences/abbreviations.hpp>
#include <graft/sentences/sentence_marks.hpp>
#include <graft/sentences/sentence_words.hpp>
#include <graft/unicode/ascii.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A short word of the text, folded, and what it looks like.
class short_word {
    char        bytes_[32] = {};
    std::size_t size_      = 0;

public:
    std::size_t begin = 0, end = 0; ///< in the text
    unsigned    letters = 0;        ///< and marks
    unsigned    digits = 0, points = 0, capitals = 0;
    unsigned    part    = 0;     ///< letters of the longest piece between points
    bool        capital = false; ///< begins with one
    bool        longer  = false; ///< more than fits
    bool        turkish = false; ///< holds one of ı ğ ş İ
    char32_t    first   = 0;

    [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }
    [[nodiscard]] bool             empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool             number() const noexcept { return digits > 0 && letters == 0; }

    /// Reads [from, to); `points` within are kept.
    short_word(std::string_view text, std::size_t from, std::size_t to) noexcept : begin(from), end(to) {
        unsigned piece = 0;
        for (std::size_t i = from; i < to;) {
            const unicode::decoded d = unicode::decode(text, i);
            if (size_ + 4 > sizeof bytes_) {
                longer = true;
                return;
            }
            i += d.length;
            if (d.scalar == U'.') {
                ++points, piece = 0;
                bytes_[size_++] = '.';
                continue;
            }
            const unicode::scalar_class c = unicode::classify(d.scalar);
            if (first == 0) first = d.scalar, capital = c.is_upper();
            if (c.is_digit()) ++digits;
            else ++letters, part = ++piece > part ? piece : part;
            capitals += c.is_upper() ? 1u : 0u;
            turkish = turkish || d.scalar == U'ı' || d.scalar == U'ğ' || d.scalar == U'ş' || d.scalar == U'İ' ||
                      d.scalar == U'Ş' || d.scalar == U'Ğ';
            if (!c.is_decoration()) size_ += unicode::encode(unicode::fold(d.scalar), bytes_ + size_);
        }
    }
};

/// Whether a word goes on at `at`.
[[nodiscard]] inline bool word_at(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end);
    if (a < 0x80) return ascii_letter(a) || ascii_digit(a);
    const unicode::scalar_class c = unicode::classify(unicode::decode(text, at).scalar);
    return c.in_words() || c.is_decoration();
}

/// The word that begins at `at`, up to 32 bytes of it.
[[nodiscard]] inline short_word word_from(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t to = at;
    while (to < end && to - at < 32 && word_at(text, to, end)) to += unicode::decode(text, to).length;
    return {text, at, to < end ? to : end};
}

/// The word, with its inner points where `pointed`, that ends at `end`: at most 32 bytes of it.
[[nodiscard]] inline short_word word_before(std::string_view text, std::size_t begin, std::size_t end,
                                            bool pointed) noexcept {
    std::size_t from = end;
    while (from > begin && end - from < 32) {
        std::size_t k = from - 1;
        while (k > begin && from - k < 4 && (byte_at(text, k, end) & 0xC0u) == 0x80) --k;
        if (!(pointed && text[k] == '.') && !word_at(text, k, end)) break;
        if (static_cast<unsigned char>(text[k]) >= 0xE2 &&
            unicode::script_kind(unicode::decode(text, k).scalar) == unicode::script::ideographic)
            break;
        from = k;
    }
    while (from < end && text[from] == '.') ++from;
    return {text, from, end};
}

/// Past the blanks that stand before `at`.
[[nodiscard]] inline std::size_t back_over_blanks(std::string_view text, std::size_t begin, std::size_t at) noexcept {
    for (;;) {
        if (at > begin && (text[at - 1] == ' ' || text[at - 1] == '\n' || text[at - 1] == '\t' || text[at - 1] == '\r'))
            --at;
        else if (at > begin + 1 && text[at - 2] == '\xC2' && text[at - 1] == '\xA0') at -= 2;
        else if (at > begin + 2 && text.substr(at - 3, 3) == "\xE2\x80\xAF") at -= 3; // the narrow one of typesetters
        else return at;
    }
}

/// Whether the word at `next` is one that often begins a sentence; an initial or an abbreviation is none.
[[nodiscard]] inline bool first_word_at(std::string_view text, std::size_t next, std::size_t end,
                                        bool particles) noexcept {
    const short_word word = word_from(text, next, end);
    if (byte_at(text, word.end, end) == '.' &&
        (word.letters == 1 || abbreviation_of(word.view()) != abbreviation::none))
        return false;
    return among(often_first, word.view()) || (particles && among(name_particles, word.view()));
}

[[nodiscard]] inline bool roman(const short_word& word) noexcept {
    return word.letters > 0 && word.capitals == word.letters && word.digits == 0 && word.points == 0 &&
           word.view().find_first_not_of("ivxlc") == std::string_view::npos;
}

/// Whether what stands at `next` counts: 5, IV or § 3.
[[nodiscard]] inline bool number_at(std::string_view text, std::size_t next, std::size_t end) noexcept {
    if (byte_at(text, next, end) == 0xC2 && byte_at(text, next + 1, end) == 0xA7) return true; // §
    const short_word word = word_from(text, next, end);
    if (word.empty()) return false;
    return unicode::is_digit(word.first) || (roman(word) && word.view() != "i");
}

/// Whether a number, or the Roman or decimal numeral of an ordinal, goes on behind its full stop: 15. März, II. Weltkrieg.
///
/// Languages that write ordinals with a full stop show it by the word before (im, der, seinem) or behind: a month, a noun
/// that is often counted. Elsewhere a number ends its sentence.
[[nodiscard]] inline bool ordinal(std::string_view text, std::size_t begin, const short_word& number, std::size_t next,
                                  std::size_t end) noexcept {
    if (number.points > 0 || number.digits > 3) return false;
    const short_word behind = word_from(text, next, end);
    if (number.digits < 3 && among(month_names, behind.view())) return true;
    if (among(ordinal_nouns, behind.view())) return true;
    if (behind.empty() || behind.digits > 0) return false;
    const short_word before = word_before(text, begin, back_over_blanks(text, begin, number.begin), false);
    if (!before.turkish && !behind.turkish) {
        if (before.empty() || before.end == number.begin || before.capitals > 1) return false;
        if (!among(ordinal_heads, before.view())) return false;
        // I am 15. Bob is 16.
        if (before.view() == "am" && before.begin >= begin + 2 && text[before.begin - 2] == 'I') return false;
    }
    return !first_word_at(text, next, end, true);
}

/// Whether the sentence goes on behind the full stop of a single letter.
[[nodiscard]] inline bool initial(std::string_view text, std::size_t begin, const short_word& letter, std::size_t next,
                                  std::size_t end) noexcept {
    const short_word behind = word_from(text, next, end);
    const bool       chain  = behind.letters == 1 && byte_at(text, behind.end, end) == '.';
    const bool       cased  = letter.capital || lower_at(text, letter.begin, end);
    if (!cased && !(letter.first >= 0x621 && letter.first < 0x64B)) return false; // no script of initials
    if (chain) return true;
    if (!letter.capital) {
        // A unit behind a number: 5 m. Bob; but 1990 г. Москва, 1990 r. Kraków, 500 v. Chr.
        const std::size_t      to     = back_over_blanks(text, begin, letter.begin);
        const bool             number = to < letter.begin && to > begin && ascii_digit(byte_at(text, to - 1, end));
        const std::string_view w      = letter.view();
        if (number && w != "г" && w != "в" && w != "r" && w != "р" && behind.view() != "chr") return false;
    }
    // `de` after a name's initial is its next part; what hangs on something (30 °C) is no initial.
    const unsigned char before = letter.begin > begin ? static_cast<unsigned char>(text[letter.begin - 1]) : ' ';
    const bool          name   = letter.capital && (before <= ' ' || before == '(' || before == '-');
    return !first_word_at(text, next, end, !name);
}

/// Whether the single full stop at `dot` ends the sentence that began at `begin`; the next one would begin at `next`, which
/// is no lower case letter.
[[nodiscard]] inline bool careful_dot_ends(std::string_view text, std::size_t begin, std::size_t dot, std::size_t next,
                                           std::size_t end) noexcept {
    const short_word word = word_before(text, begin, dot, true);
    if (word.empty() || word.longer) return true;
    // A number that opens the sentence, alone on it: `12. Of the …`, `IV. Of the …`.
    if ((word.number() ? word.digits <= 3 : word.letters > 1 && roman(word)) && word.points == 0 &&
        back_over_blanks(text, begin, word.begin) == begin)
        return false;
    if (word.number()) return !ordinal(text, begin, word, next, end);
    abbreviation kind = abbreviation_of(word.view());
    // z. B., т. е., p. ej.: the first piece may have a blank behind it.
    const std::size_t piece = back_over_blanks(text, begin, word.begin);
    if (word.letters <= 4 && word.points == 0 && piece < word.begin && piece > begin && text[piece - 1] == '.') {
        const short_word first = word_before(text, begin, piece - 1, true);
        if (first.letters <= 3 && !first.longer && first.view().size() + word.view().size() < 24) {
            char              both[32];
            const std::size_t size = first.view().copy(both, 24);
            both[size]             = '.';
            word.view().copy(both + size + 1, 24);
            const abbreviation joined = abbreviation_of({both, size + 1 + word.view().size()});
            if (joined != abbreviation::none) kind = joined;
        }
    }
    const auto behind_number = [&] {
        return piece < word.begin && piece > begin && ascii_digit(byte_at(text, piece - 1, end));
    };
    const bool acronym = word.letters > 1 && word.capitals == word.letters && word.points == 0;
    switch (kind) {
    case abbreviation::always: return false;
    case abbreviation::titled:
        if (word.capital && !acronym) return first_word_at(text, next, end, false);
        if (number_at(text, next, end)) return false;
        break;
    case abbreviation::counted:
        if (number_at(text, next, end)) return false;
        break;
    case abbreviation::measured:
        if (behind_number()) return first_word_at(text, next, end, true);
        if (number_at(text, next, end)) return false;
        break;
    case abbreviation::uncounted:
        if (!behind_number()) return first_word_at(text, next, end, true);
        break;
    case abbreviation::inside: return first_word_at(text, next, end, true);
    case abbreviation::none: break;
    }
    if (word.points > 0) // U.S. n.v.t. Ph.D., not main.cpp
        return word.part > 2 || word.digits > 0 || first_word_at(text, next, end, true);
    if ((word.letters == 1 || (word.letters == 2 && word.first == U'و')) && word.digits == 0) // و: and
        return !initial(text, begin, word, next, end);
    if (roman(word)) return !ordinal(text, begin, word, next, end);
    if (word.digits > 0) return true;
    // Rs. Bd. Nr.: no vowel.
    const std::string_view w = word.view();
    if (word.capital && word.capitals == 1 && w.size() == 2 && w.find_first_of("aeiouy") == std::string_view::npos &&
        ascii_letter(static_cast<unsigned char>(w[0])) && ascii_letter(static_cast<unsigned char>(w[1])))
        return first_word_at(text, next, end, true);
    if (ascii_digit(byte_at(text, next, end)))
        return !((word.capital && word.capitals == 1 && word.letters <= 3) || w.ends_with("str"));
    // Thai and Lao write the full stop behind abbreviations alone.
    return !(word.letters <= 3 && word.first >= 0xE00 && word.first < 0xF00);
}

/// The same, quickly where a common word stands before the full stop.
[[nodiscard]] inline bool dot_ends(std::string_view text, std::size_t begin, std::size_t dot, std::size_t next,
                                   std::size_t end) noexcept {
    std::size_t   from = dot;
    std::uint64_t head = 0;
    while (from > begin && ascii_letter(byte_at(text, from - 1, end)))
        head = head << 8 | (static_cast<unsigned char>(text[--from]) | 32u);
    const std::size_t size = dot - from;
    const unsigned before = from > begin ? static_cast<unsigned char>(text[from - 1]) : static_cast<unsigned char>(' ');
    const bool     plain  = size > 2 && before < 0x80 && before != '.' && !ascii_upper(byte_at(text, dot - 1, end));
    if (plain && !ascii_digit(byte_at(text, next, end)) && !abbreviations.holds(head)) return true;
    return careful_dot_ends(text, begin, dot, next, end);
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
