// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/eval/splits.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <vector>

using namespace graft;

TEST_CASE("splits: folds are even, and each item is judged once") {
    for (const std::size_t n : {5u, 6u, 99u, 1000u})
        for (const std::uint32_t k : {1u, 2u, 5u}) {
            const auto f = folds(n, k, 3);
            REQUIRE(f);
            REQUIRE(f->size() == n);
            std::vector<int> judged(n, 0);
            for (std::uint32_t fold = 0; fold < k; ++fold) {
                const split s = leave_out(*f, fold);
                CHECK(s.train.size() + s.test.size() == n);
                CHECK((s.test.size() == n / k || s.test.size() == n / k + 1));
                std::set<std::size_t> both(s.train.begin(), s.train.end());
                for (const std::size_t i : s.test) {
                    ++judged[i];
                    CHECK(both.insert(i).second);
                }
            }
            CHECK(judged == std::vector<int>(n, 1));
        }
    CHECK(folds(4, 0).error().what == fault::bad_argument);
    CHECK(folds(4, 5).error().what == fault::no_input);
}

TEST_CASE("splits: the same for a seed, others for another") {
    // Written down once: a change of these would change every published figure.
    CHECK(*folds(8, 3, 1) == *folds(8, 3, 1));
    CHECK(*folds(100, 5, 1) != *folds(100, 5, 2));
    CHECK(hold_out(100, .2, 1)->test == hold_out(100, .2, 1)->test);
    CHECK(hold_out(100, .2, 1)->test != hold_out(100, .2, 2)->test);
    CHECK(*folds(10, 2, 0) == std::vector<std::uint32_t>{1, 0, 1, 0, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("splits: groups stay together and folds stay even") {
    counter_random random(1);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::uint64_t> groups(50 + random.below(200));
        for (auto& g : groups) g = random.below(20) * 1000003;
        const auto f = folds(groups, 4, static_cast<std::uint64_t>(round));
        REQUIRE(f);
        std::map<std::uint64_t, std::uint32_t> home;
        std::map<std::uint64_t, std::size_t>   size;
        std::size_t                            full[4] = {}, greatest = 0;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            CHECK(home.emplace(groups[i], (*f)[i]).first->second == (*f)[i]);
            greatest = std::max(greatest, ++size[groups[i]]);
            ++full[(*f)[i]];
        }
        CHECK(*std::max_element(full, full + 4) - *std::min_element(full, full + 4) <= greatest);

        const auto s = hold_out(groups, .25, static_cast<std::uint64_t>(round));
        REQUIRE(s);
        CHECK(!s->train.empty());
        CHECK(!s->test.empty());
        std::set<std::uint64_t> judged;
        for (const std::size_t i : s->test) judged.insert(groups[i]);
        for (const std::size_t i : s->train) CHECK(judged.count(groups[i]) == 0);
        CHECK(s->train.size() + s->test.size() == groups.size());
        const auto wanted = static_cast<double>(groups.size()) * .25;
        CHECK(std::abs(static_cast<double>(s->test.size()) - wanted) <= static_cast<double>(greatest));
    }
    const std::vector<std::uint64_t> one(10, 5);
    CHECK(folds(one, 2).error().what == fault::no_input);
    CHECK(hold_out(one, .5).error().what == fault::no_input);
}

TEST_CASE("splits: held out") {
    for (const std::size_t n : {2u, 3u, 10u, 1000u}) {
        const auto s = hold_out(n, .2, 7);
        REQUIRE(s);
        CHECK(s->test.size() == std::max<std::size_t>(1, static_cast<std::size_t>(.2 * static_cast<double>(n) + .5)));
        CHECK(s->train.size() + s->test.size() == n);
        CHECK(std::is_sorted(s->test.begin(), s->test.end()));
        CHECK(std::is_sorted(s->train.begin(), s->train.end()));
    }
    CHECK(hold_out(2, .99)->train.size() == 1);
    CHECK(hold_out(1, .5).error().what == fault::no_input);
    for (const double bad : {0., 1., -1., 2.}) CHECK(hold_out(10, bad).error().what == fault::bad_argument);
}
