// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/packer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

namespace detail {

[[nodiscard]] constexpr grain grain_of(block_kind kind) noexcept {
    switch (kind) {
    case block_kind::code:
    case block_kind::table: return grain::code;
    case block_kind::list: return grain::list;
    case block_kind::heading: return grain::sentence;
    case block_kind::paragraph: return grain::prose;
    }
    return grain::prose;
}

/// Whether a paragraph leads to what stands below it, like a heading: one short line that ends in a question mark or a colon,
/// or is bold from end to end.
[[nodiscard]] inline bool leads(std::string_view text, std::size_t begin, std::size_t end) noexcept {
    constexpr std::size_t longest = 256;
    if (end - begin > 2 * longest) return false; // most paragraphs
    const line_of l = read_line(text, skip_blank(text, begin, end), end);
    if (l.blank || l.last - l.first > longest || skip_blank(text, l.end, end) < end) return false;
    std::string_view line = text.substr(l.first, l.last - l.first);
    if (line[0] == '>' || line[0] == '<') return false;
    for (const std::string_view bold : {"**", "__"})
        if (line.size() > 4 && line.starts_with(bold) && line.find(bold, 2) == line.size() - 2) return true;
    while (!line.empty() && (line.back() == '*' || line.back() == '_')) line.remove_suffix(1);
    for (const std::string_view mark : {"?", ":", "？", "："})
        if (line.ends_with(mark)) return true;
    return false;
}

} // namespace detail

/// Packs the blocks of Markdown into chunks, section by section: every heading begins one, unless nothing but headings stands
/// before it. Code and tables are kept whole where they fit, else divided at lines; lists at items; prose at sentences. A
/// question, a bold line or a line that ends in a colon stays with the block below it, where a chunk can hold both.
/// A document that is not Markdown is cut as `recursive` cuts it.
///
/// Gives    chunks in document order; with `overlap = 0` they tile the body. Nothing is repeated across a heading.
/// Costs    one pass, and one more over what is divided for each step.
/// Fails    as `window`.
template <token_counter Counter = count_words>
struct basic_markdown {
    std::size_t size    = 256; ///< tokens a chunk may have, prefix and special tokens included
    std::size_t overlap = 0;   ///< tokens, at most, that a chunk repeats of the one before; less than `size`
    Counter     count   = {};  ///< what a token is

    /// Changes when the cuts would; 0 where the counter has none.
    [[nodiscard]] std::uint64_t fingerprint() const { return detail::packing_fingerprint(5, size, overlap, count); }

    void operator()(chunk_writer& out) const {
        if (overlap >= size) {
            out.fail(error{fault::bad_argument, unit::none, 0, "overlap"});
            return;
        }
        detail::packer<Counter> pack(out, count, overlap);
        if (out.of().kind == text_format::plain) {
            pack.place_all(out.begin(), out.end(), detail::grain::paragraph);
        } else {
            bool        words = false;       // since the last chunk began: something besides headings
            std::size_t lead  = out.begin(); // the lead-in that waits is [lead, at)
            std::size_t at    = out.begin();
            detail::each_markdown_block(out.text(), out.begin(), out.end(), [&](const detail::block& b) {
                const bool heading = b.kind == detail::block_kind::heading;
                if (heading) {
                    pack.place(lead, at, detail::grain::prose);
                    lead = at = b.begin;
                }
                if (heading && words) pack.reset();
                words = !heading;
                if (b.kind == detail::block_kind::paragraph && detail::leads(out.text(), b.begin, b.end)) {
                    at = b.end;
                    return out.ok();
                }
                if (lead < b.begin) pack.place_led(lead, b.begin, b.end, detail::grain_of(b.kind));
                else pack.place(b.begin, b.end, detail::grain_of(b.kind));
                lead = at = b.end;
                return out.ok();
            });
            pack.place(lead, at, detail::grain::prose);
        }
        pack.finish();
    }
};
/// `basic_markdown` that counts words.
using markdown = basic_markdown<>;

} // namespace graft::inline GRAFT_ABI
