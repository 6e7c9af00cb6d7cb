// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/chat_tokens.hpp>
#include <graft/generate/decoder.hpp>
#include <graft/tune/tuning_text.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Messages and what a decoder is to answer them, as it would read and write them itself: the template of training is that of inference. The
/// answer is learned, and the token that ends it.
///
/// Fails    as `prompt_tokens` and `encode`; `too_large` where both fill the positions; `absent` where the model has no token that ends a text
template <class Model>
[[nodiscard]] result<tuning_text> chat_text(const basic_decoder<Model>& model, std::span<const message> turns,
                                            std::string_view answer, context& c) {
    const arena::scope mine(c);
    const auto         before = model.prompt_tokens(turns, c);
    if (!before) return before.error();
    const auto said = model.words().encode(answer, c, {.add_special = false, .goes_on = true});
    if (!said) return said.error();
    std::vector<token_id> ids(said->ids.begin(), said->ids.end());
    const auto            turn = end_of_turn(model.params().chat);
    auto                  last = turn.empty() ? model.words().eos() : model.words().find(turn);
    if (!last && !model.ends().empty()) last = model.ends()[0];
    if (!last) return error{fault::absent, unit::none, 0, "a token that ends a text"};
    ids.push_back(*last);
    if (before->size() + ids.size() > model.positions())
        return error{fault::too_large, unit::none, model.positions(), "tokens of a text"};
    return tuning_text::of(*before, ids);
}
/// The same of what a user says, alone.
template <class Model>
[[nodiscard]] result<tuning_text> chat_text(const basic_decoder<Model>& model, std::string_view said,
                                            std::string_view answer, context& c) {
    const segment piece{said, true, 0};
    const message turn{speaker::user, {&piece, 1}};
    return chat_text(model, {&turn, 1}, answer, c);
}

} // namespace graft::inline GRAFT_ABI
