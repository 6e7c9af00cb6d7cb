// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/embed/joined_text.hpp>
#include <graft/models/bert_batches.hpp>
#include <graft/models/bert_head.hpp>
#include <graft/schema/reranker.hpp>
#include <graft/simd/norm.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What a cross-encoder is made of; `load_cross_encoder` fills it from a folder.
struct cross_encoder_parts {
    graft::tokenizer words;
    bert<float>      model;                              ///< with pooler and classifier
    activation       f            = activation::sigmoid; ///< of what the classifier gives
    std::size_t      max_tokens   = 512; ///< of a pair, special ones included; the longer text is cut first
    std::size_t      batch_tokens = 512; ///< that run together
    std::uint64_t    weights      = 0;   ///< a hash of the numbers of the model, for the fingerprint
};

/// A question and a passage.
struct text_pair {
    text_view first  = {};
    text_view second = {};
};

/// Pairs of texts to scores by a BERT that reads both at once: ms-marco-MiniLM and its like.
///
///     context c;
///     const auto judge = load_cross_encoder(posix_files{}, "models/ms-marco", c).value();
///     auto find = search(words) | rerank(judge, chunks, {.k = 50}) | top(6);
///
/// A `reranker`: move-only, so a pipeline borrows it. A pair has the same bits whatever else is scored with it, in whatever order, on
/// any number of threads. What is too long loses tokens at the end: first the longer text, then both alike.
///
/// Costs    a pass through the model for each pair: a question over 50 passages of 200 tokens is 10,000 tokens, so it stands behind
///          a search, and reads only what that found. Threads of the context share batches, or the columns of one.
/// Source   Nogueira and Cho 2019, arXiv 1901.04085.
class cross_encoder {
    cross_encoder_parts it_;
    lora_set<float>     updates_; // stay where they are, and are pointed at
    bert_updates<float> beside_;
    std::uint64_t       fingerprint_ = 0;

    explicit cross_encoder(cross_encoder_parts parts) : it_(std::move(parts)) { name_itself(); }
    void name_itself() {
        fingerprint_ = mix64(mix64(it_.weights, it_.max_tokens), static_cast<std::uint64_t>(it_.f));
        if (!updates_.entries.empty()) fingerprint_ = mix64(fingerprint_, lora_hash(updates_));
    }

public:
    cross_encoder(cross_encoder&&) noexcept            = default;
    cross_encoder& operator=(cross_encoder&&) noexcept = default;

    /// Puts the parts together.
    ///
    /// Fails    `malformed` where the tokenizer has more tokens than the model's table, `absent` without pooler and classifier, `bad_argument`
    ///          for `max_tokens` that leaves no room for two texts or that the model has no positions for
    [[nodiscard]] static result<cross_encoder> of(cross_encoder_parts parts) {
        if (parts.words.size() > parts.model.config.vocabulary)
            return error{fault::malformed, unit::row, parts.words.size(), "vocabulary"};
        if (!parts.model.pooler || !parts.model.classifier) return error{fault::absent, unit::none, 0, "classifier"};
        if (parts.max_tokens < parts.words.added_by_template(true) + 2 ||
            parts.max_tokens > parts.model.config.positions)
            return error{fault::bad_argument, unit::none, parts.max_tokens, "max_tokens"};
        parts.batch_tokens = std::max<std::size_t>(1, parts.batch_tokens);
        return cross_encoder(std::move(parts));
    }

    /// How many scores a pair has: 1 for a reranker, 3 for one that was trained on entailment.
    [[nodiscard]] std::size_t        labels() const noexcept { return it_.model.classifier->out(); }
    [[nodiscard]] std::uint64_t      fingerprint() const noexcept { return fingerprint_; }
    [[nodiscard]] const tokenizer&   words() const noexcept { return it_.words; }
    [[nodiscard]] const bert<float>& model() const noexcept { return it_.model; }
    [[nodiscard]] std::size_t        max_tokens() const noexcept { return it_.max_tokens; }

    /// Calls f(ids, types) with a pair as the model reads it, at most `most` tokens of it, or as many as the encoder takes.
    ///
    /// Fails    as `tokenizer::encode`
    template <class F>
    [[nodiscard]] result<void> token_ids(const text_pair& pair, std::size_t most, context& c, F&& f) const {
        const arena::scope mine(c);
        const auto         t = it_.words.encode(whole(pair.first, c), whole(pair.second, c), c,
                                                {.max_tokens = most > 0 ? std::min(most, it_.max_tokens) : it_.max_tokens});
        if (!t) return t.error();
        return f(std::span<const std::uint32_t>(t->ids), std::span<const std::uint8_t>(t->types)), result<void>(done);
    }

    /// Puts low-rank updates beside the model's layers, in place of those that were; an empty set takes them away. It is another encoder then, and its
    /// fingerprint says so.
    ///
    /// Takes    updates with magnitudes (DoRA) whatever base they were measured beside: they are measured beside this one
    /// Fails    as `lora_beside` and `measure_dora`: then it is as it was
    [[nodiscard]] result<void> adapt(lora_set<float> updates, context& c) {
        if (auto ok = measure_dora(it_.model, updates, c); !ok) return ok;
        auto beside = lora_beside(it_.model, updates);
        if (!beside) return beside.error();
        updates_ = std::move(updates), beside_ = std::move(*beside); // the entries stay where they are
        if (updates_.entries.empty()) beside_ = {};
        return name_itself(), result<void>(done);
    }
    /// The same on one thread.
    [[nodiscard]] result<void> adapt(lora_set<float> updates) {
        context alone;
        return adapt(std::move(updates), alone);
    }
    /// Adds low-rank updates to the model's weights, for good: pairs cost what they did before, and numbers differ from those of `adapt` by rounding.
    ///
    /// Fails    as `merge_lora`: then it is as it was
    [[nodiscard]] result<void> merge(const lora_set<float>& updates) {
        if (auto ok = merge_lora(it_.model, updates); !ok) return ok;
        it_.weights = mix64(it_.weights, lora_hash(updates));
        return name_itself(), result<void>(done);
    }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return updates_; } ///< that stand beside it

    /// The scores of a question beside passages.
    ///
    /// Takes    a model of one label
    /// Fails    `wrong_shape` for another number of scores than passages, or several labels; as `classify`
    [[nodiscard]] result<void> score(std::string_view question, std::span<const text_view> passages,
                                     std::span<float> scores, context& c) const {
        if (scores.size() != passages.size() || labels() != 1)
            return error{fault::wrong_shape, unit::row, scores.size(), "cross_encoder"};
        const auto of = [&](std::size_t i) { return text_pair{{{}, question}, passages[i]}; };
        return run(passages.size(), of, {scores.data(), scores.size(), 1}, c);
    }
    /// The scores of pairs: behind the activation, a number for each label.
    ///
    /// Takes    out [pairs, labels()]
    /// Gives    a row for each pair; an empty text is one of no tokens.
    /// Fails    `wrong_shape`; `not_finite` (row) where the model overflows; stopped, timed_out; as `tokenizer::encode`
    [[nodiscard]] result<void> classify(std::span<const text_pair> pairs, matrix_view<float> out, context& c) const {
        if (out.rows != pairs.size() || out.dims != labels())
            return error{fault::wrong_shape, unit::row, out.rows, "cross_encoder"};
        return run(pairs.size(), [&](std::size_t i) { return pairs[i]; }, out, c);
    }

private:
    [[nodiscard]] static std::string_view whole(const text_view& text, arena& a) {
        return detail::trimmed_text(detail::joined_text({}, text, a));
    }
    template <class Pair>
    [[nodiscard]] result<void> run(std::size_t n, const Pair& pair, matrix_view<float> out, context& c) const {
        const arena::scope mine(c);
        const auto         all = c.take<token_sequence>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const text_pair p = pair(i);
            const auto t = it_.words.encode(whole(p.first, c), whole(p.second, c), c, {.max_tokens = it_.max_tokens});
            if (!t) return t.error();
            all[i] = {t->ids, t->types};
        }
        return each_encoded(
            it_.model, all, it_.batch_tokens, c,
            [&](const encoded_batch& b, context& own) { return finish(b, out.middle(b.first, b.ends.size()), own); },
            beside_.layers);
    }
    [[nodiscard]] result<void> finish(const encoded_batch& b, matrix_view<float> out, context& own) const {
        const bert_head<float> head{it_.model, beside_.pooler, beside_.classifier};
        if (auto ok = head.forward(b.rows, b.ends, out, nullptr, own); !ok) return ok;
        if (auto ok = activate<float>(it_.f, out, out, own); !ok) return ok;
        for (std::size_t i = 0; i < out.rows; ++i)
            if (!all_finite(std::span<const float>(out.row(i))))
                return error{fault::not_finite, unit::row, b.first + i, "score"};
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
