// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/multiple_negatives.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

namespace {

std::vector<contrastive_row> plain(std::size_t n) {
    std::vector<contrastive_row> rows;
    for (std::size_t i = 0; i < n; ++i) rows.push_back({static_cast<std::uint32_t>(i), {}});
    return rows;
}
/// The rows of two matrices, one behind the other.
matrix<double> behind(const matrix<double>& a, const matrix<double>& b) {
    matrix<double> m(a.rows() + b.rows(), a.dims());
    std::copy(a.flat().begin(), a.flat().end(), m.data());
    std::copy(b.flat().begin(), b.flat().end(), m.data() + a.flat().size());
    return m;
}

} // namespace

TEST_CASE("the loss and both gradients are the reference's: in-batch, with hard negatives, both ways") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    const auto all = test::reference_tensors(file);
    for (const std::string name : {"mnrl", "mnrl_hard", "mnrl_symmetric"}) {
        CAPTURE(name);
        const auto     of    = [&](const char* part) { return all.at(name + "." + part); };
        const auto     a     = of("anchor").as<double>();
        const bool     hard  = name == "mnrl_hard";
        matrix<double> cands = of("positive").as<double>();
        if (hard) cands = behind(cands, of("negative").as<double>());
        matrix<double> da(a.rows(), a.dims()), dp(cands.rows(), cands.dims());
        context        c;
        const double   loss = multiple_negatives<double>(a.view(), cands.view(), plain(a.rows()), 20,
                                                         name == "mnrl_symmetric", da.view(), dp.view(), c);
        CHECK(std::abs(loss / of("y").values[0] - 1) < 1e-10);
        CHECK(test::difference(da, of("danchor")) < 1e-10);
        const auto part = [&](std::size_t first) {
            return std::span<const double>(dp.flat()).subspan(first * a.dims(), a.flat().size());
        };
        CHECK(test::difference(part(0), of("dpositive").values) < 1e-10);
        if (hard) CHECK(test::difference(part(a.rows()), of("dnegative").values) < 1e-10);
    }
}

TEST_CASE("hidden and shared candidates: the gradients of both sides are those of the differences") {
    // Anchors 0 and 2 have one target; anchor 1 may not see candidates 0 and 4.
    const std::uint32_t   hidden[] = {0, 4};
    const contrastive_row batch[]  = {{0, {}}, {1, hidden}, {0, {}}};
    for (const bool symmetric : {false, true}) {
        auto           a = test::random_matrix<double>(3, 5, 1), p = test::random_matrix<double>(6, 5, 2);
        matrix<double> da(3, 5), dp(6, 5);
        context        c;
        const auto     value = [&] {
            return multiple_negatives<double>(a.view(), p.view(), batch, 7, symmetric, da.view(), dp.view(), c);
        };
        (void)value();
        const matrix<double> ga = da, gp = dp;
        CHECK(test::gradient_error(a.flat(), ga.flat(), value) < 1e-8);
        CHECK(test::gradient_error(p.flat(), gp.flat(), value) < 1e-8);
    }
}

TEST_CASE("a target that nobody else may see, alone in the batch, costs nothing both ways") {
    const auto    a = test::random_matrix<float>(1, 5, 1), p = test::random_matrix<float>(1, 5, 2);
    matrix<float> da(1, 5), dp(1, 5);
    context       c;
    CHECK(multiple_negatives<float>(a.view(), p.view(), plain(1), 20, true, da.view(), dp.view(), c) == 0);
    for (float x : da.flat()) CHECK(std::abs(x) < 1e-6f);
    for (float x : dp.flat()) CHECK(std::abs(x) < 1e-6f);
}
