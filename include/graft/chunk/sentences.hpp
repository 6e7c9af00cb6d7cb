// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/packer.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI {

/// Packs whole sentences into chunks. A sentence longer than a chunk is cut at clauses, else between words, else between
/// characters.
///
/// Gives    chunks in document order; with `overlap = 0` they tile the body, else they repeat whole sentences.
/// Costs    one pass.
/// Fails    as `window`.
template <token_counter Counter = count_words>
struct basic_sentences {
    std::size_t size    = 256; ///< tokens a chunk may have, prefix and special tokens included
    std::size_t overlap = 0;   ///< tokens, at most, that a chunk repeats of the one before; less than `size`
    Counter     count   = {};  ///< what a token is

    /// Changes when the cuts would; 0 where the counter has none.
    [[nodiscard]] std::uint64_t fingerprint() const { return detail::packing_fingerprint(2, size, overlap, count); }

    void operator()(chunk_writer& out) const {
        if (overlap >= size) {
            out.fail(error{fault::bad_argument, unit::none, 0, "overlap"});
            return;
        }
        detail::packer<Counter> pack(out, count, overlap);
        pack.place_all(out.begin(), out.end(), detail::grain::sentence);
        pack.finish();
    }
};
/// `basic_sentences` that counts words.
using sentences = basic_sentences<>;

} // namespace graft::inline GRAFT_ABI
