// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/matrix.hpp>
#include <graft/linalg/product_blocks.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI::detail {

/// Rows of coded numbers in words of 32 bits, packed for the register tile: in chunks of words panels of 48 rows.
class word_panels {
    std::size_t           words_  = 0;
    matrix<std::uint32_t> panels_ = {}; // [chunk][panel][words of the chunk][48]

public:
    static constexpr std::size_t depth = 256; ///< words of a panel that lie together: 48 KiB
    static constexpr std::size_t rows  = 192; ///< of the other factor, that stay in a cache while panels pass

    word_panels() = default;
    word_panels(std::size_t n, std::size_t words) : words_(words), panels_(panels_of(n), words * panel_rows) {}

    [[nodiscard]] std::size_t words() const noexcept { return words_; }
    [[nodiscard]] std::size_t size() const noexcept { return panels_.rows(); }
    /// How many words of a row lie in the chunk that begins at word t.
    [[nodiscard]] std::size_t deep(std::size_t t) const noexcept { return std::min(depth, words_ - t); }
    /// Where word t of row 48 p lies; those of the next rows beside it.
    [[nodiscard]] std::size_t place(std::size_t p, std::size_t t) const noexcept {
        const std::size_t chunk = t / depth * depth;
        return (chunk * size() + p * deep(chunk) + t - chunk) * panel_rows;
    }
    [[nodiscard]] const std::uint32_t* at(std::size_t p, std::size_t t) const noexcept {
        return panels_.data() + place(p, t);
    }
    /// Word t of row i.
    [[nodiscard]] std::uint32_t word(std::size_t i, std::size_t t) const noexcept {
        return at(i / panel_rows, t)[i % panel_rows];
    }
    /// Panel p out of n rows of words, one behind the other.
    void pack(std::size_t p, const std::uint32_t* from, std::size_t n, const kernels& by) noexcept {
        for (std::size_t t = 0; t < words_; t += depth)
            by.pack(from + t, words_, n, deep(t), panels_.data() + place(p, t));
    }

    /// How far apart rows of the other factor are to lie: a page apart they would share a few lines of a cache.
    [[nodiscard]] static std::size_t row_of(std::size_t words) noexcept { return words + (words % 64 == 0 ? 16 : 0); }
};

} // namespace graft::inline GRAFT_ABI::detail
