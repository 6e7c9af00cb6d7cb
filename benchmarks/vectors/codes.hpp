// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits.hpp"

#include <graft/base/random.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

// Random rows and a query in every format, and the many-row kernels of graft's that score them.

namespace bench {

struct own_dots {
    std::string_view name;
    format           query = format::f32, rows = format::f32;
    double           zen4 = std::numeric_limits<double>::quiet_NaN(),
           zen5           = std::numeric_limits<double>::quiet_NaN(); ///< bars at 768 dimensions
};
inline constexpr own_dots all_own_dots[] = {
    {"f32 dot", format::f32, format::f32, 1.5, 1.9}, {"bf16 dot", format::bf16, format::bf16, 2.0, 3.2},
    {"i8 dot", format::i8, format::i8, 2.3, 2.9},    {"f32 x bf16 dot", format::f32, format::bf16},
    {"f32 x f16 dot", format::f32, format::f16},     {"Hamming distance", format::bits, format::bits},
};

/// Every panel against one query, and nothing passes. `ahead`: bytes that are fetched before their turn.
inline std::size_t pass_panels(graft::above_kernel above, const std::byte* codes, std::size_t panels, std::size_t words,
                               const float* query, std::size_t ahead) {
    alignas(64) static constexpr std::array<float, graft::panel_rows> terms{};
    const std::int32_t                                                start = 0;
    const float             none = 0, floor = std::numeric_limits<float>::infinity();
    const graft::tile_query q{.words  = reinterpret_cast<const std::uint32_t*>(query),
                              .stride = words,
                              .start  = &start,
                              .shift  = &none,
                              .gain   = &none,
                              .floor  = &floor};
    graft::tile_found       found[graft::tile_queries * graft::panel_rows];
    std::size_t             passed = 0;
    for (std::size_t p = 0; p < panels; ++p) {
        const std::byte* const these = codes + p * words * graft::panel_rows * 4;
        passed += above(q, 1,
                        {.words = reinterpret_cast<const std::uint32_t*>(these),
                         .scale = terms.data(),
                         .error = terms.data(),
                         .ahead = these + ahead,
                         .lines = ahead > 0 ? std::size_t{3} : std::size_t{0}},
                        words, found);
    }
    return passed;
}

class quantized_rows {
    std::size_t       bytes_, dims_;
    buffer<float>     numbers_, query_;
    buffer<std::byte> rows_[5], queries_[5], signed_rows_; // by format; i8 as graft stores it, and signed
    buffer<float>     sums_;

    [[nodiscard]] static graft::bf16_code coded(float x, graft::bf16_code) { return graft::to_bf16(x); }
    [[nodiscard]] static graft::f16_code  coded(float x, graft::f16_code) { return graft::to_f16(x); }
    [[nodiscard]] static graft::i8_code   coded(float x, graft::i8_code) { return graft::to_i8(127 * x); }
    [[nodiscard]] static std::int8_t      coded(float x, std::int8_t) {
        return static_cast<std::int8_t>(static_cast<int>(graft::to_i8(127 * x)) - 128);
    }
    [[nodiscard]] static float coded(float x, float) { return x; }

    template <class Code>
    [[nodiscard]] static buffer<std::byte> encode(const float* from, std::size_t n) {
        buffer<std::byte> to(n * sizeof(Code));
        for (std::size_t i = 0; i < n; ++i) reinterpret_cast<Code*>(to.data())[i] = coded(from[i], Code{});
        return to;
    }
    [[nodiscard]] static buffer<std::byte> signs(const float* from, std::size_t n) {
        buffer<std::byte> to(n / 8);
        for (std::size_t i = 0; i < n; ++i) to[i / 8] |= static_cast<std::byte>((from[i] < 0 ? 1 : 0) << i % 8);
        return to;
    }
    template <class T>
    [[nodiscard]] static const T* as(const buffer<std::byte>& from) {
        return reinterpret_cast<const T*>(from.data());
    }
    [[nodiscard]] double decoded(format f, const buffer<std::byte>& from, std::size_t i) const {
        switch (f) {
        case format::bf16: return static_cast<double>(graft::widen(as<graft::bf16_code>(from)[i]));
        case format::f16: return static_cast<double>(graft::widen(as<graft::f16_code>(from)[i]));
        case format::i8: return as<std::int8_t>(from)[i];
        default: return static_cast<double>(as<float>(from)[i]);
        }
    }
    [[nodiscard]] static std::size_t at(format f) { return static_cast<std::size_t>(f); }

public:
    /// Rows that fill so many bytes, in whichever format.
    quantized_rows(std::size_t bytes, std::size_t dims) : bytes_(bytes), dims_(dims) {
        const std::size_t     n = 8 * bytes / dims * dims;
        graft::counter_random random(7);
        numbers_ = buffer<float>(n), query_ = buffer<float>(dims), sums_ = buffer<float>(n / dims);
        for (std::size_t i = 0; i < n; ++i) numbers_[i] = random.unit() * 2 - 1;
        for (std::size_t i = 0; i < dims; ++i) query_[i] = random.unit() * 2 - 1;
        const auto every = [&](buffer<std::byte>* to, const float* from, std::size_t of) {
            to[at(format::f32)]  = encode<float>(from, of / 8);
            to[at(format::bf16)] = encode<graft::bf16_code>(from, of / 4);
            to[at(format::f16)]  = encode<graft::f16_code>(from, of / 4);
            to[at(format::bits)] = signs(from, of);
        };
        every(rows_, numbers_.data(), n);
        rows_[at(format::i8)] = encode<graft::i8_code>(numbers_.data(), n / 8 * 2);
        signed_rows_          = encode<std::int8_t>(numbers_.data(), n / 8 * 2);
        every(queries_, query_.data(), 8 * dims);
        queries_[at(format::i8)] = encode<std::int8_t>(query_.data(), dims);
    }

    /// Rows of a format.
    [[nodiscard]] std::size_t count(format f) const { return bytes_ * 8 / bits_of(f) / dims_; }

    [[nodiscard]] work work_of(const own_dots& w, const graft::kernels& by) const {
        const auto run = [&](auto kernel, auto* sum, auto* q, auto* rows, std::size_t dims) -> work {
            return [=, n = count(w.rows), out = reinterpret_cast<decltype(sum)>(sums_.data())](std::size_t times) {
                for (; times > 0; --times) kernel(q, rows, n, dims, out);
            };
        };
        const auto&          q    = queries_[at(w.query)];
        const auto&          rows = rows_[at(w.rows)];
        float* const         f    = nullptr;
        std::int32_t* const  i    = nullptr;
        std::uint32_t* const u    = nullptr;
        switch (w.rows) {
        case format::f32: return run(by.f32.dots, f, as<float>(q), as<float>(rows), dims_);
        case format::f16: return run(by.f16.dots, f, as<float>(q), as<graft::f16_code>(rows), dims_);
        case format::i8: return run(by.i8_pairs.dots, i, as<std::int8_t>(q), as<graft::i8_code>(rows), dims_);
        case format::bits: return run(by.bits.distances, u, as<std::uint32_t>(q), as<std::uint32_t>(rows), dims_ / 32);
        case format::bf16:
            if (w.query == format::f32) return run(by.bf16.dots, f, as<float>(q), as<graft::bf16_code>(rows), dims_);
            return run(by.bf16_pairs.dots, f, as<graft::bf16_code>(q), as<graft::bf16_code>(rows), dims_);
        }
        return {};
    }
    [[nodiscard]] work work_of(const dots_peer& p) const {
        const auto& rows = p.of == format::i8 ? signed_rows_ : rows_[at(p.of)];
        return p.make(queries_[at(p.of)].data(), rows.data(), count(p.of), dims_, sums_.data());
    }

    /// The register tile at one query, over as many whole panels as the bytes hold.
    [[nodiscard]] work panels_of(format f, const graft::kernels& by) const {
        const std::size_t words = dims_ * bits_of(f) / 32, panels = count(f) / graft::panel_rows;
        const auto        codes = std::make_shared<buffer<std::uint32_t>>(panels * graft::panel_rows * words);
        for (std::size_t p = 0; p < panels; ++p)
            by.pack(as<std::uint32_t>(rows_[at(f)]) + p * graft::panel_rows * words, words, graft::panel_rows, words,
                    codes->data() + p * graft::panel_rows * words);
        const auto  above = f == format::f32    ? by.f32_above
                            : f == format::bf16 ? by.bf16_above
                            : f == format::f16  ? by.f16_above
                            : f == format::i8   ? by.i8_above
                                                : by.bits_above;
        const auto& q =
            queries_[at(f == format::f16 ? format::f32 : f)]; // of bits the other planes are whatever follows
        return [=, query = as<float>(q)](std::size_t times) {
            for (; times > 0; --times)
                benchmark::DoNotOptimize(
                    pass_panels(above, reinterpret_cast<const std::byte*>(codes->data()), panels, words, query, 0));
        };
    }

    /// Runs it once and compares what it computed with the sums in double; `who` multiplies in these two formats.
    void check(suite& s, const work& what, std::string& who, format query, format of) const {
        std::fill_n(sums_.data(), sums_.size(), std::nanf(""));
        what(1);
        for (std::size_t i = 0; i < count(of); ++i) {
            double want = 0, size = 0, got = 0;
            if (of == format::bits) {
                const std::uint32_t *q = as<std::uint32_t>(queries_[at(of)]), *row = as<std::uint32_t>(rows_[at(of)]);
                for (std::size_t j = 0; j < dims_ / 32; ++j) want += std::popcount(row[i * dims_ / 32 + j] ^ q[j]);
                got = reinterpret_cast<const std::uint32_t*>(sums_.data())[i];
            } else {
                const auto& rows = of == format::i8 ? signed_rows_ : rows_[at(of)];
                for (std::size_t j = 0; j < dims_; ++j) {
                    const double x = decoded(query, queries_[at(query)], j) * decoded(of, rows, i * dims_ + j);
                    want += x, size += std::fabs(x);
                }
                got = of == format::i8 ? reinterpret_cast<const std::int32_t*>(sums_.data())[i]
                                       : static_cast<double>(sums_[i]);
            }
            if (!(std::fabs(got - want) <= (of == format::i8 ? 0 : 2e-6 * size)))
                return s.refuse(who, std::to_string(got) + " instead of " + std::to_string(want));
        }
    }
};

} // namespace bench
