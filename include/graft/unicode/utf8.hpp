// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Bytes [begin, end).
struct byte_span {
    std::size_t begin = 0;
    std::size_t end   = 0;

    bool operator==(const byte_span&) const = default;
};

} // namespace graft::inline GRAFT_ABI

// What Unicode says, for the rooms that read text; a program that asks and answers names nothing of it.
namespace graft::inline GRAFT_ABI::unicode {

/// What stands where bytes are not UTF-8.
inline constexpr char32_t replacement = U'\uFFFD';

/// One step of reading.
struct decoded {
    char32_t scalar = replacement; ///< U+FFFD where the bytes are ill-formed
    unsigned length = 0;           ///< bytes to step over; 0 only at the end of the text
    bool     valid  = false;       ///< false where the bytes are ill-formed (a U+FFFD in the text itself is valid)

    bool operator==(const decoded&) const = default;
};

/// Reads the scalar value at byte `at`.
///
/// Gives    for ill-formed bytes their maximal subpart as one step: the longest piece, at least one byte, with which
///          some scalar value could have begun. So every reader that follows Unicode's practice counts the same U+FFFD.
/// Source   The Unicode Standard 14.0, table 3-7 and "U+FFFD Substitution of Maximal Subparts".
[[nodiscard]] constexpr decoded decode(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size()) return {};
    const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };

    const unsigned lead = byte(at);
    if (lead < 0x80) return {static_cast<char32_t>(lead), 1, true};
    if (lead < 0xC2 || lead > 0xF4) return {replacement, 1, false};

    // The second byte alone tells overlong forms, surrogates and values above U+10FFFF.
    const unsigned length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const unsigned low    = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high   = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at + 1 >= text.size() || byte(at + 1) < low || byte(at + 1) > high) return {replacement, 1, false};

    char32_t scalar = (lead & (0xFFu >> (length + 1))) << 6 | (byte(at + 1) & 0x3Fu);
    for (unsigned i = 2; i < length; ++i) {
        if (at + i >= text.size() || (byte(at + i) & 0xC0u) != 0x80) return {replacement, i, false};
        scalar = scalar << 6 | (byte(at + i) & 0x3Fu);
    }
    return {scalar, length, true};
}

/// The bytes a scalar value takes; for what is none (surrogates, above U+10FFFF) those of U+FFFD.
[[nodiscard]] constexpr unsigned encoded_length(char32_t scalar) noexcept {
    return scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 || scalar > 0x10FFFF ? 3 : 4;
}

/// Writes a scalar value at `out`, which has room for 4 bytes, and gives the bytes written. What is none becomes
/// U+FFFD.
constexpr unsigned encode(char32_t scalar, char* out) noexcept {
    if (scalar > 0x10FFFF || (scalar >= 0xD800 && scalar < 0xE000)) scalar = replacement;
    const unsigned length = encoded_length(scalar);
    if (length == 1) {
        *out = static_cast<char>(scalar);
        return 1;
    }
    for (unsigned i = length - 1; i > 0; --i, scalar >>= 6) out[i] = static_cast<char>(0x80u | (scalar & 0x3Fu));
    *out = static_cast<char>((0xF00u >> length & 0xF0u) | static_cast<unsigned>(scalar));
    return length;
}

/// Appends a scalar value. What is none becomes U+FFFD.
inline void append_utf8(std::string& text, char32_t scalar) {
    char bytes[4];
    text.append(bytes, encode(scalar, bytes));
}

/// Whether a cut before byte `at` leaves valid text whole; the beginning and the end are boundaries.
[[nodiscard]] constexpr bool is_boundary(std::string_view text, std::size_t at) noexcept {
    return at >= text.size() ? at == text.size() : (static_cast<unsigned char>(text[at]) & 0xC0u) != 0x80;
}

/// The last boundary at or before byte `at` (the end for anything beyond), at most three bytes back: where the bytes
/// are not UTF-8, `at` itself.
[[nodiscard]] constexpr std::size_t boundary_before(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size()) return text.size();
    for (std::size_t back = 0; back < 4 && back <= at; ++back)
        if (is_boundary(text, at - back)) return at - back;
    return at;
}

} // namespace graft::inline GRAFT_ABI::unicode

namespace graft::inline GRAFT_ABI::detail {

/// Eight bytes as a number, the first one lowest.
[[nodiscard]] constexpr std::uint64_t load8(const char* at) noexcept {
    std::uint64_t x = 0;
    if (__builtin_is_constant_evaluated()) {
        for (unsigned i = 0; i < 8; ++i) x |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
        return x;
    }
    std::memcpy(&x, at, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/// The inverse of `load8`.
constexpr void store8(char* at, std::uint64_t x) noexcept {
    if (__builtin_is_constant_evaluated()) {
        for (unsigned i = 0; i < 8; ++i) at[i] = static_cast<char>(x >> (8 * i));
        return;
    }
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    std::memcpy(at, &x, 8);
}

inline constexpr std::uint64_t each_byte = 0x0101010101010101u; // times b: eight bytes b
inline constexpr std::uint64_t high_bits = each_byte * 0x80;

// An automaton over bytes whose states are shift counts: one table look-up and one shift a byte. What it waits for:
enum utf8_state : unsigned {
    utf8_refused  = 0,
    utf8_between  = 6,  // a first byte
    utf8_one      = 12, // one more byte
    utf8_two      = 18, // two more
    utf8_three    = 24, // three more
    utf8_after_e0 = 30,
    utf8_after_ed = 36,
    utf8_after_f0 = 42,
    utf8_after_f4 = 48,
};

struct utf8_steps {
    std::uint64_t of[256] = {};

    constexpr utf8_steps() noexcept {
        const auto on = [&](unsigned first, unsigned last, unsigned from, unsigned to) {
            for (unsigned b = first; b <= last; ++b) of[b] |= std::uint64_t{to} << from;
        };
        on(0x00, 0x7F, utf8_between, utf8_between);
        on(0xC2, 0xDF, utf8_between, utf8_one);
        on(0xE0, 0xE0, utf8_between, utf8_after_e0);
        on(0xE1, 0xEC, utf8_between, utf8_two);
        on(0xED, 0xED, utf8_between, utf8_after_ed);
        on(0xEE, 0xEF, utf8_between, utf8_two);
        on(0xF0, 0xF0, utf8_between, utf8_after_f0);
        on(0xF1, 0xF3, utf8_between, utf8_three);
        on(0xF4, 0xF4, utf8_between, utf8_after_f4);
        on(0x80, 0xBF, utf8_one, utf8_between);
        on(0x80, 0xBF, utf8_two, utf8_one);
        on(0x80, 0xBF, utf8_three, utf8_two);
        on(0xA0, 0xBF, utf8_after_e0, utf8_one);
        on(0x80, 0x9F, utf8_after_ed, utf8_one);
        on(0x90, 0xBF, utf8_after_f0, utf8_two);
        on(0x80, 0x8F, utf8_after_f4, utf8_two);
    }
};

inline constexpr utf8_steps utf8_table{};

} // namespace graft::inline GRAFT_ABI::detail

namespace graft::inline GRAFT_ABI::unicode {

/// The byte where the first ill-formed sequence begins, `npos` where all is UTF-8.
///
/// Costs    32 bytes a step over ASCII, about two cycles a byte elsewhere.
[[nodiscard]] constexpr std::size_t first_invalid(std::string_view text) noexcept {
    constexpr std::size_t block = 32;
    const char*           bytes = text.data();
    std::uint64_t         state = detail::utf8_between;
    std::size_t           at = 0, whole = 0; // a boundary with nothing but UTF-8 before it

    for (; text.size() - at >= block; at += block) {
        const std::uint64_t any = detail::load8(bytes + at) | detail::load8(bytes + at + 8) |
                                  detail::load8(bytes + at + 16) | detail::load8(bytes + at + 24);
        if (state == detail::utf8_between) {
            whole = at;
            if ((any & detail::high_bits) == 0) continue;
        }
        for (std::size_t i = 0; i < block; ++i)
            state = detail::utf8_table.of[static_cast<unsigned char>(bytes[at + i])] >> state & 63;
        if (state == detail::utf8_refused) break;
    }
    if (state != detail::utf8_refused) {
        if (state == detail::utf8_between) whole = at;
        for (; at < text.size() && state != detail::utf8_refused; ++at)
            state = detail::utf8_table.of[static_cast<unsigned char>(bytes[at])] >> state & 63;
        if (state == detail::utf8_between) return std::string_view::npos;
    }
    // Somewhere behind `whole`. Until there every step is valid, so this ends at the ill-formed sequence.
    for (;;) {
        const decoded step = decode(text, whole);
        if (!step.valid) return whole;
        whole += step.length;
    }
}

/// The number of scalar values of valid text: of its bytes that are not continuation bytes.
[[nodiscard]] constexpr std::size_t count_scalars(std::string_view text) noexcept {
    const char* bytes = text.data();
    std::size_t at = 0, continuations = 0;
    while (text.size() - at >= 8) {
        // A byte is 10xxxxxx where bit 7 is set and bit 6 is not. Each byte of `sums` counts up to 255 of them.
        std::uint64_t     sums = 0;
        const std::size_t end  = at + 8 * ((text.size() - at) / 8 < 255 ? (text.size() - at) / 8 : 255);
        for (; at < end; at += 8) {
            const std::uint64_t x = detail::load8(bytes + at);
            sums += (x >> 7) & (~x >> 6) & detail::each_byte;
        }
        // Neighbours are added first: eight sums of 255 do not fit one byte.
        constexpr std::uint64_t even = 0x00FF00FF00FF00FFu, each_two = 0x0001000100010001u;
        continuations += ((sums & even) + (sums >> 8 & even)) * each_two >> 48;
    }
    for (; at < text.size(); ++at) continuations += (static_cast<unsigned char>(bytes[at]) & 0xC0u) == 0x80 ? 1 : 0;
    return text.size() - continuations;
}

/// An ill-formed sequence that became U+FFFD (three bytes).
struct patch {
    std::size_t at       = 0; ///< first byte in the repaired text
    std::size_t original = 0; ///< first byte in the original
    std::size_t length   = 0; ///< bytes in the original, 1 to 3

    bool operator==(const patch&) const = default;
};

/// Valid text, and what was changed to get it, in order.
struct repaired {
    std::string        text    = {};
    std::vector<patch> patches = {};
};

/// Replaces each maximal ill-formed subsequence by U+FFFD. Valid text comes back unchanged, with no patches.
///
/// Costs    one pass and one copy; at most three times the memory of the text, and 24 bytes a patch.
[[nodiscard]] inline repaired repair(std::string_view text) {
    repaired    out;
    std::size_t at = 0;
    for (;;) {
        const std::size_t good = first_invalid(text.substr(at));
        if (at == 0) out.text.reserve(text.size());
        out.text.append(text.substr(at, good));
        if (good == std::string_view::npos) return out;
        at += good;
        // Damage comes in runs: they are walked here, without a new search after each.
        for (decoded step = decode(text, at); step.length > 0 && !step.valid; step = decode(text, at)) {
            out.patches.push_back({out.text.size(), at, step.length});
            append_utf8(out.text, replacement);
            at += step.length;
        }
    }
}

/// The byte of the original that byte `at` of the repaired text came from.
///
/// Gives    for a place inside a replacement the first byte of what it replaced.
/// Takes    the patches of that repair, all of them, in order.
/// Costs    a binary search.
[[nodiscard]] constexpr std::size_t origin(std::span<const patch> patches, std::size_t at) noexcept {
    std::size_t low = 0, high = patches.size(); // the patches [0, low) begin at or before `at`
    while (low < high) {
        const std::size_t mid = low + (high - low) / 2;
        if (patches[mid].at <= at) low = mid + 1;
        else high = mid;
    }
    if (low == 0) return at;
    const patch& last = patches[low - 1];
    return at < last.at + 3 ? last.original : last.original + last.length + (at - last.at - 3);
}

/// The bytes of the original that bytes [begin, end) of the repaired text came from: a replacement that is cut counts
/// whole.
[[nodiscard]] constexpr byte_span origin(std::span<const patch> patches, byte_span of) noexcept {
    if (of.end <= of.begin) return {origin(patches, of.begin), origin(patches, of.begin)};
    std::size_t end = origin(patches, of.end);
    if (origin(patches, of.end - 1) == end) { // the span ends inside a replacement
        std::size_t past = of.end;
        while (origin(patches, past) == end) ++past;
        end = origin(patches, past);
    }
    return {origin(patches, of.begin), end};
}

} // namespace graft::inline GRAFT_ABI::unicode
