// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/counters.hpp>
#include <graft/markup/blocks.hpp>
#include <graft/sentences/sentence.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What a text is divided into, from fine to coarse. White space behind a grain belongs to it, so grains tile.
enum class grain : std::uint8_t {
    scalar,    ///< a code point: nothing is ever cut below it
    cluster,   ///< what is seen as one character, with its marks
    word,      ///< a run between white space, or `longest_run` bytes of it; one character of a script without spaces
    clause,    ///< up to a comma, semicolon, colon or line end
    sentence,  ///< as `each_sentence` says
    row,       ///< a line of code or of a table
    line,      ///< a line of plain text
    item,      ///< of a Markdown list, with all that is indented under it
    paragraph, ///< of plain text, up to a blank line
    prose,     ///< of Markdown: its lines are wrapped, so it divides into sentences
    list,      ///< of Markdown
    code,      ///< a block of code or a table, kept whole where it fits
};

/// What a grain divides into.
[[nodiscard]] constexpr grain finer(grain g) noexcept {
    switch (g) {
    case grain::code: return grain::row;
    case grain::list: return grain::item;
    case grain::prose:
    case grain::item:
    case grain::line: return grain::sentence;
    case grain::paragraph: return grain::line;
    case grain::row: return grain::word;
    case grain::sentence: return grain::clause;
    case grain::clause: return grain::word;
    case grain::word: return grain::cluster;
    case grain::cluster:
    case grain::scalar: return grain::scalar;
    }
    return grain::scalar;
}

/// How much a grain's end is worth as the end of a chunk.
[[nodiscard]] constexpr unsigned rank_of(grain g) noexcept {
    switch (g) {
    case grain::scalar:
    case grain::cluster: return 0;
    case grain::word: return 1;
    case grain::clause: return 2;
    case grain::sentence:
    case grain::row: return 3;
    case grain::line:
    case grain::item: return 4;
    default: return 5;
    }
}

struct clause_bytes {
    bool of[256] = {};
    constexpr clause_bytes() noexcept {
        for (const unsigned b : {0x2Cu, 0x3Bu, 0x3Au, 0x0Au, 0xD8u, 0xE3u, 0xEFu}) of[b] = true; // , ; : \n and leads
    }
};
inline constexpr clause_bytes clauses_of{};

[[nodiscard]] inline std::size_t next_clause(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t i = skip_space(text, at, end);
    for (;; ++i) {
        while (i < end && !clauses_of.of[static_cast<unsigned char>(text[i])]) ++i;
        if (i >= end) return end;
        const unsigned a = byte_at(text, i, end), b = byte_at(text, i + 1, end), c = byte_at(text, i + 2, end);
        if (a < 0x80) {
            if (a == '\n' || space_at(text, i + 1, end) > 0) return skip_space(text, i + 1, end);
        } else if (a == 0xD8) {
            if (b == 0x8C || b == 0x9B) return skip_space(text, i + 2, end); // Arabic comma and semicolon
        } else if ((a == 0xE3 && b == 0x80 && c == 0x81) ||
                   (a == 0xEF && b == 0xBC && (c == 0x8C || c == 0x9A || c == 0x9B))) {
            return skip_space(text, i + 3, end); // 、，：；
        }
    }
}

/// Punctuation of wide scripts that may not begin a line.
[[nodiscard]] inline bool clings(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unsigned a = byte_at(text, at, end), b = byte_at(text, at + 1, end), c = byte_at(text, at + 2, end);
    if (a == 0xE3) return b == 0x80 && (c == 0x81 || c == 0x82 || (c >= 0x89 && c <= 0x91 && (c & 1u) != 0));
    return a == 0xEF && b == 0xBC &&
           (c == 0x81 || c == 0x89 || c == 0x8C || c == 0x8E || c == 0x9A || c == 0x9B || c == 0x9F);
}

/// Marks behind a character that stands alone.
[[nodiscard]] inline std::size_t skip_marks(std::string_view text, std::size_t at, std::size_t end) noexcept {
    while (at < end && static_cast<unsigned char>(text[at]) >= 0xE0) {
        if (static_cast<unsigned char>(text[at]) - 0xE4u < 6) break; // U+4000 to U+9FFF: Han
        const unicode::decoded d = decode_wide(text, at);
        if (!unicode::is_mark(d.scalar)) break;
        at += d.length;
    }
    return at;
}

/// The end of the word that begins at `at`; `words` becomes what `count_words` says of it.
[[nodiscard]] inline std::size_t next_word(std::string_view text, std::size_t at, std::size_t end,
                                           std::size_t& words) noexcept {
    std::size_t       i     = skip_space(text, at, end);
    const std::size_t begin = i;
    const std::size_t stop  = end - i > longest_run ? i + longest_run + 1 : end;
    bool              first = true;
    words                   = i < end ? 1 : 0;
    while (i < stop) {
        const unsigned char byte = static_cast<unsigned char>(text[i]);
        const letter        kind = letters_of.of[byte];
        if (kind == letter::plain) {
            ++i;
        } else if (kind == letter::space) {
            break;
        } else if (kind == letter::two) {
            if (space_at(text, i, end) > 0) break;
            i += 2;
        } else {
            const unicode::decoded d = decode_wide(text, i);
            if (stands_alone(d.scalar)) {
                if (first) i = skip_marks(text, i + d.length, end);
                for (; clings(text, i, end); ++words) i = skip_marks(text, i + 3, end);
                break;
            }
            if (byte >= 0xE1 && byte <= 0xE3 && space_at(text, i, end) > 0) break;
            i += d.length;
        }
        first = false;
    }
    if (!first && i - begin > longest_run && words == 1) return end_of_piece(text, begin);
    if (i >= end) return end;
    return text[i] == ' ' && i + 1 < end && static_cast<unsigned char>(text[i + 1]) > ' ' &&
                   static_cast<unsigned char>(text[i + 1]) < 0x80
               ? i + 1
               : skip_space(text, i, end);
}

[[nodiscard]] inline std::size_t next_word(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t words = 0;
    return next_word(text, at, end, words);
}

[[nodiscard]] inline std::size_t next_line(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const std::size_t i = skip_blank(text, at, end);
    if (i >= end) return end;
    const auto* feed = static_cast<const char*>(std::memchr(text.data() + i, '\n', end - i));
    return feed == nullptr ? end : skip_blank(text, static_cast<std::size_t>(feed - text.data()) + 1, end);
}

[[nodiscard]] inline std::size_t next_paragraph(std::string_view text, std::size_t at, std::size_t end) noexcept {
    for (std::size_t i = skip_blank(text, at, end); i < end;) {
        const auto* feed = static_cast<const char*>(std::memchr(text.data() + i, '\n', end - i));
        if (feed == nullptr) return end;
        i             = static_cast<std::size_t>(feed - text.data()) + 1;
        std::size_t k = i;
        while (k < end && (text[k] == ' ' || text[k] == '\t' || text[k] == '\r')) ++k;
        if (k < end && text[k] == '\n') return skip_blank(text, i, end);
    }
    return end;
}

/// The character at `at` with what hangs on it: marks, joined emoji, the line feed of a CR LF. Not all of Unicode Annex 29,
/// but nothing that it keeps together in texts of living scripts, Hangul jamo included.
[[nodiscard]] inline std::size_t next_cluster(std::string_view text, std::size_t at, std::size_t end) noexcept {
    const unicode::decoded first = unicode::decode(text, at);
    std::size_t            i     = at + first.length;
    if (i >= end) return end;
    if (first.scalar == U'\r' && text[i] == '\n') return i + 1;
    if (static_cast<unsigned char>(text[i]) < 0x80) return i;
    const auto regional = [](char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; };
    const auto jamo     = [](char32_t c) { return c >= 0x1100 && c <= 0x11FF; };
    bool       joined = false, flag = regional(first.scalar), syllable = jamo(first.scalar);
    while (i < end && static_cast<unsigned char>(text[i]) >= 0x80) {
        const unicode::decoded d     = unicode::decode(text, i);
        const bool             hangs = unicode::is_mark(d.scalar) || d.scalar == 0x200D || d.scalar == 0x200C ||
                           (d.scalar >= 0x1F3FB && d.scalar <= 0x1F3FF) || (d.scalar >= 0xE0020 && d.scalar <= 0xE007F);
        const bool another = (joined && d.scalar >= 0x2190) || (flag && regional(d.scalar)) ||
                             (syllable && jamo(d.scalar) && d.scalar >= 0x1160);
        if (!hangs && !another) break;
        if (flag && regional(d.scalar)) flag = false;
        joined = d.scalar == 0x200D;
        i += d.length;
    }
    return i;
}

/// The end of the grain that begins at `at`.
[[nodiscard]] inline std::size_t next_grain(grain g, std::string_view text, std::size_t at, std::size_t end) noexcept {
    switch (g) {
    case grain::scalar: return at + unicode::decode(text, at).length;
    case grain::cluster: return next_cluster(text, at, end);
    case grain::word: return next_word(text, at, end);
    case grain::clause: return next_clause(text, at, end);
    case grain::sentence: return next_sentence(text, at, end);
    case grain::row:
    case grain::line: return next_line(text, at, end);
    case grain::item: return next_item(text, skip_blank(text, at, end), end);
    case grain::paragraph: return next_paragraph(text, at, end);
    case grain::prose:
    case grain::list:
    case grain::code: return end;
    }
    return end;
}

} // namespace graft::inline GRAFT_ABI::detail
