// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/stem.hpp>
#include <graft/words/stop_words.hpp>
#include <graft/words/word_forms.hpp>
#include <graft/words/word_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a token is among the tokens of its text.
enum class token_kind : std::uint8_t {
    word,  ///< a word
    whole, ///< a compound, written together: its parts were given before, inside its span
    maybe, ///< perhaps a name, perhaps nothing: a stop word in capitals (NOT), a small letter in a question
};

/// A word as indices know it, and where it stands.
struct token {
    std::uint64_t    term  = 0;  ///< hash64 of `word`
    std::string_view word  = {}; ///< folded and stemmed, at most `longest_word` bytes; valid until the next token
    std::size_t      begin = 0;  ///< bytes of the text
    std::size_t      end   = 0;  ///< past the last
    token_kind       kind  = token_kind::word;
};

namespace detail {

/// For each byte behind a word: 1 where it may give the word another shape, because it joins or is found in encoded bytes.
struct shaping_bytes {
    unsigned char of[256] = {};

    constexpr shaping_bytes() noexcept {
        for (const char c : {'_', '-', '+', '/', '\xE2'}) of[static_cast<unsigned char>(c)] = 1;
    }
};
inline constexpr shaping_bytes shaping_table{};

/// Reads a text token by token, by the rules that `analyzer` states. Compiled once, whatever is done with the tokens.
class word_scanner : word_reader {
    static constexpr std::size_t longest_cluster = longest_word / 2;
    static constexpr std::size_t longest_plain   = 24; // a longer word may be a piece of encoded bytes

    bool            stems_, stops_, asks_;
    bool            alone_ = false;                 // the cluster at the front has been in no token yet
    unicode::script run_   = unicode::script::none; // of the characters that are paired
    std::size_t     pair_  = 0;                     // bytes of the last pair that its second cluster takes
    token_kind      kind_  = token_kind::word;
    std::size_t     part_ = 0, parts_end_ = 0; // what is left of a compound like openValve, and
    std::size_t     parts_begin_ = 0;          // where it stands
    std::size_t     clear_       = 0;          // no run that begins before is encoded bytes
    // A compound like parse_header or Wi-Fi: its words so far, written together.
    std::size_t joined_begin_ = 0, joined_end_ = 0, joined_next_ = 0, joined_size_ = 0;
    unsigned    joined_words_ = 0, hyphens_ = 0;
    bool        joined_due_ = false;
    char        joined_[longest_word];

    /// Whether a letter or digit by itself counts.
    [[gnu::noinline]] bool finish_single() noexcept {
        if (size_ == 0) return false;
        if (ascii_digit(room_[8])) return !among_numbers(text_, begin_, end_);
        if (is_label(text_, begin_, end_)) return true;
        kind_ = token_kind::maybe;
        return asks_ && is_small_label(text_, begin_);
    }
    /// Whether the stop word of `n` bytes counts after all.
    [[gnu::noinline]] bool finish_stop_word(std::size_t n) noexcept {
        if (!is_name(text_, begin_, begin_ + n)) return false;
        size_ = n;
        for (std::size_t i = 0; i < n; ++i) room_[8 + i] = static_cast<char>(room_[8 + i] & ~0x20);
        kind_ = is_sure_name({room_ + 8, n}) ? token_kind::word : token_kind::maybe;
        return true;
    }
    /// Whether the word counts; if so, it is stemmed.
    [[gnu::always_inline]] bool finish_word() noexcept {
        char* const word = spelling();
        kind_            = token_kind::word;
        if (size_ < 2 || (!plain_ && unicode::decode({word, size_}, 0).length == size_)) return finish_single();
        if (stops_) {
            const bool        possessive = size_ > 2 && word[size_ - 1] == 's' && word[size_ - 2] == '\'';
            const std::size_t n          = possessive ? size_ - 2 : size_;
            if (n < 8 && stop_keys.has(load8(word) & ((std::uint64_t{1} << 8 * n) - 1))) {
                if (caps_ == 0 || begin_ + 1 >= text_.size() || !ascii_upper(text_[begin_ + 1])) return false;
                return finish_stop_word(n);
            }
        }
        if (stems_ && plain_ && size_ > 2 && english_word::may_change(word[size_ - 1]))
            size_ = english_word(word, size_).stem();
        return size_ > 1;
    }

    /// The same, out of the way of most words.
    [[gnu::noinline]] bool finish_shaped() noexcept { return finish_word(); }

    void spell_small(std::size_t begin, std::size_t end) noexcept {
        begin_ = begin;
        end_   = end;
        size_  = end - begin;
        plain_ = true;
        for (std::size_t i = 0; i < size_; ++i) room_[8 + i] = static_cast<char>(text_[begin + i] | 0x20);
    }
    /// The next part of a compound like openValve, then the whole.
    bool next_of_parts(token& out) noexcept {
        const bool        last = part_ == parts_end_;
        const std::size_t to   = last ? parts_end_ : detail::next_part(text_, parts_begin_, part_, parts_end_);
        spell_small(last ? parts_begin_ : part_, to);
        if (last) parts_end_ = 0;
        part_ = to;
        if (size_ == 1 || !finish_shaped()) return false;
        if (last) kind_ = token_kind::whole;
        give(out);
        return true;
    }
    /// The words of a compound like parse_header or Wi-Fi, written together.
    bool next_of_joined(token& out) noexcept {
        joined_due_ = false;
        begin_      = joined_begin_;
        end_        = joined_end_;
        size_       = joined_size_;
        plain_      = true;
        for (std::size_t i = 0; i < size_; ++i) {
            room_[8 + i] = joined_[i];
            plain_       = plain_ && static_cast<unsigned char>(joined_[i]) < 0x80;
        }
        if (size_ < 2 || !finish_shaped()) return false;
        kind_ = token_kind::whole;
        give(out);
        return true;
    }
    /// Whether the words of a compound are also one word together: those joined by _, and two that one hyphen joins if they are
    /// short (one of 3 bytes or less and 16 together, or 4 and 10); the first begins with a letter (Wi-Fi, COVID-19) or the
    /// second is one (3-D).
    void join() noexcept {
        const std::size_t mark = joiner_at(text_, at_);
        const bool        more = mark != 0 && word_at(at_ + mark);
        if (begin_ != joined_next_) joined_words_ = 0;
        if (joined_words_ == 0) {
            if (!more) return;
            hyphens_      = 0;
            joined_size_  = 0;
            joined_begin_ = begin_;
        }
        const bool fits = !full_ && joined_size_ + size_ <= longest_word;
        if (fits) std::memcpy(joined_ + joined_size_, spelling(), size_);
        joined_size_ = fits ? joined_size_ + size_ : longest_word + 1;
        ++joined_words_;
        if (more) {
            hyphens_ += text_[at_] == '_' ? 0u : 1u;
            joined_next_ = at_ += mark;
            return;
        }
        const std::size_t shorter   = std::min(size_, joined_size_ - size_);
        const bool        short_one = (joined_size_ <= 10 && shorter <= 4) || (joined_size_ <= 16 && shorter <= 3);
        const bool        letters   = !ascii_digit(joined_[0]) || (size_ == 1 && !ascii_digit(spelling()[0]));
        joined_due_                 = joined_size_ <= longest_word && letters &&
                      (hyphens_ == 0 || (hyphens_ == 1 && joined_words_ == 2 && short_one));
        joined_end_   = end_;
        joined_words_ = 0;
    }

    /// Past what begins here and is no word: encoded bytes, a data: URI. False where a word begins.
    bool skip_encoded() noexcept {
        if (end_ - begin_ > longest_letter_run) return true;
        const char next = byte_of(text_, at_);
        if (next == ':' && size_ == 4 && load8(spelling()) << 32 >> 32 == 0x61746164u) {
            const std::size_t end = data_end(text_, at_);
            if (end == at_) return false;
            at_ = end;
            return true;
        }
        if ((shaping_table.of[static_cast<unsigned char>(next)] == 0 && end_ - begin_ < longest_plain) ||
            begin_ < clear_)
            return false;
        const std::size_t end = encoded_end(text_, begin_, clear_);
        if (end == begin_) return false;
        at_ = end;
        return true;
    }
    /// A letter by itself: with the sign behind it, or as the first of an abbreviation with points. False where it has neither.
    bool take_signs() noexcept {
        char* const word = spelling();
        kind_            = token_kind::word;
        if (const std::size_t end = pointed_end(text_, begin_); end > begin_) {
            size_ = 0;
            for (std::size_t i = begin_; i < end && size_ < longest_word; i += 2) word[size_++] = text_[i];
            at_ = end_ = end;
            for (std::size_t i = 0; i < size_; ++i) word[i] = static_cast<char>(word[i] | 0x20);
            if (!stops_ || !is_stop_word({word, size_})) return true;
            if (std::string_view(word, size_) == "am") { // a time of day
                size_ = 0;
                return false;
            }
            for (std::size_t i = 0; i < size_; ++i) word[i] = static_cast<char>(word[i] & ~0x20);
            return true;
        }
        const std::size_t sign = sign_at(text_, end_);
        for (std::size_t i = 0; i < sign; ++i) word[size_++] = text_[end_ + i];
        at_ = end_ += sign;
        return sign > 0;
    }
    /// Whether the word in the text is of ASCII letters, digits, points and apostrophes, each as spelled.
    [[nodiscard]] bool is_ascii() const noexcept {
        if (end_ - begin_ != size_) return false;
        for (std::size_t i = begin_; i < end_; ++i)
            if (byte(i) >= 0x80) return false;
        return true;
    }
    /// Leaves the unit of a number to be read as the next word.
    void cut_unit() noexcept {
        const std::size_t digits = unit_at({spelling(), size_}), unit = size_ - digits;
        if (digits == 0 || end_ != at_) return;
        for (std::size_t i = 0; i < unit; ++i)
            if ((text_[end_ - unit + i] | 0x20) != spelling()[digits + i]) return;
        size_ = digits;
        at_   = end_ -= unit;
    }
    /// The word that was read, as a token. False where it is none, or its parts come instead.
    bool take_word(token& out) noexcept {
        // Most words need none of what follows.
        const unsigned char mark = at_ < text_.size() ? static_cast<unsigned char>(text_[at_]) : ' ';
        if (caps_ == 0 && size_ - 2 < longest_plain - 2 && joined_words_ == 0 && shaping_table.of[mark] == 0 &&
            (mark != ':' || size_ != 4) && !ascii_digit(spelling()[0]) && end_ - begin_ < longest_plain)
            return finish_word() && (give(out), true);
        return shape_word(out);
    }
    [[gnu::noinline]] bool shape_word(token& out) noexcept {
        if (skip_encoded()) return false;
        const bool digit = ascii_digit(spelling()[0]);
        if (size_ == 1 && plain_ && !digit && end_ == begin_ + 1 && take_signs()) {
            give(out);
            return true;
        }
        if (digit && plain_ && !full_) cut_unit();
        if (joined_words_ > 0 || joiner_at(text_, at_) > 0) join();
        if (caps_ != 0 && is_ascii() && has_parts(text_, begin_, end_)) {
            part_ = parts_begin_ = begin_;
            parts_end_           = end_;
            return false;
        }
        if (!finish_shaped()) return false;
        give(out);
        return true;
    }

    /// Appends the next character of the run, with the marks on it, to the spelling. False where the run ends.
    bool read_cluster() noexcept {
        unicode::decoded      step = unicode::decode(text_, at_);
        unicode::scalar_class c    = unicode::classify(step.scalar);
        if (!step.valid || !c.in_words() || c.script_kind() != run_) return false;
        const std::size_t limit = size_ + longest_cluster;
        full_                   = false;
        char32_t base           = c.folds() ? unicode::fold(step.scalar) : step.scalar;
        at_ += step.length;
        if (base >= 0x1100 && base <= 0x1112) base = read_syllable(base);
        for (end_ = at_; at_ < text_.size(); at_ += step.length) {
            if (byte(at_) < 0x80) break;
            step                = unicode::decode(text_, at_);
            c                   = unicode::classify(step.scalar);
            const char32_t mark = c.folds() ? unicode::fold(step.scalar) : step.scalar;
            if (!step.valid) break;
            if (mark == 0x3099 || mark == 0x309A) {
                const char32_t whole = base != 0 ? unicode::voiced(base, mark) : 0;
                if (whole != 0) base = whole;
            } else if (c.is_kept_mark() && c.script_kind() == run_) {
                if (base != 0) spell(base, limit);
                base = 0;
                spell(mark, limit);
            } else if (!c.is_decoration() && !c.is_format()) {
                break;
            }
            if (!c.is_format()) end_ = at_ + step.length;
        }
        if (base != 0) spell(base, limit);
        return true;
    }
    /// A leading jamo stands before `at_`: with the vowel and the final that follow it is a syllable.
    char32_t read_syllable(char32_t lead) noexcept {
        const unicode::decoded vowel = unicode::decode(text_, at_);
        if (vowel.scalar < 0x1161 || vowel.scalar > 0x1175) return lead;
        at_ += vowel.length;
        char32_t               syllable = 0xAC00 + ((lead - 0x1100) * 21 + (vowel.scalar - 0x1161)) * 28;
        const unicode::decoded final    = unicode::decode(text_, at_);
        if (final.scalar >= 0x11A8 && final.scalar <= 0x11C2) {
            syllable += final.scalar - 0x11A7;
            at_ += final.length;
        }
        return syllable;
    }
    /// The next pair of characters of the run, or its only one.
    bool next_of_run(token& out) noexcept {
        char* const front = spelling();
        if (pair_ != 0) {
            std::memmove(front, front + (size_ - pair_), pair_);
            size_ = pair_;
            pair_ = 0;
        }
        const std::size_t before = size_, second = at_;
        if (!read_cluster()) {
            run_ = unicode::script::none;
            if (alone_) give(out);
            return alone_;
        }
        give(out);
        alone_ = false;
        pair_  = size_ - before;
        begin_ = second;
        return true;
    }

    void give(token& out) noexcept {
        out.word  = {room_ + 8, size_};
        out.term  = hash64(out.word);
        out.begin = begin_;
        out.end   = end_;
        out.kind  = kind_;
    }

public:
    word_scanner(std::string_view text, bool stems, bool stops, bool asks = false) noexcept
        : word_reader(text), stems_(stems), stops_(stops), asks_(asks) {}

    /// False at the end of the text. The word of the token lies in the scanner, until the next call.
    bool next(token& out) noexcept {
        for (;;) {
            if (run_ != unicode::script::none) {
                if (next_of_run(out)) return true;
                continue;
            }
            if (parts_end_ != 0 || joined_due_) {
                if (parts_end_ != 0 ? next_of_parts(out) : next_of_joined(out)) return true;
                continue;
            }
            while (at_ < text_.size() && ascii_table.of[byte(at_)] == 0) ++at_;
            if (at_ >= text_.size()) return false;
            if (byte(at_) >= 0x80) {
                const unicode::decoded      step = unicode::decode(text_, at_);
                const unicode::scalar_class c    = unicode::classify(step.scalar);
                // A letter that folds to an apostrophe (U+02BC) begins no word.
                if (!step.valid || !c.in_words() || (c.folds() && unicode::fold(step.scalar) == U'\'')) {
                    at_ += step.length;
                    continue;
                }
                if (c.script_kind() != unicode::script::spaced) {
                    run_   = c.script_kind();
                    size_  = 0;
                    pair_  = 0;
                    begin_ = at_;
                    alone_ = read_cluster();
                    continue;
                }
            }
            if ((byte(at_) | 0x20u) == 'v' && version_behind(text_, at_)) ++at_;
            read_word();
            if (take_word(out)) return true;
        }
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
