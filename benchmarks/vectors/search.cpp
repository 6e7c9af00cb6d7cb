// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// The ten best of all rows: synthetic ones, and sentences, documents and questions as a model embedded them.

#include "../support/coprocess.hpp"
#include "limits.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <sstream>

namespace bench {

namespace {

namespace fs = std::filesystem;

/// Rows, questions, and the answers.
struct question_set {
    std::string                name;
    std::size_t                dims = 384, n = 0, m = 0;
    buffer<float>              rows = {}, queries = {};
    std::vector<std::uint32_t> best = {}; // [m, 10]

    [[nodiscard]] rows_view all() const { return {rows.data(), n, dims}; }
    void                    answer() { best = truth(all(), {queries.data(), m, dims}); }
    [[nodiscard]] double    score(std::size_t query, std::uint32_t row) const {
        return std::inner_product(&queries[query * dims], &queries[query * dims] + dims, &rows[row * dims], 0.,
                                     std::plus{}, [](double a, double b) { return a * b; });
    }
    /// The share of the answers to queries [first, first + count) that ids [count, 10] has. A row counts too that is as good as
    /// the tenth, as far as floats can tell: there are texts that are the same.
    [[nodiscard]] double recall(const std::uint32_t* ids, std::size_t first, std::size_t count) const {
        std::size_t found = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t *want = best.data() + 10 * (first + i), *got = ids + 10 * i;
            for (std::size_t j = 0; j < 10; ++j) {
                if (got[j] >= n || std::count(got, got + j, got[j]) > 0) continue;
                found += std::count(want, want + 10, got[j]) > 0 ||
                         score(first + i, got[j]) >= score(first + i, want[9]) - 5e-7;
            }
        }
        return static_cast<double>(found) / static_cast<double>(10 * count);
    }
};

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A way of ours to search, with its bars at batch 1, 64 and 1,024.
struct own_search {
    std::string_view name;
    format           of      = format::f32;
    std::size_t      rescore = 0; ///< as flat_params has it; 0: proven equal to f32
    double           zen4[3] = {none, none, none}, zen5[3] = {none, none, none};
};
constexpr own_search own_searches[] = {
    {"f32", format::f32, 0, {1.0, 1.4, 1.15}, {1.2, 1.7, 1.4}},
    {"bf16, 30 rescored", format::bf16, 3, {1.9, none, 2.2}, {2.6, none, 2.8}},
    {"i8, 50 rescored", format::i8, 5, {3.7, none, 2.6}, {4.8, none, 3.2}},
    {"bf16, proven equal", format::bf16, 0, {1.9, none, 2.2}, {2.6, none, 2.8}},
    {"f16, proven equal", format::f16, 0},
    {"i8, proven equal", format::i8, 0, {3.7, none, 2.6}, {4.8, none, 3.2}},
    {"bits, 160 rescored", format::bits, 16},
};

/// Someone who searches: queries [first, first + count) on so many threads, so many times.
struct searcher {
    std::string                                                                                         name;
    side                                                                                                by = side::peer;
    std::function<double(std::size_t first, std::size_t count, std::size_t threads, std::size_t times)> seconds = {};
    std::function<std::vector<std::uint32_t>()> ids          = {}; ///< of the last
    std::size_t                                 most_queries = ~std::size_t{0}, most_threads = 2, least_queries = 1;
    bool may_miss = false; ///< has less than the rows' numbers, and does not score again
};

searcher in_process(std::string name, side by, std::shared_ptr<exact> index, const question_set& set) {
    auto ids = std::make_shared<std::vector<std::uint32_t>>();
    return {std::move(name), by,
            [index, ids, &set](std::size_t first, std::size_t count, std::size_t threads, std::size_t times) {
                ids->assign(10 * count, ~0u);
                auto once = [&] { index->search(set.queries.data() + first * set.dims, count, threads, ids->data()); };
                return bench::seconds(once, times);
            },
            [ids] { return *ids; }};
}

searcher in_other(std::string name, side by, std::shared_ptr<coprocess> other, const std::string& peer) {
    return {std::move(name), by,
            [other, peer](std::size_t first, std::size_t count, std::size_t threads, std::size_t times) {
                std::ostringstream question;
                question << "search " << peer << ' ' << first << ' ' << count << ' ' << threads << ' ' << times;
                const auto answer = other->ask(question.str());
                return answer ? std::strtod(answer->c_str(), nullptr) : std::numeric_limits<double>::infinity();
            },
            [other] {
                std::istringstream         in(other->ask("ids").value_or(""));
                std::vector<std::uint32_t> ids;
                for (std::uint32_t id = 0; in >> id;) ids.push_back(id);
                return ids;
            }};
}

/// faiss and usearch, each process with its copy of the rows. Empty where they are missing.
void add_wheels(suite& s, const question_set& set, std::vector<searcher>& to, std::vector<std::string>& absent) {
    const std::string python = s.folder + "/venv/bin/python", script = s.folder + "/peers.py";
    const fs::path    place = fs::temp_directory_path() / ("graft-bench-" + std::to_string(getpid()));
    fs::create_directories(place);
    const auto put = [&](const char* name, const buffer<float>& what, std::size_t n) {
        std::ofstream(place / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(what.data()), static_cast<std::streamsize>(n * set.dims * 4));
        return (place / name).string();
    };
    std::ostringstream load;
    load << "load " << put("rows", set.rows, set.n) << ' ' << set.n << ' ' << put("queries", set.queries, set.m) << ' '
         << set.m << ' ' << set.dims;
    const bool wide = peak_of(format::f32, 1).run != nullptr; // its BLAS of 2021 then takes kernels that are slow here
    for (const bool helped : {false, true}) {
        std::vector<std::pair<std::string, std::string>> with;
        if (helped && wide) with.emplace_back("OPENBLAS_CORETYPE", "SkylakeX");
        std::vector<std::string> command{python, script};
        if (!helped) command.insert(command.end(), {"f32", "bf16", "i8"});
        auto       other = std::make_shared<coprocess>(command, with);
        const auto hello = s.folder.empty() ? std::nullopt : other->hear();
        if (!hello || other->ask(load.str()) != "ok") {
            if (!helped) absent.insert(absent.end(), {"faiss", "usearch"});
            continue;
        }
        std::istringstream words(*hello);
        std::string        word, faiss, usearch;
        words >> word >> faiss >> word >> usearch;
        faiss   = "faiss " + faiss.substr(0, faiss.find(','));
        usearch = "usearch " + usearch.substr(0, usearch.find(','));
        std::istringstream pages(other->ask("pages").value_or("0 0"));
        std::size_t        huge = 0;
        if (pages >> huge; huge * 1024 < 3 * set.n * set.dims * 4 / 2) // its own copy and that of the index
            std::fprintf(stderr, "vectors: %s has %zu kB in huge pages only\n", faiss.c_str(), huge);
        if (!helped) {
            to.push_back(in_other(faiss, side::peer, other, "faiss"));
            for (const std::string kind : {"f32", "bf16", "i8"}) {
                to.push_back(in_other(usearch + " " + kind, side::peer, other, "usearch-" + kind));
                to.back().may_miss     = kind != "f32";
                to.back().most_queries = 64; // it takes queries one by one: more of them change nothing
            }
        } else {
            to.push_back(in_other(faiss + ", BLAS chosen", side::helped, other, "faiss-blas"));
            to.back().least_queries = 2;
        }
    }
    fs::remove_all(place);
}

/// Says so where the rows of this process are not in huge pages.
void look_at_pages() {
    std::ifstream in("/proc/self/smaps_rollup");
    std::size_t   all = 0, huge = 0;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("Rss:")) all = std::strtoul(line.c_str() + 4, nullptr, 10);
        if (line.starts_with("AnonHugePages:")) huge = std::strtoul(line.c_str() + 14, nullptr, 10);
    }
    if (huge < all / 4 * 3) std::fprintf(stderr, "vectors: %zu of %zu kB are in huge pages\n", huge, all);
}

/// Everybody on one set, at every batch and number of threads.
void contest(suite& s, const question_set& set, const std::vector<std::size_t>& batches, std::size_t most_threads,
             bool native, std::size_t slices) {
    std::vector<searcher>               who;
    std::vector<std::string>            absent;
    std::vector<std::size_t>            mine; // of own_searches
    std::vector<std::shared_ptr<exact>> indices;
    for (const auto& [by, build] : {std::pair{side::ours, &plain_build()}, std::pair{side::native, &native_build()}})
        for (std::size_t i = 0; i < std::size(own_searches); ++i) {
            if (by == side::native && !native) continue;
            std::shared_ptr<exact> index = build->index(own_searches[i].of, own_searches[i].rescore, set.all());
            if (index == nullptr) continue;
            if (by == side::ours) mine.push_back(i), indices.push_back(index);
            who.push_back(in_process("graft " + std::string(own_searches[i].name), by, index, set));
            who.back().may_miss = own_searches[i].rescore > 0;
        }
    for (const exact_peer& p : s.others.searches) {
        if (!p.make) {
            absent.push_back(p.name);
            continue;
        }
        who.push_back(in_process(p.name, p.helped ? side::helped : side::peer, p.make(set.all()), set));
        who.back().most_queries = p.most_queries == 1 ? 1 : ~std::size_t{0};
        who.back().most_threads = p.most_threads;
    }
    add_wheels(s, set, who, absent);
    look_at_pages();

    for (std::size_t threads = 1; threads <= most_threads; ++threads)
        for (const std::size_t batch : batches) {
            field               all;
            std::vector<double> recalls;
            all.absent = absent;
            for (const searcher& one : who) {
                const bool few = one.most_queries == 1; // has no batches: taken at batch 1 alone
                if ((few && batch > 1) || threads > one.most_threads || batch < one.least_queries ||
                    (threads > 1 && one.by == side::native))
                    continue;
                const std::size_t count = std::min(batch, one.most_queries);
                std::string       name  = one.name;
                std::size_t       tried = 0;
                double            found = 0;
                for (const std::size_t times = batch == 1 ? 16 : 1; tried < times && (tried + 1) * count <= set.m;
                     ++tried) {
                    static_cast<void>(one.seconds(tried * count, count, threads, 1));
                    const auto ids = one.ids();
                    found += ids.size() == 10 * count ? set.recall(ids.data(), tried * count, count) : 0;
                }
                found /= static_cast<double>(std::max<std::size_t>(tried, 1));
                recalls.push_back(found);
                char text[32];
                std::snprintf(text, sizeof text, " (recall %.4f)", found);
                if (found < (one.may_miss ? .5 : .9995)) s.refuse(name, text);
                else if (found < .99995 && one.by != side::ours) name += text;
                all.unequal.push_back(found < .9995);
                const std::size_t step = std::max<std::size_t>(1, set.m / count);
                all.all.push_back(
                    {name, [&one, count, threads, step, batch, turn = std::size_t{0}](std::size_t n) mutable {
                         const std::size_t first = turn++ % step * count;
                         return one.seconds(first, count, threads, n) * static_cast<double>(batch) /
                                static_cast<double>(count);
                     }});
                all.sides.push_back(one.by);
            }
            const auto        t = race(s.timing(.02, batch > 64 ? std::min<std::size_t>(slices, 7) : slices), all.all);
            const std::size_t column = batch == 1 ? 0 : batch == 64 ? 1 : 2;
            const bool        judged = set.n == 100'000;
            for (std::size_t i = 0; i < mine.size(); ++i) {
                const own_search& how = own_searches[mine[i]];
                const figure      f{.name = set.name + ", batch " + std::to_string(batch) +
                                       (threads == 1 ? "" : ", 2 threads") + ": " + std::string(how.name),
                                    .unit   = "queries/s",
                                    .amount = static_cast<double>(batch),
                                    .bar    = judged ? bar(how.zen4[column], how.zen5[column]) : std::nan("")};
                hold(s, f, t[i], all, t, i == 0);
                if (native && threads == 1) hold_native(s, f, t[i], t[mine.size() + i]);
                if (threads > 1 || batch != batches.back()) continue;
                s.out.add("  recall@10 of " + std::string(how.name), "recall", recalls[i], 1, "brute force in double");
                if (how.rescore == 0)
                    s.out.add("  rows rescored by " + std::string(how.name), "share",
                              static_cast<double>(indices[i]->rescored()) / static_cast<double>(batch * set.n));
            }
        }
}

/// Stored half-precision vectors of 384 numbers, scaled to length 1 once more: the rounding moved them a little.
std::vector<float> stored(const std::string& folder, const std::string& set) {
    std::ifstream           in(folder + "/fixtures/minilm_vectors/" + set + ".f16", std::ios::binary);
    const std::vector<char> raw{std::istreambuf_iterator<char>(in), {}};
    std::vector<float>      rows(raw.size() / 2);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::uint16_t half;
        std::memcpy(&half, raw.data() + 2 * i, 2);
        rows[i] = graft::widen(static_cast<graft::f16_code>(half));
    }
    for (std::size_t i = 0; i + 384 <= rows.size(); i += 384) {
        const double size = std::sqrt(std::inner_product(&rows[i], &rows[i] + 384, &rows[i], 0.));
        for (std::size_t j = i; j < i + 384; ++j) rows[j] = static_cast<float>(static_cast<double>(rows[j]) / size);
    }
    return rows;
}

} // namespace

void search(suite& s) {
    question_set set{.name = s.quick ? "10k x 384" : "100k x 384"};
    set.n       = s.quick ? 10'000 : 100'000;
    set.m       = s.quick ? 128 : 1024;
    set.rows    = buffer<float>(set.n * set.dims);
    set.queries = buffer<float>(set.m * set.dims);
    clustered(42, set.rows.data(), set.n, set.queries.data(), set.m, set.dims);
    set.answer();
    contest(s, set, s.quick ? std::vector<std::size_t>{1, 64} : std::vector<std::size_t>{1, 64, 1024}, 2, true, 15);
}

void real_rows(suite& s) {
    const char* const folder = std::getenv("GRAFT_SHARED");
    if (folder == nullptr) return s.out.add("real rows: GRAFT_SHARED is not set", "", std::nan(""));
    struct source {
        std::string rows, queries;
        bool        table = false; ///< all batches and threads; else one batch of all queries
    };
    for (const source& from : {source{"scifact.sentences", "scifact.queries", true}, source{"npl.docs", "npl.queries"},
                               source{"cacm.docs", "cacm.queries"}}) {
        if (s.quick && from.table) continue;
        const auto   rows = stored(folder, from.rows), queries = stored(folder, from.queries);
        question_set set{.name = from.rows};
        set.n       = rows.size() / set.dims;
        set.m       = queries.size() / set.dims;
        set.rows    = buffer<float>(rows.size());
        set.queries = buffer<float>(queries.size());
        std::copy(rows.begin(), rows.end(), set.rows.data());
        std::copy(queries.begin(), queries.end(), set.queries.data());
        set.answer();
        if (from.table) contest(s, set, {1, 64, set.m}, 2, false, 15);
        else contest(s, set, {set.m}, 1, false, 9);
    }
}

} // namespace bench
