// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The tile: bare, on panels that are packed already, and as whole products beside other libraries'; the share of what
// multiply-adds reach without memory.

#include "limits.hpp"

#include <graft/base/executor.hpp>
#include <graft/base/random.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace bench {

namespace {

using graft::panel_rows;
using graft::tile_queries;

/// 64 queries against panels of 48 rows that stay in L2, k elements each.
class packed {
    static constexpr std::size_t queries = 64;
    std::size_t                  words_, panels_;
    buffer<std::uint32_t>        q_, rows_, sums_;

    template <class F>
    static work on(std::size_t threads, F each) {
        return [=](std::size_t times) {
            graft::threads(threads).run(threads, [&](std::size_t t) {
                for (std::size_t n = times; n > 0; --n) each(t);
            });
        };
    }

public:
    packed(format f, std::size_t k, std::size_t threads)
        : words_(k * bits_of(f) / 32), panels_((std::size_t{256} << 10) / (words_ * panel_rows * 4)),
          q_(queries * words_), rows_(panels_ * words_ * panel_rows), sums_(threads * queries * panels_ * panel_rows) {
        graft::counter_random random(5);
        const auto            fill = [&](const buffer<std::uint32_t>& to) {
            for (std::size_t i = 0; i < to.size(); ++i)
                to[i] = f == format::i8 ? random.bits32() : 0x3c003c00u | (random.bits32() & 0x80ff80ffu);
        };
        fill(q_), fill(rows_);
    }
    [[nodiscard]] double operations(format f, std::size_t threads) const {
        return 2. * queries * static_cast<double>(panels_ * panel_rows * words_ * 32 / bits_of(f) * threads);
    }
    [[nodiscard]] std::size_t rows() const { return panels_ * panel_rows; }
    template <class Word, class Sum>
    [[nodiscard]] work chains(graft::chain_kernel<Word, Sum> kernel, std::size_t threads) const {
        const std::size_t row = panels_ * panel_rows;
        return on(threads, [=, q = reinterpret_cast<const Word*>(q_.data()), words = words_, panels = panels_,
                            rows = reinterpret_cast<const Word*>(rows_.data()),
                            sums = reinterpret_cast<Sum*>(sums_.data())](std::size_t t) {
            Sum* const c = sums + t * queries * row;
            std::fill_n(c, queries * row, Sum{});
            for (std::size_t p = 0; p < panels; ++p)
                kernel(q, words, 1, rows + p * words * panel_rows, panel_rows, c + p * panel_rows, row, queries, words,
                       panel_rows);
        });
    }
    [[nodiscard]] work above(graft::above_kernel kernel, std::size_t threads) const {
        return on(threads, [=, q = q_.data(), words = words_, panels = panels_, rows = rows_.data()](std::size_t) {
            alignas(64) static constexpr std::array<float, panel_rows> terms{};
            static constexpr std::array<std::int32_t, tile_queries>    start{};
            static constexpr std::array<float, tile_queries>           none{};
            std::array<float, tile_queries>                            floor;
            floor.fill(std::numeric_limits<float>::infinity());
            graft::tile_found found[tile_queries * panel_rows];
            for (std::size_t p = 0; p < panels; ++p)
                for (std::size_t i = 0; i < queries; i += tile_queries) {
                    const graft::tile_query these{.words  = q + i * words,
                                                  .stride = words,
                                                  .start  = start.data(),
                                                  .shift  = none.data(),
                                                  .gain   = none.data(),
                                                  .floor  = floor.data()};
                    const graft::tile_rows  panel{
                         .words = rows + p * words * panel_rows, .scale = terms.data(), .error = terms.data()};
                    benchmark::DoNotOptimize(kernel(these, tile_queries, panel, words, found));
                }
        });
    }
};

void bare(suite& s, format f, std::size_t k, std::size_t threads, const packed& data) {
    const peak most = peak_of(f, threads);
    field      all;
    const auto by = [&](side who, const graft::kernels& with) {
        if (f == format::f32) {
            all.enter(who, "f32 tile", data.chains(with.chains, threads));
            all.enter(who, "f32 tile and threshold", data.above(with.f32_above, threads));
        } else if (f == format::bf16) {
            all.enter(who, "bf16 tile", data.chains(with.bf16_chains, threads));
            all.enter(who, "bf16 tile and threshold", data.above(with.bf16_above, threads));
        } else {
            all.enter(who, "i8 tile", data.chains(with.i8_chains, threads));
            all.enter(who, "i8 tile and threshold", data.above(with.i8_above, threads));
        }
    };
    by(side::ours, *plain_build().by);
    by(side::native, *native_build().by);
    const double done = data.operations(f, threads);
    if (most.run) all.enter(side::peer, "peak", most.run, done / most.operations);
    const auto t = race(s.timing(.005, 15), all.all);
    for (std::size_t i = 0; i < 2; ++i) {
        const figure each{.name   = t[i].name + ", k " + std::to_string(k) + (threads == 1 ? "" : ", 2 threads"),
                          .unit   = "GFLOP/s",
                          .amount = done / 1e9,
                          .bar    = f == format::f32    ? bar(.95, .93)
                                    : f == format::bf16 ? bar(.85, .85)
                                                        : bar(.70, .70)};
        if (most.run) hold_one(s, each, t[i], t.back(), "peak");
        else s.out.add(each.name, each.unit, done / t[i].median / 1e9);
        if (threads == 1) hold_native(s, each, t[i], t[i + 2]);
    }
}

/// C against the product in double, at some places.
void check(suite& s, const work& what, std::string& who, format f, form which, const product& p) {
    std::fill_n(static_cast<float*>(p.c), p.n * p.m, std::nanf(""));
    what(1);
    const auto number = [&](const void* from, std::size_t i) {
        if (f == format::i8) return static_cast<double>(static_cast<const std::int8_t*>(from)[i]);
        if (f == format::bf16) return static_cast<double>(graft::widen(static_cast<const graft::bf16_code*>(from)[i]));
        return static_cast<double>(static_cast<const float*>(from)[i]);
    };
    graft::counter_random random(11);
    for (std::size_t r = 0; r < 500; ++r) {
        const std::size_t i = random.below(p.n), j = random.below(p.m);
        double            want = 0, size = 0;
        for (std::size_t t = 0; t < p.k; ++t) {
            const double x = number(p.a, which == form::atb ? t * p.n + i : i * p.k + t) *
                             number(p.b, which == form::abt ? j * p.k + t : t * p.m + j);
            want += x, size += std::fabs(x);
        }
        const double got = f == format::i8 ? static_cast<const std::int32_t*>(p.c)[i * p.m + j]
                                           : static_cast<double>(static_cast<const float*>(p.c)[i * p.m + j]);
        if (!(std::fabs(got - want) <= 2e-6 * size))
            return s.refuse(who, std::to_string(got) + " instead of " + std::to_string(want));
    }
}

/// What libraries make of 64 rows against as many as the panels hold.
void bare_peers(suite& s, format f, std::size_t k, const packed& data) {
    const std::size_t       n = 64, m = data.rows();
    const buffer<std::byte> a(n * k * bits_of(f) / 8), b(m * k * bits_of(f) / 8);
    const buffer<float>     c(n * m);
    graft::counter_random   random(17);
    for (const auto* to : {&a, &b})
        for (std::size_t i = 0; i < to->size() * 8 / bits_of(f); ++i) {
            const float x = random.unit() * 2 - 1;
            if (f == format::bf16) reinterpret_cast<graft::bf16_code*>(to->data())[i] = graft::to_bf16(x);
            else reinterpret_cast<std::int8_t*>(to->data())[i] = static_cast<std::int8_t>(x * 127);
        }
    const product p{a.data(), b.data(), c.data(), n, k, m};
    field         all;
    all.enter(side::ours, "graft",
              f == format::bf16 ? data.chains(plain_build().by->bf16_chains, 1)
                                : data.chains(plain_build().by->i8_chains, 1));
    for (const product_peer& o : s.others.products) {
        if (o.of != f) continue;
        std::string who = o.name;
        if (!o.make) {
            all.absent.push_back(who);
            continue;
        }
        work what = o.make(form::abt, p);
        check(s, what, who, f, form::abt, p);
        all.enter(side::peer, who, what);
    }
    const auto t = race(s.timing(.005, 15), all.all);
    hold(s,
         {.name   = name_of(f) + " tile beside others, k " + std::to_string(k),
          .unit   = "GFLOP/s",
          .amount = 2e-9 * static_cast<double>(n * k * m)},
         t[0], all, t);
}

/// The same product by rows of C on each thread.
work by_graft(build::multiply multiply, form which, const product& p) {
    return [=](std::size_t times) {
        for (; times > 0; --times)
            graft::threads(p.threads).run(p.threads, [&](std::size_t t) {
                const auto*              a     = static_cast<const float*>(p.a);
                const auto*              b     = static_cast<const float*>(p.b);
                const std::size_t        first = p.n * t / p.threads, rows = p.n * (t + 1) / p.threads - first;
                const matrix_view<float> c{static_cast<float*>(p.c) + first * p.m, rows, p.m};
                const rows_view          second{b, which == form::abt ? p.m : p.k, which == form::abt ? p.k : p.m};
                if (which != form::atb) return multiply({a + first * p.k, rows, p.k}, second, c);
                // columns of A are not next to each other: Aᵀ B has one thread only
                multiply({a, p.k, p.n}, second, {static_cast<float*>(p.c), p.n, p.m});
            });
    };
}

void whole(suite& s, std::size_t n, std::size_t k, std::size_t m, std::size_t threads) {
    const buffer<float>   a(n * k), b(m * k), c(n * m);
    graft::counter_random random(13);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = random.unit() * 2 - 1;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = random.unit() * 2 - 1;
    const product p{a.data(), b.data(), c.data(), n, k, m, threads};
    const build & plain = plain_build(), &native = native_build();
    for (const form which : {form::abt, form::ab, form::atb}) {
        if (which == form::atb && threads > 1) continue;
        const auto of = [&](const build& by) {
            return by_graft(which == form::abt ? by.abt : which == form::ab ? by.ab : by.atb, which, p);
        };
        field      all;
        const auto enter = [&](side by, std::string who, work what) {
            check(s, what, who, format::f32, which, p);
            all.enter(by, std::move(who), std::move(what));
        };
        enter(side::ours, "graft", of(plain));
        enter(side::native, "graft", of(native));
        for (const product_peer& o : s.others.products) {
            if (o.of != format::f32) continue;
            if (!o.make) all.absent.push_back(o.name);
            else if (work what = o.make(which, p)) enter(side::peer, o.name, std::move(what));
        }
        const auto   t = race(s.timing(.01, 15), all.all);
        const figure f{.name = std::string(which == form::abt  ? "A B^T, "
                                           : which == form::ab ? "A B, "
                                                               : "A^T B, ") +
                               std::to_string(n) + " x " + std::to_string(k) + " x " + std::to_string(m) +
                               (threads == 1 ? "" : ", 2 threads"),
                       .unit   = "GFLOP/s",
                       .amount = 2e-9 * static_cast<double>(n * k * m)};
        hold(s, f, t[0], all, t);
        if (threads == 1) hold_native(s, f, t[0], t[1]);
    }
}

} // namespace

void products(suite& s) {
    for (const std::size_t threads : {1u, 2u}) {
        for (const format f : {format::f32, format::bf16, format::i8})
            for (const std::size_t k : {256u, 768u}) {
                const packed data(f, k, threads);
                bare(s, f, k, threads, data);
                if (f != format::f32 && threads == 1) bare_peers(s, f, k, data);
            }
        whole(s, 1024, 768, 1024, threads);
        if (threads == 1) whole(s, 512, 256, 512, threads);
    }
}

} // namespace bench
