// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <charconv>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Appends a text as JSON has it: between quotes, with `"`, `\` and control characters escaped and nothing else.
///
/// Takes    valid UTF-8, for the outcome to be JSON.
inline void append_json_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                constexpr std::string_view digits = "0123456789abcdef";
                out.append("\\u00")
                    .append(1, digits[static_cast<unsigned char>(c) >> 4])
                    .append(1, digits[static_cast<unsigned char>(c) & 15u]);
            } else out += c;
        }
    }
    out += '"';
}

/// Appends a finite number as JSON has it, in the fewest digits that read back as the same.
inline void append_json_number(std::string& out, double x) {
    char       digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
    out.append(digits, end);
}

} // namespace graft::inline GRAFT_ABI
