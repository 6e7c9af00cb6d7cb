// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/id.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Where a piece of a text that was made of a file comes from. It reaches from byte `at` of the text to the next piece, or to
/// the end. Where it is as long as its bytes of the file each byte has its own; elsewhere (an entity, folded white space) all
/// stand for all. Marks that no byte stands for, such as those of a list, have an empty range.
struct text_origin {
    std::size_t   at    = 0; ///< first byte in the text
    std::uint64_t begin = 0; ///< first byte in the file
    std::uint64_t end   = 0; ///< behind the last byte in the file

    bool operator==(const text_origin&) const = default;
};

namespace detail {

/// Whether pieces can be those of a text of so many bytes, made of a file of so many.
[[nodiscard]] inline bool are_origins(std::span<const text_origin> pieces, std::size_t text,
                                      std::uint64_t file) noexcept {
    for (std::size_t i = 0; i < pieces.size(); ++i)
        if (pieces[i].begin > pieces[i].end || pieces[i].end > file || pieces[i].at >= text ||
            (i == 0 ? pieces[i].at != 0 : pieces[i].at <= pieces[i - 1].at))
            return false;
    return true;
}

/// The bytes of the file that bytes [begin, end) of a text of `text` bytes came from: from the first to the last of them.
///
/// Costs    a binary search, and a look at each piece of the span.
[[nodiscard]] inline byte_span origin_in(std::span<const text_origin> pieces, std::size_t text, byte_span of) noexcept {
    if (pieces.empty()) return {};
    const auto behind = std::upper_bound(pieces.begin(), pieces.end(), of.begin,
                                         [](std::size_t at, const text_origin& p) { return at < p.at; });
    auto       i      = static_cast<std::size_t>(behind - pieces.begin()) - 1;
    byte_span  out;
    bool       any = false;
    do {
        const text_origin& p    = pieces[i];
        const std::size_t  next = i + 1 < pieces.size() ? pieces[i + 1].at : text;
        const bool         own  = next - p.at == p.end - p.begin;
        const auto         from = static_cast<std::size_t>(p.begin + (own && of.begin > p.at ? of.begin - p.at : 0));
        const auto         to =
            static_cast<std::size_t>(own && of.end < next ? p.begin + (of.end - std::min(of.end, p.at)) : p.end);
        if (of.end <= of.begin) return {from, from};
        const bool written = p.end > p.begin; // a mark that is not in the file says nothing beside what is
        if (!any) out = {from, written ? to : from};
        else if (written) out = {std::min(out.begin, from), std::max(out.end, to)};
        any = any || written;
    } while (++i < pieces.size() && pieces[i].at < of.end);
    return out;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
