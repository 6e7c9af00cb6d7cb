// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// needs: libopenblas0-pthread

// The products that models and tuning live on, and the share of what multiply-adds reach without memory. A layer's weights are packed once,
// when a model is loaded: those rows say so; peers have no such thing in what they promise.

#include "products.hpp"
#include "suite.hpp"

#include <graft/base/context.hpp>
#include <graft/base/pool.hpp>
#include <graft/base/random.hpp>
#include <graft/linalg/packed.hpp>
#include <graft/linalg/product.hpp>

#include <cmath>

namespace bench {

namespace {

using graft::matrix;

const graft::kernels& ours() {
    const char* const        name = std::getenv("GRAFT_BENCH_KERNELS");
    static const auto* const by   = graft::kernels_named(name == nullptr ? "best" : name);
    return by == nullptr ? graft::best_kernels<graft::need::chains>() : *by;
}
bool wide() {
#if defined(__x86_64__)
    return std::getenv("GRAFT_BENCH_KERNELS") == nullptr && __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

/// C against the product in double, at some places.
bool right(form f, const product& p) {
    graft::counter_random r(11);
    for (int i = 0; i < 200; ++i) {
        const std::size_t y = r.below(p.n), x = r.below(p.m);
        double            want = 0, size = 0;
        for (std::size_t t = 0; t < p.k; ++t) {
            const double one = static_cast<double>(p.a[f == form::atb ? t * p.n + y : y * p.k + t]) *
                               static_cast<double>(p.b[f == form::abt ? x * p.k + t : t * p.m + x]);
            want += one, size += std::abs(one);
        }
        if (!(std::abs(static_cast<double>(p.c[y * p.m + x]) - want) <= 2e-6 * size)) return false;
    }
    return true;
}

double gflops(const product& p) { return 2e-9 * static_cast<double>(p.n * p.k * p.m); }

/// Many short slices: the quietest is one that nobody disturbed.
std::size_t slices_of(const product& p) { return gflops(p) > .5 ? 31 : 101; }

void race_of(suite& s, const std::string& name, form f, const product& p, std::function<void()> mine,
             std::span<const product_peer> peers, double bar, double peak) {
    std::vector<contender> all;
    const auto             enter = [&](const std::string& who, std::function<void()> run) {
        std::fill_n(p.c, p.n * p.m, std::nanf(""));
        run();
        if (right(f, p)) all.push_back(contend(who, std::move(run)));
        else std::fprintf(stderr, "  %s: %s is wrong\n", name.c_str(), who.c_str());
    };
    enter("graft", std::move(mine));
    for (const product_peer& o : peers) enter(o.name, [&o, f, p] { o.run(f, p); });
    const auto t = race(s.timing(.002, slices_of(p)), all);
    hold(s, name, "GFLOP/s", gflops(p), bar, t, of_peak(gflops(p) / t[0].quietest, peak));
}

} // namespace

void products(suite& s) {
    for (const std::size_t threads : {1u, 2u}) {
        const std::string with = threads == 1 ? "" : ", 2 threads";
        graft::pool       workers(threads);
        graft::context    c;
        if (threads > 1) c.executor = workers;
        const auto   peers = native_products(s.peers, threads);
        const auto   t     = race(s.timing(.001, 301), std::vector{contend("", [&] {
                                graft::threads(threads).run(threads, [](std::size_t) { native_peak(1, wide()); });
                            })});
        const double peak  = peak_operations * (wide() ? 2 : 1) * static_cast<double>(threads) / t[0].quietest / 1e9;
        s.out.add("multiply-adds in registers" + with, "GFLOP/s", peak);

        struct shape {
            std::size_t n, k, m;
        };
        for (const shape& z :
             {shape{1024, 768, 1024}, shape{512, 256, 512}, shape{4, 576, 1536}, shape{8, 576, 1536},
              shape{16, 576, 1536}, shape{32, 576, 1536}, shape{512, 576, 1536}, shape{512, 1536, 576}}) {
            matrix<float>         a(z.n, z.k), b(z.m, z.k), out(z.n, z.m);
            graft::counter_random r(13);
            for (float& v : a.flat()) v = r.unit() - .5f;
            for (float& v : b.flat()) v = r.unit() - .5f;
            const product p{a.data(), b.data(), out.data(), z.n, z.k, z.m};
            const auto    at = [](const matrix<float>& m, std::size_t rows, std::size_t columns) {
                return graft::matrix_view<const float>(m.data(), rows, columns);
            };
            const std::string size =
                std::to_string(z.n) + " x " + std::to_string(z.k) + " x " + std::to_string(z.m) + with;
            const graft::packed_weights packed(b.view());
            race_of(
                s, "A B^T, " + size, form::abt, p,
                [&] { (void)graft::multiply_abt(a.view(), b.view(), out.view(), c, ours()), c.reset(); }, peers, .97,
                peak);
            race_of(
                s, "A B^T packed, " + size, form::abt, p,
                [&] { (void)graft::product(a.view(), packed, out.view(), c, ours()), c.reset(); }, peers, .97, peak);
            race_of(
                s, "A B, " + size, form::ab, p,
                [&] { (void)graft::multiply_ab(a.view(), at(b, z.k, z.m), out.view(), c, ours()), c.reset(); }, peers,
                .97, peak);
            race_of(
                s, "A^T B, " + size, form::atb, p,
                [&] { (void)graft::multiply_atb(at(a, z.k, z.n), at(b, z.k, z.m), out.view(), c, ours()), c.reset(); },
                peers, .97, peak);
        }
    }
}

} // namespace bench
