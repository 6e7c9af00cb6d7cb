// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/scan_text.hpp>
#include <graft/records/sensitive.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

// Where people and machines are reached.
namespace graft::inline GRAFT_ABI::detail::scanning {

/// A letter from À to ɏ at `i`: its two bytes, 0 where there is none.
[[nodiscard]] constexpr std::size_t latin_letter(std::string_view text, std::size_t i) noexcept {
    const auto first = static_cast<unsigned char>(at(text, i)), second = static_cast<unsigned char>(at(text, i + 1));
    return first >= 0xC3 && first <= 0xC9 && (second & 0xC0u) == 0x80 ? 2 : 0;
}
[[nodiscard]] constexpr bool in_mailbox(char c) noexcept {
    return ascii_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

/// An address around its `@`: a mailbox, and a domain of two labels or more, the last of letters and no ending of pictures or scripts.
///
/// Gives    `begin` at `floor` or later
[[nodiscard]] inline std::optional<sensitive_span> find_email(std::string_view text, std::size_t sign,
                                                              std::size_t floor) noexcept {
    std::size_t begin = sign;
    while (begin > floor && sign - begin < 64) {
        if (in_mailbox(text[begin - 1])) --begin;
        else if (begin >= floor + 2 && latin_letter(text, begin - 2) == 2) begin -= 2;
        else if (text[begin - 1] == '\'' && ascii_letter(at(text, begin)) && begin > floor + 1 &&
                 ascii_letter(text[begin - 2]))
            --begin; // o'brien
        else break;
    }
    while (begin < sign && (text[begin] == '.' || text[begin] == '-' || text[begin] == '%' || text[begin] == '+'))
        ++begin;
    if (begin == sign || text[sign - 1] == '.') return std::nullopt;
    std::size_t end = sign + 1, label = end, labels = 0;
    for (;;) { // label by label
        std::size_t to = end;
        while (ascii_alnum(at(text, to)) || at(text, to) == '-' || latin_letter(text, to) != 0)
            to += std::max<std::size_t>(latin_letter(text, to), 1);
        while (to > end && text[to - 1] == '-') --to;
        if (to == end || text[end] == '-') break;
        ++labels, label = end, end = to;
        if (at(text, end) != '.') break;
        ++end;
    }
    if (end > label && text[end - 1] == '.') --end; // the full stop of a sentence
    const auto top = text.substr(label, end - label);
    if (labels < 2 || top.size() < 2 || top.size() > 24) return std::nullopt;
    if (!top.starts_with("xn--") && std::any_of(top.begin(), top.end(), ascii_digit<char>)) return std::nullopt;
    constexpr std::string_view files[] = {"png", "jpg",  "jpeg", "gif",  "svg",  "webp", "js",   "jsx",  "ts",  "tsx",
                                          "css", "scss", "html", "json", "xml",  "yml",  "yaml", "toml", "txt", "csv",
                                          "pdf", "py",   "cpp",  "hpp",  "java", "exe",  "dll",  "lock", "vue"};
    for (const std::string_view ending : files) // Paraguay's addresses have a label more
        if (same_letters(top, ending) && (labels == 2 || ending != "py")) return std::nullopt;
    if (text.substr(begin, sign - begin) == "git" && at(text, end) == ':')
        return std::nullopt; // a repository's, nobody's
    return sensitive_span{sensitive::email, begin, end};
}

/// A public address of the internet, version 4, by RFC 6890. Four small numbers, the first below ten, are a version or a section of something, unless a port or a
/// mask follows, or a word before says what they are.
[[nodiscard]] inline std::optional<sensitive_span> find_ipv4(std::string_view text, std::size_t i) noexcept {
    unsigned    part[4] = {};
    std::size_t end     = i;
    for (int k = 0; k < 4; ++k) {
        if (k > 0) {
            if (at(text, end) != '.') return std::nullopt;
            ++end;
        }
        const std::size_t begin = end;
        while (ascii_digit(at(text, end)) && end - begin < 4)
            part[k] = part[k] * 10 + static_cast<unsigned>(text[end++] - '0');
        if (end == begin || end - begin > 3 || part[k] > 255 || (end - begin > 1 && text[begin] == '0'))
            return std::nullopt;
    }
    const char next = at(text, end);
    if (in_word(next) || next == '@' || ((next == '.' || next == '-') && ascii_alnum(at(text, end + 1))))
        return std::nullopt;
    const unsigned a = part[0], b = part[1], c = part[2];
    if (a == 0 || a == 10 || a == 127 || a >= 224 || (a == 169 && b == 254) || (a == 172 && b >= 16 && b < 32) ||
        (a == 192 && b == 168) || (a == 100 && b >= 64 && b < 128) || (a == 192 && b == 0 && (c == 0 || c == 2)) ||
        (a == 198 && (b == 18 || b == 19)) || (a == 198 && b == 51 && c == 100) || (a == 203 && b == 0 && c == 113))
        return std::nullopt;
    if (before(text, i) == '-' && i >= 2 && in_word(text[i - 2])) return std::nullopt; // `html401#h-17.13.4.1`
    constexpr std::string_view versions[] = {"version", "ver.",   "release", "section",
                                             "chapter", "clause", "ec",      "\xC2\xA7"};
    if (cued(text, i, versions, 12)) return std::nullopt;
    constexpr std::string_view hosts[] = {"ip", "host", "server", "dns", "ping", "resolver", "gateway", "nameserver"};
    if (a < 10 && *std::max_element(part, part + 4) < 60 &&
        !((next == ':' || next == '/') && ascii_digit(at(text, end + 1))) && !cued(text, i, hosts))
        return std::nullopt;
    return sensitive_span{sensitive::ip_address, i, end};
}

/// A public address, version 6: global unicast alone (2000::/3), of three written groups or more, without the prefix of documentation (2001:db8::/32).
[[nodiscard]] inline std::optional<sensitive_span> find_ipv6(std::string_view text, std::size_t i) noexcept {
    const auto hex = [](char c) { return ascii_digit(c) || (ascii_lowered(c) >= 'a' && ascii_lowered(c) <= 'f'); };
    if (at(text, i) != '2' && at(text, i) != '3') return std::nullopt;
    std::size_t groups = 0, end = i, first = 0;
    unsigned    value[2] = {};
    bool        gap_seen = false;
    for (;;) {
        std::size_t n = 0;
        unsigned    x = 0;
        for (; n < 5 && hex(at(text, end + n)); ++n) {
            const char c = ascii_lowered(text[end + n]);
            x            = x * 16 + static_cast<unsigned>(ascii_digit(c) ? c - '0' : c - 'a' + 10);
        }
        if (n == 0 || n > 4) break;
        if (groups == 0) first = n;
        if (groups < 2 && !gap_seen) value[groups] = x;
        ++groups, end += n;
        if (groups == 8) break;
        if (!gap_seen && at(text, end) == ':' && at(text, end + 1) == ':') {
            gap_seen = true, end += 2;
            if (!hex(at(text, end))) break;
        } else if (at(text, end) == ':' && hex(at(text, end + 1))) ++end;
        else break;
    }
    if (first != 4 || groups < 3 || (gap_seen ? groups > 7 : groups != 8)) return std::nullopt;
    const char next = at(text, end);
    if (in_word(next) || (next == ':' && hex(at(text, end + 1)))) return std::nullopt;
    if (value[0] == 0x2001 && value[1] == 0xdb8) return std::nullopt;
    return sensitive_span{sensitive::ip_address, i, end};
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
