// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/schema/answer.hpp>
#include <graft/schema/token_counter.hpp>

#include <concepts>

namespace graft::inline GRAFT_ABI {

/// Goes on from messages. A language model
///  1. counts the tokens of a text, in the unit of `max_tokens` and of its usage;
///  2. completes a prompt: a decoder and a client of a server read `prompt::messages` and nothing else, one that quotes the
///     sources reads those too;
///  3. tells each piece of its text as it is made, `c.emit(text_delta{piece})`, and ends with `finish_reason::stopped` where that
///     gives false. The pieces concatenate to the text that it gives.
template <class M>
concept language_model =
    token_counter<M> && requires(const M& m, const prompt& p, const completion_options& with, context& c) {
        { m.complete(p, with, c) } -> std::same_as<result<completion>>;
    };

} // namespace graft::inline GRAFT_ABI
