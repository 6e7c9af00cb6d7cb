// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_names.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// From byte `at` of a thinned page up to the next cut its bytes are those of the page from `from` on.
struct html_cut {
    std::uint32_t at = 0, from = 0;
};

/// A page of which only what its text needs is left.
struct thin_html {
    std::string           text      = {};
    std::vector<html_cut> cuts      = {};
    std::string           published = {}; ///< `datePublished` of a script of linked data
};

/// Thins a page before a parser of HTML builds its tree, so that what hostile pages can make of that tree is bounded: comments,
/// scripts, styles, drawings, forms' choices and tags that only change how letters look go, and most attributes. No more than
/// `deepest` elements stand within each other and no more than `most` in all: a tag above either is left out, its text stays.
///
/// Costs    one pass, whatever the bytes are.
class html_thinner {
    static constexpr std::size_t deepest = 128;

    std::string_view         page_;
    std::size_t              most_, elements_ = 0, at_ = 0;
    thin_html                out_;
    std::vector<std::string> open_;    // the elements that are not closed
    std::vector<bool>        shown_;   // of `b` and the like: whether the tag was left out
    std::vector<std::string> endless_; // of which no closing tag comes any more

    struct attribute {
        std::string_view name, value;
    };
    std::vector<attribute> attributes_;

    [[nodiscard]] static bool space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

    void keep(std::size_t from, std::size_t to) {
        if (from >= to) return;
        if (!out_.cuts.empty() && from - out_.cuts.back().from == out_.text.size() - out_.cuts.back().at) {
            out_.text.append(page_.substr(from, to - from));
            return;
        }
        out_.cuts.push_back({static_cast<std::uint32_t>(out_.text.size()), static_cast<std::uint32_t>(from)});
        out_.text.append(page_.substr(from, to - from));
    }
    /// White space in place of a tag, as long as that was: so no cut is needed.
    void blank(std::size_t from, std::size_t to) {
        keep(from, to);
        std::fill(out_.text.end() - static_cast<std::ptrdiff_t>(to - from), out_.text.end(), ' ');
    }
    void write(std::string_view made, std::size_t from) {
        out_.cuts.push_back({static_cast<std::uint32_t>(out_.text.size()), static_cast<std::uint32_t>(from)});
        out_.text.append(made);
    }

    /// Reads the tag whose name begins at `at`; gives the byte behind it, `npos` where the page ends within.
    std::size_t read_tag(std::size_t at, std::string& name, bool& closed) {
        name.clear(), attributes_.clear(), closed = false;
        for (; at < page_.size() && !space(page_[at]) && page_[at] != '/' && page_[at] != '>'; ++at)
            if (name.size() < 64) name += ascii_lowered(page_[at]);
        while (at < page_.size()) {
            if (page_[at] == '>') return at + 1;
            if (space(page_[at]) || page_[at] == '/') {
                closed = page_[at] == '/';
                ++at;
                continue;
            }
            closed                  = false;
            const std::size_t begin = at++;
            while (at < page_.size() && !space(page_[at]) && page_[at] != '/' && page_[at] != '>' && page_[at] != '=')
                ++at;
            attribute   a{page_.substr(begin, at - begin), {}};
            std::size_t value = at;
            while (value < page_.size() && space(page_[value])) ++value;
            if (value < page_.size() && page_[value] == '=') {
                at = value + 1;
                while (at < page_.size() && space(page_[at])) ++at;
                if (at >= page_.size()) break;
                if (const char quote = page_[at]; quote == '"' || quote == '\'') {
                    const std::size_t close = page_.find(quote, at + 1);
                    if (close == page_.npos) return page_.npos;
                    a.value = page_.substr(at + 1, close - at - 1);
                    at      = close + 1;
                } else {
                    const std::size_t first = at;
                    while (at < page_.size() && !space(page_[at]) && page_[at] != '>') ++at;
                    a.value = page_.substr(first, at - first);
                }
            }
            if (attributes_.size() < 64) attributes_.push_back(a);
        }
        return page_.npos;
    }

    [[nodiscard]] std::string_view value_of(std::string_view name) const {
        for (const attribute& a : attributes_)
            if (a.name.size() == name.size() && begins_with(a.name, name)) return a.value;
        return {};
    }
    [[nodiscard]] bool has(std::string_view name) const {
        return std::any_of(attributes_.begin(), attributes_.end(), [&](const attribute& a) {
            return a.name.size() == name.size() && begins_with(a.name, name);
        });
    }

    /// Behind the closing tag of `name`, searched from `at`; `begin` becomes where that tag begins; `npos` where there is none.
    std::size_t behind_closing(std::string_view name, std::size_t at, std::size_t& begin) {
        if (std::find(endless_.begin(), endless_.end(), name) != endless_.end()) return page_.npos;
        for (; (at = page_.find("</", at)) != page_.npos; at += 2) {
            if (!begins_with(page_.substr(at + 2), name)) continue;
            const std::size_t behind = at + 2 + name.size();
            if (behind < page_.size() && !space(page_[behind]) && page_[behind] != '>' && page_[behind] != '/')
                continue;
            begin                   = at;
            const std::size_t close = page_.find('>', behind);
            return close == page_.npos ? page_.size() : close + 1;
        }
        endless_.emplace_back(name);
        return page_.npos;
    }

    /// The name under which an element is kept: `code` would be opened again in each block behind one that holds it.
    [[nodiscard]] static std::string_view kept_name(std::string_view name) { return name == "code" ? "samp" : name; }

    void write_start(std::string_view name, std::size_t from) {
        std::string tag = "<" + std::string(kept_name(name));
        for (const attribute& a : attributes_) {
            std::string small;
            for (const char c : a.name.substr(0, 16)) small += ascii_lowered(c);
            const std::size_t longest = small == "content" || small == "href" ? 4096 : 512;
            if (!html_attribute_counts(name, small) || a.value.size() > longest) continue;
            const char quote = a.value.find('"') == a.value.npos ? '"' : '\'';
            if (a.value.find(quote) != a.value.npos) continue;
            tag += ' ';
            tag += small;
            if (a.value.empty()) continue;
            tag += '=';
            tag += quote;
            tag += name == "a" && small == "href" ? std::string_view("#") : a.value;
            tag += quote;
        }
        write(tag + ">", from);
        ++elements_;
    }

    void start(const std::string& name, bool closed, std::size_t from, std::size_t& behind) {
        std::size_t begin = 0;
        if (name == "script" && begins_with(value_of("type"), "application/ld+json"))
            if (const std::size_t past = behind_closing(name, behind, begin);
                past != page_.npos && out_.published.empty())
                out_.published = text_behind(page_.substr(behind, begin - behind), "\"datePublished\"");
        if (const html_use use = html_use_of(name); use == html_use::dropped_whole || use == html_use::letters) {
            const std::size_t past = behind_closing(name, behind, begin);
            const bool        raw  = name == "script" || name == "style" || name == "textarea" || name == "iframe";
            if (past == page_.npos) {
                if (raw) behind = page_.size(); // as a browser reads it
                return;
            }
            if (use == html_use::letters) {
                write("<title>", from), keep(behind, begin), write("</title>", begin);
            }
            behind = past;
            return;
        } else if (use == html_use::left_out) {
            if (html_is_block(name)) blank(from, behind);
            return;
        } else if (use == html_use::looks) {
            const bool seen = !has("style") && !has("hidden") && !has("aria-hidden");
            const bool deep = shown_.size() >= deepest || elements_ >= most_; // then it is read as if it were seen
            shown_.push_back(seen || deep);
            if (!seen && !deep) write_start("span", from);
            return;
        } else if (use == html_use::empty) {
            if (elements_ < most_) write_start(name, from);
            return;
        } else if (use == html_use::closes_itself) {
            if (elements_ >= most_) return blank(from, behind);
            if (name == "a" && !has("href")) return;
            if (name == "td" || name == "th" || name == "tr" || name == "caption" || name == "tbody" || name == "thead")
                static_cast<void>(pop_to("table", false));
            write_start(name, from);
            return;
        }
        if (closed && !html_is_known(name)) return; // `<x/>`, of another language
        if (open_.size() >= deepest || elements_ >= most_) return blank(from, behind);
        write_start(name, from);
        open_.push_back(name);
    }

    /// Closes elements up to the innermost `name`, with it or without; false where there is none in reach.
    bool pop_to(std::string_view name, bool with) {
        const bool table = name == "table";
        for (std::size_t i = open_.size(); i-- > 0;) {
            if (open_[i] == name) return open_.resize(with ? i : i + 1), true;
            if (open_[i] == "object" || open_[i] == "marquee" || open_[i] == "applet") return false;
            if (!table && open_[i] == "table") return false;
        }
        return false;
    }

    void end(const std::string& name, std::size_t from, std::size_t behind) {
        switch (html_use_of(name)) {
        case html_use::looks:
            if (shown_.empty()) return;
            if (!shown_.back()) write("</span>", from);
            shown_.pop_back();
            return;
        case html_use::closes_itself:
            if (elements_ >= most_) return;
            keep(from, behind);
            if (name == "p") ++elements_; // one that was not open is made
            return;
        case html_use::plain: {
            const auto was = open_;
            if (!pop_to(name, true)) return;
            for (std::size_t i = was.size(); i-- > open_.size();) // each, or a parser may leave those within open
                write("</" + std::string(kept_name(was[i])) + ">", from);
            return;
        }
        default: return;
        }
    }

public:
    /// The text that stands as a string behind a key of JSON.
    [[nodiscard]] static std::string text_behind(std::string_view json, std::string_view key) {
        std::size_t at = json.find(key);
        if (at == json.npos) return {};
        at = json.find_first_not_of(" \t\r\n:", at + key.size());
        if (at == json.npos || json[at] != '"') return {};
        const std::size_t close = json.find('"', at + 1);
        return close == json.npos || close - at > 64 ? std::string() : std::string(json.substr(at + 1, close - at - 1));
    }

    html_thinner(std::string_view page, std::size_t most) : page_(page), most_(most) {}

    [[nodiscard]] thin_html run() {
        out_.text.reserve(page_.size() / 2);
        if (page_.starts_with("\xEF\xBB\xBF")) at_ = 3;
        std::string name;
        while (at_ < page_.size()) {
            const std::size_t open = std::min(page_.find('<', at_), page_.size());
            keep(at_, open);
            at_ = open;
            if (open == page_.size()) break;
            const char next   = open + 1 < page_.size() ? page_[open + 1] : ' ';
            bool       closed = false;
            if (page_.substr(open).starts_with("<!--")) {
                const std::size_t close = page_.find("-->", open + 2);
                at_                     = close == page_.npos ? page_.size() : close + 3;
            } else if (next == '!' || next == '?') {
                at_ = std::min(page_.find('>', open), page_.size() - 1) + 1;
                if (begins_with(page_.substr(open), "<!doctype") && at_ - open < 512) keep(open, at_);
            } else if (ascii_letter(next) ||
                       (next == '/' && open + 2 < page_.size() && ascii_letter(page_[open + 2]))) {
                const bool  ends   = next == '/';
                std::size_t behind = read_tag(open + (ends ? 2 : 1), name, closed);
                if (behind == page_.npos) break; // the page ends within a tag
                if (ends) end(name, open, behind);
                else start(name, closed, open, behind);
                at_ = behind;
            } else {
                // A sign; what is left out behind it must not make a tag of it.
                if (next == '<' && open + 2 < page_.size() && page_[open + 2] != '<') write("&lt;", open);
                else keep(open, open + 1);
                at_ = open + 1;
            }
        }
        return std::move(out_);
    }
};

} // namespace graft::inline GRAFT_ABI::detail
