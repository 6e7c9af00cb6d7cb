// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/reading/units.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/simd/dot.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Answers by quoting as `extractive` does, and where nothing shares a word with the question, by quoting the sentence, item or row whose vector is
/// nearest to it: what a question in another language finds, or one in other words.
///
///     auto ask = … | threshold{} | prompt_from(chunks) | nearest_sentences(encoder);
///
/// Borrows  the embedder, if it cannot be copied
/// Costs    where words do not answer: the sentences, items and rows of the sources, the first 64, are encoded.
/// Fails    as `extractive` and the embedder
template <embedder E>
class nearest_sentences {
    stored<E> embed_;

    struct candidate {
        std::size_t      source = 0, begin = 0, end = 0; // bytes of its body
        std::string_view text = {};                      // as a reader sees it
    };

public:
    extractive by_words = {};

    explicit constexpr nearest_sentences(const E& embed, extractive words = {}) : embed_{embed}, by_words(words) {}
    template <class Other>
        requires(!std::copy_constructible<E> && std::same_as<Other, E>)
    explicit nearest_sentences(const Other&&, extractive = {}) = delete;

    [[nodiscard]] std::size_t count(std::string_view text) const noexcept { return by_words.count(text); }

    [[nodiscard]] result<completion> complete(const prompt& p, const completion_options& with, context& c) const {
        result<completion> said = [&] { // its refusal is not told: it may not be the answer
            const struct quiet {
                context&     in;
                listener_ref outer = in.listener;
                explicit quiet(context& of) : in(of) { in.listener = {}; }
                ~quiet() { in.listener = outer; }
            } hush(c);
            return by_words.complete(p, with, c);
        }();
        if (!said) return said.error();
        if (said->finish == finish_reason::refused && !p.sources.empty()) {
            auto near = nearest(p, c);
            if (!near) return near.error();
            if (!near->text.empty()) said = *near;
        }
        if (!c.emit(text_delta{said->text})) said->finish = finish_reason::stopped;
        return said;
    }

private:
    [[nodiscard]] result<completion> nearest(const prompt& p, context& c) const {
        constexpr std::size_t most = 64;
        arena_list<candidate> all(c, most);
        for (std::size_t s = 0; s < p.sources.size(); ++s)
            detail::each_unit(p.sources[s].from, c, [&](const detail::passage_unit& u) {
                using role      = detail::passage_unit::role;
                const bool says = u.what == role::prose || u.what == role::item || u.what == role::row;
                if (says && u.whole && u.text.size() >= 12 && all.size() < most)
                    all.push_back({s, u.begin, u.end, u.text});
            });
        if (all.empty()) return completion{};
        const std::size_t n     = all.size();
        const auto        texts = c.take<text_view>(n);
        for (std::size_t i = 0; i < n; ++i) texts[i] = {p.sources[all[i].source].from.text.prefix, all[i].text};
        const auto room = [&](std::size_t rows) {
            return matrix_view<float>{c.take<float>(rows * embed_->dims()).data(), rows, embed_->dims()};
        };
        const auto      rows = room(n), asked = room(1);
        const text_view question[] = {{{}, p.asked.text}};
        if (auto ok = embed_->encode(std::span<const text_view>(texts), rows, c); !ok) return ok.error();
        if (auto ok = detail::encode_questions(*embed_, std::span<const text_view>(question), asked, c); !ok)
            return ok.error();
        std::size_t best = 0;
        double      top  = -2;
        for (std::size_t i = 0; i < n; ++i) {
            const double own    = static_cast<double>(dot(rows.row(i), rows.row(i)));
            const double cosine = own > 0 ? static_cast<double>(dot(rows.row(i), asked.row(0))) / std::sqrt(own) : -2;
            if (cosine > top) top = cosine, best = i;
        }
        const candidate& it = all[best];
        arena_text       out(c, 256);
        detail::write_quoted(out, it.text);
        auto quotes = c.take<quoted_span>(1);
        quotes[0]   = {p.sources[it.source].mark, it.begin, it.end, 0, out.size()};
        out.append(" [");
        detail::append_number(out, p.sources[it.source].mark);
        out.push_back(']');
        return completion{out.text(), finish_reason::end, {p.tokens, count(out.text())}, quotes, {}};
    }
};

} // namespace graft::inline GRAFT_ABI
