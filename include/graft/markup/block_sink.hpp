// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/leaf.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI::detail {

/// What a stretch of Markdown is.
enum class block_kind : std::uint8_t {
    paragraph, ///< prose, a quotation, a rule, HTML
    heading,   ///< `# …`, or a line underlined with = or -
    code,      ///< fenced or indented
    table,     ///< rows with a delimiter row
    list,      ///< items, each with all that is indented under it
};

/// A block of Markdown and the blank lines behind it.
struct block {
    block_kind  kind       = block_kind::paragraph;
    unsigned    level      = 0; ///< of a heading, 1 to 6
    std::size_t begin      = 0;
    std::size_t end        = 0;
    std::size_t text_begin = 0; ///< of a heading: its words, without marks
    std::size_t text_end   = 0;
};

/// Lists and quotations that may stand in each other; a mark deeper inside is text.
inline constexpr std::size_t deepest_container = 64;

/// Whom a parser tells, through pointers: so that a program has one parser, whatever its sinks are.
///
/// A sink has some of these members, which give false to stop. What it has not costs nothing:
///     leaf(leaf)      in order;
///     block(block)    those that stand in no other; they tile the span;
///     item(begin)     the line on which an item of a list begins that stands in no other block.
struct block_sink {
    void* self                                 = nullptr;
    bool (*leaf)(void*, const graft::leaf&)    = nullptr;
    bool (*block)(void*, const detail::block&) = nullptr;
    bool (*item)(void*, std::size_t)           = nullptr;

    template <class Sink>
    [[nodiscard]] static block_sink of(Sink& s) noexcept {
        block_sink out;
        out.self = &s;
        if constexpr (requires(const graft::leaf& x) { s.leaf(x); })
            out.leaf = [](void* to, const graft::leaf& x) { return static_cast<Sink*>(to)->leaf(x); };
        if constexpr (requires(const detail::block& x) { s.block(x); })
            out.block = [](void* to, const detail::block& x) { return static_cast<Sink*>(to)->block(x); };
        if constexpr (requires(std::size_t x) { s.item(x); })
            out.item = [](void* to, std::size_t begin) { return static_cast<Sink*>(to)->item(begin); };
        return out;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
