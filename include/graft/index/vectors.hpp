// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/parallel.hpp>
#include <graft/index/distance.hpp>
#include <graft/index/top_k.hpp>
#include <graft/schema/index.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// What the dense indices share: a table of rows with ids, a door that nothing wrong passes, an exact scan.

/// The longest row that an index takes unless it scales rows to length 1: no product of two can overflow.
inline constexpr float longest_row = 1e18f;

namespace detail {

/// Rows are stored with a stride of whole cache lines: the added zeros change no sum and spare every tail.
[[nodiscard]] constexpr std::size_t padded(std::size_t dims) noexcept { return (dims + 15) / 16 * 16; }

/// The row as an index holds it, [padded(dims)]: checked, and of length 1 where the metric wants that.
///
/// Gives    false for a zero row that the metric cannot place; `to` is zero then.
template <metric Metric>
[[nodiscard]] result<bool> admit(vector_view row, std::span<float> to, std::size_t dims) {
    if (row.size() != dims) return error{fault::wrong_shape, unit::none, row.size(), "dims"};
    if (!all_finite(row)) return error{fault::not_finite};
    std::copy(row.begin(), row.end(), to.begin());
    std::fill(to.begin() + static_cast<std::ptrdiff_t>(dims), to.end(), 0.f);
    if constexpr (Metric::unit_rows) return normalise(to.first(dims));
    else if (norm(row) > longest_row) return error{fault::too_large};
    else return Metric::zero_fits || !all_zero(row);
}

/// Rows, and an id for each; unchanged once made.
struct row_table {
    static constexpr std::uint32_t none = 0xffffffffu;

    std::size_t                dims  = 0;
    matrix<float>              rows  = {}; ///< [n, padded(dims)]
    std::vector<chunk_id>      ids   = {}; ///< [n]
    std::vector<std::uint32_t> order = {}; ///< the rows by rising id

    [[nodiscard]] std::size_t size() const noexcept { return ids.size(); }

    /// The row of an id, or `none`.
    [[nodiscard]] std::uint32_t find(chunk_id id) const noexcept {
        const auto at = std::lower_bound(order.begin(), order.end(), id,
                                         [&](std::uint32_t row, chunk_id wanted) { return ids[row] < wanted; });
        return at != order.end() && ids[*at] == id ? *at : none;
    }

    /// Sorts `order`. False where an id is there twice.
    bool index() {
        order.resize(ids.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
        if (!std::is_sorted(ids.begin(), ids.end()))
            std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
        return std::adjacent_find(order.begin(), order.end(),
                                  [&](std::uint32_t a, std::uint32_t b) { return ids[a] == ids[b]; }) == order.end();
    }

    /// Fills the table with those rows, in that order, on the executor of the context.
    ///
    /// Fails    stopped, timed_out.
    result<void> fill(std::span<const std::pair<chunk_id, const float*>> from, std::size_t width, page_advice pages,
                      context& c) {
        dims = width;
        rows = matrix<float>(from.size(), padded(width), pages);
        ids.resize(from.size());
        auto ok = each_block(c, from.size(), 512, [&](std::size_t first, std::size_t last, context&) {
            for (std::size_t i = first; i < last; ++i) {
                std::copy_n(from[i].second, rows.dims(), rows.row(i).data());
                ids[i] = from[i].first;
            }
        });
        if (ok) index();
        return ok;
    }

    void save(byte_writer& out) const {
        out.array(ids);
        for (std::size_t i = 0; i < ids.size(); ++i) out.elements(std::span<const float>(rows.row(i).first(dims)));
    }
    /// Fails    `malformed` where an id is there twice or a row could not have come through the door.
    template <metric Metric>
    [[nodiscard]] static result<row_table> load(byte_reader& in, std::size_t dims) {
        row_table t;
        t.dims = dims;
        t.ids  = in.array<chunk_id>();
        if (t.ids.size() >= none / 2 || t.ids.size() > in.left() / (dims * sizeof(float))) in.fail(fault::truncated);
        if (!in.ok()) return in.error();
        t.rows = matrix<float>(t.size(), padded(dims));
        for (std::size_t i = 0; i < t.size(); ++i) {
            const auto row = t.rows.row(i).first(dims);
            in.into(row);
            if (!all_finite(std::span<const float>(row))) return error{fault::not_finite, unit::row, i, in.subject()};
            const float length = norm(std::span<const float>(row));
            if (Metric::unit_rows ? !(length > .999f && length < 1.001f) : !(length <= longest_row))
                return error{fault::malformed, unit::row, i, in.subject()};
        }
        if (!t.index()) return error{fault::malformed, unit::byte, in.at(), in.subject()};
        return t;
    }
};

/// The additions and removals of one draft, in the order in which they came.
template <metric Metric>
class row_intake {
    std::size_t                               dims_;
    std::vector<chunk_id>                     ids_;
    std::vector<float>                        rows_; // [ids_, padded(dims_)]
    std::unordered_map<chunk_id, std::size_t> live_; // of ids_: those that were not removed again
    std::unordered_set<chunk_id>              gone_; // of what was there before

public:
    explicit row_intake(std::size_t dims) : dims_(dims) {}

    /// All n rows of a call, or none. `row(i)` gives one, `before(id)` says whether the index had it when the draft began.
    template <class Row, class Before>
    result<void> add(std::span<const chunk_id> ids, std::size_t n, const Row& row, const Before& before) {
        if (ids.size() != n) return error{fault::wrong_shape, unit::row, std::min(ids.size(), n), "ids"};
        if (ids_.size() + ids.size() >= row_table::none / 2) return error{fault::too_large, unit::row, 0, "rows"};
        const std::size_t first = ids_.size(), stride = padded(dims_);
        const auto        undo = [&](std::size_t count, error why) {
            for (std::size_t i = 0; i < count; ++i) live_.erase(ids[i]);
            ids_.resize(first);
            rows_.resize(first * stride);
            return why;
        };
        rows_.resize((first + ids.size()) * stride);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            auto fits = admit<Metric>(row(i), std::span(rows_).subspan((first + i) * stride, stride), dims_);
            if (!fits) return undo(i, error{fits.error().what, unit::row, i, "rows"});
            if (Metric::unit_rows && !*fits) return undo(i, error{fault::bad_argument, unit::row, i, "zero row"});
            const bool had = before(ids[i]) && !gone_.contains(ids[i]);
            if (had || !live_.emplace(ids[i], first + i).second)
                return undo(i, error{fault::duplicate_id, unit::id, to_underlying(ids[i]), "ids"});
            ids_.push_back(ids[i]);
        }
        return done;
    }

    /// How many of them were there.
    template <class Before>
    std::size_t remove(std::span<const chunk_id> ids, const Before& before) {
        std::size_t count = 0;
        for (const chunk_id id : ids)
            if (live_.erase(id) > 0) ++count;
            else if (before(id) && gone_.insert(id).second) ++count;
        return count;
    }

    [[nodiscard]] bool        gone(chunk_id id) const { return gone_.contains(id); }
    [[nodiscard]] std::size_t gone() const noexcept { return gone_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return live_.size(); }

    /// f(id, row) for every addition that stands, in order.
    template <class F>
    void each(F&& f) const {
        for (std::size_t i = 0; i < ids_.size(); ++i)
            if (const auto at = live_.find(ids_[i]); at != live_.end() && at->second == i)
                f(ids_[i], rows_.data() + i * padded(dims_));
    }
};

/// Scores every row that `allowed(row)` lets through, in blocks, and pushes it. Nothing is allocated.
template <metric Metric, class Allowed>
[[nodiscard]] result<void> scan(const kernels& by, const float* q, const row_table& t, const Allowed& allowed,
                                top_k& best, const context& w) {
    constexpr std::size_t block = 256;
    const std::size_t     n = t.size(), stride = t.rows.dims();
    std::uint32_t         which[block];
    float                 score[block];
    for (std::size_t at = 0; at < n; at += block) {
        if (at % (32 * block) == 0)
            if (auto ok = w.alive(); !ok) return ok;
        const std::size_t rows = std::min(block, n - at);
        std::size_t       some = 0;
        for (std::size_t i = 0; i < rows; ++i)
            if (allowed(static_cast<std::uint32_t>(at + i))) which[some++] = static_cast<std::uint32_t>(at + i);
        if (some == rows) Metric::scores(by, q, t.rows.data() + at * stride, rows, stride, score);
        else Metric::scores_of(by, q, t.rows.data(), which, some, stride, score);
        for (std::size_t i = 0; i < some; ++i)
            if (score[i] >= best.threshold()) best.push({t.ids[which[i]], score[i]});
    }
    return done;
}

/// The query as the kernels take it, in the context; empty where it is near nothing (a zero query).
///
/// Fails    `wrong_shape`, `not_finite`, `too_large` (longer than `longest_row`)
template <metric Metric>
[[nodiscard]] result<std::span<const float>> prepare(vector_view q, std::size_t dims, context& w) {
    auto to   = w.take_raw<float>(padded(dims));
    auto fits = admit<Metric>(q, to, dims);
    if (!fits) {
        error why   = fits.error();
        why.subject = "query";
        return why;
    }
    return std::span<const float>(to).first(*fits ? to.size() : 0);
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
