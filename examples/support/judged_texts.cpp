// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "judged_texts.hpp"

#include "judgements.hpp"

#include <graft/base/hash.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>
#include <graft/linalg/product.hpp>
#include <graft/nn/pooling.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

judged_texts::judged_texts(const arguments& args, const console& say)
    : corpus(say.need(read_records(args.text("corpus"), say, refused))),
      queries(say.need(read_records(args.text("queries"), say, refused))) {
    std::unordered_map<std::string, std::uint32_t> document, question;
    for (const record& r : corpus) document.emplace(r.id, static_cast<std::uint32_t>(document.size()));
    for (const record& r : queries) question.emplace(r.id, static_cast<std::uint32_t>(question.size()));
    std::map<std::uint32_t, std::map<std::uint32_t, int>> answers;
    for (const trec_judgement& j : say.need(read_judgements(args.text("qrels")))) {
        if (j.grade < 1) continue;
        const auto q = question.find(j.question), d = document.find(j.document);
        if (q == question.end() || d == document.end()) {
            say.report({fault::unknown_id, unit::none, 0, q == question.end() ? j.question : j.document});
            ++refused;
        } else answers[q->second][d->second] = j.grade;
    }
    for (const auto& [q, of] : answers) {
        judged_question one{q};
        for (const auto& [row, grade] : of) {
            one.answers.push_back(row);
            one.grades.push_back({chunk_id{std::uint64_t{row} + 1}, grade});
        }
        asked.push_back(std::move(one));
    }
}

double judged_texts::draw(const judged_question& q, std::uint64_t seed) const {
    return counter_random(seed, hash64(queries[q.row].text)).unit64();
}

std::vector<std::uint32_t> judged_texts::hard_negatives(const judged_question& q, std::span<const std::uint32_t> ranked,
                                                        std::size_t count, std::uint64_t seed) const {
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t r : ranked.first(std::min<std::size_t>(50, ranked.size())))
        if (std::none_of(q.answers.begin(), q.answers.end(), [&](std::uint32_t a) {
                return a == r || (corpus[a].text == corpus[r].text && corpus[a].title == corpus[r].title);
            }))
            rows.push_back(r);
    counter_random(seed, q.row).shuffle(std::span(rows));
    rows.resize(std::min(rows.size(), count));
    return rows;
}

result<std::vector<std::vector<std::uint32_t>>>
nearest_rows(matrix_view<const float> questions, matrix_view<const float> documents, std::size_t k, context& c) {
    matrix<float> units(documents.rows, documents.dims);
    normalise_rows<float>(documents, units.view());
    std::vector<std::vector<std::uint32_t>> all(questions.rows);
    auto ok = each_block(c, questions.rows, 16, [&](std::size_t first, std::size_t last, context& w) {
        const auto               n = last - first;
        const matrix_view<float> scores{w.take_raw<float>(n * units.rows()).data(), n, units.rows()};
        multiply_abt(questions.middle(first, n), matrix_view<const float>(units.view()), scores);
        std::vector<std::uint32_t> rows(units.rows());
        const auto                 top = rows.begin() + static_cast<std::ptrdiff_t>(std::min(k, rows.size()));
        for (std::size_t q = first; q < last; ++q) {
            const auto of = scores.row(q - first);
            std::iota(rows.begin(), rows.end(), 0u);
            std::partial_sort(rows.begin(), top, rows.end(),
                              [&](std::uint32_t a, std::uint32_t b) { return of[a] != of[b] ? of[a] > of[b] : a < b; });
            all[q].assign(rows.begin(), top);
        }
    });
    if (!ok) return ok.error();
    return all;
}

} // namespace tool
