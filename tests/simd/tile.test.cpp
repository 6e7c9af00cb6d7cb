// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "simd/tally.hpp"
#include "simd/tile_support.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace graft;
using namespace test;

namespace {

std::vector<const kernels*> all_tables() {
    auto all = tables();
    all.insert(all.begin(), &scalar_kernels());
    return all;
}

/// The tables whose kernel is another than those of the tables before; the scalar one comes first.
template <class Kernel>
std::vector<const kernels*> distinct(Kernel kernels::* of) {
    std::vector<const kernels*> out;
    for (const kernels* k : all_tables())
        if (std::none_of(out.begin(), out.end(), [&](const kernels* s) { return s->*of == k->*of; })) out.push_back(k);
    return out;
}

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

tolerances& report() {
    static tolerances lines;
    return lines;
}

} // namespace

TEST_CASE("a panel holds 48 rows word by word, and zeros behind them") {
    constexpr size_t most = 70;
    const fenced     rows(4 * panel_rows * (most + 13)), panel(4 * panel_rows * most);
    const auto       values = wild<std::uint32_t>(panel_rows * (most + 13), 1);
    for (const kernels* k : distinct(&kernels::pack)) {
        CAPTURE(k->name);
        tally count{"pack"};
        for (size_t n = 0; n <= panel_rows; ++n)
            for (size_t words = 0; words <= most; ++words) {
                const size_t stride = words + (n + words) % 3 * ((n + words) % 3 == 1 ? 1 : 6);
                const size_t room   = n == 0 ? 0 : (n - 1) * stride + words; // the last row ends with its words
                // a panel that ends before the fence, and one that begins behind one; both are aligned
                for (const bool front : {false, true}) {
                    auto* from = front ? rows.first<std::uint32_t>(room) : rows.last<std::uint32_t>(room);
                    auto* to   = front ? panel.first<std::uint32_t>(words * panel_rows)
                                       : panel.last<std::uint32_t>(words * panel_rows);
                    std::copy_n(values.data(), room, from);
                    std::fill_n(to, words * panel_rows, 0x5a5a5a5au);
                    k->pack(from, stride, n, words, to);
                    bool good = true;
                    for (size_t t = 0; t < words; ++t)
                        for (size_t r = 0; r < panel_rows; ++r)
                            good &= to[48 * t + r] == (r < n ? values[r * stride + t] : 0);
                    count.check(good, *k, "rows", n, "words", words, "stride", stride);
                }
            }
        // rows at every alignment, and words beside the panel that stay
        alignas(64) std::uint32_t wide[(20 + 2) * panel_rows];
        for (const size_t words : {1u, 4u, 15u, 16u, 20u})
            for (size_t shift = 0; shift < 16; ++shift) {
                std::fill(std::begin(wide), std::end(wide), 0x5a5a5a5au);
                k->pack(values.data() + shift, words, 48, words, wide + panel_rows);
                bool good = true;
                for (size_t i = 0; i < std::size(wide); ++i) {
                    const size_t t = i / panel_rows, r = i % panel_rows;
                    good &= wide[i] == (t == 0 || t > words ? 0x5a5a5a5au : values[shift + r * words + t - 1]);
                }
                count.check(good, *k, "words", words, "shift", shift);
            }
    }
}

TEST_CASE("the scalar chains are the written definition") {
    for (const bool gentle : {false, true}) {
        const auto a = numbers<float>(gentle, 3 * 70, 2), b = numbers<float>(gentle, 70 * 5, 3),
                   start = numbers<float>(gentle, 15, 4);
        auto c           = start;
        scalar_kernels().chains(a.data(), 70, 1, b.data(), 5, c.data(), 5, 3, 70, 5);
        const auto half = [](bf16_code x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16); };
        const auto p    = numbers<bf16_code>(gentle, 3 * 140, 5),
                   q    = numbers<bf16_code>(gentle, 140 * 5, 6); // columns of q are contiguous here
        std::vector<std::uint32_t> pw(3 * 70), qw(70 * 5);
        for (size_t i = 0; i < 3 * 70; ++i)
            pw[i] = static_cast<std::uint32_t>(p[2 * i]) | static_cast<std::uint32_t>(p[2 * i + 1]) << 16;
        for (size_t t = 0; t < 70; ++t)
            for (size_t j = 0; j < 5; ++j)
                qw[t * 5 + j] = static_cast<std::uint32_t>(q[j * 140 + 2 * t]) |
                                static_cast<std::uint32_t>(q[j * 140 + 2 * t + 1]) << 16;
        auto d = start;
        scalar_kernels().bf16_chains(pw.data(), 70, 1, qw.data(), 5, d.data(), 5, 3, 70, 5);
        for (size_t i = 0; i < 3; ++i)
            for (size_t j = 0; j < 5; ++j) {
                float s = start[i * 5 + j], u = s;
                for (size_t t = 0; t < 70; ++t) {
                    s = std::fma(a[i * 70 + t], b[t * 5 + j], s);
                    u = std::fma(half(p[i * 140 + 2 * t + 1]), half(q[j * 140 + 2 * t + 1]),
                                 u); // the upper element first
                    u = std::fma(half(p[i * 140 + 2 * t]), half(q[j * 140 + 2 * t]), u);
                }
                CHECK(bits_of(c[i * 5 + j]) == bits_of(s));
                CHECK(bits_of(d[i * 5 + j]) == bits_of(u));
            }
    }
    const std::uint32_t four_a[] = {0x80017fffu}, four_b[] = {0xff02ff80u}; // -128 · 255 + 1 · 2 + 127 · 255 - 1 · 128
    std::int32_t        e = 1000;
    scalar_kernels().i8_chains(four_a, 1, 1, four_b, 1, &e, 1, 1, 1, 1);
    CHECK(e == 1000 - 128 * 255 + 1 * 2 + 127 * 255 - 1 * 128);
}

namespace {

// A block of a product: what its words are, and where they lie. The gaps hold what must not be read.
template <class Case>
struct product_problem {
    using word                = typename Case::word_type;
    using sum                 = typename Case::sum;
    static constexpr size_t n = 20, m = 100, k = 70;

    const Case&                by;
    bool                       gentle;
    std::vector<std::uint32_t> a, b; ///< [n, k], [k, m]
    std::vector<sum>           c;    ///< [n, m]
    fenced                     a_room, b_room, c_room;

    product_problem(const Case& one, bool tame_numbers)
        : by(one), gentle(tame_numbers), a(n * k), b(k * m), c(n * m), a_room(16 * (n + 3) * (k + 5)),
          b_room(8 * (k + 1) * (m + 20)), c_room(8 * n * (m + 20)) {
        counter_random r(7 + gentle);
        for (auto& x : a) x = by.word(r, gentle);
        for (auto& x : b) x = by.word(r, gentle);
        for (auto& x : c)
            if constexpr (Case::whole) {
                x = static_cast<sum>(r.bits32()) >> (gentle ? 12 : 0);
            } else {
                x = gentle ? tame<float>(r) : wild<float>(r);
            }
    }
    /// c + a b of the first `words`, by a table, all of it.
    std::vector<sum> whole_by(const kernels& table, size_t words) const {
        std::vector<word> x, y;
        for (const std::uint32_t w : a) x.push_back(std::bit_cast<word>(w));
        for (const std::uint32_t w : b) y.push_back(std::bit_cast<word>(w));
        auto out = c;
        (table.*by.of)(x.data(), k, 1, y.data(), m, out.data(), m, n, words, m);
        return out;
    }
};

/// What a table must give of the first `words`, and how far one may be off that promises no bits.
template <class Case>
struct product_truth {
    std::vector<typename Case::sum> value;
    std::vector<double>             slack;

    product_truth(const product_problem<Case>& p, size_t words) : value(p.whole_by(scalar_kernels(), words)) {
        if (Case::whole) return;
        for (size_t i = 0; i < p.n; ++i)
            for (size_t j = 0; j < p.m; ++j) {
                wide_sum s;
                s.add(static_cast<double>(p.c[i * p.m + j]));
                for (size_t t = 0; t < words; ++t) p.by.add(s, p.a[i * p.k + t], p.b[t * p.m + j]);
                slack.push_back(2 * Case::tolerance(words) * s.size); // the scalar one is off as well
            }
    }
    /// Whether a table's m sums from `at` on are right.
    bool has(const kernels& table, const typename Case::sum* c, size_t at, size_t m) const {
        if (Case::whole || table.exact) return same(c, value.data() + at, m);
        for (size_t j = 0; j < m; ++j)
            if (!(std::abs(static_cast<double>(c[j]) - static_cast<double>(value[at + j])) <= slack[at + j]))
                return false;
        return true;
    }
};

/// How a block lies in memory; what is `across` is the transposed form.
struct layout {
    bool   across;
    size_t a_gap, b_gap, c_gap; ///< words between the end of a row and the next
    bool   panel;               ///< b packed, 48 a row
};

/// One block of n x words x m, compared with the same part of the truth.
template <class Case>
bool block(const product_problem<Case>& p, const kernels& table, const product_truth<Case>& truth, size_t n,
           size_t words, size_t m, const layout& lie) {
    using word          = typename Case::word_type;
    using sum           = typename Case::sum;
    const size_t a_row  = lie.across ? 1 + lie.a_gap : words + lie.a_gap;
    const size_t a_step = lie.across ? n * (1 + lie.a_gap) + 2 : 1;
    const size_t b_row = lie.panel ? panel_rows : m + lie.b_gap, c_row = m + lie.c_gap;
    const size_t a_size = n * words == 0 ? 0 : (n - 1) * a_row + (words - 1) * a_step + 1;
    const size_t b_size = words * m == 0 ? 0 : (words - 1) * b_row + m;
    const size_t c_size = n * m == 0 ? 0 : (n - 1) * c_row + m;
    word* const  a      = p.a_room.template last<word>(a_size);
    word* const  b      = p.b_room.template last<word>(b_size);
    sum* const   c      = p.c_room.template last<sum>(c_size);
    const auto   poison = 0x7fd00001u; // as floats NaN, as bytes large
    std::fill_n(a, a_size, std::bit_cast<word>(poison));
    std::fill_n(b, b_size, std::bit_cast<word>(poison));
    std::fill_n(c, c_size, std::bit_cast<sum>(poison));
    for (size_t i = 0; i < n; ++i)
        for (size_t t = 0; t < words; ++t) a[i * a_row + t * a_step] = std::bit_cast<word>(p.a[i * p.k + t]);
    for (size_t t = 0; t < words; ++t)
        for (size_t j = 0; j < m; ++j) b[t * b_row + j] = std::bit_cast<word>(p.b[t * p.m + j]);
    for (size_t i = 0; i < n; ++i) std::copy_n(p.c.data() + i * p.m, m, c_size == 0 ? nullptr : c + i * c_row);
    (table.*p.by.of)(a, a_row, a_step, b, b_row, c, c_row, n, words, m);
    bool good = true;
    for (size_t i = 0; i < n; ++i) {
        good &= truth.has(table, c + i * c_row, i * p.m, m);
        for (size_t j = m; m > 0 && j < c_row && i + 1 < n; ++j)
            good &= std::bit_cast<std::uint32_t>(c[i * c_row + j]) == poison;
    }
    return good;
}

} // namespace

TEST_CASE("chains agree for every shape and stay inside their columns") {
    for_chains([](const auto& by) {
        using Case = std::remove_cvref_t<decltype(by)>;
        tally count{by.name};
        for (const bool gentle : {false, true}) {
            const product_problem<Case>      p(by, gentle);
            std::vector<product_truth<Case>> truth;
            for (size_t words = 0; words <= p.k; ++words) truth.emplace_back(p, words);
            for (const kernels* k : distinct(by.of)) {
                CAPTURE(k->name);
                CAPTURE(by.name);
                const auto check = [&](size_t n, size_t words, size_t m, const layout& lie) {
                    count.check(block(p, *k, truth[words], n, words, m, lie), *k, "n", n, "k", words, "m", m,
                                lie.across ? "a across" : "a along", lie.panel ? "packed" : "unpacked");
                };
                size_t turn = 0;
                for (size_t n = 0; n <= p.n; ++n)
                    for (size_t m = 0; m <= p.m; ++m, ++turn) { // every n with every m, each with two k in two layouts
                        check(n, turn * 37 % 71, m, {turn % 2 == 1, turn % 3, turn % 5, turn % 4, false});
                        check(n, turn * 19 % 12, m, {turn % 2 == 0, 0, 0, 0, false});
                        if (m <= panel_rows) check(n, turn * 23 % 71, m, {turn % 4 > 1, turn % 2, 0, turn % 7, true});
                    }
                for (size_t words = 0; words <= p.k; ++words) // every k
                    for (const size_t n : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 17u})
                        for (const size_t m : {1u, 16u, 31u, 48u, 49u, 95u, 96u, 97u, 100u})
                            check(n, words, m, {words % 2 == 1, 0, words % 3, n % 3, false});
            }
        }
    });
}

TEST_CASE("chains agree at every alignment") {
    for_chains([](const auto& by) {
        using Case                    = std::remove_cvref_t<decltype(by)>;
        using word                    = typename Case::word_type;
        using sum                     = typename Case::sum;
        constexpr size_t            n = 9, k = 11, m = 61, row = 80;
        tally                       count{by.name};
        const product_problem<Case> p(by, true);
        alignas(64) word            a[n * 16 + 16], b[k * row + 16];
        alignas(64) sum             c[n * row + 16];
        for (const kernels* table : distinct(by.of)) {
            const product_truth<Case> truth(p, k);
            for (size_t shift = 0; shift < 16; ++shift)
                for (const bool packed : {false, true}) {
                    const size_t columns = packed ? panel_rows : m, b_row = packed ? panel_rows : row,
                                 c_at = shift * 7 % 16;
                    for (size_t i = 0; i < n; ++i)
                        for (size_t t = 0; t < k; ++t) a[shift + i * 16 + t] = std::bit_cast<word>(p.a[i * p.k + t]);
                    for (size_t t = 0; t < k; ++t)
                        for (size_t j = 0; j < columns; ++j)
                            b[shift + t * b_row + j] = std::bit_cast<word>(p.b[t * p.m + j]);
                    for (size_t i = 0; i < n; ++i) std::copy_n(p.c.data() + i * p.m, columns, c + c_at + i * row);
                    (table->*by.of)(a + shift, 16, 1, b + shift, b_row, c + c_at, row, n, k, columns);
                    bool good = true;
                    for (size_t i = 0; i < n; ++i) good &= truth.has(*table, c + c_at + i * row, i * p.m, columns);
                    count.check(good, *table, "shift", shift, packed ? "packed" : "unpacked");
                }
        }
    });
}

TEST_CASE("chains are as close to double precision as their order of rounding promises") {
    for_chains([](const auto& by) {
        using Case = std::remove_cvref_t<decltype(by)>;
        tolerances::seen seen;
        for (const bool gentle : {false, true}) {
            const product_problem<Case> p(by, gentle);
            for (const size_t words : {0u, 1u, 7u, 32u, 70u}) {
                std::vector<wide_sum> wide(p.n * p.m);
                for (size_t i = 0; i < p.n; ++i)
                    for (size_t j = 0; j < p.m; ++j) {
                        wide_sum& s = wide[i * p.m + j];
                        s.add(static_cast<double>(p.c[i * p.m + j]));
                        for (size_t t = 0; t < words; ++t) by.add(s, p.a[i * p.k + t], p.b[t * p.m + j]);
                    }
                for (const kernels* k : distinct(by.of)) {
                    const auto out   = p.whole_by(*k, words);
                    size_t     wrong = 0;
                    for (size_t i = 0; i < out.size(); ++i) {
                        double off = std::abs(static_cast<double>(out[i]) - wide[i].value);
                        if (Case::whole) off = std::fmod(off, 0x1p32); // 32-bit sums may wrap, as the truth does
                        wrong += !seen.within(*k, off, Case::tolerance(words) * wide[i].size);
                    }
                    CHECK_MESSAGE(wrong == 0, std::string(k->name) << " " << by.name << " k " << words);
                }
            }
        }
        report().add(by.name, Case::whole ? "0" : "4 (k + 1) 2^-24 (|c| + sum |terms|)", seen);
    });
}

namespace {

bool same(const std::vector<tile_found>& a, const std::vector<tile_found>& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
               return x.query == y.query && x.row == y.row && bits_of(x.upper) == bits_of(y.upper);
           });
}
/// What must be let through of `all`, which has every pair, when the last `queries` are asked.
std::vector<tile_found> passing(const std::vector<tile_found>& all, const float* floor, size_t queries) {
    std::vector<tile_found> out;
    const auto              before = static_cast<std::uint32_t>(tile_queries - queries);
    for (const tile_found& f : all)
        if (f.query >= before && f.upper >= floor[f.query]) out.push_back({f.query - before, f.row, f.upper});
    return out;
}
/// Every pair, query by query and then by row.
bool complete(const std::vector<tile_found>& all, size_t queries) {
    if (all.size() != queries * panel_rows) return false;
    for (size_t i = 0; i < all.size(); ++i)
        if (all[i].query != i / panel_rows || all[i].row != i % panel_rows) return false;
    return true;
}

constexpr float infinity = std::numeric_limits<float>::infinity(), no_number = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST_CASE("what is above is the written definition") {
    for_above_kernels([](const above_case& by) {
        for (const bool offsets : {true, false})
            for (const bool gentle : {true, false}) {
                above_problem p(by, 33, gentle, 11);
                if (!offsets) p.rows.offset = nullptr, p.q.shift = nullptr;
                std::fill_n(p.floor, tile_queries, -infinity);
                const auto found = p.run(scalar_kernels().*by.of, tile_queries);
                REQUIRE(complete(found, tile_queries));
                size_t differ = 0;
                for (const tile_found& f : found) {
                    const std::uint32_t* q   = p.q.words + f.query * p.q.stride;
                    const auto           row = [&](size_t t) { return p.rows.words[48 * t + f.row]; };
                    float                x   = 0;
                    if (by.whole) {
                        const double sum = by.wide(q, p.rows.words + f.row, p.words).value;
                        x                = static_cast<float>(static_cast<std::int32_t>(sum) + p.q.start[f.query]);
                    }
                    const std::string_view name = by.name;
                    for (size_t t = 0; t < p.words; ++t) {
                        const auto f32 = [](std::uint32_t w) { return std::bit_cast<float>(w); };
                        const auto f16 = [](std::uint32_t w) { return static_cast<float>(f16_number(w & 0xffffu)); };
                        if (name == "f32_above") x = std::fma(f32(q[t]), f32(row(t)), x);
                        if (name == "bf16_above") {
                            x = std::fma(f32(q[t] & 0xffff0000u), f32(row(t) & 0xffff0000u), x);
                            x = std::fma(f32(q[t] << 16), f32(row(t) << 16), x);
                        }
                        if (name == "f16_above") {
                            x = std::fma(f32(q[2 * t + 1]), f16(row(t) >> 16), x);
                            x = std::fma(f32(q[2 * t]), f16(row(t)), x);
                        }
                    }
                    if (offsets) x = std::fma(p.q.shift[f.query], p.rows.offset[f.row], x);
                    const float scaled = x * p.rows.scale[f.row];
                    differ += bits_of(std::fma(p.q.gain[f.query], p.rows.error[f.row], scaled)) != bits_of(f.upper);
                }
                CHECK_MESSAGE(differ == 0, by.name);
            }
    });
}

TEST_CASE("what is above is above in all tables alike, for every length, number of queries and floor") {
    for_above_kernels([](const above_case& by) {
        tally count{by.name};
        for (size_t words = 0; words <= 101; ++words) {
            const size_t  turn = words, length = words == 101 ? 384 : words;
            above_problem p(by, length, turn % 3 != 0, 100 + turn, turn % 4 == 0 ? 0 : turn % 7);
            if (turn % 2 == 1) p.rows.offset = nullptr, p.q.shift = nullptr;
            std::vector<tile_found> truth;
            for (const kernels* k : distinct(by.of)) {
                CAPTURE(k->name);
                CAPTURE(by.name);
                CAPTURE(length);
                std::fill_n(p.floor, tile_queries, -infinity);
                const auto all = p.run(k->*by.of, tile_queries);
                if (k == &scalar_kernels()) truth = all;
                count.check(complete(all, tile_queries), *k, "not all, words", length);
                if (k->exact) count.check(same(all, truth), *k, "words", length);
                const auto with = [&](const char* which, size_t queries) {
                    const auto expected = passing(all, p.floor, queries);
                    const auto found    = p.run(k->*by.of, queries);
                    count.check(same(found, expected), *k, "floor", which, "queries", queries, "words", length,
                                "let through", found.size(), "instead of", expected.size());
                    return expected.size();
                };
                // the uppers of a query by size, to choose floors among
                std::vector<float> sorted[tile_queries];
                for (const tile_found& f : all) sorted[f.query].push_back(f.upper);
                for (auto& s : sorted) std::sort(s.begin(), s.end());
                const auto floors = [&](const auto& choose) {
                    for (size_t i = 0; i < tile_queries; ++i) p.floor[i] = choose(i);
                };
                for (size_t queries = 1; queries <= tile_queries; ++queries) {
                    floors([&](size_t) { return -infinity; });
                    count.check(with("all", queries) == queries * panel_rows, *k, "all");
                    floors([&](size_t) { return infinity; });
                    count.check(with("none", queries) == 0, *k, "none");
                    floors([&](size_t i) { return sorted[i][47]; }); // the best, which just passes
                    count.check(with("the best", queries) >= queries, *k, "the best");
                    floors([&](size_t i) { return std::nextafter(sorted[i][47], infinity); });
                    count.check(with("just not the best", queries) == 0, *k, "just not the best");
                    floors([&](size_t i) { return sorted[i][(i * 11 + turn + queries) % 48]; });
                    with("some", queries);
                    floors([&](size_t i) { return i % 3 == turn % 3 ? no_number : sorted[i][24 + i]; });
                    with("NaN among others", queries);
                    floors([&](size_t) { return no_number; });
                    count.check(with("NaN", queries) == 0, *k, "NaN");
                    floors([&](size_t i) { return i == tile_queries - 1 - turn % queries ? sorted[i][40] : infinity; });
                    with("one query", queries);
                }
            }
        }
    });
}

TEST_CASE("what is wanted soon changes nothing") {
    alignas(64) static const char memory[64] = {};
    const auto                    low        = reinterpret_cast<const void*>(std::uintptr_t{1});
    const auto                    high       = reinterpret_cast<const void*>(~std::uintptr_t{0} - (1u << 20));
    const void* const             places[]   = {nullptr, memory, memory + 63, low, high};
    for_above_kernels([&](const above_case& by) {
        tally count{by.name};
        for (const size_t words : {0u, 1u, 2u, 3u, 7u, 24u, 96u}) {
            above_problem p(by, words, false, 200 + words);
            for (const kernels* k : distinct(by.of)) {
                CAPTURE(k->name);
                CAPTURE(by.name);
                std::fill_n(p.floor, tile_queries, 0.f);
                p.rows.ahead = nullptr, p.rows.lines = 0;
                const auto expected = p.run(k->*by.of, tile_queries);
                for (const void* ahead : places)
                    for (const size_t lines : {size_t{0}, size_t{1}, size_t{3}})
                        for (const size_t queries : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
                            p.rows.ahead = ahead, p.rows.lines = lines;
                            count.check(same(p.run(k->*by.of, queries), passing(expected, p.floor, queries)), *k,
                                        "lines", lines, "queries", queries, "words", words);
                        }
            }
        }
    });
}

TEST_CASE("what overflows passes where it is +infinity, and a NaN never") {
    for_above_kernels([](const above_case& by) {
        above_problem      p(by, 3, true, 300);
        std::vector<float> scale(panel_rows), error(panel_rows), gain(tile_queries, 1.f);
        const float        odd[] = {1, 0, -1, infinity, -infinity, no_number, 0x1p127f, -0x1p127f, 0x1p-149f};
        for (size_t r = 0; r < panel_rows; ++r) scale[r] = odd[r % 9], error[r] = odd[r / 9 % 6];
        p.rows.scale = scale.data(), p.rows.error = error.data(), p.q.gain = gain.data();
        for (const float floor : {-infinity, -0.f, 0.f, 1.f, 0x1p127f, infinity, no_number}) {
            std::fill_n(p.floor, tile_queries, floor);
            const auto truth = p.run(scalar_kernels().*by.of, tile_queries);
            if (floor == -infinity) {
                CHECK(truth.size() < panel_rows * tile_queries);
                for (const tile_found& f : truth) CHECK(f.upper == f.upper);
            }
            tally count{by.name};
            for (const kernels* k : distinct(by.of))
                if (k->exact) count.check(same(p.run(k->*by.of, tile_queries), truth), *k);
        }
    });
}

TEST_CASE("integer sums begin at `start`, fill 32 bits, and are rounded to the nearest float, ties to even") {
    for_above_kernels([](const above_case& by) {
        if (!by.whole) return;
        above_problem             p(by, 100, true, 400);
        const std::vector<float>  ones(panel_rows, 1.f), none(panel_rows, 0.f);
        std::int64_t              sums[tile_queries][panel_rows];
        std::vector<std::int32_t> starts = {0, 1, -1, 16777217 /* 2^24 + 1 */, 16777219, -16777217, 0, 0};
        for (size_t i = 0; i < tile_queries; ++i)
            for (size_t r = 0; r < panel_rows; ++r)
                sums[i][r] =
                    static_cast<std::int64_t>(by.wide(p.q.words + i * p.q.stride, p.rows.words + r, 100).value);
        // as far as 32 bits go, so that a sum of signed terms leaves them on its way
        starts[6] = static_cast<std::int32_t>(
            0x7fffffff - std::max<std::int64_t>(0, *std::max_element(sums[6], sums[6] + panel_rows)));
        starts[7] = static_cast<std::int32_t>(
            -0x80000000LL - std::min<std::int64_t>(0, *std::min_element(sums[7], sums[7] + panel_rows)));
        p.rows.scale = ones.data(), p.rows.error = none.data(), p.rows.offset = nullptr, p.q.start = starts.data();
        std::fill_n(p.floor, tile_queries, -infinity);
        for (const kernels* k : distinct(by.of)) {
            tally      count{by.name};
            const auto found = p.run(k->*by.of, tile_queries);
            REQUIRE(complete(found, tile_queries));
            for (const tile_found& f : found)
                count.check(f.upper == static_cast<float>(sums[f.query][f.row] + starts[f.query]), *k, "start",
                            f.query);
        }
    });
}

TEST_CASE("what is above is as close to double precision as its order of rounding promises") {
    for_above_kernels([](const above_case& by) {
        tolerances::seen seen;
        for (const size_t words : {0u, 1u, 16u, 33u, 96u, 384u})
            for (const bool gentle : {false, true}) {
                const above_problem p(by, words, gentle, 500 + words);
                std::fill_n(p.floor, tile_queries, -infinity);
                std::vector<wide_sum> wide;
                for (size_t i = 0; i < tile_queries; ++i)
                    for (size_t r = 0; r < panel_rows; ++r) wide.push_back(p.wide(by, i, r));
                for (const kernels* k : distinct(by.of)) {
                    const auto found = p.run(k->*by.of, tile_queries);
                    REQUIRE(complete(found, tile_queries));
                    size_t wrong = 0;
                    for (size_t i = 0; i < found.size(); ++i)
                        wrong += !seen.within(*k, std::abs(number(found[i].upper) - wide[i].value),
                                              by.tolerance(words) * wide[i].size);
                    CHECK_MESSAGE(wrong == 0, std::string(k->name) << " " << by.name << " words " << words);
                }
            }
        report().add(by.name, "(4 words + 8) 2^-24 sum |all that is summed|", seen);
    });
    report().print();
}
