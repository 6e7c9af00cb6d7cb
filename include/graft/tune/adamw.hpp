// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/result.hpp>
#include <graft/simd/elementwise.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The step sizes of AdamW.
struct adamw_params {
    double rate  = 1e-3; ///< alpha: the learning rate
    double beta1 = .9;   ///< decay of the mean
    double beta2 = .999; ///< decay of the mean square
    double floor = 1e-8; ///< epsilon
    double decay = .01;  ///< lambda: weight decay, taken off the weight itself, times the rate

    /// Whether every number is finite and in its range: a rate and a decay of at least 0, which together take away at most all of a weight, betas in
    /// [0, 1), a floor above 0. What floats cannot tell (a floor below 1e-37, a rate above 1e37 at the first step) is out of range.
    [[nodiscard]] bool valid() const noexcept {
        const double all[] = {rate, beta1, beta2, floor, decay};
        return all_finite(std::span<const double>(all)) && rate >= 0 && decay >= 0 && beta1 >= 0 && beta1 < 1 &&
               beta2 >= 0 && beta2 < 1 && floor >= 1e-37 && rate <= 1e37 * (1 - beta1) && rate * decay <= 1;
    }
};

/// AdamW for one tensor: its two moments and the update.
///
/// Source   Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2; bias correction and epsilon as in torch.optim.AdamW.
template <std::floating_point Scalar>
class adamw {
    std::vector<Scalar> mean_, square_;
    double              decayed1_ = 1, decayed2_ = 1; // beta1^t, beta2^t

public:
    explicit adamw(std::size_t size) : mean_(size), square_(size) {}

    [[nodiscard]] std::span<const Scalar> mean() const noexcept { return mean_; }
    [[nodiscard]] std::span<const Scalar> square() const noexcept { return square_; }

    /// The moments, and how far their decay is.
    void save(byte_writer& to) const {
        to.f64(decayed1_);
        to.f64(decayed2_);
        to.array(std::span<const Scalar>(mean_));
        to.array(std::span<const Scalar>(square_));
    }
    /// Fails    `truncated`; `malformed` for a decay that cannot be; `wrong_shape` for another size; `not_finite`
    [[nodiscard]] static result<adamw> load(byte_reader& from, std::size_t size) {
        adamw made(0);
        made.decayed1_ = from.f64(), made.decayed2_ = from.f64();
        made.mean_   = from.array<Scalar>();
        made.square_ = from.array<Scalar>();
        if (!from.ok()) return from.error(fault::truncated);
        if (made.mean_.size() != size || made.square_.size() != size) return from.error(fault::wrong_shape);
        const auto share = [](double x) { return x >= 0 && x <= 1; };
        if (!share(made.decayed1_) || !share(made.decayed2_)) return from.error(fault::malformed);
        if (!all_finite(std::span<const Scalar>(made.mean_)) || !all_finite(std::span<const Scalar>(made.square_)))
            return from.error(fault::not_finite);
        if (std::any_of(made.square_.begin(), made.square_.end(), [](Scalar x) { return x < 0; }))
            return from.error(fault::malformed);
        return made;
    }

    /// One step, on the threads of an executor: each number moves by itself, and it is never stopped half way.
    ///
    /// Fails    `bad_argument` for parameters out of range; `wrong_shape`; `not_finite` when a gradient, or its square, is: then
    ///          weights and moments are as they were.
    [[nodiscard]] result<void> step(std::span<Scalar> weights, std::span<const Scalar> gradient, const adamw_params& p,
                                    executor_ref on = {}) {
        if (!p.valid()) return error{fault::bad_argument, unit::none, 0, "adamw"};
        if (weights.size() != mean_.size() || gradient.size() != mean_.size())
            return error{fault::wrong_shape, unit::none, gradient.size(), "adamw"};
        if (!all_finite(gradient) || !is_finite(static_cast<Scalar>(squared_norm(gradient))))
            return error{fault::not_finite, unit::none, 0, "gradient"};
        decayed1_ *= p.beta1;
        decayed2_ *= p.beta2;
        const auto b1 = static_cast<Scalar>(p.beta1), b2 = static_cast<Scalar>(p.beta2);
        const auto c1 = static_cast<Scalar>(1 - p.beta1), c2 = static_cast<Scalar>(1 - p.beta2);
        const auto keep  = static_cast<Scalar>(std::fma(-p.rate, p.decay, 1.0));
        const auto rate  = static_cast<Scalar>(p.rate / (1 - decayed1_));
        const auto root  = static_cast<Scalar>(std::sqrt(1 - decayed2_));
        const auto floor = static_cast<Scalar>(p.floor);
        const auto move  = [&](std::size_t first, std::size_t last) {
            if constexpr (std::is_same_v<Scalar, float>) {
                best_elementwise().adamw({b1, b2, c1, c2, keep, rate, root, floor}, gradient.data() + first,
                                          mean_.data() + first, square_.data() + first, weights.data() + first,
                                          last - first);
            } else
                for (std::size_t i = first; i < last; ++i) {
                    const Scalar g = gradient[i];
                    mean_[i]       = std::fma(b1, mean_[i], c1 * g);
                    square_[i]     = std::fma(b2, square_[i], c2 * g * g);
                    weights[i] = std::fma(-rate, mean_[i] / (std::sqrt(square_[i]) / root + floor), keep * weights[i]);
                }
        };
        constexpr std::size_t few = std::size_t{1} << 14;
        if (mean_.size() <= few) return move(0, mean_.size()), result<void>(done);
        context own(on);
        return each_block(own, mean_.size(), few,
                          [&](std::size_t first, std::size_t last, context&) { move(first, last); });
    }
};

namespace detail {

/// Cuts a gradient to the length `clip` where it is longer; 0: never.
///
/// Takes    its parts: `each(f)` calls f(span) for each of them
/// Gives    its length before it was cut
/// Fails    `not_finite` where AdamW, which squares in float, could not take it: then nothing was cut
template <class Each>
[[nodiscard]] result<double> cut_gradient(const Each& each, double clip) {
    double square = 0;
    each([&](std::span<float> part) {
        for (const float x : part) square = std::fma(static_cast<double>(x), static_cast<double>(x), square);
    });
    if (!is_finite(static_cast<float>(square))) return error{fault::not_finite, unit::none, 0, "gradient"};
    const double length = std::sqrt(square);
    const auto   scale  = static_cast<float>(clip > 0 ? clip / (length + 1e-6) : 1);
    if (scale < 1)
        each([&](std::span<float> part) {
            for (float& x : part) x *= scale;
        });
    return length;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
