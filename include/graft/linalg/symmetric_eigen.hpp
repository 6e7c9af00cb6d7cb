// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a symmetric matrix does: stretches vector i, a row of unit length, by value i.
struct eigen_pairs {
    std::vector<double> values;  ///< falling
    matrix<double>      vectors; ///< [n, n]; the component of largest magnitude is positive
};

namespace detail {

// Every sum below has one order and is made of separate multiplications and additions: a host compiled with -mfma must
// get the bytes that any other gets. g++ fuses across statements unless the function says no, clang within them.
#if !defined(__clang__)
#    pragma GCC push_options
#    pragma GCC optimize("no-fast-math", "fp-contract=off")
#endif

/// Two doubles in one register of any machine, and four such: g++ keeps these in registers at -O2, an array of 8 it does not.
using double2 = double __attribute__((vector_size(16)));
struct double8 {
    double2 a, b, c, d;
};

/// One row of a symmetric product, read once for both its halves: p += x·row, and gives row·v.
inline double row_times(const double* row, const double* v, double x, double* p, std::size_t n) noexcept {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    double      sums[8] = {};
    std::size_t i       = 0;
    for (; i + 8 <= n; i += 8)
        for (std::size_t l = 0; l < 8; ++l) {
            sums[l] += row[i + l] * v[i + l];
            p[i + l] += x * row[i + l];
        }
    double sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    for (; i < n; ++i) {
        sum += row[i] * v[i];
        p[i] += x * row[i];
    }
    return sum;
}

/// row -= x·w + y·v
inline void less_both(double* row, const double* v, const double* w, double x, double y, std::size_t n) noexcept {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::size_t l = 0; l < 8; ++l) row[i + l] -= x * w[i + l] + y * v[i + l];
    for (; i < n; ++i) row[i] -= x * w[i] + y * v[i];
}

/// Householder: A = Q T Qᵀ with T tridiagonal. Of A the lower triangle is read; afterwards row i holds reflector i in
/// its first i elements, and `twice[i]` is 2 / |reflector|², 0 where there is none. Q = H(n-1) H(n-2) … H(1).
inline result<void> tridiagonalise(matrix_view<double> a, std::vector<double>& diagonal, std::vector<double>& beside,
                                   std::vector<double>& twice, const context& w) {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    const std::size_t   n = a.rows;
    std::vector<double> product(n);
    double* const       p = product.data();
    for (std::size_t i = n; i-- > 0;) {
        if (auto ok = w.alive(); !ok) return ok;
        double* const v = a.data + i * n;
        diagonal[i]     = v[i];
        if (i == 0) break;
        double rest = 0;
        for (std::size_t j = 0; j + 1 < i; ++j) rest += v[j] * v[j];
        const double last = v[i - 1];
        if (rest == 0) { // nothing to annihilate, or so little that its square is no number
            beside[i - 1] = last;
            continue;
        }
        const double length = std::sqrt(rest + last * last);
        beside[i - 1]       = last > 0 ? -length : length;
        v[i - 1]            = last - beside[i - 1];
        twice[i]            = 2 / (rest + v[i - 1] * v[i - 1]);

        std::fill_n(p, i, 0.0); // p = A v, then w = p - (v·p / |v|²) v in its place
        for (std::size_t r = 0; r < i; ++r) {
            const double* row = a.data + r * n;
            const double  sum = row_times(row, v, v[r], p, r);
            p[r] += sum + row[r] * v[r];
        }
        double along = 0;
        for (std::size_t r = 0; r < i; ++r) {
            p[r] *= twice[i];
            along += p[r] * v[r];
        }
        along *= twice[i] / 2;
        for (std::size_t r = 0; r < i; ++r) p[r] -= along * v[r];
        for (std::size_t r = 0; r < i; ++r) less_both(a.data + r * n, v, p, v[r], p[r], r + 1);
    }
    return done;
}

/// A run of plane rotations of one sweep: of rows (first, first + 1), then (first - 1, first), … in `count` steps.
struct ql_sweep {
    std::size_t first = 0, count = 0;
};
struct ql_turn {
    double c = 1, s = 0;
};

/// Implicit QL with Wilkinson's shift: leaves the eigenvalues in `d` and gives the rotations that made them.
///
/// Fails    too_large when a value takes more than 60 sweeps, which no finite matrix is known to do.
inline result<void> diagonalise(std::vector<double>& d, std::vector<double>& e, std::vector<ql_sweep>& sweeps,
                                std::vector<ql_turn>& turns, const context& w) {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    const std::size_t n     = d.size();
    const auto        small = [&](std::size_t i) {
        const double size = std::fabs(e[i]);
        return size <= 0x1p-53 * (std::fabs(d[i]) + std::fabs(d[i + 1])) || size < 1e-140;
    };
    for (std::size_t low = 0; low < n; ++low)
        for (int tries = 0;; ++tries) {
            std::size_t high = low;
            while (high + 1 < n && !small(high)) ++high;
            if (high == low) break;
            if (tries == 60) return error{fault::too_large, unit::row, n, "symmetric_eigen"};
            if (auto ok = w.alive(); !ok) return ok;
            double g      = (d[low + 1] - d[low]) / (2 * e[low]);
            g             = d[high] - d[low] + e[low] / (g + std::copysign(std::sqrt(g * g + 1), g));
            double      c = 1, s = 1, p = 0;
            std::size_t i = high;
            sweeps.push_back({high - 1, 0});
            while (i-- > low) {
                const double f = s * e[i], b = c * e[i], r = std::sqrt(f * f + g * g);
                e[i + 1] = r;
                if (r == 0) { // the rest of the block split off
                    d[i + 1] -= p;
                    e[high] = 0;
                    break;
                }
                s              = f / r;
                c              = g / r;
                g              = d[i + 1] - p;
                const double q = (d[i] - g) * s + 2 * c * b;
                p              = s * q;
                d[i + 1]       = g + p;
                g              = c * q - b;
                turns.push_back({c, s});
                ++sweeps.back().count;
            }
            if (sweeps.back().count < high - low) continue;
            d[low] -= p;
            e[low]  = g;
            e[high] = 0;
        }
    return done;
}

/// Columns [from, from + 8) of Z = (turns)(H(1) … H(n-1)), one `double8` a row: small enough to stay in the nearest caches
/// while every reflector and every rotation passes over them.
inline result<void> turn_columns(matrix_view<const double> reflectors, const std::vector<double>& twice,
                                 const std::vector<ql_sweep>& sweeps, const std::vector<ql_turn>& turns,
                                 std::size_t from, double8* z, const context& w) {
#if defined(__clang__)
#    pragma clang fp contract(off)
#endif
    const std::size_t n = reflectors.rows;
    for (std::size_t r = 0; r < n; ++r) {
        const auto pair = [&](std::size_t at) {
            return double2{r == from + at ? 1. : 0., r == from + at + 1 ? 1. : 0.};
        };
        z[r] = {pair(0), pair(2), pair(4), pair(6)};
    }
    for (std::size_t i = n; i-- > 1;) {
        if (twice[i] == 0) continue;
        if (i % 64 == 0)
            if (auto ok = w.alive(); !ok) return ok;
        const double* v = reflectors.data + i * n;
        double2       a{}, b{}, c{}, d{};
        for (std::size_t r = 0; r < i; ++r) {
            const double2 x{v[r], v[r]};
            a += x * z[r].a, b += x * z[r].b, c += x * z[r].c, d += x * z[r].d;
        }
        const double2 both{twice[i], twice[i]};
        a *= both, b *= both, c *= both, d *= both;
        for (std::size_t r = 0; r < i; ++r) {
            const double2 x{v[r], v[r]};
            z[r].a -= x * a, z[r].b -= x * b, z[r].c -= x * c, z[r].d -= x * d;
        }
    }
    const ql_turn* turn = turns.data();
    for (const ql_sweep& run : sweeps) {
        if (run.count == 0) continue;
        if (run.first % 64 == 0)
            if (auto ok = w.alive(); !ok) return ok;
        double2  a = z[run.first + 1].a, b = z[run.first + 1].b; // the row above travels down with the turns
        double2  c = z[run.first + 1].c, d = z[run.first + 1].d;
        double8* lower = z + run.first;
        for (std::size_t step = 0; step < run.count; ++step, ++turn, --lower) {
            const double2 cos{turn->c, turn->c}, sin{turn->s, turn->s}, x = lower->a, y = lower->b, u = lower->c,
                                                                        v = lower->d;
            lower[1] = {sin * x + cos * a, sin * y + cos * b, sin * u + cos * c, sin * v + cos * d};
            a = cos * x - sin * a, b = cos * y - sin * b, c = cos * u - sin * c, d = cos * v - sin * d;
        }
        lower[1] = {a, b, c, d};
    }
    return done;
}

#if !defined(__clang__)
#    pragma GCC pop_options
#endif

} // namespace detail

/// All eigenvalues and eigenvectors of a symmetric matrix. Of our own and not Eigen's because `lsa` promises equal bytes on every
/// host; where nobody does, Eigen's SelfAdjointEigenSolver does the same (linalg/fit_pca.hpp).
///
/// Takes    a square matrix of finite numbers; the lower triangle is read, the upper one ignored.
/// Gives    the same bits on every machine and for every compiler flag but -ffast-math under clang; equal values in the
///          order in which they were found. Vectors are orthonormal, and A = Σ value·vector·vectorᵀ, to about 1e-15 n.
/// Costs    about 8 n³ flops and 40 n² bytes: 10 ms for n = 256, some 100 ms for n = 600.
/// Fails    wrong_shape (not square), not_finite; too_large if a value takes more than 60 sweeps (never seen); stopped,
///          timed_out.
/// Source   Householder's reduction and the implicit QL iteration: Golub and Van Loan, "Matrix computations", ch. 8.
[[nodiscard]] inline result<eigen_pairs> symmetric_eigen(matrix_view<const double> a, context& c) {
    const std::size_t n = a.rows;
    if (a.dims != n) return error{fault::wrong_shape, unit::row, a.dims, "symmetric_eigen"};
    if (n == 0) return eigen_pairs{};
    matrix<double> work(n, n);
    double         largest = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            const double x = a.data[i * n + j];
            if ((std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ffu) == 0x7ffu)
                return error{fault::not_finite, unit::row, i, "symmetric_eigen"};
            largest = std::max(largest, std::fabs(x));
        }
    // A power of two brings the largest element into [0.5, 1) without rounding, so no square can overflow.
    int power = 0;
    static_cast<void>(std::frexp(largest, &power));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) work.data()[i * n + j] = std::ldexp(a.data[i * n + j], -power);

    std::vector<double>           d(n), e(n), twice(n);
    std::vector<detail::ql_sweep> sweeps;
    std::vector<detail::ql_turn>  turns;
    if (auto ok = detail::tridiagonalise(work.view(), d, e, twice, c); !ok) return ok.error();
    turns.reserve(n * n);
    if (auto ok = detail::diagonalise(d, e, sweeps, turns, c); !ok) return ok.error();

    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return d[x] > d[y]; });

    eigen_pairs                  out{std::vector<double>(n), matrix<double>(n, n)};
    std::vector<detail::double8> block(n);
    for (std::size_t from = 0; from < n; from += 8) {
        if (auto ok = detail::turn_columns(work.view(), twice, sweeps, turns, from, block.data(), c); !ok)
            return ok.error();
        for (std::size_t i = 0; i < n; ++i)
            std::memcpy(out.vectors.data() + i * n + from, &block[order[i]],
                        std::min<std::size_t>(8, n - from) * sizeof(double));
    }
    for (std::size_t i = 0; i < n; ++i) {
        out.values[i]      = std::ldexp(d[order[i]], power);
        const auto vector  = out.vectors.row(i);
        double     longest = 0;
        for (const double x : vector)
            if (std::fabs(x) > std::fabs(longest)) longest = x;
        if (longest < 0)
            for (double& x : vector) x = -x;
    }
    return out;
}
/// The same in a context of its own.
[[nodiscard]] inline result<eigen_pairs> symmetric_eigen(matrix_view<const double> a, context&& c = {}) {
    return symmetric_eigen(a, c);
}

} // namespace graft::inline GRAFT_ABI
