// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/pair_losses.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

TEST_CASE("cosine error and CoSENT: the reference's loss and gradients") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    const auto all = test::reference_tensors(file);
    for (const std::string name : {"cosine_mse", "cosent"}) {
        CAPTURE(name);
        const auto of = [&](const char* part) { return all.at(name + "." + part); };
        const auto a = of("a").as<double>(), b = of("b").as<double>();
        auto       labels = of("labels").list<double>();
        // CosineSimilarityLoss takes its labels as floats.
        if (name == "cosine_mse")
            for (double& l : labels) l = static_cast<double>(static_cast<float>(l));
        matrix<double> da(a.rows(), a.dims()), db(a.rows(), a.dims());
        const double   loss = name == "cosent" ? cosent<double>(a.view(), b.view(), labels, 20, da.view(), db.view())
                                               : cosine_mse<double>(a.view(), b.view(), labels, da.view(), db.view());
        CHECK(std::abs(loss / of("y").values[0] - 1) < 1e-10);
        CHECK(test::difference(da, of("da")) < 1e-10);
        CHECK(test::difference(db, of("db")) < 1e-10);
    }
}

TEST_CASE("the gradients are those of the differences, equal labels among them") {
    auto                      a = test::random_matrix<double>(5, 4, 1), b = test::random_matrix<double>(5, 4, 2);
    const std::vector<double> labels{.5, 1, .5, 0, .25};
    matrix<double>            da(5, 4), db(5, 4);
    for (const bool order : {false, true}) {
        const auto value = [&] {
            return order ? cosent<double>(a.view(), b.view(), labels, 5, da.view(), db.view())
                         : cosine_mse<double>(a.view(), b.view(), labels, da.view(), db.view());
        };
        (void)value();
        const matrix<double> ga = da, gb = db;
        CHECK(test::gradient_error(a.flat(), ga.flat(), value) < 1e-8);
        CHECK(test::gradient_error(b.flat(), gb.flat(), value) < 1e-8);
    }
}

TEST_CASE("CoSENT counts the order of labels alone, stays finite at any scale, and is silent where all are equal") {
    const auto               a = test::random_matrix<float>(4, 6, 1), b = test::random_matrix<float>(4, 6, 2);
    matrix<float>            da(4, 6), db(4, 6), ea(4, 6), eb(4, 6);
    const std::vector<float> low{0, 1, 2, 3}, high{-7, 10, 1000, 1001}, equal(4, .3f);
    CHECK(cosent<float>(a.view(), b.view(), low, 20, da.view(), db.view()) ==
          cosent<float>(a.view(), b.view(), high, 20, ea.view(), eb.view()));
    CHECK(std::ranges::equal(da.flat(), ea.flat()));
    CHECK(std::isfinite(cosent<float>(a.view(), b.view(), low, 1e6, da.view(), db.view())));
    for (float x : da.flat()) CHECK(std::isfinite(x));
    CHECK(cosent<float>(a.view(), b.view(), equal, 20, da.view(), db.view()) == 0);
    for (float x : da.flat()) CHECK(x == 0);
}
