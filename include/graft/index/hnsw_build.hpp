// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/digest.hpp>
#include <graft/index/graph.hpp>

#include <array>
#include <cstring>
#include <optional>
#include <stdexcept>

// hnswlib builds graphs here and does nothing else. Its intrinsics stay out: they read past the end of link lists, and in
// 0.6.2 they bring functions that are not inline. Distances come from graft's kernels anyway.
#if defined(NO_MANUAL_VECTORIZATION)
#    include <hnswlib/hnswlib.h>
#else
#    define NO_MANUAL_VECTORIZATION
#    include <hnswlib/hnswlib.h>
#    undef NO_MANUAL_VECTORIZATION
#endif

namespace graft::inline GRAFT_ABI {

/// How a graph is built and searched.
struct hnsw_params {
    std::size_t   links       = 16;     ///< M: links a row and level, twice that on level 0; 2 to 512
    std::size_t   build_beam  = 200;    ///< efConstruction: candidates kept while a row is linked
    std::size_t   search_beam = 64;     ///< ef: candidates kept while a query walks
    std::size_t   exact_below = 10'000; ///< segments with fewer rows keep no graph and are scanned
    std::uint64_t seed        = 100;    ///< of the levels

    bool operator==(const hnsw_params&) const = default;
};

namespace detail {

/// A distance as hnswlib handles it. A type of our own, so that no host's instantiation of hnswlib is linked to ours.
struct build_distance {
    float value = 0;

    friend bool           operator<(build_distance a, build_distance b) noexcept { return a.value < b.value; }
    friend bool           operator>(build_distance a, build_distance b) noexcept { return a.value > b.value; }
    friend build_distance operator-(build_distance a) noexcept { return {-a.value}; }
};

/// Distances between rows of a table, by graft's kernels. hnswlib is given addresses of rows, not copies: its records stay
/// small, and rows stay on their cache lines.
template <metric Metric>
class build_space final : public hnswlib::SpaceInterface<build_distance> {
    struct setup {
        const kernels* by;
        std::size_t    stride;
    } how_;

    static build_distance distance(const void* a, const void* b, const void* how) {
        const auto&  set = *static_cast<const setup*>(how);
        const float *from, *to;
        std::memcpy(&from, a, sizeof from); // its records are not aligned
        std::memcpy(&to, b, sizeof to);
        fetch(to, set.stride);
        float score = 0;
        Metric::scores(*set.by, from, to, 1, set.stride, &score);
        return {-score};
    }

public:
    build_space(const kernels& by, std::size_t stride) : how_{&by, stride} {}
    std::size_t                       get_data_size() override { return sizeof(const float*); }
    hnswlib::DISTFUNC<build_distance> get_dist_func() override { return distance; }
    void*                             get_dist_func_param() override { return &how_; }
};

/// P(level >= l) = M^-l, from seed and id alone: neither order nor restart changes it.
[[nodiscard]] inline std::uint8_t level_of(std::uint64_t seed, chunk_id id, std::size_t m) noexcept {
    const std::uint64_t draw  = mix64(mix64(0x6c657665u, seed), id);
    std::uint8_t        level = 0;
    for (std::uint64_t limit = ~std::uint64_t{0} / m; draw < limit && level < 63; limit /= m) ++level;
    return level;
}

/// Builds the graph of a table through hnswlib, one row after the other, and copies its links out.
///
/// Gives    nothing where some row cannot be made reachable: the table is to be scanned then.
/// Fails    stopped, timed_out, asked before each row.
template <metric Metric>
[[nodiscard]] result<std::optional<graph>> build_graph(const row_table& t, const hnsw_params& p, const kernels& by,
                                                       context& c) {
    using builder = hnswlib::HierarchicalNSW<build_distance>;
    std::vector<std::uint8_t> levels(t.size());
    for (std::size_t i = 0; i < t.size(); ++i) levels[i] = level_of(p.seed, t.ids[i], p.links);
    graph g;
    g.shape(p.links, std::move(levels));
    try {
        build_space<Metric> space(by, t.rows.dims());
        builder             made(&space, t.size(), p.links, p.build_beam);
        made.mult_ = 0; // its own dice always show level 0, so that ours count
        for (std::size_t i = 0; i < t.size(); ++i) {
            if (auto ok = c.alive(); !ok) return ok.error();
            made.addPoint(std::array{t.rows.row(i).data()}.data(), i, static_cast<int>(g.levels[i]));
            if ((i + 1) % 256 == 0 || i + 1 == t.size()) c.progress(i + 1, t.size());
        }
        for (std::uint32_t row = 0; row < t.size(); ++row)
            for (std::size_t level = 0; level <= g.levels[row]; ++level) {
                auto*      list = made.get_linklist_at_level(row, static_cast<int>(level));
                const auto to   = level == 0
                                      ? g.base.row(row)
                                      : std::span(g.upper).subspan(g.upper_at[row] + (level - 1) * g.links, g.links);
                std::copy_n(list + 1, made.getListCount(list), to.begin());
            }
        g.entry = made.enterpoint_node_;
    } catch (const std::runtime_error&) { // it says so where memory is short
        return error{fault::too_large, unit::row, t.size(), "hnsw"};
    }
    const auto whole = connect<Metric>(g, t.rows, by, c);
    if (!whole) return whole.error();
    return *whole ? std::optional<graph>(std::move(g)) : std::nullopt;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
