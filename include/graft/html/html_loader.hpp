// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/docs/document.hpp>
#include <graft/html/html_head.hpp>
#include <graft/html/html_text.hpp>
#include <graft/load/formats.hpp>
#include <graft/load/loader.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

// A part of graft::html: what includes this links gumbo.

namespace graft::inline GRAFT_ABI {

/// Reads pages of HTML as Markdown: in the order of the page, with its headings, lists, tables, quotations and code as those of
/// Markdown, so that chunkers cut a page as they cut Markdown; of links the words, no pictures. What nobody sees goes: scripts,
/// styles, comments, what is `hidden` or not displayed; and, unless `boilerplate` is wanted, what stands around the text: see
/// `detail::html_article` for the rule.
///
/// A page is one by its first bytes (a doctype or `<html`), or else by its name (.html, .htm, .xhtml).
///
/// Gives    `document::origin` back to the bytes of the file; fields `title`, `language`, `date`, `canonical`, `author`,
///          `description`, each as the page says it.
/// Costs    linear in the page, whatever stands in it; some ten times its memory, up to thirty for one of nothing but tags. A page
///          that holds more elements than one for each 128 bytes and 65,536 besides, or more than 128 within each other, loses
///          tags, no text.
/// Fails    `not_text` with the byte of a NUL, `other_encoding` for a charset other than UTF-8, UTF-16, UTF-32 or Latin
///          (windows-1252), `too_large` above 1 GiB; stopped, timed_out.
struct html_loader {
    bool boilerplate = false; ///< navigation, comments, advertisement stay as well

    [[nodiscard]] bool takes(std::string_view name, std::string_view bytes) const {
        return file_format_of(name, bytes, detail::media_of(name) == text_format::markdown) == file_format::html;
    }

    [[nodiscard]] result<document> read(std::string_view name, std::string bytes, loading& how) const {
        if (bytes.size() > std::size_t{1} << 30)
            return error{fault::too_large, unit::byte, bytes.size(), std::string(name)};
        const std::uint64_t size = bytes.size();
        auto                page = detail::decode_html(std::move(bytes), name);
        if (!page) return page.error();
        if (auto ok = how.c.alive(); !ok) return ok.error();
        const detail::thin_html thin = detail::html_thinner(page->text, page->text.size() / 128 + (1u << 16)).run();
        const detail::html_tree tree(thin.text);
        if (auto ok = how.c.alive(); !ok) return ok.error();

        document d;
        d.name    = std::string(name);
        d.size    = size;
        d.kind    = text_format::markdown;
        d.damaged = page->damaged;
        detail::html_head_reader().run(tree.root(), thin.published).tell(d.fields);
        const GumboNode* body = tree.root();
        detail::each_child(tree.root(), [&](const GumboNode* n) {
            if (detail::is_tag(n, GUMBO_TAG_BODY)) body = n;
        });
        detail::html_article article(body);
        article.mark(boilerplate);
        const detail::html_places places(thin, page->origins, page->text.size());
        detail::html_page         out(places);
        detail::html_text(article.elements(), out).run();
        if (!out.text.empty()) out.made("\n");
        d.text    = std::move(out.text);
        d.origins = std::move(out.origins);
        if (d.text.empty()) d.origins.clear();
        detail::give_title(d);
        return d;
    }

    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return boilerplate ? 0x68746D6C31U : 0x68746D6C32U; }
};
static_assert(loader<html_loader>);

} // namespace graft::inline GRAFT_ABI
