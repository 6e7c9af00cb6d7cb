// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

// A unit of `graft::kernels`: what reads Markdown, sentences and front matter.

#if !GRAFT_KERNELS_COMPILED

#    include <graft/load/front_matter.hpp>
#    include <graft/markup/blocks.hpp>
#    include <graft/sentences/sentence.hpp>

namespace graft::inline GRAFT_ABI::detail {

[[gnu::weak]] void compiled_read_blocks(std::string_view text, std::size_t begin, std::size_t end,
                                        const block_sink& to) {
    block_parser(text, begin, end, to).run();
}
[[gnu::weak]] std::size_t compiled_sentence_end(std::string_view text, std::size_t at, std::size_t end) noexcept {
    return find_sentence_end(text, at, end);
}
[[gnu::weak]] front_matter compiled_front_matter(std::string_view text) { return find_front_matter(text); }

} // namespace graft::inline GRAFT_ABI::detail

#endif
