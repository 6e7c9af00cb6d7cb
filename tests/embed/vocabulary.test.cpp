// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/embed/vocabulary.hpp>

#include <doctest/doctest.h>

#include <set>
#include <vector>

namespace {

using namespace graft;

std::vector<std::uint64_t> some_terms(std::size_t n, std::uint64_t seed) {
    counter_random          draw(seed);
    std::set<std::uint64_t> terms{0, ~std::uint64_t{0}};
    while (terms.size() < n + 2) terms.insert(draw.below(2) == 0 ? draw.bits64() : draw.below(4 * n));
    return {terms.begin(), terms.end()};
}

} // namespace

TEST_CASE("a vocabulary finds each of its terms and no other") {
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
        const auto       terms = some_terms(n, n + 1);
        const vocabulary words(terms);
        REQUIRE(words.size() == terms.size());
        for (std::size_t i = 0; i < terms.size(); ++i) {
            CHECK(words.find(terms[i]) == i);
            if (i > 0 && terms[i] - terms[i - 1] > 1) CHECK(words.find(terms[i] - 1) == vocabulary::unknown);
        }
    }
    CHECK(vocabulary().find(0) == vocabulary::unknown);
    CHECK(vocabulary(std::vector<std::uint64_t>{}).find(0) == vocabulary::unknown);
}

TEST_CASE("a saved vocabulary comes back, and a spoilt one is refused") {
    const auto       terms = some_terms(40, 3);
    const vocabulary words(terms);
    byte_writer      w;
    words.save(w);
    const auto bytes = w.take();
    {
        byte_reader r(bytes, "words");
        const auto  again = vocabulary::load(r);
        REQUIRE(again);
        CHECK(r.finish());
        CHECK(std::vector(again->terms().begin(), again->terms().end()) == terms);
    }
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        byte_reader r({bytes.data(), n}, "words");
        CHECK(vocabulary::load(r).error().what == fault::truncated);
    }
    for (const auto& bad : {std::vector<std::uint64_t>{3, 3}, std::vector<std::uint64_t>{1, 5, 4}}) {
        w.array(bad);
        const auto  spoilt = w.take();
        byte_reader r(spoilt, "words");
        CHECK(vocabulary::load(r).error().what == fault::malformed);
    }
}
