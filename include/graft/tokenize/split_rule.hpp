// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/scalars.hpp>
#include <graft/unicode/utf8.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Where a text is cut before its pieces go to the model, each by itself. The published regular expressions as scanners by hand: no others
/// are known, and none is guessed.
enum class split_rule : std::uint8_t {
    bert,         ///< at white space, which goes; every punctuation mark stands alone
    white_space,  ///< at white space, which goes
    words,        ///< `\w+|[^\w\s]+`
    punctuation,  ///< every punctuation mark stands alone
    digits,       ///< every digit stands alone
    digit_runs,   ///< runs of digits stand alone
    threes,       ///< `\p{N}{1,3}`
    han_and_kana, ///< runs of ideographs, Hiragana and Katakana stand alone
    blank_marks,  ///< in front of every U+2581
    blank_runs,   ///< in front of every run of U+2581
    gpt2,         ///< GPT-2
    cl100k,       ///< OpenAI's cl100k_base
    llama3,       ///< Llama 3
    qwen2,        ///< Qwen 2
    deepseek_v3,  ///< DeepSeek V3, behind `threes` and `han_and_kana`
};

namespace detail {

enum class kind : std::uint8_t { letter, number, newline, blank, other, end };

struct ascii_kinds {
    std::array<kind, 128> of = {};
    constexpr ascii_kinds() noexcept {
        for (unsigned b = 0; b < 128; ++b) {
            const unsigned low = b | 32;
            of[b]              = low >= 'a' && low <= 'z'          ? kind::letter
                                 : b >= '0' && b <= '9'            ? kind::number
                                 : b == '\n' || b == '\r'          ? kind::newline
                                 : b == ' ' || (b >= 9 && b <= 13) ? kind::blank
                                                                   : kind::other;
        }
    }
};
inline constexpr ascii_kinds ascii_kind{};

/// What stands at a byte, and how long it is. Bytes that are not UTF-8 are `other`.
[[nodiscard]] inline kind kind_at(std::string_view text, std::size_t at, unsigned& length) noexcept {
    if (at >= text.size()) return length = 0, kind::end;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) return length = 1, ascii_kind.of[byte];
    const unicode::decoded d = scalar_at(text, at);
    length                   = d.length;
    const scalar_class k     = class_of(d.scalar);
    return k.is_letter()           ? kind::letter
           : k.is_number()         ? kind::number
           : white_space(d.scalar) ? kind::blank
                                   : kind::other;
}

/// The end of the run of a kind that goes on at `at`.
[[nodiscard]] inline std::size_t run_of(kind k, std::string_view text, std::size_t at) noexcept {
    unsigned n = 0;
    while (at < text.size()) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            if (ascii_kind.of[byte] != k) return at;
            ++at;
        } else {
            if (kind_at(text, at, n) != k) return at;
            at += n;
        }
    }
    return at;
}

/// The bytes of `'s`, `'t`, `'m`, `'d`, `'re`, `'ve` or `'ll` at an apostrophe, 0 where there is none.
[[nodiscard]] inline std::size_t contraction(std::string_view text, std::size_t at, bool any_case) noexcept {
    const auto letter = [&](std::size_t i) {
        const char c = i < text.size() ? text[i] : '\0';
        return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    const char a = letter(at + 1), b = letter(at + 2);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
    if (any_case && text.substr(at + 1).starts_with("\u017F")) return 3; // long s, whose other case is s
    return 0;
}

/// A run of white space: where it ends, where its last character begins, and the end of its last newline (0: none).
struct white_run {
    std::size_t end, last, newline;
};
[[nodiscard]] inline white_run white_run_at(std::string_view text, std::size_t at) noexcept {
    white_run r{at, at, 0};
    unsigned  n = 0;
    for (kind k = kind_at(text, r.end, n); k == kind::blank || k == kind::newline; k = kind_at(text, r.end, n)) {
        r.last = r.end;
        r.end += n;
        if (k == kind::newline) r.newline = r.end;
    }
    return r;
}
/// `\s+(?!\S)|\s+`
[[nodiscard]] inline std::size_t white_piece(const white_run& r, std::string_view text, std::size_t at) noexcept {
    return r.end == text.size() || r.last == at ? r.end : r.last;
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
struct gpt2_scanner {
    [[nodiscard]] static std::size_t next(std::string_view text, std::size_t at) noexcept {
        unsigned n = 0;
        if (text[at] == '\'')
            if (const std::size_t c = contraction(text, at, false); c > 0) return at + c;
        const std::size_t from = at + (text[at] == ' ' ? 1 : 0);
        const kind        k    = kind_at(text, from, n);
        if (k == kind::letter || k == kind::number || k == kind::other) return run_of(k, text, from + n);
        return white_piece(white_run_at(text, at), text, at);
    }
};

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`; where the end
/// of the text is `Greedy`, white space there is one piece.
template <unsigned Digits, bool Greedy>
struct llama_scanner {
    [[nodiscard]] static std::size_t next(std::string_view text, std::size_t at) noexcept {
        unsigned n = 0, m = 0;
        if (text[at] == '\'')
            if (const std::size_t c = contraction(text, at, true); c > 0) return at + c;
        const kind k = kind_at(text, at, n);
        if (k == kind::letter) return run_of(k, text, at + n);
        if (k == kind::number) {
            at += n;
            for (unsigned i = 1; i < Digits && kind_at(text, at, n) == kind::number; ++i) at += n;
            return at;
        }
        if (k != kind::newline && kind_at(text, at + n, m) == kind::letter)
            return run_of(kind::letter, text, at + n + m);
        const std::size_t from = at + (text[at] == ' ' ? 1 : 0);
        if (kind_at(text, from, m) == kind::other)
            return run_of(kind::newline, text, run_of(kind::other, text, from + m));
        const white_run r = white_run_at(text, at);
        if (Greedy && r.end == text.size()) return r.end;
        return r.newline > 0 ? r.newline : white_piece(r, text, at);
    }
};

/// ``[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+``; what matches nothing
/// stays together.
struct deepseek_scanner {
    [[nodiscard]] static bool wordly(std::string_view text, std::size_t at, unsigned& n) noexcept {
        const unicode::decoded d = scalar_at(text, at);
        n                        = d.length;
        const auto k             = class_of(d.scalar);
        return n > 0 && d.valid && (k.is_letter() || k.is_mark());
    }
    [[nodiscard]] static bool marking(std::string_view text, std::size_t at, unsigned& n) noexcept {
        const unicode::decoded d = scalar_at(text, at);
        n                        = d.length;
        const auto k             = class_of(d.scalar);
        return n > 0 && (k.is_punctuation() || k.is_symbol());
    }
    /// The end of the match at `at`; `at` where there is none.
    [[nodiscard]] static std::size_t match(std::string_view text, std::size_t at) noexcept {
        unsigned   n = 0, m = 0;
        const auto latin = [&](std::size_t i) {
            return i < text.size() && static_cast<unsigned char>((text[i] | 32) - 'a') < 26;
        };
        if (static_cast<unsigned char>(text[at]) < 0x80 && marking(text, at, n) && latin(at + 1)) {
            for (++at; latin(at);) ++at;
            return at;
        }
        const kind k    = kind_at(text, at, n);
        const bool word = wordly(text, at, m);
        if (word || (k != kind::newline && !marking(text, at, m) && wordly(text, at + n, m))) {
            for (at += n; wordly(text, at, n);) at += n;
            return at;
        }
        std::size_t from = at + (text[at] == ' ' ? 1 : 0);
        if (marking(text, from, m)) {
            for (from += m; marking(text, from, m);) from += m;
            return run_of(kind::newline, text, from);
        }
        const white_run r = white_run_at(text, at);
        return r.newline > 0 ? r.newline : white_piece(r, text, at);
    }
    [[nodiscard]] static std::size_t next(std::string_view text, std::size_t at) noexcept {
        if (const std::size_t end = match(text, at); end > at) return end;
        do at += scalar_at(text, at).length;
        while (at < text.size() && match(text, at) == at);
        return at;
    }
};

/// Runs of what `Is` holds, and of what it does not. With `Each` what it holds stands alone, `Each` at most in a piece.
template <bool (*Is)(char32_t) noexcept, std::size_t Each>
struct class_scanner {
    [[nodiscard]] static std::size_t next(std::string_view text, std::size_t at) noexcept {
        unicode::decoded  d    = scalar_at(text, at);
        const bool        is   = Is(d.scalar);
        const std::size_t most = is && Each > 0 ? Each : static_cast<std::size_t>(-1);
        std::size_t       n    = 0;
        do {
            at += d.length;
            d = scalar_at(text, at);
        } while (++n < most && d.length > 0 && Is(d.scalar) == is);
        return at;
    }
};
inline bool is_number(char32_t c) noexcept { return class_of(c).is_number(); }
inline bool is_isolated(char32_t c) noexcept { return class_of(c).isolates(); }
inline bool is_han_or_kana(char32_t c) noexcept { return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF); }

struct blank_mark_scanner {
    static constexpr std::string_view mark = "\u2581";
    [[nodiscard]] static std::size_t  next(std::string_view text, std::size_t at) noexcept {
        const std::size_t end = text.find(mark, at + 1);
        return end == std::string_view::npos ? text.size() : end;
    }
};

struct blank_run_scanner {
    [[nodiscard]] static std::size_t next(std::string_view text, std::size_t at) noexcept {
        while (text.substr(at).starts_with(blank_mark_scanner::mark)) at += blank_mark_scanner::mark.size();
        const std::size_t end = text.find(blank_mark_scanner::mark, at);
        return end == std::string_view::npos ? text.size() : end;
    }
};

template <class Scanner, class F>
bool each_piece(std::string_view text, F&& f) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = Scanner::next(text, at);
        if (!f(at, end)) return false;
        at = end;
    }
    return true;
}

/// Pieces between white space; with `Mark(scalar)` a character stands alone; with `Words` pieces end where `\w` begins or ends.
template <bool Marks, bool Words, class F>
bool each_word(std::string_view text, F&& f) {
    std::size_t begin = 0, at = 0;
    bool        wordly = false;
    const auto  flush  = [&] { return begin == at || f(begin, at); };
    while (at < text.size()) {
        const unicode::decoded d = scalar_at(text, at);
        if (white_space(d.scalar)) {
            if (!flush()) return false;
            begin = at += d.length;
        } else if (Marks && class_of(d.scalar).isolates()) {
            if (!flush() || !f(at, at + d.length)) return false;
            begin = at += d.length;
        } else {
            if (const bool w = Words && word_scalar(d.scalar); Words && w != wordly) {
                if (!flush()) return false;
                begin = at, wordly = w;
            }
            at += d.length;
        }
    }
    return flush();
}

struct bert_bytes {
    enum : std::uint8_t { word, space, mark, high };
    std::array<std::uint8_t, 256> of = {};
    constexpr bert_bytes() noexcept {
        for (unsigned b = 0; b < 256; ++b)
            of[b] = b >= 0x80                ? std::uint8_t{high}
                    : white_space(b)         ? std::uint8_t{space}
                    : class_of(b).isolates() ? std::uint8_t{mark}
                                             : std::uint8_t{word};
    }
};
inline constexpr bert_bytes bert_byte{};

template <class F>
bool each_bert_word(std::string_view text, F&& f) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        unsigned          n = 1, k = bert_bytes::word;
        while (at < text.size()) {
            k = bert_byte.of[static_cast<unsigned char>(text[at])];
            n = 1;
            if (k == bert_bytes::high) {
                const unicode::decoded d = scalar_at(text, at);
                n                        = d.length;
                k                        = white_space(d.scalar)           ? bert_bytes::space
                                           : class_of(d.scalar).isolates() ? bert_bytes::mark
                                                                           : bert_bytes::word;
            }
            if (k != bert_bytes::word) break;
            at += n;
        }
        if (at > begin && !f(begin, at)) return false;
        if (at == text.size()) break;
        if (k == bert_bytes::mark && !f(at, at + n)) return false;
        at += n;
    }
    return true;
}

/// The pieces of a text in order: f(begin, end) says whether to go on. Gives whether all went on.
template <class F>
bool split(split_rule rule, std::string_view text, F&& f) {
    switch (rule) {
    case split_rule::bert: return each_bert_word(text, f);
    case split_rule::white_space: return each_word<false, false>(text, f);
    case split_rule::words: return each_word<false, true>(text, f);
    case split_rule::punctuation: return each_piece<class_scanner<is_isolated, 1>>(text, f);
    case split_rule::digits: return each_piece<class_scanner<is_number, 1>>(text, f);
    case split_rule::digit_runs: return each_piece<class_scanner<is_number, 0>>(text, f);
    case split_rule::threes: return each_piece<class_scanner<is_number, 3>>(text, f);
    case split_rule::han_and_kana: return each_piece<class_scanner<is_han_or_kana, 0>>(text, f);
    case split_rule::blank_marks: return each_piece<blank_mark_scanner>(text, f);
    case split_rule::blank_runs: return each_piece<blank_run_scanner>(text, f);
    case split_rule::gpt2: return each_piece<gpt2_scanner>(text, f);
    case split_rule::cl100k: return each_piece<llama_scanner<3, true>>(text, f);
    case split_rule::llama3: return each_piece<llama_scanner<3, false>>(text, f);
    case split_rule::qwen2: return each_piece<llama_scanner<1, false>>(text, f);
    case split_rule::deepseek_v3: return each_piece<deepseek_scanner>(text, f);
    }
    return true;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
