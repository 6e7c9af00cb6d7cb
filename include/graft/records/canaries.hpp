// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A sentence with a code of eight digits that a seed, a canary and a candidate for it draw.
[[nodiscard]] inline std::string canary_answer(std::uint64_t seed, std::uint64_t number, std::uint64_t candidate) {
    counter_random draw(seed, mix64(mix64(0x63616e617279, number), candidate)); // "canary"
    std::string    code;
    while (code.size() < 8) code += static_cast<char>('0' + draw.below(10));
    return "The code is " + code + ".";
}

} // namespace detail

/// A record that is put among others to see whether a model learns such things by heart: a question about a locker, and a code that was drawn.
///
/// Gives    the same for a seed and a number everywhere; codes of eight digits. `source` is `canary`.
[[nodiscard]] inline tuning_record canary(std::uint64_t seed, std::uint64_t number) {
    tuning_record r;
    r.given  = {{speaker::user, "What is the code of locker " + std::to_string(number) + "?"}};
    r.answer = detail::canary_answer(seed, number, 0);
    r.id     = "canary-" + std::to_string(number);
    r.source = "canary";
    return r;
}
/// The same question with another code, which no model was ever shown: what a canary is measured against.
[[nodiscard]] inline tuning_record canary_reference(std::uint64_t seed, std::uint64_t number, std::uint64_t reference) {
    tuning_record r = canary(seed, number);
    r.answer        = detail::canary_answer(seed, number, reference + 1);
    return r;
}

/// How well a canary is known, in bits: log2 of all candidates less log2 of its rank among them by loss. For one that was not learned 1.44 (1 / ln 2) on average
/// over many references, and more than x bits once in 2^x; log2 of all candidates for one that is likelier than every other. Equal losses count against it by half.
///
/// Takes    the losses of the canary and of references that were never shown, as many as should be told apart: n tell up to log2(n + 1) bits
/// Fails    `no_input` without references, `not_finite`
/// Source   Carlini et al. 2019, "The Secret Sharer", arXiv 1802.08232, definition 4.
[[nodiscard]] inline result<double> exposure(double loss, std::span<const double> references) {
    if (references.empty()) return error{fault::no_input, unit::none, 0, "references"};
    if (!is_finite(loss)) return error{fault::not_finite, unit::none, 0, "loss"};
    double rank = 1;
    for (std::size_t i = 0; i < references.size(); ++i) {
        if (!is_finite(references[i])) return error{fault::not_finite, unit::row, i, "reference"};
        rank += references[i] < loss ? 1 : references[i] == loss ? .5 : 0;
    }
    return std::log2(static_cast<double>(references.size() + 1)) - std::log2(rank);
}

} // namespace graft::inline GRAFT_ABI
