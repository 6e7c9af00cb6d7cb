// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_words.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// An element of a page, in the order in which they begin.
struct html_element {
    const GumboNode* node   = nullptr;
    std::uint32_t    parent = 0, end = 0;              ///< places; `end`: behind the last one in it
    std::uint32_t    text = 0, linked = 0, commas = 0; ///< of all in it: characters, those in links, commas
    std::uint32_t    own    = 0;                       ///< characters that stand in no block below it
    std::int16_t     weight = 0;                       ///< of what it is called
    bool             seen = true, around = false, unlikely = false, shares = false;
    bool             blocks = false; ///< it holds a block
    bool             scored = false, kept = false;
    float            score = 0;

    [[nodiscard]] float link_density() const noexcept {
        return text == 0 ? 0.0F : static_cast<float>(linked) / static_cast<float>(text);
    }
};

/// Finds the text of a page among what stands around it.
///
/// The rule, after Readability (Arc90; Mozilla): what is called as navigation, comments, advertisement and the like goes. Each
/// paragraph of 25 characters or more counts a point, one more for each comma and for each hundred characters up to three, for
/// the element that it stands in, half for the next one around, a sixth and less up to the fifth; what elements are called adds
/// or takes 25. The element with the most points, less its share of links, is the text, with those beside it that have a fifth
/// of its points or are paragraphs of prose. Within it, lists, tables and boxes that are mostly links or nearly empty go. Where
/// less than 500 characters are left, the parts of the rule are left out one after the other, and the longest text counts; what says itself that it stands
/// around the text (`nav`, `footer`, a role) comes back only where there is nothing else.
///
/// Costs    a few passes over the elements.
class html_article {
    std::vector<html_element> all_;
    /// What begins before a place, for the number of what stands in an element.
    struct counts {
        std::uint32_t p = 0, li = 0, data = 0;
        std::uint64_t headings = 0, listed = 0;
    };
    std::vector<counts> counts_;
    bool                around_ = true, strip_ = true, weigh_ = true, clean_ = true; // the parts of the rule

    [[nodiscard]] std::string_view tag(std::size_t i) const noexcept { return name_of(all_[i].node); }
    [[nodiscard]] int              weight(std::size_t i) const noexcept { return weigh_ ? all_[i].weight : 0; }

    void read(const GumboNode* n, std::uint32_t parent, bool linked) {
        const auto me = static_cast<std::uint32_t>(all_.size());
        all_.push_back({.node = n, .parent = parent});
        {
            html_element&     it = all_.back();
            const html_called called(n);
            const auto        name = name_of(n);
            it.weight              = static_cast<std::int16_t>(called.weight());
            it.seen                = (me == 0 || all_[parent].seen) && !is_hidden(n);
            it.around              = is_around(n);
            it.shares              = called.shares();
            it.unlikely = called.unlikely() && name != "body" && name != "a" && name != "article" && name != "main";
        }
        linked     = linked || is_tag(n, GUMBO_TAG_A);
        bool space = true;
        each_child(n, [&](const GumboNode* child) {
            if (is_element(child)) {
                const auto at = all_.size();
                read(child, me, linked);
                html_element&       it    = all_[me];
                const html_element& below = all_[at];
                const bool          block = html_is_block(name_of(child));
                if (below.seen) it.text += below.text, it.linked += below.linked, it.commas += below.commas;
                if (below.seen && !block) it.own += below.own;
                it.blocks = it.blocks || block || below.blocks;
            } else if (is_text(child)) {
                html_element&          it   = all_[me];
                std::uint32_t          n_   = 0;
                const std::string_view said = text_of(child);
                for (std::size_t k = 0; k < said.size(); ++k) {
                    const char c     = said[k];
                    const bool white = c == ' ' || (c >= '\t' && c <= '\r');
                    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && !(white && space)) ++n_;
                    space            = white;
                    const bool comma = c == ',' || said.compare(k, 3, "\uFF0C") == 0 || // of Chinese, of Arabic
                                       said.compare(k, 2, "\u060C") == 0;
                    it.commas += comma ? 1u : 0u;
                }
                if (space && n_ == 1) n_ = 0;
                it.text += n_, it.own += n_;
                if (linked) it.linked += n_;
            }
        });
        all_[me].end = static_cast<std::uint32_t>(all_.size());
    }

    [[nodiscard]] bool skipped(std::size_t i) const noexcept {
        return !all_[i].seen || (around_ && all_[i].around) || (strip_ && all_[i].unlikely);
    }

    void begin_score(std::size_t i) {
        if (all_[i].scored) return;
        constexpr std::string_view good[]  = {"pre", "td", "blockquote"};
        constexpr std::string_view bad[]   = {"address", "ol", "ul", "dl", "dd", "dt", "li", "form"};
        constexpr std::string_view worse[] = {"h1", "h2", "h3", "h4", "h5", "h6", "th"};
        const auto                 name    = tag(i);
        all_[i].scored                     = true;
        all_[i].score                      = static_cast<float>(weight(i) + (name == "div"            ? 5
                                                                             : is_one_of(name, good)  ? 3
                                                                             : is_one_of(name, bad)   ? -3
                                                                             : is_one_of(name, worse) ? -5
                                                                                                      : 0));
    }

    /// Gives the points of a paragraph to what it stands in, from `to` upwards.
    void give(std::size_t to, std::uint32_t text, std::uint32_t commas) {
        const float points =
            2 + static_cast<float>(commas) + std::min(3.0F, std::floor(static_cast<float>(text) / 100));
        for (unsigned level = 0; level < 5; ++level, to = all_[to].parent) {
            begin_score(to);
            all_[to].score += points / static_cast<float>(level == 0 ? 1 : level == 1 ? 2 : level * 3);
            if (to == 0) return;
        }
    }

    void score() {
        constexpr std::string_view paragraphs[] = {"p", "pre", "td", "h2", "h3", "h4", "h5", "h6"};
        for (std::size_t i = 0; i < all_.size();) {
            if (skipped(i)) {
                i = all_[i].end;
                continue;
            }
            const html_element& it   = all_[i];
            const auto          name = tag(i);
            const bool leaf = is_one_of(name, paragraphs) || (name == "div" && !it.blocks) || name == "section";
            if (i > 0 && leaf && it.text >= 25 && (name != "section" || !it.blocks))
                give(it.parent, it.text, it.commas);
            else if (it.blocks && it.own >= 25 && !is_one_of(name, paragraphs) && html_is_block(name))
                give(i, it.own, static_cast<std::uint32_t>(std::uint64_t{it.commas} * it.own / std::max(1u, it.text)));
            ++i;
        }
    }

    [[nodiscard]] float points(std::size_t i) const noexcept {
        return all_[i].scored ? all_[i].score * (1 - all_[i].link_density()) : 0;
    }

    [[nodiscard]] std::size_t best() const {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < all_.size(); ++i)
            if (all_[i].scored) order.push_back(i);
        if (order.empty()) return 0;
        const std::size_t few = std::min<std::size_t>(5, order.size());
        std::partial_sort(
            order.begin(), order.begin() + static_cast<std::ptrdiff_t>(few), order.end(),
            [&](std::size_t a, std::size_t b) { return points(a) != points(b) ? points(a) > points(b) : a < b; });
        std::size_t top = order[0];
        // Several as good: what holds them all.
        if (few >= 4)
            for (std::size_t up = all_[top].parent; up > 0; up = all_[up].parent) {
                std::size_t within = 0;
                for (std::size_t k = 1; k < few; ++k)
                    within +=
                        points(order[k]) >= 0.75F * points(top) && order[k] > up && order[k] < all_[up].end ? 1u : 0u;
                if (within >= 3) {
                    top = up;
                    break;
                }
            }
        float       last  = points(top);
        const float least = last / 3;
        for (std::size_t up = all_[top].parent; up > 0; up = all_[up].parent) {
            if (!all_[up].scored) continue;
            if (points(up) < least) break;
            if (points(up) > last) {
                top = up;
                break;
            }
            last = points(up);
        }
        while (top > 0 && all_[top].parent > 0 && all_[all_[top].parent].own == 0 && only_child(top))
            top = all_[top].parent;
        return top;
    }
    [[nodiscard]] bool only_child(std::size_t i) const noexcept {
        const std::size_t up = all_[i].parent;
        return up + 1 == i && all_[i].end == all_[up].end;
    }

    void keep(std::size_t i, bool whole) {
        for (std::size_t k = i; k < all_[i].end;) {
            if (skipped(k) || (k > i && !whole && is_noise(k, i))) {
                k = all_[k].end;
                continue;
            }
            all_[k++].kept = true;
        }
    }

    /// Whether a part of the text is none.
    [[nodiscard]] bool is_noise(std::size_t i, std::size_t top) const {
        const html_element& it   = all_[i];
        const auto          name = tag(i);
        if (it.shares && it.text < 500) return true;
        if ((name == "h1" || name == "h2") && weight(i) < 0) return true;
        constexpr std::string_view boxes[] = {"form", "fieldset", "table",   "ul",    "ol",
                                              "dl",   "div",      "section", "header"};
        if (!clean_ || !is_one_of(name, boxes)) return false;
        for (std::size_t up = i; up > top; up = all_[up].parent)
            if (tag(up) == "pre") return false;
        if (weight(i) < 0) return true;
        if (it.commas >= 10) return false;
        const counts&       begin = counts_[i + 1];
        const counts&       end   = counts_[it.end];
        const auto          p = end.p - begin.p, li = end.li - begin.li;
        const std::uint64_t headings = end.headings - begin.headings;
        const bool          data     = name == "table" && end.data > begin.data;
        const std::uint64_t listed   = end.listed - begin.listed;
        if (data) return it.link_density() > 0.5F;
        const bool list = name == "ul" || name == "ol" || (it.text > 0 && listed * 10 > std::uint64_t{it.text} * 9);
        if (!list && li > p + 100) return true;
        if (!list && headings * 10 < std::uint64_t{it.text} * 9 && it.text < 25 && name != "header") return true;
        if (!list && weight(i) < 25 && it.link_density() > 0.2F) return true;
        return it.link_density() > 0.5F;
    }

    std::size_t attempt() {
        for (html_element& it : all_) it.scored = it.kept = false, it.score = 0;
        score();
        const std::size_t top = best();
        if (top == 0) {
            keep(0, false);
        } else {
            const float            least = std::max(10.0F, points(top) * 0.2F);
            const std::size_t      up    = all_[top].parent;
            const std::string_view same  = attribute_of(all_[top].node, "class");
            for (std::size_t i = up + 1; i < all_[up].end; i = all_[i].end) {
                const html_element& it    = all_[i];
                const bool          alike = !same.empty() && attribute_of(it.node, "class") == same;
                const float         bonus = alike ? points(top) * 0.2F : 0;
                bool                with  = i == top || (it.scored && points(i) + bonus >= least);
                if (tag(i) == "p" || (tag(i) == "div" && !it.blocks))
                    with = with || (it.text > 80 && it.link_density() < 0.25F);
                if (with && !skipped(i)) keep(i, false);
            }
        }
        std::size_t text = 0;
        for (const html_element& it : all_)
            if (it.kept) text += it.own;
        return text;
    }

public:
    /// Borrows  the tree.
    explicit html_article(const GumboNode* body) {
        read(body, 0, false);
        counts_.resize(all_.size() + 1);
        std::size_t list_end = 0;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const auto name = tag(i);
            counts     c    = counts_[i];
            c.p += name == "p" ? 1u : 0u;
            c.li += name == "li" ? 1u : 0u;
            c.data += name == "th" || name == "caption" || name == "pre" ? 1u : 0u;
            if (name.size() == 2 && name[0] == 'h' && name != "hr") c.headings += all_[i].text;
            if ((name == "ul" || name == "ol") && i >= list_end) c.listed += all_[i].text, list_end = all_[i].end;
            counts_[i + 1] = c;
        }
    }

    /// Marks what is kept: the text alone, or all that is seen.
    void mark(bool boilerplate) {
        if (boilerplate) {
            around_ = strip_ = clean_ = false;
            keep(0, true);
            return;
        }
        std::vector<bool> longest;
        std::size_t       most = 0;
        for (unsigned left_out = 0; left_out < (most > 0 ? 4u : 5u); ++left_out) {
            strip_ = left_out < 1, weigh_ = left_out < 2, clean_ = left_out < 3, around_ = left_out < 4;
            const std::size_t text = attempt();
            if (longest.empty() || text > most) {
                most = text;
                longest.clear();
                for (const html_element& it : all_) longest.push_back(it.kept);
            }
            if (text >= 500) break;
        }
        for (std::size_t i = 0; i < all_.size(); ++i) all_[i].kept = longest[i];
    }

    [[nodiscard]] const std::vector<html_element>& elements() const noexcept { return all_; }
};

} // namespace graft::inline GRAFT_ABI::detail
