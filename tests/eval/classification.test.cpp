// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/eval/classification.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

TEST_CASE("accuracy and macro F1 are those of precision and recall, label by label") {
    counter_random r(3);
    for (std::size_t trial = 0; trial < 50; ++trial) {
        const std::size_t          n = 1 + r.below(30), k = 1 + r.below(6);
        std::vector<std::uint32_t> expected, given;
        for (std::size_t i = 0; i < n; ++i) {
            expected.push_back(static_cast<std::uint32_t>(r.below(k)));
            given.push_back(r.below(2) == 0 ? expected.back() : static_cast<std::uint32_t>(r.below(k)));
        }
        double right = 0, sum = 0, met = 0;
        for (std::size_t l = 0; l < k; ++l) {
            double hits = 0, gave = 0, asked = 0;
            for (std::size_t i = 0; i < n; ++i) {
                hits += given[i] == l && expected[i] == l;
                gave += given[i] == l, asked += expected[i] == l;
            }
            right += hits;
            if (gave + asked == 0) continue;
            met += 1;
            if (hits == 0) continue;
            const double precision = hits / gave, recall = hits / asked;
            sum += 2 * precision * recall / (precision + recall);
        }
        const auto got = score_labels(expected, given, k + 2).value();
        CHECK(got.accuracy == doctest::Approx(right / static_cast<double>(n)));
        CHECK(got.macro_f1 == doctest::Approx(sum / met));
    }
}

TEST_CASE("lists that cannot be scored are refused") {
    const std::vector<std::uint32_t> some{0, 1}, more{0, 1, 1};
    CHECK(score_labels(some, more, 2).error().what == fault::wrong_shape);
    CHECK(score_labels({}, {}, 2).error().what == fault::no_input);
    CHECK(score_labels(some, some, 1).error() == error{fault::unknown_id, unit::row, 1, "label"});
}
