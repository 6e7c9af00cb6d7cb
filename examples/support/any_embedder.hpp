// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/embedder.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace tool {

/// An embedder that is chosen when the program runs, so that what comes behind it is compiled once. Copies share it.
class any_embedder {
    struct role {
        virtual ~role()                                                                         = default;
        virtual std::size_t         dims() const                                                = 0;
        virtual std::uint64_t       fingerprint() const                                         = 0;
        virtual float               weight() const                                              = 0;
        virtual graft::result<void> encode(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                                           bool question, graft::context& c) const              = 0;
        virtual std::size_t         tokens(const graft::text_view& text, graft::arena& a) const = 0;
    };
    template <graft::embedder E>
    struct of : role {
        E it;
        explicit of(E e) : it(std::move(e)) {}
        std::size_t         dims() const override { return it.dims(); }
        std::uint64_t       fingerprint() const override { return it.fingerprint(); }
        float               weight() const override { return graft::detail::dense_weight_of(it); }
        graft::result<void> encode(std::span<const graft::text_view> in, graft::matrix_view<float> out, bool question,
                                   graft::context& c) const override {
            return question ? graft::detail::encode_questions(it, in, out, c) : it.encode(in, out, c);
        }
        std::size_t tokens(const graft::text_view& text, graft::arena& a) const override {
            if constexpr (requires { it.words().count(text.body, a), it.max_tokens(); }) {
                const std::size_t n = it.words().count(text.prefix, a) + it.words().count(text.body, a);
                return std::min(n + it.words().added_by_template(), it.max_tokens());
            } else return (void)text, (void)a, 0;
        }
    };
    std::shared_ptr<const role> it_;

public:
    any_embedder() = default; ///< none: to be assigned to
    template <graft::embedder E>
        requires(!std::same_as<E, any_embedder>)
    explicit any_embedder(E e) : it_(std::make_shared<const of<E>>(std::move(e))) {}

    [[nodiscard]] std::size_t         dims() const { return it_->dims(); }
    [[nodiscard]] std::uint64_t       fingerprint() const { return it_->fingerprint(); }
    [[nodiscard]] float               dense_weight() const { return it_->weight(); }
    [[nodiscard]] graft::result<void> encode(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                                             graft::context& c) const {
        return it_->encode(in, out, false, c);
    }
    [[nodiscard]] graft::result<void> encode_query(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                                                   graft::context& c) const {
        return it_->encode(in, out, true, c);
    }
    /// How many tokens it reads of a text, nearly: for rates. 0 where it is no network.
    [[nodiscard]] std::size_t tokens(const graft::text_view& text, graft::arena& a) const {
        return it_->tokens(text, a);
    }
};

} // namespace tool
