// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/base/sha256.hpp>
#include <graft/config.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Vectors by the digest of what they were made of: so many, and no more. What has not been asked for lately goes first. `cached` puts one before
/// an embedder.
///
///     vector_cache memory(encoder.dims(), 100'000);
///
/// Move-only. Threads may share one: each call holds a lock while it copies a row.
///
/// Costs    4 bytes a number, and some 45 bytes a vector; memory grows with what is kept.
class vector_cache {
    struct state {
        std::mutex                 lock;
        std::size_t                dims = 0, most = 0;
        std::vector<digest256>     keys;      // of each slot
        std::vector<float>         rows;      // of each slot, `dims` numbers
        std::vector<std::uint8_t>  asked;     // of each slot, whether it was since the hand passed it
        std::vector<std::uint32_t> table;     // a slot + 1; 0: free
        std::size_t                hand  = 0; // the slot that may go next
        std::uint64_t              found = 0, missed = 0;
    };
    std::unique_ptr<state> it_ = std::make_unique<state>();

    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    [[nodiscard]] static std::size_t home(const digest256& key, const state& s) noexcept {
        std::uint64_t h = 0;
        std::memcpy(&h, key.bytes.data(), sizeof(h));
        return static_cast<std::size_t>(h) & (s.table.size() - 1);
    }
    /// Where a key stands in the table, or the free place where it would.
    [[nodiscard]] static std::size_t place(const digest256& key, const state& s) noexcept {
        std::size_t at = home(key, s);
        while (s.table[at] != 0 && s.keys[s.table[at] - 1] != key) at = (at + 1) & (s.table.size() - 1);
        return at;
    }
    static void grow(state& s) {
        s.table.assign(std::bit_ceil(std::max<std::size_t>(16, 4 * s.keys.size() + 4)), 0);
        for (std::size_t i = 0; i < s.keys.size(); ++i)
            s.table[place(s.keys[i], s)] = static_cast<std::uint32_t>(i + 1);
    }
    /// Takes a place out, and moves up those behind it that would no longer be found.
    static void free_place(std::size_t at, state& s) noexcept {
        const std::size_t mask = s.table.size() - 1;
        for (std::size_t next = (at + 1) & mask; s.table[next] != 0; next = (next + 1) & mask) {
            const std::size_t wanted = home(s.keys[s.table[next] - 1], s);
            if (((next - wanted) & mask) < ((next - at) & mask)) continue;
            s.table[at] = s.table[next];
            at          = next;
        }
        s.table[at] = 0;
    }

public:
    static constexpr std::uint32_t format = 1; ///< of what `save` writes

    /// Takes    numbers a vector, and how many vectors it keeps: at least one of each, and below 2^31
    vector_cache(std::size_t dims, std::size_t most) {
        GRAFT_ASSERT(dims > 0 && most > 0 && most < (std::size_t{1} << 31), "a cache of vectors that can hold some");
        it_->dims = dims;
        it_->most = most;
        grow(*it_);
    }

    [[nodiscard]] std::size_t dims() const noexcept { return it_->dims; }
    /// How many it keeps at most.
    [[nodiscard]] std::size_t most() const noexcept { return it_->most; }
    /// How many it has.
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard now(it_->lock);
        return it_->keys.size();
    }
    /// How often a vector was there, and was not.
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> found_and_missed() const {
        const std::lock_guard now(it_->lock);
        return {it_->found, it_->missed};
    }

    /// Copies a vector to `out` [dims()]; false where it is not there.
    [[nodiscard]] bool find(const digest256& key, std::span<float> out) {
        const std::lock_guard now(it_->lock);
        state&                s  = *it_;
        const std::uint32_t   at = s.table[place(key, s)];
        if (at == 0) return ++s.missed, false;
        ++s.found;
        s.asked[at - 1] = 1;
        std::copy_n(s.rows.data() + (at - 1) * s.dims, s.dims, out.data());
        return true;
    }
    /// Keeps a vector [dims()], which is finite, and lets another go where it is full.
    void put(const digest256& key, std::span<const float> row) {
        GRAFT_ASSERT(row.size() == it_->dims, "a vector of as many numbers as the cache has");
        const std::lock_guard now(it_->lock);
        state&                s = *it_;
        if (s.table[place(key, s)] != 0 || !all_finite(row)) return;
        std::size_t slot = s.keys.size();
        if (slot < s.most) {
            s.rows.insert(s.rows.end(), row.begin(), row.end());
            s.asked.push_back(0);
            s.keys.push_back(key);
            if (2 * s.keys.size() > s.table.size()) return grow(s);
        } else {
            for (; s.asked[s.hand] != 0; s.hand = (s.hand + 1) % s.most) s.asked[s.hand] = 0;
            slot   = s.hand;
            s.hand = (s.hand + 1) % s.most;
            free_place(place(s.keys[slot], s), s);
            s.keys[slot] = key;
            std::copy(row.begin(), row.end(), s.rows.begin() + static_cast<std::ptrdiff_t>(slot * s.dims));
        }
        s.table[place(key, s)] = static_cast<std::uint32_t>(slot + 1);
    }

    /// Writes all vectors, those that may go next first.
    void save(byte_writer& to) const {
        const std::lock_guard now(it_->lock);
        const state&          s = *it_;
        to.header("vector_cache", format);
        to.u64(s.dims);
        to.u64(s.most);
        to.u64(s.keys.size());
        for (std::size_t i = 0; i < s.keys.size(); ++i) {
            const std::size_t slot = (s.hand + i) % s.keys.size();
            to.elements(std::span<const std::uint8_t>(s.keys[slot].bytes));
            to.elements(std::span<const float>(s.rows).subspan(slot * s.dims, s.dims));
        }
    }
    /// Reads back what `save` wrote.
    ///
    /// Fails    `foreign`, `newer_format`, `truncated`; `malformed` for sizes of nothing, more vectors than it keeps, or two of one key;
    ///          `not_finite` (row)
    [[nodiscard]] static result<vector_cache> load(byte_reader& from) {
        if (from.header("vector_cache", format) == 0) return from.error(fault::foreign);
        const std::uint64_t dims = from.u64(), most = from.u64();
        if (!from.ok()) return from.error();
        if (dims == 0 || dims > (std::uint64_t{1} << 32) || most == 0 || most >= (std::uint64_t{1} << 31))
            return from.error(fault::malformed);
        const std::size_t n = from.count(sizeof(digest256) + static_cast<std::size_t>(dims) * sizeof(float));
        if (!from.ok() || n > most) return from.error(fault::malformed);
        vector_cache made(static_cast<std::size_t>(dims), static_cast<std::size_t>(most));
        state&       s = *made.it_;
        s.keys.resize(n);
        s.rows.resize(n * s.dims);
        s.asked.resize(n);
        grow(s);
        std::fill(s.table.begin(), s.table.end(), 0);
        for (std::size_t i = 0; i < n; ++i) {
            from.into(std::span<std::uint8_t>(s.keys[i].bytes));
            const auto row = std::span<float>(s.rows).subspan(i * s.dims, s.dims);
            from.into(row);
            if (!from.ok()) return from.error();
            if (!all_finite(std::span<const float>(row))) return error{fault::not_finite, unit::row, i, from.subject()};
            const std::size_t at = place(s.keys[i], s);
            if (s.table[at] != 0) return from.error(fault::malformed);
            s.table[at] = static_cast<std::uint32_t>(i + 1);
        }
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
