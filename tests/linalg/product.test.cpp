// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/linalg/eigen.hpp>
#include <graft/linalg/product.hpp>
#include <graft/simd/dot.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

using namespace graft;

namespace {

template <class T>
matrix<T> noise(std::size_t rows, std::size_t dims, std::uint64_t seed) {
    matrix<T>      m(rows, dims);
    counter_random r(seed);
    for (T& x : m.flat()) x = static_cast<T>(r.unit() - .5f);
    return m;
}
template <class T>
matrix<T> turned(const matrix<T>& m) {
    matrix<T> t(m.dims(), m.rows());
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.dims(); ++j) t.row(j)[i] = m.row(i)[j];
    return t;
}
bool same(const matrix<float>& a, const matrix<float>& b) {
    return a.rows() == b.rows() && a.dims() == b.dims() &&
           (a.flat().empty() || std::memcmp(a.data(), b.data(), a.flat().size_bytes()) == 0);
}

struct shape {
    std::size_t n, k, m;
};
constexpr shape shapes[] = {{1, 1, 1},  {0, 5, 3},    {3, 0, 4},     {5, 3, 0},      {2, 17, 3},
                            {7, 33, 9}, {13, 64, 50}, {31, 300, 61}, {3, 1030, 130}, {70, 257, 101}};

} // namespace

TEST_CASE_TEMPLATE("products equal Eigen's to rounding", T, float, double) {
    for (const auto& [n, k, m] : shapes) {
        const auto a = noise<T>(n, k, 1), b = noise<T>(k, m, 2), at = turned(a), bt = turned(b);
        matrix<T>  abt(n, m), ab(n, m), atb(n, m);
        std::fill(ab.flat().begin(), ab.flat().end(), T{7}); // what was there must not count
        multiply_abt(a.view(), bt.view(), abt.view());
        multiply_ab(a.view(), b.view(), ab.view());
        multiply_atb(at.view(), b.view(), atb.view());
        const auto da               = as_eigen(a.view()).template cast<double>().eval(),
                   db               = as_eigen(b.view()).template cast<double>().eval();
        const Eigen::MatrixXd truth = da * db, size = da.cwiseAbs() * db.cwiseAbs();
        const double          eps = sizeof(T) == 4 ? 1e-6 : 1e-14;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < m; ++j) {
                const auto   r = static_cast<Eigen::Index>(i), c = static_cast<Eigen::Index>(j);
                const double most = eps * size(r, c);
                for (const matrix<T>* out : {&abt, &ab, &atb})
                    if (!(std::abs(static_cast<double>(out->row(i)[j]) - truth(r, c)) <= most))
                        FAIL_CHECK("element " << i << ", " << j << " of " << n << " x " << k << " x " << m);
            }
    }
}

TEST_CASE("a product's bits depend on its inputs alone") {
    for (const auto& [n, k, m] : shapes) {
        const auto    a = noise<float>(n, k, 3), b = noise<float>(k, m, 4), at = turned(a), bt = turned(b);
        matrix<float> abt(n, m), ab(n, m), atb(n, m);
        multiply_abt(a.view(), bt.view(), abt.view());
        multiply_ab(a.view(), b.view(), ab.view());
        multiply_atb(at.view(), b.view(), atb.view());
        CHECK(same(ab, atb)); // one and the same chain
        CHECK(same(ab, abt));
        for (const char* name : {"scalar", "avx2", "avx512", "avx512_bf16"}) {
            const kernels* by = kernels_named(name);
            if (by == nullptr || !best_kernels().exact) continue;
            matrix<float> c(n, m);
            multiply_abt(a.view(), bt.view(), c.view(), *by);
            CHECK(same(c, abt));
            multiply_ab(a.view(), b.view(), c.view(), *by);
            CHECK(same(c, ab));
            multiply_atb(at.view(), b.view(), c.view(), *by);
            CHECK(same(c, atb));
        }
        matrix<float> parts(n, m); // rows of C one by one, as threads would
        for (std::size_t i = 0; i < n; ++i) multiply_ab(a.view().middle(i, 1), b.view(), parts.view().middle(i, 1));
        CHECK(same(parts, ab));
        for (std::size_t i = 0; i < n; ++i) multiply_abt(a.view().middle(i, 1), bt.view(), parts.view().middle(i, 1));
        CHECK(same(parts, abt));
    }
}

TEST_CASE("products of codes equal those of their numbers") {
    counter_random r(5);
    for (const auto& [n, k, m] : shapes) {
        matrix<bf16_code>   a(n, k), b(m, k);
        matrix<std::int8_t> p(n, k);
        matrix<i8_code>     q(m, k);
        for (auto& x : a.flat()) x = to_bf16(r.unit() - .5f);
        for (auto& x : b.flat()) x = to_bf16(r.unit() - .5f);
        for (auto& x : p.flat()) x = static_cast<std::int8_t>(static_cast<int>(r.bits32() % 255) - 127);
        for (auto& x : q.flat()) x = to_i8(static_cast<float>(static_cast<int>(r.bits32() % 255) - 127));
        matrix<float>        c(n, m);
        matrix<std::int32_t> d(n, m);
        multiply_abt(a.view(), b.view(), c.view());
        multiply_abt(p.view(), q.view(), d.view());
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < m; ++j) {
                double       sum = 0, size = 0;
                std::int64_t whole = 0;
                for (std::size_t t = 0; t < k; ++t) {
                    const double x = static_cast<double>(widen(a.row(i)[t])) * static_cast<double>(widen(b.row(j)[t]));
                    sum += x, size += std::abs(x);
                    whole += p.row(i)[t] * (static_cast<int>(q.row(j)[t]) - 128);
                }
                if (!(std::abs(static_cast<double>(c.row(i)[j]) - sum) <= 1e-6 * size))
                    FAIL_CHECK("bf16 " << i << ", " << j << " of " << n << " x " << k << " x " << m);
                if (d.row(i)[j] != whole)
                    FAIL_CHECK("i8 " << i << ", " << j << " of " << n << " x " << k << " x " << m);
            }
        for (const char* name : {"scalar", "avx2", "avx512", "avx512_vnni"}) {
            const kernels* by = kernels_named(name);
            if (by == nullptr || !best_kernels().exact) continue;
            matrix<float>        c2(n, m);
            matrix<std::int32_t> d2(n, m);
            multiply_abt(a.view(), b.view(), c2.view(), *by);
            multiply_abt(p.view(), q.view(), d2.view(), *by);
            CHECK(same(c, c2));
            CHECK((d.flat().empty() || std::memcmp(d.data(), d2.data(), d.flat().size_bytes()) == 0));
        }
    }
}
