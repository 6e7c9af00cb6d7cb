// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/embed/joined_text.hpp>
#include <graft/models/bert_batches.hpp>
#include <graft/models/bert_lora.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/norm.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a sentence encoder is made of; `load_sentence_encoder` fills it from a folder.
struct sentence_encoder_parts {
    /// What happens to a pooled row: a linear layer and a function, or where there is none, scaling to length 1.
    struct step {
        std::optional<linear<float>> layer = {};
        activation                   f     = activation::identity;
    };

    graft::tokenizer     words;
    bert<float>          model;
    std::vector<pooling> pooled         = {pooling::mean}; ///< side by side, in the order of the enumeration
    bool                 pool_prompt    = true;            ///< whether the tokens of a prompt count in a pooled row
    std::vector<step>    steps          = {};
    std::string          query_prompt   = {};  ///< before a question
    std::string          passage_prompt = {};  ///< before all else
    std::size_t          max_tokens     = 512; ///< of a text, special ones included; the rest is cut off
    std::size_t          batch_tokens   = 512; ///< that run together
    std::size_t          dims           = 0;   ///< only the first numbers of a vector (Matryoshka); 0: all
    std::uint64_t        weights        = 0;   ///< a hash of the numbers of the model, for the fingerprint
};

/// Sentences to vectors by a BERT: all-MiniLM, bge, e5 and their like.
///
///     context c;
///     const auto embed = load_sentence_encoder(posix_files{}, "models/minilm", c).value();
///     auto find = hybrid(embed | search(nearest), search(words)) | top(6);
///
/// An `embedder`: move-only, so a pipeline borrows it. A text has the same bits whatever else is encoded with it, in whatever
/// order, on any number of threads. A prefix stands before its body, with a blank between.
///
/// Costs    tokens of several texts run together, without padding. Threads of the context share batches, or the columns of one.
/// Source   Reimers and Gurevych 2019, arXiv 1908.10084; Kusupati et al. 2022, arXiv 2205.13147, for prefixes of vectors.
class sentence_encoder {
    sentence_encoder_parts it_;
    lora_set<float>        updates_; // stay where they are, and are pointed at
    bert_updates<float>    beside_;
    bool                   questions_alone_ = false; // have them
    std::size_t            pooled_dims_, dims_;
    std::uint64_t          fingerprint_ = 0, query_fingerprint_ = 0;

    explicit sentence_encoder(sentence_encoder_parts parts) : it_(std::move(parts)) {
        pooled_dims_ = it_.pooled.size() * it_.model.config.dims;
        dims_        = pooled_dims_;
        for (const auto& s : it_.steps)
            if (s.layer) dims_ = s.layer->out();
        if (it_.dims > 0) dims_ = it_.dims;
        name_itself();
    }
    void name_itself() {
        std::uint64_t h = mix64(mix64(it_.weights, dims_), it_.max_tokens);
        for (pooling p : it_.pooled) h = mix64(h, static_cast<std::uint64_t>(p));
        for (const auto& s : it_.steps) h = mix64(h, s.layer ? 1 + static_cast<std::uint64_t>(s.f) : 0);
        fingerprint_       = mix64(hash64(it_.passage_prompt, h), hash64(it_.query_prompt, it_.pool_prompt ? 1 : 0));
        query_fingerprint_ = fingerprint_;
        if (!updates_.entries.empty()) query_fingerprint_ = mix64(fingerprint_, lora_hash(updates_));
        if (!questions_alone_) fingerprint_ = query_fingerprint_;
    }

public:
    sentence_encoder(sentence_encoder&&) noexcept            = default;
    sentence_encoder& operator=(sentence_encoder&&) noexcept = default;

    /// Puts the parts together.
    ///
    /// Fails    `malformed` where the tokenizer has more tokens than the model's table, `wrong_shape` where a layer does not fit what is
    ///          before it or `dims` is more than there are, `bad_argument` for `max_tokens` that leaves no room for a text or that
    ///          the model has no positions for; `absent` where nothing is pooled
    [[nodiscard]] static result<sentence_encoder> of(sentence_encoder_parts parts) {
        if (parts.words.size() > parts.model.config.vocabulary)
            return error{fault::malformed, unit::row, parts.words.size(), "vocabulary"};
        if (parts.pooled.empty()) return error{fault::absent, unit::none, 0, "pooling"};
        if (parts.max_tokens <= parts.words.added_by_template() || parts.max_tokens > parts.model.config.positions)
            return error{fault::bad_argument, unit::none, parts.max_tokens, "max_tokens"};
        std::size_t dims = parts.pooled.size() * parts.model.config.dims;
        for (const auto& s : parts.steps) {
            if (!s.layer) continue;
            if (s.layer->in() != dims) return error{fault::wrong_shape, unit::none, s.layer->in(), "dense"};
            dims = s.layer->out();
        }
        if (parts.dims > dims) return error{fault::wrong_shape, unit::none, parts.dims, "dims"};
        parts.batch_tokens = std::max<std::size_t>(1, parts.batch_tokens);
        return sentence_encoder(std::move(parts));
    }

    [[nodiscard]] std::size_t   dims() const noexcept { return dims_; }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }
    /// It says which updates are for questions alone; the other does not.
    [[nodiscard]] std::uint64_t query_fingerprint() const noexcept { return query_fingerprint_; }
    /// The share of the vectors in a hybrid search.
    [[nodiscard]] float dense_weight() const noexcept { return .5f; }

    [[nodiscard]] const tokenizer&         words() const noexcept { return it_.words; }
    [[nodiscard]] const bert<float>&       model() const noexcept { return it_.model; }
    [[nodiscard]] std::size_t              max_tokens() const noexcept { return it_.max_tokens; }
    [[nodiscard]] std::span<const pooling> pooled() const noexcept { return it_.pooled; }
    /// Whether a vector is the pooled rows alone, scaled or not: what `encoder_task` tunes.
    [[nodiscard]] bool plain() const noexcept {
        return dims_ == pooled_dims_ && (it_.pool_prompt || (it_.query_prompt.empty() && it_.passage_prompt.empty())) &&
               std::none_of(it_.steps.begin(), it_.steps.end(), [](const auto& s) { return s.layer.has_value(); });
    }
    /// A text as the model reads it: prompt and special tokens included.
    ///
    /// Takes    `most` tokens, or as many as the encoder takes
    /// Fails    as `tokenizer::encode`
    [[nodiscard]] result<std::vector<std::uint32_t>> token_ids(const text_view& text, bool question, std::size_t most,
                                                               context& c) const {
        const arena::scope mine(c);
        const auto         t = read(text, question ? it_.query_prompt : it_.passage_prompt,
                            most > 0 ? std::min(most, it_.max_tokens) : it_.max_tokens, c);
        if (!t) return t.error();
        return std::vector<std::uint32_t>(t->ids.begin(), t->ids.end());
    }

    /// Puts low-rank updates beside the model's layers, in place of those that were; an empty set takes them away. It is another encoder then, and its
    /// fingerprint says so; unless they are for questions alone: passages, and an index of them, stay what they were.
    ///
    /// Costs    two thin products a layer and text: some percent of the time of a text.
    /// Takes    updates with magnitudes (DoRA) whatever base they were measured beside: they are measured beside this one
    /// Fails    as `lora_beside` and `measure_dora`: then it is as it was
    [[nodiscard]] result<void> adapt(lora_set<float> updates, bool questions_alone, context& c) {
        if (auto ok = measure_dora(it_.model, updates, c); !ok) return ok;
        auto beside = lora_beside(it_.model, updates);
        if (!beside) return beside.error();
        updates_ = std::move(updates), beside_ = std::move(*beside); // the entries stay where they are
        if (updates_.entries.empty()) beside_ = {};
        questions_alone_ = questions_alone && !updates_.entries.empty();
        return name_itself(), result<void>(done);
    }
    /// The same on one thread.
    [[nodiscard]] result<void> adapt(lora_set<float> updates, bool questions_alone = false) {
        context alone;
        return adapt(std::move(updates), questions_alone, alone);
    }
    /// Adds low-rank updates to the model's weights, for good: texts cost what they did before, and numbers differ from those of `adapt` by rounding.
    ///
    /// Fails    as `merge_lora`: then it is as it was
    [[nodiscard]] result<void> merge(const lora_set<float>& updates) {
        if (auto ok = merge_lora(it_.model, updates); !ok) return ok;
        it_.weights = mix64(it_.weights, lora_hash(updates));
        return name_itself(), result<void>(done);
    }
    [[nodiscard]] const lora_set<float>& updates() const noexcept { return updates_; } ///< that stand beside it

    /// Passages.
    ///
    /// Takes    out [texts, dims()]
    /// Gives    a row for each text; an empty one is that of the special tokens alone.
    /// Fails    `wrong_shape`; `not_finite` (row) where the model overflows; stopped, timed_out; as `tokenizer::encode`
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        return encode(in, it_.passage_prompt, !questions_alone_, out, c);
    }
    /// Questions.
    [[nodiscard]] result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        return encode(in, it_.query_prompt, true, out, c);
    }
    /// Texts behind a prompt of your own, as passages.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, std::string_view prompt, matrix_view<float> out,
                                      context& c) const {
        return encode(in, prompt, !questions_alone_, out, c);
    }

private:
    [[nodiscard]] result<void> encode(std::span<const text_view> in, std::string_view prompt, bool adapted,
                                      matrix_view<float> out, context& c) const {
        if (out.rows != in.size() || out.dims != dims_)
            return error{fault::wrong_shape, unit::row, out.rows, "sentence_encoder"};
        const arena::scope mine(c);
        const auto         all = c.take<token_sequence>(in.size());
        for (std::size_t i = 0; i < in.size(); ++i) {
            const auto t = read(in[i], prompt, it_.max_tokens, c);
            if (!t) return t.error();
            all[i] = {t->ids, t->types};
        }
        std::size_t skip = 0; // tokens of the prompt, with what the template puts before them
        if (!prompt.empty() && !it_.pool_prompt) {
            const auto t = it_.words.encode(detail::trimmed_text(prompt), c);
            if (!t) return t.error();
            skip = t->size() - (it_.words.added_by_template() > 1 ? 1 : 0);
        }
        return each_encoded(
            it_.model, all, it_.batch_tokens, c,
            [&](const encoded_batch& b, context& own) {
                return finish(b, skip, out.middle(b.first, b.ends.size()), own);
            },
            adapted ? bert<float>::updates(beside_.layers) : bert<float>::updates());
    }

    [[nodiscard]] result<tokens> read(const text_view& text, std::string_view prompt, std::size_t most,
                                      context& c) const {
        return it_.words.encode(detail::trimmed_text(detail::joined_text(prompt, text, c)), c, {.max_tokens = most});
    }
    /// Pools a batch and takes its rows through the steps.
    [[nodiscard]] result<void> finish(const encoded_batch& b, std::size_t skip, matrix_view<float> out,
                                      context& own) const {
        const std::size_t n = b.ends.size(), d = it_.model.config.dims;
        auto              x = detail::take_matrix<float>(own, n, pooled_dims_);
        std::fill_n(x.data, n * pooled_dims_, 0.f);
        for (std::size_t s = 0, begin = 0; s < n; begin = b.ends[s++]) {
            const std::size_t size = b.ends[s] - begin, behind = skip < size ? skip : 0;
            if (size == 0) continue; // a tokenizer without special tokens: a zero row
            for (std::size_t p = 0; p < it_.pooled.size(); ++p) {
                const std::size_t from  = it_.pooled[p] == pooling::cls ? 0 : behind;
                const std::size_t one[] = {size - from};
                pool_tokens<float>(it_.pooled[p], b.rows.middle(begin + from, one[0]), one,
                                   strided_rows<float>(x.middle(s, 1), p * d));
            }
        }
        bool scaled = false;
        for (const auto& s : it_.steps) {
            scaled = !s.layer;
            if (scaled) {
                normalise_rows<float>(x, x);
                continue;
            }
            const auto y = detail::take_matrix<float>(own, n, s.layer->out());
            if (auto ok = s.layer->forward(x, y, own); !ok) return ok;
            if (auto ok = activate<float>(s.f, y, y, own); !ok) return ok;
            x = y;
        }
        for (std::size_t i = 0; i < n; ++i) {
            std::copy_n(x.row(i).data(), dims_, out.row(i).data());
            if (!all_finite(out.row(i))) return error{fault::not_finite, graft::unit::row, b.first + i, "vector"};
        }
        if (scaled && dims_ < x.dims) normalise_rows<float>(out, out);
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
