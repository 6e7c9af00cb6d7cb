// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/chunk/pieces.hpp>
#include <graft/docs/document.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/schema/leaf.hpp>
#include <graft/unicode/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The chunks of one document before they have a place on a chunk store: what `split_documents` collects, document by document.
struct sheet {
    std::vector<chunk_span>  items    = {};
    std::vector<chunk_id>    ids      = {}; ///< of the items; `chunk_id{}`: a new one is to be given
    std::vector<heading>     outline  = {};
    std::vector<leaf>        leaves   = {};
    text_form                form     = text_form::plain;
    std::vector<std::string> prefixes = {}; ///< distinct neighbours
    std::vector<std::size_t> prefix   = {}; ///< of the items, into `prefixes`
};

namespace detail {

/// All of a leaf but where it lies, in 23 bits.
[[nodiscard]] constexpr std::uint32_t pack_traits(const leaf& x) noexcept {
    return static_cast<std::uint32_t>(x.kind) | std::uint32_t{x.level} << 4 | std::uint32_t{x.item_start} << 7 |
           std::uint32_t{x.in_html} << 8 | std::uint32_t{x.quotes} << 9 | std::uint32_t{x.list_depth} << 16;
}
[[nodiscard]] constexpr leaf unpack_traits(std::uint32_t x) noexcept {
    leaf out;
    out.kind       = static_cast<leaf_kind>(x & 15);
    out.level      = static_cast<std::uint8_t>(x >> 4 & 7);
    out.item_start = (x >> 7 & 1) != 0;
    out.in_html    = (x >> 8 & 1) != 0;
    out.quotes     = static_cast<std::uint8_t>(x >> 9 & 127);
    out.list_depth = static_cast<std::uint8_t>(x >> 16 & 127);
    return out;
}
/// Whether `x` may be the leaf behind `last`.
[[nodiscard]] constexpr bool fits(const leaf& last, const leaf& x) noexcept {
    const bool heading = x.kind == leaf_kind::heading, row = x.kind == leaf_kind::table_row;
    const bool html = x.kind == leaf_kind::html || x.kind == leaf_kind::raw || x.kind == leaf_kind::comment;
    return x.kind <= leaf_kind::rule && (heading ? x.level >= 1 && x.level <= 6 : x.level == 0 && x.begin < x.end) &&
           x.begin >= last.end && (x.in_html ? html || heading : !html) &&
           x.quotes + x.list_depth <= static_cast<int>(deepest_container) && (!x.item_start || x.list_depth > 0) &&
           (!row || last.kind == leaf_kind::table_head || last.kind == leaf_kind::table_row);
}

/// Leaves as they are stored, in twelve bytes each: what lies between one and that before it, its length, and all the rest.
struct leaf_columns {
    std::vector<std::uint32_t> gaps = {}, sizes = {}, traits = {};

    /// Those of one document.
    void add(std::span<const leaf> leaves) {
        std::uint64_t at = 0;
        for (const leaf& x : leaves) {
            gaps.push_back(static_cast<std::uint32_t>(x.begin - at));
            sizes.push_back(static_cast<std::uint32_t>(x.end - x.begin));
            traits.push_back(pack_traits(x));
            at = x.end;
        }
    }
    void save(byte_writer& w) const {
        w.array(gaps);
        w.array(sizes);
        w.array(traits);
    }
    [[nodiscard]] static leaf_columns load(byte_reader& r) {
        leaf_columns out;
        out.gaps   = r.array<std::uint32_t>();
        out.sizes  = r.array<std::uint32_t>();
        out.traits = r.array<std::uint32_t>();
        return out;
    }
    /// Appends those in [first, first + n), which are `of`'s; false where they cannot be.
    [[nodiscard]] bool take(std::size_t first, std::size_t n, const document& of, std::vector<leaf>& to) const {
        leaf last{.kind = leaf_kind::rule};
        for (std::size_t i = first; i < first + n; ++i) {
            leaf x  = unpack_traits(traits[i]);
            x.begin = last.end + gaps[i];
            x.end   = x.begin + sizes[i];
            if (x.begin < of.body || x.end > of.text.size() || !fits(last, x) || traits[i] != pack_traits(x) ||
                !unicode::is_boundary(of.text, static_cast<std::size_t>(x.begin)) ||
                !unicode::is_boundary(of.text, static_cast<std::size_t>(x.end)))
                return false;
            to.push_back(last = x);
        }
        return true;
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
