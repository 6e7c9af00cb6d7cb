// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The limits of the machine, for reference; every race that is judged by one times it again.

#include "limits.hpp"

#include <graft/base/executor.hpp>

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#    include <cpuid.h>
#endif

namespace bench {

double bar(double zen4, double zen5) {
#if defined(__x86_64__)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(0, &a, &b, &c, &d) != 0 && b == signature_AMD_ebx && __builtin_cpu_supports("avx512bf16") &&
        __get_cpuid(1, &a, &b, &c, &d) != 0) {
        const unsigned family = (a >> 8 & 15) + (a >> 20 & 255);
        if (family == 25) return zen4;
        if (family == 26) return zen5;
    }
#endif
    static_cast<void>(zen4), static_cast<void>(zen5);
    return std::nan("");
}

namespace {

constexpr std::size_t loops = 1 << 16;

#if defined(__x86_64__)

// 24 chains of one instruction, on registers 0 to 23; 30 and 31 hold its other operands. Written as they run, because
// g++ 12 spills some of the intrinsics. Eight would do where two begin in a cycle and take four; a tile has 24.
#    define CHAINS(instruction)                                                                                        \
        asm volatile("vmovups (%1), %%zmm30\n\t"                                                                       \
                     "vmovups (%1), %%zmm31\n\t"                                                                       \
                     ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n\t"                        \
                     "vpxord %%zmm\\r, %%zmm\\r, %%zmm\\r\n\t"                                                         \
                     ".endr\n"                                                                                         \
                     "1:\n\t"                                                                                          \
                     ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23\n\t" instruction            \
                     " %%zmm30, %%zmm31, %%zmm\\r\n\t"                                                                 \
                     ".endr\n\t"                                                                                       \
                     "dec %0\n\t"                                                                                      \
                     "jnz 1b"                                                                                          \
                     : "+r"(n)                                                                                         \
                     : "r"(operand)                                                                                    \
                     : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19",       \
                       "xmm20", "xmm21", "xmm22", "xmm23", "xmm30", "xmm31")

using chains = void (*)(const void* operand, std::size_t n);
[[gnu::target("avx512f")]] void f32_chains(const void* operand, std::size_t n) { CHAINS("vfmadd231ps"); }
[[gnu::target("avx512f")]] void bf16_chains(const void* operand, std::size_t n) { CHAINS("vdpbf16ps"); }
[[gnu::target("avx512f")]] void i8_chains(const void* operand, std::size_t n) { CHAINS("vpdpbusd"); }
#    undef CHAINS

chains chains_of(format f) {
    if (f == format::f32 && __builtin_cpu_supports("avx512f")) return f32_chains;
    if (f == format::bf16 && __builtin_cpu_supports("avx512bf16")) return bf16_chains;
    if (f == format::i8 && __builtin_cpu_supports("avx512vnni")) return i8_chains;
    return nullptr;
}

/// `lines` lines from each of S places that are `apart`, with a prefetch so many bytes ahead. Loads only.
template <std::size_t S>
[[gnu::target("avx512f")]] void read_streams(const char* from, std::size_t apart, std::size_t lines,
                                             std::size_t ahead) {
    for (std::size_t i = 0; i + 4 <= lines; i += 4, from += 256)
        for (std::size_t s = 0; s < S; ++s) {
            const char* at = from + s * apart;
            if (ahead > 0)
                for (std::size_t l = 0; l < 256; l += 64) __builtin_prefetch(at + ahead + l);
            asm volatile("vmovaps (%0), %%zmm16\n\tvmovaps 64(%0), %%zmm17\n\tvmovaps 128(%0), %%zmm18\n\t"
                         "vmovaps 192(%0), %%zmm19"
                         :
                         : "r"(at)
                         : "xmm16", "xmm17", "xmm18", "xmm19", "memory");
        }
}

#endif

template <std::size_t S>
void read_words(const char* from, std::size_t apart, std::size_t lines, std::size_t) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < lines; ++i, from += 64)
        for (std::size_t s = 0; s < S; ++s)
            for (std::size_t l = 0; l < 64; l += 8) {
                std::uint64_t x = 0;
                std::memcpy(&x, from + s * apart + l, 8);
                sum += x;
            }
    benchmark::DoNotOptimize(sum);
}

struct way {
    void (*read)(const char*, std::size_t, std::size_t, std::size_t) = nullptr;
    std::size_t streams = 1, ahead = 0;
};

/// Each of the threads reads its share of the lines.
work reading_by(way by, const char* from, std::size_t bytes, std::size_t threads) {
    return [=](std::size_t times) {
        const std::size_t share = bytes / threads / (by.streams * 256) * (by.streams * 256);
        for (; times > 0; --times)
            graft::threads(threads).run(threads, [&](std::size_t t) {
                by.read(from + t * share, share / by.streams, share / by.streams / 64, by.ahead);
            });
    };
}

std::vector<contender> one(work what) {
    field only;
    only.enter(side::ours, {}, std::move(what));
    return only.all;
}

} // namespace

peak peak_of(format f, std::size_t threads) {
#if defined(__x86_64__)
    const chains run = chains_of(f);
    if (run == nullptr) return {};
    std::array<std::uint32_t, 16> operand{};
    operand.fill(f == format::f32 ? 0x3f800000u : f == format::bf16 ? 0x3f803f80u : 0x01010101u);
    const double lanes = f == format::f32 ? 16 : f == format::bf16 ? 32 : 64;
    return {[=](std::size_t times) {
                graft::threads(threads).run(threads, [&](std::size_t) { run(operand.data(), times * loops); });
            },
            24 * 2 * lanes * static_cast<double>(loops * threads)};
#else
    static_cast<void>(f), static_cast<void>(threads);
    return {};
#endif
}

work reading(const void* from, std::size_t bytes, std::size_t threads) {
    std::vector<way> ways{{read_words<1>}, {read_words<4>, 4}};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        ways = {{read_streams<1>},          {read_streams<1>, 1, 4096}, {read_streams<2>, 2},
                {read_streams<2>, 2, 4096}, {read_streams<4>, 4},       {read_streams<4>, 4, 4096},
                {read_streams<8>, 8},       {read_streams<8>, 8, 2048}, {read_streams<16>, 16}};
#endif
    field all;
    for (const way& w : ways) all.enter(side::ours, {}, reading_by(w, static_cast<const char*>(from), bytes, threads));
    const auto timed_all = race({.slice = .005, .slices = 7}, all.all);
    const auto best      = std::min_element(timed_all.begin(), timed_all.end(),
                                            [](const timed& a, const timed& b) { return a.median < b.median; });
    return reading_by(ways[static_cast<std::size_t>(best - timed_all.begin())], static_cast<const char*>(from), bytes,
                      threads);
}

void machine(suite& s) {
    const buffer<char> memory(std::size_t{512} << 20);
    for (const std::size_t threads : {1u, 2u}) {
        const std::string with = threads == 1 ? "" : ", 2 threads";
        for (const format f : {format::f32, format::bf16, format::i8}) {
            const peak p = peak_of(f, threads);
            if (!p.run) continue;
            const auto t = race(s.timing(.02, 9), one(p.run));
            s.out.add("peak of " + name_of(f) + " multiply-adds" + with, "GFLOP/s", p.operations / t[0].median / 1e9);
        }
        const auto t = race(s.timing(.02, 9), one(reading(memory.data(), memory.size(), threads)));
        s.out.add("reading 512 MiB" + with, "GB/s", static_cast<double>(memory.size()) / t[0].median / 1e9);
    }
    for (const std::size_t kib : {16u, 512u, 8192u}) {
        const auto t = race(s.timing(.005, 9), one(reading(memory.data(), kib << 10, 1)));
        s.out.add("reading " + std::to_string(kib) + " KiB", "GB/s",
                  static_cast<double>(kib << 10) / t[0].median / 1e9);
    }
}

} // namespace bench
