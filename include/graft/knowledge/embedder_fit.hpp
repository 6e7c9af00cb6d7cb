// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/chunk/chunk_store.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/schema/embedder.hpp>

#include <memory>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// How a knowledge base comes to its embedder. This is the way of one that is ready when it is given: a file of weights, a
/// formula. It is not stored; what it made is, beside its fingerprint, and is made anew once that is another.
///
/// An embedder that learns from the chunks themselves has a specialisation beside it:
///
///     template <>
///     struct embedder_fit<mine> {
///         static constexpr bool fitted = true;      // it is stored: `save` and `load`
///         using given = mine_params;                // what the knowledge base is given instead of it
///         static result<std::shared_ptr<const mine>> fit(const chunk_store&, const given&, context&);
///     };                                            // an empty pointer: there is nothing to learn from
template <embedder E>
struct embedder_fit {
    static constexpr bool fitted = false;
    using given                  = E;
};

/// LSA learns from the chunks, with fewer dims where they cannot give so many. Without a word in them there is none.
template <class Analyser>
struct embedder_fit<basic_lsa<Analyser>> {
    static constexpr bool fitted = true;
    using given                  = lsa_params;

    [[nodiscard]] static result<std::shared_ptr<const basic_lsa<Analyser>>> fit(const chunk_store& from,
                                                                                const given& with, context& c) {
        auto made = basic_lsa<Analyser>::fit(from, with, c);
        if (made) return std::make_shared<const basic_lsa<Analyser>>(std::move(*made));
        if (made.error().what == fault::no_input) return std::shared_ptr<const basic_lsa<Analyser>>();
        return made.error();
    }
};

} // namespace graft::inline GRAFT_ABI
