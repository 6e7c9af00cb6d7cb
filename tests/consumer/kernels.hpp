// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What both units of the host compute, one with graft::kernels and one without: they must agree to the bit.

#include <graft/index/hnsw.hpp>
#include <graft/simd/dot.hpp>

#include <vector>

namespace {

std::vector<graft::hit> nearest() {
    constexpr std::size_t           rows = 60, dims = 10;
    graft::matrix<float>            all(rows, dims);
    std::vector<graft::chunk_id>    ids;
    std::vector<graft::vector_view> each;
    for (std::size_t i = 0; i < rows * dims; ++i) all.data()[i] = static_cast<float>(i * i % 101) - 50;
    for (std::size_t i = 0; i < rows; ++i) ids.push_back(graft::chunk_id{i + 1}), each.push_back(all.row(i));

    graft::hnsw<graft::squared_distance> index(dims, {.exact_below = 0}); // a graph, however small
    auto                                 draft = index.begin();
    draft.add(ids, each).value();
    draft.prepare().value();
    index.commit(std::move(draft));
    graft::context          w;
    const auto              found = index.search(all.row(7), 5, w).value();
    std::vector<graft::hit> out(found.begin(), found.end());
    out.push_back({graft::chunk_id{ids.size()}, graft::dot(all.row(1), all.row(2))});
    return out;
}

} // namespace
