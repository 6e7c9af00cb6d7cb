// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/generate/decoder.hpp>
#include <graft/tune/tuning_text.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Tokens as texts of at most `most` tokens, of which each token but the first is learned exactly once: as few texts as that takes, of one length or one
/// token less, each beginning with the last token of the one before, which is given.
///
/// Takes    `most` of at least 2
/// Gives    none where there is nothing behind the first token
[[nodiscard]] inline std::vector<tuning_text> cut_windows(std::span<const std::uint32_t> ids, std::size_t most) {
    GRAFT_ASSERT(most >= 2, "a token that is given, and one that is learned");
    std::vector<tuning_text> out;
    const std::size_t        learned = ids.empty() ? 0 : ids.size() - 1, n = (learned + most - 2) / (most - 1);
    for (std::size_t i = 0, begin = 0; i < n; ++i) {
        const std::size_t end =
            learned / n * (i + 1) + learned % n * (i + 1) / n; // of learned · (i + 1) / n, which may overflow
        out.push_back(tuning_text::of({}, ids.subspan(begin, end - begin + 1)));
        begin = end;
    }
    return out;
}

/// A document as texts to learn from, to make a model at home in its field: all of its tokens are learned, and the one that ends a text. Before it stands
/// what the model puts before texts, else the token that ends them, as if another had gone before. No text holds tokens of two documents; run together
/// (`packed_texts`), each sees itself alone.
///
/// Takes    how many tokens a text may have, at least 2
/// Costs    the tokens of the whole document at once
/// Fails    `no_input` for a document that is no token; `too_large` where so many tokens are more than the positions; `bad_argument` for fewer than 2;
///          `absent` where the model has no token that ends a text; as `encode`
template <class Model>
[[nodiscard]] result<std::vector<tuning_text>> document_windows(const basic_decoder<Model>& model,
                                                                std::string_view text, std::size_t most, context& c) {
    if (most < 2) return error{fault::bad_argument, unit::none, most, "tokens of a text"};
    if (most > model.positions()) return error{fault::too_large, unit::none, model.positions(), "tokens of a text"};
    const arena::scope mine(c);
    const auto         said = model.words().encode(text, c);
    if (!said) return said.error();
    auto last = model.words().eos();
    if (!last && !model.ends().empty()) last = model.ends()[0];
    if (!last) return error{fault::absent, unit::none, 0, "a token that ends a text"};
    std::vector<std::uint32_t> ids{*last};
    for (std::size_t i = 0; i < said->ids.size(); ++i) {
        const bool own = said->sides[i] == token_side::added;
        if (own && ids.size() == 1) ids[0] = said->ids[i]; // before the text
        if (!own) ids.push_back(said->ids[i]);
    }
    if (ids.size() == 1) return error{fault::no_input, unit::none, 0, "text"};
    ids.push_back(*last);
    return cut_windows(ids, most);
}

} // namespace graft::inline GRAFT_ABI
