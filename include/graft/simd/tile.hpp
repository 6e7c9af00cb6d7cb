// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

// The register tile: up to eight queries against one panel of 48 rows, each sum a chain over the words of a row.
//
// A *word* is 32 bits of a coded row: one float, two bf16 or f16, four i8, 32 signs. A *panel* holds 48 rows word by word:
// word t of row r lies at panel[48 t + r], 64-byte aligned, so that one load brings a word of 16 rows and a panel is read as
// one stream. All formats pack alike, because all are words.

inline constexpr std::size_t panel_rows = 48; ///< in a panel
/// How many bytes before their use the words of a panel are fetched. By itself a processor follows the one stream of few rows at half the
/// speed of memory.
inline constexpr std::size_t panel_ahead  = 8192;
inline constexpr std::size_t tile_queries = 8; ///< at most, in one call
inline constexpr std::size_t bit_planes   = 4; ///< of a query against 1-bit rows: 16 levels

/// Queries in the form that a format multiplies with, and what decides which rows are let through.
struct tile_query {
    const std::uint32_t* words  = nullptr; ///< of query i at words + i * stride
    std::size_t          stride = 0;       ///< in words
    const std::int32_t*  start  = nullptr; ///< [queries], where integer sums begin; i8 and bits only
    const float*         shift  = nullptr; ///< [queries], of the rows' `offset`
    const float*         gain   = nullptr; ///< [queries], of the rows' `error`
    const float*         floor  = nullptr; ///< [queries]
};

/// A panel, and three numbers for each of its rows.
struct tile_rows {
    const std::uint32_t* words  = nullptr; ///< [words][48]
    const float*         scale  = nullptr; ///< [48]
    const float*         offset = nullptr; ///< [48], or null: no offset and no `shift`
    const float*         error  = nullptr; ///< [48]
    const void*          ahead  = nullptr; ///< memory that is wanted soon:
    std::size_t          lines  = 0;       ///< 0, 1 or 3 cache lines of it for every word
};

/// A row that passed: `upper` = gain error + scale (sum + shift offset), rounded as `above` says.
struct tile_found {
    std::uint32_t query = 0;
    std::uint32_t row   = 0; ///< in the panel
    float         upper = 0;
};

} // namespace graft::inline GRAFT_ABI
