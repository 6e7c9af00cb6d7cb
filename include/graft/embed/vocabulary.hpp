// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Numbers the words of a collection: word i has the i-th smallest term hash. It holds hashes, no spellings.
///
/// Costs    16 to 24 bytes a word; a look-up is one or two places of a table.
class vocabulary {
    std::vector<std::uint64_t> terms_; // ascending
    std::vector<std::uint32_t> slots_; // open addressing: number + 1, 0 for an empty place
    int                        shift_ = 63;

    void index() {
        const std::size_t places = std::bit_ceil(std::max<std::size_t>(2, 2 * terms_.size()));
        shift_                   = 64 - std::countr_zero(places);
        slots_.assign(places, 0);
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            std::size_t at = place(terms_[i]);
            while (slots_[at] != 0) at = (at + 1) & (places - 1);
            slots_[at] = static_cast<std::uint32_t>(i + 1);
        }
    }
    std::size_t place(std::uint64_t term) const noexcept {
        return static_cast<std::size_t>((term * 0x9e3779b97f4a7c15u) >> shift_);
    }

public:
    static constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

    vocabulary() = default;
    /// Takes different terms in ascending order, fewer than 2^32 - 1.
    explicit vocabulary(std::vector<std::uint64_t> ascending) : terms_(std::move(ascending)) {
        GRAFT_ASSERT(terms_.size() < unknown, "too many words to number");
        index();
    }

    [[nodiscard]] std::size_t                    size() const noexcept { return terms_.size(); }
    [[nodiscard]] std::span<const std::uint64_t> terms() const noexcept { return terms_; }

    /// The number of a term, `unknown` where it has none.
    [[nodiscard]] std::uint32_t find(std::uint64_t term) const noexcept {
        if (slots_.empty()) return unknown;
        for (std::size_t at = place(term); slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
            if (terms_[slots_[at] - 1] == term) return slots_[at] - 1;
        return unknown;
    }

    void save(byte_writer& w) const { w.array(terms_); }

    /// Reads back what `save` wrote.
    ///
    /// Fails    `truncated`; `malformed` unless the terms ascend.
    [[nodiscard]] static result<vocabulary> load(byte_reader& r) {
        auto terms = r.array<std::uint64_t>();
        if (terms.size() >= unknown) r.fail(fault::malformed);
        for (std::size_t i = 1; i < terms.size(); ++i)
            if (terms[i - 1] >= terms[i]) {
                r.fail(fault::malformed);
                break;
            }
        if (!r.ok()) return r.error();
        return vocabulary(std::move(terms));
    }
};

} // namespace graft::inline GRAFT_ABI
