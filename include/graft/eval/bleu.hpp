// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/eval/metric_text.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What BLEU takes for a word.
enum class bleu_words : std::uint8_t {
    mteval_13a,    ///< the usual one: ASCII marks stand by themselves, numbers stay whole
    international, ///< marks and symbols of every script stand by themselves
    characters,    ///< each that is no white space
    blanks,        ///< what stands between white space
};

/// What stands in for an order of n-grams without any match, which would make BLEU 0.
enum class bleu_smoothing : std::uint8_t {
    none,
    floor,       ///< `bleu_params::floor` matches
    add_k,       ///< k more matches of k more n-grams, from pairs on
    exponential, ///< a half match for the first such order, a quarter for the next, …
};

/// How BLEU is counted. The defaults are SacreBLEU's for a corpus; for single sentences it advises `effective_order`.
struct bleu_params {
    bleu_words     words           = bleu_words::mteval_13a;
    bool           lower           = false; ///< capitals do not count
    bleu_smoothing smoothing       = bleu_smoothing::exponential;
    double         floor           = .1;
    double         k               = 1;
    bool           effective_order = false; ///< orders that the candidate is too short for do not count
};

/// What BLEU is made of. That of a corpus is the score of the sum, not the mean of the scores.
struct bleu_counts {
    std::array<std::uint64_t, 4> matched{};     ///< n-grams of 1 to 4 words that a reference has too
    std::array<std::uint64_t, 4> total{};       ///< n-grams of the candidate
    std::uint64_t                candidate = 0; ///< words
    std::uint64_t                reference = 0; ///< words of the reference that is nearest in length

    bleu_counts& operator+=(const bleu_counts& o) noexcept {
        for (std::size_t n = 0; n < 4; ++n) matched[n] += o.matched[n], total[n] += o.total[n];
        candidate += o.candidate, reference += o.reference;
        return *this;
    }
    bool operator==(const bleu_counts&) const = default;

    /// What a candidate that is shorter than its reference is multiplied with.
    [[nodiscard]] double brevity_penalty() const noexcept {
        if (candidate >= reference) return 1;
        if (candidate == 0) return 0;
        return std::exp(1 - static_cast<double>(reference) / static_cast<double>(candidate));
    }
    /// BLEU, 0 to 100.
    [[nodiscard]] double score(const bleu_params& how = {}) const noexcept {
        if (matched == std::array<std::uint64_t, 4>{}) return 0;
        double      logarithms = 0, halves = 1;
        std::size_t orders = 4;
        for (std::size_t n = 0; n < 4; ++n) {
            const double more = how.smoothing == bleu_smoothing::add_k && n > 0 ? how.k : 0;
            const double hits = static_cast<double>(matched[n]) + more, all = static_cast<double>(total[n]) + more;
            if (!(all > 0)) {
                if (!how.effective_order) return 0;
                break;
            }
            if (how.effective_order) orders = n + 1;
            double part = 100 * hits / all;
            if (!(hits > 0) && how.smoothing == bleu_smoothing::exponential) part = 100 / ((halves *= 2) * all);
            if (!(hits > 0) && how.smoothing == bleu_smoothing::floor) part = 100 * how.floor / all;
            if (!(part > 0)) logarithms = -9999999999; // what SacreBLEU takes for log 0
            else logarithms += std::log(part);
        }
        return brevity_penalty() * std::exp(logarithms / static_cast<double>(orders));
    }
};

namespace detail {

[[nodiscard]] inline token_names words_of(std::string_view text, const bleu_params& how, word_names& names) {
    std::string ready = metric_text(text, how.lower);
    switch (how.words) {
    case bleu_words::characters: {
        token_names out;
        for (const char32_t c : scalars_of(ready))
            if (!python_space(c)) out.push_back(static_cast<std::uint32_t>(c));
        return out;
    }
    case bleu_words::international: return names.read(part_international(ready));
    case bleu_words::mteval_13a:
        ready = replaced(replaced(replaced(ready, "<skipped>", ""), "-\n", ""), "\n", " ");
        return names.read(part_western(' ' + unescaped(std::move(ready)) + ' ', false));
    case bleu_words::blanks: break;
    }
    return names.read(std::move(ready));
}

} // namespace detail

/// Counts what BLEU compares: n-grams of one to four words, each matched at most as often as one of the references has it.
///
/// Gives    for an empty candidate no n-grams, and so a score of 0. Bytes that are no UTF-8 count as U+FFFD each.
/// Costs    linear in the texts
/// Fails    `no_input` without a reference (an empty one is one)
/// Source   Papineni et al. 2002; Post 2018, A Call for Clarity in Reporting BLEU Scores: equal to SacreBLEU 2.6.0 with the same parameters;
///          smoothing by Chen and Cherry 2014
[[nodiscard]] inline result<bleu_counts> bleu(std::string_view candidate, std::span<const std::string_view> references,
                                              const bleu_params& how = {}) {
    if (references.empty()) return error{fault::no_input, unit::none, 0, "references"};
    detail::word_names               names;
    const auto                       given = detail::words_of(candidate, how, names);
    std::vector<detail::token_names> known;
    bleu_counts                      out;
    std::size_t                      nearest = 0, far = 0;
    for (const std::string_view r : references) {
        known.push_back(detail::words_of(r, how, names));
        const std::size_t n = known.back().size(), apart = n < given.size() ? given.size() - n : n - given.size();
        if (known.size() == 1 || apart < far || (apart == far && n < nearest)) nearest = n, far = apart;
    }
    std::array<text_overlap, 4> grams;
    detail::count_ngrams(given, known, grams);
    for (std::size_t n = 0; n < 4; ++n) out.matched[n] = grams[n].shared, out.total[n] = grams[n].candidate;
    out.candidate = given.size(), out.reference = nearest;
    return out;
}
/// The same with one reference.
[[nodiscard]] inline bleu_counts bleu(std::string_view candidate, std::string_view reference,
                                      const bleu_params& how = {}) {
    return *bleu(candidate, std::span<const std::string_view>(&reference, 1), how);
}

} // namespace graft::inline GRAFT_ABI
