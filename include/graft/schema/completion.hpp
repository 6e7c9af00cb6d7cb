// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/sampling.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Where a part of an answer was copied from.
struct quoted_span {
    std::uint32_t mark       = 0; ///< of the source
    std::size_t   begin      = 0; ///< bytes of `sources[mark - 1].from.text.body`
    std::size_t   end        = 0;
    std::size_t   text_begin = 0; ///< bytes of the answer that this quote is, without its mark
    std::size_t   text_end   = 0;
};

/// Why a model ended its text.
enum class finish_reason : std::uint8_t {
    end,     ///< it had no more to say
    length,  ///< the limit of tokens was reached
    stopped, ///< the listener had heard enough
    refused, ///< it declined to answer
    repeats, ///< it went in circles: see `completion_options::repeats`
};

/// What a completion cost, by the model's own counter.
struct token_usage {
    std::size_t prompt     = 0;
    std::size_t completion = 0;
    std::size_t cut        = 0; ///< tokens that were taken out of a prompt too long for the model

    bool operator==(const token_usage&) const = default;
};

/// What a language model gives. One that copies out of the sources says what it quoted, in the order of the text: then
/// nobody has to find its quotes again.
struct completion {
    std::string_view               text   = {};
    finish_reason                  finish = finish_reason::end;
    token_usage                    usage  = {};
    std::span<const quoted_span>   quotes = {};
    std::span<const std::uint32_t> ids    = {}; ///< the tokens that were made, of a model that has them

    template <class F>
    constexpr void each_view(F&& f) {
        f(text, quotes, ids);
    }
};

/// What is asked of a model beside the prompt. A model that does not sample reads `max_tokens` alone.
struct completion_options {
    std::size_t                       max_tokens = 1024;
    sampling_params                   sampling   = {}; ///< as it stands: always the likeliest token
    std::uint64_t                     seed       = 0;
    std::span<const std::string_view> stop       = {}; ///< texts that end the completion, and are not part of it
    /// A text ends that has said the same run of tokens so many times in a row, 48 tokens together at least; 0: it goes on.
    std::size_t repeats = 0;
};

} // namespace graft::inline GRAFT_ABI
