// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 13: the exact answer, read from fewer bytes.
//
// A search over many vectors is as fast as memory brings them. `flat` reads every row in a smaller format, together with a bound on what
// that format lost, and scores again those few rows that could still be among the best. So the answer is that of the 32-bit rows, to
// the bit; only over 1-bit rows, which have no bound, it is very nearly so.

#include <graft/base/random.hpp>
#include <graft/codes/binary_rows.hpp>
#include <graft/index/flat.hpp>

#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t rows = 5000, dims = 96, best = 10;

/// Vectors in clusters, as those of texts are.
graft::matrix<float> some_vectors(std::size_t n, std::uint64_t seed) {
    graft::counter_random topics(1), r(seed);
    graft::matrix<float>  centres(40, dims), out(n, dims);
    for (float& x : centres.flat()) x = topics.unit() - .5f;
    for (std::size_t i = 0; i < n; ++i) {
        const auto centre = centres.row(r.below(40));
        for (std::size_t j = 0; j < dims; ++j) out.row(i)[j] = centre[j] + r.unit() - .5f;
    }
    return out;
}

/// Asks an index of one format, and holds its answers against `truth`, which the first one fills.
template <graft::row_format F>
void ask(const F& format, std::vector<graft::hit>& truth) {
    const graft::matrix<float>      vectors = some_vectors(rows, 2), questions = some_vectors(100, 3);
    std::vector<graft::chunk_id>    ids;
    std::vector<graft::vector_view> each;
    for (std::size_t i = 0; i < rows; ++i) ids.push_back(graft::chunk_id{i + 1}), each.push_back(vectors.row(i));

    graft::flat<graft::cosine, F> index(dims, {.format = format});
    auto                          draft = index.begin();
    draft.add(ids, each).value();
    graft::context w;
    draft.prepare(w).value();
    index.commit(std::move(draft));

    const auto found = index.each(questions.view(), best, w).value(); // a batch: rows are read once for all questions
    std::vector<graft::hit> hits;
    for (const auto& list : found.of) hits.insert(hits.end(), list.begin(), list.end());
    if (truth.empty()) truth = hits;
    std::size_t same = 0;
    for (std::size_t i = 0; i < hits.size(); ++i) same += hits[i] == truth[i];
    std::printf("%-4.*s  %3zu bytes a row  %5.1f rows scored again for a question  %4zu of %zu hits the same\n",
                static_cast<int>(F::name.size()), F::name.data(), 4 * format.words(dims),
                static_cast<double>(found.rescored) / 100, same, hits.size());
}

} // namespace

int main() {
    std::vector<graft::hit> truth;
    ask(graft::f32_rows{}, truth);
    ask(graft::bf16_rows{}, truth);
    ask(graft::f16_rows{}, truth);
    ask(graft::int8_rows{}, truth);
    ask(graft::binary_rows{}, truth);
}
