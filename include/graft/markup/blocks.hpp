// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/markup/block_sink.hpp>
#include <graft/markup/lines.hpp>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/markup/block_parser.hpp>
#endif

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace graft::inline GRAFT_ABI::detail {

/// A block parser's run, as `graft::kernels` has compiled it.
void compiled_read_blocks(std::string_view text, std::size_t begin, std::size_t end, const block_sink& to);

/// Tells `sink`, which has some of the members that `block_sink` names, of the Markdown in [begin, end).
template <class Sink>
void read_blocks(std::string_view text, std::size_t begin, std::size_t end, Sink& sink) {
#if GRAFT_KERNELS_COMPILED
    compiled_read_blocks(text, begin, end, block_sink::of(sink));
#else
    block_parser(text, begin, end, block_sink::of(sink)).run();
#endif
}

/// Calls f(x); true where f gives nothing, else what it gives.
template <class F, class T>
[[nodiscard]] bool tells(F& f, const T& x) {
    if constexpr (std::is_same_v<decltype(f(x)), bool>) return f(x);
    else return f(x), true;
}

/// The end of the list item that begins at `at`: where the next one begins that stands in no other.
[[nodiscard]] inline std::size_t next_item(std::string_view text, std::size_t at, std::size_t end) noexcept {
    struct {
        std::size_t first, next;
        bool        item(std::size_t begin) noexcept {
            if (begin <= first) return true;
            next = begin;
            return false;
        }
    } sink{at, end};
    read_blocks(text, at, end, sink);
    return sink.next;
}

/// Calls f(block) for each block of Markdown in [begin, end), in order, until f gives false, if it gives anything. Blocks
/// tile the span: blank lines belong to the block before them, those at the very beginning to the first.
///
/// Gives    the blocks that stand in no other block: a heading in a quotation or a list is part of that. Lists that follow
///          each other are one.
/// Costs    one pass over the lines, whatever they say; nothing is allocated.
/// Source   as `each_leaf`, which gives the leaves of the same blocks.
template <class F>
void each_markdown_block(std::string_view text, std::size_t begin, std::size_t end, F&& f) {
    struct {
        std::remove_reference_t<F>& f;
        bool                        block(const detail::block& b) { return tells(f, b); }
    } sink{f};
    read_blocks(text, begin, end, sink);
}

} // namespace graft::inline GRAFT_ABI::detail
