// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>
#include <graft/models/kv_cache.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// Which rows of a text get logits.
enum class logits_of : std::uint8_t { last, all };

/// Some tokens that go on a text: those that its cache lacks.
template <std::floating_point Scalar>
struct decoder_input {
    std::span<const std::uint32_t> ids;
    kv_cache<Scalar>*              cache;
};

/// An architecture that reads tokens on and says what may follow, whatever its layers are: `llama`, `gpt2`.
///
/// `m.make_cache()` is a text without tokens; `m.forward(inputs, which, logits, c)` reads the tokens of each input behind those of its
/// cache. A row's bits depend on its own text alone; after an error the caches are as they were.
template <class M>
concept decoder_model = std::floating_point<typename M::scalar> &&
                        requires(const M& m, std::span<const decoder_input<typename M::scalar>> inputs, logits_of which,
                                 matrix_view<typename M::scalar> logits, context& c) {
                            { m.config.vocabulary } -> std::convertible_to<std::size_t>; // logits of a row
                            { m.config.positions } -> std::convertible_to<std::size_t>;  // tokens that a text may have
                            { m.make_cache() } -> std::same_as<kv_cache<typename M::scalar>>;
                            { m.forward(inputs, which, logits, c) } -> std::same_as<result<void>>;
                        };

} // namespace graft::inline GRAFT_ABI
