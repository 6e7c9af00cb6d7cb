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
///     auto ask = kb.retrieve() | threshold{} | prompt_from(kb.chunks(), plain_prompt(), model) | attributed(model);
///
/// A sentence that the model marked itself stays as it is; so does one of which no source holds `least` of the weight of its words: it is
/// not of the sources, and nothing cites it. `answering` checks the marks like any others: `citation::verified`.
/// Gives    the model's text with marks put in behind sentences, told as it is made: the end of a sentence waits until it is certain.
/// Borrows  the model, if it cannot be copied
/// Costs    one analysis of the sources for each sentence.
template <language_model M>
class attributed {
    stored<M> model_;
    float     least_;

    /// Stands between the model and the listener of the context.
    struct ear {
        context       mine;
        context&      in;
        const prompt& of;
        float         least;
        arena_text    text;      // as it is told
        std::size_t   from = 0;  // of the sentence that is being written
        arena_text    sentence;  // as the model wrote it
        std::size_t   told  = 0; // of it
        bool          go_on = true;
        listener_ref  outer = in.listener;

        ear(context& c, const prompt& p, float bar) : in(c), of(p), least(bar), text(mine, 256), sentence(mine, 256) {
            in.listener = listener_ref::between<text_delta>(*this);
        }
        ear(const ear&)            = delete;
        ear& operator=(const ear&) = delete;
        ~ear() { in.listener = outer; }

        bool operator()(const text_delta& piece) {
            sentence.append(piece.text);
            for (;;) { // a sentence is over where another has begun
                const std::string_view all = sentence.text();
                const std::size_t      end = all.empty() ? 0 : detail::next_sentence(all, 0, all.size());
                if (end == all.size()) break;
                finish(all.substr(0, end));
                const std::size_t rest = all.size() - end;
                std::copy(all.begin() + static_cast<std::ptrdiff_t>(end), all.end(), sentence.items().begin());
                sentence.shorten(rest);
                told = 0;
            }
            const std::string_view all  = sentence.text();
            std::size_t            sure = all.size(); // what a mark cannot come before
            while (sure > told && !is_inside(static_cast<unsigned char>(all[sure - 1]))) --sure;
            tell(all.substr(told, sure - told));
            told = sure;
            return go_on;
        }
        /// The model has ended.
        void end() {
            if (sentence.size() > 0) finish(sentence.text());
            sentence.clear();
        }

    private:
        /// Letters and digits; a byte of another script may be a full stop.
        [[nodiscard]] static bool is_inside(unsigned char c) noexcept {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        }
        void tell(std::string_view piece) {
            if (piece.empty() || !go_on) return;
            text.append(piece);
            if (outer) go_on = outer.emit(text_delta{piece});
        }
        /// Tells what is left of a sentence, with a mark where a source holds it.
        void finish(std::string_view all) {
            std::size_t body = all.size();
            while (body > told && static_cast<unsigned char>(all[body - 1]) <= ' ') --body;
            tell(all.substr(told, body - told));
            if (const std::uint32_t mark = source_of(all.substr(0, body)); mark > 0) {
                char        room[16];
                std::size_t n      = 0;
                room[n++]          = ' ';
                room[n++]          = '[';
                std::uint32_t unit = 1;
                while (mark / unit >= 10) unit *= 10;
                for (; unit > 0; unit /= 10) room[n++] = static_cast<char>('0' + mark / unit % 10);
                room[n++] = ']';
                tell({room, n});
            }
            tell(all.substr(body));
        }
        /// The source that holds most of a sentence; 0: none holds enough, or the sentence has a mark.
        [[nodiscard]] std::uint32_t source_of(std::string_view said) {
            detail::mark_reader marks(static_cast<std::uint32_t>(of.sources.size()));
            bool                marked = false;
            marks.feed(said, [&](const detail::mark_at&) { marked = true; });
            if (marked) return 0;
            const arena::scope scratch(mine);
            detail::unit_worth worth(said, {}, {}, analyzer{}, mine);
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
        const std::string_view text = listens.text.text();
        const auto             room = a.take_raw<char>(text.size());
        std::copy(text.begin(), text.end(), room.begin());
        made.text   = {room.data(), room.size()};
        made.quotes = {};
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
