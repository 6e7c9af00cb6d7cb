// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/nn/label_head.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace graft;

namespace {

label_head some_head() {
    label_head h{{"red", "", "blue"}, {test::random_matrix<float>(3, 5, 1), test::random_matrix<float>(1, 3, 2)}, 77};
    return h;
}
std::vector<std::byte> bytes_of(const label_head& h) {
    byte_writer to;
    h.save(to);
    return to.take();
}
result<label_head> loaded(std::span<const std::byte> bytes) {
    byte_reader from(bytes, "head");
    return label_head::load(from);
}

} // namespace

TEST_CASE("probabilities are those of the definition, in double") {
    const auto    h = some_head();
    const auto    x = test::random_matrix<float>(4, 5, 3);
    matrix<float> p(4, 3);
    context       c;
    REQUIRE(h.probabilities(x.view(), p.view(), c));
    for (std::size_t i = 0; i < 4; ++i) {
        double z[3], sum = 0;
        for (std::size_t l = 0; l < 3; ++l) {
            z[l] = static_cast<double>(h.layer.b.data()[l]);
            for (std::size_t d = 0; d < 5; ++d)
                z[l] += static_cast<double>(h.layer.W.row(l)[d]) * static_cast<double>(x.row(i)[d]);
            sum += std::exp(z[l]);
        }
        for (std::size_t l = 0; l < 3; ++l)
            CHECK(static_cast<double>(p.row(i)[l]) == doctest::Approx(std::exp(z[l]) / sum).epsilon(1e-6));
    }
}

TEST_CASE("a sum that overflows is an error that names its row") {
    auto          h = some_head();
    matrix<float> x(2, 5), p(2, 3);
    x.row(1)[2]         = std::numeric_limits<float>::max();
    h.layer.W.row(1)[2] = 1e9f;
    context    c;
    const auto why = h.probabilities(x.view(), p.view(), c);
    REQUIRE(!why);
    CHECK(why.error() == error{fault::not_finite, unit::row, 1, "label"});
}

TEST_CASE("saved and read back to the bit; what was cut off or contradicts itself is refused") {
    const auto h     = some_head();
    const auto bytes = bytes_of(h);
    const auto back  = loaded(bytes).value();
    CHECK(back.labels == h.labels);
    CHECK(back.base == 77);
    CHECK(std::ranges::equal(back.layer.W.flat(), h.layer.W.flat()));
    CHECK(std::ranges::equal(back.layer.b.flat(), h.layer.b.flat()));
    for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(loaded(std::span(bytes).first(n)));
    const auto refused = [](auto&& spoil) {
        auto bad = some_head();
        spoil(bad);
        return loaded(bytes_of(bad)).error().what;
    };
    CHECK(refused([](label_head& b) { b.labels[1] = "red"; }) == fault::malformed);
    CHECK(refused([](label_head& b) { b.labels.pop_back(); }) == fault::malformed);
    CHECK(refused([](label_head& b) { b.labels.clear(), b.layer = {}; }) == fault::malformed);
    CHECK(refused([](label_head& b) { b.layer.b = matrix<float>(1, 2); }) == fault::malformed);
    CHECK(refused([](label_head& b) { b.layer.W = matrix<float>(3, 0); }) == fault::malformed);
    CHECK(refused([](label_head& b) { b.layer.b.data()[0] = std::numeric_limits<float>::infinity(); }) ==
          fault::not_finite);
}
