// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/metadata/metadata.hpp>
#include <graft/unicode/utf8.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The values that YAML and TOML share, for front_matter.hpp.
namespace graft::inline GRAFT_ABI {

namespace detail {

[[nodiscard]] inline std::string_view trimmed(std::string_view s) noexcept {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t          first = s.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return s.substr(first, s.find_last_not_of(space) - first + 1);
}

/// Takes the next line off `rest`, without its end.
[[nodiscard]] inline std::string_view take_line(std::string_view& rest) noexcept {
    const std::size_t feed = rest.find('\n');
    std::string_view  line = rest.substr(0, feed);
    rest.remove_prefix(feed == std::string_view::npos ? rest.size() : feed + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Cuts a comment off a bare value: a # behind white space.
[[nodiscard]] inline std::string_view uncommented(std::string_view s) noexcept {
    if (s.starts_with('#')) return {};
    const std::size_t space = s.find(" #"), tab = s.find("\t#");
    return trimmed(s.substr(0, space < tab ? space : tab));
}

/// A number in decimal digits, whole where it has neither point nor exponent nor too many digits; else the text.
[[nodiscard]] inline scalar_value number_or_text(std::string_view s) {
    std::string_view digits = s;
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
    const bool numeric =
        !digits.empty() && digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
        ((digits[0] >= '0' && digits[0] <= '9') ||
         (digits[0] == '.' && digits.size() > 1 && digits[1] >= '0' && digits[1] <= '9')) &&
        (digits.size() == 1 || digits[0] != '0' || digits[1] == '.' || digits[1] == 'e' || digits[1] == 'E');
    if (numeric) {
        const std::string_view plain = s[0] == '+' ? s.substr(1) : s; // from_chars knows no plus
        const char*            last  = plain.data() + plain.size();
        std::int64_t           whole = 0;
        if (const auto r = std::from_chars(plain.data(), last, whole); r.ec == std::errc{} && r.ptr == last)
            return whole;
        double real = 0;
        if (const auto r = std::from_chars(plain.data(), last, real); r.ec == std::errc{} && r.ptr == last) return real;
    }
    return std::string(s);
}

/// A bare word of YAML as the type that it looks like.
[[nodiscard]] inline scalar_value typed(std::string_view s) {
    if (s == "true" || s == "True" || s == "TRUE") return true;
    if (s == "false" || s == "False" || s == "FALSE") return false;
    return number_or_text(s);
}

/// Reads the hexadecimal digits of a character behind `at`, up to `n` of them: all, or nothing.
[[nodiscard]] inline std::optional<char32_t> hex_digits(std::string_view s, std::size_t at, std::size_t n) noexcept {
    if (at > s.size() || s.size() - at < n) return std::nullopt;
    std::uint32_t code = 0;
    const auto    end  = std::from_chars(s.data() + at, s.data() + at + n, code, 16);
    if (end.ec != std::errc{} || end.ptr != s.data() + at + n) return std::nullopt;
    return static_cast<char32_t>(code);
}

/// What stands behind a backslash at s[at], appended; gives the place behind it. An unknown one stands for itself.
inline std::size_t unescape(std::string_view s, std::size_t at, std::string& out) {
    const auto is = [&](char32_t c) { return unicode::append_utf8(out, c), at + 1; };
    switch (s[at]) {
    case '0': return is(0);
    case 'a': return is(7);
    case 'b': return is(8);
    case 't': return is('\t');
    case 'n': return is('\n');
    case 'v': return is(11);
    case 'f': return is(12);
    case 'r': return is('\r');
    case 'e': return is(27);
    case 'N': return is(0x85);
    case '_': return is(0xA0);
    case 'L': return is(0x2028);
    case 'P': return is(0x2029);
    case 'x':
    case 'u':
    case 'U': {
        const std::size_t n    = s[at] == 'x' ? 2 : s[at] == 'u' ? 4 : 8;
        auto              code = hex_digits(s, at + 1, n);
        if (!code) return out += '\\', is(static_cast<unsigned char>(s[at]));
        at += 1 + n;
        if (n == 4 && *code >= 0xD800 && *code < 0xDC00 && s.substr(at, 2) == "\\u") { // JSON's way beyond U+FFFF
            const auto low = hex_digits(s, at + 2, 4);
            if (low && *low >= 0xDC00 && *low < 0xE000) {
                code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
                at += 6;
            }
        }
        const bool scalar = *code < 0x110000 && (*code < 0xD800 || *code >= 0xE000);
        return unicode::append_utf8(out, scalar ? *code : unicode::replacement), at;
    }
    default: out += s[at]; return at + 1; // of more than one byte: the rest follows by itself
    }
}

/// A text in quotes that were opened at s[at], over as many lines as it takes: line ends are folded as YAML has it, a single
/// one into a blank, further ones kept.
///
/// Gives    the place behind the closing quote, and the text in `out`; nothing where they do not close.
[[nodiscard]] inline std::optional<std::size_t> unquote(std::string_view s, std::size_t at, std::string& out) {
    const char quote = s[at++];
    out.clear();
    std::size_t solid = 0; // bytes of `out` that no fold may take back
    while (at < s.size()) {
        const char c = s[at];
        if (c == quote) {
            if (quote == '"' || at + 1 >= s.size() || s[at + 1] != '\'') return at + 1;
            out += c;
            at += 2;
        } else if (c == '\\' && quote == '"' && at + 1 < s.size()) {
            const std::size_t end = s[at + 1] == '\r' && s.substr(at + 2, 1) == "\n" ? at + 2 : at + 1;
            if (s[end] == '\n') { // the line goes on
                at = std::min(s.find_first_not_of(" \t", end + 1), s.size());
            } else {
                at = unescape(s, at + 1, out);
            }
            solid = out.size();
        } else if (c == '\n') {
            while (out.size() > solid && (out.back() == ' ' || out.back() == '\t' || out.back() == '\r'))
                out.pop_back();
            std::size_t more = 0;
            for (++at; at < s.size() && std::string_view(" \t\r\n").find(s[at]) != std::string_view::npos; ++at)
                more += s[at] == '\n' ? 1u : 0u;
            if (more == 0) out += ' ';
            else out.append(more, '\n');
            solid = out.size();
        } else {
            out += c;
            ++at;
        }
    }
    return std::nullopt;
}

/// A value in brackets, before it becomes fields.
struct nested_value {
    enum { scalar, list, map } kind = scalar;
    scalar_value              value;
    std::vector<std::string>  keys;  ///< of a map
    std::vector<nested_value> items; ///< of a list or a map
};

/// Fields in the making, and where the first thing stands that cannot be read.
struct field_list {
    static constexpr std::size_t longest = 256; ///< bytes of a dotted key below which others may stand
    static constexpr int         deepest = 64;

    std::vector<field> all;
    bool               keyed  = false; ///< a key or table was there, even if it holds nothing
    std::size_t        unread = std::string_view::npos;

    void add(std::string key, field_value value) { all.push_back({std::move(key), std::move(value)}); }
    void add(std::string key, std::string text) { all.push_back({std::move(key), field_value(std::move(text))}); }
    void add(std::string key, scalar_value value) {
        std::visit([&](auto&& x) { all.push_back({std::move(key), field_value(std::forward<decltype(x)>(x))}); },
                   std::move(value));
    }
    /// A map becomes dotted keys; a list that holds more than single values stays the text that it is.
    void add(std::string key, nested_value&& value, std::string_view raw) {
        if (value.kind == nested_value::scalar) return add(std::move(key), std::move(value.value));
        if (value.kind == nested_value::list) {
            value_list list;
            for (nested_value& item : value.items) {
                if (item.kind != nested_value::scalar) return add(std::move(key), std::string(trimmed(raw)));
                list.push_back(std::move(item.value));
            }
            return add(std::move(key), std::move(list));
        }
        if (key.size() > longest) return add(std::move(key), std::string(trimmed(raw)));
        for (std::size_t i = 0; i < value.items.size(); ++i)
            add(key + "." + value.keys[i], std::move(value.items[i]), raw);
    }
    void fail(std::size_t at) noexcept { unread = std::min(unread, at); }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
