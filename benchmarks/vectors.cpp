// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Kernels, tile products and exact search beside faiss, usearch, hnswlib, NumKong, Eigen and OpenBLAS; parts: machine
// kernels stream products search real; `quick` is a look at whether all works.

#include "vectors/suite.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <unistd.h>

namespace bench {

std::size_t field::enter(side by, std::string name, work what, double scale) {
    all.push_back({std::move(name), [what = std::move(what), scale](std::size_t n) {
                       auto times = [&] { what(n); };
                       return scale * seconds(times, 1);
                   }});
    sides.push_back(by);
    return all.size() - 1;
}

void suite::refuse(std::string& name, const std::string& why) {
    std::fprintf(stderr, "vectors: %s is wrong: %s\n", name.c_str(), why.c_str());
    name += " (WRONG)";
    ++wrong;
}

namespace {

/// What /proc says of the first core.
std::string processor() {
    std::string   name = "unknown processor", family;
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line) && !line.empty();) {
        const auto at = line.find(": ");
        if (at == std::string::npos) continue;
        if (line.starts_with("model name")) name = line.substr(at + 2);
        if (line.starts_with("cpu family")) family = ", family " + line.substr(at + 2);
    }
    return name + family + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

double value(const figure& f, double seconds) {
    return f.way == better::higher ? f.amount / seconds : seconds * f.amount;
}

row row_of(const figure& f, const timed& ours, const timed& other, std::string name) {
    const interval ratio = speed(ours, other);
    return {.name      = f.name,
            .unit      = f.unit,
            .ours      = value(f, ours.median),
            .peer      = value(f, other.median),
            .peer_name = std::move(name),
            .way       = f.way,
            .paired    = ratio.middle,
            .low       = ratio.low,
            .high      = ratio.high,
            .quietest  = other.quietest / ours.quietest,
            .bar       = f.bar};
}

} // namespace

void hold(suite& s, const figure& f, const timed& ours, const field& all, const std::vector<timed>& results,
          bool list) {
    const auto add = [&](const figure& how, bool helped) {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < results.size(); ++i)
            if (all.sides[i] == side::peer || (helped && all.sides[i] == side::helped)) order.push_back(i);
        const auto unequal = [&](std::size_t i) { return i < all.unequal.size() && all.unequal[i]; };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(unequal(a), results[a].median) < std::pair(unequal(b), results[b].median);
        });
        const bool  alone = order.empty() || unequal(order[0]);
        std::string others;
        for (std::size_t i = alone ? 0 : 1; list && i < order.size(); ++i) {
            const timed& t = results[order[i]];
            others += (others.empty() ? "" : ", ") + t.name + " " + report::number(value(how, t.median), 3);
        }
        for (const std::string& name : all.absent)
            if (list) others += (others.empty() ? "no " : ", no ") + name;
        row r = row_of(how, ours, alone ? ours : results[order[0]], alone ? "" : results[order[0]].name);
        if (alone) r.peer = r.paired = r.low = r.high = r.quietest = std::nan("");
        r.others = std::move(others);
        s.out.add(std::move(r));
        return !alone && all.sides[order[0]] == side::helped;
    };
    if (!add(f, true)) return;
    figure by_itself = f;
    by_itself.name += ", peers as they come";
    list = false;
    add(by_itself, false);
}

void hold_native(suite& s, figure f, const timed& ours, const timed& native) {
    f.name = "-O2 without -m: " + f.name;
    f.bar  = .92;
    s.native.push_back(row_of(f, ours, native, "the same, -O3 -march=native"));
}

void hold_one(suite& s, const figure& f, const timed& ours, const timed& other, std::string name) {
    s.out.add(row_of(f, ours, other, std::move(name)));
}

} // namespace bench

int main(int argc, char** argv) {
    // Read at a program's start: huge pages for everybody's malloc, threads that are asleep while they have no work, and a
    // BLAS that chooses for itself.
    if (std::getenv("GRAFT_BENCH_AGAIN") == nullptr) {
        for (const char* const chosen :
             {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"})
            unsetenv(chosen);
        setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 1);
        setenv("OMP_WAIT_POLICY", "passive", 1);
        setenv("GRAFT_BENCH_AGAIN", "1", 1);
        execv("/proc/self/exe", argv);
    }
    bench::report t("vectors", argc, argv);
    struct part {
        std::string_view name;
        void (*run)(bench::suite&);
    };
    constexpr part parts[] = {{"machine", bench::machine},   {"kernels", bench::dots},  {"stream", bench::stream},
                              {"products", bench::products}, {"search", bench::search}, {"real", bench::real_rows}};
    bool           some    = false;
    for (const std::string_view word : t.arguments()) {
        const bool known =
            std::any_of(std::begin(parts), std::end(parts), [&](const part& p) { return p.name == word; });
        some = some || known;
        if (known || word == "quick") continue;
        std::fprintf(stderr, "vectors: there is no part '%s'\n", std::string(word).c_str());
        return 2;
    }
    const char* const folder = std::getenv("GRAFT_PEERS");
    bench::suite      s{.out = t, .quick = t.has("quick"), .folder = folder == nullptr ? "" : folder};
    s.others = bench::native_peers(s.folder);
    std::printf("kernels: %s; %s\n", std::string(graft::simd::active()).c_str(), bench::processor().c_str());
    for (const part& p : parts)
        if (!some || t.has(p.name)) p.run(s);
    for (bench::row& r : s.native) t.add(std::move(r));
    const int status = t.finish();
    if (s.wrong > 0) std::fprintf(stderr, "vectors: %zu results are wrong\n", s.wrong);
    return s.wrong > 0 ? 1 : status;
}
