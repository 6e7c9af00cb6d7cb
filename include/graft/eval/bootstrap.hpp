// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How to resample.
struct bootstrap_params {
    std::size_t   samples = 10000; ///< resamples, 100 or more
    double        level   = .95;   ///< share of them inside the interval
    std::uint64_t seed    = 0;
};

/// A mean, and how far chance could have moved it.
struct interval {
    double mean = 0;
    double low  = 0;
    double high = 0;
    /// Two-sided: how likely a mean at least as far from 0 would be by chance, if the true mean were 0. At least
    /// 1 / (samples + 1).
    double p = 1;
};

namespace detail {

/// The interval of Σ values / Σ weights, or of the mean where there are no weights.
[[nodiscard]] inline result<interval> bootstrap_of(std::span<const double> values, std::span<const double> weights,
                                                   const bootstrap_params& how, context& c) {
    constexpr std::uint64_t purpose = 0x626f6f74; // "boot"
    if (values.empty()) return error{fault::no_input, unit::none, 0, "bootstrap"};
    if (!(how.level > 0 && how.level < 1) || how.samples < 100)
        return error{fault::bad_argument, unit::none, 0, "bootstrap"};
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!is_finite(values[i]) || (!weights.empty() && !is_finite(weights[i])))
            return error{fault::not_finite, unit::row, i, "bootstrap"};
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (!(weights[i] > 0)) return error{fault::bad_argument, unit::row, i, "weight"};
    interval out;
    double   all = weights.empty() ? static_cast<double>(values.size()) : 0;
    for (const double x : values) out.mean += x;
    for (const double w : weights) all += w;
    out.mean /= all;

    std::vector<double> means(how.samples);
    std::size_t         far = 0;
    counter_random      random(how.seed, purpose);
    for (std::size_t at = 0; at < means.size(); ++at) {
        double sum = 0, weight = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i % 65536 == 0)
                if (auto ok = c.alive(); !ok) return ok.error();
            const auto row = random.below(values.size());
            sum += values[row];
            if (!weights.empty()) weight += weights[row];
        }
        const double mean = means[at] = sum / (weights.empty() ? all : weight);
        if ((at + 1) % 128 == 0 || at + 1 == means.size()) c.progress(at + 1, means.size());
        // Shifted to a true mean of 0, this resample is as far out as what was seen.
        const double shift = mean - out.mean, seen = out.mean < 0 ? -out.mean : out.mean;
        far += shift >= seen || -shift >= seen ? 1u : 0u;
    }
    std::sort(means.begin(), means.end());
    const auto outside =
        static_cast<std::size_t>((1 - how.level) / 2 * static_cast<double>(how.samples)); // on each side
    out.low  = means[std::min(outside, (how.samples - 1) / 2)];
    out.high = means[how.samples - 1 - std::min(outside, (how.samples - 1) / 2)];
    out.p    = static_cast<double>(far + 1) / static_cast<double>(how.samples + 1);
    if (values.size() == 1) {
        constexpr double endless = std::numeric_limits<double>::infinity();
        out.low = -endless, out.high = endless, out.p = 1;
    }
    return out;
}

} // namespace detail

/// The percentile interval of a mean, from resamples of one number a question.
///
/// Gives    the same bytes for a seed everywhere: only sums and divisions, in a fixed order. One number says nothing of others: -inf to inf.
/// Costs    samples · n draws, on this thread: one stream of numbers. Progress is told in samples.
/// Fails    `no_input` without numbers, `not_finite` with the row, `bad_argument` for a level outside (0, 1) or fewer than
///          100 samples; stopped, timed_out.
/// Source   Efron, Tibshirani, An Introduction to the Bootstrap, chapters 13 and 16.
[[nodiscard]] inline result<interval> bootstrap(std::span<const double> values, bootstrap_params how, context& c) {
    return detail::bootstrap_of(values, {}, how, c);
}
/// The same in a context of its own.
[[nodiscard]] inline result<interval> bootstrap(std::span<const double> values, bootstrap_params how = {},
                                                context&& c = {}) {
    return bootstrap(values, how, c);
}

/// The same for a mean over what the questions are made of, which are not equally many each: Σ values / Σ weights, both drawn together.
///
/// Takes    for each question what its parts sum up to, and how many they are: the losses of a text, and its tokens
/// Fails    as `bootstrap`; `wrong_shape` for lists of different lengths, `bad_argument` with the row for a weight that is not above 0
[[nodiscard]] inline result<interval> bootstrap_ratio(std::span<const double> values, std::span<const double> weights,
                                                      bootstrap_params how, context& c) {
    if (values.size() != weights.size()) return error{fault::wrong_shape, unit::row, weights.size(), "bootstrap"};
    return detail::bootstrap_of(values, weights, how, c);
}
/// The same in a context of its own.
[[nodiscard]] inline result<interval> bootstrap_ratio(std::span<const double> values, std::span<const double> weights,
                                                      bootstrap_params how = {}, context&& c = {}) {
    return bootstrap_ratio(values, weights, how, c);
}

/// The same for what `after` gains over `before`: one difference a question, so that hard and easy questions cancel.
///
/// Fails    as above, and `wrong_shape` for lists of different lengths.
[[nodiscard]] inline result<interval> paired_bootstrap(std::span<const double> before, std::span<const double> after,
                                                       bootstrap_params how, context& c) {
    if (before.size() != after.size()) return error{fault::wrong_shape, unit::row, after.size(), "bootstrap"};
    std::vector<double> gains(before.size());
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] = after[i] - before[i];
    return bootstrap(gains, how, c);
}
/// The same in a context of its own.
[[nodiscard]] inline result<interval> paired_bootstrap(std::span<const double> before, std::span<const double> after,
                                                       bootstrap_params how = {}, context&& c = {}) {
    return paired_bootstrap(before, after, how, c);
}

} // namespace graft::inline GRAFT_ABI
