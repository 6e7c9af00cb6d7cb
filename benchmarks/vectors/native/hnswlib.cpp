// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "libraries.hpp"

#include <hnswlib/hnswlib.h>

namespace bench {

namespace {

class brute_force final : public exact {
    hnswlib::InnerProductSpace       space_;
    hnswlib::BruteforceSearch<float> index_;
    std::size_t                      dims_;

public:
    explicit brute_force(rows_view rows) : space_(rows.dims), index_(&space_, rows.rows), dims_(rows.dims) {
        for (std::size_t i = 0; i < rows.rows; ++i) index_.addPoint(rows.data + i * rows.dims, i);
    }
    void search(const float* queries, std::size_t n, std::size_t, std::uint32_t* ids) override {
        for (std::size_t i = 0; i < n; ++i) {
            auto best = index_.searchKnn(queries + i * dims_, 10);
            for (std::size_t j = best.size(); j-- > 0; best.pop())
                ids[i * 10 + j] = static_cast<std::uint32_t>(best.top().second);
        }
    }
};

} // namespace

void add_hnswlib(peers& all) {
    all.dots.push_back({BENCH_HNSWLIB " ip", format::f32,
                        [](const void* q, const void* rows, std::size_t n, std::size_t dims, void* out) -> work {
                            hnswlib::InnerProductSpace space(dims);
                            return [=, f = space.get_dist_func()](std::size_t times) {
                                for (; times > 0; --times) {
                                    for (std::size_t i = 0; i < n; ++i)
                                        static_cast<float*>(out)[i] =
                                            1 - f(q, static_cast<const float*>(rows) + i * dims, &dims);
                                    asm volatile("" ::: "memory");
                                }
                            };
                        }});
    all.searches.push_back(
        {BENCH_HNSWLIB " brute force", [](rows_view rows) { return std::make_unique<brute_force>(rows); }, 1, 1});
}

} // namespace bench
