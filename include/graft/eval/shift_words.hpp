// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/eval/shared_ngrams.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Tercom's greedy search: moves runs of words as long as that brings a candidate nearer to its reference, then counts edits. Its limits, its
/// band and its preferences are those of SacreBLEU's lib_ter.py, for its numbers are what is reported.
class shift_search {
    static constexpr std::size_t longest_run = 10, farthest = 50, most_tried = 1000;
    static constexpr auto        endless = std::numeric_limits<std::uint32_t>::max() / 2;

    enum class op : std::uint8_t {
        none,
        same,
        exchange,
        put_in,
        take_out
    }; // of the candidate, to make it the reference
    struct cell {
        std::uint32_t cost = endless;
        op            last = op::none;
    };
    struct row { // cells [begin, begin + size) of the distance; the others are endless
        std::size_t begin = 0, size = 0, at = 0;
    };

    const token_names& reference_;
    token_names        words_;
    std::vector<row>   rows_;
    std::vector<cell>  cells_, tried_cells_; // of the distance of words_, and of the words that were tried last
    std::size_t        band_ = 25, tried_ = 0;
    double             ratio_ = 1;
    std::vector<op>    trace_;
    std::vector<std::ptrdiff_t> aligned_; // of a word of the reference: the last one of the candidate at it
    std::vector<std::uint32_t>  reference_off_, words_off_; // how many before a place are no match

    [[nodiscard]] cell look(std::size_t i, std::size_t j) const noexcept {
        const row& r = rows_[i];
        return j >= r.begin && j < r.begin + r.size ? cells_[r.at + (j - r.begin)] : cell{};
    }

    /// Where each row's cells lie: a band round the diagonal.
    void lay_out() {
        const std::size_t n = words_.size(), m = reference_.size();
        ratio_ = n == 0 ? 1 : static_cast<double>(m) / static_cast<double>(n);
        if (25 < ratio_ / 2) band_ = static_cast<std::size_t>(std::ceil(ratio_ / 2 + 25));
        rows_.assign(n + 1, {0, m + 1, 0});
        std::size_t at = m + 1;
        for (std::size_t i = 1; i <= n; ++i) {
            const auto middle = static_cast<std::size_t>(std::floor(static_cast<double>(i) * ratio_));
            const auto begin  = middle > band_ ? middle - band_ : 0;
            const auto end    = i == n ? m + 1 : std::min(m + 1, middle + band_);
            rows_[i]          = {begin, end > begin ? end - begin : 0, at};
            at += rows_[i].size;
        }
        cells_.assign(at, {});
        for (std::size_t j = 0; j <= m; ++j) cells_[j] = {static_cast<std::uint32_t>(j), op::put_in};
    }

    /// The distance of `words`, which are words_ before row `from` and behind row `to`, from the reference; its cells go into `cells`.
    std::uint32_t distance(const token_names& words, std::size_t from, std::size_t to, std::vector<cell>& cells) const {
        std::uint32_t last = endless;
        for (std::size_t i = from; i <= words.size(); ++i) {
            const row   here = rows_[i], above = rows_[i - 1];
            cell* const out  = cells.data() + here.at;
            const cell* up   = (i == from ? cells_ : cells).data() + above.at;
            const auto  over = [&](std::size_t j) {
                return j >= above.begin && j < above.begin + above.size ? up[j - above.begin].cost : endless;
            };
            std::uint32_t diagonal = here.begin == 0 ? endless : over(here.begin - 1), left = endless;
            for (std::size_t j = here.begin; j < here.begin + here.size; ++j) {
                const std::uint32_t top = over(j);
                cell                best;
                if (j == 0) best = {top + 1, op::take_out};
                else {
                    const bool          same = words[i - 1] == reference_[j - 1];
                    const std::uint32_t cost = diagonal + (same ? 0u : 1u);
                    if (cost < best.cost) best = {cost, same ? op::same : op::exchange};
                    if (top + 1 < best.cost) best = {top + 1, op::take_out};
                    if (left + 1 < best.cost) best = {left + 1, op::put_in};
                }
                out[j - here.begin] = best;
                diagonal = top, last = left = best.cost;
            }
            // Behind the words that moved, a row that lies as far from that of words_ everywhere keeps doing so.
            const cell* old = cells_.data() + here.at;
            if (i < to || i == words.size() || here.size == 0) continue;
            const std::uint32_t apart = out->cost - old->cost;
            if (std::all_of(out, out + here.size,
                            [&](const cell& c) { return c.cost - (old + (&c - out))->cost == apart; }))
                return look(words.size(), reference_.size()).cost + apart;
        }
        return words.empty() ? static_cast<std::uint32_t>(reference_.size()) : last;
    }

    /// How words_ and the reference lie beside each other, from the cells of their distance.
    void align() {
        trace_.clear();
        for (std::size_t i = words_.size(), j = reference_.size(); i > 0 || j > 0;) {
            op o = look(i, j).last;
            if (o == op::none) o = j > 0 ? op::put_in : op::take_out; // outside of the band
            trace_.push_back(o);
            i -= o == op::same || o == op::exchange || o == op::take_out ? 1u : 0u;
            j -= o == op::same || o == op::exchange || o == op::put_in ? 1u : 0u;
        }
        aligned_.clear();
        reference_off_.assign(1, 0), words_off_.assign(1, 0);
        std::ptrdiff_t last = -1;
        for (auto o = trace_.rbegin(); o != trace_.rend(); ++o) {
            const std::uint32_t off = *o == op::same ? 0 : 1;
            if (*o != op::put_in) ++last, words_off_.push_back(words_off_.back() + off);
            if (*o != op::take_out) aligned_.push_back(last), reference_off_.push_back(reference_off_.back() + off);
        }
    }

    /// `words_` with the run [begin, begin + length) put before what stands at `to`.
    [[nodiscard]] token_names moved(std::size_t begin, std::size_t length, std::size_t to) const {
        token_names out = words_;
        const auto  at  = [&](std::size_t i) { return out.begin() + static_cast<std::ptrdiff_t>(i); };
        if (to < begin) std::rotate(at(to), at(begin), at(begin + length));
        else if (to > begin + length) std::rotate(at(begin), at(begin + length), at(to));
        else std::rotate(at(begin), at(begin + length), at(std::min(length + to, out.size()))); // within itself
        return out;
    }

    using shift =
        std::tuple<std::int64_t, std::size_t, std::ptrdiff_t, std::ptrdiff_t>; // gain, length, -begin, -target

    /// The best shift of a run that stands in the reference too, at another place; true if there is any.
    bool best_shift(std::uint32_t before, std::pair<shift, token_names>& best) {
        bool any = false;
        tried_cells_.resize(cells_.size());
        for (std::size_t h = 0; h < words_.size(); ++h) {
            if (words_off_[std::min(h + longest_run, words_.size())] == words_off_[h]) continue; // all is right here
            const std::size_t end = std::min(reference_.size(), h + farthest + 1);
            for (std::size_t r = h > farthest ? h - farthest : 0; r < end; ++r)
                for (std::size_t n = 1; n <= longest_run && h + n <= words_.size() && r + n <= reference_.size() &&
                                        words_[h + n - 1] == reference_[r + n - 1];
                     ++n) {
                    any = try_run(h, r, n, before, best, any);
                    if (tried_ >= most_tried) return any;
                }
        }
        return any;
    }

    bool try_run(std::size_t h, std::size_t r, std::size_t n, std::uint32_t before, std::pair<shift, token_names>& best,
                 bool any) {
        if (words_off_[h + n] == words_off_[h] || reference_off_[r + n] == reference_off_[r]) return any;
        const auto begin = static_cast<std::ptrdiff_t>(h), length = static_cast<std::ptrdiff_t>(n);
        if (begin <= aligned_[r] && aligned_[r] < begin + length) return any; // it stands there
        std::ptrdiff_t previous = -1;
        for (std::ptrdiff_t k = static_cast<std::ptrdiff_t>(r) - 1; k < static_cast<std::ptrdiff_t>(r + n); ++k) {
            const std::ptrdiff_t to = k < 0 ? 0 : aligned_[static_cast<std::size_t>(k)] + 1;
            if (to == previous) continue;
            previous           = to;
            token_names  words = moved(h, n, static_cast<std::size_t>(to));
            const auto   same  = std::mismatch(words.begin(), words.end(), words_.begin()).first - words.begin();
            const auto   tail  = std::mismatch(words.rbegin(), words.rend(), words_.rbegin()).first - words.rbegin();
            std::int64_t gain  = 0;
            if (static_cast<std::size_t>(same) < words.size())
                gain = std::int64_t{before} -
                       std::int64_t{distance(words, static_cast<std::size_t>(same) + 1,
                                             words.size() - static_cast<std::size_t>(tail), tried_cells_)};
            ++tried_;
            shift now{gain, n, -begin, -to};
            if (!any || now > best.first) best = {now, std::move(words)};
            any = true;
        }
        return any;
    }

public:
    shift_search(const token_names& candidate, const token_names& reference)
        : reference_(reference), words_(candidate) {}

    [[nodiscard]] std::uint64_t edits() {
        if (reference_.empty()) return words_.size();
        lay_out();
        std::uint64_t shifts = 0, cost = distance(words_, 1, words_.size(), cells_);
        for (;;) {
            align();
            std::pair<shift, token_names> best;
            const bool                    any = best_shift(static_cast<std::uint32_t>(cost), best);
            if (tried_ >= most_tried || !any || std::get<0>(best.first) <= 0) return shifts + cost;
            ++shifts;
            words_ = std::move(best.second);
            cost   = distance(words_, 1, words_.size(), cells_);
        }
    }
};

} // namespace graft::inline GRAFT_ABI::detail
