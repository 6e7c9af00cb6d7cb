// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What the kernels give under the flags that this unit was compiled with. A line for each entry of each table that
// promises bits: the entry, a hash over its outputs, the table. With an argument it instead compares every entry of every
// table with sums in double precision: what -ffast-math must leave right.

#include "simd/tile_support.hpp"

#include <graft/base/hash.hpp>

#include <cinttypes>
#include <cstdio>

using namespace graft;
using namespace test;

namespace {

bool exact_ones = true; ///< hashes of these; else how close all are
bool failed     = false;

/// The outputs of one entry.
class outputs {
    const char*    entry_;
    const kernels& table_;
    std::uint64_t  hash_    = 0;
    double         largest_ = 0; ///< as a share of the tolerance

public:
    outputs(const char* entry, const kernels& table) : entry_(entry), table_(table) {}
    outputs(const outputs&)            = delete;
    outputs& operator=(const outputs&) = delete;

    template <class T>
    void add(const T* x, size_t n) {
        hash_ = hash64({reinterpret_cast<const char*>(x), n * sizeof(T)}, hash_);
    }
    void near(double value, const wide_sum& truth, double tolerance) {
        const double off = std::abs(value - truth.value), most = tolerance * truth.size;
        largest_ = std::max(largest_, off <= most ? (most > 0 ? off / most : 0) : 1e9);
    }
    ~outputs() {
        const std::string name(table_.name);
        if (exact_ones) {
            std::printf("%s %016" PRIx64 " %s\n", entry_, hash_, name.c_str());
        } else {
            const bool good = largest_ <= 1;
            failed |= !good;
            std::printf("%s %s %s off by %.2g of the tolerance\n", good ? "close" : "WRONG", entry_, name.c_str(),
                        largest_);
        }
    }
};

/// What is hashed must show the order of steps (`gentle`) and extremes; the extremes of -ffast-math are not promised.
std::vector<bool> kinds() { return exact_ones ? std::vector<bool>{true, false} : std::vector<bool>{true}; }

void rows_of(const kernels& table) {
    constexpr size_t        n        = 9;
    constexpr std::uint32_t which[n] = {4, 0, 2, 2, 8, 3, 0, 7, 1};
    for_row_kernels([&](const auto& kernel) {
        using K = std::remove_cvref_t<decltype(kernel)>;
        outputs out(kernel.name, table);
        for (const bool gentle : kinds())
            for (const size_t dims : {0u, 1u, 8u, 15u, 16u, 17u, 31u, 32u, 33u, 64u, 100u, 384u, 387u, 1031u}) {
                const auto      q    = numbers<typename K::query>(gentle, dims, dims);
                const auto      rows = numbers<typename K::code>(gentle, n * dims, 5000 + dims);
                typename K::sum all[n], some[n];
                kernel.score(table, q.data(), rows.data(), n, dims, all);
                kernel.score_of(table, q.data(), rows.data(), which, n, dims, some);
                out.add(all, n), out.add(some, n);
                for (size_t i = 0; i < n && !exact_ones; ++i) {
                    const auto at = [&](size_t r) { return kernel.wide(q.data(), rows.data() + r * dims, dims); };
                    out.near(static_cast<double>(all[i]), at(i), K::tolerance(dims));
                    out.near(static_cast<double>(some[i]), at(which[i]), K::tolerance(dims));
                }
            }
    });
}

void axpy_of(const kernels& table) {
    outputs out("axpy", table);
    for (const size_t n : {1u, 15u, 16u, 17u, 33u, 100u}) {
        const auto x     = tame<float>(n, n);
        const auto start = tame<float>(n, 100 + n);
        auto       y     = start;
        table.axpy(.7f, x.data(), y.data(), n);
        out.add(y.data(), n);
        for (size_t i = 0; i < n; ++i) {
            wide_sum s;
            s.add(number(start[i])), s.add(number(.7f) * number(x[i]));
            out.near(number(y[i]), s, 0x1p-23);
        }
    }
}

void chains_of(const kernels& table) {
    for_chains([&](const auto& by) {
        using Case = std::remove_cvref_t<decltype(by)>;
        outputs        out(by.name, table);
        counter_random r(7);
        for (const bool gentle : kinds())
            for (const size_t n : {1u, 4u, 9u})
                for (const size_t k : {1u, 33u})
                    for (const size_t m : {1u, 16u, 48u, 61u}) {
                        std::vector<typename Case::word_type> a(n * k), b(k * m);
                        std::vector<typename Case::sum>       start(n * m);
                        for (auto& x : a) x = std::bit_cast<typename Case::word_type>(by.word(r, gentle));
                        for (auto& x : b) x = std::bit_cast<typename Case::word_type>(by.word(r, gentle));
                        for (auto& x : start)
                            if constexpr (Case::whole) {
                                x = static_cast<std::int32_t>(r.bits32() >> 12);
                            } else {
                                x = tame<float>(r);
                            }
                        auto c = start, across = start;
                        (table.*by.of)(a.data(), k, 1, b.data(), m, c.data(), m, n, k, m);
                        (table.*by.of)(a.data(), 1, n, b.data(), m, across.data(), m, n, k, m); // a as [k, n]
                        out.add(c.data(), c.size()), out.add(across.data(), across.size());
                        for (size_t i = 0; i < n * m && !exact_ones; ++i) {
                            wide_sum s, t;
                            s.add(static_cast<double>(start[i])), t.add(static_cast<double>(start[i]));
                            for (size_t w = 0; w < k; ++w) {
                                const auto y = std::bit_cast<std::uint32_t>(b[w * m + i % m]);
                                by.add(s, std::bit_cast<std::uint32_t>(a[i / m * k + w]), y);
                                by.add(t, std::bit_cast<std::uint32_t>(a[i / m + w * n]), y);
                            }
                            out.near(static_cast<double>(c[i]), s, Case::tolerance(k));
                            out.near(static_cast<double>(across[i]), t, Case::tolerance(k));
                        }
                    }
    });
}

void pack_of(const kernels& table) {
    outputs                          out("pack", table);
    const auto                       rows = wild<std::uint32_t>(48 * 40, 8);
    alignas(64) static std::uint32_t panel[40 * panel_rows];
    for (const size_t n : {1u, 17u, 48u})
        for (const size_t words : {1u, 16u, 37u}) {
            table.pack(rows.data(), 40, n, words, panel);
            out.add(panel, words * panel_rows);
            for (size_t i = 0; i < words * panel_rows; ++i) {
                const size_t t = i / panel_rows, r = i % panel_rows;
                out.near(panel[i], {r < n ? static_cast<double>(rows[r * 40 + t]) : 0, 0}, 0);
            }
        }
}

void above_of(const kernels& table) {
    for_above_kernels([&](const above_case& by) {
        outputs out(by.name, table);
        for (const bool gentle : kinds())
            for (const size_t words : {1u, 5u, 33u, 96u})
                for (const bool offsets : {true, false}) {
                    above_problem p(by, words, gentle, words);
                    if (!offsets) p.rows.offset = nullptr, p.q.shift = nullptr;
                    std::fill_n(p.floor, tile_queries, -0x1.8p127f); // all
                    const auto all = p.run(table.*by.of, tile_queries);
                    for (const size_t queries : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
                        std::fill_n(p.floor, tile_queries, queries % 2 == 0 ? 0.f : -0x1.8p127f);
                        const auto found = p.run(table.*by.of, queries);
                        for (const tile_found& f : found)
                            out.add(&f.query, 1), out.add(&f.row, 1), out.add(&f.upper, 1);
                        size_t expected = 0;
                        for (const tile_found& f : all)
                            expected += f.query >= tile_queries - queries && f.upper >= p.floor[0];
                        out.near(static_cast<double>(found.size()), {static_cast<double>(expected), 0}, 0);
                    }
                    out.near(static_cast<double>(all.size()), {static_cast<double>(above_problem::most), 0}, 0);
                    for (const tile_found& f : all)
                        out.near(number(f.upper), p.wide(by, f.query, f.row), by.tolerance(words));
                }
    });
}

} // namespace

int main(int n, char**) {
    exact_ones = n < 2;
    auto all   = tables();
    all.insert(all.begin(), &scalar_kernels());
    for (const kernels* table : all) {
        if (exact_ones && !table->exact) continue;
        rows_of(*table);
        axpy_of(*table);
        chains_of(*table);
        pack_of(*table);
        above_of(*table);
    }
    return failed ? 1 : 0;
}
