// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/schema/language_model.hpp>
#include <graft/sentences/sentence.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Answers by quoting as `extractive` does, and where no sentence shares a word with the question, by quoting the sentence whose vector is nearest
/// to it: what a question in another language finds, or one in other words.
///
///     auto ask = … | threshold{} | prompt_from(chunks) | nearest_sentences(encoder);
///
/// Borrows  the embedder, if it cannot be copied
/// Costs    where words do not answer: each sentence of the sources, up to 64, is encoded.
/// Fails    as `extractive` and the embedder
template <embedder E>
class nearest_sentences {
    stored<E> embed_;

    struct candidate {
        std::size_t source = 0, begin = 0, end = 0; // bytes of its body
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
        for (std::size_t s = 0; s < p.sources.size(); ++s) {
            const std::string_view body = p.sources[s].from.text.body;
            each_sentence(body, [&](std::size_t begin, std::size_t end) {
                while (begin < end && static_cast<unsigned char>(body[begin]) <= ' ') ++begin;
                while (end > begin && static_cast<unsigned char>(body[end - 1]) <= ' ') --end;
                const std::string_view one = body.substr(begin, end - begin);
                if (one.size() >= 12 && !one.starts_with('#') && all.size() < most) all.push_back({s, begin, end});
            });
        }
        if (all.empty()) return completion{};
        const std::size_t n     = all.size();
        const auto        texts = c.take<text_view>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const chunk& of = p.sources[all[i].source].from;
            texts[i]        = {of.text.prefix, of.text.body.substr(all[i].begin, all[i].end - all[i].begin)};
        }
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
            double dot = 0, own = 0;
            for (std::size_t d = 0; d < rows.dims; ++d) {
                dot += static_cast<double>(rows.row(i)[d]) * static_cast<double>(asked.row(0)[d]);
                own += static_cast<double>(rows.row(i)[d]) * static_cast<double>(rows.row(i)[d]);
            }
            if (const double cosine = own > 0 ? dot / std::sqrt(own) : -2; cosine > top) top = cosine, best = i;
        }
        const candidate& it = all[best];
        arena_text       out(c, 256);
        out.append(p.sources[it.source].from.text.body.substr(it.begin, it.end - it.begin));
        auto quotes = c.take<quoted_span>(1);
        quotes[0]   = {p.sources[it.source].mark, it.begin, it.end, 0, out.size()};
        out.append(" [");
        detail::append_number(out, p.sources[it.source].mark);
        out.push_back(']');
        return completion{out.text(), finish_reason::end, {p.tokens, count(out.text())}, quotes, {}};
    }
};

} // namespace graft::inline GRAFT_ABI
