// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/gpt2.hpp>
#include <graft/models/llama.hpp>
#include <graft/models/llama_lora.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A decoder whose architecture its files decide.
///
/// Costs    one branch a forward pass.
class any_decoder_model {
    /// Updates beside a model, and where they stand.
    struct beside {
        lora_set<float>                                    set;
        std::vector<typename llama<float>::layer::updates> at;
    };
    std::variant<llama<float>, gpt2<float>> it_;
    std::unique_ptr<const beside>           beside_;

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
    /// The model where it is one of that architecture, or null: `get_if<llama<float>>()`.
    template <class M>
    [[nodiscard]] const M* get_if() const noexcept {
        return std::get_if<M>(&it_);
    }
    [[nodiscard]] kv_cache<float> make_cache() const {
        return visit([](const auto& m) { return m.make_cache(); });
    }
    /// Reads on, with the updates that stand beside it.
    [[nodiscard]] result<void> forward(std::span<const decoder_input<float>> inputs, logits_of which,
                                       matrix_view<float> logits, context& c) const {
        if (const auto* m = std::get_if<llama<float>>(&it_); m != nullptr && beside_ != nullptr)
            return m->forward(inputs, which, logits, c, beside_->at);
        return visit([&](const auto& m) { return m.forward(inputs, which, logits, c); });
    }
    /// Lets updates stand beside its layers, instead of those that do; an empty set: none. Texts that were read before were read otherwise.
    ///
    /// Fails    as `lora_beside`; `unsupported` beside a GPT-2: then those that stood there still do
    [[nodiscard]] result<void> adapt(lora_set<float> set) {
        if (set.entries.empty()) return beside_.reset(), result<void>(done);
        const auto* m = std::get_if<llama<float>>(&it_);
        if (m == nullptr) return error{fault::unsupported, unit::none, 0, "updates beside this architecture"};
        auto made = std::make_unique<beside>(beside{std::move(set), {}});
        auto at   = lora_beside(*m, made->set);
        if (!at) return at.error();
        made->at = std::move(*at);
        beside_  = std::move(made);
        return done;
    }
    /// The updates that stand beside it, or null.
    [[nodiscard]] const lora_set<float>* updates() const noexcept { return beside_ ? &beside_->set : nullptr; }

private:
    [[nodiscard]] sizes about() const {
        return visit([](const auto& m) { return sizes{m.config.vocabulary, m.config.positions}; });
    }
};
static_assert(decoder_model<any_decoder_model>);

} // namespace graft::inline GRAFT_ABI
