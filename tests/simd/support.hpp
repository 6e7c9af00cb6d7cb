// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

// What every kernel is tested with: the tables, hostile numbers, memory that ends where it says, and sums in double
// precision. Without doctest, because tests/flags.cpp uses it too.

namespace test {

using graft::bf16_code, graft::counter_random, graft::f16_code, graft::i8_code, graft::kernels;
using std::size_t;

/// All tables that this processor runs, without the scalar one.
inline std::vector<const kernels*> tables() {
    std::vector<const kernels*> out;
    for (const char* name : {"portable", "avx2", "avx512", "avx512_vnni", "avx512_bf16"})
        if (const kernels* k = graft::kernels_named(name)) out.push_back(k);
    return out;
}

/// Memory between two pages that nobody may touch: one byte beside it ends the program.
class fenced {
    std::byte* at_   = nullptr;
    size_t     room_ = 0, page_ = 0;

public:
    explicit fenced(size_t bytes) : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
        room_      = std::max(size_t{1}, (bytes + page_ - 1) / page_) * page_;
        void* wide = mmap(nullptr, room_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (wide == MAP_FAILED) std::abort();
        at_ = static_cast<std::byte*>(wide) + page_;
        if (mprotect(at_, room_, PROT_READ | PROT_WRITE) != 0) std::abort();
    }
    fenced(const fenced&)            = delete;
    fenced& operator=(const fenced&) = delete;
    ~fenced() { munmap(at_ - page_, room_ + 2 * page_); }

    /// n elements that begin behind the first fence.
    template <class T>
    [[nodiscard]] T* first(size_t n) const {
        if (n * sizeof(T) > room_) std::abort();
        return reinterpret_cast<T*>(at_);
    }
    /// n elements that end before the last fence.
    template <class T>
    [[nodiscard]] T* last(size_t n) const {
        if (n * sizeof(T) > room_) std::abort();
        return reinterpret_cast<T*>(at_ + room_ - n * sizeof(T));
    }
    /// A copy that ends before the last fence.
    template <class T>
    [[nodiscard]] T* last(std::span<const T> x) const {
        T* at = last<T>(x.size());
        if (!x.empty()) std::memcpy(at, x.data(), x.size_bytes());
        return at;
    }
};

template <class T>
bool same(const T* a, const T* b, size_t n) {
    return n == 0 || std::memcmp(a, b, n * sizeof(T)) == 0;
}

/// Any sign, exponents from 2^-30 to 2^29 and now and then a zero of either sign: sums that a few terms decide. Of codes
/// those that a row may hold; f16 with subnormals, i8 with many extremes.
template <class T>
T wild(counter_random& r) {
    const std::uint32_t x = r.bits32(), y = r.bits32();
    const std::uint32_t bits = y % 16 == 0 ? x & 0x80000000u : (x & 0x807fffffu) | (97 + (y >> 4) % 60) << 23;
    if constexpr (std::is_same_v<T, float>) return std::bit_cast<float>(bits);
    if constexpr (std::is_same_v<T, bf16_code>) return static_cast<bf16_code>(bits >> 16);
    if constexpr (std::is_same_v<T, f16_code>) {
        if (y % 4 == 0) return static_cast<f16_code>(x & 0x83ffu); // below 2^-14
        return static_cast<f16_code>((x & 0x83ffu) | (y >> 4) % 31 << 10);
    }
    if constexpr (std::is_same_v<T, i8_code>)
        return static_cast<i8_code>(y % 4 == 0 ? (x % 2 == 0 ? 1u : 255u) : 1 + x % 255);
    if constexpr (std::is_same_v<T, std::int8_t>)
        return static_cast<std::int8_t>(y % 4 == 0 ? (x % 2 == 0 ? -127 : 127) : static_cast<int>(x % 255) - 127);
    if constexpr (std::is_same_v<T, std::uint32_t>) return x;
}
/// In [-1, 1), and integers as above: sums in which the order of every step shows, because each one rounds.
template <class T>
T tame(counter_random& r) {
    const float x = 2 * r.unit() - 1;
    if constexpr (std::is_same_v<T, float>) return x;
    if constexpr (std::is_same_v<T, bf16_code>) return graft::to_bf16(x);
    if constexpr (std::is_same_v<T, f16_code>) return graft::to_f16(x);
    if constexpr (std::is_integral_v<T> || std::is_same_v<T, i8_code>) return wild<T>(r);
}
template <class T>
std::vector<T> wild(size_t n, std::uint64_t seed) {
    counter_random r(seed);
    std::vector<T> x(n);
    for (T& v : x) v = wild<T>(r);
    return x;
}
template <class T>
std::vector<T> tame(size_t n, std::uint64_t seed) {
    counter_random r(seed);
    std::vector<T> x(n);
    for (T& v : x) v = tame<T>(r);
    return x;
}

template <class T>
std::vector<T> numbers(bool gentle, size_t n, std::uint64_t seed) {
    return gentle ? tame<T>(n, seed) : wild<T>(n, seed);
}

/// A sum in double precision, and the sum of the sizes of its terms.
struct wide_sum {
    double value = 0, size = 0;
    void   add(double x) { value += x, size += std::abs(x); }
};

inline double number(float x) { return static_cast<double>(x); }
inline double number(bf16_code x) { return static_cast<double>(graft::widen(x)); }
inline double number(f16_code x) { return static_cast<double>(graft::widen(x)); }
inline double number(i8_code x) { return static_cast<int>(x) - 128; }
inline double number(std::int8_t x) { return x; }

/// A kernel that scores rows: where a table has it, and the term that it sums.
template <class Query, class Code, class Sum, double (*term)(Query, Code)>
struct row_kernel {
    using query = Query;
    using code  = Code;
    using sum   = Sum;
    using each  = void (*)(const Query*, const Code*, size_t, size_t, Sum*) noexcept;
    using some  = void (*)(const Query*, const Code*, const std::uint32_t*, size_t, size_t, Sum*) noexcept;

    const char* name;
    each (*all)(const kernels&);
    some (*of)(const kernels&);

    static constexpr bool whole = std::is_integral_v<Sum>; ///< integers: every table gives the same

    void score(const kernels& k, const Query* q, const Code* rows, size_t n, size_t dims, Sum* out) const {
        all(k)(q, rows, n, dims, out);
    }
    void score_of(const kernels& k, const Query* q, const Code* rows, const std::uint32_t* which, size_t n, size_t dims,
                  Sum* out) const {
        of(k)(q, rows, which, n, dims, out);
    }
    [[nodiscard]] wide_sum wide(const Query* q, const Code* row, size_t dims) const {
        wide_sum s;
        for (size_t i = 0; i < dims; ++i) s.add(term(q[i], row[i]));
        return s;
    }
    /// How far a sum may be off, as a multiple of its `size`: a lane rounds once a step, five times in the fold, and a
    /// term up to three times (a difference twice, and a product that is not fused).
    [[nodiscard]] static double tolerance(size_t dims) {
        return whole ? 0 : (static_cast<double>(dims / 32) + 9) * 0x1p-24;
    }
};

template <auto part>
auto dots(const kernels& k) {
    return (k.*part).dots;
}
template <auto part>
auto dots_of(const kernels& k) {
    return (k.*part).dots_of;
}
template <auto part>
auto distances(const kernels& k) {
    return (k.*part).distances;
}
template <auto part>
auto distances_of(const kernels& k) {
    return (k.*part).distances_of;
}
template <class Query, class Code>
double product(Query a, Code b) {
    return number(a) * number(b);
}
template <class Query, class Code>
double square(Query a, Code b) {
    return (number(a) - number(b)) * (number(a) - number(b));
}
inline double differing_bits(std::uint32_t a, std::uint32_t b) { return std::popcount(a ^ b); }

/// Calls f with every kernel that scores rows.
template <class F>
void for_row_kernels(const F& f) {
    using k = kernels;
    f(row_kernel<float, float, float, product>{"f32.dots", dots<&k::f32>, dots_of<&k::f32>});
    f(row_kernel<float, float, float, square>{"f32.distances", distances<&k::f32>, distances_of<&k::f32>});
    f(row_kernel<float, bf16_code, float, product>{"bf16.dots", dots<&k::bf16>, dots_of<&k::bf16>});
    f(row_kernel<float, bf16_code, float, square>{"bf16.distances", distances<&k::bf16>, distances_of<&k::bf16>});
    f(row_kernel<float, f16_code, float, product>{"f16.dots", dots<&k::f16>, dots_of<&k::f16>});
    f(row_kernel<float, f16_code, float, square>{"f16.distances", distances<&k::f16>, distances_of<&k::f16>});
    f(row_kernel<float, i8_code, float, product>{"i8.dots", dots<&k::i8>, dots_of<&k::i8>});
    f(row_kernel<bf16_code, bf16_code, float, product>{"bf16_pairs.dots", dots<&k::bf16_pairs>,
                                                       dots_of<&k::bf16_pairs>});
    f(row_kernel<std::int8_t, i8_code, std::int32_t, product>{"i8_pairs.dots", dots<&k::i8_pairs>,
                                                              dots_of<&k::i8_pairs>});
    f(row_kernel<std::uint32_t, std::uint32_t, std::uint32_t, differing_bits>{"bits.distances", distances<&k::bits>,
                                                                              distances_of<&k::bits>});
}

} // namespace test
