// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/text/metadata.hpp>
#include <graft/text/utf8.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline v0_1 {

/// What stands before the body of a file.
struct front_matter {
    metadata    fields = {};
    std::size_t body   = 0; ///< the first byte behind it, and behind a byte-order mark
};

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

/// A quoted text at the head of `s`, which loses it; nothing where the quotes do not close.
[[nodiscard]] inline std::optional<std::string> unquote(std::string_view& s) {
    const char  quote = s.front();
    std::string out;
    for (std::size_t i = 1; i < s.size(); ++i) {
        if (s[i] == quote) {
            if (quote == '\'' && i + 1 < s.size() && s[i + 1] == '\'') {
                out += s[i++];
                continue;
            }
            s.remove_prefix(i + 1);
            return out;
        }
        if (quote == '\'' || s[i] != '\\' || i + 1 == s.size()) {
            out += s[i];
            continue;
        }
        switch (const char c = s[++i]) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'u': {
            unsigned   code = 0;
            const auto four = s.substr(i + 1, 4);
            const auto end  = std::from_chars(four.data(), four.data() + four.size(), code, 16);
            if (four.size() == 4 && end.ptr == four.data() + 4) {
                append_utf8(out, static_cast<char32_t>(code));
                i += 4;
            } else {
                out += "\\u";
            }
            break;
        }
        default: out += c;
        }
    }
    return std::nullopt;
}

/// A bare word as the type that it looks like.
[[nodiscard]] inline scalar_value typed(std::string_view s) {
    if (s == "true" || s == "True" || s == "TRUE") return true;
    if (s == "false" || s == "False" || s == "FALSE") return false;
    std::string_view digits = s;
    if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
    const bool numeric =
        !digits.empty() && digits.find_first_not_of("0123456789.eE+-") == std::string_view::npos && digits[0] >= '0' &&
        digits[0] <= '9' &&
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

/// Cuts a comment off a bare value: a # behind white space.
[[nodiscard]] inline std::string_view uncommented(std::string_view s) noexcept {
    if (s.starts_with('#')) return {};
    const std::size_t space = s.find(" #"), tab = s.find("\t#");
    return trimmed(s.substr(0, space < tab ? space : tab));
}

/// One value on one line: quoted, a list in brackets, or bare.
[[nodiscard]] inline field_value read_value(std::string_view line) {
    const std::string_view raw  = trimmed(line);
    std::string_view       rest = raw;
    if (rest.starts_with('"') || rest.starts_with('\'')) {
        if (auto s = unquote(rest); s && uncommented(trimmed(rest)).empty()) return std::move(*s);
        return std::string(raw);
    }
    if (rest.starts_with('[')) {
        value_list list;
        rest = trimmed(rest.substr(1));
        while (!rest.empty() && rest.front() != ']') {
            if (rest.front() == '"' || rest.front() == '\'') {
                auto s = unquote(rest);
                if (!s) return std::string(raw);
                list.emplace_back(std::move(*s));
            } else {
                const std::size_t      end  = rest.find_first_of(",]");
                const std::string_view item = trimmed(rest.substr(0, end));
                if (end == std::string_view::npos || item.find_first_of("[{") != std::string_view::npos)
                    return std::string(raw);
                list.push_back(typed(item));
                rest.remove_prefix(end);
            }
            rest = trimmed(rest);
            if (rest.starts_with(',')) rest = trimmed(rest.substr(1));
            else if (!rest.starts_with(']')) return std::string(raw);
        }
        if (rest.empty() || !uncommented(trimmed(rest.substr(1))).empty()) return std::string(raw);
        return list;
    }
    field_value value;
    std::visit([&](auto&& x) { value = std::forward<decltype(x)>(x); }, typed(uncommented(raw)));
    return value;
}

/// The key at the head of a line, before `mark`; empty where the line has none.
[[nodiscard]] inline std::string_view key_of(std::string_view line, char mark) noexcept {
    if (line.empty() || line[0] == ' ' || line[0] == '\t' || line[0] == '-' || line[0] == '#') return {};
    const std::size_t at = line.find(mark);
    if (at == std::string_view::npos ||
        (mark == ':' && at + 1 < line.size() && line[at + 1] != ' ' && line[at + 1] != '\t'))
        return {};
    std::string_view key = trimmed(line.substr(0, at));
    if (key.size() >= 2 && (key[0] == '"' || key[0] == '\'') && key.back() == key[0])
        key = key.substr(1, key.size() - 2);
    return key;
}

[[nodiscard]] inline metadata read_fields(std::string_view rest, char mark) {
    metadata    fields;
    std::string table; // TOML: the keys below [table] are table.key
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        if (mark == '=' && line.starts_with('[')) {
            const std::string_view head = trimmed(line.substr(1, line.find(']') - 1));
            table                       = head.empty() ? std::string() : std::string(head) + ".";
            continue;
        }
        const std::string_view key = key_of(line, mark);
        if (key.empty()) continue;
        const std::string_view after = trimmed(line.substr(line.find(mark) + 1));
        // What follows, indented or as items, belongs to the key.
        const std::string_view below = rest;
        std::size_t            taken = 0;
        bool                   items = true;
        value_list             list;
        if (mark == ':') {
            while (!rest.empty()) {
                std::string_view       ahead = rest;
                const std::string_view next  = take_line(ahead);
                const std::string_view words = trimmed(next);
                const bool             item  = words == "-" || words.starts_with("- ");
                if (!words.empty() && !item && next[0] != ' ' && next[0] != '\t') break;
                if (item) {
                    field_value one = read_value(words.substr(1));
                    std::visit(
                        [&](auto&& x) {
                            if constexpr (std::is_same_v<std::decay_t<decltype(x)>, value_list>) items = false;
                            else list.emplace_back(std::forward<decltype(x)>(x));
                        },
                        std::move(one));
                } else if (!words.empty()) {
                    items = false;
                }
                rest  = ahead;
                taken = static_cast<std::size_t>(ahead.data() - below.data());
            }
        }
        const std::string_view under = trimmed(below.substr(0, taken));
        if (under.empty()) fields.set(table + std::string(key), read_value(after));
        else if (uncommented(after).empty() && items) fields.set(table + std::string(key), std::move(list));
        else if (uncommented(after).empty() || after[0] == '|' || after[0] == '>')
            fields.set(table + std::string(key), std::string(under));
        else fields.set(table + std::string(key), std::string(after) + "\n" + std::string(under));
    }
    return fields;
}

} // namespace detail

/// Reads the front matter of a file: between two lines `---` (a subset of YAML), or `+++` (of TOML).
///
/// Gives    typed fields: true and false, whole numbers, decimal numbers, quoted text, [a, b] and `- item` lists; anything
///          else (dates, nested maps, block texts, numbers with leading zeros) as the text that stands there. Of a key that
///          comes twice the last counts. Without a closing line, or where the first line is no `key: value`, there is no
///          front matter and the body begins at once.
inline front_matter read_front_matter(std::string_view text) {
    front_matter      it;
    const std::size_t mark       = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    it.body                      = mark;
    std::string_view       rest  = text.substr(mark);
    const std::string_view first = detail::take_line(rest);
    const std::string_view fence = detail::trimmed(first);
    if ((fence != "---" && fence != "+++") || !first.starts_with(fence)) return it;
    const std::string_view inside = rest;
    const char             colon  = fence == "---" ? ':' : '=';
    bool                   fields = false; // the first line that says something is a key
    while (!rest.empty()) {
        const std::size_t      begin = static_cast<std::size_t>(rest.data() - inside.data());
        const std::string_view line  = detail::take_line(rest);
        const std::string_view words = detail::trimmed(line);
        if (line.starts_with(fence) || (colon == ':' && line.starts_with("..."))) {
            if (words != fence && words != "...") continue;
            it.fields = detail::read_fields(inside.substr(0, begin), colon);
            it.body   = text.size() - rest.size();
            return it;
        }
        if (fields || words.empty() || words.starts_with('#')) continue;
        fields = !detail::key_of(line, colon).empty() || (colon == '=' && line.starts_with('['));
        if (!fields) return it;
    }
    return it;
}

} // namespace graft::inline v0_1
