// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/nn/label_head.hpp>
#include <graft/schema/embedder.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A label, and how likely it is.
struct text_label {
    std::size_t      label       = 0;  ///< its place among those of the head
    std::string_view name        = {}; ///< borrowed from the head
    float            probability = 0;
};

/// Says which of some labels a text has: an embedder, and a head over its vectors.
///
///     auto head = load_file<label_head>(posix_files{}, "intents/head.graft").value();
///     const auto sort = text_classifier<sentence_encoder>::make(encoder, std::move(head)).value();
///     sort.best("My card has not come.", c).value().name;      // "card_arrival"
///
/// A text gets one of the labels, whatever it is about: a low probability may say that it has none of them.
/// Borrows  the embedder, if it cannot be copied.
template <embedder E>
class text_classifier {
    stored<E>  base_;
    label_head head_;

    text_classifier(stored<E> base, label_head head) : base_(std::move(base)), head_(std::move(head)) {}

public:
    text_classifier(text_classifier&&) noexcept            = default;
    text_classifier& operator=(text_classifier&&) noexcept = default;

    /// Fails    `other_embedder` where the head was fitted on the vectors of another; `wrong_shape`
    [[nodiscard]] static result<text_classifier> make(const E& base, label_head head) {
        if (head.base != base.fingerprint()) return error{fault::other_embedder, unit::none, 0, "label head"};
        if (head.dims() != base.dims() || head.labels.size() != head.layer.out() ||
            head.layer.b.flat().size() != head.labels.size())
            return error{fault::wrong_shape, unit::none, head.dims(), "label head"};
        return text_classifier(stored<E>{base}, std::move(head));
    }
    static result<text_classifier> make(const E&& base, label_head head)
        requires(!std::copy_constructible<E>)
    = delete;

    [[nodiscard]] const label_head& head() const noexcept { return head_; }

    /// How likely each label is for each text.
    ///
    /// Takes    out [texts, labels]
    /// Fails    `wrong_shape`; as the embedder, and `label_head::probabilities`
    [[nodiscard]] result<void> classify(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        if (out.rows != in.size() || out.dims != head_.labels.size())
            return error{fault::wrong_shape, unit::row, out.rows, "text_classifier"};
        const arena::scope       mine(c);
        const matrix_view<float> rows{c.take<float>(in.size() * head_.dims()).data(), in.size(), head_.dims()};
        if (auto ok = base_->encode(in, rows, c); !ok) return ok;
        return head_.probabilities(rows, out, c);
    }
    /// The likeliest label of a text; of several the first.
    [[nodiscard]] result<text_label> best(std::string_view text, context& c) const {
        const arena::scope mine(c);
        const text_view    in[] = {{{}, text}};
        const auto         all  = c.take<float>(head_.labels.size());
        if (auto ok = classify(in, {all.data(), 1, all.size()}, c); !ok) return ok.error();
        const auto at = static_cast<std::size_t>(std::max_element(all.begin(), all.end()) - all.begin());
        return text_label{at, head_.labels[at], all[at]};
    }
};

} // namespace graft::inline GRAFT_ABI
