// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/reading/asked_words.hpp>
#include <graft/reading/definition.hpp>
#include <graft/reading/units.hpp>
#include <graft/schema/query.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// A unit of a chunk, and what it is worth as an answer.
struct weighed_unit : passage_unit {
    double worth   = 0;     ///< from -.3 to some 2; 1: it holds all that is asked
    double share   = 0;     ///< of the question that it holds by itself
    bool   reached = false; ///< it shares a word with the question, by itself or through what names it
    bool   named   = false; ///< its list or section is asked for, rather than the unit itself
};

/// Reads chunks beside a question: what is each sentence, item or row worth as an answer?
///
/// A unit is worth the share of the question's weight that it holds (`asked_words`), and what its surroundings lend: .4 of the words
/// that only the sentence before has (it may name what "he" or "it" is); of those of the heading or bold line above it .6, less
/// the further below it stands (.45 where the chunk's prefix has it); of those of a question just before it .95; of those of a lead-in
/// to its list .6; of those of the title .25; to a row .6 of those of the names of its columns.
/// The first three below a heading that is what is asked for gain up to .25. Asked *What is X?*, a sentence that says what X is gains up
/// to .45 (`says_what_it_is`), what stands below the heading X .35. Asked for several, items whose list is named gain .4. A lead-in
/// has .7 of its worth; a sentence that only announces loses .3. Headings and questions in the text have none of their own.
/// The constants were set on SQuAD (.4, .25, .6), or by hand on the desk's questions; benchmarks/README.md says so.
/// Borrows  the question and the context.
/// Costs    one analysis of the question; of each chunk one pass and one analysis.
class unit_worth {
    asked_words        asked_;
    std::span<double>  weights_;
    double             total_ = 0;
    float              least_ = 0; // the weight from which a word reaches a unit
    asked_for          form_;
    asked_words::tally seen_;
    std::span<float>   own_, before_, title_, heading_, lead_, head_;

    void hold(std::string_view text, std::span<float> into) {
        asked_.clear(seen_);
        asked_.look(text, seen_);
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = asked_.held(seen_, i);
    }
    [[nodiscard]] double share(std::span<const float> held) const noexcept {
        double sum = 0;
        for (std::size_t i = 0; i < held.size(); ++i) sum += weights_[i] * static_cast<double>(held[i]);
        return total_ > 0 ? sum / total_ : 0;
    }

    /// Whether a word that says something is held.
    [[nodiscard]] bool touched(std::span<const float> held) const noexcept {
        for (std::size_t i = 0; i < held.size(); ++i)
            if (held[i] > 0 && asked_.words()[i].weight >= least_) return true;
        return false;
    }
    /// The share of a heading's letters that belong to words of the question.
    [[nodiscard]] double focus_of(std::span<const float> held, std::string_view heading) const noexcept {
        double letters = 0;
        for (std::size_t i = 0; i < held.size(); ++i) {
            const asked_words::word& x = asked_.words()[i];
            if (held[i] > 0 && x.weight > 0) letters += static_cast<double>(x.end - x.begin);
        }
        return heading.empty() ? 0 : std::min(1., letters / static_cast<double>(heading.size()));
    }

public:
    /// Takes    the question's words as an index knows them, if one does, by the analyser of that index: a word weighs .1 to 1 of what
    ///          it says in general, by its idf.
    template <class Analyser>
    unit_worth(std::string_view question, std::span<const term_weight> terms, std::span<const respelling> respelled,
               const Analyser& analyse, context& w)
        : asked_(question, w, respelled), weights_(w.take<double>(asked_.words().size())),
          form_(what_is_asked(question)), seen_(asked_.begin(w)) {
        const std::size_t n = weights_.size();
        for (auto* part : {&own_, &before_, &title_, &heading_, &lead_, &head_}) *part = w.take<float>(n);
        float most = 0;
        for (const term_weight& t : terms) most = std::max(most, t.weight);
        for (std::size_t i = 0; i < n; ++i) weights_[i] = static_cast<double>(asked_.words()[i].weight);
        if (most > 0) {
            std::size_t at    = 0; // both run through the question
            const auto  weigh = [&](const token& t) {
                while (at < n && asked_.words()[at].end <= t.begin) ++at;
                if (at == n || asked_.words()[at].begin > t.begin) return;
                const auto known =
                    std::find_if(terms.begin(), terms.end(), [&](const term_weight& x) { return x.term == t.term; });
                if (known != terms.end())
                    weights_[at] = static_cast<double>(asked_.words()[at].weight) *
                                   (.1 + .9 * static_cast<double>(known->weight / most));
            };
            if constexpr (requires { analyse.asked(question, weigh); }) analyse.asked(question, weigh);
            else analyse(question, weigh);
        }
        for (const double x : weights_) total_ += x;
        // Stop words reach nothing, unless the question has nothing else that the index looks for.
        float best = 0;
        least_     = .2f;
        for (const asked_words::word& x : asked_.words()) {
            best = std::max(best, x.weight);
            if (x.weight > 0 && x.stem == 0) least_ = .12f; // characters: each is a piece of a word
        }
        if (best < least_) least_ = terms.empty() ? 1.f : best;
    }

    [[nodiscard]] const asked_words& asked() const noexcept { return asked_; }
    [[nodiscard]] asked_for          form() const noexcept { return form_; }

    /// The share of the question that the whole text of a chunk holds, title, headings and code included.
    [[nodiscard]] double share_of(const chunk& c) {
        asked_.clear(seen_);
        asked_.look(c.text.prefix, seen_);
        asked_.look(c.text.body, seen_);
        return asked_.share(seen_);
    }

    /// Calls f(const weighed_unit&) for each unit of the chunk but headings and questions.
    template <class F>
    void read(const chunk& c, context& w, F&& f) {
        if (!(total_ > 0)) return;
        const std::size_t n = weights_.size();
        // The innermost heading stands last in the prefix.
        const std::string_view prefix = c.text.prefix;
        const std::size_t      parted = prefix.rfind(" > ");
        hold(prefix, title_);
        hold(parted == prefix.npos ? prefix : prefix.substr(parted + 3), heading_);
        float         above = .45f, led = 0; // how much heading and lead-in still lend
        double        heading_share = share(heading_), lead_share = 0;
        std::uint32_t led_list = 0;
        double        focus = 0; // how much of the heading just above is asked for, and how much of the question it is
        std::size_t   below = 0; // units since that heading
        std::fill(before_.begin(), before_.end(), 0.f);
        each_unit(c, w, [&](const passage_unit& u) {
            using role = passage_unit::role;
            hold(u.text, own_);
            const double alone = share(own_);
            if (u.what == role::heading || u.what == role::question) {
                // A question that is not the one asked lends its words once and leaves the heading in force.
                const bool names = u.what == role::heading || alone >= .3;
                std::copy_n(own_.begin(), n, names ? heading_.begin() : before_.begin());
                if (names) {
                    heading_share = alone;
                    focus         = alone * focus_of(own_, u.text);
                    below         = 0;
                    above         = u.what == role::question ? .95f : .6f;
                    led           = 0;
                    std::fill(before_.begin(), before_.end(), 0.f);
                } else above = std::min(above, .2f);
                return;
            }
            const bool listed = u.list != 0;
            if (led > 0 && (!listed || (led_list != 0 && led_list != u.list))) led = 0;
            if (led > 0) led_list = u.list;
            if (u.what == role::row) hold(u.head, head_);
            else std::fill(head_.begin(), head_.end(), 0.f);
            double sum = 0;
            for (std::size_t k = 0; k < n; ++k) {
                // A row's text repeats the names of its columns, which are no more its own than its neighbours'.
                const float own = head_[k] > 0 ? std::min(own_[k], .6f) : own_[k];
                sum += weights_[k] * static_cast<double>(std::max({own, .4f * before_[k], .25f * title_[k],
                                                                   above * heading_[k], led * lead_[k]}));
            }
            weighed_unit out{u, sum / total_, alone, false, false};
            out.reached = touched(own_) || (heading_share >= .25 && above >= .3f) || (led > 0 && lead_share >= .25);
            out.named   = listed && alone + .15 < out.worth && (led > 0 ? lead_share : heading_share) >= .4;
            if (alone >= .5 && form_ != asked_for::anything)
                out.worth += says_what_it_is(asked_, weights_, u.text, seen_);
            if (form_ == asked_for::several && out.named) out.worth += .4;
            if (below < 3) out.worth += std::array{.25, .15, .1}[below] * focus;
            // In a glossary the heading is what is asked for, and what stands below says what it is.
            if (form_ == asked_for::definition && below == 0) out.worth += .35 * focus;
            if (out.worth > .2 && announces(u.text)) out.worth -= .3;
            ++below;
            std::copy_n(own_.begin(), n, before_.begin());
            if (u.what == role::lead) {
                out.worth *= .7;
                for (std::size_t k = 0; k < n; ++k) lead_[k] = std::max(own_[k], .6f * heading_[k]);
                lead_share = share(lead_);
                led        = .6f;
                led_list   = 0;
            }
            if (!listed) above = above > .9f ? .55f : std::max(.2f, .8f * above);
            f(static_cast<const weighed_unit&>(out));
        });
    }
};

} // namespace graft::inline GRAFT_ABI::detail
