// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels_portable.hpp>
#include <graft/simd/kernels_scalar.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

// The vectors over which elementwise_portable.hpp says its functions: one float, or a batch of xsimd's.

namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY {

namespace scalar {

/// One float, whose every step is rounded where it stands.
struct one_float {
    static constexpr std::size_t W = 1;
    float                        v;

    one_float() = default;
    explicit one_float(float x) noexcept : v(x) {}

    [[nodiscard]] static one_float load(const float* p) noexcept { return one_float(*p); }
    void                           store(float* p) const noexcept { *p = v; }

    friend one_float operator+(one_float a, one_float b) noexcept { return one_float(pinned(a.v + b.v)); }
    friend one_float operator-(one_float a, one_float b) noexcept { return one_float(pinned(a.v - b.v)); }
    friend one_float operator*(one_float a, one_float b) noexcept { return one_float(pinned(a.v * b.v)); }
    friend one_float operator/(one_float a, one_float b) noexcept { return one_float(pinned(a.v / b.v)); }
    one_float        operator-() const noexcept { return one_float(-v); }
};
[[nodiscard]] inline one_float fma(one_float a, one_float b, one_float c) noexcept {
    return one_float(fused(a.v, b.v, c.v));
}
[[nodiscard]] inline one_float root(one_float a) noexcept { return one_float(pinned(std::sqrt(a.v))); }
[[nodiscard]] inline one_float smaller(one_float a, one_float b) noexcept { return a.v < b.v ? a : b; }
[[nodiscard]] inline one_float larger(one_float a, one_float b) noexcept { return a.v > b.v ? a : b; }
/// a < b ? x : y.
[[nodiscard]] inline one_float where_less(one_float a, one_float b, one_float x, one_float y) noexcept {
    return a.v < b.v ? x : y;
}
/// 2^n for a whole n from -126 to 128, infinity for 128.
[[nodiscard]] inline one_float power_of_two(one_float n) noexcept {
    return one_float(std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<std::int32_t>(n.v) + 127) << 23));
}

} // namespace scalar

namespace portable {

/// A batch of xsimd's with the same words.
template <class Arch>
struct some_floats {
    static constexpr std::size_t W = floats<Arch>::size;
    floats<Arch>                 v;

    some_floats() = default;
    explicit some_floats(float x) noexcept : v(x) {}
    explicit some_floats(const floats<Arch>& x) noexcept : v(x) {}

    [[nodiscard]] static some_floats load(const float* p) noexcept { return some_floats(read<floats<Arch>>(p)); }
    void                             store(float* p) const noexcept { v.store_unaligned(p); }

    friend some_floats operator+(some_floats a, some_floats b) noexcept { return some_floats(a.v + b.v); }
    friend some_floats operator-(some_floats a, some_floats b) noexcept { return some_floats(a.v - b.v); }
    friend some_floats operator*(some_floats a, some_floats b) noexcept { return some_floats(a.v * b.v); }
    friend some_floats operator/(some_floats a, some_floats b) noexcept { return some_floats(divide<Arch>(a.v, b.v)); }
    some_floats        operator-() const noexcept { return some_floats(-v); }
};
template <class A>
[[nodiscard]] some_floats<A> fma(some_floats<A> a, some_floats<A> b, some_floats<A> c) noexcept {
    return some_floats<A>(multiply_add<A>(a.v, b.v, c.v));
}
template <class A>
[[nodiscard]] some_floats<A> root(some_floats<A> a) noexcept {
    float each[some_floats<A>::W]; // xsimd 8.1 has a root on NEON that misses the last bits
    a.store(each);
    for (float& x : each) x = std::sqrt(x);
    return some_floats<A>::load(each);
}
template <class A>
[[nodiscard]] some_floats<A> where_less(some_floats<A> a, some_floats<A> b, some_floats<A> x,
                                        some_floats<A> y) noexcept {
    return some_floats<A>(xsimd::select(a.v < b.v, x.v, y.v));
}
template <class A>
[[nodiscard]] some_floats<A> smaller(some_floats<A> a, some_floats<A> b) noexcept {
    return where_less(a, b, a, b);
}
template <class A>
[[nodiscard]] some_floats<A> larger(some_floats<A> a, some_floats<A> b) noexcept {
    return where_less(b, a, a, b);
}
template <class A>
[[nodiscard]] some_floats<A> power_of_two(some_floats<A> n) noexcept {
    return some_floats<A>(as_floats<A>((to_ints<A>(n.v) + 127) << 23));
}

} // namespace portable

} // namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY
