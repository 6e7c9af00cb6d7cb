// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#define GRAFT_KERNEL_COPY compiled_once
#include <graft/config.hpp>

// What the target `graft::kernels` compiles, once for all units that link it: the one unit of that target includes this file, and
// nobody else need. The definitions are those of the headers, so a unit that does not link it gets the same bits.

#if !GRAFT_KERNELS_COMPILED

#    include <graft/index/hnsw_link.hpp>
#    include <graft/load/front_matter.hpp>
#    include <graft/markup/blocks.hpp>
#    include <graft/sentences/sentence.hpp>
#    include <graft/simd/block_kernels.hpp>
#    include <graft/simd/elementwise.hpp>
#    include <graft/simd/kernels.hpp>

namespace graft::inline GRAFT_ABI::detail {

[[gnu::weak]] const kernels* compiled_kernels_named(std::string_view name) noexcept {
    return chosen_kernels_named(name);
}
[[gnu::weak]] const kernels& compiled_best_kernels() noexcept { return chosen_kernels<need::all>(); }

[[gnu::weak]] const elementwise_kernels* compiled_elementwise_named(std::string_view name) noexcept {
    return chosen_elementwise_named(name);
}
[[gnu::weak]] const block_kernels* compiled_block_kernels_named(std::string_view name) noexcept {
    return chosen_block_kernels_named(name);
}

[[gnu::weak]] result<void> compiled_link_rows(graph& g, const row_table& t, const hnsw_params& p,
                                              const row_distance& by, context& c) {
    return link_rows(g, t, p, by, c);
}

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
