// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/metadata/filter.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail::filtering {

/// One pass over the text; the first fault sticks and names its byte.
class text_reader {
    static constexpr int deepest = 100;
    std::string_view     text_;
    std::size_t          at_    = 0;
    std::size_t          fault_ = std::string_view::npos;

    static bool plain(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.' || c == '+' || c == '/' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
    }
    void skip() noexcept {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    void fail() noexcept {
        if (fault_ == std::string_view::npos) fault_ = at_;
        at_ = text_.size();
    }
    bool sign(std::string_view s) noexcept {
        skip();
        if (text_.substr(at_, s.size()) != s) return false;
        at_ += s.size();
        return true;
    }
    bool word(std::string_view s) noexcept {
        skip();
        if (text_.substr(at_, s.size()) != s || (at_ + s.size() < text_.size() && plain(text_[at_ + s.size()])))
            return false;
        at_ += s.size();
        return true;
    }
    // A bare word, or a text in quotes, in which a backslash takes the next byte as it is.
    std::string name(bool& quoted) {
        skip();
        std::string out;
        const char  q = at_ < text_.size() ? text_[at_] : '\0';
        quoted        = q == '"' || q == '\'';
        if (quoted) {
            for (++at_; at_ < text_.size() && text_[at_] != q; ++at_) {
                if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
                out += text_[at_];
            }
            if (at_ == text_.size()) fail();
            else ++at_;
            return out;
        }
        while (at_ < text_.size() && plain(text_[at_])) out += text_[at_++];
        if (out.empty()) fail();
        return out;
    }
    scalar_value value() {
        bool              quoted = false;
        const std::string s      = name(quoted);
        if (quoted) return s;
        if (s == "true") return true;
        if (s == "false") return false;
        const char*  last = s.data() + s.size();
        std::int64_t i    = 0;
        if (const auto r = std::from_chars(s.data(), last, i); r.ec == std::errc{} && r.ptr == last) return i;
        double d = 0;
        if (s.find_first_of("0123456789") != std::string::npos)
            if (const auto r = std::from_chars(s.data(), last, d); r.ec == std::errc{} && r.ptr == last) return d;
        return s;
    }
    filter test() {
        bool              quoted = false;
        const std::string key    = name(quoted);
        if (word("exists")) return {key, filter_test::exists};
        if (word("contains")) return {key, filter_test::contains, value()};
        if (word("starts_with")) {
            const auto begin = (skip(), at_);
            auto       head  = value();
            if (!std::holds_alternative<std::string>(head)) head = std::string(text_.substr(begin, at_ - begin));
            return {key, filter_test::starts_with, std::move(head)};
        }
        if (word("in")) {
            std::vector<scalar_value> values;
            if (!sign("[")) fail();
            if (!sign("]")) {
                do values.push_back(value());
                while (sign(","));
                if (!sign("]")) fail();
            }
            return filter::any(key, std::move(values));
        }
        if (sign("==")) return {key, filter_test::equal, value()};
        if (sign("!=")) return {key, filter_test::not_equal, value()};
        if (sign("<=")) return {key, filter_test::at_most, value()};
        if (sign(">=")) return {key, filter_test::at_least, value()};
        if (sign("<")) return {key, filter_test::less, value()};
        if (sign(">")) return {key, filter_test::greater, value()};
        fail();
        return {};
    }
    filter single(int depth) {
        if (depth > deepest) {
            fail();
            return {};
        }
        if (sign("!") || word("not")) return !single(depth + 1);
        if (!sign("(")) return test();
        filter f = either(depth + 1);
        if (!sign(")")) fail();
        return f;
    }
    filter both(int depth) {
        filter f = single(depth);
        while (sign("&&") || word("and")) f = std::move(f) && single(depth);
        return f;
    }
    filter either(int depth) {
        filter f = both(depth);
        while (sign("||") || word("or")) f = std::move(f) || both(depth);
        return f;
    }

public:
    explicit text_reader(std::string_view text) noexcept : text_(text) {}

    result<filter> read() {
        skip();
        if (at_ == text_.size()) return filter{};
        filter f = either(0);
        skip();
        if (fault_ == std::string_view::npos && at_ < text_.size()) fail();
        if (fault_ != std::string_view::npos) return error{fault::bad_format, unit::byte, fault_, "filter"};
        return f;
    }
};

} // namespace detail::filtering

/// A filter from text, for command lines and configuration: `lang == en && year >= 2020 && !(tags contains draft)`.
///
/// Takes    tests `KEY == VALUE` (also `!= < <= > >=`), `KEY contains VALUE`, `KEY starts_with TEXT`, `KEY in [VALUE, …]`,
///          `KEY exists`, joined by `&&`, `||`, `!` (or `and`, `or`, `not`) and parentheses; `&&` binds more than `||`. A
///          value is `true`, `false`, a number, a bare word or a text in quotes. An empty text keeps everything.
/// Fails    `bad_format` with the byte, also beyond 100 nested parentheses.
[[nodiscard]] inline result<filter> parse_filter(std::string_view text) {
    return detail::filtering::text_reader(text).read();
}

} // namespace graft::inline GRAFT_ABI
