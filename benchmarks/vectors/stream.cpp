// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// One query against rows that come from memory: the share of what reading alone reaches. Rows one after the other, as the
// many-row kernels take them, and in panels, as exact search does.

#include "codes.hpp"

#include <graft/base/executor.hpp>

namespace bench {

namespace {

constexpr std::size_t far = 16 << 10; // bytes that are fetched ahead of a panel's own, as exact search does

work panels(graft::above_kernel above, const std::byte* codes, std::size_t bytes, std::size_t words, const float* query,
            std::size_t threads) {
    const std::size_t panel = words * graft::panel_rows * 4, count = bytes / panel;
    return [=](std::size_t times) {
        for (; times > 0; --times)
            graft::threads(threads).run(threads, [&](std::size_t t) {
                const std::size_t first = count * t / threads, last = count * (t + 1) / threads;
                benchmark::DoNotOptimize(pass_panels(above, codes + first * panel, last - first, words, query, far));
            });
    };
}

/// A many-row kernel on each thread's share.
template <class Query, class Code, class Sum>
work many_rows(void (*dots)(const Query*, const Code*, std::size_t, std::size_t, Sum*) noexcept, const std::byte* codes,
               std::size_t bytes, std::size_t row, const float* query, std::size_t step, float* out,
               std::size_t threads) {
    const std::size_t n = bytes / row;
    return [=](std::size_t times) {
        for (; times > 0; --times)
            graft::threads(threads).run(threads, [&](std::size_t t) {
                const std::size_t first = n * t / threads, last = n * (t + 1) / threads;
                dots(reinterpret_cast<const Query*>(query), reinterpret_cast<const Code*>(codes + first * row),
                     last - first, step, reinterpret_cast<Sum*>(out) + first);
            });
    };
}

} // namespace

void stream(suite& s) {
    // Pairs of bf16 near 1 and 2, whatever they are read as.
    const std::size_t       bytes = std::size_t{s.quick ? 64u : 320u} << 20;
    const buffer<std::byte> codes(bytes + far + 4096);
    graft::counter_random   random(3);
    auto* const             words = reinterpret_cast<std::uint32_t*>(codes.data());
    for (std::size_t i = 0; i < bytes / 4; i += 1024) {
        for (std::size_t j = 0; j < 16; ++j) words[i + j] = 0x3c003c00u | (random.bits32() & 0x80ff80ffu);
        for (std::size_t j = 16; j < 1024; ++j) words[i + j] = words[i + j - 16];
    }
    const buffer<float> query(8192), sums(bytes / 48);
    for (std::size_t i = 0; i < query.size(); ++i) query[i] = std::bit_cast<float>(words[i % 16]);

    for (const std::size_t threads : {1u, 2u}) {
        const work read = reading(codes.data(), bytes, threads);
        for (const std::size_t dims : {768u, 384u}) {
            field      all;
            const auto by = [&](side who, const graft::kernels& k) {
                const auto rows = [&](std::string_view name, auto kernel, format f) {
                    const std::size_t row = dims * bits_of(f) / 8;
                    all.enter(who, std::string(name),
                              many_rows(kernel, codes.data(), bytes, row, query.data(),
                                        f == format::bits ? dims / 32 : dims, sums.data(), threads));
                };
                const auto panel = [&](std::string_view name, graft::above_kernel above, format f) {
                    all.enter(who, std::string(name) + " panels",
                              panels(above, codes.data(), bytes, dims * bits_of(f) / 32, query.data(), threads));
                };
                rows("f32 rows", k.f32.dots, format::f32);
                rows("bf16 rows", k.bf16_pairs.dots, format::bf16);
                rows("i8 rows", k.i8_pairs.dots, format::i8);
                rows("bf16 rows, f32 query", k.bf16.dots, format::bf16);
                rows("f16 rows, f32 query", k.f16.dots, format::f16);
                rows("bit rows", k.bits.distances, format::bits);
                panel("f32", k.f32_above, format::f32);
                panel("bf16", k.bf16_above, format::bf16);
                panel("i8", k.i8_above, format::i8);
            };
            by(side::ours, *plain_build().by);
            const std::size_t count = all.all.size();
            by(side::native, *native_build().by);
            all.enter(side::peer, "read", read);
            const auto t = race(s.timing(.008, 15), all.all);
            for (std::size_t i = 0; i < count; ++i) {
                const figure f{.name = t[i].name + " from memory, " + std::to_string(dims) + " dims" +
                                       (threads == 1 ? "" : ", 2 threads"),
                               .unit   = "GB/s",
                               .amount = static_cast<double>(bytes) / 1e9,
                               .bar    = .95};
                hold_one(s, f, t[i], t.back(), "reading");
                if (threads == 1) hold_native(s, f, t[i], t[count + i]);
            }
        }
    }
}

} // namespace bench
