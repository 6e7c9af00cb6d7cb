// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "libraries.hpp"

#include <cstring>

namespace bench {

namespace {

/// A product whose rows of C are shared out among threads: `f(form, product, first, last)`.
template <class F>
product_peer shared_product(std::string name, F f) {
    const auto make = [f](form which, const product& p) -> work {
        return [=](std::size_t times) {
            for (; times > 0; --times) {
                shared_out(p.threads, p.n, 1,
                           [&](std::size_t, std::size_t first, std::size_t last) { f(which, p, first, last); });
                asm volatile("" ::: "memory");
            }
        };
    };
    return {std::move(name), format::f32, make};
}

void eigen_product(form which, const product& p, std::size_t first, std::size_t last) {
    const auto* a = static_cast<const float*>(p.a);
    const auto* b = static_cast<const float*>(p.b);
    const auto  n = index(last - first), k = index(p.k), m = index(p.m);
    written     c(static_cast<float*>(p.c) + first * p.m, n, m, stride(m));
    switch (which) {
    case form::abt: c.noalias() = mapped(a + first * p.k, n, k) * mapped(b, m, k).transpose(); break;
    case form::ab: c.noalias() = mapped(a + first * p.k, n, k) * mapped(b, k, m); break;
    case form::atb:
        c.noalias() = mapped(a, k, index(p.n)).middleCols(index(first), n).transpose() * mapped(b, k, m);
        break;
    }
}

#ifdef HAS_NUMKONG
template <class T, class Its>
product_peer packed_product(format of, numkong<T, Its> by) {
    const auto make = [=](form which, const product& p) -> work {
        if (which != form::abt) return {};
        const std::size_t row   = p.k * bits_of(of) / 8;
        const auto        codes = room(by.size(p.m, p.k)), own = room(p.n * p.m * sizeof(Its));
        by.pack(static_cast<const T*>(p.b), p.m, p.k, row, codes.get());
        return [=](std::size_t times) {
            for (; times > 0; --times)
                shared_out(p.threads, p.n, 1, [&](std::size_t, std::size_t first, std::size_t last) {
                    by.dots(reinterpret_cast<const T*>(static_cast<const char*>(p.a) + first * row), codes.get(),
                            reinterpret_cast<Its*>(own.get()) + first * p.m, last - first, p.m, p.k, row,
                            p.m * sizeof(Its));
                });
            if (sizeof(Its) == 4) std::memcpy(p.c, own.get(), p.n * p.m * sizeof(Its));
            else
                for (std::size_t i = 0; i < p.n * p.m; ++i)
                    static_cast<float*>(p.c)[i] = static_cast<float>(reinterpret_cast<const Its*>(own.get())[i]);
        };
    };
    return {BENCH_NUMKONG " packed", of, make};
}
#endif

} // namespace

void add_products(peers& all, const std::vector<blas>& libraries) {
    all.products.push_back(shared_product("Eigen 3.4", eigen_product));
    for (const blas& b : libraries) {
        if (!b.gemm) all.products.push_back({b.name});
        else
            all.products.push_back(shared_product(b.name, [f = b.gemm](form which, const product& p, std::size_t first,
                                                                       std::size_t last) {
                constexpr int plain = 111, turned = 112;
                const auto n = static_cast<long>(last - first), k = static_cast<long>(p.k), m = static_cast<long>(p.m);
                f(which == form::atb ? turned : plain, which == form::abt ? turned : plain, n, m, k,
                  static_cast<const float*>(p.a) + (which == form::atb ? first : first * p.k),
                  which == form::atb ? static_cast<long>(p.n) : k, static_cast<const float*>(p.b),
                  which == form::abt ? k : m, static_cast<float*>(p.c) + first * p.m, m);
            }));
    }
#ifdef HAS_NUMKONG
    all.products.push_back(packed_product<nk_f32_t, nk_f64_t>(
        format::f32, {nk_dots_packed_size_f32, nk_dots_pack_f32, nk_dots_packed_f32}));
    all.products.push_back(packed_product<nk_bf16_t, nk_f32_t>(
        format::bf16, {nk_dots_packed_size_bf16, nk_dots_pack_bf16, nk_dots_packed_bf16}));
    all.products.push_back(
        packed_product<nk_i8_t, nk_i32_t>(format::i8, {nk_dots_packed_size_i8, nk_dots_pack_i8, nk_dots_packed_i8}));
#else
    for (const format f : {format::f32, format::bf16, format::i8}) all.products.push_back({BENCH_NUMKONG " packed", f});
#endif
}

} // namespace bench
