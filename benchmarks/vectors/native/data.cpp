// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "../suite.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

namespace bench {

void clustered(std::uint64_t seed, float* rows, std::size_t n, float* queries, std::size_t m, std::size_t dims) {
    using grid = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    constexpr Eigen::Index                      clusters = 1000, rank = 64, block = 2048;
    const auto                                  d = static_cast<Eigen::Index>(dims);
    std::mt19937_64                             random(seed);
    std::normal_distribution<float>             normal;
    std::uniform_int_distribution<Eigen::Index> pick(0, clusters - 1);
    const auto                                  filled = [&](Eigen::Index r, Eigen::Index c, float scale) {
        grid x(r, c);
        for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = scale * normal(random);
        return x;
    };
    const float one   = 1 / std::sqrt(static_cast<float>(dims));
    grid        basis = filled(rank, d, one);
    for (Eigen::Index r = 0; r < rank; ++r) basis.row(r) *= 3 / std::sqrt(1 + .25f * static_cast<float>(r));
    const grid centres = filled(clusters, rank, 1) * basis;
    const auto fill    = [&](float* to, std::size_t count) {
        for (std::size_t at = 0; at < count; at += block) {
            const auto some = static_cast<Eigen::Index>(std::min<std::size_t>(block, count - at));
            grid       x    = filled(some, rank, .9f) * basis + filled(some, d, .35f * one);
            for (Eigen::Index i = 0; i < some; ++i) {
                x.row(i) += centres.row(pick(random));
                x.row(i).normalize();
            }
            std::copy_n(x.data(), x.size(), to + at * dims);
        }
    };
    fill(rows, n);
    fill(queries, m);
}

std::vector<std::uint32_t> truth(rows_view rows, rows_view queries) {
    using grid   = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using floats = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
    using entry  = std::pair<double, std::uint32_t>; // minus the score, the row
    constexpr std::size_t           block = 1024;
    std::vector<std::vector<entry>> best(queries.rows);
    std::vector<double>             enough(queries.rows, std::numeric_limits<double>::infinity()); // of the tenth
    const auto                      d = static_cast<Eigen::Index>(rows.dims);
    const grid                      q = floats(queries.data, static_cast<Eigen::Index>(queries.rows), d).cast<double>();
    grid                            scores;
    for (std::size_t at = 0; at < rows.rows; at += block) {
        const std::size_t some = std::min(block, rows.rows - at);
        const grid        x    = floats(rows.data + at * rows.dims, static_cast<Eigen::Index>(some), d).cast<double>();
        scores.noalias()       = q * x.transpose();
        for (std::size_t i = 0; i < queries.rows; ++i) {
            const double* s = scores.data() + i * some;
            for (std::size_t j = 0; j < some; ++j)
                if (-s[j] < enough[i]) best[i].emplace_back(-s[j], static_cast<std::uint32_t>(at + j));
            if (best[i].size() <= 10) continue;
            std::nth_element(best[i].begin(), best[i].begin() + 9, best[i].end());
            best[i].resize(10);
            enough[i] = best[i][9].first;
        }
    }
    std::vector<std::uint32_t> out(queries.rows * 10, ~0u);
    for (std::size_t i = 0; i < queries.rows; ++i) {
        std::sort(best[i].begin(), best[i].end());
        for (std::size_t j = 0; j < std::min<std::size_t>(10, best[i].size()); ++j) out[i * 10 + j] = best[i][j].second;
    }
    return out;
}

} // namespace bench
