// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/index/vectors.hpp>

#include <memory>

namespace graft::inline v0_1 {

/// The exact index: every row is scored for every query.
///
///     flat<cosine> nearest{embed.dims()};
///
/// Gives    the min(k, matches) best by `better`; ties go to the lower id. Nothing for a zero query, except by
///          `squared_distance`, which places it.
/// Costs    4 dims bytes of memory traffic a row and query, which is the limit beyond the caches; a filter is asked before
///          a row is scored. A change copies the table at `seal`.
/// Fails    see `draft::add` and `search`.
template <metric Metric>
class flat {
    struct table {
        detail::row_table rows;
        std::uint64_t     by = 0;
    };
    std::size_t                  dims_;
    const kernels*               by_;
    std::shared_ptr<const table> now_; // never null

    flat(std::size_t dims, const kernels& by, std::shared_ptr<const table> now)
        : dims_(dims), by_(&by), now_(std::move(now)) {}

public:
    using metric_type = Metric;

    /// An empty index of rows [dims], dims > 0; `by` is borrowed.
    explicit flat(std::size_t dims, const kernels& by = best_kernels()) : dims_(dims), by_(&by) {
        GRAFT_ASSERT(dims > 0, "an index of vectors needs dimensions");
        auto empty       = std::make_shared<table>();
        empty->rows.dims = dims;
        now_             = std::move(empty);
    }
    flat(flat&&) noexcept            = default;
    flat& operator=(flat&&) noexcept = default;

    [[nodiscard]] std::size_t   dims() const noexcept { return dims_; }
    [[nodiscard]] std::size_t   size() const noexcept { return now_->rows.size(); }
    [[nodiscard]] std::uint64_t made_by() const noexcept {
        return now_->by;
    } ///< the embedder's fingerprint, 0: none yet

    /// The same generation under another name: later changes of this index do not reach it. Copies no row.
    [[nodiscard]] flat pin() const { return flat(dims_, *by_, now_); }

    [[nodiscard]] bool contains(chunk_id id) const noexcept { return now_->rows.find(id) != detail::row_table::none; }
    /// The row of an id as the index holds it (of length 1 by `cosine`), until the next `adopt`.
    [[nodiscard]] result<vector_view> row_of(chunk_id id) const {
        const auto row = now_->rows.find(id);
        if (row == detail::row_table::none) return error{fault::unknown_id, unit::id, id, "flat"};
        return vector_view(now_->rows.rows.row(row)).first(dims_);
    }

    /// Additions and removals on the way to the next generation. Dropped, it never happened.
    class draft {
        friend flat;
        std::size_t                  dims_;
        std::shared_ptr<const table> before_, next_;
        detail::row_intake<Metric>   in_;
        std::uint64_t                by_;

        draft(std::size_t dims, std::shared_ptr<const table> before)
            : dims_(dims), before_(std::move(before)), in_(dims), by_(before_->by) {}
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
            return in_.add(ids, rows, known());
        }
        /// Gives    how many of them were there.
        result<std::size_t> remove(std::span<const chunk_id> ids) { return in_.remove(ids, known()); }

        /// Makes the next generation: rows that stay, in order, then those that came.
        result<void> seal() {
            auto               next = std::make_shared<table>();
            detail::row_table& to   = next->rows;
            const auto&        from = before_->rows;
            const std::size_t  n    = from.size() - in_.gone() + in_.size();
            if (n >= detail::row_table::none / 2) return error{fault::too_large, unit::row, n, "rows"};
            to.dims  = dims_;
            to.rows  = matrix<float>(n, detail::padded(dims_));
            next->by = by_;
            to.ids.reserve(n);
            const auto put = [&](chunk_id id, const float* row) {
                std::copy_n(row, to.rows.dims(), to.rows.row(to.ids.size()).data());
                to.ids.push_back(id);
            };
            for (std::size_t i = 0; i < from.size(); ++i)
                if (!in_.gone(from.ids[i])) put(from.ids[i], from.rows.row(i).data());
            in_.each(put);
            to.index();
            next_ = std::move(next);
            return done;
        }
    };

    [[nodiscard]] draft begin() const { return draft(dims_, now_); }

    /// Makes a sealed draft the generation that searches see. One writer: of two drafts begun at once the later wins.
    void adopt(draft&& next) noexcept {
        GRAFT_ASSERT(next.next_ != nullptr, "seal a draft before it is adopted");
        if (next.next_ != nullptr) now_ = std::move(next.next_);
    }

    /// Fails    `wrong_shape` and `not_finite` for the query, `stopped` and `timed_out` by the workspace.
    template <class Keep = keep_all>
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, const Keep& keep,
                                                      workspace& w) const {
        const auto query = detail::prepare<Metric>(q, dims_, w);
        if (!query) return query.error();
        const auto& t = now_->rows;
        k             = std::min(k, t.size());
        if (k == 0 || query->empty()) return std::span<const hit>{};
        top_k      best(k, w);
        const auto allowed = [&](std::uint32_t row) { return keep(t.ids[row]); };
        if (auto ok = detail::scan<Metric>(*by_, query->data(), t, allowed, best, w); !ok) return ok.error();
        return best.take();
    }
    [[nodiscard]] result<std::span<const hit>> search(vector_view q, std::size_t k, workspace& w) const {
        return search(q, k, keep_all{}, w);
    }

    void save(byte_writer& out) const {
        out.text("graft flat 1");
        out.text(Metric::name);
        out.u64(dims_);
        out.u64(now_->by);
        now_->rows.save(out);
    }
    /// Fails    `foreign` for another kind of index or another metric; `truncated`, `malformed`, `not_finite`.
    [[nodiscard]] static result<flat> load(byte_reader& in, const kernels& by = best_kernels()) {
        if (in.text() != "graft flat 1" || in.text() != Metric::name) return in.error(fault::foreign);
        const std::uint64_t dims = in.u64();
        auto                next = std::make_shared<table>();
        next->by                 = in.u64();
        if (!in.ok() || dims == 0 || dims > 1u << 20) return in.error(fault::malformed);
        auto rows = detail::row_table::load<Metric>(in, dims);
        if (!rows) return rows.error();
        next->rows = std::move(*rows);
        return flat(dims, by, std::move(next));
    }
};

} // namespace graft::inline v0_1
