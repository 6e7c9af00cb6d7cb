// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "libraries.hpp"

namespace bench {

namespace {

/// A function of a pair as a function of many rows. What it gives is converted to Sum.
template <class T, class Sum, class F>
dots_peer by_rows(std::string name, format of, F pair) {
    const auto make = [of, pair](const void* q, const void* rows, std::size_t n, std::size_t dims, void* out) -> work {
        const std::size_t row = dims * bits_of(of) / 8;
        return [=](std::size_t times) {
            auto* const sums = static_cast<Sum*>(out);
            for (; times > 0; --times) {
                for (std::size_t i = 0; i < n; ++i)
                    sums[i] = static_cast<Sum>(
                        pair(static_cast<const T*>(q),
                             reinterpret_cast<const T*>(static_cast<const char*>(rows) + i * row), dims));
                asm volatile("" ::: "memory");
            }
        };
    };
    return {std::move(name), of, make};
}

/// A function of C that writes its sum; dimensions are counted `by`.
template <auto f, class Sum, std::size_t by = 1>
struct pair {
    template <class T>
    Sum operator()(const T* q, const T* row, std::size_t dims) const {
        Sum out = 0;
        f(q, row, dims / by, &out);
        return out;
    }
};

#ifdef HAS_NUMKONG
/// Rows packed as NumKong likes them, one query: its function for many of both.
template <class T, class Its, class Sum>
dots_peer packed(format of, numkong<T, Its> by) {
    const auto make = [=](const void* q, const void* rows, std::size_t n, std::size_t dims, void* out) -> work {
        const auto codes = room(by.size(n, dims));
        const auto own   = room(n * sizeof(Its));
        by.pack(static_cast<const T*>(rows), n, dims, dims * bits_of(of) / 8, codes.get());
        return [=](std::size_t times) {
            auto* const sums = reinterpret_cast<Its*>(own.get());
            for (; times > 0; --times) {
                by.dots(static_cast<const T*>(q), codes.get(), sums, 1, n, dims, dims * bits_of(of) / 8,
                        n * sizeof(Its));
                asm volatile("" ::: "memory");
            }
            for (std::size_t i = 0; i < n; ++i) static_cast<Sum*>(out)[i] = static_cast<Sum>(sums[i]);
        };
    };
    return {BENCH_NUMKONG " packed", of, make, true};
}
#endif

} // namespace

void add_dots(peers& all, const std::vector<blas>& libraries) {
    auto& to = all.dots;
    to.push_back(by_rows<float, float>("Eigen 3.4 dot", format::f32, [](const float* q, const float* r, std::size_t d) {
        return column<float>(q, index(d)).dot(column<float>(r, index(d)));
    }));
    to.push_back({"Eigen 3.4 matrix x vector", format::f32,
                  [](const void* q, const void* rows, std::size_t n, std::size_t dims, void* out) -> work {
                      return [=](std::size_t times) {
                          for (; times > 0; --times) {
                              Eigen::Map<Eigen::VectorXf>(static_cast<float*>(out), index(n)).noalias() =
                                  mapped(static_cast<const float*>(rows), index(n), index(dims)) *
                                  column<float>(static_cast<const float*>(q), index(dims));
                              asm volatile("" ::: "memory");
                          }
                      };
                  }});
    for (const blas& b : libraries) {
        to.push_back({b.name, format::f32});
        if (b.gemv)
            to.back().make = [f = b.gemv](const void* q, const void* rows, std::size_t n, std::size_t dims,
                                          void* out) -> work {
                return [=](std::size_t times) {
                    for (; times > 0; --times)
                        f(static_cast<long>(n), static_cast<long>(dims), static_cast<const float*>(rows),
                          static_cast<const float*>(q), static_cast<float*>(out));
                };
            };
    }
#ifdef HAS_SIMSIMD
    to.push_back(
        by_rows<simsimd_f32_t, float>(BENCH_SIMSIMD, format::f32, pair<simsimd_dot_f32, simsimd_distance_t>{}));
    to.push_back(
        by_rows<simsimd_bf16_t, float>(BENCH_SIMSIMD, format::bf16, pair<simsimd_dot_bf16, simsimd_distance_t>{}));
    to.push_back(
        by_rows<simsimd_f16_t, float>(BENCH_SIMSIMD, format::f16, pair<simsimd_dot_f16, simsimd_distance_t>{}));
    to.push_back(
        by_rows<simsimd_i8_t, std::int32_t>(BENCH_SIMSIMD, format::i8, pair<simsimd_dot_i8, simsimd_distance_t>{}));
    to.push_back(by_rows<simsimd_b8_t, std::uint32_t>(BENCH_SIMSIMD, format::bits,
                                                      pair<simsimd_hamming_b8, simsimd_distance_t, 8>{}));
#else
    for (const format f : {format::f32, format::bf16, format::f16, format::i8, format::bits})
        to.push_back({BENCH_SIMSIMD, f});
#endif
#ifdef HAS_NUMKONG
    to.push_back(by_rows<nk_f32_t, float>(BENCH_NUMKONG, format::f32, pair<nk_dot_f32, nk_f64_t>{}));
    to.push_back(by_rows<nk_bf16_t, float>(BENCH_NUMKONG, format::bf16, pair<nk_dot_bf16, nk_f32_t>{}));
    to.push_back(by_rows<nk_f16_t, float>(BENCH_NUMKONG, format::f16, pair<nk_dot_f16, nk_f32_t>{}));
    to.push_back(by_rows<nk_i8_t, std::int32_t>(BENCH_NUMKONG, format::i8, pair<nk_dot_i8, nk_i32_t>{}));
    to.push_back(by_rows<nk_u1x8_t, std::uint32_t>(BENCH_NUMKONG, format::bits, pair<nk_hamming_u1, nk_u32_t>{}));
    to.push_back(packed<nk_f32_t, nk_f64_t, float>(format::f32,
                                                   {nk_dots_packed_size_f32, nk_dots_pack_f32, nk_dots_packed_f32}));
    to.push_back(packed<nk_bf16_t, nk_f32_t, float>(
        format::bf16, {nk_dots_packed_size_bf16, nk_dots_pack_bf16, nk_dots_packed_bf16}));
    to.push_back(packed<nk_f16_t, nk_f32_t, float>(format::f16,
                                                   {nk_dots_packed_size_f16, nk_dots_pack_f16, nk_dots_packed_f16}));
    to.push_back(packed<nk_i8_t, nk_i32_t, std::int32_t>(format::i8,
                                                         {nk_dots_packed_size_i8, nk_dots_pack_i8, nk_dots_packed_i8}));
    to.push_back(packed<nk_u1x8_t, nk_u32_t, std::uint32_t>(
        format::bits, {nk_dots_packed_size_u1, nk_dots_pack_u1, nk_hammings_packed_u1}));
#else
    for (const format f : {format::f32, format::bf16, format::f16, format::i8, format::bits})
        to.push_back({BENCH_NUMKONG, f}), to.push_back({BENCH_NUMKONG " packed", f, {}, true});
#endif
}

} // namespace bench
