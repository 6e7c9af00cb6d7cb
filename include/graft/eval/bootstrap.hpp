// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
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

/// The percentile interval of a mean, from resamples of one number a question.
///
/// Gives    the same bytes for a seed everywhere: only sums and divisions, in a fixed order.
/// Costs    samples · n draws, on this thread: one stream of numbers. Progress is told in samples.
/// Fails    `no_input` without numbers, `not_finite` with the row, `bad_argument` for a level outside (0, 1) or fewer than
///          100 samples; stopped, timed_out.
/// Source   Efron, Tibshirani, An Introduction to the Bootstrap, chapters 13 and 16.
[[nodiscard]] inline result<interval> bootstrap(std::span<const double> values, bootstrap_params how, context& c) {
    constexpr std::uint64_t exponent = 0x7ff0000000000000u, purpose = 0x626f6f74; // "boot"
    if (values.empty()) return error{fault::no_input, unit::none, 0, "bootstrap"};
    if (!(how.level > 0 && how.level < 1) || how.samples < 100)
        return error{fault::bad_argument, unit::none, 0, "bootstrap"};
    for (std::size_t i = 0; i < values.size(); ++i)
        if ((std::bit_cast<std::uint64_t>(values[i]) & exponent) == exponent)
            return error{fault::not_finite, unit::row, i, "bootstrap"};
    const auto n = static_cast<double>(values.size());
    interval   out;
    for (const double x : values) out.mean += x;
    out.mean /= n;

    std::vector<double> means(how.samples);
    std::size_t         far = 0;
    counter_random      random(how.seed, purpose);
    for (std::size_t at = 0; at < means.size(); ++at) {
        double sum = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i % 65536 == 0)
                if (auto ok = c.alive(); !ok) return ok.error();
            sum += values[random.below(values.size())];
        }
        const double mean = means[at] = sum / n;
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
    return out;
}
/// The same in a context of its own.
[[nodiscard]] inline result<interval> bootstrap(std::span<const double> values, bootstrap_params how = {},
                                                context&& c = {}) {
    return bootstrap(values, how, c);
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
