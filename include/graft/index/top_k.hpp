// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Keeps the k best of a stream of hits, by `better`: the result does not depend on the order of the stream.
///
/// It fills a buffer of twice k, then cuts it to k and from then on refuses at once what cannot be among them. So a push is
/// one comparison for most hits, and amortised constant time for the rest.
///
/// Takes    scores that are not NaN; k as large as you like, memory grows with what is pushed
/// Borrows  the context; what `take` gives lives there until its reset.
class top_k {
    std::size_t     k_;
    arena_list<hit> best_;
    hit             last_{chunk_id{~std::uint64_t{0}}, -std::numeric_limits<float>::max()}; // of the k best so far
    bool            full_ = false; // k_ hits were kept, `last_` bounds the rest

    void cut() noexcept {
        const auto all = best_.items();
        std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k_ - 1), all.end(), better);
        last_ = all[k_ - 1];
        full_ = true;
        while (best_.size() > k_) best_.pop_back();
    }

public:
    top_k(std::size_t k, context& home) : k_(k), best_(home, std::min<std::size_t>(k, 512) * 2) {}

    void push(const hit& h) {
        if (k_ == 0 || (full_ && !better(h, last_))) return;
        best_.push_back(h);
        if (best_.size() / 2 >= k_) cut();
    }

    /// Below it, a score cannot be among the k best. The lowest float as long as anything can.
    [[nodiscard]] float threshold() const noexcept { return k_ == 0 ? std::numeric_limits<float>::max() : last_.score; }

    /// The k best, or all if there were fewer, best first. Later pushes may follow, and another `take`.
    [[nodiscard]] std::span<const hit> take() {
        if (best_.size() > k_) cut();
        const auto all = best_.items();
        std::sort(all.begin(), all.end(), better);
        return all;
    }
};

} // namespace graft::inline GRAFT_ABI
