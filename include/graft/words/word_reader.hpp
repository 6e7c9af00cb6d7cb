// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/stem.hpp>
#include <graft/words/word_forms.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// For each byte: the letter or digit in lower case, 0 where a byte separates words, 1 where it begins more than ASCII.
struct ascii_words {
    unsigned char of[256] = {};

    constexpr ascii_words() noexcept {
        for (unsigned c = 0; c < 256; ++c) {
            const unsigned lower = c | 0x20u;
            if (c >= 0x80) of[c] = 1;
            else if ((c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z'))
                of[c] = static_cast<unsigned char>(lower);
        }
    }
};
inline constexpr ascii_words ascii_table{};

/// Bit 7 of each byte of `x` that is an ASCII letter or digit.
[[nodiscard]] constexpr std::uint64_t alphanumeric(std::uint64_t x) noexcept {
    const std::uint64_t t = x & ~high_bits, lower = t | each_byte * 0x20;
    const std::uint64_t letter = (lower + each_byte * (0x80 - 'a')) & ~(lower + each_byte * (0x7F - 'z'));
    const std::uint64_t digit  = (t + each_byte * (0x80 - '0')) & ~(t + each_byte * (0x7F - '9'));
    return (letter | digit) & high_bits & ~x;
}

/// Spells words of scripts with spaces: from the first letter or digit to what separates, folded, and counts its capitals.
class word_reader {
protected:
    std::string_view text_;
    std::size_t      at_    = 0;
    bool             plain_ = true;        // the spelling is ASCII
    bool             full_  = false;       // nothing more is spelled
    std::size_t      size_  = 0;           // bytes spelled
    std::size_t      begin_ = 0, end_ = 0; // where the word, or the cluster at the front, stands
    std::uint64_t    caps_ = 0;            // capitals behind the first letter of the word
    // The stemmer reads 8 bytes before and after a word.
    char room_[8 + longest_word + 16] = {};

    explicit word_reader(std::string_view text) noexcept : text_(text) {}

    [[nodiscard]] char*    spelling() noexcept { return room_ + 8; }
    [[nodiscard]] unsigned byte(std::size_t i) const noexcept { return static_cast<unsigned char>(text_[i]); }

    /// The next 8 bytes; behind the text stand zeros.
    [[nodiscard]] std::uint64_t ahead() const noexcept {
        if (text_.size() - at_ >= 8) return load8(text_.data() + at_);
        char last[8] = {};
        for (std::size_t i = at_; i < text_.size(); ++i) last[i - at_] = text_[i];
        return load8(last);
    }

    void spell(char32_t scalar, std::size_t limit) noexcept {
        const unsigned length = unicode::encoded_length(scalar);
        full_                 = full_ || size_ + length > limit;
        if (full_) return;
        plain_ = plain_ && length == 1;
        size_ += unicode::encode(scalar, spelling() + size_);
    }
    void spell_folded(char32_t scalar, bool folds) noexcept {
        if (!folds) return spell(scalar, longest_word);
        scalar                      = unicode::fold(scalar);
        const std::string_view more = unicode::expansion(scalar);
        if (more.empty()) return spell(scalar, longest_word);
        for (std::size_t i = 0; i < more.size();) {
            const unicode::decoded step = unicode::decode(more, i);
            spell(step.scalar, longest_word);
            i += step.length;
        }
    }

    [[nodiscard]] bool word_at(std::size_t i) const noexcept {
        if (i >= text_.size()) return false;
        const unsigned c = ascii_table.of[byte(i)];
        return c == 1 ? unicode::classify(unicode::decode(text_, i).scalar).in_words() : c != 0;
    }
    /// Whether an apostrophe before byte `i` belongs to the word: before 's, 't, 'd, 'm, 're, 've and 'll, and between
    /// two letters that are not ASCII, as in Ukrainian. Elsewhere it separates, as in l'homme and O'Reilly.
    [[nodiscard]] bool joins(std::size_t i) const noexcept {
        if (i >= text_.size()) return false;
        if (byte(i) >= 0x80) {
            if (size_ == 0 || static_cast<unsigned char>(room_[8 + size_ - 1]) < 0x80) return false;
            const unicode::scalar_class c = unicode::classify(unicode::decode(text_, i).scalar);
            return c.is_letter() && c.script_kind() == unicode::script::spaced;
        }
        const auto letter = [&](std::size_t k) { return k < text_.size() ? ascii_table.of[byte(k)] : 0; };
        const int  first = letter(i), second = letter(i + 1);
        if (first == 's' || first == 't' || first == 'd' || first == 'm') return !word_at(i + 1);
        const bool two = (second == 'e' && (first == 'r' || first == 'v')) || (second == 'l' && first == 'l');
        return two && !word_at(i + 2);
    }

    /// Whether the mark at `at_` belongs to a number: a point between two digits, a comma before a group of three.
    [[nodiscard]] bool joins_digits(unsigned mark) const noexcept {
        if (mark != '.' && mark != ',') return false;
        const auto digit = [&](std::size_t i) { return i < text_.size() && byte(i) >= '0' && byte(i) <= '9'; };
        if (!digit(at_ - 1) || !digit(at_ + 1)) return false;
        return mark == '.' || (digit(at_ + 2) && digit(at_ + 3) && !digit(at_ + 4));
    }

    /// Reads the word that begins here; after it `at_` stands behind it.
    void read_word() noexcept {
        begin_ = end_ = at_;
        size_         = 0;
        plain_        = true;
        full_         = false;
        caps_         = 0;
        for (std::uint64_t behind_first = high_bits << 8;; behind_first = high_bits) {
            const std::uint64_t x = ahead(), stop = ~alphanumeric(x) & high_bits;
            const std::size_t   n = stop == 0 ? 8 : static_cast<std::size_t>(__builtin_ctzll(stop)) / 8;
            // Bit 5 tells small letters and digits from capitals.
            caps_ |= ~(x << 2) & behind_first & ((stop & (0 - stop)) - 1);
            if (!full_) {
                // What is no letter or digit is overwritten or left out.
                store8(spelling() + size_, x | each_byte * 0x20);
                size_ += n;
                if (size_ > longest_word) {
                    size_ = longest_word;
                    full_ = true;
                }
            }
            at_ += n;
            if (n > 0) end_ = at_;
            if (n == 8) continue;
            if (at_ >= text_.size() || !read_beyond()) return;
        }
    }
    /// Reads what is neither an ASCII letter nor a digit. False where the word ends before it.
    bool read_beyond() noexcept {
        if (const unsigned c = byte(at_); c < 0x80) {
            if (c == '\'' ? !joins(at_ + 1) : !joins_digits(c)) return false;
            if (c != ',') spell(c, longest_word);
            ++at_;
            return true;
        }
        const unicode::decoded step = unicode::decode(text_, at_);
        if (!step.valid) return false;
        const unicode::scalar_class c = unicode::classify(step.scalar);
        if (c.is_decoration() || c.is_format()) {
            at_ += step.length;
            if (c.is_decoration()) end_ = at_;
            return true;
        }
        if (c.folds() && unicode::fold(step.scalar) == U'\'') {
            if (!joins(at_ + step.length)) return false;
            spell(U'\'', longest_word);
            at_ += step.length;
            return true;
        }
        if (!c.in_words() || c.script_kind() != unicode::script::spaced) return false;
        if (c.is_letter() && is_number()) return false; // a unit, as in 10км
        spell_folded(step.scalar, c.folds());
        at_ += step.length;
        end_ = at_;
        return true;
    }

    [[nodiscard]] bool is_number() const noexcept {
        for (std::size_t i = 0; i < size_; ++i)
            if (!ascii_digit(room_[8 + i]) && room_[8 + i] != '.') return false;
        return size_ > 0;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
