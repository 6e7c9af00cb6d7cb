// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/elementary.hpp>
#include <graft/schema/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Which tokens may come next: a bit for each id, 64 a word. Empty: all.
using token_mask = std::span<const std::uint64_t>;

/// A token that may come next.
struct next_token {
    std::uint32_t id          = 0;
    double        probability = 0;
};

namespace detail {

[[nodiscard]] constexpr bool allows(token_mask allowed, std::size_t id) noexcept {
    return allowed.empty() || (id / 64 < allowed.size() && (allowed[id / 64] >> id % 64 & 1) != 0);
}

/// The bits of the distinct tokens of a text. Ids that the vocabulary lacks are left out.
[[nodiscard]] inline std::span<std::uint64_t> tokens_of(std::span<const std::uint32_t> text, std::size_t vocabulary,
                                                        arena& a) {
    auto seen = a.take<std::uint64_t>((vocabulary + 63) / 64);
    for (const std::uint32_t id : text)
        if (id < vocabulary) seen[id / 64] |= std::uint64_t{1} << id % 64;
    return seen;
}

/// Leaves of `tokens`, whose probabilities sum to `mass`, the likeliest that hold `p` of it; of equals the lower ids.
[[nodiscard]] inline std::span<next_token> keep_top_p(std::span<next_token> tokens, double mass, double p, arena& a) {
    const double tail = (1 - p) * mass;
    // All that hold less than an equal share of the tail are in the tail: only the others are sorted.
    const double share   = tail / static_cast<double>(tokens.size());
    auto         order   = a.take_raw<next_token>(tokens.size());
    std::size_t  n       = 0;
    double       dropped = 0;
    for (const next_token& t : tokens) {
        if (t.probability < share) dropped += t.probability;
        else order[n++] = t;
    }
    order = order.first(n);
    std::sort(order.begin(), order.end(), [](const next_token& x, const next_token& y) {
        return x.probability != y.probability ? x.probability > y.probability : x.id < y.id;
    });
    while (n > 1 && dropped + order[n - 1].probability <= tail) dropped += order[--n].probability;
    const next_token last = order[n - 1];
    const auto       end  = std::remove_if(tokens.begin(), tokens.end(), [&](const next_token& t) {
        return t.probability < last.probability || (t.probability == last.probability && t.id > last.id);
    });
    return tokens.first(static_cast<std::size_t>(end - tokens.begin()));
}

} // namespace detail

/// The likeliest token that is allowed: of equals the lowest id. The penalty on what `text` holds counts, see `sampling_params`.
///
/// Gives    the size of the vocabulary where none is allowed, or none has a logit that is a number above -infinity.
[[nodiscard]] inline std::uint32_t likeliest_token(std::span<const float> logits, std::span<const std::uint32_t> text,
                                                   float penalty, token_mask allowed, arena& a) {
    const arena::scope scratch(a);
    const auto         seen = penalty == 1 ? std::span<std::uint64_t>{} : detail::tokens_of(text, logits.size(), a);
    float              best = -std::numeric_limits<float>::infinity();
    std::size_t        id   = logits.size();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!detail::allows(allowed, i)) continue;
        float z = logits[i];
        if (!seen.empty() && detail::allows(seen, i)) z = z < 0 ? z * penalty : z / penalty;
        if (z > best) best = z, id = i;
    }
    return static_cast<std::uint32_t>(id);
}

/// The tokens that may come next, in the order of their ids, and how likely each is: what `how` leaves of the softmax of the logits.
///
/// Takes    logits [vocabulary]; `text`: the ids so far, for the penalty; which tokens are allowed. A logit that is not a number is
///          one that is not allowed.
/// Gives    probabilities that sum to 1, or nothing where no token is allowed. The same bits on every machine. At temperature 0 the
///          likeliest token alone.
/// Borrows  the arena: 16 bytes a token of the vocabulary, so ask in a scope.
/// Costs    an exponential a token; with top p a sort of those that hold more than an equal share of what it cuts off.
[[nodiscard]] inline std::span<const next_token> next_tokens(std::span<const float>         logits,
                                                             std::span<const std::uint32_t> text,
                                                             const sampling_params& how, token_mask allowed, arena& a) {
    GRAFT_ASSERT(how.valid(), "sampling_params out of their ranges");
    auto tokens = a.take_raw<next_token>(logits.size());
    if (how.temperature == 0) {
        const std::uint32_t id = likeliest_token(logits, text, how.repetition_penalty, allowed, a);
        if (id == logits.size()) return {};
        tokens[0] = {id, 1};
        return tokens.first(1);
    }
    const arena::scope scratch(a);
    const bool         penalised = how.repetition_penalty != 1;
    const auto         seen      = penalised ? detail::tokens_of(text, logits.size(), a) : std::span<std::uint64_t>{};
    std::size_t        n         = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        double z = logits[i];
        if (!detail::allows(allowed, i) || !(z > -std::numeric_limits<double>::infinity())) continue;
        if (penalised && detail::allows(seen, i))
            z = z < 0 ? z * double{how.repetition_penalty} : z / double{how.repetition_penalty};
        tokens[n++] = {static_cast<std::uint32_t>(i), z / double{how.temperature}};
    }
    tokens = tokens.first(n);
    if (tokens.empty()) return {};

    if (how.top_k > 0 && how.top_k < n) {
        auto z = a.take_raw<double>(n);
        std::transform(tokens.begin(), tokens.end(), z.begin(), [](const next_token& t) { return t.probability; });
        const auto kth = z.begin() + static_cast<std::ptrdiff_t>(how.top_k - 1);
        std::nth_element(z.begin(), kth, z.end(), std::greater<>());
        const auto end =
            std::remove_if(tokens.begin(), tokens.end(), [&](const next_token& t) { return t.probability < *kth; });
        tokens = tokens.first(static_cast<std::size_t>(end - tokens.begin()));
    }
    const double best = std::max_element(tokens.begin(), tokens.end(), [](const next_token& x, const next_token& y) {
                            return x.probability < y.probability;
                        })->probability;
    const auto   sum  = [&] {
        double mass = 0;
        for (const next_token& t : tokens) mass += t.probability;
        return mass;
    };
    for (next_token& t : tokens) t.probability = t.probability == best ? 1 : exp_exact(t.probability - best);
    if (how.top_p < 1) tokens = detail::keep_top_p(tokens, sum(), double{how.top_p}, a);
    if (how.min_p > 0) {
        const auto end = std::remove_if(tokens.begin(), tokens.end(),
                                        [&](const next_token& t) { return t.probability < double{how.min_p}; });
        tokens         = tokens.first(static_cast<std::size_t>(end - tokens.begin()));
    }
    const double mass = sum();
    for (next_token& t : tokens) t.probability /= mass;
    return tokens;
}

/// The token at place `u`, from 0 up to but not 1, of the distribution. `tokens` is not empty.
[[nodiscard]] inline std::uint32_t draw_token(std::span<const next_token> tokens, double u) noexcept {
    GRAFT_ASSERT(!tokens.empty(), "nothing to draw from");
    double below = 0;
    for (const next_token& t : tokens)
        if ((below += t.probability) > u) return t.id;
    return tokens.back().id;
}

} // namespace graft::inline GRAFT_ABI
