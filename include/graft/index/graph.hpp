// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/index/vectors.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// The links of a hierarchical navigable small world, without its vectors; unchanged once made.
///
/// Level 0 holds up to 2 M links a row in 8 M bytes (two cache lines for M = 16), the levels above up to M; a list ends at
/// the first `none`. Rows of higher levels have their lists one after the other in `upper`.
///
/// Source   Malkov and Yashunin, arXiv 1603.09320.
struct graph {
    static constexpr std::uint32_t none = row_table::none;

    std::size_t                links    = 0;  ///< M
    std::uint32_t              entry    = 0;  ///< a row of the highest level
    std::vector<std::uint8_t>  levels   = {}; ///< [n]
    matrix<std::uint32_t>      base     = {}; ///< [n, 2 M]
    std::vector<std::uint64_t> upper_at = {}; ///< [n]: where the lists of a row begin
    std::vector<std::uint32_t> upper    = {}; ///< [sum of levels, M]

    [[nodiscard]] std::size_t size() const noexcept { return levels.size(); }

    [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t row, std::size_t level) const noexcept {
        if (level == 0) return base.row(row);
        return std::span(upper).subspan(upper_at[row] + (level - 1) * links, links);
    }

    /// Room for n rows of these levels, without links.
    void shape(std::size_t m, std::vector<std::uint8_t> of_rows) {
        links  = m;
        levels = std::move(of_rows);
        base   = matrix<std::uint32_t>(levels.size(), 2 * m);
        std::fill(base.flat().begin(), base.flat().end(), none);
        upper_at.resize(levels.size());
        std::uint64_t at = 0;
        for (std::size_t i = 0; i < levels.size(); ++i) upper_at[i] = at, at += levels[i] * m;
        upper.assign(at, none);
    }

    void save(byte_writer& out) const {
        out.u32(static_cast<std::uint32_t>(links));
        out.u32(entry);
        out.array(levels);
        out.elements(std::span<const std::uint32_t>(base.flat()));
        out.elements(std::span<const std::uint32_t>(upper));
    }
    /// Fails    `malformed` where a link, level or entry leads out of the graph.
    [[nodiscard]] static result<graph> load(byte_reader& in, std::size_t rows) {
        const std::size_t m     = in.u32();
        const auto        entry = in.u32();
        auto              level = in.array<std::uint8_t>();
        if (!in.ok()) return in.error();
        std::uint64_t lists = 2 * rows;
        for (const std::uint8_t l : level) lists += l;
        if (m < 2 || m > 512 || rows == 0 || level.size() != rows || entry >= rows) return in.error();
        if (level[entry] > 63 || level[entry] != *std::max_element(level.begin(), level.end())) return in.error();
        if (lists > in.left() / (m * sizeof(std::uint32_t))) in.fail(fault::truncated);
        if (!in.ok()) return in.error();
        graph g;
        g.shape(m, std::move(level));
        g.entry = entry;
        in.into(g.base.flat());
        in.into(std::span(g.upper));
        if (!in.ok()) return in.error();
        for (std::uint32_t row = 0; row < rows; ++row)
            for (std::size_t l = 0; l <= g.levels[row]; ++l) {
                bool ended = false;
                for (const std::uint32_t to : g.of(row, l)) {
                    if (to == none) ended = true;
                    else if (ended || to >= rows || g.levels[to] < l) return in.error();
                }
            }
        return g;
    }
};

inline void fetch(const float* row, std::size_t floats) noexcept {
    for (std::size_t i = 0; i < floats; i += 16) __builtin_prefetch(row + i);
}

/// Goes from the entry towards the query and calls see(row, score) once for every row of level 0 that it scores: at least
/// min(beam, n) of them, if all are reachable.
///
/// The pool is one sorted array of the `beam` best rows so far, each with a bit that says whether its links were followed;
/// it ends when all were. Rows are fetched whole, four ahead, and scored four a call.
template <metric Metric, class See>
void walk(const graph& g, const matrix<float>& rows, const kernels& by, const float* q, std::size_t beam, context& w,
          See&& see) {
    struct candidate {
        float         score;
        std::uint32_t row; // the highest bit: its links were followed
    };
    constexpr std::uint32_t followed = 0x80000000u;
    const std::size_t       stride   = rows.dims();
    const auto              pool     = w.take_raw<candidate>(beam + 1);
    const auto              seen     = w.take<std::uint64_t>((g.size() + 63) / 64);
    const auto              todo     = w.take_raw<std::uint32_t>(2 * g.links + 1);
    const auto              score    = w.take_raw<float>(2 * g.links + 1);
    std::size_t             size = 0, at = 0, waiting = 0;

    const auto weigh = [&] { // scores todo[0, waiting)
        for (std::size_t j = 0; j < std::min<std::size_t>(4, waiting); ++j)
            fetch(rows.data() + todo[j] * stride, stride);
        for (std::size_t j = 0; j < waiting; j += 4) {
            for (std::size_t next = j + 4; next < std::min(j + 8, waiting); ++next)
                fetch(rows.data() + todo[next] * stride, stride);
            Metric::scores_of(by, q, rows.data(), todo.data() + j, std::min<std::size_t>(4, waiting - j), stride,
                              score.data() + j);
        }
    };
    const auto mark = [&](std::uint32_t row) { // true the first time
        const std::uint64_t bit = std::uint64_t{1} << (row % 64);
        if ((seen[row / 64] & bit) != 0) return false;
        seen[row / 64] |= bit;
        return true;
    };
    const auto insert = [&](std::uint32_t row, float s) {
        if (size == beam && s <= pool[size - 1].score) return;
        const auto first = pool.begin();
        const auto place = std::upper_bound(first, first + static_cast<std::ptrdiff_t>(size), s,
                                            [](float x, const candidate& c) { return x > c.score; });
        if (size < beam) ++size;
        std::copy_backward(place, first + static_cast<std::ptrdiff_t>(size - 1),
                           first + static_cast<std::ptrdiff_t>(size));
        *place = {s, row};
        at     = std::min(at, static_cast<std::size_t>(place - first));
    };

    todo[0] = g.entry;
    waiting = 1;
    weigh();
    const float   entry_score = score[0];
    std::uint32_t best        = g.entry;
    float         best_score  = entry_score;
    for (std::size_t level = g.levels[g.entry]; level > 0; --level)
        for (bool closer = true; closer;) {
            closer  = false;
            waiting = 0;
            for (const std::uint32_t to : g.of(best, level)) {
                if (to == graph::none) break;
                todo[waiting++] = to;
            }
            weigh();
            for (std::size_t j = 0; j < waiting; ++j)
                if (score[j] > best_score) best = todo[j], best_score = score[j], closer = true;
        }
    // the entry too: every row can be reached from it
    for (const auto& [row, s] : {std::pair{best, best_score}, std::pair{g.entry, entry_score}})
        if (mark(row)) insert(row, s), see(row, s);

    while (at < size) {
        if ((pool[at].row & followed) != 0) {
            ++at;
            continue;
        }
        const std::uint32_t from = pool[at].row;
        pool[at].row |= followed;
        waiting = 0;
        for (const std::uint32_t to : g.of(from, 0)) {
            if (to == graph::none) break;
            if (mark(to)) todo[waiting++] = to;
        }
        for (std::size_t next = at + 1; next < std::min(at + 4, size); ++next)
            if ((pool[next].row & followed) == 0) { // its links will be wanted soon
                const std::uint32_t* list = g.of(pool[next].row, 0).data();
                for (std::size_t i = 0; i < 2 * g.links; i += 16) __builtin_prefetch(list + i);
                break;
            }
        weigh();
        for (std::size_t j = 0; j < waiting; ++j) {
            insert(todo[j], score[j]);
            see(todo[j], score[j]);
        }
    }
}

/// Makes every row of level 0 reachable from the entry: a row that is not gets a link from one of its neighbours that are.
///
/// Gives    false where that did not succeed; such a graph must not be used.
/// Fails    stopped, timed_out; neither may such a graph.
template <metric Metric>
[[nodiscard]] result<bool> connect(graph& g, const matrix<float>& rows, const kernels& by, context& c) {
    std::vector<bool>          reached;
    std::vector<std::uint32_t> queue;
    const auto                 spread = [&](std::uint32_t from) {
        reached[from] = true;
        queue.assign(1, from);
        for (std::size_t i = 0; i < queue.size(); ++i)
            for (const std::uint32_t to : g.of(queue[i], 0)) {
                if (to == graph::none) break;
                if (!reached[to]) reached[to] = true, queue.push_back(to);
            }
    };
    const auto room = [&](std::uint32_t row) { // the first free place of a list, 2 M if there is none
        const auto list = g.base.row(row);
        return static_cast<std::size_t>(std::find(list.begin(), list.end(), graph::none) - list.begin());
    };
    const auto row_of = [](const hit& h) { return static_cast<std::uint32_t>(to_underlying(h.id)); };
    for (int round = 0; round < 16; ++round) {
        if (auto ok = c.alive(); !ok) return ok.error();
        reached.assign(g.size(), false);
        spread(g.entry);
        bool whole = true;
        for (std::uint32_t lost = 0; lost < g.size(); ++lost) {
            if (reached[lost]) continue;
            whole = false;
            if (auto ok = c.alive(); !ok) return ok.error();
            const arena::scope walked(c);
            top_k              near(32, c);
            walk<Metric>(g, rows, by, rows.row(lost).data(), 64, c, [&](std::uint32_t row, float score) {
                if (reached[row]) near.push({chunk_id{row}, score}); // a row, not a chunk, until it is taken out again
            });
            const auto found = near.take();
            const auto open =
                std::find_if(found.begin(), found.end(), [&](const hit& h) { return room(row_of(h)) < 2 * g.links; });
            const auto giver = row_of(open != found.end() ? *open : found.front());
            if (open != found.end()) {
                g.base.row(giver)[room(giver)] = lost;
            } else { // all are full: the last link of the nearest goes by way of the lost row
                auto&      last                             = g.base.row(giver)[2 * g.links - 1];
                const auto mine                             = g.base.row(lost);
                mine[std::min(room(lost), 2 * g.links - 1)] = last;
                last                                        = lost;
            }
            spread(lost);
        }
        if (whole) return true;
    }
    return false;
}

} // namespace graft::inline GRAFT_ABI::detail
