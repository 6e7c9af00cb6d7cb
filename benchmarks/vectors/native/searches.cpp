// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "libraries.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#if defined(__AVX512F__)
#    include <immintrin.h>
#endif

namespace bench {

namespace {

/// The n largest so far, the least first; ties to the earlier.
template <std::size_t N>
struct largest {
    float         score[N];
    std::uint32_t row[N];

    largest() { std::fill_n(score, N, -std::numeric_limits<float>::infinity()), std::fill_n(row, N, ~0u); }
    void push(float s, std::uint32_t r) {
        if (!(s > score[0])) return;
        std::size_t j = 0;
        for (; j + 1 < N && score[j + 1] < s; ++j) score[j] = score[j + 1], row[j] = row[j + 1];
        score[j] = s, row[j] = r;
    }
    void push(const largest& other) {
        for (std::size_t j = N; j-- > 0;) push(other.score[j], other.row[j]);
    }
    /// What of a line of scores is larger.
    template <class Sum>
    void push(const Sum* s, std::size_t n, std::uint32_t first) {
        std::size_t j = 0;
#if defined(__AVX512F__)
        for (; j + 16 <= n; j += 16) {
            __m512 some;
            if constexpr (std::is_same_v<Sum, float>) some = _mm512_loadu_ps(s + j);
            else some = _mm512_cvtepi32_ps(_mm512_loadu_si512(s + j));
            auto more = static_cast<unsigned>(_mm512_cmp_ps_mask(some, _mm512_set1_ps(score[0]), _CMP_GT_OQ));
            for (; more != 0; more &= more - 1) {
                const std::size_t at = j + static_cast<std::size_t>(__builtin_ctz(more));
                push(static_cast<float>(s[at]), first + static_cast<std::uint32_t>(at));
            }
        }
#else
        for (; j + 64 <= n; j += 64)
            if (static_cast<float>(column<Sum>(s + j, 64).maxCoeff()) > score[0])
                for (std::size_t at = j; at < j + 64; ++at)
                    push(static_cast<float>(s[at]), first + static_cast<std::uint32_t>(at));
#endif
        for (; j < n; ++j) push(static_cast<float>(s[j]), first + static_cast<std::uint32_t>(j));
    }
};
using ten = largest<10>;

/// Scores of blocks of rows by blocks of queries out of a library's product, then a threshold.
template <class Scores>
class blocked final : public exact {
    rows_view   rows_;
    Scores      scores_;
    std::size_t row_block_, query_block_;

public:
    blocked(rows_view rows, Scores scores, std::size_t row_block, std::size_t query_block)
        : rows_(rows), scores_(std::move(scores)), row_block_(row_block), query_block_(query_block) {}
    void search(const float* queries, std::size_t n, std::size_t threads, std::uint32_t* ids) override {
        std::vector<std::vector<ten>> best(threads, std::vector<ten>(n));
        shared_out(threads, rows_.rows, 1, [&](std::size_t t, std::size_t first, std::size_t last) {
            const auto  home = room(query_block_ * row_block_ * sizeof(float));
            auto* const c    = reinterpret_cast<float*>(home.get());
            for (std::size_t at = first; at < last; at += row_block_)
                for (std::size_t i = 0; i < n; i += query_block_) {
                    const std::size_t some = std::min(row_block_, last - at), asked = std::min(query_block_, n - i);
                    scores_(queries + i * rows_.dims, asked, rows_.data + at * rows_.dims, some, rows_.dims, c);
                    for (std::size_t j = 0; j < asked; ++j)
                        best[t][i + j].push(c + j * some, some, static_cast<std::uint32_t>(at));
                }
        });
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t t = 1; t < threads; ++t) best[0][i].push(best[t][i]);
            for (std::size_t j = 0; j < 10; ++j) ids[i * 10 + j] = best[0][i].row[9 - j];
        }
    }
};

#ifdef HAS_NUMKONG
/// Codes packed by NumKong, in blocks; the N best by code are scored again by Eigen.
template <class T, class Its, std::size_t N>
class numkong_blocks final : public exact {
    static constexpr std::size_t row_block = 1024, query_block = 256;
    rows_view                    rows_;
    numkong<T, Its>              by_;
    T (*code_)(float, float);
    float                        scale_ = 0;
    std::size_t                  block_ = 0; // bytes of a packed one
    std::shared_ptr<std::byte[]> packed_;

    void encode(const float* from, std::size_t n, T* to) const {
        for (std::size_t i = 0; i < n; ++i) to[i] = code_(from[i], scale_);
    }

public:
    numkong_blocks(rows_view rows, numkong<T, Its> by, T (*code)(float, float))
        : rows_(rows), by_(by), code_(code), block_((by.size(row_block, rows.dims) + 63) / 64 * 64),
          packed_(room((rows.rows + row_block - 1) / row_block * block_)) {
        for (const float x : rows.flat()) scale_ = std::max(scale_, std::fabs(x));
        scale_ = 127 / scale_;
        std::vector<T> codes(row_block * rows.dims);
        for (std::size_t at = 0; at < rows.rows; at += row_block) {
            const std::size_t some = std::min(row_block, rows.rows - at);
            encode(rows.data + at * rows.dims, some * rows.dims, codes.data());
            by.pack(codes.data(), some, rows.dims, rows.dims * sizeof(T), packed_.get() + at / row_block * block_);
        }
    }
    void search(const float* queries, std::size_t n, std::size_t threads, std::uint32_t* ids) override {
        std::vector<T>                       q(n * rows_.dims);
        std::vector<std::vector<largest<N>>> best(threads, std::vector<largest<N>>(n));
        encode(queries, q.size(), q.data());
        shared_out(threads, (rows_.rows + row_block - 1) / row_block, 1,
                   [&](std::size_t t, std::size_t first, std::size_t last) {
                       const auto  home = room(query_block * row_block * sizeof(Its));
                       auto* const c    = reinterpret_cast<Its*>(home.get());
                       for (std::size_t b = first; b < last; ++b)
                           for (std::size_t i = 0; i < n; i += query_block) {
                               const std::size_t some  = std::min(row_block, rows_.rows - b * row_block),
                                                 asked = std::min(query_block, n - i);
                               by_.dots(q.data() + i * rows_.dims, packed_.get() + b * block_, c, asked, some,
                                        rows_.dims, rows_.dims * sizeof(T), some * sizeof(Its));
                               for (std::size_t j = 0; j < asked; ++j)
                                   best[t][i + j].push(c + j * some, some, static_cast<std::uint32_t>(b * row_block));
                           }
                   });
        shared_out(threads, n, 1, [&](std::size_t, std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                for (std::size_t t = 1; t < threads; ++t) best[0][i].push(best[t][i]);
                ten        again;
                const auto x = column<float>(queries + i * rows_.dims, index(rows_.dims));
                for (const std::uint32_t row : best[0][i].row)
                    if (row < rows_.rows)
                        again.push(x.dot(column<float>(rows_.data + row * rows_.dims, index(rows_.dims))), row);
                for (std::size_t j = 0; j < 10; ++j) ids[i * 10 + j] = again.row[9 - j];
            }
        });
    }
};
#endif

void eigen_scores(const float* q, std::size_t n, const float* rows, std::size_t m, std::size_t dims, float* c) {
    if (n == 1)
        Eigen::Map<Eigen::VectorXf>(c, index(m)).noalias() =
            mapped(rows, index(m), index(dims)) * column<float>(q, index(dims));
    else
        written(c, index(n), index(m), stride(index(m))).noalias() =
            mapped(q, index(n), index(dims)) * mapped(rows, index(m), index(dims)).transpose();
}

} // namespace

void add_searches(peers& all, const std::vector<blas>& libraries) {
    const auto blocks = [](auto scores) {
        return [scores](rows_view rows) -> std::unique_ptr<exact> {
            return std::make_unique<blocked<std::decay_t<decltype(scores)>>>(rows, scores, 1024, 256);
        };
    };
    all.searches.push_back({"Eigen 3.4 blocks", blocks(eigen_scores)});
    for (const blas& b : libraries) {
        all.searches.push_back({b.name + " blocks"});
        if (b.gemm)
            all.searches.back().make =
                blocks([mm = b.gemm, mv = b.gemv](const float* q, std::size_t n, const float* rows, std::size_t m,
                                                  std::size_t dims, float* c) {
                    const auto d = static_cast<long>(dims), columns = static_cast<long>(m);
                    if (n == 1) mv(columns, d, rows, q, c);
                    else mm(111, 112, static_cast<long>(n), columns, d, q, d, rows, d, c, columns);
                });
    }
    all.searches.push_back({BENCH_NUMKONG " bf16 blocks, 30 rescored", {}, ~std::size_t{0}, 2, true});
    all.searches.push_back({BENCH_NUMKONG " i8 blocks, 50 rescored", {}, ~std::size_t{0}, 2, true});
#ifdef HAS_NUMKONG
    all.searches[all.searches.size() - 2].make = [](rows_view rows) {
        return std::make_unique<numkong_blocks<nk_bf16_t, nk_f32_t, 30>>(
            rows, numkong<nk_bf16_t, nk_f32_t>{nk_dots_packed_size_bf16, nk_dots_pack_bf16, nk_dots_packed_bf16},
            [](float x, float) { return std::bit_cast<nk_bf16_t>(graft::to_bf16(x)); });
    };
    all.searches.back().make = [](rows_view rows) {
        return std::make_unique<numkong_blocks<nk_i8_t, nk_i32_t, 50>>(
            rows, numkong<nk_i8_t, nk_i32_t>{nk_dots_packed_size_i8, nk_dots_pack_i8, nk_dots_packed_i8},
            [](float x, float scale) {
                return static_cast<nk_i8_t>(std::nearbyint(std::clamp(x * scale, -127.f, 127.f)));
            });
    };
#endif
}

} // namespace bench
