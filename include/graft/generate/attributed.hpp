// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/prompt/marks.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/reading/unit_worth.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/sentences/sentence.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A language model whose sentences get the mark of the source that holds their words: for models that seldom cite of themselves.
///
///     auto ask = kb.retrieve() | threshold{} | compress(kb.chunks()) | prompt_from(kb.chunks(), plain_prompt(), model) | attributed(model);
///
/// A sentence that the model marked itself stays as it is; so does one of which no source holds `least` of the weight of its words: it is
/// not of the sources, and nothing cites it. `answering` checks the marks like any others: `citation::verified`.
/// Gives    the model's text with marks put in behind sentences, told as it is made: the end of a sentence waits until it is certain.
/// Borrows  the model, if it cannot be copied
/// Costs    one analysis of the sources for each sentence. What goes on for 2,000 bytes without an end is no sentence, and gets no mark.
template <language_model M>
class attributed {
    stored<M> model_;
    float     least_;

    /// Stands between the model and the listener of the context. It reads byte by byte, so that the marks do not depend on how the text
    /// arrives.
    struct ear {
        context       mine;
        context&      in;
        const prompt& of;
        float         least;
        arena_text    said;        // by the model
        arena_text    text;        // the same with marks, as far as nothing can come before it any longer
        std::size_t   from    = 0; // of what was said: the sentence that is being written
        std::size_t   read    = 0; // of what was said: up to here it is in the text
        std::size_t   line    = 0; // of what was said: where its last line begins
        std::size_t   emitted = 0; // of the text
        bool          go_on   = true;
        listener_ref  outer   = in.listener;

        static constexpr std::size_t longest = 2000; // bytes of a sentence that is looked at
        static constexpr std::size_t opening = 8;    // bytes in which a line may turn out to be an item or a row

        ear(context& c, const prompt& p, float bar) : in(c), of(p), least(bar), said(mine, 256), text(mine, 256) {
            in.listener = listener_ref::between<text_delta>(*this);
        }
        ear(const ear&)            = delete;
        ear& operator=(const ear&) = delete;
        ~ear() { in.listener = outer; }

        bool operator()(const text_delta& piece) {
            for (const char byte : piece.text) hear(byte);
            return emit();
        }
        /// The model has ended.
        void end() {
            if (from < said.size()) finish(said.size());
            (void)emit();
        }
        /// What was told.
        [[nodiscard]] std::string_view told() const noexcept { return text.text().substr(0, emitted); }

    private:
        /// Letters and digits; a byte of another script may be a full stop.
        [[nodiscard]] static bool is_inside(char c) noexcept {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        }
        void hear(char byte) {
            const bool begins = said.empty() || !is_inside(said.back());
            said.push_back(byte);
            if (byte == '\n') line = said.size();
            if (begins || !is_inside(byte))
                for (std::size_t end; (end = next_end()) < said.size();) finish(end);
            if (said.size() - from > longest) from = read = take(said.size());
            if (is_inside(byte) && said.size() > line + opening) read = take(said.size());
        }
        /// Where the sentence ends, if another has begun. An end that comes out before what is in the text already goes with the next one.
        [[nodiscard]] std::size_t next_end() const noexcept {
            const std::string_view all = said.text();
            std::size_t            end = from;
            while (end < all.size() && (end == from || end < read)) end = detail::next_sentence(all, end, all.size());
            return end;
        }
        /// Puts what was said into the text, up to `end`.
        std::size_t take(std::size_t end) {
            text.append(said.text().substr(read, end - read));
            return read = end;
        }
        /// Puts the rest of a sentence into the text, and a mark where a source holds it.
        void finish(std::size_t end) {
            const std::string_view all  = said.text();
            std::size_t            body = end;
            while (body > read && static_cast<unsigned char>(all[body - 1]) <= ' ') --body;
            take(body);
            if (const std::uint32_t mark = source_of(all.substr(from, body - from)); mark > 0) {
                text.append(" [");
                detail::append_number(text, mark);
                text.push_back(']');
            }
            from = take(end);
        }
        bool emit() {
            const std::string_view news = text.text().substr(emitted);
            if (news.empty() || !go_on) return go_on;
            emitted = text.size();
            if (outer) go_on = outer.emit(text_delta{news});
            return go_on;
        }
        /// The source that holds most of a sentence; 0: none holds enough, or the sentence has a mark.
        [[nodiscard]] std::uint32_t source_of(std::string_view claim) {
            detail::mark_reader marks(static_cast<std::uint32_t>(of.sources.size()));
            bool                marked = false;
            marks.feed(claim, [&](const detail::mark_at&) { marked = true; });
            if (marked) return 0;
            const arena::scope scratch(mine);
            detail::unit_worth worth(claim, {}, {}, analyzer{}, mine);
            if (worth.asked().content() < .5) return 0; // nothing that could be held
            std::uint32_t best = 0;
            double        most = static_cast<double>(least);
            for (const source& s : of.sources)
                if (const double share = worth.share_of(s.from); share > most || (best == 0 && share >= most))
                    best = s.mark, most = share;
            return best;
        }
    };

public:
    /// Takes    the model; `least` share of a sentence's weight that its source holds, 0 to 1
    explicit constexpr attributed(const M& model, float least = .6f) : model_{model}, least_(least) {}
    template <class Other>
        requires(!std::copy_constructible<M> && std::same_as<Other, M>)
    explicit attributed(const Other&&, float = .6f) = delete;

    [[nodiscard]] std::size_t count(std::string_view text) const { return model_->count(text); }

    /// As the model; its quotes, where it says any, are not kept: the marks say where to look.
    [[nodiscard]] result<completion> complete(const prompt& p, const completion_options& with, context& c) const {
        ear        listens(c, p, least_);
        const auto made = model_->complete(p, with, c);
        if (!made) return made.error();
        return marked(*made, listens, c);
    }
    /// Many prompts at once, where the model can. Nothing is told.
    [[nodiscard]] std::vector<result<completion>> complete_each(std::span<const prompt>   prompts,
                                                                const completion_options& with, context& c) const
        requires requires(const M& m, std::span<const prompt> all, const completion_options& how, context& in) {
            m.complete_each(all, how, in);
        }
    {
        auto out = model_->complete_each(prompts, with, c);
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (!out[i]) continue;
            context nobody;
            ear     reads(nobody, prompts[i], least_);
            (void)reads(text_delta{out[i]->text});
            out[i] = marked(*out[i], reads, c);
        }
        return out;
    }

private:
    [[nodiscard]] static completion marked(completion made, ear& listens, arena& a) {
        listens.end();
        const std::string_view text = listens.told();
        const auto             room = a.take_raw<char>(text.size());
        std::copy(text.begin(), text.end(), room.begin());
        made.text   = {room.data(), room.size()};
        made.quotes = {};
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
