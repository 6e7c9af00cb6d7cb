// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/eval/shared_ngrams.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Longest common subsequences of references with one candidate, 64 cells of the table a step.
///
/// Bit j of a row is 0 where the table grows from column j to j + 1. Source: Hyyrö 2004, Bit-Parallel LCS-length Computation Revisited.
class common_subsequence {
    std::span<const std::uint32_t> candidate_;
    std::vector<std::uint32_t>     first_,
        next_;                         // of a word: its first place, plus 1; of a place: the next of the same word
    std::vector<std::uint64_t> rows_;  // one for each word of the reference, and one before them
    std::vector<std::uint32_t> often_; // of a word: where its places lie in masks_, plus 1, if it has many
    std::vector<std::uint64_t> masks_;
    std::size_t                wide_ = 0;

    void set_places(std::uint32_t word, std::uint64_t* out) const noexcept {
        for (std::size_t w = 0; w < wide_; ++w) out[w] = 0;
        for (std::uint32_t at = first_[word]; at != 0; at = next_[at - 1])
            out[(at - 1) / 64] |= std::uint64_t{1} << ((at - 1) % 64);
    }

    /// The row below `above` for a word of the reference.
    void step(std::uint32_t word, const std::uint64_t* above, std::uint64_t* out) const noexcept {
        const std::uint64_t* places = out;
        if (often_[word] != 0) places = masks_.data() + (often_[word] - 1);
        else set_places(word, out);
        std::uint64_t carry = 0;
        for (std::size_t w = 0; w < wide_; ++w) {
            const std::uint64_t v = above[w], in = places[w], sum = v + (v & in), all = sum + carry;
            carry  = (sum < v ? 1u : 0u) | (all < sum ? 1u : 0u);
            out[w] = all | (v & ~in);
        }
    }
    /// The value of the table in column `j` of a row.
    [[nodiscard]] std::size_t value(const std::uint64_t* row, std::size_t j) const noexcept {
        std::size_t ones = 0;
        for (std::size_t w = 0; w < j / 64; ++w) ones += static_cast<std::size_t>(std::popcount(row[w]));
        if (j % 64 != 0) ones += static_cast<std::size_t>(std::popcount(row[j / 64] << (64 - j % 64)));
        return j - ones;
    }
    [[nodiscard]] bool shares(std::span<const std::uint32_t> reference) const noexcept {
        for (const std::uint32_t word : reference)
            if (first_[word] != 0) return true;
        return false;
    }

public:
    /// Takes words that are numbers below `words`.
    explicit common_subsequence(std::size_t words) : first_(words), often_(words) {}

    void compare_with(std::span<const std::uint32_t> candidate) {
        for (const std::uint32_t word : candidate_) first_[word] = often_[word] = 0;
        candidate_ = candidate;
        next_.assign(candidate.size(), 0);
        for (std::size_t j = candidate.size(); j-- > 0;) {
            next_[j]             = first_[candidate[j]];
            first_[candidate[j]] = static_cast<std::uint32_t>(j + 1);
        }
        wide_ = (candidate.size() + 63) / 64;
        masks_.clear();
        for (const std::uint32_t word : candidate) {
            if (often_[word] != 0) continue;
            std::size_t places = 0; // fewer than 64 words have more than there are steps in a row
            for (std::uint32_t at = first_[word]; at != 0 && places <= wide_; at = next_[at - 1]) ++places;
            if (places <= wide_) continue;
            masks_.resize(masks_.size() + wide_);
            often_[word] = static_cast<std::uint32_t>(masks_.size() - wide_ + 1);
            set_places(word, masks_.data() + (often_[word] - 1));
        }
    }

    /// The length of the longest; memory for one row.
    [[nodiscard]] std::size_t length(std::span<const std::uint32_t> reference) {
        rows_.assign(2 * wide_, ~std::uint64_t{0});
        std::uint64_t *above = rows_.data(), *row = above + wide_;
        for (const std::uint32_t word : reference) {
            if (first_[word] == 0) continue;
            step(word, above, row);
            std::swap(above, row);
        }
        return value(above, candidate_.size());
    }

    /// Marks the words of the reference that are in the longest: of several, that which rouge-score reads out of its table.
    void mark(std::span<const std::uint32_t> reference, std::span<std::uint8_t> in) {
        if (!shares(reference)) return;
        rows_.assign((reference.size() + 1) * wide_, ~std::uint64_t{0});
        const auto row = [&](std::size_t i) { return rows_.data() + i * wide_; };
        for (std::size_t i = 0; i < reference.size(); ++i) step(reference[i], row(i), row(i + 1));
        std::size_t i = reference.size(), j = candidate_.size(), here = value(row(i), j), up = value(row(i - 1), j);
        const auto  grows = [&](std::size_t r, std::size_t column) {
            return (row(r)[column / 64] >> (column % 64) & 1) == 0 ? std::size_t{1} : std::size_t{0};
        };
        while (i > 0 && j > 0) {
            if (reference[i - 1] == candidate_[j - 1]) {
                in[i - 1] = 1;
                --i, --j, --here;
                up = i > 0 ? value(row(i - 1), j) : 0;
            } else if (here - grows(i, j - 1) > up) {
                --j, here -= grows(i, j), up -= grows(i - 1, j);
            } else {
                --i, here = up;
                up = i > 0 ? value(row(i - 1), j) : 0;
            }
        }
    }
};

} // namespace graft::inline GRAFT_ABI::detail
