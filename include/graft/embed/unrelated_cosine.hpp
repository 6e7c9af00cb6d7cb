// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/matrix.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/dot.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace graft::inline GRAFT_ABI {

/// The cosine that an embedder gives to a question and a passage that have nothing to do with each other: .04 of all-MiniLM-L6-v2,
/// .73 of multilingual-e5-small. What a cosine says of support is how far it is above this: `support_model::unrelated`.
///
/// Gives    the mean over ten questions and the nine passages that each is not about, all in English.
/// Costs    20 short texts to encode.
/// Fails    as the embedder; `not_finite`
template <embedder E>
[[nodiscard]] result<double> unrelated_cosine(const E& model, context& c) {
    static constexpr text_view questions[] = {
        {{}, "How long must the dough rest before it is baked?"}, {{}, "Which team won the final in extra time?"},
        {{}, "How is the chain of a bicycle replaced?"},          {{}, "When does the next train to the coast leave?"},
        {{}, "What interest does the bank pay on savings?"},      {{}, "Which plants grow well in the shade?"},
        {{}, "How does the compiler find a missing bracket?"},    {{}, "Who composed the opera about the miller?"},
        {{}, "At what age can a child be vaccinated?"},           {{}, "Why do whales travel so far every year?"}};
    static constexpr text_view passages[] = {{{}, "Cover the dough and let it rest for an hour in a warm place."},
                                             {{}, "The visitors scored twice in extra time and took the cup."},
                                             {{}, "Open the link with a chain tool and push the pin out."},
                                             {{}, "Trains to the coast leave every hour from platform four."},
                                             {{}, "Savings earn two percent a year, paid at the end of December."},
                                             {{}, "Ferns and hostas do well where little sun reaches the bed."},
                                             {{}, "The parser reports the line at which it expected a bracket."},
                                             {{}, "The opera about the miller was first performed in Vienna."},
                                             {{}, "Children receive the first dose at the age of two months."},
                                             {{}, "Whales swim to warm waters to give birth and back to feed."}};
    constexpr std::size_t      n          = std::size(questions);
    static_assert(n == std::size(passages));

    const arena::scope scratch(c);
    const auto room  = [&] { return matrix_view<float>{c.take<float>(n * model.dims()).data(), n, model.dims()}; };
    const auto asked = room(), told = room();
    if (auto ok = detail::encode_questions(model, std::span<const text_view>(questions), asked, c); !ok)
        return ok.error();
    if (auto ok = model.encode(std::span<const text_view>(passages), told, c); !ok) return ok.error();
    const auto norm = [&](std::span<const float> x) { return std::sqrt(static_cast<double>(dot(x, x))); };
    double     sum  = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const double size = norm(asked.row(i)) * norm(told.row(j));
            if (i != j && size > 0) sum += static_cast<double>(dot(asked.row(i), told.row(j))) / size;
        }
    const double mean = sum / static_cast<double>(n * (n - 1));
    if (!std::isfinite(mean)) return error{fault::not_finite, unit::none, 0, "unrelated_cosine"};
    return mean;
}

} // namespace graft::inline GRAFT_ABI
