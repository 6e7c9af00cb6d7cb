// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/eval/text_overlap.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// The words or characters of a text, as numbers: equal ones have equal numbers.
using token_names = std::vector<std::uint32_t>;

inline constexpr std::uint32_t unnamed = std::numeric_limits<std::uint32_t>::max();

/// Numbers for keys: 0, 1, 2, … in the order in which they came.
class key_names {
    struct slot {
        std::uint64_t key  = 0;
        std::uint32_t name = unnamed;
    };
    std::vector<slot> slots_;
    std::uint32_t     size_ = 0;

    [[nodiscard]] slot& at(std::uint64_t key) noexcept {
        std::size_t i = mix64(0, key) & (slots_.size() - 1);
        while (slots_[i].name != unnamed && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
        return slots_[i];
    }

public:
    /// Empties it and makes room for `most` keys.
    void begin(std::size_t most) { slots_.assign(std::bit_ceil(2 * most + 1), {}), size_ = 0; }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint32_t find(std::uint64_t key) noexcept { return at(key).name; }
    std::uint32_t               add(std::uint64_t key) noexcept {
        slot& s = at(key);
        if (s.name == unnamed) s = {key, size_++};
        return s.name;
    }
};

/// How many n-grams of each order 1, 2, … `out.size()` the candidate shares with the references, each at most as often as in that
/// reference that has it most often.
///
/// Gives    in `reference` the n-grams of all references together
/// Costs    linear in tokens times orders: an n-gram is named by the name of all but its last token, and that token
inline void count_ngrams(const token_names& candidate, std::span<const token_names> references,
                         std::span<text_overlap> out) {
    std::size_t longest = 0, all = 0;
    for (const token_names& r : references) longest = std::max(longest, r.size()), all += r.size();
    token_names              before = candidate; // the name of the n-gram that begins there
    std::vector<token_names> befores(references.begin(), references.end());
    std::vector<std::size_t> most, now; // of a name: in any reference, in this one or in the candidate
    key_names                names;
    const auto count_of = [](std::size_t tokens, std::size_t n) { return tokens < n ? 0 : tokens - n + 1; };
    for (std::size_t n = 1; n <= out.size(); ++n) {
        const auto key = [n](const token_names& previous, const token_names& tokens, std::size_t i) {
            return n == 1 ? std::uint64_t{tokens[i]} : std::uint64_t{previous[i]} << 32 | tokens[i + n - 1];
        };
        text_overlap sum;
        names.begin(all);
        most.assign(all, 0), now.assign(all, 0);
        for (std::size_t r = 0; r < references.size(); ++r) {
            token_names&      previous = befores[r];
            const std::size_t grams    = count_of(references[r].size(), n);
            sum.reference += grams;
            for (std::size_t i = 0; i < grams; ++i) {
                previous[i]       = names.add(key(previous, references[r], i));
                most[previous[i]] = std::max(most[previous[i]], ++now[previous[i]]);
            }
            for (std::size_t i = 0; i < grams; ++i) now[previous[i]] = 0;
        }
        sum.candidate = count_of(candidate.size(), n);
        for (std::size_t i = 0; i < sum.candidate; ++i) {
            if (n > 1 && before[i] == unnamed) continue; // what it begins with is in no reference
            before[i] = names.find(key(before, candidate, i));
            if (before[i] != unnamed && now[before[i]]++ < most[before[i]]) ++sum.shared;
        }
        out[n - 1] = sum;
    }
}

} // namespace graft::inline GRAFT_ABI::detail
