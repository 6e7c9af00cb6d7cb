// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/eval/metric_text.hpp>
#include <graft/eval/shift_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How TER reads texts. The defaults are SacreBLEU's.
struct ter_params {
    bool lower       = true;  ///< capitals do not count
    bool normalised  = false; ///< ASCII marks stand by themselves, &quot; and its like are read
    bool punctuation = true;  ///< false: . , ? : ; ! " ( ) are dropped
};

/// What TER is made of. That of a corpus is the score of the sum, not the mean of the scores.
struct ter_counts {
    std::uint64_t edits =
        0;                ///< words put in, taken out or exchanged, and runs of words moved, for the nearest reference
    double reference = 0; ///< words of the references, on the average

    ter_counts& operator+=(const ter_counts& o) noexcept {
        edits += o.edits, reference += o.reference;
        return *this;
    }
    bool operator==(const ter_counts&) const = default;

    /// Edits per word of the reference, times 100: 0 is best, more than 100 can be. 100 where only the reference is empty.
    [[nodiscard]] double score() const noexcept {
        if (reference > 0) return 100 * (static_cast<double>(edits) / reference);
        return edits > 0 ? 100 : 0;
    }
};

namespace detail {

[[nodiscard]] inline token_names words_of(std::string_view text, const ter_params& how, word_names& names) {
    std::string ready = metric_text(text, how.lower);
    if (how.normalised && !ready.empty()) {
        ready = replaced(replaced(ready, "\n-", ""), "\n", " ");
        ready = part_western(' ' + unescaped(std::move(ready)) + ' ', true);
    }
    if (!how.punctuation)
        ready.erase(
            std::remove_if(ready.begin(), ready.end(),
                           [](char c) { return std::string_view(".,?:;!\"()").find(c) != std::string_view::npos; }),
            ready.end());
    return names.read(std::move(ready));
}

} // namespace detail

/// Counts the edits that make a candidate a reference: the fewest that Tercom's search finds, over the references.
///
/// Gives    bytes that are no UTF-8 count as U+FFFD
/// Costs    n words take 50 n steps for a distance, and at most 1,000 distances: shifts are looked for among runs of ten words, fifty words apart.
///          Texts of 100 kB take seconds at worst.
/// Fails    `no_input` without a reference (an empty one is one)
/// Source   Snover et al. 2006, A Study of Translation Edit Rate with Targeted Human Annotation: equal to SacreBLEU 2.6.0, without its Asian support
[[nodiscard]] inline result<ter_counts> ter(std::string_view candidate, std::span<const std::string_view> references,
                                            const ter_params& how = {}) {
    if (references.empty()) return error{fault::no_input, unit::none, 0, "references"};
    detail::word_names names;
    const auto         given = detail::words_of(candidate, how, names);
    std::uint64_t      words = 0;
    ter_counts         out;
    for (std::size_t i = 0; i < references.size(); ++i) {
        const auto          known = detail::words_of(references[i], how, names);
        const std::uint64_t edits = detail::shift_search(given, known).edits();
        out.edits                 = i == 0 ? edits : std::min(out.edits, edits);
        words += known.size();
    }
    out.reference = static_cast<double>(words) / static_cast<double>(references.size());
    return out;
}
/// The same with one reference.
[[nodiscard]] inline ter_counts ter(std::string_view candidate, std::string_view reference,
                                    const ter_params& how = {}) {
    return *ter(candidate, std::span<const std::string_view>(&reference, 1), how);
}

} // namespace graft::inline GRAFT_ABI
