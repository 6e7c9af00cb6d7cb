// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert_lora.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

namespace graft::inline GRAFT_ABI {

/// What a classifying BERT says of each sequence:  y = classifier(tanh(pooler(first row))), before any function of its scores.
///
/// Borrows  a model with pooler and classifier; updates beside them, and where their gradients go
template <std::floating_point Scalar>
struct bert_head {
    using layer = frozen_linear<Scalar>;
    const bert<Scalar>& model;
    const lora<Scalar>* pooler     = nullptr;
    const lora<Scalar>* classifier = nullptr;

    /// What the backward pass needs: the first rows, and what the pooler gave before and behind its tanh.
    struct saved {
        matrix_view<Scalar>   first = {}, pooled = {}, seen = {};
        typename layer::saved at_pooler = {}, at_classifier = {};
    };

    /// Takes    the rows that `bert::forward` gave, y [sequences, labels]; `keep`, filled with memory of the context, or null
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(matrix_view<const Scalar> rows, std::span<const std::size_t> ends,
                                       matrix_view<Scalar> y, saved* keep, context& c) const {
        GRAFT_ASSERT(model.pooler.has_value() && model.classifier.has_value(), "a model with pooler and classifier");
        std::optional<arena::scope> mine;
        if (keep == nullptr) mine.emplace(c);
        saved      here;
        saved&     s    = keep != nullptr ? *keep : here;
        const auto room = [&] { return detail::take_matrix<Scalar>(c, ends.size(), model.config.dims); };
        s.first = room(), s.pooled = room();
        s.seen = keep != nullptr ? room() : s.pooled;
        pool_tokens<Scalar>(pooling::cls, rows, ends, s.first);
        if (auto ok = model.pooler->forward(s.first, s.pooled, pooler, keep != nullptr ? &s.at_pooler : nullptr, c);
            !ok)
            return ok;
        if (auto ok = activate<Scalar>(activation::tanh, s.pooled, s.seen, c); !ok) return ok;
        return model.classifier->forward(s.seen, y, classifier, keep != nullptr ? &s.at_classifier : nullptr, c);
    }
    /// Adds the gradient of the rows into `drows`, and those of the updates that there are.
    ///
    /// Takes    what `forward` took and saved
    [[nodiscard]] result<void> backward(std::span<const std::size_t> ends, const saved& s, matrix_view<const Scalar> dy,
                                        const bert_grads<Scalar>& g, matrix_view<Scalar> drows, context& c) const {
        const arena::scope mine(c);
        const auto         zero = [&] {
            const auto m = detail::take_matrix<Scalar>(c, ends.size(), model.config.dims);
            std::fill_n(m.data, m.rows * m.dims, Scalar{0});
            return m;
        };
        const auto dseen = zero(), dfirst = zero();
        if (auto ok = model.classifier->backward(s.at_classifier, dy, dseen, classifier, g.classifier, c); !ok)
            return ok;
        if (auto ok = activate_back<Scalar>(activation::tanh, s.pooled, dseen, dseen, c); !ok) return ok;
        if (auto ok = model.pooler->backward(s.at_pooler, dseen, dfirst, pooler, g.pooler, c); !ok) return ok;
        pool_tokens_back<Scalar>(pooling::cls, matrix_view<const Scalar>{drows.data, drows.rows, drows.dims}, ends,
                                 strided_rows<const Scalar>(matrix_view<const Scalar>(dfirst)), drows);
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
