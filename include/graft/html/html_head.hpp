// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/docs/title.hpp>
#include <graft/html/html_tree.hpp>
#include <graft/metadata/metadata.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI::detail {

/// What a page says of itself. Of each, what comes first of the sources that are named counts.
struct html_head {
    std::string title, language, date, canonical, author, description;

    /// The fields that are known.
    void tell(metadata& to) const {
        for (const auto& [key, value] : {std::pair<std::string_view, const std::string*>{"title", &title},
                                         {"language", &language},
                                         {"date", &date},
                                         {"canonical", &canonical},
                                         {"author", &author},
                                         {"description", &description}})
            if (!value->empty()) to.set(key, *value);
    }
};

/// Reads the head, and the times and first heading of the body.
///
/// Gives    title: `og:title`, `title`, the first `h1`. Language: `lang` of `html`, `content-language`. Date: `article:published_time`,
///          `datePublished` (of `meta`, linked data, `time`), `date`, the first `time` with a date. Canonical: the link of that
///          kind, `og:url`.
class html_head_reader {
    struct choice {
        std::string text;
        unsigned    rank = ~0U;
        void        offer(unsigned as, std::string_view value) {
            if (as >= rank) return;
            std::string line = one_line(value);
            if (line.empty() || line.size() > 4096) return;
            text = std::move(line), rank = as;
        }
    };
    choice title_, language_, date_, canonical_, author_, description_;

    [[nodiscard]] static std::string words(const GumboNode* n) {
        std::string out;
        each_child(n, [&](const GumboNode* child) {
            if (is_text(child)) out += text_of(child);
            else if (is_element(child)) out += words(child);
        });
        return out;
    }
    void meta(const GumboNode* n) {
        std::string name;
        for (const char* key : {"property", "name", "itemprop", "http-equiv"})
            if (name.empty())
                for (const char c : attribute_of(n, key)) name += ascii_lowered(c);
        const std::string_view said = attribute_of(n, "content");
        if (name == "og:title") title_.offer(0, said);
        if (name == "article:published_time") date_.offer(0, said);
        if (name == "datepublished") date_.offer(1, said);
        if (name == "date" || name == "dc.date" || name == "dc.date.issued" || name == "publish-date" ||
            name == "pubdate")
            date_.offer(3, said);
        if (name == "og:url") canonical_.offer(1, said);
        if (name == "author") author_.offer(0, said);
        if (name == "article:author" && said.find("://") == said.npos) author_.offer(1, said);
        if (name == "description") description_.offer(0, said);
        if (name == "og:description") description_.offer(1, said);
        if (name == "content-language") language_.offer(1, said);
    }
    void look(const GumboNode* n) {
        switch (n->v.element.tag) {
        case GUMBO_TAG_HTML: language_.offer(0, attribute_of(n, "lang")); break;
        case GUMBO_TAG_META: meta(n); break;
        case GUMBO_TAG_LINK:
            if (attribute_of(n, "rel") == "canonical") canonical_.offer(0, attribute_of(n, "href"));
            break;
        case GUMBO_TAG_TITLE: title_.offer(1, words(n)); break;
        case GUMBO_TAG_H1: title_.offer(2, words(n)); break;
        case GUMBO_TAG_TIME: {
            const bool published = attribute_of(n, "itemprop") == "datePublished";
            date_.offer(published ? 1 : 4, attribute_of(n, "datetime"));
            break;
        }
        default: break;
        }
        each_child(n, [&](const GumboNode* child) {
            if (is_element(child)) look(child);
        });
    }

public:
    /// Takes    `datePublished` as linked data has it, where it does.
    [[nodiscard]] html_head run(const GumboNode* root, std::string_view published) {
        date_.offer(2, published);
        look(root);
        return {std::move(title_.text),     std::move(language_.text), std::move(date_.text),
                std::move(canonical_.text), std::move(author_.text),   std::move(description_.text)};
    }
};

} // namespace graft::inline GRAFT_ABI::detail
