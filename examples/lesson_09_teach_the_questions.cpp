// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 9: fine-tuning meets retrieval.
//
// Documents are embedded once and never again. A low-rank update on the question side, y = x + scale · B (A x), learns from pairs
// which passages answer which questions. First a case where it gains; then one where it cannot, and keep-best gives the base back.

#include <graft/embed/adapted.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/tune/fit_query_adapter.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

// A small world: customers ask in words that the manual never uses. They stand in the club news, so the embedder knows them.
constexpr const char* things[][2] = {{"printer", "peripheral"}, {"phone", "handset"}, {"screen", "display"},
                                     {"mouse", "pointer"},      {"chair", "seating"}, {"lamp", "luminaire"},
                                     {"door", "entrance"},      {"cup", "vessel"}};
constexpr const char* deeds[][2]  = {{"broken", "defective"},       {"lost", "missing"},       {"new", "procured"},
                                     {"old", "obsolete"},           {"dirty", "contaminated"}, {"loud", "noisy"},
                                     {"stolen", "misappropriated"}, {"wet", "moist"}};

void report(const char* what, const graft::fitted_query_adapter& fit) {
    std::printf("%s: held-out nDCG@10 %.3f, the base has %.3f; kept %s\n", what, fit.ndcg, fit.base_ndcg,
                fit.epoch == 0 ? "the untouched base" : "the tuned adapter");
}

} // namespace

int main() {
    std::vector<std::string>       manual, questions, plain;
    std::vector<graft::query_pair> pairs;
    for (const auto& t : things)
        for (const auto& d : deeds) {
            pairs.push_back({static_cast<std::uint32_t>(questions.size()), static_cast<std::uint32_t>(manual.size())});
            manual.push_back(std::string("form for a ") + d[1] + " " + t[1]);
            questions.push_back(std::string("the ") + t[0] + " is " + d[0]);
            plain.push_back(manual.back());
        }
    for (const auto& t : things) manual.push_back(std::string("news from the ") + t[0] + " club");
    for (const auto& d : deeds) manual.push_back(std::string("news: a poem called ") + d[0]);
    std::vector<graft::chunk> chunks;
    for (const auto& m : manual)
        chunks.push_back({graft::chunk_id{chunks.size() + 1}, graft::document_id{1}, 0, m.size(), {{}, m}, 1});
    const graft::lsa embed = graft::lsa::fit(chunks, {.dims = 32}).value();

    const auto encoded = [&](const std::vector<std::string>& texts) {
        std::vector<graft::text_view> views(texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) views[i].body = texts[i];
        graft::matrix<float> rows(texts.size(), embed.dims());
        graft::context       w;
        embed.encode(views, rows.view(), w).value();
        return rows;
    };
    const auto passages = encoded(manual), asked = encoded(questions), copies = encoded(plain);

    const graft::fit_query_adapter_params how{
        .update = {.rank = 16, .alpha = 16}, .optimiser = {.rate = 1e-2}, .hold_out = .25};
    const auto tuned = graft::fit_query_adapter(graft::training_pairs::make(asked.view(), passages.view(), pairs),
                                                embed.fingerprint(), how)
                           .value();
    report("questions in other words", tuned);

    const auto futile = graft::fit_query_adapter(graft::training_pairs::make(copies.view(), passages.view(), pairs),
                                                 embed.fingerprint(), how)
                            .value();
    report("questions that are the passages", futile);

    // The adapter in use: questions are turned, passages are not, and an index made by `embed` accepts it.
    const auto better = graft::adapted<graft::lsa>::make(embed, tuned.adapter).value();
    std::printf("same fingerprint: %s\n", better.fingerprint() == embed.fingerprint() ? "yes" : "no");
    const graft::lsa other = graft::lsa::fit(chunks, {.dims = 31}).value();
    std::printf("over another embedder: %s\n",
                name(graft::adapted<graft::lsa>::make(other, tuned.adapter).error().what).data());
}
