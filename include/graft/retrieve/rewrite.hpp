// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/retrieve/rewrite_check.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a rewriter is told, where it is tuned and where it is asked.
inline constexpr std::string_view rewriting_instruction = "Write what the user means to ask as one clear question.";

/// How questions are rewritten.
struct rewrite_params {
    static constexpr std::string_view line_end[] = {"\n"};

    std::string_view   instruction = rewriting_instruction; ///< the system's turn; empty: none
    completion_options with        = {.max_tokens = 96, .stop = line_end};
    float              growth      = 1.5f; ///< a rewriting may have so many times the characters of the question,
    std::size_t        room        = 32;   ///< and so many more
    bool               checked     = true; ///< numbers and names are looked after: see `rewrite_verdict`
};

/// Told to the listener of the context for each question.
struct query_rewritten {
    std::string_view original = {};
    std::string_view text     = {}; ///< what the model wrote, its first line
    rewrite_verdict  verdict  = rewrite_verdict::unchanged;
};

/// A question as a rewriter is asked it: the instruction, the turns before, the question.
[[nodiscard]] inline prompt rewriting_prompt(const query& q, std::string_view instruction, arena& a) {
    std::size_t pieces = 2;
    for (const message& turn : q.history) pieces += turn.segments.size();
    auto        segments = a.take<segment>(pieces);
    auto        turns    = a.take<message>(q.history.size() + 2);
    std::size_t s = 0, t = 0;
    const auto  say = [&](speaker from, std::span<const segment> what) {
        std::copy(what.begin(), what.end(), segments.begin() + static_cast<std::ptrdiff_t>(s));
        turns[t++] = {from, segments.subspan(s, what.size())};
        s += what.size();
    };
    const segment told{instruction, true, 0}, asked{q.text, false, 0};
    if (!instruction.empty()) say(speaker::system, {&told, 1});
    for (const message& turn : q.history) say(turn.from, turn.segments);
    say(speaker::user, {&asked, 1});
    return {.asked = q, .segments = segments.first(s), .messages = turns.first(t)};
}

/// The stage that lets a language model say a question again before it is searched: what is spoken, corrected or asked behind other turns, as one that stands
/// alone. Made by `rewrite`.
///
/// Gives    the question with the new `text`, and the old one as its `original`; what was learned of the old words is dropped, filter and history stay. The question as it
///          is where the rewriting says nothing or the same, is much longer, has lost the numbers or names, or has new ones; a blank one is not rewritten.
/// Tells    the listener `query_rewritten`; what the model tells is not heard, as it is no answer.
/// Borrows  the model; its answer, the context.
/// Fails    when the model does.
template <language_model M>
struct rewriting {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "rewrite";

    stored<M>      model;
    rewrite_params with = {};

    [[nodiscard]] result<query> operator()(const query& q, context& c) const {
        if (trimmed(q.text).empty()) return q;
        const prompt p    = rewriting_prompt(q, with.instruction, c);
        const auto   made = [&] {
            const silence quiet(c);
            return model->complete(p, with.with, c);
        }();
        if (!made) return made.error();
        return taken(q, *made, c);
    }

    /// Many questions at once, of a model that writes several texts side by side; each as one by one.
    [[nodiscard]] std::vector<result<query>> run_each(std::span<const query> in, context& c) const
        requires requires(const M& m, const std::span<const prompt>& all, const completion_options& how,
                          context& in_c) {
            { m.complete_each(all, how, in_c) } -> std::same_as<std::vector<result<completion>>>;
        }
    {
        std::vector<prompt> asked;
        for (const query& q : in)
            if (!trimmed(q.text).empty()) asked.push_back(rewriting_prompt(q, with.instruction, c));
        const auto made = [&] {
            const silence quiet(c);
            return model->complete_each(std::span<const prompt>(asked), with.with, c);
        }();
        std::vector<result<query>> out;
        std::size_t                next = 0;
        for (const query& q : in) {
            if (trimmed(q.text).empty()) {
                out.emplace_back(q);
                continue;
            }
            const result<completion>& one = made[next++];
            if (one) out.emplace_back(taken(q, *one, c));
            else out.emplace_back(one.error());
        }
        return out;
    }

private:
    /// While it lives nobody hears.
    struct silence {
        context&     in;
        listener_ref outer;
        explicit silence(context& c) : in(c), outer(c.listener) { in.listener = {}; }
        silence(const silence&)            = delete;
        silence& operator=(const silence&) = delete;
        ~silence() { in.listener = outer; }
    };
    [[nodiscard]] static std::string_view trimmed(std::string_view text) noexcept {
        constexpr std::string_view blanks = " \t\r\n";
        const auto                 begin  = std::min(text.find_first_not_of(blanks), text.size());
        return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
    }
    [[nodiscard]] rewrite_verdict judged(const query& q, const completion& made, std::string_view text) const {
        if (made.finish != finish_reason::end) return rewrite_verdict::unfinished;
        if (text.empty()) return rewrite_verdict::empty;
        if (text == trimmed(q.text)) return rewrite_verdict::unchanged;
        const double most = static_cast<double>(with.growth) * static_cast<double>(unicode::count_scalars(q.text)) +
                            static_cast<double>(with.room);
        if (static_cast<double>(unicode::count_scalars(text)) > most) return rewrite_verdict::longer;
        return with.checked ? detail::check_rewriting(q.text, q.history, text) : rewrite_verdict::rewritten;
    }
    [[nodiscard]] query taken(const query& q, const completion& made, context& c) const {
        std::string_view text = trimmed(made.text);
        text                  = trimmed(text.substr(0, text.find('\n')));
        const auto verdict    = judged(q, made, text);
        (void)c.emit(query_rewritten{q.text, text, verdict});
        if (verdict != rewrite_verdict::rewritten) return q;
        query out    = text;
        out.original = q.original.empty() ? q.text : q.original;
        out.history  = q.history;
        out.only = q.only, out.narrowed = q.narrowed, out.among = q.among;
        return out;
    }
};

/// Lets a language model, tuned or told, say each question again: `rewrite(model) | hybrid(…) | …`.
template <language_model M>
[[nodiscard]] constexpr auto rewrite(const M& model, rewrite_params with = {}) {
    return rewriting<M>{stored<M>{model}, with};
}
template <language_model M, class Why = typename a_temporary<M>::would_dangle__give_it_a_name>
    requires(!std::copy_constructible<M>)
void rewrite(const M&&, rewrite_params = {}) = delete;

namespace flow {
using graft::rewrite;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
