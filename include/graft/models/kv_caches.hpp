// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/kv_cache.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Caches that are done with, kept for the next texts: one that begins like a text before it is read on from there. So the
/// instruction of a prompt, or the turns of a conversation, are computed once. No bit of an answer depends on it.
///
/// Costs    the memory of `kept` caches, each as long as the longest text that it held.
/// Thread   const: any number of callers.
template <std::floating_point Scalar>
class kv_caches {
    struct shelf {
        std::mutex                    door;
        std::vector<kv_cache<Scalar>> idle; // the one that was used last stands last
    };
    std::unique_ptr<shelf> at_;
    std::size_t            kept_;

    static void move_to_end(std::vector<kv_cache<Scalar>>& all, std::size_t i) {
        const auto at = all.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(at, at + 1, all.end());
    }

public:
    explicit kv_caches(std::size_t kept = 1) : at_(std::make_unique<shelf>()), kept_(kept) {
        at_->idle.reserve(kept + 1); // so that `give` needs no memory
    }

    /// A cache that holds the beginning of `text`, as much of it as one of those kept does, but not all: the last token is
    /// left to be read. `fresh`: makes an empty one.
    ///
    /// One that holds mostly another text lends a copy of the beginning while there is room for more caches, and is itself
    /// taken otherwise.
    template <class Fresh>
    [[nodiscard]] kv_cache<Scalar> take(std::span<const std::uint32_t> text, const Fresh& fresh) const {
        const std::scoped_lock in(at_->door);
        auto&                  idle = at_->idle;
        if (idle.empty()) return fresh();
        std::size_t best = 0, shared = 0;
        for (std::size_t i = 0; i < idle.size(); ++i)
            if (const std::size_t n = idle[i].common(text); n > shared) best = i, shared = n;
        shared = std::min(shared, text.empty() ? 0 : text.size() - 1);
        if (2 * shared < idle[best].size()) {
            if (idle.size() < kept_) {
                kv_cache<Scalar> out = fresh();
                out.fork(idle[best], shared);
                return out;
            }
            if (best != 0) { // the one that was not used for longest makes room
                idle[0].fork(idle[best], shared);
                best = 0;
            }
        }
        move_to_end(idle, best);
        kv_cache<Scalar> out = std::move(idle.back());
        idle.pop_back();
        out.shorten(shared);
        return out;
    }
    /// Takes a cache back; the one that was not used for longest goes where there are too many.
    void give(kv_cache<Scalar>&& cache) const noexcept {
        const std::scoped_lock in(at_->door);
        auto&                  idle = at_->idle;
        idle.push_back(std::move(cache));
        if (idle.size() > kept_) idle.erase(idle.begin());
    }
    /// Forgets every text.
    void forget() const noexcept {
        const std::scoped_lock in(at_->door);
        at_->idle.clear();
    }
};

} // namespace graft::inline GRAFT_ABI
