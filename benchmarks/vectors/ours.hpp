// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "suite.hpp"

#include <graft/index/flat.hpp>
#include <graft/linalg/product.hpp>
#if __has_include(<graft/math/bits.hpp>)
#    include <graft/codes/binary_rows.hpp>
#endif

// graft as a host compiles it: included by two units with different flags, which share no symbol.

namespace bench {

namespace {

template <class Format>
class flat_index final : public exact {
    graft::flat<graft::cosine, Format> index_;
    graft::context                     w_;
    std::size_t                        rescored_ = 0;

public:
    flat_index(rows_view rows, const graft::basic_flat_params<Format>& how) : index_(rows.dims, how) {
        auto                            draft = index_.begin();
        std::vector<graft::chunk_id>    ids(rows.rows);
        std::vector<graft::vector_view> all(rows.rows);
        for (std::size_t i = 0; i < rows.rows; ++i) ids[i] = graft::chunk_id{i + 1}, all[i] = rows.row(i);
        draft.add(ids, all).value();
        draft.prepare().value();
        index_.commit(std::move(draft));
    }
    void search(const float* queries, std::size_t n, std::size_t threads, std::uint32_t* ids) override {
        w_.reset();
        const rows_view q{queries, n, index_.dims()};
        w_.executor    = threads == 1 ? graft::executor_ref() : graft::executor_ref(graft::threads(threads));
        const auto all = index_.each(q, 10, w_);
        rescored_      = all.value().rescored;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < 10; ++j)
                ids[i * 10 + j] =
                    j < all->of[i].size() ? static_cast<std::uint32_t>(to_underlying(all->of[i][j].id) - 1) : ~0u;
    }
    [[nodiscard]] std::size_t rescored() const override { return rescored_; }
};

template <class Format>
std::unique_ptr<exact> index_of(rows_view rows, std::size_t rescore) {
    return std::make_unique<flat_index<Format>>(rows, graft::basic_flat_params<Format>{.rescore = rescore});
}

} // namespace

[[nodiscard]] inline build this_build() {
    return {.by    = &graft::best_kernels(),
            .abt   = [](rows_view a, rows_view b, matrix_view<float> c) { graft::multiply_abt(a, b, c); },
            .ab    = [](rows_view a, rows_view b, matrix_view<float> c) { graft::multiply_ab(a, b, c); },
            .atb   = [](rows_view a, rows_view b, matrix_view<float> c) { graft::multiply_atb(a, b, c); },
            .index = [](format f, std::size_t rescore, rows_view rows) -> std::unique_ptr<exact> {
                switch (f) {
                case format::f32: return index_of<graft::f32_rows>(rows, rescore);
                case format::bf16: return index_of<graft::bf16_rows>(rows, rescore);
                case format::f16: return index_of<graft::f16_rows>(rows, rescore);
                case format::i8: return index_of<graft::int8_rows>(rows, rescore);
                case format::bits:
#if __has_include(<graft/math/bits.hpp>)
                    return index_of<graft::binary_rows>(rows, rescore);
#else
                    return nullptr;
#endif
                }
                return nullptr;
            }};
}

} // namespace bench
