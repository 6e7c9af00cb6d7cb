// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/records/record_rules.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What is known of a record's worth.
struct record_worth {
    std::optional<record_flaw> flaw    = {};    ///< what `record_rules` finds
    bool                       repeats = false; ///< it is near to one that is kept
    /// Instruction-following difficulty: what a token of the answer costs the untouched model where it knows what was asked, over what it costs without. Above 1
    /// the question makes the answer less likely; near 0 the model says it anyway. See `instruction_difficulties`.
    double difficulty = 0;
};

/// Why a record stands where it does, from the worst on.
enum class record_standing : std::uint8_t {
    flawed,    ///< a rule is broken
    repeated,  ///< another record teaches it
    unrelated, ///< its question does not help its answer: often the wrong answer, or noise
    teaching,  ///< its question helps; the more is left to learn, the better
};

/// The word for a standing, as reports have it.
[[nodiscard]] constexpr std::string_view name(record_standing of) noexcept {
    switch (of) {
    case record_standing::flawed: return "flawed";
    case record_standing::repeated: return "repeated";
    case record_standing::unrelated: return "unrelated";
    case record_standing::teaching: return "teaching";
    }
    return "unknown";
}
/// Where a record stands: the first that holds.
[[nodiscard]] inline record_standing standing_of(const record_worth& w) noexcept {
    return w.flaw             ? record_standing::flawed
           : w.repeats        ? record_standing::repeated
           : w.difficulty > 1 ? record_standing::unrelated
                              : record_standing::teaching;
}

/// Records from the worst to the best: flawed ones, repeats, those whose question does not help (the less it does the worse), and of the others those
/// of which the model needs to learn the least. Ties go to the lower row.
///
/// Fails    `not_finite` (row) for a difficulty that is not, `bad_argument` (row) for one below 0
/// Source   Li et al. 2023, "From quantity to quality", arXiv 2308.12032: what a model is tuned on is chosen by the ratio, from the highest below 1 on.
[[nodiscard]] inline result<std::vector<std::uint32_t>> worst_first(std::span<const record_worth> all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!is_finite(all[i].difficulty)) return error{fault::not_finite, unit::row, i, "difficulty"};
        if (all[i].difficulty < 0) return error{fault::bad_argument, unit::row, i, "difficulty"};
    }
    std::vector<std::uint32_t> rows(all.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
        const auto of = standing_of(all[a]), other = standing_of(all[b]);
        if (of != other) return of < other;
        if (of == record_standing::unrelated) return all[a].difficulty > all[b].difficulty;
        return of == record_standing::teaching && all[a].difficulty < all[b].difficulty;
    });
    return rows;
}

/// The worst share of some records, at most so many of them, from the worst on. They must be ones that train: what judges is never chosen by its worth.
///
/// Fails    `bad_argument` for a share outside [0, 1); as `worst_first`
[[nodiscard]] inline result<std::vector<std::uint32_t>> worst_share(std::span<const record_worth> all, double share) {
    if (!(share >= 0 && share < 1)) return error{fault::bad_argument, unit::none, 0, "share"};
    auto rows = worst_first(all);
    // A tenth of 30 is 3, whatever floats say of it.
    if (rows) rows->resize(static_cast<std::size_t>(std::floor(share * static_cast<double>(all.size()) + 1e-9)));
    return rows;
}

} // namespace graft::inline GRAFT_ABI
