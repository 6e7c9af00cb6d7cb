// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/index/hnsw_params.hpp>

#include <array>
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

namespace graft::inline GRAFT_ABI::detail {

/// What hnswlib asks of a metric.
class build_space final : public hnswlib::SpaceInterface<build_distance> {
    row_distance how_;

public:
    explicit build_space(const row_distance& how) : how_(how) {}
    std::size_t                       get_data_size() override { return sizeof(const float*); }
    hnswlib::DISTFUNC<build_distance> get_dist_func() override { return how_.of; }
    void*                             get_dist_func_param() override { return &how_; }
};

/// Links the rows of a table through hnswlib, one after the other, and copies the links into `g`, which has its shape and levels.
///
/// Fails    `too_large` where memory is short; stopped, timed_out, asked before each row. Progress is told in rows.
[[nodiscard]] inline result<void> link_rows(graph& g, const row_table& t, const hnsw_params& p, const row_distance& by,
                                            context& c) {
    using builder = hnswlib::HierarchicalNSW<build_distance>;
    try {
        build_space space(by);
        builder     made(&space, t.size(), p.links, p.build_beam);
        made.mult_ = 0; // its own dice always show level 0, so that ours count
        for (std::size_t i = 0; i < t.size(); ++i) {
            if (auto ok = c.alive(); !ok) return ok;
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
    return done;
}

} // namespace graft::inline GRAFT_ABI::detail
