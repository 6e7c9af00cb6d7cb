// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/unicode/utf8.hpp>

#include <charconv>
#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace tool {

/// Writes one JSON value, keys in the order they are given, floats in their shortest form that reads back the same. Whatever
/// it is given, it is JSON: what is not UTF-8 becomes U+FFFD, a number that is not finite null.
///
///     json_line j; j.open("{").key("id").text("a").key("score").number(.5f).close("}"); j.print();
class json_line {
    std::string out_;
    bool        first_ = true; // no comma before the next value

    json_line& value(std::string_view raw) {
        comma();
        out_ += raw;
        return *this;
    }
    void comma() {
        if (!first_) out_ += ',';
        first_ = false;
    }
    void quoted(std::string_view s) {
        if (graft::first_invalid(s) != s.npos) return quoted(graft::repair(s).text);
        out_ += '"';
        for (const char c : s) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') (out_ += '\\') += c;
            else if (c == '\n') out_ += "\\n";
            else if (c == '\t') out_ += "\\t";
            else if (c == '\r') out_ += "\\r";
            else if (byte < 0x20) {
                char code[8];
                std::snprintf(code, sizeof code, "\\u%04x", byte);
                out_ += code;
            } else out_ += c;
        }
        out_ += '"';
    }

public:
    json_line& open(std::string_view bracket) {
        comma();
        out_ += bracket;
        first_ = true;
        return *this;
    }
    json_line& close(std::string_view bracket) {
        out_ += bracket;
        first_ = false;
        return *this;
    }
    json_line& key(std::string_view name) {
        comma();
        quoted(name);
        out_ += ':';
        first_ = true;
        return *this;
    }
    json_line& text(std::string_view s) {
        comma();
        quoted(s);
        return *this;
    }
    /// A value that is JSON already.
    json_line& raw(std::string_view json) { return value(json); }
    json_line& boolean(bool b) { return value(b ? "true" : "false"); }
    json_line& null() { return value("null"); }
    template <class T>
        requires std::integral<T> || std::floating_point<T>
    json_line& number(T x) {
        if constexpr (std::floating_point<T>)
            if (!graft::is_finite(x)) return null();
        char       room[40];
        const auto end = std::to_chars(room, room + sizeof room, x).ptr;
        return value(std::string_view(room, static_cast<std::size_t>(end - room)));
    }
    /// The line, with its end.
    [[nodiscard]] std::string take() {
        out_ += '\n';
        first_ = true;
        return std::exchange(out_, {});
    }
    void print() {
        const std::string line = take();
        std::fwrite(line.data(), 1, line.size(), stdout);
    }
};

} // namespace tool
