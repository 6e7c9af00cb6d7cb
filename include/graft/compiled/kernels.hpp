// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#define GRAFT_KERNEL_COPY compiled_once
#include <graft/config.hpp>

// A unit of `graft::kernels`: the kernels, and what builds a graph with hnswlib. The definitions are those of the headers, so a unit that
// does not link it gets the same bits.

#if !GRAFT_KERNELS_COMPILED

#    include <graft/index/hnsw_link.hpp>
#    include <graft/simd/block_kernels.hpp>
#    include <graft/simd/elementwise.hpp>
#    include <graft/simd/kernels.hpp>

namespace graft::inline GRAFT_ABI::detail {

[[gnu::weak]] const kernels* compiled_kernels_named(std::string_view name) noexcept {
    return chosen_kernels_named(name);
}

template <unsigned needs>
const kernels& compiled_best_kernels() noexcept {
    return chosen_kernels<needs>();
}
template const kernels& compiled_best_kernels<need::rows>() noexcept;
template const kernels& compiled_best_kernels<need::chains>() noexcept;
template const kernels& compiled_best_kernels<need::coded_chains>() noexcept;
template const kernels& compiled_best_kernels<need::rows | need::f32_tile>() noexcept;
template const kernels& compiled_best_kernels<need::rows | need::bf16_tile>() noexcept;
template const kernels& compiled_best_kernels<need::rows | need::f16_tile>() noexcept;
template const kernels& compiled_best_kernels<need::rows | need::i8_tile>() noexcept;
template const kernels& compiled_best_kernels<need::rows | need::bits_tile>() noexcept;
template const kernels& compiled_best_kernels<need::all>() noexcept;

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

} // namespace graft::inline GRAFT_ABI::detail

#endif

#undef GRAFT_KERNEL_COPY
