// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/shingles.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Why a record is not worth learning.
enum class record_flaw : std::uint8_t {
    short_answer, ///< fewer characters than are asked for
    long_answer,  ///< more
    long_record,  ///< all turns together
    symbols,      ///< too few letters and digits among what is no space
    repetition,   ///< the answer says the same words again and again
    echo,         ///< the answer is what was asked
    refusal,      ///< the answer begins with a phrase that the rules name
};

/// The word for a flaw, as reports have it.
[[nodiscard]] constexpr std::string_view name(record_flaw of) noexcept {
    switch (of) {
    case record_flaw::short_answer: return "short_answer";
    case record_flaw::long_answer: return "long_answer";
    case record_flaw::long_record: return "long_record";
    case record_flaw::symbols: return "symbols";
    case record_flaw::repetition: return "repetition";
    case record_flaw::echo: return "echo";
    case record_flaw::refusal: return "refusal";
    }
    return "unknown";
}

/// What a record must be. The defaults drop little: none of 1,100 published instructions. A document may be as long as it likes.
///
/// Source   the share of repeated five-grams and of symbols as Gopher's rules have them (Rae et al. 2021, table A1), looser, since answers are short.
struct record_rules {
    std::size_t answer_least  = 1;       ///< characters
    std::size_t answer_most   = 100'000; ///< characters
    std::size_t record_most   = 400'000; ///< characters
    double      letters_least = .3;      ///< of the answer's characters but spaces; asked from 20 characters on
    double repeated_most = .3;    ///< share of the answer's runs of five words that stood before; asked from 20 runs on
    bool   echoes        = false; ///< whether an answer may be the last turn again
    std::vector<std::string> refusals =
        {}; ///< beginnings of answers that are not wanted, as `comparable_text`: `as an ai language model`

    /// What is wrong with a record; the first rule that it breaks.
    [[nodiscard]] std::optional<record_flaw> flaw(const tuning_record& r) const {
        const std::size_t n = unicode::count_scalars(r.answer);
        if (n < answer_least) return record_flaw::short_answer;
        if (!r.given.empty() && n > answer_most) return record_flaw::long_answer;
        if (!r.given.empty() && unicode::count_scalars(r.text()) > record_most) return record_flaw::long_record;
        std::size_t solid = 0, letters = 0;
        for (std::size_t at = 0; at < r.answer.size();) {
            const auto step = unicode::decode(r.answer, at);
            const auto of   = unicode::classify(step.scalar);
            solid += !of.is_space(), letters += of.in_words() || of.is_decoration();
            at += step.length;
        }
        if (solid >= 20 && static_cast<double>(letters) < letters_least * static_cast<double>(solid))
            return record_flaw::symbols;
        const std::string          plain = comparable_text(r.answer);
        std::vector<std::uint64_t> runs;
        each_shingle(plain, {.size = 5}, [&](std::string_view run) { runs.push_back(hash64(run)); });
        std::sort(runs.begin(), runs.end());
        const auto again = runs.end() - std::unique(runs.begin(), runs.end());
        if (runs.size() >= 20 && static_cast<double>(again) > repeated_most * static_cast<double>(runs.size()))
            return record_flaw::repetition;
        if (!echoes && !r.given.empty() && plain == comparable_text(r.given.back().text)) return record_flaw::echo;
        for (const std::string& begin : refusals)
            if (plain.starts_with(begin)) return record_flaw::refusal;
        return std::nullopt;
    }
};

} // namespace graft::inline GRAFT_ABI
