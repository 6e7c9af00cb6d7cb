// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/progress_steps.hpp>
#include <graft/index/current.hpp>
#include <graft/index/hnsw_build.hpp>

#include <memory>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

/// The approximate index: walks a graph of neighbours instead of scoring every row.
///
///     hnsw<cosine> nearest{embed.dims()};
///
/// It is a list of immutable segments. A change adds one and marks removed rows; more than eight segments are merged, the
/// smallest first, and so is a segment of which more than half is removed. Small segments are scanned exactly, and so is any
/// whose filter passes too few rows for a walk to pay.
///
/// Gives    min(k, matches) hits, best first; ties by id among those found. The same bytes for the same changes, on any
///          machine with exact kernels. Nothing for a zero query, except by `squared_distance`.
/// Costs    about 16 beam rows a query and segment; `prepare` builds the new segment's graph on this thread (150 to 400 µs a row
///          of 384 numbers, rising with their count).
/// Threads  const calls may run at once. `commit` may run beside `pin`, and beside calls on what `pin` gave; beside other
///          calls on the index itself it may not: readers beside a writer each hold a pin.
/// Fails    as `flat`.
/// Source   Malkov and Yashunin, arXiv 1603.09320; built by hnswlib, searched here.
template <metric Metric>
class hnsw {
    static constexpr std::size_t most_segments = 8;

    struct segment {
        detail::row_table            rows;
        std::optional<detail::graph> links;
    };
    struct part { // a segment and which of its rows are removed
        std::shared_ptr<const segment> of;
        std::vector<std::uint64_t>     dead  = {}; // a bit a row; empty: none
        std::size_t                    count = 0;  // of dead rows

        [[nodiscard]] bool gone(std::size_t row) const noexcept {
            return !dead.empty() && (dead[row / 64] >> (row % 64) & 1) != 0;
        }
        [[nodiscard]] std::size_t live() const noexcept { return of->rows.size() - count; }
        void                      bury(std::size_t row) {
            dead.resize((of->rows.size() + 63) / 64);
            dead[row / 64] |= std::uint64_t{1} << (row % 64);
            ++count;
        }
    };
    struct generation {
        std::vector<part> parts = {};
        std::size_t       live  = 0;
        std::uint64_t     by    = 0;

        /// The part and row of an id that is not removed.
        [[nodiscard]] std::pair<const part*, std::uint32_t> find(chunk_id id) const noexcept {
            for (const part& p : parts)
                if (const auto row = p.of->rows.find(id); row != detail::row_table::none && !p.gone(row))
                    return {&p, row};
            return {nullptr, 0};
        }
    };

    std::size_t                 dims_;
    hnsw_params                 params_;
    const kernels*              by_;
    detail::current<generation> now_; // never null

    hnsw(std::size_t dims, const hnsw_params& p, const kernels& by, std::shared_ptr<const generation> now)
        : dims_(dims), params_(p), by_(&by), now_(std::move(now)) {}

public:
    static constexpr std::uint32_t format = 2; ///< of what `save` writes
    using metric_type                     = Metric;

    /// An empty index of rows [dims], dims > 0; `by` is borrowed.
    explicit hnsw(std::size_t dims, const hnsw_params& p = {}, const kernels& by = best_kernels<need::of<Metric>>())
        : hnsw(dims, p, by, std::make_shared<const generation>()) {
        GRAFT_ASSERT(dims > 0, "an index of vectors needs dimensions");
    }
    hnsw(hnsw&&) noexcept            = default;
    hnsw& operator=(hnsw&&) noexcept = default;

    [[nodiscard]] std::size_t        dims() const noexcept { return dims_; }
    [[nodiscard]] std::size_t        size() const noexcept { return now_->live; }
    [[nodiscard]] std::uint64_t      made_by() const noexcept { return now_->by; } ///< 0: no rows yet
    [[nodiscard]] const hnsw_params& params() const noexcept { return params_; }
    [[nodiscard]] std::size_t        segments() const noexcept { return now_->parts.size(); }

    /// The same generation under another name: later changes of this index do not reach it. Copies no row.
    [[nodiscard]] hnsw pin() const { return hnsw(dims_, params_, *by_, now_.pin()); }

    [[nodiscard]] bool contains(chunk_id id) const noexcept { return now_->find(id).first != nullptr; }
    /// The row of an id as the index holds it (of length 1 by `cosine`), until the next `commit`.
    [[nodiscard]] result<vector_view> row_of(chunk_id id) const {
        const auto [p, row] = now_->find(id);
        if (p == nullptr) return error{fault::unknown_id, unit::id, to_underlying(id), "hnsw"};
        return vector_view(p->of->rows.rows.row(row).first(dims_));
    }

    /// Additions and removals on the way to the next generation. Dropped, it never happened.
    class draft {
        friend hnsw;
        std::size_t                       dims_;
        hnsw_params                       params_;
        const kernels*                    by_kernels_;
        std::shared_ptr<const generation> before_, next_;
        detail::row_intake<Metric>        in_;
        std::uint64_t                     by_;

        explicit draft(const hnsw& of)
            : dims_(of.dims_), params_(of.params_), by_kernels_(of.by_), before_(of.now_.pin()), in_(of.dims_),
              by_(of.made_by()) {}
        auto known() const {
            return [g = before_.get()](chunk_id id) { return g->find(id).first != nullptr; };
        }
        /// A segment of those rows in the order of ids, whatever the order in which they came.
        result<part> make(std::vector<std::pair<chunk_id, const float*>> rows, context& c) const {
            if (rows.size() >= detail::row_table::none / 2)
                return error{fault::too_large, unit::row, rows.size(), "rows"};
            if (!std::is_sorted(rows.begin(), rows.end())) std::sort(rows.begin(), rows.end());
            auto           made  = std::make_shared<segment>();
            const bool     graph = rows.size() >= std::max<std::size_t>(2, params_.exact_below);
            progress_steps told(c, rows.size());
            told.next(graph ? 0 : rows.size());
            if (auto ok = made->rows.fill(rows, dims_, page_advice::huge, c); !ok) return ok.error();
            if (graph) {
                told.next(rows.size());
                auto links = detail::build_graph<Metric>(made->rows, params_, *by_kernels_, c);
                if (!links) return links.error();
                made->links = std::move(*links);
            }
            return part{std::move(made)};
        }

    public:
        /// Fails    `other_embedder` where the index holds rows of another.
        result<void> made_by(std::uint64_t fingerprint) {
            if (by_ != 0 && by_ != fingerprint) return error{fault::other_embedder, unit::none, 0, "hnsw"};
            by_ = fingerprint;
            return done;
        }
        /// Takes all rows, or none.
        ///
        /// Fails    as `flat::draft::add`.
        result<void> add(std::span<const chunk_id> ids, std::span<const vector_view> rows) {
            return in_.add(ids, rows.size(), [rows](std::size_t i) { return rows[i]; }, known());
        }
        result<void> add(std::span<const chunk_id> ids, matrix_view<const float> rows) {
            return in_.add(ids, rows.rows, [rows](std::size_t i) { return vector_view(rows.row(i)); }, known());
        }
        /// Gives    how many of them were there.
        result<std::size_t> remove(std::span<const chunk_id> ids) { return in_.remove(ids, known()); }

        /// Builds the new segment, and merges where it is time. Rows are linked one after the other, on this thread. A stop
        /// is heard before each; progress is told in rows.
        ///
        /// Fails    `bad_argument` for parameters outside their range, `too_large`; stopped, timed_out: then it can be asked
        ///          again.
        result<void> prepare(context&& c = {}) { return prepare(c); }
        result<void> prepare(context& c) {
            if (params_.links < 2 || params_.links > 512 || params_.build_beam == 0 || params_.search_beam == 0)
                return error{fault::bad_argument, unit::none, 0, "hnsw_params"};
            auto next = std::make_shared<generation>();
            next->by  = by_;
            std::vector<part> stay, merge;
            for (part p : before_->parts) {
                if (in_.gone() > 0)
                    for (std::size_t row = 0; row < p.of->rows.size(); ++row)
                        if (!p.gone(row) && in_.gone(p.of->rows.ids[row])) p.bury(row);
                if (p.live() > 0) (2 * p.count > p.of->rows.size() ? merge : stay).push_back(std::move(p));
            }
            std::size_t made = in_.size();
            for (const part& p : merge) made += p.live();
            if (stay.size() + (made > 0 ? 1 : 0) > most_segments)
                while (!stay.empty()) { // the smallest first, so that a row is copied a logarithmic number of times
                    const auto least = std::min_element(
                        stay.begin(), stay.end(), [](const part& a, const part& b) { return a.live() < b.live(); });
                    if (stay.size() + 1 <= most_segments && least->live() > made) break;
                    made += least->live();
                    merge.push_back(std::move(*least));
                    stay.erase(least);
                }
            if (made > 0) {
                std::vector<std::pair<chunk_id, const float*>> rows;
                rows.reserve(made);
                for (const part& p : merge)
                    for (std::size_t row = 0; row < p.of->rows.size(); ++row)
                        if (!p.gone(row)) rows.emplace_back(p.of->rows.ids[row], p.of->rows.rows.row(row).data());
                in_.each([&](chunk_id id, const float* row) { rows.emplace_back(id, row); });
                auto built = make(std::move(rows), c);
                if (!built) return built.error();
                stay.push_back(std::move(*built));
            }
            next->parts = std::move(stay);
            for (const part& p : next->parts) next->live += p.live();
            next_ = std::move(next);
            return done;
        }
    };

    [[nodiscard]] draft begin() const { return draft(*this); }

    /// Makes a prepared draft the generation that searches see. One writer: of two drafts begun at once the later wins.
    void commit(draft&& next) noexcept {
        GRAFT_ASSERT(next.next_ != nullptr, "prepare a draft before it is committed");
        if (next.next_ != nullptr) now_.become(std::move(next.next_));
    }

    /// Gives    min(k, matches) hits, whatever the filter passes.
    /// Takes    beam: instead of `search_beam` for this call; 0: as it is
    /// Fails    `wrong_shape` and `not_finite` for the query, `stopped` and `timed_out` by the context.
    template <class Keep = keep_all>
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, const Keep& keep, context& w,
                                                      std::size_t beam = 0) const {
        const auto query = detail::prepare<Metric>(q, dims_, w);
        if (!query) return query.error();
        k = std::min(k, now_->live);
        if (k == 0 || query->empty()) return std::span<const hit>{};
        top_k best(k, w);
        for (const part& p : now_->parts) {
            const auto& t       = p.of->rows;
            const auto  allowed = [&](std::uint32_t row) { return !p.gone(row) && keep(t.ids[row]); };
            if (auto ok = w.alive(); !ok) return ok.error();
            if (const std::size_t wide =
                    walking_beam<Keep>(p, std::max(beam == 0 ? params_.search_beam : beam, k), allowed);
                wide > 0) {
                top_k       mine(k, w);
                std::size_t passed = 0;
                detail::walk<Metric>(*p.of->links, t.rows, *by_, query->data(), wide, w,
                                     [&](std::uint32_t row, float score) {
                                         if (passed >= k && score < mine.threshold()) return;
                                         if (!allowed(row)) return;
                                         ++passed;
                                         mine.push({t.ids[row], score});
                                     });
                if (passed >= std::min(k, p.live())) {
                    for (const hit& h : mine.take()) best.push(h);
                    continue;
                } // the filter is denser elsewhere: what it passes must be scanned after all
            }
            if (auto ok = detail::scan<Metric>(*by_, query->data(), t, allowed, best, w); !ok) return ok.error();
        }
        return best.take();
    }
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, context& w) const {
        return search(q, k, keep_all{}, w);
    }

    void save(byte_writer& out) const {
        out.header("hnsw", format);
        out.text(Metric::name);
        out.u64(dims_);
        out.u64(now_->by);
        for (const std::uint64_t x :
             {std::uint64_t{params_.links}, std::uint64_t{params_.build_beam}, std::uint64_t{params_.search_beam},
              std::uint64_t{params_.exact_below}, params_.seed})
            out.u64(x);
        out.u64(now_->parts.size());
        for (const part& p : now_->parts) {
            p.of->rows.save(out);
            out.array(p.dead);
            out.u8(p.of->links ? 1 : 0);
            if (p.of->links) p.of->links->save(out);
        }
    }
    /// Fails    `foreign` for another kind of index or another metric; `newer_format`, `truncated`, `malformed`, `not_finite`.
    [[nodiscard]] static result<hnsw> load(byte_reader& in, const kernels& by = best_kernels<need::of<Metric>>()) {
        const bool first = in.header("hnsw", format) == 0; // 0.1 wrote a text
        if ((first && in.text() != "graft hnsw 1") || in.text() != Metric::name) return in.error(fault::foreign);
        const std::uint64_t dims = in.u64();
        auto                next = std::make_shared<generation>();
        next->by                 = in.u64();
        hnsw_params params;
        for (std::size_t* x : {&params.links, &params.build_beam, &params.search_beam, &params.exact_below})
            *x = in.u64();
        params.seed         = in.u64();
        const std::size_t n = in.count(17);
        if (!in.ok() || dims == 0 || dims > 1u << 20 || params.links < 2 || params.links > 512 ||
            params.build_beam == 0 || params.search_beam == 0)
            return in.error();
        std::vector<chunk_id> live;
        for (std::size_t i = 0; i < n; ++i) {
            auto made = std::make_shared<segment>();
            auto rows = detail::row_table::load<Metric>(in, dims);
            if (!rows) return rows.error();
            made->rows = std::move(*rows);
            part p{made};
            p.dead                 = in.array<std::uint64_t>();
            const std::uint8_t has = in.u8();
            const std::size_t  all = made->rows.size();
            if (!in.ok() || has > 1 || all == 0 || (!p.dead.empty() && p.dead.size() != (all + 63) / 64))
                return in.error();
            if (has == 1) {
                auto links = detail::graph::load(in, all);
                if (!links) return links.error();
                made->links = std::move(*links);
            }
            for (const std::uint64_t bits : p.dead) p.count += static_cast<std::size_t>(std::popcount(bits));
            if (!p.dead.empty() && all % 64 != 0 && p.dead.back() >> (all % 64) != 0) return in.error();
            for (std::size_t row = 0; row < all; ++row)
                if (!p.gone(row)) live.push_back(made->rows.ids[row]);
            next->live += p.live();
            next->parts.push_back(std::move(p));
        }
        std::sort(live.begin(), live.end());
        if (std::adjacent_find(live.begin(), live.end()) != live.end()) return in.error();
        return hnsw(dims, params, by, std::move(next));
    }

private:
    /// How wide a walk must be so that about `beam` of what it keeps passes the filter; 0 where a scan is cheaper.
    ///
    /// A walk scores about 16 rows for each of its beam, at random; a scan scores those that pass, in order, twice as fast.
    template <class Keep, class Allowed>
    static std::size_t walking_beam(const part& p, std::size_t beam, const Allowed& allowed) {
        const std::size_t n = p.of->rows.size();
        if (!p.of->links) return 0;
        double share = static_cast<double>(p.live()) / static_cast<double>(n);
        if constexpr (!std::is_same_v<Keep, keep_all>) { // ask a sample, spread over the ids
            const std::size_t sample = std::min<std::size_t>(n, 256);
            std::size_t       yes    = 0;
            for (std::size_t i = 0; i < sample; ++i)
                yes += allowed(static_cast<std::uint32_t>(i * n / sample)) ? 1u : 0u;
            if (yes < 4) return 0;
            share = static_cast<double>(yes) / static_cast<double>(sample);
        }
        const double wide = static_cast<double>(beam) / share;
        return static_cast<double>(n) * share <= 32 * wide ? 0 : static_cast<std::size_t>(wide);
    }
};

} // namespace graft::inline GRAFT_ABI
