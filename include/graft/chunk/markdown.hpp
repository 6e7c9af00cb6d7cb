// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/packer.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline v0_1 {

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

} // namespace detail

/// Packs the blocks of Markdown into chunks, section by section: every heading begins one, unless nothing but headings stands
/// before it. Code and tables are kept whole where they fit, else divided at lines; lists at items; prose at sentences.
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

    void operator()(pieces& out) const {
        if (overlap >= size) {
            out.fail(error{fault::bad_argument, unit::none, 0, "overlap"});
            return;
        }
        packer<Counter> pack(out, count, overlap);
        if (out.of().kind == media::plain) {
            pack.place_all(out.begin(), out.end(), grain::paragraph);
        } else {
            bool words = false; // since the last chunk began: something besides headings
            each_block(out.text(), out.begin(), out.end(), [&](const block& b) {
                if (b.kind == block_kind::heading && words) pack.reset();
                words = b.kind != block_kind::heading;
                pack.place(b.begin, b.end, detail::grain_of(b.kind));
                return out.ok();
            });
        }
        pack.finish();
    }
};
using markdown = basic_markdown<>;

} // namespace graft::inline v0_1
