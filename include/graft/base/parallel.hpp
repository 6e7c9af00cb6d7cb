// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/function_ref.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Of what parts of a loop are called: f(begin, end, worker) with the worker's own context.
using block_ref = function_ref<result<void>(std::size_t, std::size_t, context&)>;

namespace detail {

[[nodiscard]] constexpr std::size_t blocks_of(std::size_t n, std::size_t block) noexcept {
    return n / block + (n % block != 0);
}

inline result<void> run_blocks(context& c, std::size_t n, std::size_t block, block_ref f) {
    GRAFT_ASSERT(block > 0, "a loop in blocks of nothing");
    const std::size_t        blocks = blocks_of(n, block);
    context::workers         mine(c, c.executor.width());
    std::atomic<std::size_t> finished{0};
    auto ok = run_results(c.executor, blocks, [&](std::size_t b, std::size_t worker) -> result<void> {
        if (auto alive = c.alive(); !alive) return alive;
        mine[worker].reset();
        const std::size_t begin = b * block, size = std::min(block, n - begin);
        if (auto good = f(begin, begin + size, mine[worker]); !good) return good;
        const std::size_t now = finished.fetch_add(size, std::memory_order_relaxed) + size;
        if (worker == 0 && now < n) c.progress(now, n);
        return done;
    });
    if (ok && n > 0) c.progress(n, n);
    return ok;
}

} // namespace detail

/// The parallel loop: f(begin, end, worker) for each block of [0, n), on the executor of the context.
///
/// Every block begins with an empty arena in `worker`, a child of `c`; what it takes is gone when f returns, so results go
/// to memory that the caller made before, at places that depend on the block alone. Blocks do not depend on the number of
/// threads, and so neither does what is computed. For results that must be put together in order there is `in_order`.
///
/// Takes    `f` that gives nothing or a result<void>.
/// Gives    the error of the lowest block that has one; what f throws counts as its error and is thrown. As many blocks as
///          there are threads may have run past it.
/// Costs    an arena a thread, kept in `c` for the next loop: a warm loop allocates nothing. Stop and deadline are asked
///          before each block. Progress is told by worker 0, which is the calling thread on graft's executors.
/// Fails    stopped, timed_out; as f.
template <class F>
    requires std::invocable<F&, std::size_t, std::size_t, context&>
[[nodiscard]] result<void> each_block(context& c, std::size_t n, std::size_t block, F&& f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, std::size_t, std::size_t, context&>>)
        return detail::run_blocks(c, n, block, [&f](std::size_t begin, std::size_t end, context& w) -> result<void> {
            f(begin, end, w);
            return done;
        });
    else return detail::run_blocks(c, n, block, f);
}

/// Makes a value of each block of [0, n) in parallel, and takes the values one by one, in the order of the blocks.
///
///     in_order(c, rows, 1024, [&](std::size_t begin, std::size_t end, context& w) { return encoded(begin, end, w); },
///              [&](embedded e) { return draft.accept(e); });
///
/// What `make` gives may lie in the arena of `worker`: it stays until `take` has returned. `take` runs on the calling
/// thread while nothing else does, so it may change what `make` reads, add up in order, and use `c`, for a parallel loop
/// of its own too.
///
/// Takes    `make`, which gives T or result<T>; `take`, which takes a T&& and gives nothing or a result<void>.
/// Gives    what a loop over the blocks on one thread would: all blocks below the first that fails have been taken.
/// Costs    values and arenas of two blocks a thread, whatever n is. Progress is told after each block that was taken.
/// Fails    stopped, timed_out, between two blocks; as make and take; what they throw is thrown.
template <class Make, class Take>
    requires std::invocable<Make&, std::size_t, std::size_t, context&>
[[nodiscard]] result<void> in_order(context& c, std::size_t n, std::size_t block, Make&& make, Take&& take) {
    using given = std::remove_cvref_t<std::invoke_result_t<Make&, std::size_t, std::size_t, context&>>;
    using value = typename std::conditional_t<is_result<given>, given, result<given>>::value_type;
    GRAFT_ASSERT(block > 0, "a loop in blocks of nothing");
    const std::size_t blocks = detail::blocks_of(n, block), width = c.executor.width();
    const std::size_t wave = std::min(blocks, width > 1 ? 2 * width : 1);

    context::workers                  slots(c, wave);
    std::vector<std::optional<value>> made(wave);
    for (std::size_t first = 0; first < blocks; first += wave) {
        const std::size_t     now = std::min(wave, blocks - first);
        detail::first_failure failed(now);
        c.executor.run(now, [&](std::size_t i, std::size_t) {
            if (!failed.wants(i)) return;
            failed.run(i, [&]() -> result<void> {
                if (auto ok = c.alive(); !ok) return ok;
                const std::size_t begin = (first + i) * block, end = begin + std::min(block, n - begin);
                slots[i].reset();
                if constexpr (is_result<given>) {
                    auto one = make(begin, end, slots[i]);
                    if (!one) return std::move(one).error();
                    made[i].emplace(*std::move(one));
                } else made[i].emplace(make(begin, end, slots[i]));
                return done;
            });
        });
        for (std::size_t i = 0; i < now && failed.wants(i); ++i) {
            if (i > 0)
                if (auto ok = c.alive(); !ok) return ok;
            if constexpr (std::is_void_v<std::invoke_result_t<Take&, value&&>>) take(*std::move(made[i]));
            else if (result<void> ok = take(*std::move(made[i])); !ok) return ok;
            made[i].reset();
            c.progress(std::min(n, (first + i + 1) * block), n);
        }
        if (result<void> ok = failed.outcome(); !ok) return ok;
    }
    return done;
}

} // namespace graft::inline GRAFT_ABI
