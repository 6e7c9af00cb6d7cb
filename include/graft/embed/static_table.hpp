// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/embed/joined_text.hpp>
#include <graft/embed/word_vocabulary.hpp>
#include <graft/nn/row_functions.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/norm.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a table of static vectors is made of; `load_static_table` and `load_word_vectors` fill it.
struct static_table_parts {
    static constexpr std::size_t all = static_cast<std::size_t>(-1);

    std::variant<tokenizer, word_vocabulary> words; ///< what makes numbers of a text
    matrix<float>                            rows;  ///< [rows, dims]
    std::vector<std::uint32_t> row_of  = {}; ///< of each token its row, where several share one; empty: its own number
    std::vector<float>         weights = {}; ///< of each token; empty: 1
    bool                       unknown = true;       ///< whether the tokenizer's unknown token counts
    bool                       scaled  = true;       ///< vectors are scaled to length 1
    std::size_t                max_characters = all; ///< of a text; the rest is cut off before it is tokenised
    std::size_t                max_tokens     = all; ///< of a text, unknown ones included; the rest is cut off
};

/// Texts to vectors without a network: the mean of the rows of their tokens. model2vec, static models of sentence-transformers, GloVe, word2vec.
///
///     context c;
///     const auto embed = load_static_table(posix_files{}, "models/potion", c).value();
///     auto find = hybrid(embed | search(nearest), search(words)) | top(6);
///
/// An `embedder`: move-only, so a pipeline borrows it. A text has the same bits whatever else is encoded with it, on any number of
/// threads; one without a known token is a zero row.
///
/// Costs    the tokens of a text, and a row added for each: some hundred times less than a sentence encoder.
/// Source   Pennington et al. 2014 (GloVe); Tulkens and van Dongen 2024 (model2vec).
class static_table {
    static_table_parts it_;
    std::uint64_t      fingerprint_ = 0;

    explicit static_table(static_table_parts parts) : it_(std::move(parts)) {
        const auto bytes = [](const auto& list) {
            return std::string_view(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(list[0]));
        };
        std::uint64_t h = hash64(bytes(it_.rows.flat()), it_.rows.dims());
        h               = hash64(bytes(it_.row_of), h);
        h               = hash64(bytes(it_.weights), h);
        h               = mix64(mix64(h, it_.max_characters), it_.max_tokens);
        for (std::size_t i = 0; i < size(it_.words); ++i) h = hash64(text(static_cast<token_id>(i)), h);
        fingerprint_ = mix64(h, (it_.unknown ? 2u : 0u) + (it_.scaled ? 1u : 0u));
    }
    [[nodiscard]] static std::size_t size(const std::variant<tokenizer, word_vocabulary>& words) {
        return std::visit([](const auto& w) { return w.size(); }, words);
    }
    [[nodiscard]] std::string_view text(token_id id) const {
        if (const auto* t = std::get_if<tokenizer>(&it_.words)) return t->text_of(id);
        return std::get<word_vocabulary>(it_.words).text(id);
    }

public:
    static_table(static_table&&) noexcept            = default;
    static_table& operator=(static_table&&) noexcept = default;

    /// Puts the parts together.
    ///
    /// Fails    `no_input` without rows; `malformed` where there are more tokens than rows, or a token's row is none; `wrong_shape` for another
    ///          number of weights than of tokens; `not_finite` (row); `bad_argument` for a limit of 0
    [[nodiscard]] static result<static_table> of(static_table_parts parts) {
        if (parts.rows.rows() == 0 || parts.rows.dims() == 0) return error{fault::no_input, unit::none, 0, "rows"};
        const std::size_t tokens = parts.row_of.empty() ? parts.rows.rows() : parts.row_of.size();
        if (size(parts.words) > tokens) return error{fault::malformed, unit::row, size(parts.words), "vocabulary"};
        for (std::size_t i = 0; i < parts.row_of.size(); ++i)
            if (parts.row_of[i] >= parts.rows.rows()) return error{fault::malformed, unit::row, i, "mapping"};
        if (!parts.weights.empty() && parts.weights.size() != tokens)
            return error{fault::wrong_shape, unit::row, parts.weights.size(), "weights"};
        for (std::size_t i = 0; i < parts.rows.rows(); ++i)
            if (!all_finite(std::span<const float>(parts.rows.row(i))))
                return error{fault::not_finite, unit::row, i, "rows"};
        if (!all_finite(std::span<const float>(parts.weights)))
            return error{fault::not_finite, unit::none, 0, "weights"};
        if (parts.max_tokens == 0 || parts.max_characters == 0)
            return error{fault::bad_argument, unit::none, 0, "max_tokens"};
        return static_table(std::move(parts));
    }

    [[nodiscard]] std::size_t   dims() const noexcept { return it_.rows.dims(); }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }
    /// The share of the vectors in a hybrid search: what suits four judged collections with a table of 32,000 rows (.1 to .2; half and half
    /// is worse than words alone).
    [[nodiscard]] float dense_weight() const noexcept { return .2f; }
    /// How many tokens have a row.
    [[nodiscard]] std::size_t tokens() const noexcept {
        return it_.row_of.empty() ? it_.rows.rows() : it_.row_of.size();
    }

    /// Passages, and questions alike.
    ///
    /// Takes    out [texts, dims()]
    /// Fails    `wrong_shape`; `not_finite` (row) where a sum overflows; stopped, timed_out; as `tokenizer::encode`
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        if (out.rows != in.size() || out.dims != dims())
            return error{fault::wrong_shape, unit::row, out.rows, "static_table"};
        return each_block(c, in.size(), 16, [&](std::size_t begin, std::size_t end, context& own) -> result<void> {
            for (std::size_t i = begin; i < end; ++i) {
                const arena::scope here(own);
                if (auto ok = one(detail::joined_text({}, in[i], own), out.row(i), own); !ok) return ok;
                if (!all_finite(std::span<const float>(out.row(i))))
                    return error{fault::not_finite, unit::row, i, "vector"};
            }
            return done;
        });
    }

private:
    [[nodiscard]] result<void> one(std::string_view body, std::span<float> y, context& own) const {
        const auto&       by   = detail::row_functions<float>();
        const std::size_t dims = y.size();
        const auto        part = own.take_raw<float>(it_.weights.empty() ? 0 : dims);
        std::size_t       n    = 0;
        std::fill(y.begin(), y.end(), 0.f);
        const auto add = [&](token_id id) {
            const float* row = it_.rows.row(it_.row_of.empty() ? id : it_.row_of[id]).data();
            if (!it_.weights.empty()) by.scaled(it_.weights[id], row, part.data(), dims), row = part.data();
            by.add(row, y.data(), dims);
            ++n;
        };
        body = first_characters(body);
        if (const auto* words = std::get_if<tokenizer>(&it_.words)) {
            const auto t = words->encode(body, own, {.add_special = false, .max_tokens = it_.max_tokens});
            if (!t) return t.error();
            const token_id drop = it_.unknown || !words->unknown() ? no_token : *words->unknown();
            for (const token_id id : t->ids)
                if (id != drop) add(id);
        } else {
            std::get<word_vocabulary>(it_.words).each(body, [&](token_id id) {
                if (n < it_.max_tokens) add(id);
            });
        }
        if (n == 0) return done;
        by.scaled(1.f / static_cast<float>(n), y.data(), y.data(), dims);
        if (it_.scaled) (void)normalise(y);
        return done;
    }
    [[nodiscard]] std::string_view first_characters(std::string_view text) const noexcept {
        if (text.size() <= it_.max_characters) return text;
        std::size_t at = 0;
        for (std::size_t n = 0; n < it_.max_characters && at < text.size(); ++n) at += unicode::decode(text, at).length;
        return text.substr(0, at);
    }
};

} // namespace graft::inline GRAFT_ABI
