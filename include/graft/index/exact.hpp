// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/codes/panels.hpp>
#include <graft/index/vectors.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

// Exact search in two steps. The tile gives, for each query and row, a score by codes and a bound on its error. A row whose upper
// bound stays below the k-th best lower bound cannot be among the k best; all others are scored again from their f32 rows. So the
// answer is that of the lane dot alone, to the bit, whatever the format, the batch, the kernels or the number of threads.
//
// The bound. With q^ and x^ for what the codes say of a query q and a row x:
//     |q·x - q^·x^| <= |q| |x - x^| + |q - q^| |x^|
// and `rounding_slack` |q^| |x^| for the arithmetic of both sums. The first term is a row's `error` times the query's `gain`, the
// rest the query's `slack` times the longest row of a panel. By dot products a query is scaled to length 1 first, which changes no
// order. By squared distance the score is q·x - |x|²/2, and the roundings of the squares come on top.

/// What a query can be wrong by beside the rows' own errors, in units of its `unit`.
struct exact_query {
    double slack = 0; ///< for each unit of a row's length: the query's code, and the roundings of the sums
    double norm  = 0; ///< of the query, for distances
    double least = 0; ///< what underflow can change
};

/// Rows of one query that may be among its k best.
class shortlist {
public:
    struct entry {
        std::uint32_t row   = 0;
        float         upper = 0;
    };

private:
    std::size_t       k_;
    arena_list<float> best_; // a heap of the k best lower bounds, the least in front
    arena_list<entry> rows_;
    float             floor_ = -std::numeric_limits<float>::infinity();
    std::size_t       full_;

    struct greater {
        bool operator()(float a, float b) const noexcept { return a > b; }
    };
    /// Forgets what the floor has passed.
    void sweep() noexcept {
        std::size_t kept = 0;
        for (const entry& e : rows_.items())
            if (e.upper >= floor_) rows_[kept++] = e;
        while (rows_.size() > kept) rows_.pop_back();
    }

public:
    shortlist(std::size_t k, context& home)
        : k_(k), best_(home, std::min<std::size_t>(k, 1024)), rows_(home, std::min<std::size_t>(2 * k, 2048) + 64),
          full_(4 * k + 64) {}

    /// What an upper bound must reach.
    [[nodiscard]] float floor() const noexcept { return floor_; }

    void push_bound(float lower) {
        if (best_.size() < k_) {
            best_.push_back(lower);
            const auto heap = best_.items();
            std::push_heap(heap.begin(), heap.end(), greater{});
            if (best_.size() == k_) floor_ = heap.front();
        } else if (lower > floor_) {
            const auto heap = best_.items();
            std::pop_heap(heap.begin(), heap.end(), greater{});
            heap.back() = lower;
            std::push_heap(heap.begin(), heap.end(), greater{});
            floor_ = heap.front();
        }
    }
    void push(std::uint32_t row, float upper, float lower) {
        push_bound(lower);
        if (!(upper >= floor_)) return;
        rows_.push_back({row, upper});
        if (rows_.size() == full_) {
            sweep();
            full_ = std::max(full_, 2 * rows_.size());
        }
    }
    /// What another part of the rows says.
    void merge(shortlist& other) {
        for (const float lower : other.best_.items()) push_bound(lower);
        rows_.append(other.rows_.items());
    }
    [[nodiscard]] std::span<const entry> take() noexcept {
        sweep();
        return rows_.items();
    }
};

[[nodiscard]] inline std::span<shortlist> shortlists(std::size_t n, std::size_t k, context& w) {
    const auto all = w.take_raw<shortlist>(n);
    for (shortlist& s : all) std::construct_at(&s, k, w);
    return all;
}

/// Queries in the form that the tile takes.
template <metric Metric, row_format F>
struct exact_batch {
    std::size_t              count = 0, stride = 0;
    std::span<std::uint32_t> words = {};
    std::span<std::int32_t>  start = {};
    std::span<float>         shift = {}, gain = {};
    std::span<exact_query>   terms = {};

    /// Takes    queries as `prepare` gives them, one a row; `proved`: bounds count
    exact_batch(const F& format, std::span<const float* const> queries, std::size_t dims, bool proved, context& w)
        : count(queries.size()), stride(format.query_words(dims)), words(w.take_raw<std::uint32_t>(count * stride)),
          start(w.take_raw<std::int32_t>(count)), shift(w.take_raw<float>(count)), gain(w.take_raw<float>(count)),
          terms(w.take_raw<exact_query>(count)) {
        const auto   unit_query = w.take_raw<float>(dims);
        const double rounding   = rounding_slack(dims);
        for (std::size_t i = 0; i < count; ++i) {
            vector_view  q    = {queries[i], dims};
            const double size = std::sqrt(squared_norm(q));
            double       norm = size;
            if constexpr (!Metric::zero_fits) { // a dot product: only the direction counts
                std::copy(q.begin(), q.end(), unit_query.begin());
                if (normalise(unit_query)) q = unit_query, norm = 1 + 0x1p-22;
            }
            const query_terms t    = format.encode_query(q, words.data() + i * stride);
            const double      unit = static_cast<double>(t.unit), error = static_cast<double>(t.error) + 0x1p-22 * norm;
            start[i] = t.start;
            shift[i] = no_less(1 / unit);
            gain[i]  = proved ? no_less(norm / unit) : 0;
            terms[i] = {.slack = proved ? (error + rounding * (norm + error)) / unit : 0,
                        .norm  = norm,
                        .least = proved ? static_cast<double>(dims) * 0x1p-120 / (unit * std::min(1., size)) : 0};
        }
    }

    /// What each query can be wrong by in a panel whose longest row is `longest`, beside the rows' own errors.
    void slacks(double longest, double rounding, std::span<float> out) const noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            const exact_query& q   = terms[i];
            double             sum = q.slack * longest + q.least;
            if (Metric::zero_fits && q.slack > 0)
                sum += rounding * (q.norm + longest) * (q.norm + longest) * static_cast<double>(shift[i]);
            out[i] = static_cast<float>(sum * (1 + 0x1p-20));
        }
    }
};

/// Panels [first, last) against all queries of a batch, eight at a time; `keep(row)` is asked of the rows that could be among the
/// best, of no other.
template <metric Metric, row_format F, class Keep>
[[nodiscard]] result<void> scan_panels(const kernels& by, const panels<F>& rows, std::size_t first, std::size_t last,
                                       const exact_batch<Metric, F>& batch, const Keep& keep, std::span<shortlist> best,
                                       context& w) {
    constexpr std::size_t far      = 16 << 10; // bytes ahead of a panel's own words: four groups of lines in flight
    const above_kernel    above    = rows.format().above(by);
    const std::size_t     panel    = rows.words() * panel_rows * sizeof(std::uint32_t);
    const double          rounding = rounding_slack(rows.dims());
    const bool            few      = batch.count <= tile_queries;
    const auto            slack    = w.take_raw<float>(batch.count);
    const auto            floor    = w.take_raw<float>(batch.count); // of the shortlists, less the slack
    double                longest  = -1;                             // that of the slacks
    tile_found            found[tile_queries * panel_rows];
    for (std::size_t p = first; p < last; ++p) {
        if (p % 64 == 0 || batch.count > 64)
            if (auto ok = w.alive(); !ok) return ok;
        tile_rows these = rows[p];
        if (const double most = static_cast<double>(rows.longest(p)); most != longest) {
            batch.slacks(longest = most, rounding, slack);
            for (std::size_t i = 0; i < batch.count; ++i) floor[i] = best[i].floor() - slack[i];
        }
        const std::size_t n     = std::min(panel_rows, rows.rows() - p * panel_rows);
        const auto*       codes = reinterpret_cast<const std::byte*>(these.words);
        for (std::size_t i = 0; i < batch.count; i += tile_queries) {
            const std::size_t queries = std::min(tile_queries, batch.count - i), turn = i / tile_queries;
            // The next panel comes in while this one is at work: by thirds with the first three tiles, or as a stream.
            these.lines = few ? 3 : turn < 3 ? 1 : 0;
            these.ahead = few ? codes + far : codes + panel + turn * rows.words() * 64;
            const tile_query  q{batch.words.data() + i * batch.stride,
                               batch.stride,
                               batch.start.data() + i,
                               batch.shift.data() + i,
                               batch.gain.data() + i,
                               floor.data() + i};
            const std::size_t passed = above(q, queries, these, rows.words(), found);
            for (const tile_found& f : std::span(found, passed)) {
                if (f.row >= n) continue; // beyond the last row
                const auto        row   = static_cast<std::uint32_t>(p * panel_rows + f.row);
                const std::size_t at    = i + f.query;
                shortlist&        to    = best[at];
                const float       upper = f.upper + slack[at],
                            lower       = f.upper - 2 * batch.gain[at] * these.error[f.row] - slack[at];
                if (!(upper >= to.floor()) || !keep(row)) continue;
                to.push(row, upper, lower);
                floor[at] = to.floor() - slack[at];
            }
        }
    }
    return done;
}

/// The k best of a shortlist by their f32 rows.
///
/// Gives    hits in `home`, best first; `rescored` grows by the rows that were scored.
template <metric Metric>
[[nodiscard]] std::span<const hit> rescore(const kernels& by, const float* q, const row_table& t,
                                           std::span<const shortlist::entry> rows, std::size_t k, std::size_t& rescored,
                                           context& w) {
    constexpr std::size_t block = 256;
    std::uint32_t         which[block];
    float                 score[block];
    const std::size_t     stride = t.rows.dims();
    top_k                 best(std::min(k, rows.size()), w);
    for (std::size_t at = 0; at < rows.size(); at += block) {
        const std::size_t n = std::min(block, rows.size() - at);
        for (std::size_t i = 0; i < n; ++i) {
            which[i] = rows[at + i].row;
            __builtin_prefetch(t.rows.data() + which[i] * stride);
            __builtin_prefetch(t.rows.data() + which[i] * stride + 16);
        }
        Metric::scores_of(by, q, t.rows.data(), which, n, stride, score);
        for (std::size_t i = 0; i < n; ++i)
            if (score[i] >= best.threshold()) best.push({t.ids[which[i]], score[i]});
    }
    rescored += rows.size();
    return best.take();
}

/// The k best rows for each query of a batch, given to `put(i, hits)`.
///
/// Takes    queries as `prepare` gives them; `at_least`: 0 to prove, n to score the n k best by code again; `c`, whose
///          threads work; `w`, where the hits lie and what one thread needs
template <metric Metric, row_format F, class Keep, class Put>
[[nodiscard]] result<void> search_exactly(const kernels& by, const row_table& t, const panels<F>& codes,
                                          std::span<const float* const> queries, std::size_t at_least, std::size_t k,
                                          const Keep& keep, context& c, context& w, std::size_t& rescored,
                                          const Put& put) {
    const auto        allowed = [&](std::uint32_t row) { return static_cast<bool>(keep(t.ids[row])); };
    const std::size_t wanted  = at_least == 0 ? k : at_least < t.size() ? at_least * k : t.size(); // of the shortlist
    if (wanted >= t.size() / 4) { // most rows would be scored again: score all of them once
        for (std::size_t i = 0; i < queries.size(); ++i) {
            top_k best(k, w);
            if (auto ok = scan<Metric>(by, queries[i], t, allowed, best, w); !ok) return ok;
            rescored += t.size();
            put(i, best.take());
        }
        return done;
    }
    const exact_batch<Metric, F> batch(codes.format(), queries, t.dims, at_least == 0, w);
    // One query is worth a thread where the panels are many.
    const std::size_t parts = std::min(c.executor.width(), queries.size() > 1 ? codes.size() : codes.size() / 64);
    if (parts <= 1) {
        const auto best = shortlists(queries.size(), wanted, w);
        if (auto ok = scan_panels(by, codes, 0, codes.size(), batch, allowed, best, w); !ok) return ok;
        for (std::size_t i = 0; i < queries.size(); ++i)
            put(i, rescore<Metric>(by, queries[i], t, best[i].take(), k, rescored, w));
        return done;
    }
    context::workers own(c, parts); // a part's memory, from its scan to its hits
    const auto       all    = w.take<std::span<shortlist>>(parts);
    const auto       scored = w.take<std::size_t>(parts);
    auto             passed = run_results(c.executor, parts, [&](std::size_t p) {
        all[p] = shortlists(queries.size(), wanted, own[p]);
        return scan_panels(by, codes, codes.size() * p / parts, codes.size() * (p + 1) / parts, batch, allowed, all[p],
                                       own[p]);
    });
    if (!passed) return passed;
    const auto hits = w.take_raw<hit>(queries.size() * k);
    const auto ends = w.take_raw<std::size_t>(queries.size());
    passed          = run_results(c.executor, parts, [&](std::size_t p) -> result<void> {
        for (std::size_t i = p; i < queries.size(); i += parts) {
            if (auto ok = own[p].alive(); !ok) return ok;
            shortlist& best = all[p][i];
            for (std::size_t o = 0; o < parts; ++o)
                if (o != p) best.merge(all[o][i]);
            const auto found = rescore<Metric>(by, queries[i], t, best.take(), k, scored[p], own[p]);
            std::copy(found.begin(), found.end(), hits.begin() + static_cast<std::ptrdiff_t>(i * k));
            ends[i] = found.size();
        }
        return done;
    });
    if (!passed) return passed;
    for (const std::size_t n : scored) rescored += n;
    for (std::size_t i = 0; i < queries.size(); ++i) put(i, std::span<const hit>(hits.subspan(i * k, ends[i])));
    return done;
}

} // namespace graft::inline GRAFT_ABI::detail
