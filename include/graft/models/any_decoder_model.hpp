// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/gpt2.hpp>
#include <graft/models/llama.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <variant>

namespace graft::inline GRAFT_ABI {

/// A decoder whose architecture its files decide.
///
/// Costs    one branch a forward pass.
class any_decoder_model {
    std::variant<llama<float>, gpt2<float>> it_;

public:
    using scalar = float;
    struct sizes {
        std::size_t vocabulary = 0;
        std::size_t positions  = 0;
    };
    sizes config;

    any_decoder_model(llama<float> m) : it_(std::move(m)), config{about().vocabulary, about().positions} {}
    any_decoder_model(gpt2<float> m) : it_(std::move(m)), config{about().vocabulary, about().positions} {}

    /// Calls f with the model that it is.
    template <class F>
    decltype(auto) visit(F&& f) const {
        return std::visit(std::forward<F>(f), it_);
    }
    [[nodiscard]] kv_cache<float> make_cache() const {
        return visit([](const auto& m) { return m.make_cache(); });
    }
    [[nodiscard]] result<void> forward(std::span<const decoder_input<float>> inputs, logits_of which,
                                       matrix_view<float> logits, context& c) const {
        return visit([&](const auto& m) { return m.forward(inputs, which, logits, c); });
    }

private:
    [[nodiscard]] sizes about() const {
        return visit([](const auto& m) { return sizes{m.config.vocabulary, m.config.positions}; });
    }
};
static_assert(decoder_model<any_decoder_model>);

} // namespace graft::inline GRAFT_ABI
