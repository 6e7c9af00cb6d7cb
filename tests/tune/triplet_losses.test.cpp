// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/triplet_losses.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

namespace {

struct rows {
    matrix<double> a, p, n, da, dp, dn;

    rows(matrix<double> anchor, matrix<double> positive, matrix<double> negative)
        : a(std::move(anchor)), p(std::move(positive)), n(std::move(negative)), da(a.rows(), a.dims()),
          dp(a.rows(), a.dims()), dn(a.rows(), a.dims()) {}
    triplet_rows<double> all() { return {a.view(), p.view(), n.view(), da.view(), dp.view(), dn.view()}; }
};

} // namespace

TEST_CASE("triplets and margins: the reference's loss and gradients") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    const auto all = test::reference_tensors(file);
    for (const std::string name : {"triplet", "margin_mse"}) {
        CAPTURE(name);
        const bool   margin = name == "margin_mse";
        const auto   of     = [&](const std::string& part) { return all.at(name + "." + part); };
        const char*  anchor = margin ? "query" : "anchor";
        rows         r(of(anchor).as<double>(), of("positive").as<double>(), of("negative").as<double>());
        const double loss =
            margin ? margin_mse<double>(r.all(), of("labels").list<double>()) : triplet_loss(r.all(), 5);
        CHECK(std::abs(loss / of("y").values[0] - 1) < 1e-10);
        CHECK(test::difference(r.da, of(std::string("d") + anchor)) < 1e-10);
        CHECK(test::difference(r.dp, of("dpositive")) < 1e-10);
        CHECK(test::difference(r.dn, of("dnegative")) < 1e-10);
    }
}

TEST_CASE("the gradients are those of the differences; a triplet that is far enough apart has none") {
    rows r(test::random_matrix<double>(4, 5, 1), test::random_matrix<double>(4, 5, 2),
           test::random_matrix<double>(4, 5, 3));
    for (std::size_t d = 0; d < 5; ++d) r.n.row(2)[d] += 50; // far away
    const std::vector<double> labels{1, -2, .5, 0};
    for (const bool margin : {false, true}) {
        const auto value = [&] { return margin ? margin_mse<double>(r.all(), labels) : triplet_loss(r.all(), 5); };
        (void)value();
        const matrix<double> ga = r.da, gp = r.dp, gn = r.dn;
        CHECK(test::gradient_error(r.a.flat(), ga.flat(), value) < 1e-8);
        CHECK(test::gradient_error(r.p.flat(), gp.flat(), value) < 1e-8);
        CHECK(test::gradient_error(r.n.flat(), gn.flat(), value) < 1e-8);
        if (margin) continue;
        for (double x : ga.row(2)) CHECK(x == 0);
        for (double x : gn.row(2)) CHECK(x == 0);
    }
}

TEST_CASE("vectors that are one have a loss, and no gradient between them") {
    rows r(matrix<double>(1, 3), matrix<double>(1, 3), matrix<double>(1, 3));
    CHECK(triplet_loss(r.all(), 5) == 5);
    for (const auto* m : {&r.da, &r.dp, &r.dn})
        for (double x : m->flat()) CHECK(x == 0);
}
