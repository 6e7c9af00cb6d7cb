// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/base/digest.hpp>
#include <graft/schema/prompt.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

// A prompt is segments to the very end: a decoder tokenises untrusted ones alone. What takes only text gets this rendering:
//
//     <<0f3c…9a trusted 1>>
//     [1]
//     <<0f3c…9a untrusted 1>>
//     text of a document
//     <<0f3c…9a end>>
//
// Each segment opens with a seal that holds a nonce. Texts are escaped with ␛ (U+241B, visible on purpose): ␛ itself is
// doubled, the nonce is broken after its first character, and in untrusted text so is whatever looks like a citation mark:
// `[1]` reads `[␛1]`. So no text can close its segment, open another, or bring a mark of its own, and parse undoes it all.

/// 128 bits that seal one prompt. Against hostile documents take them from a random source that their authors cannot know.
struct nonce {
    std::uint64_t high = 0;
    std::uint64_t low  = 0;

    bool operator==(const nonce&) const = default;
};

/// A nonce made of the prompt itself: the same prompt, the same text. For tools, tests and trusted documents.
[[nodiscard]] constexpr nonce nonce_of(std::span<const segment> segments) noexcept {
    nonce n{0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu};
    for (const segment& s : segments) {
        const std::uint64_t kind = std::uint64_t{s.mark} << 1 | static_cast<std::uint64_t>(s.trusted);
        n.high                   = mix64(hash64(s.text, n.high), kind);
        n.low                    = mix64(hash64(s.text, ~n.low), kind);
    }
    return n;
}
/// The same for the segments of a prompt.
[[nodiscard]] inline nonce nonce_of(const prompt& p) noexcept { return nonce_of(p.segments); }

namespace detail {

inline constexpr std::string_view escape_sign = "\xE2\x90\x9B"; // ␛

/// A nonce as 32 hexadecimal digits.
struct nonce_text {
    char digits[32];

    constexpr explicit nonce_text(nonce n) noexcept : digits{} {
        for (unsigned i = 0; i < 32; ++i)
            digits[i] = "0123456789abcdef"[(i < 16 ? n.high >> (60 - 4 * i) : n.low >> (124 - 4 * i)) & 15];
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {digits, 32}; }
};

/// Whether a citation mark could begin at this `[`: only spaces between it and a digit.
[[nodiscard]] constexpr bool opens_mark(std::string_view text, std::size_t at) noexcept {
    do ++at;
    while (at < text.size() && text[at] == ' ');
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

inline void append_escaped(arena_text& out, std::string_view text, bool trusted, std::string_view hex) {
    std::size_t done_to = 0, next_nonce = text.find(hex);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == next_nonce) {
            out.append(text.substr(done_to, i + 1 - done_to));
            out.append(escape_sign);
            done_to    = i + 1;
            next_nonce = text.find(hex, i + 1);
        } else if (text[i] == '[' && !trusted && opens_mark(text, i)) {
            out.append(text.substr(done_to, i + 1 - done_to));
            out.append(escape_sign);
            done_to = i + 1;
        } else if (text[i] == escape_sign[0] && text.substr(i, 3) == escape_sign) {
            out.append(text.substr(done_to, i + 3 - done_to));
            out.append(escape_sign);
            done_to = i + 3;
            i += 2;
        }
    }
    out.append(text.substr(done_to));
}

/// The text without its escapes; itself where there are none.
[[nodiscard]] inline std::string_view unescaped(std::string_view text, context& w) {
    std::size_t at = text.find(escape_sign);
    if (at == text.npos) return text;
    arena_text  out(w, text.size());
    std::size_t done_to = 0;
    while (at != text.npos) {
        const bool twice = text.substr(at + 3, 3) == escape_sign;
        out.append(text.substr(done_to, at + (twice ? 3 : 0) - done_to));
        done_to = at + (twice ? 6 : 3);
        at      = text.find(escape_sign, done_to);
    }
    out.append(text.substr(done_to));
    return out.text();
}

inline void append_number(arena_text& out, std::uint64_t n) {
    char       digits[20];
    const auto end = std::to_chars(digits, digits + 20, n).ptr;
    out.append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

inline void append_sealed(arena_text& out, const segment& s, std::string_view hex) {
    out.append("<<");
    out.append(hex);
    out.append(s.trusted ? " trusted" : " untrusted");
    if (s.mark != 0) {
        out.push_back(' ');
        append_number(out, s.mark);
    }
    out.append(">>\n");
    append_escaped(out, s.text, s.trusted, hex);
    out.push_back('\n');
}

inline void append_rendered(arena_text& out, std::span<const segment> segments, nonce with) {
    const nonce_text hex(with);
    for (const segment& s : segments) append_sealed(out, s, hex.view());
    out.append("<<");
    out.append(hex.view());
    out.append(" end>>\n");
}

} // namespace detail

/// Segments as one text, each sealed with the nonce.
///
/// Borrows  the context.
/// Costs    linear.
[[nodiscard]] inline std::string_view render(std::span<const segment> segments, nonce with, context& w) {
    std::size_t room = 64;
    for (const segment& s : segments) room += s.text.size() + s.text.size() / 16 + 64;
    arena_text out(w, room);
    detail::append_rendered(out, segments, with);
    return out.text();
}
/// A whole prompt as one text.
[[nodiscard]] inline std::string_view render(const prompt& p, nonce with, context& w) {
    return render(p.segments, with, w);
}
/// A whole prompt as one text, sealed with a nonce made of its own text (`nonce_of`).
[[nodiscard]] inline std::string_view render(const prompt& p, context& w) { return render(p, nonce_of(p), w); }

/// The segments of a rendered text: `parse(render(s, n, w), n, w)` gives s, whatever its texts hold.
///
/// Borrows  the text and the context.
/// Fails    `fault::truncated` when the end seal is missing; `fault::malformed`, with the byte, for whatever render with
///          this nonce does not write.
[[nodiscard]] inline result<std::span<const segment>> parse(std::string_view text, nonce with, context& w) {
    const detail::nonce_text hex(with);
    char                     opener[34];
    opener[0] = opener[1] = '<';
    std::copy_n(hex.digits, 32, opener + 2);
    const std::string_view seal(opener, 34);

    arena_list<segment> out(w);
    std::size_t         at    = 0;
    const auto          wrong = [&](fault what) { return error{what, unit::byte, at, "prompt"}; };
    const auto          takes = [&](std::string_view word) {
        if (text.substr(at, word.size()) != word) return false;
        at += word.size();
        return true;
    };
    for (;;) {
        if (at >= text.size()) return wrong(fault::truncated);
        if (!takes(seal)) return wrong(fault::malformed);
        if (takes(" end>>\n")) break;
        segment s{.trusted = takes(" trusted")};
        if (!s.trusted && !takes(" untrusted")) return wrong(fault::malformed);
        if (takes(" ")) {
            const char* from     = text.data() + at;
            const auto [to, bad] = std::from_chars(from, text.data() + text.size(), s.mark);
            if (bad != std::errc{}) return wrong(fault::malformed);
            at += static_cast<std::size_t>(to - from);
        }
        if (!takes(">>\n")) return wrong(fault::malformed);
        const std::size_t next = text.find(seal, at);
        if (next == text.npos) return wrong(fault::truncated);
        if (next == at || text[next - 1] != '\n') return wrong(fault::malformed);
        s.text = detail::unescaped(text.substr(at, next - 1 - at), w);
        out.push_back(s);
        at = next;
    }
    // Only what render writes is accepted: so there is one text for one list of segments, and nothing hides in a variant.
    const std::string_view again = render(out.items(), with, w);
    if (again != text) {
        for (at = 0; at < again.size() && at < text.size() && again[at] == text[at];) ++at;
        return wrong(fault::malformed);
    }
    return std::span<const segment>(out.items());
}

} // namespace graft::inline GRAFT_ABI
