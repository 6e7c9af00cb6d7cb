// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/packer.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// Packs words into chunks, wherever sentences end. A word longer than a chunk is cut between characters.
///
/// Gives    chunks in document order; with `overlap = 0` they tile the body.
/// Costs    one pass.
/// Fails    `bad_argument` where `overlap >= size`, where the special tokens fill a chunk, or where one code point has more
///          tokens than a chunk may hold.
template <token_counter Counter = count_words>
struct basic_window {
    std::size_t size    = 256; ///< tokens a chunk may have, prefix and special tokens included
    std::size_t overlap = 0;   ///< tokens, at most, that a chunk repeats of the one before; less than `size`
    Counter     count   = {};  ///< what a token is

    /// Changes when the cuts would; 0 where the counter has none.
    [[nodiscard]] std::uint64_t fingerprint() const { return detail::packing_fingerprint(1, size, overlap, count); }

    void operator()(chunk_writer& out) const {
        if (overlap >= size) {
            out.fail(error{fault::bad_argument, unit::none, 0, "overlap"});
            return;
        }
        detail::packer<Counter> pack(out, count, overlap);
        pack.place_words(out.begin(), out.end());
        pack.finish();
    }
};
/// `basic_window` that counts words.
using window = basic_window<>;

} // namespace graft::inline GRAFT_ABI
