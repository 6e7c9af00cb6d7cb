// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The bytes of a suffix or word as `load8` would give them.
[[nodiscard]] consteval std::uint64_t letters(std::string_view word) {
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < word.size(); ++i) x |= std::uint64_t{static_cast<unsigned char>(word[i])} << (8 * i);
    return x;
}

/// A suffix as the top bytes of the last eight of a word.
struct suffix {
    std::uint64_t bits;
    unsigned      length;
    consteval suffix(const char* text)
        : bits(letters(text) << (64 - 8 * std::string_view(text).size())),
          length(static_cast<unsigned>(std::string_view(text).size())) {}
};

/// One word on its way to its stem: the steps of the Snowball English stemmer ("Porter 2") on 64-bit words.
///
/// The letters lie in place, with 8 readable bytes before the first and after the last. `vowels_` has bit i set where
/// letter i is a vowel (a y that acts as a consonant is none), so "is there a vowel before" and the regions R1 and R2
/// are bit operations; `tail_` holds the last 8 letters, so a suffix is one shift and one comparison.
class english_word {
    char*         at_;
    unsigned      size_;
    std::uint64_t vowels_ = 0;
    std::uint64_t ys_     = 0; // the y that act as consonants
    unsigned      r1_ = 0, r2_ = 0;
    std::uint64_t tail_ = 0;

    [[nodiscard]] static constexpr bool vowel(char c) noexcept { // y aside: no suffix brings one
        return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
    }
    [[nodiscard]] static constexpr std::uint64_t below(unsigned n) noexcept { // bits [0, n)
        return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
    }
    constexpr void               look_back() noexcept { tail_ = load8(at_ + size_ - 8); }
    [[nodiscard]] constexpr bool ends(suffix s) const noexcept {
        return tail_ >> (64 - 8 * s.length) << (64 - 8 * s.length) == s.bits && size_ >= s.length;
    }
    [[nodiscard]] constexpr bool in_r1(unsigned length) const noexcept { return size_ >= r1_ + length; }
    [[nodiscard]] constexpr bool in_r2(unsigned length) const noexcept { return size_ >= r2_ + length; }
    [[nodiscard]] constexpr bool vowel_before(unsigned length) const noexcept {
        return (vowels_ & below(size_ - length)) != 0;
    }
    [[nodiscard]] constexpr bool is_vowel(unsigned i) const noexcept { return (vowels_ >> i & 1) != 0; }

    constexpr void cut(unsigned length) noexcept {
        size_ -= length;
        look_back();
    }
    constexpr void add(char c) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << size_;
        vowels_                 = vowel(c) ? vowels_ | bit : vowels_ & ~bit;
        ys_ &= ~bit;
        at_[size_++] = c;
    }
    /// The last `length` letters become `by`.
    constexpr void replace(unsigned length, std::string_view by) noexcept {
        size_ -= length;
        for (const char c : by) add(c);
        look_back();
    }

    /// The bits of the 8 letters of `x` that are vowels; `y` gets those that are the letter y.
    [[nodiscard]] static constexpr std::uint64_t vowels_of(std::uint64_t x, std::uint64_t& y) noexcept {
        // Bit 7 of a byte of t ^ c + 0x7F is clear where t = c, for all t < 0x80.
        constexpr std::uint64_t most   = ~high_bits;
        const std::uint64_t     t      = x & most;
        const auto              differ = [&](char c) { return (t ^ each_byte * static_cast<unsigned char>(c)) + most; };
        const std::uint64_t     not_y  = differ('y') | x;
        const std::uint64_t     none   = (differ('a') & differ('e') & differ('i') & differ('o') & differ('u')) | x;
        const auto gather = [](std::uint64_t bits) { return (bits >> 7 & each_byte) * 0x0102040810204080u >> 56; };
        y                 = gather(~not_y);
        return gather(~(none & not_y));
    }

    /// y is a consonant at the beginning and after a vowel; R1 is what follows the first consonant after a vowel, R2 is
    /// the same within R1.
    constexpr void mark() noexcept {
        std::uint64_t y = 0;
        for (unsigned i = 0; i < size_; i += 8) {
            std::uint64_t some = 0;
            vowels_ |= vowels_of(load8(at_ + i), some) << i;
            y |= some << i;
        }
        vowels_ &= below(size_);
        for (y &= below(size_); y != 0; y &= y - 1) {
            const unsigned i = static_cast<unsigned>(__builtin_ctzll(y));
            if (i != 0 && !is_vowel(i - 1)) continue;
            vowels_ &= ~(std::uint64_t{1} << i);
            ys_ |= std::uint64_t{1} << i;
        }
        // "general" and "generous", "communal" and "commune", "arsenic" and "arsenal" would meet otherwise.
        const std::uint64_t head = load8(at_), five = head & below(40), six = head & below(48);
        if (size_ >= 5 && (five == letters("gener") || five == letters("arsen"))) r1_ = 5;
        else if (size_ >= 6 && six == letters("commun")) r1_ = 6;
        else r1_ = region(0);
        r2_ = region(r1_);
    }
    [[nodiscard]] constexpr unsigned region(unsigned from) const noexcept {
        const std::uint64_t vowel_at = vowels_ & ~below(from);
        if (vowel_at == 0) return size_;
        const unsigned      v         = static_cast<unsigned>(__builtin_ctzll(vowel_at));
        const std::uint64_t consonant = ~vowels_ & below(size_) & ~below(v);
        return consonant == 0 ? size_ : static_cast<unsigned>(__builtin_ctzll(consonant)) + 1;
    }

    /// Whether the letters [0, n) end in a short syllable: a vowel between two consonants of which the last is not w, x
    /// or y; or, at the beginning of the word, a vowel before a consonant.
    [[nodiscard]] constexpr bool short_syllable(unsigned n) const noexcept {
        if (n < 2 || is_vowel(n - 1) || !is_vowel(n - 2)) return false;
        if (n == 2) return true;
        return !is_vowel(n - 3) && at_[n - 1] != 'w' && at_[n - 1] != 'x' && (ys_ >> (n - 1) & 1) == 0;
    }

    constexpr void plural() noexcept { // step 1a
        if (ends("'s'")) cut(3);
        else if (ends("'s")) cut(2);
        else if (ends("'")) cut(1);
        if (size_ == 0) return;
        if (at_[size_ - 1] == 's') {
            if (ends("sses")) cut(2);
            else if (ends("ies")) cut(size_ >= 5 ? 2 : 1);
            else if (ends("us") || ends("ss")) return;
            else if (size_ >= 2 && vowel_before(2)) cut(1);
        } else if (ends("ied")) {
            cut(size_ >= 5 ? 2 : 1);
        }
    }

    constexpr void past() noexcept { // step 1b
        if (ends("eedly")) {
            if (in_r1(5)) cut(3);
            return;
        }
        if (ends("eed")) {
            if (in_r1(3)) cut(1);
            return;
        }
        const unsigned length = ends("ed") ? 2 : ends("ing") ? 3 : ends("edly") ? 4 : ends("ingly") ? 5 : 0;
        if (length == 0 || !vowel_before(length)) return;
        cut(length);
        if (ends("at") || ends("bl") || ends("iz")) {
            replace(0, "e");
        } else if (size_ >= 2 && at_[size_ - 1] == at_[size_ - 2] && doubles(at_[size_ - 1])) {
            cut(1);
        } else if (size_ == r1_ && short_syllable(size_)) {
            replace(0, "e");
        }
    }
    [[nodiscard]] static constexpr bool doubles(char c) noexcept {
        return c == 'b' || c == 'd' || c == 'f' || c == 'g' || c == 'm' || c == 'n' || c == 'p' || c == 'r' || c == 't';
    }

    constexpr void final_y() noexcept { // step 1c
        if (size_ >= 3 && at_[size_ - 1] == 'y' && !is_vowel(size_ - 2)) replace(1, "i");
    }

    /// A suffix within R1 gives way to another; outside it the word stays. True where the suffix is the word's.
    constexpr bool change(suffix from, std::string_view to) noexcept {
        if (!ends(from)) return false;
        if (in_r1(from.length)) replace(from.length, to);
        return true;
    }
    constexpr bool drop(suffix s) noexcept { // within R2
        if (!ends(s)) return false;
        if (in_r2(s.length)) cut(s.length);
        return true;
    }

    constexpr void double_suffix() noexcept { // step 2: of the suffixes that fit, the longest
        if (size_ < 3) return;
        switch (at_[size_ - 2]) {
        case 'a': change("ational", "ate") || change("tional", "tion"); return;
        case 'c': change("enci", "ence") || change("anci", "ance"); return;
        case 'e': change("izer", "ize"); return;
        case 'g':
            if (ends("logi")) change("ogi", "og");
            return;
        case 'l':
            if (!(change("entli", "ent") || change("ousli", "ous") || change("fulli", "ful") ||
                  change("lessli", "less") || change("abli", "able") || change("alli", "al") || change("bli", "ble")))
                if (ends("li") && in_r1(2) && follows_li(at_[size_ - 3])) cut(2);
            return;
        case 'o': change("ization", "ize") || change("ation", "ate") || change("ator", "ate"); return;
        case 's':
            change("fulness", "ful") || change("ousness", "ous") || change("iveness", "ive") || change("alism", "al");
            return;
        case 't': change("biliti", "ble") || change("aliti", "al") || change("iviti", "ive"); return;
        default: return;
        }
    }
    [[nodiscard]] static constexpr bool follows_li(char c) noexcept {
        return c == 'c' || c == 'd' || c == 'e' || c == 'g' || c == 'h' || c == 'k' || c == 'm' || c == 'n' ||
               c == 'r' || c == 't';
    }

    constexpr void adjective() noexcept { // step 3
        if (size_ < 3) return;
        switch (at_[size_ - 1]) {
        case 'l':
            change("ational", "ate") || change("tional", "tion") || change("ical", "ic") || change("ful", "");
            return;
        case 'e':
            if (ends("ative")) {
                if (in_r1(5) && in_r2(5)) cut(5);
                return;
            }
            change("alize", "al") || change("icate", "ic");
            return;
        case 'i': change("iciti", "ic"); return;
        case 's': change("ness", ""); return;
        default: return;
        }
    }

    constexpr void last_suffix() noexcept { // step 4
        if (size_ < 2) return;
        switch (at_[size_ - 1]) {
        case 'l': drop("al"); return;
        case 'r': drop("er"); return;
        case 'c': drop("ic"); return;
        case 't': drop("ement") || drop("ment") || drop("ent") || drop("ant"); return;
        case 'e':
            drop("ance") || drop("ence") || drop("able") || drop("ible") || drop("ate") || drop("ive") || drop("ize");
            return;
        case 'm': drop("ism"); return;
        case 'i': drop("iti"); return;
        case 's': drop("ous"); return;
        case 'n':
            if (ends("sion") || ends("tion")) drop("ion");
            return;
        default: return;
        }
    }

    constexpr void final_letter() noexcept { // step 5
        if (size_ == 0) return;
        if (at_[size_ - 1] == 'e') {
            if (in_r2(1) || (in_r1(1) && !short_syllable(size_ - 1))) cut(1);
        } else if (ends("ll") && in_r2(1)) {
            cut(1);
        }
    }

    constexpr bool becomes(std::string_view stem) noexcept {
        size_ = 0;
        for (const char c : stem) at_[size_++] = c;
        return true;
    }
    /// Words that the rules would spoil. True where this is one of them.
    constexpr bool irregular() noexcept {
        if (size_ > 6) return false;
        switch (tail_ >> (64 - 8 * size_)) {
        case letters("sky"):
        case letters("news"):
        case letters("howe"):
        case letters("bias"):
        case letters("atlas"):
        case letters("andes"):
        case letters("cosmos"): return true;
        case letters("skis"): return becomes("ski");
        case letters("skies"): return becomes("sky");
        case letters("dying"): return becomes("die");
        case letters("lying"): return becomes("lie");
        case letters("tying"): return becomes("tie");
        case letters("idly"): return becomes("idl");
        case letters("gently"): return becomes("gentl");
        case letters("ugly"): return becomes("ugli");
        case letters("early"): return becomes("earli");
        case letters("only"): return becomes("onli");
        case letters("singly"): return becomes("singl");
        default: return false;
        }
    }
    /// Words that the plural alone may change.
    [[nodiscard]] constexpr bool settled() const noexcept {
        if (size_ != 6 && size_ != 7) return false;
        switch (tail_ >> (64 - 8 * size_)) {
        case letters("inning"):
        case letters("outing"):
        case letters("exceed"):
        case letters("canning"):
        case letters("herring"):
        case letters("earring"):
        case letters("proceed"):
        case letters("succeed"): return true;
        default: return false;
        }
    }

public:
    constexpr english_word(char* at, std::size_t size) noexcept : at_(at), size_(static_cast<unsigned>(size)) {}

    /// Whether a word that ends in this letter can change at all.
    [[nodiscard]] static constexpr bool may_change(char last) noexcept {
        // c d e g i l m n r s t y, and the apostrophe
        return last == '\'' || (last >= 'a' && last <= 'z' && (0x21C72B8u >> (last & 31) & 1u) != 0);
    }

    /// Gives the length of the stem, which lies where the word lay.
    constexpr unsigned stem() noexcept {
        if (size_ < 3) return size_;
        look_back();
        if (irregular()) return size_;
        if (at_[0] == '\'') {
            for (unsigned i = 1; i < size_; ++i) at_[i - 1] = at_[i];
            --size_;
            look_back();
        }
        mark();
        plural();
        if (!settled()) {
            past();
            final_y();
            double_suffix();
            adjective();
            last_suffix();
            final_letter();
        }
        return size_;
    }
};

} // namespace detail

/// The longest word that is stemmed, in bytes.
inline constexpr std::size_t longest_word = 64;

/// Shortens an English word to its stem, in place: connection, connected and connecting give connect.
///
/// Gives    the length of the stem, never more than `size`. Where a word has more than `longest_word` bytes it stays.
/// Takes    lower case; other bytes than a to z count as consonants. Possessive 's goes: horse's gives hors.
/// Costs    some 10 to 30 ns a word.
/// Source   the Snowball English stemmer, also known as Porter 2, as Snowball 2.2 has it.
constexpr std::size_t stem_english(char* word, std::size_t size) noexcept {
    if (size < 3 || size > longest_word) return size;
    if (!detail::english_word::may_change(word[size - 1]) && word[0] != '\'') return size;
    char room[8 + longest_word + 8] = {};
    for (std::size_t i = 0; i < size; ++i) room[8 + i] = word[i];
    const unsigned stem = detail::english_word(room + 8, size).stem();
    for (std::size_t i = 0; i < stem; ++i) word[i] = room[8 + i];
    return stem;
}

/// The stem of an English word in lower case.
[[nodiscard]] inline std::string stem_english(std::string_view word) {
    std::string out(word);
    out.resize(stem_english(out.data(), out.size()));
    return out;
}

} // namespace graft::inline GRAFT_ABI
