// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "simd/support.hpp"
#include "simd/tally.hpp"

#include <graft/simd/dot.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using namespace test;

namespace {

/// The tables whose kernels are others than those of the tables before; the truth comes first and is not among them.
template <class K>
std::vector<const kernels*> others(const K& kernel) {
    std::vector<const kernels*> out, seen{&scalar_kernels()};
    for (const kernels* k : tables()) {
        const auto like = [&](const kernels* s) {
            return kernel.all(*s) == kernel.all(*k) && kernel.of(*s) == kernel.of(*k);
        };
        if (std::any_of(seen.begin(), seen.end(), like)) continue;
        seen.push_back(k), out.push_back(k);
    }
    return out;
}

/// Room for n elements, `shift` elements behind a boundary of 64 bytes.
template <class T>
class shifted {
    std::vector<std::byte> room_;
    T*                     at_;

public:
    shifted(size_t n, size_t shift) : room_((n + shift) * sizeof(T) + 64) {
        const auto at = reinterpret_cast<std::uintptr_t>(room_.data());
        at_           = reinterpret_cast<T*>(room_.data() + ((at + 63) / 64 * 64 - at)) + shift;
    }
    shifted(const std::vector<T>& x, size_t shift) : shifted(x.size(), shift) { put(x.data(), x.size()); }
    void     put(const T* x, size_t n) { std::memcpy(at_, x, n * sizeof(T)); }
    const T* data() const { return at_; }
};

// Rows in an order of their own, with repeats: two groups of four and one over.
constexpr size_t        most_rows        = 9;
constexpr std::uint32_t which[most_rows] = {4, 0, 2, 2, 1, 3, 0, 4, 1};

/// What the truth says of n rows and of those that `which` names, and how far others may be off: by nothing, where a
/// table promises bits.
template <class K>
struct truth {
    using sum = typename K::sum;
    sum    all[most_rows], of[most_rows];
    double slack_all[most_rows], slack_of[most_rows];

    truth(const K& kernel, const typename K::query* q, const typename K::code* rows, size_t n, size_t dims) {
        kernel.score(scalar_kernels(), q, rows, n, dims, all);
        for (size_t i = 0; i < n; ++i) // the truth is off as well
            slack_all[i] = K::whole ? 0 : 2 * K::tolerance(dims) * kernel.wide(q, rows + i * dims, dims).size;
        for (size_t i = 0; i < most_rows; ++i)
            if (n != 0) of[i] = all[which[i] % n], slack_of[i] = slack_all[which[i] % n];
    }
    bool has(const kernels& k, const sum* out, size_t n) const { return right(k, out, all, slack_all, n); }
    bool has_of(const kernels& k, const sum* out, size_t n) const { return right(k, out, of, slack_of, n); }

private:
    static bool right(const kernels& k, const sum* out, const sum* truth, const double* slack, size_t n) {
        if (K::whole || k.exact) return same(out, truth, n);
        for (size_t i = 0; i < n; ++i)
            if (!(std::abs(static_cast<double>(out[i]) - static_cast<double>(truth[i])) <= slack[i])) return false;
        return true;
    }
};

/// One element after the other as the words of the definition say it, f32 lanes.
float written_lanes(const std::vector<float>& q, const std::vector<float>& row, bool squared) {
    float        lane[32] = {};
    const size_t n        = q.size();
    for (size_t i = 0; i < (n + 15) / 16 * 16; ++i) {
        const float x = i < n ? q[i] : 0.f, y = i < n ? row[i] : 0.f, d = x - y;
        lane[i % 32] = squared ? std::fma(d, d, lane[i % 32]) : std::fma(x, y, lane[i % 32]);
    }
    for (size_t half : {16u, 8u, 4u, 2u, 1u})
        for (size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
    return lane[0];
}

/// binary16, by its definition.
float written_f16(std::uint32_t code) {
    const int    exponent = static_cast<int>(code >> 10 & 31), fraction = static_cast<int>(code & 0x3ff);
    const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return static_cast<float>((code & 0x8000u) != 0 ? -size : size);
}
template <class T>
float decoded(T x) {
    if constexpr (std::is_same_v<T, float>) return x;
    if constexpr (std::is_same_v<T, bf16_code>) return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
    if constexpr (std::is_same_v<T, f16_code>) return written_f16(static_cast<std::uint32_t>(x));
    if constexpr (std::is_same_v<T, i8_code>) return static_cast<float>(static_cast<int>(x) - 128);
}

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

tolerances& report() {
    static tolerances lines;
    return lines;
}

} // namespace

TEST_CASE("kernels have names, and best is one of them") {
    CHECK(kernels_named("scalar") == &scalar_kernels());
    CHECK(kernels_named("portable") == &portable_kernels());
    CHECK(kernels_named("best") == &best_kernels());
    CHECK(kernels_named("") == nullptr);
    CHECK(kernels_named("avx1024") == nullptr);
    CHECK(kernels_named(best_kernels().name) == &best_kernels());
    CHECK(simd::active() == best_kernels().name);
    CHECK(scalar_kernels().exact);
    std::string names;
    for (const kernels* k : tables()) {
        CHECK(kernels_named(k->name) == k);
        if (k->name != "portable") CHECK(k->exact);
        names += std::string(k->name) + (k->exact ? " " : " (not exact) ");
    }
    MESSAGE("beside the scalar kernels: " << names << "- best: " << std::string(simd::active()));
}

TEST_CASE("no kernel is missing in any table") {
    auto all = tables();
    all.push_back(&scalar_kernels());
    for (const kernels* k : all) {
        CAPTURE(k->name);
        for_row_kernels([&](const auto& kernel) {
            CAPTURE(kernel.name);
            CHECK((kernel.all(*k) != nullptr && kernel.of(*k) != nullptr));
        });
        CHECK((k->axpy != nullptr));
        CHECK((k->chains != nullptr && k->bf16_chains != nullptr && k->i8_chains != nullptr && k->pack != nullptr));
        CHECK((k->f32_above != nullptr && k->bf16_above != nullptr && k->f16_above != nullptr));
        CHECK((k->i8_above != nullptr && k->bits_above != nullptr));
    }
}

TEST_CASE("the scalar truth is the written definition: lanes") {
    for_row_kernels([&](const auto& kernel) {
        using K = std::remove_cvref_t<decltype(kernel)>;
        if constexpr (std::is_same_v<typename K::query, float>) {
            const bool squared = std::string_view(kernel.name).ends_with("distances");
            size_t     differ  = 0;
            for (size_t turn = 0; turn < 400; ++turn) {
                const size_t       dims = turn / 2;
                const auto         q    = numbers<float>(turn % 2 == 0, dims, turn);
                const auto         row  = numbers<typename K::code>(turn % 2 == 0, dims, 1000 + turn);
                std::vector<float> row_numbers(dims);
                for (size_t i = 0; i < dims; ++i) row_numbers[i] = decoded(row[i]);
                float out = 1;
                kernel.score(scalar_kernels(), q.data(), row.data(), 1, dims, &out);
                if (bits_of(out) != bits_of(written_lanes(q, row_numbers, squared))) ++differ;
            }
            CHECK_MESSAGE(differ == 0, std::string(kernel.name));
        }
    });
}

TEST_CASE("the scalar truth is the written definition: pairs") {
    size_t differ = 0;
    for (size_t turn = 0; turn < 600; ++turn) {
        const size_t dims   = turn / 2;
        const auto   q      = numbers<bf16_code>(turn % 2 == 0, dims, turn),
                   row      = numbers<bf16_code>(turn % 2 == 0, dims, 1000 + turn);
        float      lane[32] = {};
        const auto at       = [&](const std::vector<bf16_code>& x, size_t i) { return i < dims ? decoded(x[i]) : 0.f; };
        for (size_t w = 0; w < (dims + 31) / 32 * 16; ++w) { // of a word first the upper element, then the lower
            float& s = lane[w % 32];
            s        = std::fma(at(q, 2 * w + 1), at(row, 2 * w + 1), s);
            s        = std::fma(at(q, 2 * w), at(row, 2 * w), s);
        }
        for (size_t half : {16u, 8u, 4u, 2u, 1u})
            for (size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
        float out = 1;
        scalar_kernels().bf16_pairs.dots(q.data(), row.data(), 1, dims, &out);
        if (bits_of(out) != bits_of(lane[0])) ++differ;
    }
    CHECK(differ == 0);
}

TEST_CASE("integers are right up to 65,536 dimensions of extreme codes, in every table") {
    std::vector<const kernels*> all = tables();
    all.push_back(&scalar_kernels());
    const int extremes[] = {-128, -127, 127};
    for (const kernels* k : all) {
        CAPTURE(k->name);
        for (const size_t dims : {size_t{1}, size_t{63}, size_t{130}, size_t{4099}, size_t{65536}})
            for (const int a : extremes)
                for (const int b : {-127, 127}) {
                    const std::vector<std::int8_t> q(dims, static_cast<std::int8_t>(a));
                    const std::vector<i8_code>     rows(5 * dims, static_cast<i8_code>(b + 128));
                    std::int32_t                   out[5];
                    k->i8_pairs.dots(q.data(), rows.data(), 5, dims, out);
                    for (const std::int32_t x : out) CHECK(x == static_cast<std::int64_t>(dims) * a * b);
                }
        // neighbours that add up to the most, and those that cancel
        const size_t             dims = 65536;
        std::vector<std::int8_t> q(dims);
        std::vector<i8_code>     row(dims);
        for (const size_t period : {size_t{2}, size_t{4}, size_t{64}, size_t{128}, dims}) {
            std::int64_t sum = 0;
            for (size_t i = 0; i < dims; ++i) {
                const int a = i % period < period / 2 ? 127 : -128, b = i % 3 == 0 ? -127 : 127;
                q[i] = static_cast<std::int8_t>(a), row[i] = static_cast<i8_code>(b + 128), sum += a * b;
            }
            std::int32_t out = 0;
            k->i8_pairs.dots(q.data(), row.data(), 1, dims, &out);
            CHECK(out == sum);
        }
        const std::vector<std::uint32_t> ones(65536, 0xffffffffu), none(65536, 0);
        std::uint32_t                    differ = 0;
        k->bits.distances(ones.data(), none.data(), 1, ones.size(), &differ);
        CHECK(differ == 32 * 65536);
    }
}

TEST_CASE("every code is widened to its number, at every place of a register, in every table") {
    const auto each = [&]<class Code>(const char* name, auto part, const std::vector<Code>& codes) {
        constexpr size_t  dims = 32;
        std::vector<Code> rows(codes);
        rows.resize((codes.size() + dims - 1) / dims * dims, codes.front());
        const size_t       n = rows.size() / dims;
        std::vector<float> out(n), one(n * dims);
        auto               all = tables();
        all.push_back(&scalar_kernels());
        for (const kernels* k : all) {
            size_t wrong = 0;
            for (size_t place = 0; place < dims; ++place) {
                float q[dims] = {};
                q[place]      = 1;
                (k->*part).dots(q, rows.data(), n, dims, out.data());
                for (size_t i = 0; i < n; ++i) wrong += out[i] != decoded(rows[i * dims + place]);
            }
            const float q = 1;
            (k->*part).dots(&q, rows.data(), rows.size(), 1, one.data()); // and alone
            for (size_t i = 0; i < one.size(); ++i) wrong += one[i] != decoded(rows[i]);
            CHECK_MESSAGE(wrong == 0, std::string(k->name) << " " << name);
        }
    };
    std::vector<f16_code>  f16;
    std::vector<bf16_code> bf16;
    std::vector<i8_code>   i8;
    for (std::uint32_t x = 0; x < 65536; ++x) {
        if ((x & 0x7c00u) != 0x7c00u) f16.push_back(static_cast<f16_code>(x)); // there are no infinities and NaN
        if ((x & 0x7f80u) != 0x7f80u) bf16.push_back(static_cast<bf16_code>(x));
        if (x > 0 && x < 256) i8.push_back(static_cast<i8_code>(x));
    }
    each("f16", &kernels::f16, f16);
    each("bf16", &kernels::bf16, bf16);
    each("i8", &kernels::i8, i8);
}

TEST_CASE("rows are scored alike by all tables, at every length from 0 to 4,099 and two alignments") {
    constexpr size_t most = 4099, n = 5; // a group of four, and one over
    for_row_kernels([&](const auto& kernel) {
        using K       = std::remove_cvref_t<decltype(kernel)>;
        const auto by = others(kernel);
        if (by.empty()) return;
        tally count{kernel.name};
        for (const bool gentle : {false, true}) {
            const auto q    = numbers<typename K::query>(gentle, most, 3);
            const auto rows = numbers<typename K::code>(gentle, n * most, 4);
            const auto q0 = shifted(q, 0), q1 = shifted(q, 3);
            const auto rows0 = shifted(rows, 0), rows1 = shifted(rows, 5);
            for (size_t dims = 0; dims <= most; ++dims) {
                const truth<K> expected(kernel, q.data(), rows.data(), n, dims);
                for (const bool off : {false, true})
                    for (const kernels* k : by) {
                        typename K::sum out[most_rows];
                        const auto*     a = (off ? q1 : q0).data();
                        const auto*     b = (off ? rows1 : rows0).data();
                        kernel.score(*k, a, b, n, dims, out);
                        count.check(expected.has(*k, out, n), *k, "dims", dims, off ? "off" : "aligned");
                        kernel.score_of(*k, a, b, which, most_rows, dims, out);
                        count.check(expected.has_of(*k, out, most_rows), *k, "which, dims", dims,
                                    off ? "off" : "aligned");
                    }
            }
        }
    });
}

TEST_CASE("rows are scored alike at all alignments, for any number of them, and nothing beside the scores is written") {
    constexpr size_t lengths[20] = {1, 2, 3, 5, 7, 8, 13, 16, 17, 24, 31, 32, 33, 48, 63, 64, 100, 129, 257, 387};
    for_row_kernels([&](const auto& kernel) {
        using K       = std::remove_cvref_t<decltype(kernel)>;
        using query   = typename K::query;
        using code    = typename K::code;
        using sum     = typename K::sum;
        const auto by = others(kernel);
        tally      count{kernel.name};
        size_t     turn = 0;
        for (const size_t dims : lengths) {
            if (by.empty()) break;
            const auto     q    = tame<query>(dims, 5 + dims);
            const auto     rows = tame<code>(most_rows * dims, 6 + dims);
            const truth<K> expected(kernel, q.data(), rows.data(), most_rows, dims);
            for (size_t i = 0; i < 64 / sizeof(query); ++i)
                for (size_t j = 0; j < 64 / sizeof(code); ++j) {
                    const auto   a = shifted(q, i);
                    const auto   b = shifted(rows, j);
                    const size_t n = turn++ % (most_rows + 1), to = turn % 16;
                    for (const kernels* k : by) {
                        sum out[32];
                        std::memset(out, 0x5a, sizeof out);
                        const auto untouched = [&] {
                            for (size_t o = 0; o < 32; ++o)
                                if (o < to || o >= to + n) {
                                    const auto* bytes = reinterpret_cast<const unsigned char*>(out + o);
                                    for (size_t x = 0; x < sizeof(sum); ++x)
                                        if (bytes[x] != 0x5a) return false;
                                }
                            return true;
                        };
                        kernel.score(*k, a.data(), b.data(), n, dims, out + to);
                        count.check(expected.has(*k, out + to, n), *k, "dims", dims, "n", n, "alignment", i, j);
                        kernel.score_of(*k, a.data(), b.data(), which, n, dims, out + to);
                        count.check(expected.has_of(*k, out + to, n), *k, "which, dims", dims, "n", n, "alignment", i,
                                    j);
                        count.check(untouched(), *k, "writes beside its scores, dims", dims, "n", n);
                    }
                }
        }
    });
}

TEST_CASE("kernels read and write nothing beside what they were given") {
    // A fault here is a read or write beside the arrays: each stands between two pages that nobody may touch.
    constexpr size_t    most = 1031;
    std::vector<size_t> lengths{257, 384, 387, 768, 769, most};
    for (size_t dims = 0; dims <= 160; ++dims) lengths.push_back(dims);
    for_row_kernels([&](const auto& kernel) {
        using K     = std::remove_cvref_t<decltype(kernel)>;
        using query = typename K::query;
        using code  = typename K::code;
        using sum   = typename K::sum;
        const fenced q_room(4 * most), row_room(4 * most * most_rows), which_room(4 * most_rows),
            out_room(4 * most_rows);
        const auto q    = tame<query>(most, 7);
        const auto rows = tame<code>(most * most_rows, 8);
        tally      count{kernel.name};
        for (const kernels* k : others(kernel)) {
            CAPTURE(k->name);
            CAPTURE(kernel.name);
            kernel.score(*k, q.data(), nullptr, 0, 17, nullptr); // no rows, no memory of theirs
            kernel.score_of(*k, q.data(), nullptr, nullptr, 0, 17, nullptr);
            for (const size_t dims : lengths)
                for (const size_t n : {1u, 2u, 3u, 4u, 9u})
                    for (const bool front : {false, true}) {
                        query*         a = front ? q_room.first<query>(dims) : q_room.last<query>(dims);
                        code*          b = front ? row_room.first<code>(n * dims) : row_room.last<code>(n * dims);
                        sum*           c = front ? out_room.first<sum>(n) : out_room.last<sum>(n);
                        std::uint32_t* w =
                            front ? which_room.first<std::uint32_t>(n) : which_room.last<std::uint32_t>(n);
                        std::copy_n(q.data(), dims, a);
                        std::copy_n(rows.data(), n * dims, b);
                        for (size_t i = 0; i < n; ++i) w[i] = static_cast<std::uint32_t>(n - 1 - i);
                        kernel.score(*k, a, b, n, dims, c);
                        sum turned[most_rows];
                        std::reverse_copy(c, c + n, turned);
                        kernel.score_of(*k, a, b, w, n, dims, c);
                        if (K::whole || k->exact) count.check(same(c, turned, n), *k, "dims", dims, "n", n);
                    }
        }
    });
}

TEST_CASE("a row is found beyond 2^32 elements") {
    for_row_kernels([&](const auto& kernel) {
        using K               = std::remove_cvref_t<decltype(kernel)>;
        constexpr size_t dims = 4099, far = (size_t{1} << 32) / dims + 1,
                         bytes = (far + 1) * dims * sizeof(typename K::code);
        void* room = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (room == MAP_FAILED) {
            MESSAGE("no " << bytes << " bytes of addresses for " << std::string(kernel.name));
            return;
        }
        auto*               rows     = static_cast<typename K::code*>(room);
        const auto          row      = wild<typename K::code>(dims, 9);
        const auto          q        = wild<typename K::query>(dims, 10);
        const std::uint32_t there[5] = {far, far, far, far, far};
        std::copy(row.begin(), row.end(), rows + far * dims);
        const truth<K> expected(kernel, q.data(), row.data(), 1, dims);
        tally          count{kernel.name};
        for (const kernels* k : others(kernel)) {
            typename K::sum out[5];
            kernel.score_of(*k, q.data(), rows, there, 5, dims, out);
            count.check(expected.has_of(*k, out, 5), *k);
        }
        munmap(room, bytes);
    });
}

TEST_CASE("-0, subnormals and cancellation come out alike") {
    const float numbers[] = {-0.f, 0.f, 0x1p-149f, -0x1p-149f, 0x1p-126f, -0x1p-100f, 1.f, -1.f};
    for_row_kernels([&](const auto& kernel) {
        using K    = std::remove_cvref_t<decltype(kernel)>;
        using code = typename K::code;
        if constexpr (std::is_same_v<typename K::query, float>) {
            std::vector<code> codes;
            if constexpr (std::is_same_v<code, float>) codes.assign(std::begin(numbers), std::end(numbers));
            if constexpr (std::is_same_v<code, bf16_code>) // a kernel widens what the encoder never writes, too
                for (const unsigned x : {0x8000u, 0u, 1u, 0x8001u, 0x7fu, 0x80u, 0x8080u, 0x3f80u})
                    codes.push_back(static_cast<bf16_code>(x));
            if constexpr (std::is_same_v<code, f16_code>)
                for (const unsigned x : {0x8000u, 0u, 1u, 0x8001u, 0x3ffu, 0x400u, 0x83ffu, 0x7bffu})
                    codes.push_back(static_cast<f16_code>(x));
            if constexpr (std::is_same_v<code, i8_code>)
                for (const unsigned x : {1u, 127u, 128u, 129u, 255u}) codes.push_back(static_cast<i8_code>(x));
            tally count{kernel.name};
            for (const size_t dims : {1u, 15u, 16u, 17u, 31u, 32u, 33u, 37u, 48u, 64u, 70u})
                for (const float x : numbers)
                    for (const code y : codes) {
                        const std::vector<float> q(dims, x);
                        std::vector<code>        rows(5 * dims, y);
                        for (size_t i = dims; i < 5 * dims; i += 3) rows[i] = codes[i % codes.size()];
                        const truth<K> expected(kernel, q.data(), rows.data(), 5, dims);
                        for (const kernels* k : others(kernel)) {
                            float out[5];
                            kernel.score(*k, q.data(), rows.data(), 5, dims, out);
                            if (k->exact) count.check(expected.has(*k, out, 5), *k, "dims", dims);
                        }
                    }
        }
    });
    // products that all vanish below zero leave -0 in every lane, unless a tail is padded with +0
    const std::vector<float> tiny(48, 0x1p-149f), less(48, -0x1p-149f);
    auto                     all = tables();
    all.push_back(&scalar_kernels());
    for (const kernels* k : all)
        if (k->exact) {
            CHECK(bits_of(dot(vector_view(tiny).first(32), vector_view(less).first(32), *k)) == 0x80000000u);
            CHECK(bits_of(dot(vector_view(tiny).first(33), vector_view(less).first(33), *k)) == 0);
            CHECK(bits_of(dot(vector_view(tiny).first(31), vector_view(less).first(31), *k)) == 0);
        }
}

TEST_CASE("pairs of tiny bf16 are right up to what hardware flushes to zero") {
    counter_random   r(12);
    tolerances::seen seen;
    auto             all = tables();
    all.push_back(&scalar_kernels());
    for (const size_t dims : {1u, 2u, 31u, 64u, 100u, 387u}) {
        std::vector<bf16_code> q(dims), rows(5 * dims);
        const auto             tiny = [&] { // 2^-90 to 2^-50, so that most products lie below 2^-126
            return static_cast<bf16_code>((r.bits32() & 0x807fu) | (37 + r.bits32() % 40) << 7);
        };
        for (auto& x : q) x = tiny();
        for (auto& x : rows) x = tiny();
        rows[0] = static_cast<bf16_code>(1), rows[dims - 1] = static_cast<bf16_code>(0x807f); // read as 0 by some
        for (const kernels* k : all) {
            float out[5];
            k->bf16_pairs.dots(q.data(), rows.data(), 5, dims, out);
            for (size_t i = 0; i < 5; ++i) {
                wide_sum s;
                for (size_t j = 0; j < dims; ++j) s.add(number(q[j]) * number(rows[i * dims + j]));
                const double tolerance =
                    (static_cast<double>(dims / 32) + 9) * 0x1p-24 * s.size + static_cast<double>(dims + 32) * 0x1p-126;
                if (!seen.within(*k, std::abs(number(out[i]) - s.value), tolerance))
                    FAIL_CHECK(std::string(k->name) << " dims " << dims << " row " << i);
            }
        }
    }
    report().add("bf16_pairs.dots, tiny", "as below + (dims + 32) 2^-126", seen);
}

TEST_CASE("axpy rounds once, at every length and alignment, and stays inside") {
    constexpr size_t most = 4099;
    const auto       x = wild<float>(most, 13), y = wild<float>(most, 14), factors = wild<float>(most + 1, 15);
    const fenced     x_room(4 * most), y_room(4 * most);
    auto             all = tables();
    all.push_back(&scalar_kernels());
    tally            count{"axpy"};
    tolerances::seen seen;
    for (const kernels* k : all) {
        CAPTURE(k->name);
        const auto right = [&](float a, const float* from, float* to, size_t n) {
            std::memcpy(to, y.data(), n * sizeof(float));
            k->axpy(a, from, to, n);
            bool good = true;
            for (size_t i = 0; i < n; ++i) {
                const double ax = number(a) * number(x[i]), sum = ax + number(y[i]);
                good &= seen.within(*k, std::abs(number(to[i]) - sum), 0x1p-23 * (std::abs(ax) + std::abs(sum)));
                if (k->exact) good &= bits_of(to[i]) == bits_of(std::fma(a, x[i], y[i]));
            }
            return good;
        };
        for (size_t n = 0; n <= most; n += n < 200 ? 1 : 61)
            for (const bool front : {false, true}) {
                float* from = front ? x_room.first<float>(n) : x_room.last<float>(n);
                float* to   = front ? y_room.last<float>(n) : y_room.first<float>(n);
                std::copy_n(x.data(), n, from);
                count.check(right(factors[n], from, to, n), *k, "n", n);
            }
        for (const size_t n : {1u, 7u, 15u, 16u, 33u, 100u})
            for (size_t i = 0; i < 16; ++i)
                for (size_t j = 0; j < 16; ++j) {
                    const auto         from = shifted(std::vector<float>(x.begin(), x.begin() + 100), i);
                    std::vector<float> to(160, 7.f);
                    const size_t       at   = (64 - reinterpret_cast<std::uintptr_t>(to.data()) % 64) / 4 % 16 + j;
                    bool               good = right(factors[n + i], from.data(), to.data() + at, n);
                    for (size_t o = 0; o < to.size(); ++o) good &= (o >= at && o < at + n) || to[o] == 7;
                    count.check(good, *k, "n", n, "alignment", i, j);
                }
    }
    report().add("axpy", "2^-23 (|a x| + |a x + y|)", seen);
}

TEST_CASE("every kernel is as close to the sum in double precision as its order of rounding promises") {
    constexpr size_t lengths[] = {1, 2, 7, 16, 31, 33, 64, 100, 384, 387, 768, 1031, 4099};
    constexpr size_t n         = 5;
    for_row_kernels([&](const auto& kernel) {
        using K = std::remove_cvref_t<decltype(kernel)>;
        tolerances::seen seen;
        const auto       with = [&](const auto& q, const auto& rows, size_t dims) {
            wide_sum truths[n];
            for (size_t i = 0; i < n; ++i) truths[i] = kernel.wide(q.data(), rows.data() + i * dims, dims);
            auto all = others(kernel);
            all.push_back(&scalar_kernels());
            for (const kernels* k : all) {
                typename K::sum out[n];
                kernel.score(*k, q.data(), rows.data(), n, dims, out);
                for (size_t i = 0; i < n; ++i)
                    if (!seen.within(*k, std::abs(static_cast<double>(out[i]) - truths[i].value),
                                           K::tolerance(dims) * truths[i].size))
                        FAIL_CHECK(std::string(k->name) << " " << kernel.name << " dims " << dims);
            }
        };
        for (const size_t dims : lengths) {
            with(wild<typename K::query>(dims, 16), wild<typename K::code>(n * dims, 17), dims);
            with(tame<typename K::query>(dims, 18), tame<typename K::code>(n * dims, 19), dims);
        }
        report().add(kernel.name, K::whole ? "0" : "(dims / 32 + 9) 2^-24 sum |terms|", seen);
    });
    report().print();
}

TEST_CASE("rows are scored as dots, one by one or together") {
    const auto         rows = wild<float>(5 * 50, 20), q = wild<float>(50, 21);
    std::vector<float> out(5);
    dots(q, matrix_view<const float>{rows.data(), 5, 50}, out);
    for (size_t i = 0; i < 5; ++i) CHECK(out[i] == dot(q, vector_view(rows).subspan(i * 50, 50)));
}
