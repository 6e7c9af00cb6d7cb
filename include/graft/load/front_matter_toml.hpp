// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/load/front_matter_values.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Reads the lines between two `+++` as TOML. One pass, as `yaml_fields`.
class toml_fields {
    static constexpr std::size_t npos = std::string_view::npos;

    std::string_view in_;
    std::size_t      at_    = 0;
    bool             prose_ = false;
    field_list       out_;

public:
    explicit toml_fields(std::string_view lines) : in_(lines) {
        std::string table; // the keys below [table] are table.key
        while (pass(in_.size()), at_ < in_.size()) {
            const std::size_t begin = at_, end = line_end(at_);
            out_.keyed = true;
            if (in_[at_] == '[') {
                const std::size_t brackets = in_.substr(at_).starts_with("[[") ? 2 : 1;
                at_ += brackets;
                std::string name;
                const bool  whole = path(name, end) && name.size() <= field_list::longest &&
                                   in_.substr(at_, brackets) == (brackets == 2 ? "]]" : "]");
                if (whole) at_ += brackets;
                if (whole && closes()) table = name + ".";
                else out_.fail(begin), at_ = end, table.clear();
                continue;
            }
            std::string name;
            if (!path(name, end) || at_ >= end || in_[at_] != '=') {
                prose_ = true;
                return;
            }
            ++at_;
            blanks(end);
            const std::size_t v = at_;
            nested_value      value;
            if (v < end && read(value, out_.unread == npos ? in_.size() : end, 0)) {
                const std::string_view raw = in_.substr(v, at_ - v);
                if (closes()) {
                    out_.add(table + name, std::move(value), raw);
                    continue;
                }
            }
            out_.fail(begin);
            at_ = end;
            out_.add(table + name, std::string(trimmed(in_.substr(v, end - v))));
        }
    }
    [[nodiscard]] bool       prose() const noexcept { return prose_; }
    [[nodiscard]] field_list take() { return std::move(out_); }

private:
    [[nodiscard]] std::size_t line_end(std::size_t at) const noexcept {
        return std::min(in_.find('\n', at), in_.size());
    }
    void blanks(std::size_t end) noexcept {
        while (at_ < end && (in_[at_] == ' ' || in_[at_] == '\t' || in_[at_] == '\r')) ++at_;
    }
    void pass(std::size_t end) noexcept { // white space and comments
        for (; at_ < end; ++at_) {
            if (in_[at_] == '#') at_ = std::min(line_end(at_), end);
            if (at_ >= end || std::string_view(" \t\r\n").find(in_[at_]) == npos) return;
        }
    }
    /// Whether nothing but a comment stands on the rest of the line, which is passed.
    [[nodiscard]] bool closes() noexcept {
        const std::size_t end = line_end(at_);
        blanks(end);
        if (at_ < end && in_[at_] != '#') return false;
        at_ = end;
        return true;
    }
    /// A key, dotted or not, each part bare or in quotes.
    [[nodiscard]] bool path(std::string& name, std::size_t end) {
        for (;;) {
            blanks(end);
            std::string part;
            if (at_ < end && (in_[at_] == '"' || in_[at_] == '\'')) {
                if (!short_text(part, end)) return false;
            } else {
                const std::size_t to = std::min(in_.find_first_of(" \t\r\n.=[]{}\"'#,", at_), end);
                part                 = in_.substr(at_, to - at_);
                at_                  = to;
                if (part.empty()) return false;
            }
            name += part;
            blanks(end);
            if (name.size() > 1024) return false;
            if (at_ >= end || in_[at_] != '.') return true;
            name += '.';
            ++at_;
        }
    }
    /// "…" with escapes, or '…' as it stands, on one line.
    [[nodiscard]] bool short_text(std::string& out, std::size_t end) {
        const char quote = in_[at_++];
        end              = std::min(end, line_end(at_));
        while (at_ < end && in_[at_] != quote) {
            if (in_[at_] == '\\' && quote == '"' && at_ + 1 < end) at_ = unescape(in_.substr(0, end), at_ + 1, out);
            else out += in_[at_++];
        }
        return at_ < end ? (++at_, true) : false;
    }
    /// """…""" or '''…''': the line end behind the opening is none of it, and a backslash at a line's end joins lines.
    [[nodiscard]] bool long_text(std::string& out, std::size_t end) {
        const std::string_view mark  = in_.substr(at_, 3);
        const bool             basic = mark[0] == '"';
        at_ += 3;
        if (in_.substr(at_, 2) == "\r\n") at_ += 2;
        else if (in_.substr(at_, 1) == "\n") ++at_;
        while (at_ < end) {
            if (in_.substr(at_, 3) == mark) {
                at_ += 3;
                for (int more = 0; more < 2 && at_ < end && in_[at_] == mark[0]; ++more, ++at_) out += mark[0];
                return true;
            }
            if (basic && in_[at_] == '\\' && at_ + 1 < end) {
                const std::size_t solid = in_.find_first_not_of(" \t\r", at_ + 1);
                if (solid != npos && in_[solid] == '\n') at_ = std::min(in_.find_first_not_of(" \t\r\n", solid), end);
                else at_ = unescape(in_.substr(0, end), at_ + 1, out);
            } else if (in_.substr(at_, 2) == "\r\n") {
                ++at_;
            } else {
                out += in_[at_++];
            }
        }
        return false;
    }
    [[nodiscard]] bool read(nested_value& into, std::size_t end, int depth) {
        if (at_ >= end || depth > field_list::deepest) return false;
        const char c = in_[at_];
        if (c == '"' || c == '\'') {
            std::string text;
            const auto  three = in_.substr(at_, 3);
            if (!(three == "\"\"\"" || three == "'''" ? long_text(text, end) : short_text(text, end))) return false;
            into.value = std::move(text);
            return true;
        }
        if (c != '[' && c != '{') {
            const std::size_t to = std::min(in_.find_first_of(",]}#\r\n", at_), end);
            into.value           = bare(trimmed(in_.substr(at_, to - at_)));
            at_                  = to;
            return !std::holds_alternative<std::string>(into.value) || !std::get<std::string>(into.value).empty();
        }
        const char close = c == '[' ? ']' : '}';
        into.kind        = c == '[' ? nested_value::list : nested_value::map;
        for (++at_;;) {
            pass(end);
            if (at_ >= end) return false;
            if (in_[at_] == close) return ++at_, true;
            if (c == '{') {
                if (!path(into.keys.emplace_back(), end) || at_ >= end || in_[at_] != '=') return false;
                ++at_;
                blanks(end);
            }
            if (!read(into.items.emplace_back(), end, depth + 1)) return false;
            pass(end);
            if (at_ < end && in_[at_] == ',') ++at_;
            else if (at_ >= end || in_[at_] != close) return false;
        }
    }
    /// A truth value, a number (also 0x, 0o, 0b and with _ between digits), or the text: dates are texts.
    [[nodiscard]] static scalar_value bare(std::string_view s) {
        if (s == "true") return true;
        if (s == "false") return false;
        std::string digits;
        for (std::size_t i = 0; i < s.size(); ++i)
            if (s[i] != '_' || i == 0 || i + 1 == s.size()) digits += s[i];
        if (digits.size() > 2 && digits[0] == '0') {
            const int    base  = digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : digits[1] == 'b' ? 2 : 0;
            std::int64_t whole = 0;
            const char*  last  = digits.data() + digits.size();
            if (base != 0)
                if (const auto r = std::from_chars(digits.data() + 2, last, whole, base);
                    r.ec == std::errc{} && r.ptr == last && digits[2] != '-')
                    return whole;
        }
        scalar_value number = number_or_text(digits);
        return std::holds_alternative<std::string>(number) ? scalar_value(std::string(s)) : number;
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
