// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/packer.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// Packs paragraphs into chunks, and divides what does not fit: into lines, sentences, clauses, words, characters.
///
/// Gives    chunks in document order; with `overlap = 0` they tile the body. A paragraph that would leave more than half of a
///          chunk empty is divided, though the next chunk could hold it.
/// Costs    one pass, and one more over what is divided for each step.
/// Fails    as `window`.
template <token_counter Counter = count_words>
struct basic_recursive {
    std::size_t size    = 256; ///< tokens a chunk may have, prefix and special tokens included
    std::size_t overlap = 0;   ///< tokens, at most, that a chunk repeats of the one before; less than `size`
    Counter     count   = {};  ///< what a token is

    /// Changes when the cuts would; 0 where the counter has none.
    [[nodiscard]] std::uint64_t fingerprint() const { return detail::packing_fingerprint(3, size, overlap, count); }

    void operator()(chunk_writer& out) const {
        if (overlap >= size) {
            out.fail(error{fault::bad_argument, unit::none, 0, "overlap"});
            return;
        }
        detail::packer<Counter> pack(out, count, overlap);
        pack.place_all(out.begin(), out.end(), detail::grain::paragraph);
        pack.finish();
    }
};
/// `basic_recursive` that counts words.
using recursive = basic_recursive<>;

} // namespace graft::inline GRAFT_ABI
