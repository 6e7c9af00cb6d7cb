// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/random.hpp>
#include <graft/schema/embedder.hpp>
#include <graft/simd/element.hpp>

#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

// Vectors to put into an index, and what every index must survive.

namespace test {

/// Rows in clusters, as texts are, with scattered ids in no order.
struct cloud {
    graft::matrix<float>         rows;
    std::vector<graft::chunk_id> ids;

    cloud(std::size_t n, std::size_t dims, std::uint64_t seed, std::size_t clusters = 20) : rows(n, dims), ids(n) {
        graft::counter_random r(seed);
        graft::matrix<float>  centres(clusters, dims);
        for (float& x : centres.flat()) x = r.unit() - .5f;
        for (std::size_t i = 0; i < n; ++i) {
            const auto centre = centres.row(r.below(clusters));
            for (std::size_t j = 0; j < dims; ++j) rows.row(i)[j] = centre[j] + .7f * (r.unit() - .5f);
            ids[i] = graft::chunk_id{10 + 7 * i};
        }
        r.shuffle(std::span(ids));
    }
    [[nodiscard]] std::vector<graft::vector_view> views() const {
        std::vector<graft::vector_view> out;
        for (std::size_t i = 0; i < rows.rows(); ++i) out.push_back(rows.row(i));
        return out;
    }
    /// Query i: a row, so that it lies where the rows do.
    [[nodiscard]] graft::vector_view query(std::size_t i) const { return rows.row(i * 97 % rows.rows()); }
};

/// Stored half-precision vectors, [n, dims].
inline graft::matrix<float> half_rows(const std::filesystem::path& file, std::size_t dims) {
    const std::string    bytes = slurp(file);
    graft::matrix<float> out(bytes.size() / 2 / dims, dims);
    for (std::size_t i = 0; i < out.flat().size(); ++i) {
        std::uint16_t half = 0;
        std::memcpy(&half, bytes.data() + 2 * i, 2);
        out.flat()[i] = graft::widen(static_cast<graft::f16_code>(half));
    }
    return out;
}

template <class Index>
void learn(Index& index, const cloud& c) {
    auto d = index.begin();
    REQUIRE(d.add(c.ids, c.views()));
    REQUIRE(d.prepare());
    index.commit(std::move(d));
}

template <class Index>
std::vector<std::byte> saved(const Index& index) {
    graft::byte_writer out;
    index.save(out);
    return out.take();
}

struct tried {
    std::size_t all = 0, refused = 0;
};

/// Loads the bytes cut short and with single bits flipped; whatever still loads must still be searchable. A sanitizer watches.
template <class Index>
tried survives(const std::vector<std::byte>& bytes, graft::vector_view q) {
    tried      out;
    const auto attempt = [&](std::span<const std::byte> broken) {
        graft::byte_reader in(broken, "broken");
        auto               index = Index::load(in);
        ++out.all;
        if (!index || !in.finish()) {
            ++out.refused;
            return false;
        }
        graft::context w;
        const auto     hits = index->search(q.first(std::min(q.size(), index->dims())), 5, graft::keep_all{}, w);
        if (hits) CHECK(hits->size() <= index->size());
        return true;
    };
    for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 200)
        CHECK_FALSE(attempt(std::span(bytes).first(n)));
    graft::counter_random  r(1);
    std::vector<std::byte> copy(bytes);
    for (std::size_t i = 0; i < 2000; ++i) {
        const std::size_t at  = i < 400 ? i / 2 % bytes.size() : r.below(bytes.size()); // the head twice, then anywhere
        const auto        bit = std::byte{1} << (i < 400 ? (i % 2 == 0 ? 0 : 7) : r.below(8));
        copy[at] ^= bit;
        attempt(copy);
        copy[at] ^= bit;
    }
    return out;
}

} // namespace test
