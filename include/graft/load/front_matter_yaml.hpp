// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/load/front_matter_values.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Reads the lines between two `---` as YAML, as far as front matter uses it. One pass: what does not fit is kept as the text
/// that stands there, and after the first thing that cannot be read no value is looked for beyond its line.
class yaml_fields {
    static constexpr std::size_t npos = std::string_view::npos;

    struct line {
        std::size_t      begin = 0, next = 0; ///< its first byte, and that of the line behind it
        std::size_t      indent = 0;
        std::string_view words; ///< without white space at both ends

        [[nodiscard]] std::size_t at() const noexcept { return begin + indent; }
        [[nodiscard]] std::size_t end() const noexcept { return at() + words.size(); }
    };
    struct key {
        std::string      name;
        std::size_t      after = 0; ///< bytes from the line's words to its value
        std::string_view value;
    };

    std::string_view in_;
    std::size_t      at_    = 0; ///< the line that comes next
    bool             prose_ = false;
    bool             plain_ = true; ///< every key so far reads as the beginning of a sentence, every value as words
    field_list       out_;

public:
    explicit yaml_fields(std::string_view lines) : in_(lines) {
        line first;
        if (!content(first)) return;
        prose_     = first.indent > 0 || is_item(first.words) || !key_of(first.words);
        out_.keyed = true;
        if (!prose_) read_map(0, {}, 0);
    }
    /// Whether a line at the margin is neither key, item, comment nor blank: then all of it is text.
    [[nodiscard]] bool prose() const noexcept { return prose_; }
    /// Whether it could be a dialogue or a note as well.
    [[nodiscard]] bool       plain() const noexcept { return plain_; }
    [[nodiscard]] field_list take() { return std::move(out_); }

private:
    [[nodiscard]] bool peek(line& l) const noexcept {
        if (at_ >= in_.size()) return false;
        std::string_view rest = in_.substr(at_);
        std::string_view all  = take_line(rest);
        l.begin               = at_;
        l.next                = in_.size() - rest.size();
        l.indent              = std::min(all.find_first_not_of(" \t"), all.size());
        l.words               = trimmed(all);
        return true;
    }
    /// The next line that says something; what stands before it is passed.
    [[nodiscard]] bool content(line& l) noexcept {
        while (peek(l)) {
            if (!l.words.empty() && !l.words.starts_with('#')) return true;
            at_ = l.next;
        }
        return false;
    }
    [[nodiscard]] static bool is_item(std::string_view words) noexcept {
        return words == "-" || words.starts_with("- ") || words.starts_with("-\t");
    }
    [[nodiscard]] static bool blank_at(std::string_view s, std::size_t at) noexcept {
        return at >= s.size() || s[at] == ' ' || s[at] == '\t';
    }
    /// The key at the head of a line: quoted, or up to the first colon with a blank or the line's end behind it.
    [[nodiscard]] static std::optional<key> key_of(std::string_view words) {
        constexpr std::size_t longest = 1024; // as YAML has it
        key                   k;
        if (words.empty() || is_item(words) || std::string_view("[]{},#&*!|>%@`").find(words[0]) != npos ||
            (words[0] == '?' && blank_at(words, 1)))
            return std::nullopt;
        std::size_t colon = 0;
        if (words[0] == '"' || words[0] == '\'') {
            const auto end = unquote(words, 0, k.name);
            if (!end) return std::nullopt;
            colon = std::min(words.find_first_not_of(" \t", *end), words.size());
            if (colon >= words.size() || words[colon] != ':' || !blank_at(words, colon + 1)) return std::nullopt;
        } else {
            const std::string_view head = words.substr(0, longest + 1);
            for (;; ++colon) {
                colon = head.find_first_of(":#", colon);
                if (colon == npos || (head[colon] == '#' && blank_at(head, colon - 1))) return std::nullopt;
                if (head[colon] == ':' && blank_at(words, colon + 1)) break;
            }
            k.name = trimmed(words.substr(0, colon));
        }
        if (k.name.empty() || k.name.size() > longest) return std::nullopt;
        k.after = std::min(words.find_first_not_of(" \t", colon + 1), words.size());
        k.value = words.substr(k.after);
        return k;
    }
    [[nodiscard]] static bool sentence_like(std::string_view name) noexcept {
        if (name.empty() || name[0] < 'a' || name[0] > 'z') return true;
        return name.find_first_of(" \t") != npos;
    }
    void               failed(std::size_t at) noexcept { out_.fail(at); }
    [[nodiscard]] bool careful() const noexcept { return out_.unread != npos; }

    void read_map(std::size_t indent, const std::string& prefix, int depth) {
        line l;
        while (!prose_ && content(l) && l.indent >= indent) {
            at_ = l.next;
            if (l.indent > indent) {
                failed(l.begin);
                continue;
            }
            auto k = key_of(l.words);
            if (!k) {
                if (indent == 0 && !is_item(l.words)) prose_ = true;
                failed(l.begin);
                continue;
            }
            plain_ = plain_ && depth == 0 && sentence_like(k->name);
            read_value(prefix + k->name, l, l.at() + k->after, indent, depth);
        }
    }

    /// A value from byte v of its line on.
    void read_value(std::string name, const line& l, std::size_t v, std::size_t indent, int depth) {
        const std::string_view tag  = properties(v, l.end());
        const std::string_view rest = in_.substr(v, l.end() - v);
        if (uncommented(rest).empty()) return below(std::move(name), indent, depth);
        if (rest[0] == '[' || rest[0] == '{') {
            plain_           = false;
            std::size_t  end = v;
            nested_value value;
            if (flow(value, end, careful() ? l.end() : in_.size(), 0) && closes(end))
                return out_.add(std::move(name), std::move(value), in_.substr(v, end - v));
            at_ = l.next;
            failed(l.begin);
            return out_.add(std::move(name), std::string(rest));
        }
        out_.add(std::move(name), tagged(scalar(l, v, indent), tag, rest));
    }
    /// Passes anchors and tags before a value; gives the last tag.
    std::string_view properties(std::size_t& v, std::size_t end) const noexcept {
        std::string_view tag;
        while (v < end && (in_[v] == '!' || in_[v] == '&')) {
            const std::size_t to = std::min(in_.find_first_of(" \t\r\n,]}", v), end);
            if (in_[v] == '!') tag = in_.substr(v, to - v);
            if (to < end && in_[to] != ' ' && in_[to] != '\t') return v = to, tag;
            v = std::min(in_.find_first_not_of(" \t", to), end);
        }
        return tag;
    }
    /// A value as its tag wants it.
    [[nodiscard]] static scalar_value tagged(scalar_value value, std::string_view tag, std::string_view raw) {
        const auto* text = std::get_if<std::string>(&value);
        if ((tag == "!!str" || tag == "!") && text == nullptr) return std::string(uncommented(raw));
        if ((tag == "!!int" || tag == "!!float" || tag == "!!bool") && text != nullptr) return typed(*text);
        return value;
    }

    /// What stands on the lines below a key without a value of its own.
    void below(std::string name, std::size_t indent, int depth) {
        line l;
        plain_ = false;
        if (!content(l) || l.indent < indent || (l.indent == indent && !is_item(l.words)))
            return out_.add(std::move(name), std::string());
        if (depth > field_list::deepest || name.size() > field_list::longest)
            return out_.add(std::move(name), std::string(trimmed(block(indent))));
        if (is_item(l.words)) return read_list(std::move(name), l.indent);
        if (key_of(l.words)) return read_map(l.indent, name + ".", depth + 1);
        at_ = l.next;
        read_value(std::move(name), l, l.at(), indent, depth + 1);
    }
    /// The lines that are indented more than that, whatever they are.
    std::string_view block(std::size_t indent) noexcept {
        const std::size_t begin = at_;
        std::size_t       end   = at_;
        for (line l; peek(l) && (l.words.empty() || l.indent > indent); at_ = l.next)
            if (!l.words.empty()) end = l.end();
        return in_.substr(begin, end - begin);
    }

    void read_list(std::string name, std::size_t indent) {
        line        l;
        value_list  list;
        bool        simple = true;
        std::size_t begin = at_, end = at_;
        while (content(l) && l.indent == indent && is_item(l.words)) {
            at_                         = l.next;
            end                         = l.end();
            std::size_t            v    = std::min(in_.find_first_not_of(" \t", l.at() + 1), l.end());
            const std::string_view tag  = properties(v, l.end());
            const std::string_view rest = in_.substr(v, l.end() - v);
            line                   under;
            const bool             empty = uncommented(rest).empty();
            if (is_item(rest) || key_of(rest) ||
                (empty && content(under) && under.indent > indent && (is_item(under.words) || key_of(under.words)))) {
                simple = false;
                if (const auto more = block(indent); !more.empty())
                    end = static_cast<std::size_t>(more.data() - in_.data()) + more.size();
                continue;
            }
            if (rest.starts_with('[') || rest.starts_with('{')) {
                std::size_t  close = v;
                nested_value value;
                simple = false;
                if (flow(value, close, careful() ? l.end() : in_.size(), 0) && closes(close)) {
                    end = close;
                } else {
                    at_ = l.next;
                    failed(l.begin);
                }
                continue;
            }
            list.push_back(empty ? scalar_value(std::string(trimmed(block(indent))))
                                 : tagged(scalar(l, v, indent), tag, rest));
            end = std::max(end, at_);
        }
        if (simple) out_.add(std::move(name), std::move(list));
        else out_.add(std::move(name), std::string(trimmed(in_.substr(begin, end - begin))));
    }

    /// Whether nothing but a comment stands behind a value that ends there; then the line behind it is next.
    [[nodiscard]] bool closes(std::size_t end) noexcept {
        std::string_view rest = in_.substr(end);
        if (!uncommented(trimmed(take_line(rest))).empty()) return false;
        at_ = in_.size() - rest.size();
        return true;
    }

    /// A single value from byte v of line l on, over all lines that belong to it.
    scalar_value scalar(const line& l, std::size_t v, std::size_t indent) {
        const std::string_view rest = in_.substr(v, l.end() - v);
        if (rest[0] == '"' || rest[0] == '\'') {
            plain_ = false;
            std::string text;
            const auto  reach = in_.substr(0, careful() ? l.end() : in_.size());
            if (const auto end = unquote(reach, v, text); end && closes(*end)) return text;
            at_ = l.next;
            failed(l.begin);
            return std::string(rest);
        }
        if (rest[0] == '|' || rest[0] == '>') {
            const std::string_view header = uncommented(rest.substr(1));
            if (header.size() <= 2 && header.find_first_not_of("+-123456789") == npos) {
                plain_                  = false;
                const std::size_t digit = header.find_first_of("123456789");
                return block_text(rest[0] == '>', indent,
                                  digit == npos ? 0 : indent + static_cast<std::size_t>(header[digit] - '0'));
            }
        }
        // Bare words, and what is indented below them.
        const std::string_view head = uncommented(rest);
        std::string            text;
        std::size_t            breaks = 1;
        for (line next; peek(next) && (next.words.empty() || next.indent > indent); at_ = next.next) {
            if (next.words.empty()) {
                ++breaks;
                continue;
            }
            const std::string_view words = uncommented(next.words);
            if (words.empty()) continue;
            if (text.empty()) text = head;
            if (breaks == 1) text += ' ';
            else text.append(breaks - 1, '\n');
            text += words;
            breaks = 1;
        }
        if (!text.empty()) return text;
        scalar_value one = typed(head);
        plain_           = plain_ && std::holds_alternative<std::string>(one) && head.find(' ') != npos;
        return one;
    }

    /// The text of `|` or `>`: without the indentation that its lines share (0: that of the first), and the line ends behind it.
    std::string block_text(bool folded, std::size_t indent, std::size_t margin) {
        std::string text;
        std::size_t breaks      = 0;
        bool        deep_before = false;
        for (line l; peek(l) && (l.words.empty() || l.indent > indent); at_ = l.next) {
            if (l.words.empty()) {
                ++breaks;
                continue;
            }
            if (text.empty()) breaks = 0;
            if (margin == 0) margin = l.indent;
            std::size_t from = l.begin + std::min(margin, l.indent), to = l.next;
            while (to > from && (in_[to - 1] == '\n' || in_[to - 1] == '\r')) --to;
            const bool deep = l.indent > margin;
            if (!text.empty()) {
                if (!folded || deep || deep_before) text.append(breaks + 1, '\n');
                else if (breaks == 0) text += ' ';
                else text.append(breaks, '\n');
            }
            text.append(in_.substr(from, to - from));
            deep_before = deep;
            breaks      = 0;
        }
        return text;
    }

    // In brackets.
    void pass(std::size_t& at, std::size_t end) const noexcept { // white space and comments
        for (; at < end; ++at) {
            if (in_[at] == '#' && (at == 0 || std::string_view(" \t\r\n").find(in_[at - 1]) != npos)) {
                at = std::min(in_.find('\n', at), end);
                if (at == end) return;
            } else if (std::string_view(" \t\r\n").find(in_[at]) == npos) {
                return;
            }
        }
    }
    [[nodiscard]] bool flow(nested_value& into, std::size_t& at, std::size_t end, int depth) const {
        const bool map   = in_[at] == '{';
        const char close = map ? '}' : ']';
        if (depth > field_list::deepest) return false;
        into.kind = map ? nested_value::map : nested_value::list;
        for (++at;;) {
            pass(at, end);
            if (at >= end) return false;
            if (in_[at] == close) return ++at, true;
            if (map) {
                std::string name;
                if (!flow_word(name, at, end, true)) return false;
                into.keys.push_back(std::move(name));
                pass(at, end);
                if (at < end && in_[at] == ':') {
                    ++at;
                    pass(at, end);
                }
            }
            nested_value& item = into.items.emplace_back();
            if (at < end && (in_[at] == '[' || in_[at] == '{')) {
                if (!flow(item, at, end, depth + 1)) return false;
            } else if (at < end && in_[at] != ',' && in_[at] != close) {
                std::string            text;
                const std::string_view tag    = properties(at, end);
                const bool             quoted = at < end && (in_[at] == '"' || in_[at] == '\'');
                const std::size_t      begin  = at;
                if (at >= end || !flow_word(text, at, end, false)) return false;
                item.value =
                    tagged(quoted ? scalar_value(std::move(text)) : typed(text), tag, in_.substr(begin, at - begin));
            } else {
                item.value = std::string();
                if (!map) return false; // [a,,b]
            }
            pass(at, end);
            if (at < end && in_[at] == ',') ++at;
            else if (at >= end || in_[at] != close) return false;
        }
    }
    /// A quoted text or bare words, which end at a comma or bracket, and as a key at its colon.
    [[nodiscard]] bool flow_word(std::string& text, std::size_t& at, std::size_t end, bool as_key) const {
        if (in_[at] == '"' || in_[at] == '\'') {
            const auto behind = unquote(in_.substr(0, end), at, text);
            if (behind) at = *behind;
            return behind.has_value();
        }
        std::size_t solid = at; // behind the last byte that was taken
        for (; at < end; ++at) {
            const char c = in_[at];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
            if (c == ',' || c == ']' || c == '}' || (c == '#' && solid < at)) break;
            if (c == '[' || c == '{') return false;
            if (as_key && c == ':' && (at + 1 >= end || std::string_view(" \t\r\n,]}").find(in_[at + 1]) != npos))
                break;
            const std::string_view space = in_.substr(solid, at - solid);
            if (space.find('\n') != npos) text += ' ';
            else text += space;
            text += c;
            solid = at + 1;
        }
        return !text.empty();
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
