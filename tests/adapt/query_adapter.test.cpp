// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/query_adapter.hpp>

#include <graft/base/finite.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

using namespace graft;

namespace {
std::vector<std::byte> saved(const query_adapter& a) {
    byte_writer to;
    a.save(to);
    return to.take();
}
result<query_adapter> loaded(std::span<const std::byte> bytes) {
    byte_reader from(bytes, "adapter");
    return query_adapter::load(from);
}
query_adapter some() {
    query_adapter a{lora<float>::make(12, 12, {.rank = 3, .alpha = 6, .seed = 4}).value(), 11, 22, 33};
    a.update.B = test::random_matrix<float>(12, 3, 5);
    return a;
}
} // namespace

TEST_CASE("what was saved is loaded to the bit") {
    const auto a = some();
    const auto b = loaded(saved(a)).value();
    CHECK(b.base == 11);
    CHECK(b.data == 22);
    CHECK(b.seed == 33);
    CHECK(b.update.scale == 2);
    CHECK(std::equal(a.update.A.flat().begin(), a.update.A.flat().end(), b.update.A.flat().begin(),
                     b.update.A.flat().end()));
    CHECK(std::equal(a.update.B.flat().begin(), a.update.B.flat().end(), b.update.B.flat().begin(),
                     b.update.B.flat().end()));
}

TEST_CASE("every truncation is a typed error, and no change of a byte is worse than another number") {
    const auto whole = saved(some());
    for (std::size_t n = 0; n < whole.size(); ++n) CHECK(!loaded(std::span(whole).first(n)));
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            auto bad = whole;
            bad[i] ^= static_cast<std::byte>(1 << bit);
            if (const auto r = loaded(bad)) { // the container's checksum is what finds a flipped float
                CHECK(r->update.rank() == 3);
                CHECK(all_finite(std::span<const float>(r->update.A.flat())));
                CHECK(all_finite(std::span<const float>(r->update.B.flat())));
                CHECK(is_finite(r->update.scale));
            }
        }
    auto a               = some();
    a.update.A.row(1)[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK(loaded(saved(a)).error().what == fault::not_finite);
}
