// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/docs/text_origin.hpp>
#include <graft/unicode/ascii.hpp>
#include <graft/unicode/encoding.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// A page as UTF-8, and where its bytes came from.
struct html_bytes {
    std::string              text    = {};
    std::vector<text_origin> origins = {}; ///< none: from the same bytes
    std::uint64_t            damaged = 0;  ///< the first byte that was no character, from 1
};

/// The encoding that the `meta` of a page names, in small letters; empty where there is none.
[[nodiscard]] inline std::string named_charset(std::string_view bytes) {
    std::string head(bytes.substr(0, 4096)); // four times where the standard has browsers look
    for (char& c : head) c = ascii_lowered(c);
    for (std::size_t at = 0; (at = head.find("charset", at)) != head.npos;) {
        at = std::min(head.find_first_not_of(" \t\r\n", at + 7), head.size());
        if (at == head.size() || head[at] != '=') continue;
        at = std::min(head.find_first_not_of(" \t\r\n\"'", at + 1), head.size());
        return head.substr(at, std::min(head.find_first_of(" \t\r\n\"';/>", at), head.size()) - at);
    }
    return {};
}

/// What the bytes 0x80 to 0x9F are in windows-1252, which is what pages that say ISO-8859-1 are written in.
inline constexpr char16_t windows_1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                              0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                              0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                              0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

/// Notes that the bytes of a text from `at` on come from [begin, end) of the file; runs byte for byte grow together.
inline void add_origin(std::vector<text_origin>& to, std::size_t at, std::uint64_t begin, std::uint64_t end) {
    if (!to.empty() && begin == to.back().end && end - begin == 1 &&
        at - to.back().at == to.back().end - to.back().begin) {
        // The piece before is byte for byte up to here, and so is this one: whether it is so behind is seen when it ends.
        to.back().end = end;
        return;
    }
    to.push_back({at, begin, end});
}

/// Makes UTF-8 of a page: of what its byte-order mark names; as it is where all is UTF-8, whatever it says of itself; else as
/// its `meta` says, where that is UTF-8 or Latin; without one as Latin (windows-1252), unless most of what is not ASCII is UTF-8.
///
/// Gives    of what is no character U+FFFD.
/// Fails    `not_text` with the byte of a NUL, `other_encoding` where another encoding is named.
[[nodiscard]] inline result<html_bytes> decode_html(std::string bytes, std::string_view name) {
    html_bytes out;
    const auto fail = [&](fault what, std::size_t at) { return error{what, unit::byte, at, std::string(name)}; };
    const unicode::encoding mark  = unicode::encoding_of(bytes);
    const bool              wide  = mark != unicode::encoding::utf8;
    std::size_t             width = unicode::unit_of(mark);
    if (!wide)
        if (const std::size_t nul = bytes.find('\0'); nul != bytes.npos) return fail(fault::not_text, nul);
    const std::size_t bad = wide ? 0 : unicode::first_invalid(bytes);
    if (bad == std::string::npos) {
        out.text = std::move(bytes);
        return out;
    }
    bool latin = false;
    if (!wide && !bytes.starts_with("\xEF\xBB\xBF")) {
        const std::string said = named_charset(bytes);
        if (said == "iso-8859-1" || said == "windows-1252" || said == "latin1" || said == "us-ascii" ||
            said == "cp1252" || said == "ascii" || said == "iso8859-1" || said == "x-cp1252") {
            latin = true;
        } else if (said.empty()) {
            std::size_t good = 0, broken = 0;
            for (std::size_t at = 0; at < bytes.size();) {
                const unicode::decoded step = unicode::decode(bytes, at);
                if (!step.valid) ++broken;
                else if (step.length > 1) ++good;
                at += step.length;
            }
            latin = broken > good;
        } else if (said != "utf-8" && said != "utf8") return fail(fault::other_encoding, bad);
    }
    if (latin) {
        out.text.reserve(bytes.size() + bytes.size() / 8);
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            const auto     byte = static_cast<unsigned char>(bytes[at]);
            const char32_t c    = byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
            if (c < 0x80) add_origin(out.origins, out.text.size(), at, at + 1);
            else out.origins.push_back({out.text.size(), at, at + 1});
            unicode::append_utf8(out.text, c);
        }
        return out;
    }
    unicode::repaired better = unicode::to_utf8(bytes, mark);
    if (!better.patches.empty()) out.damaged = better.patches.front().original + 1;
    if (wide) {
        if (const std::size_t nul = better.text.find('\0'); nul != better.text.npos) return fail(fault::not_text, 0);
        std::size_t patch = 0;
        for (std::size_t at = 0, from = 0; at < better.text.size();) {
            const unicode::decoded step = unicode::decode(better.text, at);
            std::size_t            took = width == 2 && step.length == 4 ? 4 : width;
            if (patch < better.patches.size() && better.patches[patch].at == at) took = better.patches[patch++].length;
            out.origins.push_back({at, from, from + took});
            at += step.length, from += took;
        }
    } else {
        std::size_t at = 0, from = 0;
        for (const unicode::patch& p : better.patches) {
            if (p.at > at) out.origins.push_back({at, from, p.original});
            out.origins.push_back({p.at, p.original, p.original + p.length});
            at = p.at + 3, from = p.original + p.length;
        }
        if (at < better.text.size()) out.origins.push_back({at, from, bytes.size()});
    }
    out.text = std::move(better.text);
    return out;
}

} // namespace graft::inline GRAFT_ABI::detail
