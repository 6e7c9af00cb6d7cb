// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/schema/id.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Bytes [begin, end) of a document: a chunk, or what a question needs of it.
struct source_range {
    document_id   document = {};
    std::uint64_t begin    = 0;
    std::uint64_t end      = 0;

    bool operator==(const source_range&) const = default;
};

/// How chunks cover what a question needs, in bytes: the three measures are made of it.
struct chunk_cover {
    std::uint64_t hit       = 0; ///< bytes that are needed and in a chunk
    std::uint64_t needed    = 0; ///< bytes that are needed
    std::uint64_t retrieved = 0; ///< bytes of the chunks

    /// 0 where nothing is needed
    [[nodiscard]] constexpr double recall() const noexcept { return share_of(needed); }
    /// 0 without chunks
    [[nodiscard]] constexpr double precision() const noexcept { return share_of(retrieved); }
    /// What is right, of all that was retrieved or should have been
    [[nodiscard]] constexpr double iou() const noexcept { return share_of(retrieved + needed - hit); }

    bool operator==(const chunk_cover&) const = default;

private:
    [[nodiscard]] constexpr double share_of(std::uint64_t all) const noexcept {
        return all == 0 ? 0 : static_cast<double>(hit) / static_cast<double>(all);
    }
};

/// Whether a chunk that ends where a needed range begins, or begins where it ends, meets it.
enum class touching : std::uint8_t {
    apart, ///< no: they have no byte in common, and a chunker that cuts just there has done well
    meets, ///< yes, as the published program has it
};

namespace detail {

/// The same bytes as ranges that neither overlap nor touch, by document and place; empty ones are gone.
[[nodiscard]] inline std::vector<source_range> united(std::span<const source_range> ranges) {
    std::vector<source_range> all(ranges.begin(), ranges.end()), out;
    std::erase_if(all, [](const source_range& r) { return r.begin == r.end; });
    std::sort(all.begin(), all.end(), [](const source_range& a, const source_range& b) {
        return a.document != b.document ? to_underlying(a.document) < to_underlying(b.document) : a.begin < b.begin;
    });
    for (const source_range& r : all) {
        if (!out.empty() && out.back().document == r.document && r.begin <= out.back().end)
            out.back().end = std::max(out.back().end, r.end);
        else out.push_back(r);
    }
    return out;
}

[[nodiscard]] inline std::uint64_t bytes_of(std::span<const source_range> ranges) noexcept {
    std::uint64_t sum = 0;
    for (const source_range& r : ranges) sum += r.end - r.begin;
    return sum;
}

/// The bytes that two lists of united ranges have in common.
[[nodiscard]] inline std::uint64_t common_bytes(std::span<const source_range> a,
                                                std::span<const source_range> b) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i].document != b[j].document) {
            ++(to_underlying(a[i].document) < to_underlying(b[j].document) ? i : j);
            continue;
        }
        const std::uint64_t begin = std::max(a[i].begin, b[j].begin), end = std::min(a[i].end, b[j].end);
        if (begin < end) sum += end - begin;
        ++(a[i].end < b[j].end ? i : j);
    }
    return sum;
}

[[nodiscard]] inline result<void> check_ranges(std::span<const source_range> needed,
                                               std::span<const source_range> all) {
    if (std::all_of(needed.begin(), needed.end(), [](const source_range& r) { return r.begin == r.end; }))
        return error{fault::no_input, unit::none, 0, "needed"};
    for (std::size_t i = 0; i < needed.size(); ++i)
        if (needed[i].begin > needed[i].end) return error{fault::bad_argument, unit::row, i, "needed"};
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].begin > all[i].end) return error{fault::bad_argument, unit::row, i, "chunk"};
    return done;
}

} // namespace detail

/// How the chunks that were retrieved cover what a question needs.
///
/// Takes    the ranges of the question, in any order, and all chunks that were retrieved, of whatever document
/// Gives    a needed byte once, however many chunks hold it; in `retrieved` every chunk whole, so overlap costs precision. Average the three
///          measures over questions.
/// Costs    a sort
/// Fails    `no_input` where nothing is needed, `bad_argument` (row) for a range that ends before it begins
/// Source   Smith, Troynikov 2024, Evaluating Chunking Strategies for Retrieval (Chroma), in bytes instead of characters
[[nodiscard]] inline result<chunk_cover> cover(std::span<const source_range> needed,
                                               std::span<const source_range> retrieved) {
    if (auto ok = detail::check_ranges(needed, retrieved); !ok) return ok.error();
    const auto want = detail::united(needed), have = detail::united(retrieved);
    return chunk_cover{detail::common_bytes(want, have), detail::bytes_of(want), detail::bytes_of(retrieved)};
}

/// How chunks would cover what a question needs if just those that meet it were retrieved: the best that a search could do with them.
///
/// Takes    all chunks of a corpus
/// Gives    in `retrieved` a byte once, so `iou()` is precision-omega
/// Costs    a sort
/// Fails    as `cover`
/// Source   as `cover`
[[nodiscard]] inline result<chunk_cover>
best_cover(std::span<const source_range> needed, std::span<const source_range> all, touching where = touching::apart) {
    if (auto ok = detail::check_ranges(needed, all); !ok) return ok.error();
    const auto                want = detail::united(needed);
    std::vector<source_range> met;
    const std::uint64_t       slack = where == touching::meets ? 1 : 0;
    for (const source_range& c : all) {
        // The first needed range that does not end before the chunk begins.
        const auto it = std::partition_point(want.begin(), want.end(), [&](const source_range& r) {
            return r.document != c.document ? to_underlying(r.document) < to_underlying(c.document)
                                            : r.end + slack <= c.begin;
        });
        if (it != want.end() && it->document == c.document && it->begin < c.end + slack) met.push_back(c);
    }
    const auto have = detail::united(met);
    return chunk_cover{detail::common_bytes(want, have), detail::bytes_of(want), detail::bytes_of(have)};
}

} // namespace graft::inline GRAFT_ABI
