// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/prefix.hpp>
#include <graft/models/gpt2.hpp>
#include <graft/models/llama.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/models/llama_prompt.hpp>

#include <cstddef>
#include <memory>
#include <optional>
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
    std::optional<kv_cache<float>>          first_; // what every text begins with

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
    /// A text without tokens, behind the prefix where there is one.
    [[nodiscard]] kv_cache<float> make_cache() const {
        if (first_) return *first_;
        return visit([](const auto& m) { return m.make_cache(); });
    }
    /// Reads on, with the updates that stand beside it.
    [[nodiscard]] result<void> forward(std::span<const decoder_input<float>> inputs, logits_of which,
                                       matrix_view<float> logits, context& c) const {
        if (const auto* m = std::get_if<llama<float>>(&it_); m != nullptr && beside_ != nullptr)
            return m->forward(inputs, which, logits, c, beside_->at);
        return visit([&](const auto& m) { return m.forward(inputs, which, logits, c); });
    }
    /// Lets updates stand beside its layers, instead of whatever adapts it; an empty set: none. Texts that were read before were read otherwise.
    ///
    /// Takes    updates with magnitudes (DoRA) whatever base they were measured beside: they are measured beside this one
    /// Fails    as `lora_beside` and `measure_dora`; `unsupported` beside a GPT-2: then those that stood there still do
    [[nodiscard]] result<void> adapt(lora_set<float> set, context& c) {
        if (set.entries.empty()) return bare(), result<void>(done);
        const auto* m = std::get_if<llama<float>>(&it_);
        if (m == nullptr) return error{fault::unsupported, unit::none, 0, "updates beside this architecture"};
        if (auto ok = measure_dora(*m, set, c); !ok) return ok;
        auto made = std::make_unique<beside>(beside{std::move(set), {}});
        auto at   = lora_beside(*m, made->set);
        if (!at) return at.error();
        made->at = std::move(*at);
        bare();
        beside_ = std::move(made);
        return done;
    }
    /// The same on one thread.
    [[nodiscard]] result<void> adapt(lora_set<float> set) {
        context alone;
        return adapt(std::move(set), alone);
    }
    /// Lets a prefix stand before every text, instead of whatever adapts it; an empty one: none. Texts have so many positions fewer. Caches that were made
    /// before do not have it.
    ///
    /// Fails    `wrong_shape` for a prefix of another model; `too_large` where no position is left; `unsupported` before a GPT-2: then what adapted it
    ///          still does
    [[nodiscard]] result<void> adapt(const prefix<float>& before) {
        if (before.tokens() == 0) return bare(), result<void>(done);
        const auto* m = std::get_if<llama<float>>(&it_);
        if (m == nullptr) return error{fault::unsupported, unit::none, 0, "a prefix before this architecture"};
        if (!detail::fits(*m, before)) return error{fault::wrong_shape, unit::none, 0, "prefix"};
        if (before.tokens() >= m->config.positions)
            return error{fault::too_large, unit::none, m->config.positions, "tokens of a prefix"};
        bare();
        first_.emplace(m->config.layers, m->config.kv_heads, m->config.dims, before);
        config.positions -= before.tokens();
        return done;
    }
    /// The updates that stand beside it, or null.
    [[nodiscard]] const lora_set<float>* updates() const noexcept { return beside_ ? &beside_->set : nullptr; }

private:
    void                bare() noexcept { beside_.reset(), first_.reset(), config = about(); }
    [[nodiscard]] sizes about() const {
        return visit([](const auto& m) { return sizes{m.config.vocabulary, m.config.positions}; });
    }
};
static_assert(decoder_model<any_decoder_model>);

} // namespace graft::inline GRAFT_ABI
