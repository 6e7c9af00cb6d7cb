// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/unicode_tables.hpp>

#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI::unicode {

/// How a script shows where its words end.
enum class script : std::uint8_t {
    none        = 0, ///< no letter, digit or mark
    spaced      = 1, ///< words stand between spaces: Latin, Greek, Cyrillic, Arabic, Devanagari…; and every digit
    ideographic = 2, ///< Han, Hiragana, Katakana, Bopomofo: no spaces, a character says much
    unspaced    = 3, ///< Thai, Lao, Khmer, Myanmar, the Tai scripts, Ahom: no spaces between words
    hangul      = 4, ///< spaces between words, but particles grow on them
};

/// What the analyser needs to know of a scalar value, in one byte.
class scalar_class {
    std::uint8_t bits_ = 0;

    enum : std::uint8_t { other, space, letter, digit, number, mark, dropped, format };
    [[nodiscard]] constexpr unsigned kind() const noexcept { return bits_ & 7u; }

public:
    constexpr explicit scalar_class(std::uint8_t bits) noexcept : bits_(bits) {}

    [[nodiscard]] constexpr bool is_space() const noexcept { return kind() == space; }
    [[nodiscard]] constexpr bool is_letter() const noexcept { return kind() == letter; }
    [[nodiscard]] constexpr bool is_digit() const noexcept { return kind() == digit; }
    /// A combining mark that decorates (accents, harakat, niqqud, nukta) or the tatweel: a word is the same without it.
    [[nodiscard]] constexpr bool is_decoration() const noexcept { return kind() == dropped; }
    /// A combining mark that is kept: the vowel signs of the Indic scripts and their neighbours.
    [[nodiscard]] constexpr bool is_kept_mark() const noexcept { return kind() == mark; }
    /// Invisible: soft hyphen, joiners, marks of direction.
    [[nodiscard]] constexpr bool is_format() const noexcept { return kind() == format; }
    [[nodiscard]] constexpr bool is_upper() const noexcept { return (bits_ & 64u) != 0; }
    /// Whether words are made of it: letters, digits, numbers of other kinds (², Ⅳ, ½) and kept marks.
    [[nodiscard]] constexpr bool in_words() const noexcept { return kind() >= letter && kind() <= mark; }
    /// Whether `fold` changes it, or the analyser spells it as several letters.
    [[nodiscard]] constexpr bool            folds() const noexcept { return (bits_ & 128u) != 0; }
    [[nodiscard]] constexpr unicode::script script_kind() const noexcept {
        return static_cast<unicode::script>(bits_ >> 3 & 7u);
    }
    /// The table's byte.
    [[nodiscard]] constexpr std::uint8_t bits() const noexcept { return bits_; }
};

/// The class of a scalar value; unassigned ones, and what is no scalar value, have none.
///
/// Source   Unicode Character Database (general category, White_Space, names), version `tables::version`.
[[nodiscard]] constexpr scalar_class classify(char32_t scalar) noexcept {
    if (scalar < 0x20000) {
        const unsigned low   = scalar & ((1u << tables::class_shift) - 1);
        const unsigned block = tables::class_block[scalar >> tables::class_shift];
        return scalar_class(tables::class_of[block << tables::class_shift | low]);
    }
    // Planes 2 and 3 hold ideographs alone, assigned or not yet; plane 14 holds tags and variation selectors.
    if (scalar < 0x3FFFE) return scalar_class(2 | 2 << 3);
    if (scalar >= 0xE0100 && scalar < 0xE01F0) return scalar_class(6 | 1 << 3);
    if (scalar >= 0xE0001 && scalar < 0xE0080) return scalar_class(7 | 1 << 3);
    return scalar_class(0);
}

/// White space: the White_Space property.
[[nodiscard]] constexpr bool is_space(char32_t scalar) noexcept { return classify(scalar).is_space(); }

/// A letter of any script: the categories L*, without the tatweel, which only stretches a word.
[[nodiscard]] constexpr bool is_letter(char32_t scalar) noexcept { return classify(scalar).is_letter(); }

/// A decimal digit of any script: the category Nd.
[[nodiscard]] constexpr bool is_digit(char32_t scalar) noexcept { return classify(scalar).is_digit(); }

/// A combining mark: the categories M*.
[[nodiscard]] constexpr bool is_mark(char32_t scalar) noexcept {
    const scalar_class c = classify(scalar);
    return c.is_kept_mark() || (c.is_decoration() && scalar != 0x640);
}

/// An upper or title case letter: the categories Lu and Lt.
[[nodiscard]] constexpr bool is_upper(char32_t scalar) noexcept { return classify(scalar).is_upper(); }

/// How the scalar's script shows words.
[[nodiscard]] constexpr script script_kind(char32_t scalar) noexcept { return classify(scalar).script_kind(); }

/// The plain form of a scalar value, so that spellings of one word meet.
///
/// Gives    lower case (final sigma and the dotless and dotted i of Turkish included: ς is σ; ı, I and İ are i);
///          without diacritics where the letter has them built in (é e, й и, ΐ ι) and for đ ħ ł ø ŧ; full width,
///          circled, mathematical and superscript forms as plain letters and digits; half-width Katakana as Katakana,
///          with its voicing marks kept; digits of all scripts as 0 to 9; one form of the Arabic alef, ya, kaf and
///          heh; the apostrophes ’ ʼ ʻ ＇ ‘ as '. Everything else is itself. fold(fold(c)) = fold(c).
/// Source   Unicode Character Database (case, compatibility decomposition), and the lists in
///          tests/tools/make_unicode_tables.py.
[[nodiscard]] constexpr char32_t fold(char32_t scalar) noexcept {
    if (scalar < 0x80) return scalar >= U'A' && scalar <= U'Z' ? scalar | 0x20u : scalar;
    if (scalar >= 0x20000) return scalar;
    const unsigned low   = scalar & ((1u << tables::fold_shift) - 1);
    const unsigned block = tables::fold_block[scalar >> tables::fold_shift];
    const char32_t to    = tables::fold_of[block << tables::fold_shift | low];
    if (to == 0) return scalar;
    // The table holds 16 bits: mathematical letters fold down into plane 0, the others stay in their plane.
    const bool down = (scalar >= 0x1D400 && scalar < 0x1D800) || scalar >= 0x1EE00;
    return down ? to : (scalar & 0x10000u) | to;
}

/// The letters that a folded scalar value stands for (ß ss, æ ae, ﬁ fi, …), "" where it stands for itself.
[[nodiscard]] constexpr std::string_view expansion(char32_t folded) noexcept {
    switch (folded) {
    case U'ß': return "ss";
    case U'æ': return "ae";
    case U'œ': return "oe";
    case U'ĳ': return "ij";
    case U'ŉ': return "n";
    case U'ǆ': return "dz";
    case U'ǉ': return "lj";
    case U'ǌ': return "nj";
    case U'ﬀ': return "ff";
    case U'ﬁ': return "fi";
    case U'ﬂ': return "fl";
    case U'ﬃ': return "ffi";
    case U'ﬄ': return "ffl";
    case U'ﬅ':
    case U'ﬆ': return "st";
    default: return folded >= 0xFEF5 && folded <= 0xFEFC ? "\u0644\u0627" : std::string_view(); // lam with an alef
    }
}

/// A Kana and a combining voicing mark (U+3099, U+309A) as one scalar value; 0 where there is none.
[[nodiscard]] constexpr char32_t voiced(char32_t kana, char32_t mark) noexcept {
    const char32_t hiragana = kana >= 0x30A1 && kana <= 0x30F6 ? kana - 0x60 : kana;
    if (hiragana >= 0x306F && hiragana <= 0x307B && hiragana % 3 == 0) return kana + (mark - 0x3098); // ha to ho
    if (mark != 0x3099) return 0;
    if (hiragana == 0x3046) return kana + 0x4E;                                            // u
    const bool before_tsu = hiragana >= 0x304B && hiragana <= 0x3061 && hiragana % 2 == 1; // ka to chi
    const bool from_tsu   = hiragana >= 0x3064 && hiragana <= 0x3068 && hiragana % 2 == 0; // tsu to to
    return before_tsu || from_tsu ? kana + 1 : 0;
}

} // namespace graft::inline GRAFT_ABI::unicode
