// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/json/json_text.hpp>
#include <graft/json/json_value.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

// Parts of a JSON schema as regular expressions.

inline constexpr std::int64_t most_integer = 999'999'999'999'999'999; // 18 digits

/// Numbers as programs print the shortest of a double, below 1e308.
inline constexpr std::string_view json_number_pattern = "-?(?:(?:0|[1-9][0-9]{0,21})(?:\\.[0-9]{1,24})?|[1-9](?:\\.[0-"
                                                        "9]{1,17})?[eE][+\\-]?(?:[0-9]{1,2}|[12][0-9][0-9]|30[0-7]))";

/// Writes a text so that a pattern takes each of its characters as it stands.
inline void append_literal(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (std::string_view("\\.[](){}*+?|^$-").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
}
/// `one` so many times.
inline void append_repeated(std::string& out, std::string_view one, std::uint32_t least,
                            std::optional<std::uint32_t> most) {
    if (most && *most == 0) return;
    out += one;
    out += '{' + std::to_string(least) + ',';
    if (most) out += std::to_string(*most);
    out += '}';
}

/// Numbers from low to high, not below 0, of one length.
inline void append_digits(std::string& out, std::string_view low, std::string_view high) {
    if (low.empty()) return;
    const auto any = [&](std::size_t n) {
        append_repeated(out, "[0-9]", static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n));
    };
    const auto from = [&](char a, char b) {
        if (a == b) out += a;
        else out.append("[").append(1, a).append("-").append(1, b).append("]");
    };
    const std::size_t n = low.size() - 1;
    if (low[0] == high[0]) {
        out += low[0];
        return append_digits(out, low.substr(1), high.substr(1));
    }
    // Those that begin like low, those that begin like high, and all between.
    const std::string zeros(n, '0'), nines(n, '9');
    const bool        all_low = low.substr(1) == zeros, all_high = high.substr(1) == nines;
    const char        first = static_cast<char>(low[0] + (all_low ? 0 : 1)),
               last         = static_cast<char>(high[0] - (all_high ? 0 : 1));
    std::string_view before = "(?:";
    if (!all_low) {
        out.append(before).append(1, low[0]);
        append_digits(out, low.substr(1), nines);
        before = "|";
    }
    if (first <= last) {
        out += before;
        from(first, last), any(n);
        before = "|";
    }
    if (!all_high) {
        out.append(before).append(1, high[0]);
        append_digits(out, zeros, high.substr(1));
    }
    out += ')';
}
/// Whole numbers from low to high, both of at most 18 digits; false where there is none.
[[nodiscard]] inline bool append_integers(std::string& out, std::int64_t low, std::int64_t high) {
    if (low > high) return false;
    std::string_view before = "(?:";
    const auto       run    = [&](std::int64_t a, std::int64_t b, std::string_view sign) {
        while (a <= b) { // one length at a time
            std::int64_t nines = 9;
            while (nines < a) nines = nines * 10 + 9;
            const std::int64_t end = std::min(b, nines);
            out.append(before).append(sign);
            append_digits(out, std::to_string(a), std::to_string(end));
            before = "|";
            a      = end + 1;
        }
    };
    if (low < 0) run(std::max<std::int64_t>(1, -high), -low, "-");
    if (high >= 0) run(std::max<std::int64_t>(0, low), high, "");
    out += ')';
    return true;
}

/// A value on one line.
inline void append_json(std::string& out, json_value v, bool spaced) {
    switch (v.kind()) {
    case json_kind::absent:
    case json_kind::null: out += "null"; break;
    case json_kind::boolean: out += *v.boolean() ? "true" : "false"; break;
    case json_kind::text: append_json_text(out, *v.text()); break;
    case json_kind::number: {
        char       text[32];
        const auto end = [&] {
            if (const auto n = v.number<std::int64_t>()) return std::to_chars(text, text + sizeof text, *n).ptr;
            if (const auto n = v.number<std::uint64_t>()) return std::to_chars(text, text + sizeof text, *n).ptr;
            return std::to_chars(text, text + sizeof text, *v.number<double>()).ptr;
        }();
        out.append(text, end);
        break;
    }
    case json_kind::array: {
        out += '[';
        std::string_view comma = "";
        for (const json_value one : *v.array()) {
            out += comma;
            append_json(out, one, spaced);
            comma = spaced ? ", " : ",";
        }
        out += ']';
        break;
    }
    case json_kind::object: {
        out += '{';
        std::string_view comma = "";
        for (const json_member m : *v.object()) {
            out += comma;
            append_json_text(out, m.name);
            out += spaced ? ": " : ":";
            append_json(out, m.value, spaced);
            comma = spaced ? ", " : ",";
        }
        out += '}';
        break;
    }
    }
}

/// Whether a value is of the type, or of one of the types, that a schema names.
[[nodiscard]] inline bool is_of(json_value v, json_value type) {
    if (type.kind() == json_kind::array) {
        for (const json_value one : *type.array())
            if (is_of(v, one)) return true;
        return false;
    }
    const std::string_view name = type.text() ? *type.text() : std::string_view{};
    switch (v.kind()) {
    case json_kind::null: return name == "null";
    case json_kind::boolean: return name == "boolean";
    case json_kind::text: return name == "string";
    case json_kind::array: return name == "array";
    case json_kind::object: return name == "object";
    case json_kind::number: {
        if (name == "number") return true;
        const auto x = v.number<double>();
        return name == "integer" && x && std::trunc(*x) == *x;
    }
    case json_kind::absent: break;
    }
    return false;
}

/// A pattern of a schema, which is looked for anywhere, as one of the whole text; nothing where `pattern` would read it otherwise: with an anchor
/// beside a choice, with a repetition that is as short as can be, with an empty set.
[[nodiscard]] inline std::optional<std::string> whole_text_pattern(std::string_view p) {
    const bool begins = p.starts_with('^');
    if (begins) p.remove_prefix(1);
    std::size_t depth = 0;
    bool        set = false, choice = false, ends = false, counted = false;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const char             c      = p[i];
        const std::string_view rest   = p.substr(i);
        const bool             behind = counted; // a repetition
        counted                       = !set && (c == '*' || c == '+' || c == '?' || c == '}');
        if (c == '\\') ++i;
        else if (set) set = c != ']';
        else if (c == '[') {
            if (rest.starts_with("[]") || rest.starts_with("[^]")) return std::nullopt;
            set = true;
        } else if (c == '(') {
            if (rest.starts_with("(?") && !rest.starts_with("(?:")) return std::nullopt;
            if (rest.starts_with("(?:")) i += 2;
            ++depth;
        } else if (c == ')') {
            if (depth-- == 0) return std::nullopt;
        } else if (c == '|') choice |= depth == 0;
        else if (c == '$' && i + 1 == p.size()) ends = true;
        else if (counted && behind) return std::nullopt;
    }
    if (choice && (begins || ends)) return std::nullopt;
    if (ends) p.remove_suffix(1);
    constexpr std::string_view anything = "[\\s\\S]*";
    return std::string(begins ? "" : anything).append("(?:").append(p).append(")").append(ends ? "" : anything);
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
