// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// An index of vectors and one question: what tests/cost.sh compiles.

#include <graft/base/random.hpp>
#include <graft/index/flat.hpp>

#include <cstdio>
#include <vector>

using namespace graft;

int main() {
    constexpr std::size_t rows = 5000, dims = 96;
    counter_random        r(1);
    matrix<float>         vectors(rows, dims);
    for (float& x : vectors.flat()) x = r.unit() - .5f;
    std::vector<chunk_id>    ids;
    std::vector<vector_view> each;
    for (std::size_t i = 0; i < rows; ++i) ids.push_back(chunk_id{i + 1}), each.push_back(vectors.row(i));

    flat<cosine> index(dims);
    auto         draft = index.begin();
    draft.add(ids, each).value();
    draft.prepare().value();
    index.commit(std::move(draft));

    context w;
    for (const hit& h : index.search(vectors.row(17), 3, w).value())
        std::printf("%llu  %.3f\n", static_cast<unsigned long long>(h.id), static_cast<double>(h.score));
}
