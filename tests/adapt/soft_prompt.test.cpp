// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/prefix.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace graft;

TEST_CASE("virtual tokens begin normal, from a seed, or at zero") {
    const auto one = soft_prompt<float>::make(65, {.tokens = 301, .spread = .5, .seed = 3}).value();
    CHECK(one.tokens() == 301);
    CHECK(one.width() == 65);
    double sum = 0, square = 0, fourth = 0;
    for (const float x : one.rows.flat()) {
        const double d = static_cast<double>(x) / .5;
        sum += d, square += d * d, fourth += d * d * d * d;
    }
    const auto n = static_cast<double>(one.parameters());
    CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
    CHECK(std::abs(square / n - 1) < 5 * std::sqrt(2 / n));
    CHECK(std::abs(fourth / n - 3) < 5 * std::sqrt(96 / n));
    const auto again = soft_prompt<float>::make(65, {.tokens = 301, .spread = .5, .seed = 3}).value();
    CHECK(std::ranges::equal(one.rows.flat(), again.rows.flat()));
    const auto other = soft_prompt<float>::make(65, {.tokens = 301, .spread = .5, .seed = 4}).value();
    CHECK_FALSE(std::ranges::equal(one.rows.flat(), other.rows.flat()));
    const auto zero = prefix<double>::make(3, 8, {.tokens = 5, .spread = 0}).value();
    CHECK(std::ranges::all_of(zero.rows.flat(), [](double x) { return x == 0; }));
    for (const virtual_token_params p : {virtual_token_params{.tokens = 0},
                                         {.spread = -1},
                                         {.spread = std::numeric_limits<double>::infinity()},
                                         {.spread = std::nan("")}}) {
        CHECK(soft_prompt<float>::make(8, p).error().what == fault::bad_argument);
        CHECK(prefix<float>::make(2, 8, p).error().what == fault::bad_argument);
    }
}

TEST_CASE("a prefix's row is its keys and values by layer") {
    auto p = prefix<float>::make(3, 4, {.tokens = 2, .seed = 1}).value();
    CHECK(p.width() == 4);
    CHECK(p.parameters() == 2 * 3 * 2 * 4);
    for (std::size_t l = 0; l < 3; ++l)
        for (std::size_t i = 0; i < 2; ++i) {
            CHECK(p.keys(l, i).data() == p.rows.row(i).data() + 8 * l);
            CHECK(p.values(l, i).data() == p.rows.row(i).data() + 8 * l + 4);
            CHECK(std::as_const(p).values(l, i).size() == 4);
        }
}

namespace {

template <class T>
void check_saved(const T& it, const T& other) {
    byte_writer to;
    it.save(to);
    auto        bytes = to.take();
    byte_reader from(bytes);
    const auto  back = T::load(from);
    REQUIRE(back);
    REQUIRE(from.finish());
    CHECK(std::ranges::equal(back->rows.flat(), it.rows.flat()));
    CHECK(back->rows.rows() == it.rows.rows());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        byte_reader part(std::span<const std::byte>(bytes).first(n));
        CHECK_FALSE(T::load(part));
    }
    // A byte that is another is refused, or gives what is sound.
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const int bit : {0, 3, 7}) {
            auto wrong = bytes;
            wrong[i] ^= static_cast<std::byte>(1 << bit);
            byte_reader it_is(wrong);
            if (const auto got = T::load(it_is)) {
                CHECK(got->rows.flat().size() == it.rows.flat().size());
                CHECK(all_finite(std::span<const float>(got->rows.flat())));
            }
        }
    byte_writer none;
    other.save(none);
    const auto  few = none.take();
    byte_reader at(few);
    CHECK(T::load(at).value().tokens() == 0);
}

} // namespace

TEST_CASE("saved and loaded they are the same; what is cut or wrong is refused") {
    check_saved(soft_prompt<float>::make(5, {.tokens = 3}).value(), soft_prompt<float>{});
    check_saved(prefix<float>::make(2, 4, {.tokens = 3}).value(), prefix<float>{});
    const auto  two = prefix<float>::make(2, 4, {.tokens = 3}).value();
    byte_writer to;
    two.save(to);
    auto        bytes = to.take();
    byte_reader foreign(bytes);
    CHECK(soft_prompt<float>::load(foreign).error().what == fault::foreign);
    auto bad           = two;
    bad.rows.data()[7] = std::numeric_limits<float>::quiet_NaN();
    byte_writer wrong;
    bad.save(wrong);
    bytes = wrong.take();
    byte_reader from(bytes);
    CHECK(prefix<float>::load(from).error().what == fault::not_finite);
    bad = two, bad.layers = 5; // 16 numbers are not five layers'
    byte_writer odd;
    bad.save(odd);
    bytes = odd.take();
    byte_reader at(bytes);
    CHECK(prefix<float>::load(at).error().what == fault::malformed);
}
