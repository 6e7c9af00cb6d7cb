// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/random.hpp>
#include <graft/base/result.hpp>
#include <graft/generate/repeated_run.hpp>
#include <graft/generate/sampling.hpp>
#include <graft/generate/token_masks.hpp>
#include <graft/generate/token_text.hpp>
#include <graft/schema/completion.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What one text may become, as far as it has come.
///
/// Borrows  the automaton, the tokens, the arena
class token_language {
    const automaton* language_;
    token_masks      masks_;
    automaton::state at_ = automaton::start();

public:
    token_language(const automaton& language, const sorted_tokens& tokens, arena& a)
        : language_(&language), masks_(tokens, language, a) {}
    [[nodiscard]] token_mask mask(std::span<const token_id> ends) { return masks_.at(at_, ends); }
    void                     put(std::string_view text) noexcept { at_ = language_->run(at_, text); }
};

/// A text while a decoder writes it: draws tokens from logits until there is a reason to end.
///
/// Borrows  all that it is made of, and the arena
class writing {
    arena_list<token_id>         all_; // the prompt's, then its own
    std::size_t                  prompt_, limit_;
    const completion_options*    with_;
    const tokenizer*             words_;
    std::span<const token_id>    ends_;
    token_text                   text_;
    token_language*              language_ = nullptr;
    std::optional<finish_reason> why_;

    static constexpr std::uint64_t purpose = 0x746f6b656e; // of its random numbers

    void end(finish_reason why) {
        why_ = why;
        text_.end();
    }

    [[nodiscard]] token_id drawn(std::span<const float> logits, arena& a) {
        const token_mask   allowed = language_ != nullptr ? language_->mask(ends_) : token_mask{};
        const arena::scope scratch(a);
        const auto&        how = with_->sampling;
        if (how.temperature == 0) return likeliest_token(logits, all_.items(), how.repetition_penalty, allowed, a);
        const auto may = next_tokens(logits, all_.items(), how, allowed, a);
        if (may.empty()) return static_cast<token_id>(logits.size());
        counter_random numbers(with_->seed, purpose);
        numbers.seek(2 * made());
        return draw_token(may, numbers.unit64());
    }

public:
    writing(std::span<const token_id> prompt, std::size_t limit, const completion_options& with, const tokenizer& words,
            std::span<const token_id> ends, arena& a)
        : all_(a, prompt.size() + limit), prompt_(prompt.size()), limit_(limit), with_(&with), words_(&words),
          ends_(ends), text_(words.joining(), with.stop, a) {
        all_.append(prompt);
        if (limit == 0) end(finish_reason::length);
    }
    /// Only what the language allows is drawn; null: all is.
    void hold_to(token_language* language) noexcept { language_ = language; }

    /// Draws the next token, and ends where it is an end, where a stop text is met, where it goes in circles, and at the limit.
    ///
    /// Takes    the logits behind the last token; the number that decides depends on the seed and on how many were drawn
    /// Fails    `absent`: nothing may follow
    [[nodiscard]] result<void> draw(std::span<const float> logits, arena& a) {
        const token_id id = drawn(logits, a);
        if (id >= logits.size()) return error{fault::absent, unit::row, made(), "token that may follow"};
        if (std::find(ends_.begin(), ends_.end(), id) != ends_.end()) return end(finish_reason::end), done;
        all_.push_back(id);
        if (!words_->is_special(id)) {
            if (language_ != nullptr) language_->put(words_->written(id, a));
            text_.put(words_->text_of(id));
        }
        if (text_.ended()) why_ = finish_reason::end;
        else if (made() == limit_) end(finish_reason::length);
        else if (repeated_run(own(), with_->repeats) > 0) end(finish_reason::repeats);
        return done;
    }
    /// The listener has heard enough.
    void stop() noexcept { why_ = finish_reason::stopped; }

    [[nodiscard]] bool          ended() const noexcept { return why_.has_value(); }
    [[nodiscard]] finish_reason reason() const noexcept { return why_.value_or(finish_reason::length); }
    /// Tokens that were drawn and are text.
    [[nodiscard]] std::size_t               made() const noexcept { return all_.size() - prompt_; }
    [[nodiscard]] std::span<const token_id> own() noexcept { return all_.items().subspan(prompt_); }
    /// The last one, as what a model reads next.
    [[nodiscard]] std::span<const token_id> last() noexcept { return all_.items().last(1); }
    /// What can be told, once.
    [[nodiscard]] std::string_view news() noexcept { return text_.news(); }
    /// What was told.
    [[nodiscard]] std::string_view told() const noexcept { return text_.told(); }
};

} // namespace graft::inline GRAFT_ABI::detail
