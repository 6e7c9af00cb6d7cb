// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/hash_sort.hpp>
#include <graft/base/progress_steps.hpp>
#include <graft/schema/chunk.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

inline constexpr std::uint32_t no_row = std::numeric_limits<std::uint32_t>::max();

/// A 64-bit key → 32-bit number table: open addressing, keys never leave, the order of keys is never looked at.
class key_table {
    struct slot {
        std::uint64_t key   = 0;
        std::uint32_t value = no_row;
        bool          used  = false;
    };
    std::vector<slot> slots_;
    std::size_t       size_  = 0;
    int               shift_ = 64;

    [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept {
        return static_cast<std::size_t>(((key ^ key >> 32) * 0x9e3779b97f4a7c15u) >> shift_);
    }
    slot& place(std::uint64_t key) noexcept {
        for (std::size_t i = home(key);; i = (i + 1) & (slots_.size() - 1))
            if (!slots_[i].used || slots_[i].key == key) return slots_[i];
    }
    void grow() {
        auto before = std::exchange(slots_, std::vector<slot>(std::max<std::size_t>(64, 2 * slots_.size())));
        shift_      = 64 - std::countr_zero(slots_.size());
        for (const slot& s : before)
            if (s.used) place(s.key) = s;
    }

public:
    /// The number of a key; `no_row` for one that is new, to be set by the caller.
    std::uint32_t& operator[](std::uint64_t key) {
        if (2 * (size_ + 1) > slots_.size()) grow();
        slot& s = place(key);
        if (!s.used) {
            s = {key, no_row, true};
            ++size_;
        }
        return s.value;
    }
    /// The number of a key, `no_row` when it is not there.
    [[nodiscard]] std::uint32_t find(std::uint64_t key) const noexcept {
        if (slots_.empty()) return no_row;
        for (std::size_t i = home(key);; i = (i + 1) & (slots_.size() - 1)) {
            if (!slots_[i].used) return no_row;
            if (slots_[i].key == key) return slots_[i].value;
        }
    }
};

/// Which word stands how often in which chunk, immutable once made. Rows are in the order of chunk ids and words in the
/// order of their hashes, so that the same chunks give the same arrays, whatever happened on the way.
struct postings {
    std::vector<chunk_id>      ids;          ///< row → chunk, ascending
    std::vector<std::uint32_t> lengths;      ///< row → words
    std::vector<std::uint64_t> terms;        ///< ascending
    std::vector<std::uint64_t> begins = {0}; ///< term i has entries [begins[i], begins[i + 1])
    std::vector<std::uint32_t> rows;         ///< of each entry, ascending within a term
    std::vector<std::uint32_t> counts;       ///< of each entry, > 0
    std::uint64_t              words = 0;    ///< sum of lengths

    // Found again from the arrays above, never stored.
    std::vector<std::uint32_t> firsts; ///< leading bits of a term → the first term that has them
    int                        shift = 63;

    [[nodiscard]] std::uint32_t row_of(chunk_id id) const noexcept {
        const auto at = std::lower_bound(ids.begin(), ids.end(), id);
        return at != ids.end() && *at == id ? static_cast<std::uint32_t>(at - ids.begin()) : no_row;
    }
    /// The number of a word, `no_row` when no chunk has it. Hashes are spread evenly, so a bucket holds about one.
    [[nodiscard]] std::uint32_t term_at(std::uint64_t term) const noexcept {
        if (terms.empty()) return no_row;
        const auto bucket = static_cast<std::size_t>(term >> shift);
        const auto first = terms.begin() + firsts[bucket], last = terms.begin() + firsts[bucket + 1];
        const auto at = std::lower_bound(first, last, term);
        return at != last && *at == term ? static_cast<std::uint32_t>(at - terms.begin()) : no_row;
    }
    void make_buckets() {
        const std::size_t n = std::bit_ceil(std::max<std::size_t>(2, terms.size()));
        shift               = 64 - std::countr_zero(n);
        firsts.assign(n + 1, static_cast<std::uint32_t>(terms.size()));
        for (std::size_t i = terms.size(); i-- > 0;)
            firsts[static_cast<std::size_t>(terms[i] >> shift)] = static_cast<std::uint32_t>(i);
        for (std::size_t i = n; i-- > 0;) firsts[i] = std::min(firsts[i], firsts[i + 1]);
    }

    void save(byte_writer& w) const {
        w.reserve(w.size() + 64 + 12 * ids.size() + 16 * terms.size() + 8 * rows.size());
        w.array(ids);
        w.array(lengths);
        w.array(terms);
        w.array(begins);
        w.array(rows);
        w.array(counts);
    }

    /// Reads the arrays back and believes none of them.
    ///
    /// Fails    `malformed` where the arrays contradict each other: an order, a range, or a sum of counts that is not the
    ///          length of its chunk.
    [[nodiscard]] static result<postings> load(byte_reader& r) {
        postings p;
        p.ids     = r.array<chunk_id>();
        p.lengths = r.array<std::uint32_t>();
        p.terms   = r.array<std::uint64_t>();
        p.begins  = r.array<std::uint64_t>();
        p.rows    = r.array<std::uint32_t>();
        p.counts  = r.array<std::uint32_t>();
        if (r.ok() && !p.consistent()) r.fail(fault::malformed);
        if (!r.ok()) return r.error();
        p.make_buckets();
        return p;
    }

private:
    [[nodiscard]] bool consistent() {
        const auto ascending = [](const auto& v) {
            return std::adjacent_find(v.begin(), v.end(), [](auto a, auto b) { return a >= b; }) == v.end();
        };
        if (ids.size() >= no_row || terms.size() >= no_row || lengths.size() != ids.size()) return false;
        if (begins.size() != terms.size() + 1 || begins.front() != 0 || begins.back() != rows.size()) return false;
        if (counts.size() != rows.size() || !ascending(ids) || !ascending(terms) || !ascending(begins)) return false;
        std::vector<std::uint64_t> sums(ids.size(), 0);
        for (std::size_t t = 0; t < terms.size(); ++t)
            for (auto i = static_cast<std::size_t>(begins[t]); i < begins[t + 1]; ++i) {
                if (rows[i] >= ids.size() || counts[i] == 0 || (i > begins[t] && rows[i] <= rows[i - 1])) return false;
                sums[rows[i]] += counts[i];
            }
        for (std::size_t row = 0; row < ids.size(); ++row) {
            if (sums[row] != lengths[row]) return false;
            words += lengths[row];
        }
        return true;
    }
};

/// Additions and removals on the way to the next postings.
class postings_draft {
    struct entry {
        std::uint32_t term, row, count;
    };
    std::vector<chunk_id>      ids_; // of the new chunks, as they came
    std::vector<std::uint32_t> lengths_;
    std::vector<bool>          dropped_; // new chunks that were removed again
    std::vector<bool>          gone_;    // rows of `before` that were removed; empty: none
    std::vector<entry>         entries_; // by new row
    std::vector<std::uint64_t> terms_;   // in the order in which they were met
    std::vector<std::size_t>   latest_;  // of a term: its last entry
    key_table                  term_numbers_;
    key_table                  new_rows_; // chunk id → new row, no_row when it was removed again

public:
    [[nodiscard]] bool has(const postings& before, chunk_id id) const noexcept {
        if (new_rows_.find(to_underlying(id)) != no_row) return true;
        const std::uint32_t row = before.row_of(id);
        return row != no_row && (gone_.empty() || !gone_[row]);
    }
    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

    /// A chunk without words yet; `word` adds to the latest one.
    void chunk(chunk_id id) {
        new_rows_[to_underlying(id)] = static_cast<std::uint32_t>(ids_.size());
        ids_.push_back(id);
        lengths_.push_back(0);
        dropped_.push_back(false);
    }
    void word(std::uint64_t term) {
        const auto     row    = static_cast<std::uint32_t>(ids_.size() - 1);
        std::uint32_t& number = term_numbers_[term];
        ++lengths_.back();
        if (number == no_row) {
            number = static_cast<std::uint32_t>(terms_.size());
            terms_.push_back(term);
            latest_.push_back(entries_.size());
        } else if (entry& e = entries_[latest_[number]]; e.row == row) {
            ++e.count;
            return;
        }
        latest_[number] = entries_.size();
        entries_.push_back({number, row, 1});
    }
    /// False when it was not there.
    bool remove(const postings& before, chunk_id id) {
        if (const std::uint32_t fresh = new_rows_.find(to_underlying(id)); fresh != no_row) {
            dropped_[fresh]              = true;
            new_rows_[to_underlying(id)] = no_row;
            return true;
        }
        if (!has(before, id)) return false;
        if (gone_.empty()) gone_.resize(before.ids.size(), false);
        gone_[before.row_of(id)] = true;
        return true;
    }

    /// The next postings: what `before` keeps, and what is new.
    ///
    /// Costs    linear in both, and a sort of the new words. Stop and deadline are asked every 16,384 entries.
    /// Fails    stopped, timed_out.
    [[nodiscard]] result<postings> merge(const postings& before, context& c) const {
        std::size_t                steps = 0;
        const auto                 often = [&] { return ++steps % 16384 == 0; };
        postings                   after;
        std::vector<std::uint32_t> old_to(before.ids.size(), no_row), new_to(ids_.size(), no_row), order;
        for (std::uint32_t i = 0; i < ids_.size(); ++i)
            if (!dropped_[i]) order.push_back(i);
        const auto by_id = [&](auto a, auto b) { return ids_[a] < ids_[b]; };
        if (!std::is_sorted(order.begin(), order.end(), by_id)) std::sort(order.begin(), order.end(), by_id);
        for (std::size_t i = 0, j = 0; i < before.ids.size() || j < order.size();) {
            if (often())
                if (auto ok = c.alive(); !ok) return ok.error();
            const auto row = static_cast<std::uint32_t>(after.ids.size());
            if (i < before.ids.size() && !gone_.empty() && gone_[i]) {
                ++i;
            } else if (j == order.size() || (i < before.ids.size() && before.ids[i] < ids_[order[j]])) {
                after.ids.push_back(before.ids[i]);
                after.lengths.push_back(before.lengths[i]);
                old_to[i++] = row;
            } else {
                after.ids.push_back(ids_[order[j]]);
                after.lengths.push_back(lengths_[order[j]]);
                new_to[order[j++]] = row;
            }
        }
        for (const std::uint32_t n : after.lengths) after.words += n;

        // The new entries by word (counting sort), each word's rows in their final order.
        std::vector<std::size_t> starts(terms_.size() + 1, 0);
        for (const entry& e : entries_) ++starts[e.term + 1];
        for (std::size_t t = 0; t < terms_.size(); ++t) starts[t + 1] += starts[t];
        std::vector<entry> fresh(entries_.size());
        auto               fill = starts;
        for (const entry& e : entries_) {
            if (often())
                if (auto ok = c.alive(); !ok) return ok.error();
            fresh[fill[e.term]++] = {e.term, new_to[e.row], e.count};
        }
        const auto                 by_row = [](const entry& a, const entry& b) { return a.row < b.row; };
        std::vector<std::uint32_t> words(terms_.size());
        for (std::uint32_t t = 0; t < words.size(); ++t) {
            if (often())
                if (auto ok = c.alive(); !ok) return ok.error();
            const auto first = fresh.begin() + static_cast<std::ptrdiff_t>(starts[t]);
            const auto last  = fresh.begin() + static_cast<std::ptrdiff_t>(starts[t + 1]);
            if (!std::is_sorted(first, last, by_row)) std::sort(first, last, by_row); // dropped ones come last
            words[t] = t;
        }
        const std::size_t total = before.terms.size() + words.size();
        progress_steps    told(c, total); // in words
        if (auto ok = hash_sort(words, [&](std::uint32_t t) { return terms_[t]; }, c); !ok) return ok.error();
        told.next(total);

        after.rows.reserve(before.rows.size() + entries_.size());
        after.counts.reserve(before.rows.size() + entries_.size());
        for (std::size_t i = 0, j = 0; i < before.terms.size() || j < words.size();) {
            const bool old = i < before.terms.size() && (j == words.size() || before.terms[i] <= terms_[words[j]]);
            const bool now = j < words.size() && (i == before.terms.size() || terms_[words[j]] <= before.terms[i]);
            const std::uint64_t term = old ? before.terms[i] : terms_[words[j]];
            std::size_t         a    = old ? static_cast<std::size_t>(before.begins[i]) : 0;
            const std::size_t   a_to = old ? static_cast<std::size_t>(before.begins[i + 1]) : 0;
            std::size_t         b    = now ? starts[words[j]] : 0;
            const std::size_t   b_to = now ? starts[words[j] + 1] : 0;
            while (a < a_to || b < b_to) {
                if (often()) {
                    if (auto ok = c.alive(); !ok) return ok.error();
                    c.progress(i + j, total);
                }
                const std::uint32_t ra = a < a_to ? old_to[before.rows[a]] : no_row,
                                    rb = b < b_to ? fresh[b].row : no_row;
                if (a < a_to && (ra == no_row || ra <= rb)) {
                    if (ra != no_row) {
                        after.rows.push_back(ra);
                        after.counts.push_back(before.counts[a]);
                    }
                    ++a;
                } else {
                    if (rb != no_row) {
                        after.rows.push_back(rb);
                        after.counts.push_back(fresh[b].count);
                    }
                    ++b;
                }
            }
            if (after.rows.size() > after.begins.back()) {
                after.terms.push_back(term);
                after.begins.push_back(after.rows.size());
            }
            i += old ? 1 : 0;
            j += now ? 1 : 0;
        }
        after.rows.shrink_to_fit();
        after.counts.shrink_to_fit();
        after.make_buckets();
        told.all();
        return after;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
