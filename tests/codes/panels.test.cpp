// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/codes/formats.hpp>
#include <graft/codes/panels.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#if defined(__linux__)
#    include <sys/mman.h>
#endif

using namespace graft;

TEST_CASE_TEMPLATE("a panel holds the words of 48 rows, and what bounds them", F, f32_rows, bf16_rows, f16_rows,
                   int8_rows) {
    counter_random r(3);
    for (const std::size_t n : {0u, 1u, 47u, 48u, 49u, 150u})
        for (const std::size_t dims : {1u, 5u, 64u}) {
            matrix<float> rows(n, (dims + 15) / 16 * 16);
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < dims; ++j) rows.row(i)[j] = r.unit() - .5f;
            const F         format{};
            const panels<F> p(format, rows.view(), dims, true, page_advice::none, best_kernels());
            REQUIRE(p.size() == (n + 47) / 48);
            CHECK(p.rows() == n);
            CHECK(p.words() == format.words(dims));
            std::vector<std::uint32_t> words(p.words());
            for (std::size_t i = 0; i < n; ++i) {
                const auto      row = vector_view(rows.row(i)).first(dims);
                const row_terms t   = format.encode(row, words.data());
                const tile_rows at  = p[i / 48];
                const auto      k   = i % 48;
                for (std::size_t w = 0; w < words.size(); ++w) REQUIRE(at.words[48 * w + k] == words[w]);
                CHECK(at.scale[k] == t.scale);
                CHECK(at.error[k] > t.error); // the rounding of sums comes on top
                CHECK(at.error[k] < t.error * 1.001f + 1e-4f);
                const double norm = std::sqrt(squared_norm(row));
                CHECK(static_cast<double>(at.offset[k]) * static_cast<double>(t.scale) ==
                      doctest::Approx(-norm * norm / 2));
                CHECK(static_cast<double>(p.longest(i / 48)) >= norm + static_cast<double>(t.error));
                CHECK(reinterpret_cast<std::uintptr_t>(at.words) % 64 == 0);
            }
            for (std::size_t i = n; i < p.size() * 48; ++i)
                for (std::size_t w = 0; w < words.size(); ++w) REQUIRE(p[i / 48].words[48 * w + i % 48] == 0);
            CHECK(panels<F>(format, rows.view(), dims, false, page_advice::huge, best_kernels()).size() == p.size());
            if (n > 0)
                CHECK(panels<F>(format, rows.view(), dims, false, page_advice::huge, best_kernels())[0].offset ==
                      nullptr);
        }
}

#if defined(__linux__)
TEST_CASE("rows beyond 2^32 bytes and 2^32 elements are found") {
    const std::size_t dims = 1 << 16, rows = (std::size_t{1} << 32) / dims + 3, bytes = rows * dims * sizeof(float);
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return;                          // no such room here
    auto* const         table   = static_cast<float*>(at); // 16 GiB of which four pages are touched
    const std::uint32_t which[] = {0, static_cast<std::uint32_t>(rows - 1), static_cast<std::uint32_t>(rows / 2 - 1)};
    for (std::size_t i = 0; i < 3; ++i) table[which[i] * dims + 7] = static_cast<float>(i + 1);
    std::vector<float> q(dims, 2.f);
    for (const char* name : {"portable", "avx2", "avx512"})
        if (const kernels* by = kernels_named(name)) {
            float out[3] = {};
            by->f32.dots_of(q.data(), table, which, 3, dims, out);
            CHECK(out[0] == 2);
            CHECK(out[1] == 4);
            CHECK(out[2] == 6);
        }
    ::munmap(at, bytes);
}
#endif
