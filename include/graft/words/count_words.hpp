// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/sentences/sentence_marks.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Bytes of a run without white space that count as one word: an address, a hash or a picture in base64 is no single word,
/// whatever its length.
inline constexpr std::size_t longest_run = 64;

namespace detail {

/// A character that is a word by itself, or nearly: of a script without spaces (Han, kana, Thai, Lao, Khmer, Burmese…), or
/// of their punctuation. Everything from Thai on is asked for; nothing before it is one.
[[nodiscard]] inline bool stands_alone(char32_t c) noexcept {
    if (c < 0x0E00) return false;
    if (c >= 0x4E00 && c <= 0x9FFF) return true;
    if ((c >= 0x3001 && c <= 0x303F) || (c >= 0xFF01 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) ||
        (c >= 0xFF3B && c <= 0xFF40) || (c >= 0xFF5B && c <= 0xFF65))
        return true;
    if (c >= 0xAC00 && c <= 0xD7A3) return false;
    const unicode::scalar_class of = unicode::classify(c);
    return (of.script_kind() == unicode::script::ideographic || of.script_kind() == unicode::script::unspaced) &&
           !of.is_kept_mark() && !of.is_decoration();
}

/// `decode` for what begins with a byte from E0 on: three bytes, nearly always, are read without a question of range.
[[nodiscard]] inline unicode::decoded decode_wide(std::string_view text, std::size_t at) noexcept {
    if (text.size() - at >= 3) {
        const unsigned a = static_cast<unsigned char>(text[at]), b = static_cast<unsigned char>(text[at + 1]),
                       c = static_cast<unsigned char>(text[at + 2]);
        if (a < 0xF0 && ((b & c) & 0xC0u) == 0x80 && ((b | c) & 0x40u) == 0)
            return {static_cast<char32_t>((a & 0x0Fu) << 12 | (b & 0x3Fu) << 6 | (c & 0x3Fu)), 3, true};
    }
    return unicode::decode(text, at);
}

enum class letter : std::uint8_t { space, plain, two, wide };

struct letter_bytes {
    letter of[256] = {};
    constexpr letter_bytes() noexcept {
        for (unsigned b = 0; b < 256; ++b)
            of[b] = b == ' ' || (b >= '\t' && b <= '\r') ? letter::space
                    : b == 0xC2                          ? letter::two
                    : b >= 0xE0                          ? letter::wide
                                                         : letter::plain;
    }
};
inline constexpr letter_bytes letters_of{};

/// Where the first word of a run ends that goes on for more than `longest_run` bytes from `at` on: behind the last character
/// within, its marks included; a character that alone is longer is cut.
[[nodiscard]] inline std::size_t end_of_piece(std::string_view text, std::size_t at) noexcept {
    const std::size_t most = unicode::boundary_before(text, at + longest_run);
    for (std::size_t i = most; i > at; --i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) return i;
        if (!unicode::is_boundary(text, i)) continue;
        const char32_t c     = unicode::decode(text, i).scalar;
        const bool     hangs = unicode::is_mark(c) || c == 0x200D || (c >= 0x1F3FB && c <= 0x1F3FF) ||
                           (i >= at + 3 && text.substr(i - 3, 3) == "\u200D");
        if (!hangs) return i;
    }
    return most > at ? most : at + unicode::decode(text, at).length;
}

/// The words of a run [at, end) beside its first one.
[[nodiscard]] inline std::size_t more_pieces(std::string_view text, std::size_t at, std::size_t end) noexcept {
    std::size_t n = 0;
    for (; end - at > longest_run; ++n) at = end_of_piece(text, at);
    return n;
}

} // namespace detail

/// Counts words, the unit of chunks and of prompts: runs between white space (Unicode's), in pieces of at most `longest_run` bytes.
/// A character of a script without spaces (Han, kana, Thai, Lao, Khmer, Burmese …), and of its punctuation, is a word by itself, with
/// the marks on it: such a text is rated at its full length, and never less.
struct count_words {
    static constexpr bool                        additive = true;
    [[nodiscard]] static constexpr std::uint64_t fingerprint() noexcept { return 4; }
    [[nodiscard]] std::size_t                    count(std::string_view text) const noexcept {
        using namespace detail;
        const char* const bytes = text.data();
        const std::size_t end   = text.size();
        std::size_t       n = 0, at = 0, run = 0; // where the run begins, or what follows the last one
        bool              inside = false, hung = false; // within a run; behind a character that takes marks
        const auto        ends = [&](std::size_t stop) { // the run, if one was open
            if (inside && stop - run > longest_run) n += more_pieces(text, run, stop);
        };
        while (at < end) {
            // Eight bytes of ASCII: a word begins where no space follows a space.
            const std::size_t from    = at;
            const bool        entered = inside;
            std::size_t full = inside ? (at - run) / 8 : 0; // eights of a run before this one: a long one has seven
            const auto  begin = [&] {                       // of the run that goes on before `at`
                std::size_t i = at;
                while (i > from && letters_of.of[static_cast<unsigned char>(bytes[i - 1])] != letter::space) --i;
                return i > from || !entered ? i : run;
            };
            while (end - at >= 8) {
                const std::uint64_t x = load8(bytes + at);
                if ((x & high_bits) != 0) break;
                const std::uint64_t controls = (x + each_byte * (0x80 - 9)) & ~(x + each_byte * (0x80 - 14)); // 9 to 13
                const std::uint64_t spaces = (equal_bytes(x, ' ') | controls) & high_bits;
                const std::uint64_t begins = ~spaces & (spaces << 8 | (inside ? 0u : 0x80u)) & high_bits;
                n += (begins >> 7) * each_byte >> 56;
                if (full >= 7 && spaces != 0)
                    n += more_pieces(text, begin(), at + static_cast<unsigned>(std::countr_zero(spaces)) / 8);
                full   = spaces != 0 ? 0 : full + 1;
                inside = (spaces >> 63) == 0;
                hung   = false;
                at += 8;
            }
            if (inside && at > from) run = begin();
            const std::size_t stop = end - at < 8 ? end : at + 8;
            while (at < stop) {
                const unsigned a = static_cast<unsigned char>(bytes[at]);
                switch (letters_of.of[a]) {
                case letter::space:
                    ends(at);
                    inside = hung = false;
                    ++at;
                    break;
                case letter::two: // U+0080 to U+00BF: two of them are white space
                    if (space_at(text, at, end) > 0) {
                        ends(at);
                        inside = hung = false;
                        at += 2;
                        break;
                    }
                    [[fallthrough]];
                case letter::plain:
                    n += inside ? 0 : 1;
                    run    = inside ? run : at;
                    inside = true;
                    hung   = false;
                    ++at;
                    break;
                case letter::wide: {
                    const unicode::decoded d = decode_wide(text, at);
                    if (stands_alone(d.scalar)) {
                        ends(at);
                        ++n;
                        inside = false;
                        hung   = true;
                    } else if (a >= 0xE1 && a <= 0xE3 && space_at(text, at, end) > 0) {
                        ends(at);
                        inside = hung = false;
                    } else if (!inside && !(hung && unicode::is_mark(d.scalar))) {
                        ++n;
                        run    = at;
                        inside = true;
                        hung   = false;
                    }
                    at += d.length;
                }
                }
            }
        }
        ends(end);
        return n;
    }
};

} // namespace graft::inline GRAFT_ABI
