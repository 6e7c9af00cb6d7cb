// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/progress_steps.hpp>
#include <graft/codes/formats.hpp>
#include <graft/index/current.hpp>
#include <graft/index/exact.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a `flat` searches.
template <row_format F>
struct basic_flat_params {
    F           format = {};
    std::size_t rescore =
        F::bounded ? 0 : 16; ///< 0: as many rows as the proof needs; n: the n k best by code, no proof
    page_advice pages = page_advice::huge;
};
/// Of a `flat` over 8-bit codes.
using flat_params = basic_flat_params<int8_rows>;

/// The answers to many queries.
struct hit_lists {
    std::span<const std::span<const hit>> of       = {}; ///< for each query, best first
    std::size_t                           rescored = 0;  ///< rows that were scored by their f32 numbers
};

/// The exact index: its answers are those of scoring every row by its f32 numbers, to the bit.
///
///     flat<cosine> nearest{embed.dims()};
///     flat<cosine, bf16> wide{768, {.pages = page_advice::none}};
///
/// It reads every row in a smaller format (`int8_rows`: a quarter of the bytes), with a bound on what that format loses, and scores
/// again those rows that could still be among the best. Over `bits`, or with `rescore` set, nothing is proved: then the best
/// rows by code are scored again, and no others.
///
/// Gives    the min(k, matches) best by `better`; ties go to the lower id. Nothing for a zero query, except by
///          `squared_distance`, which places it. The same answer alone, in a batch, and on any number of threads.
/// Costs    4 dims bytes a row, and the format's words(dims) * 4 + 8; memory traffic of the latter for each query, or for a batch of
///          them. A filter is asked only of rows that could be among the best. A change copies the table at `prepare`.
/// Threads  const calls may run at once. `commit` may run beside `pin`, and beside calls on what `pin` gave; beside other
///          calls on the index itself it may not: readers beside a writer each hold a pin.
/// Fails    see `draft::add` and `search`.
template <metric Metric, row_format F = int8_rows>
class flat {
    struct table {
        detail::row_table rows;
        panels<F>         codes = {};
        std::uint64_t     by    = 0;
    };
    std::size_t            dims_;
    basic_flat_params<F>   how_;
    const kernels*         by_;
    detail::current<table> now_; // never null

    flat(std::size_t dims, const basic_flat_params<F>& how, const kernels& by, std::shared_ptr<const table> now)
        : dims_(dims), how_(how), by_(&by), now_(std::move(now)) {
        if (!F::bounded && how_.rescore == 0) how_.rescore = 1; // there is no proof to be had
    }
    [[nodiscard]] static std::shared_ptr<const table> nothing(std::size_t dims) {
        auto empty       = std::make_shared<table>();
        empty->rows.dims = dims;
        return empty;
    }

    /// The codes of a table whose rows are there.
    static void encode(table& t, const basic_flat_params<F>& how, const kernels& by) {
        t.codes = panels<F>(how.format, t.rows.rows.view(), t.rows.dims, Metric::zero_fits, how.pages, by);
    }

public:
    using metric_type                           = Metric;
    using format_type                           = F;
    static constexpr std::uint32_t format       = 2;                              ///< of what `save` writes
    static constexpr unsigned      needs        = need::of<Metric> | need::of<F>; ///< of a table of kernels
    static constexpr std::size_t   most_dims    = 1 << 16;
    static constexpr std::size_t   most_queries = 1024; ///< of a batch that are worked on at a time

    /// An empty index of rows [dims], 0 < dims <= 65,536; `by` is borrowed.
    explicit flat(std::size_t dims, const basic_flat_params<F>& how = {}, const kernels& by = best_kernels<needs>())
        : flat(dims, how, by, nothing(dims)) {
        GRAFT_ASSERT(dims > 0 && dims <= most_dims, "an index of vectors needs 1 to 65,536 dimensions");
    }
    flat(flat&&) noexcept            = default;
    flat& operator=(flat&&) noexcept = default;

    [[nodiscard]] std::size_t   dims() const noexcept { return dims_; }
    [[nodiscard]] std::size_t   size() const noexcept { return now_->rows.size(); }
    [[nodiscard]] std::uint64_t made_by() const noexcept {
        return now_->by;
    } ///< the embedder's fingerprint, 0: none yet

    /// The same generation under another name: later changes of this index do not reach it. Copies no row.
    [[nodiscard]] flat pin() const { return flat(dims_, how_, *by_, now_.pin()); }

    [[nodiscard]] bool contains(chunk_id id) const noexcept { return now_->rows.find(id) != detail::row_table::none; }
    /// The row of an id as the index holds it (of length 1 by `cosine`), until the next `commit`.
    [[nodiscard]] result<vector_view> row_of(chunk_id id) const {
        const auto row = now_->rows.find(id);
        if (row == detail::row_table::none) return error{fault::unknown_id, unit::id, to_underlying(id), "flat"};
        return vector_view(now_->rows.rows.row(row).first(dims_));
    }

    /// Additions and removals on the way to the next generation. Dropped, it never happened.
    class draft {
        friend flat;
        std::size_t                  dims_;
        basic_flat_params<F>         how_;
        const kernels*               with_;
        std::shared_ptr<const table> before_, next_;
        detail::row_intake<Metric>   in_;
        std::uint64_t                by_;

        draft(std::size_t dims, const basic_flat_params<F>& how, const kernels& with,
              std::shared_ptr<const table> before)
            : dims_(dims), how_(how), with_(&with), before_(std::move(before)), in_(dims), by_(before_->by) {}
        auto known() const {
            return [t = before_.get()](chunk_id id) { return t->rows.find(id) != detail::row_table::none; };
        }

    public:
        /// Fails    `other_embedder` where the index holds rows of another.
        result<void> made_by(std::uint64_t fingerprint) {
            if (by_ != 0 && by_ != fingerprint) return error{fault::other_embedder, unit::none, 0, "flat"};
            by_ = fingerprint;
            return done;
        }
        /// Takes all rows, or none.
        ///
        /// Fails    `wrong_shape`, `not_finite`, `too_large`, and by `cosine` `bad_argument` for a zero row, each with the
        ///          row; `duplicate_id` with the id.
        result<void> add(std::span<const chunk_id> ids, std::span<const vector_view> rows) {
            return in_.add(ids, rows.size(), [rows](std::size_t i) { return rows[i]; }, known());
        }
        result<void> add(std::span<const chunk_id> ids, matrix_view<const float> rows) {
            return in_.add(ids, rows.rows, [rows](std::size_t i) { return vector_view(rows.row(i)); }, known());
        }
        /// Gives    how many of them were there.
        result<std::size_t> remove(std::span<const chunk_id> ids) { return in_.remove(ids, known()); }

        /// Makes the next generation: rows that stay, in order, then those that came. On the executor of the context.
        ///
        /// Fails    `too_large`; stopped, timed_out: then it can be asked again.
        result<void> prepare(context&& c = {}) { return prepare(c); }
        result<void> prepare(context& c) {
            auto              next = std::make_shared<table>();
            const auto&       from = before_->rows;
            const std::size_t n    = from.size() - in_.gone() + in_.size();
            if (n >= detail::row_table::none / 2) return error{fault::too_large, unit::row, n, "rows"};
            progress_steps                                 told(c, n);
            std::vector<std::pair<chunk_id, const float*>> rows;
            rows.reserve(n);
            for (std::size_t i = 0; i < from.size(); ++i)
                if (!in_.gone(from.ids[i])) rows.emplace_back(from.ids[i], from.rows.row(i).data());
            in_.each([&](chunk_id id, const float* row) { rows.emplace_back(id, row); });
            told.next(n / 2);
            if (auto ok = next->rows.fill(rows, dims_, how_.pages, c); !ok) return ok;
            told.next(n - n / 2);
            auto codes =
                panels<F>::make(how_.format, next->rows.rows.view(), dims_, Metric::zero_fits, how_.pages, *with_, c);
            if (!codes) return codes.error();
            told.all();
            next->codes = std::move(*codes);
            next->by    = by_;
            next_       = std::move(next);
            return done;
        }
    };

    [[nodiscard]] draft begin() const { return draft(dims_, how_, *by_, now_.pin()); }

    /// Makes a prepared draft the generation that searches see. One writer: of two drafts begun at once the later wins.
    void commit(draft&& next) noexcept {
        GRAFT_ASSERT(next.next_ != nullptr, "prepare a draft before it is committed");
        if (next.next_ != nullptr) now_.become(std::move(next.next_));
    }

    /// Fails    `wrong_shape`, `not_finite` and `too_large` for the query, `stopped` and `timed_out` by the context.
    template <class Keep = keep_all>
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, const Keep& keep,
                                                      context& w) const {
        const auto all = each({q.data(), 1, q.size()}, k, keep, w);
        if (!all) {
            error why = all.error();
            if (why.of == unit::row) why.of = unit::none; // of one query
            return why;
        }
        return all->of.front();
    }
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, context& w) const {
        return search(q, k, keep_all{}, w);
    }

    /// Many queries at once, each bit-equal to `search` by itself, on the executor of the context.
    ///
    /// Takes    queries [n, dims]; `keep(id)` may be asked from several threads
    /// Costs    rows are read once for 1,024 queries; a thread takes its share of the rows. Progress is told in queries.
    /// Fails    as `search`, with the query's row; all or none.
    template <class Keep = keep_all>
    [[nodiscard]] result<hit_lists> each(matrix_view<const float> queries, std::size_t k, const Keep& keep,
                                         context& w) const {
        const auto& t  = now_->rows;
        auto        of = w.take<std::span<const hit>>(queries.rows);
        hit_lists   out{of, 0};
        k = std::min(k, t.size());

        auto        rows  = w.take_raw<const float*>(queries.rows); // those that are near something
        auto        which = w.take_raw<std::size_t>(queries.rows);
        std::size_t n     = 0;
        for (std::size_t i = 0; i < queries.rows; ++i) {
            const auto q = detail::prepare<Metric>(queries.row(i), dims_, w);
            if (!q && q.error().what == fault::wrong_shape) return q.error();
            if (!q) return error{q.error().what, unit::row, i, q.error().subject};
            if (!q->empty()) rows[n] = q->data(), which[n++] = i;
        }
        if (k == 0 || n == 0) return out;
        const bool                      many = n > most_queries;
        std::optional<context::workers> room; // what a long batch needs for 1,024 queries is used again for the next
        if (many) room.emplace(w, 1);
        for (std::size_t at = 0; at < n; at += most_queries) {
            const auto some = std::span(rows).subspan(at, std::min(most_queries, n - at));
            const auto put  = [&](std::size_t i, std::span<const hit> hits) {
                of[which[at + i]] = many ? w.keep(hits) : hits;
            };
            if (many) (*room)[0].reset();
            if (auto ok = detail::search_exactly<Metric>(*by_, t, now_->codes, some, how_.rescore, k, keep, w,
                                                         many ? (*room)[0] : w, out.rescored, put);
                !ok)
                return ok.error();
            if (n > 1) w.progress(at + some.size(), n);
        }
        return out;
    }
    [[nodiscard]] result<hit_lists> each(matrix_view<const float> queries, std::size_t k, context& w) const {
        return each(queries, k, keep_all{}, w);
    }

    void save(byte_writer& out) const {
        out.header("flat", format);
        out.text(Metric::name);
        out.u64(dims_);
        out.u64(now_->by);
        now_->rows.save(out);
    }
    /// A file holds rows, whatever the format that searches them: codes are made anew.
    ///
    /// Fails    `foreign` for another kind of index or another metric; `newer_format`, `truncated`, `malformed`, `not_finite`.
    [[nodiscard]] static result<flat> load(byte_reader& in, const basic_flat_params<F>& how = {},
                                           const kernels& by = best_kernels<needs>()) {
        const bool first = in.header("flat", format) == 0; // 0.1 wrote a text
        if ((first && in.text() != "graft flat 1") || in.text() != Metric::name) return in.error(fault::foreign);
        const std::uint64_t dims = in.u64();
        auto                next = std::make_shared<table>();
        next->by                 = in.u64();
        if (!in.ok() || dims == 0 || dims > most_dims) return in.error(fault::malformed);
        auto rows = detail::row_table::load<Metric>(in, dims);
        if (!rows) return rows.error();
        next->rows = std::move(*rows);
        encode(*next, how, by);
        return flat(dims, how, by, std::move(next));
    }
};

} // namespace graft::inline GRAFT_ABI
