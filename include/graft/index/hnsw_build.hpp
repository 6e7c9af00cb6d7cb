// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/digest.hpp>
#include <graft/config.hpp>
#include <graft/index/hnsw_params.hpp>

#include <optional>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/index/hnsw_link.hpp>
#endif

namespace graft::inline GRAFT_ABI::detail {

/// `link_rows`, as `graft::kernels` has compiled it.
[[nodiscard]] result<void> compiled_link_rows(graph& g, const row_table& t, const hnsw_params& p,
                                              const row_distance& by, context& c);

/// P(level >= l) = M^-l, from seed and id alone: neither order nor restart changes it.
[[nodiscard]] inline std::uint8_t level_of(std::uint64_t seed, chunk_id id, std::size_t m) noexcept {
    const std::uint64_t draw  = mix64(mix64(0x6c657665u, seed), to_underlying(id));
    std::uint8_t        level = 0;
    for (std::uint64_t limit = ~std::uint64_t{0} / m; draw < limit && level < 63; limit /= m) ++level;
    return level;
}

/// Builds the graph of a table through hnswlib.
///
/// Gives    nothing where some row cannot be made reachable: the table is to be scanned then.
/// Fails    as `link_rows`; stopped, timed_out.
template <metric Metric, bool compiled = GRAFT_KERNELS_COMPILED>
[[nodiscard]] result<std::optional<graph>> build_graph(const row_table& t, const hnsw_params& p, const kernels& by,
                                                       context& c) {
    std::vector<std::uint8_t> levels(t.size());
    for (std::size_t i = 0; i < t.size(); ++i) levels[i] = level_of(p.seed, t.ids[i], p.links);
    graph g;
    g.shape(p.links, std::move(levels));
    const row_distance how{distance_by<Metric>, &by, t.rows.dims()};
#if GRAFT_KERNELS_COMPILED
    auto linked = compiled_link_rows(g, t, p, how, c);
#else
    auto linked = link_rows(g, t, p, how, c);
#endif
    if (!linked) return linked.error();
    const auto whole = connect<Metric>(g, t.rows, by, c);
    if (!whole) return whole.error();
    return *whole ? std::optional<graph>(std::move(g)) : std::nullopt;
}

} // namespace graft::inline GRAFT_ABI::detail
