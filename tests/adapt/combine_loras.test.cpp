// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/adapt/combine_loras.hpp>
#include <graft/adapt/compress_loras.hpp>
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include "support/gradient.hpp"
#include "support/llama_of.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

using loras = weighted_loras<float>;

lora<float> update_of(std::size_t in, std::size_t out, std::size_t rank, std::uint64_t seed, double alpha = 12) {
    auto l = lora<float>::make(in, out, {.rank = rank, .alpha = alpha, .seed = seed}).value();
    l.B    = test::random_matrix<float>(out, rank, seed + 1);
    return l;
}
/// scale · B A as it is defined, added up in double.
void add_product(const lora<float>& l, double by, matrix<double>& to) {
    for (std::size_t r = 0; r < l.out(); ++r)
        for (std::size_t i = 0; i < l.in(); ++i)
            for (std::size_t k = 0; k < l.rank(); ++k)
                to.row(r)[i] += by * static_cast<double>(l.scale) * static_cast<double>(l.B.row(r)[k]) *
                                static_cast<double>(l.A.row(k)[i]);
}
matrix<double> product_of(const lora<float>& l) {
    matrix<double> sum(l.out(), l.in());
    add_product(l, 1, sum);
    return sum;
}
double norm(const matrix<double>& m) {
    double sum = 0;
    for (double x : m.flat()) sum += x * x;
    return std::sqrt(sum);
}
double distance(const matrix<double>& a, const matrix<double>& b) {
    matrix<double> d = a;
    for (std::size_t i = 0; i < d.flat().size(); ++i) d.data()[i] -= b.data()[i];
    return norm(d);
}
bool same(const lora<float>& a, const lora<float>& b) {
    return a.scale == b.scale && std::ranges::equal(a.A.flat(), b.A.flat()) &&
           std::ranges::equal(a.B.flat(), b.B.flat());
}
std::size_t zeros(const matrix<float>& m) {
    return static_cast<std::size_t>(std::count(m.flat().begin(), m.flat().end(), 0.f));
}

result<lora_set<float>> combined(std::span<const loras> sets, const combine_loras_params& how = {}) {
    context c;
    return combine_loras<float>(sets, how, c);
}

constexpr combine_by every_kind[] = {combine_by::cat,         combine_by::linear, combine_by::magnitude_prune,
                                     combine_by::dare_linear, combine_by::ties,   combine_by::dare_ties};

} // namespace

TEST_CASE("PEFT's adapters, combined: its factors, its products and its logits") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixture, "fixtures/lora/llama_weighted");
    context     c;
    const auto  m      = test::llama_of(base);
    const auto  a      = load_peft_lora(posix_files{}, (fixture / "a").string(), m).value();
    const auto  b      = load_peft_lora(posix_files{}, (fixture / "b").string(), m).value();
    const auto  io     = test::reference_tensors(fixture / "io.safetensors");
    const loras both[] = {{&a, .7}, {&b, .3}};
    for (const std::string kind : {"cat", "linear", "ties", "svd"}) {
        CAPTURE(kind);
        const auto by  = kind == "cat" ? combine_by::cat : kind == "ties" ? combine_by::ties : combine_by::linear;
        const auto set = kind == "svd" ? compress_loras<float>(both, 4, c).value().set
                                       : combined(both, {.by = by, .density = .5}).value();
        REQUIRE(set.entries.size() == 14);
        double worst = 0;
        for (const auto& e : set.entries) {
            const auto want = [&](const char* part) {
                return io.at(kind + ".base_model.model." + e.name + "." + part + ".weight");
            };
            const auto A = want("lora_A").as<float>(), B = want("lora_B").as<float>();
            REQUIRE(A.rows() == e.update.rank());
            worst =
                std::max(worst, distance(product_of({A, B, 1}), product_of(e.update)) / norm(product_of({A, B, 1})));
            if (kind == "svd") continue;
            // There the scale lies in the factors, in A alone of cat.
            const float in_a = kind == "cat" ? e.update.scale : std::sqrt(e.update.scale), in_b = e.update.scale / in_a;
            float       off = 0;
            for (std::size_t i = 0; i < A.flat().size(); ++i)
                off = std::max(off, std::fabs(A.flat()[i] - in_a * e.update.A.flat()[i]));
            for (std::size_t i = 0; i < B.flat().size(); ++i)
                off = std::max(off, std::fabs(B.flat()[i] - in_b * e.update.B.flat()[i]));
            CHECK_MESSAGE(off < 1e-6f, e.name);
        }
        CHECK(worst < (kind == "svd" ? 1e-5 : 1e-6));
        const auto                 ids    = io.at("probe.ids").list<std::uint32_t>();
        const auto                 want   = io.at(kind + ".logits").as<float>();
        const auto                 beside = lora_beside(m, set).value();
        matrix<float>              z(ids.size(), m.config.vocabulary);
        auto                       cache = m.make_cache();
        const decoder_input<float> in{ids, &cache};
        REQUIRE(m.forward({&in, 1}, logits_of::all, z.view(), c, beside));
        float off = 0;
        for (std::size_t i = 0; i < z.flat().size(); ++i) off = std::max(off, std::fabs(z.flat()[i] - want.flat()[i]));
        CHECK(off < 1e-5f);
    }
}

TEST_CASE("a place of one set with weight 1 is itself to the bit, of every kind, scale and with magnitudes") {
    lora_set<float> one, other;
    one.dropout = .25;
    for (const float scale : {7.f, 0.f, -.7f}) {
        one.entries.push_back({"at " + std::to_string(scale), update_of(9, 6, 3, 1)});
        one.entries.back().update.scale = scale;
    }
    auto& dora = one.entries[1].update;
    dora.m     = test::random_matrix<float>(1, 6, 2);
    dora.norms = test::random_matrix<float>(1, 6, 3);
    other.entries.push_back({"y", update_of(5, 5, 2, 2, .3)});
    const loras both[] = {{&one, 1}, {&other, 1}};
    for (const combine_by kind : every_kind)
        for (const std::size_t n : {1u, 2u}) {
            const auto got = combined(std::span(both).first(n), {.by = kind, .density = 1}).value();
            REQUIRE(got.entries.size() == (n == 1 ? 3 : 4));
            CHECK(got.dropout == .25);
            for (std::size_t i = 0; i < 3; ++i) {
                CHECK(got.entries[i].name == one.entries[i].name);
                CHECK(same(got.entries[i].update, one.entries[i].update));
            }
            CHECK(std::ranges::equal(got.entries[1].update.m.flat(), dora.m.flat()));
            CHECK(std::ranges::equal(got.entries[1].update.norms.flat(), dora.norms.flat()));
            if (n == 2) CHECK(same(got.entries[3].update, other.entries[0].update));
        }
    // What is weighed or pruned does not stay, and of magnitudes there is no sum.
    const loras half[] = {{&one, .5}};
    CHECK(combined(half).error().subject == one.entries[1].name + ": magnitudes");
    for (const combine_by kind : every_kind)
        CHECK(combined(std::span(both).first(1), {.by = kind, .density = .5}).has_value() ==
              (kind == combine_by::cat || kind == combine_by::linear));
}

TEST_CASE("the same bits on any number of threads, and a stop is heard") {
    lora_set<float> a, b;
    for (std::uint64_t i = 0; i < 9; ++i) {
        a.entries.push_back({"x" + std::to_string(i), update_of(16, 12, 3, i)});
        b.entries.push_back({"x" + std::to_string(i), update_of(16, 12, 3, 100 + i)});
    }
    const loras both[] = {{&a, .6}, {&b, -1.5}};
    pool        workers(2);
    for (const combine_by kind : every_kind) {
        context    c{workers};
        const auto alone   = combined(both, {.by = kind, .density = .4, .seed = 3}).value();
        const auto threads = combine_loras<float>(both, {.by = kind, .density = .4, .seed = 3}, c).value();
        for (std::size_t i = 0; i < 9; ++i) CHECK(same(alone.entries[i].update, threads.entries[i].update));
        std::stop_source stop;
        c.stop = stop.get_token();
        stop.request_stop();
        CHECK(combine_loras<float>(both, {.by = kind}, c).error().what == fault::stopped);
    }
}

TEST_CASE("cat is the weighted sum, whatever the ranks, scales, signs and places are") {
    lora_set<float> a, b;
    a.entries.push_back({"x", update_of(20, 12, 3, 1)});
    a.entries.push_back({"only a", update_of(8, 8, 2, 2)});
    b.entries.push_back({"only b", update_of(7, 9, 1, 3)});
    b.entries.push_back({"x", update_of(20, 12, 5, 4, 3)});
    b.entries[1].update.scale = -.7f;
    const loras both[]        = {{&a, .6}, {&b, -1.5}};
    const auto  got           = combined(both).value();
    REQUIRE(got.entries.size() == 3);
    CHECK(got.entries[0].name == "x");
    CHECK(got.entries[1].name == "only a");
    CHECK(got.entries[2].name == "only b");
    CHECK(got.entries[0].update.rank() == 8);
    for (const auto& e : got.entries) {
        matrix<double> want(e.update.out(), e.update.in());
        if (const auto* l = a.find(e.name)) add_product(*l, .6, want);
        if (const auto* l = b.find(e.name)) add_product(*l, -1.5, want);
        CHECK(distance(want, product_of(e.update)) < 1e-6 * norm(want));
    }
}

TEST_CASE("a weight of linear enters the product once, its sign too") {
    lora_set<float> a;
    a.entries.push_back({"x", update_of(10, 8, 3, 1)});
    for (const double weight : {.25, 1., 3., -2.}) {
        const loras    one[] = {{&a, weight}};
        const auto     got   = combined(one, {.by = combine_by::linear}).value();
        matrix<double> want(8, 10);
        add_product(a.entries[0].update, weight, want);
        CHECK(distance(want, product_of(got.entries[0].update)) < 1e-6 * norm(want));
    }
}

TEST_CASE("ties: the largest stay, the sign of the sum or of the most prevails, and those of that sign are averaged") {
    const auto one = [](std::initializer_list<float> row) {
        lora_set<float> set;
        lora<float>     l{matrix<float>(1, row.size()), matrix<float>(6, 1), 1};
        std::copy(row.begin(), row.end(), l.A.data());
        l.B.data()[0] = 1;
        set.entries.push_back({"x", std::move(l)});
        return set;
    };
    // Of each row half stays.             |           |
    const auto  a = one({4, 1, -3, .5f, 0, 2}), b = one({-1, 5, 4, .1f, -2, .2f}), d = one({1, 2, -1, -3, .5f, -.5f});
    const loras all[] = {{&a, 1}, {&b, 1}, {&d, 1}};
    const auto  row   = [](const lora_set<float>& set) {
        const auto r = set.entries[0].update.A.row(0);
        return std::vector<float>(r.begin(), r.end());
    };
    // a keeps 4, -3, 2; b keeps 5, 4, -2; d keeps -3, 2 and, the first of two equals, 1.
    CHECK(row(combined(all, {.by = combine_by::ties}).value()) == std::vector<float>{2.5f, 3.5f, 4, -3, -2, 2});
    CHECK(row(combined(all, {.by = combine_by::magnitude_prune}).value()) == std::vector<float>{5, 7, 1, -3, -2, 2});
    // Of 4, -1, 1 most are above 0; of -3, 4, -1 below.
    CHECK(row(combined(all, {.by = combine_by::ties, .density = 1, .count = true}).value()) ==
          std::vector<float>{2.5f, 8.f / 3, -2, .3f, -2 + 2.5f, 1.1f});
    CHECK(row(combined(all, {.by = combine_by::ties, .density = 1}).value())[2] == 4);
}

TEST_CASE("dare drops by the seed and keeps the mean") {
    lora_set<float> a, b;
    a.entries.push_back({"x", update_of(96, 80, 16, 1)});
    a.entries.push_back({"y", update_of(96, 80, 16, 1)});
    b.entries.push_back({"x", update_of(96, 80, 16, 3)});
    const loras one[] = {{&a, 1}}, both[] = {{&a, 1}, {&b, 1}};
    const auto  with = [&](std::span<const loras> sets, std::uint64_t seed, combine_by by = combine_by::dare_linear) {
        return combined(sets, {.by = by, .density = .3, .seed = seed}).value();
    };
    const auto got = with(one, 5);
    CHECK(same(got.entries[0].update, with(one, 5).entries[0].update));
    CHECK_FALSE(same(got.entries[0].update, with(one, 6).entries[0].update));
    // Places and factors are drawn by themselves.
    CHECK_FALSE(same(got.entries[0].update, got.entries[1].update));
    const auto& l = got.entries[0].update;
    for (const auto& [now, was] : {std::pair{&l.A, &a.entries[0].update.A}, {&l.B, &a.entries[0].update.B}}) {
        const auto   n     = static_cast<double>(now->flat().size());
        const double share = static_cast<double>(zeros(*now)) / n;
        CHECK(std::fabs(share - .7) < 4 * std::sqrt(.21 / n));
        for (std::size_t i = 0; i < now->flat().size(); ++i)
            CHECK((now->flat()[i] == 0 || now->flat()[i] == doctest::Approx(was->flat()[i] / .3f)));
    }
    // What is the same of two places is no pattern.
    std::size_t agree = 0;
    for (std::size_t i = 0; i < l.A.flat().size(); ++i)
        agree += (l.A.flat()[i] == 0) == (got.entries[1].update.A.flat()[i] == 0);
    CHECK(static_cast<double>(agree) / 1536 == doctest::Approx(.58).epsilon(.1));
    CHECK_FALSE(same(with(both, 5).entries[0].update, with(both, 5, combine_by::dare_ties).entries[0].update));
    // The mean over many seeds is the sum of factors.
    matrix<double> mean(16, 96);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const auto s = with(both, seed);
        for (std::size_t i = 0; i < mean.flat().size(); ++i)
            mean.data()[i] += static_cast<double>(s.entries[0].update.A.data()[i]) / 400;
    }
    matrix<double> want(16, 96);
    for (std::size_t i = 0; i < want.flat().size(); ++i)
        want.data()[i] =
            static_cast<double>(a.entries[0].update.A.data()[i]) + static_cast<double>(b.entries[0].update.A.data()[i]);
    CHECK(distance(mean, want) < .12 * norm(want)); // sqrt(.7 / .3 / 400) = .076
}

TEST_CASE("the nearest set of a rank: exact where the rank is enough, what it says is lost where it is not") {
    lora_set<float> a, b;
    a.entries.push_back({"x", update_of(24, 16, 4, 1)});
    a.entries.push_back({"narrow", update_of(24, 5, 4, 2)});
    b.entries.push_back({"x", update_of(24, 16, 6, 3, 2)});
    b.entries.push_back({"narrow", update_of(24, 5, 3, 4)});
    b.entries[1].update.scale = -1.25f;
    const loras both[]        = {{&a, .7}, {&b, -.4}};
    context     c;
    pool        workers(2);
    const auto  sum = [&](const std::string& name) {
        const auto&    first = *a.find(name);
        matrix<double> p(first.out(), first.in());
        add_product(first, .7, p);
        add_product(*b.find(name), -.4, p);
        return p;
    };
    const auto whole = compress_loras<float>(both, 10, c).value();
    CHECK(whole.share < 1e-12);
    CHECK(whole.set.entries[0].update.rank() == 10);
    CHECK(whole.set.entries[1].update.rank() == 5); // seven directions in five rows
    for (const auto& e : whole.set.entries)
        CHECK(distance(sum(e.name), product_of(e.update)) < 1e-6 * norm(sum(e.name)));
    CHECK(combined(both).error().what == fault::rank_too_high);
    CHECK(combined(both).error().subject == "narrow");

    double before = 0;
    for (std::size_t rank = 9; rank > 0; --rank) {
        const auto less = compress_loras<float>(both, rank, c).value();
        double     lost = 0, all = 0;
        for (const auto& e : less.set.entries) {
            CHECK(e.update.rank() == std::min(rank, e.name == "x" ? std::size_t{10} : 5));
            lost += std::pow(distance(sum(e.name), product_of(e.update)), 2), all += std::pow(norm(sum(e.name)), 2);
        }
        CHECK(less.error == doctest::Approx(std::sqrt(lost)).epsilon(1e-4));
        CHECK(less.share == doctest::Approx(std::sqrt(lost / all)).epsilon(1e-4));
        CHECK(less.share > before);
        before = less.share;
        context two;
        two.executor         = workers;
        const auto same_bits = compress_loras<float>(both, rank, two).value();
        for (std::size_t i = 0; i < 2; ++i) CHECK(same(same_bits.set.entries[i].update, less.set.entries[i].update));
    }
    // Of one set it is what `compressed` gives.
    const loras one[] = {{&a, 1}};
    CHECK(same(compress_loras<float>(one, 2, c)->set.entries[0].update, compressed(a.entries[0].update, 2)->update));
}

TEST_CASE("what cannot be combined is refused by name") {
    lora_set<float> a, b;
    a.entries.push_back({"x", update_of(8, 6, 2, 1)});
    b.entries.push_back({"x", update_of(8, 6, 3, 2)});
    loras      both[] = {{&a, 1}, {&b, 1}};
    context    c;
    const auto why = [&](const combine_loras_params& how) { return combined(both, how).error(); };
    CHECK(combined({}).error().what == fault::no_input);
    CHECK(compress_loras<float>(both, 0, c).error().what == fault::rank_too_high);
    for (const double density : {0., -1., 1.01, std::nan(""), HUGE_VAL})
        CHECK(why({.by = combine_by::ties, .density = density}).subject == "density");
    for (const combine_by kind : every_kind)
        if (kind != combine_by::cat) CHECK(why({.by = kind}).what == fault::wrong_shape); // ranks of 2 and 3
    CHECK(why({.by = combine_by::linear}).subject == "x");
    CHECK(why({.by = combine_by::linear}).where == 1);
    const auto both_say = [&](fault what, const char* subject) {
        CHECK(why({}).what == what);
        CHECK(why({}).subject == subject);
        CHECK(compress_loras<float>(both, 2, c).error().what == what);
    };
    for (const double weight : {std::nan(""), HUGE_VAL}) {
        both[1].weight = weight;
        both_say(fault::not_finite, "weight");
    }
    both[1].weight = 1e300;
    CHECK(why({}).what == fault::not_finite); // the sum would be
    both[1].weight = 1;
    b.entries.push_back(b.entries[0]);
    both_say(fault::duplicate_id, "x");
    b.entries.pop_back();
    b.entries[0].update.B.row(1)[0] = std::numeric_limits<float>::infinity();
    both_say(fault::not_finite, "x");
    b.entries[0].update = update_of(9, 6, 2, 1);
    both_say(fault::wrong_shape, "x");
    b.entries[0].update   = update_of(8, 6, 2, 1);
    b.entries[0].update.B = matrix<float>(6, 1);
    both_say(fault::wrong_shape, "x");
    b.entries[0].update = {};
    both_say(fault::wrong_shape, "x");
    b.entries[0].update   = update_of(8, 6, 2, 1);
    b.entries[0].update.m = matrix<float>(1, 6);
    both_say(fault::unsupported, "x: magnitudes");
    b.entries[0].update.m = {};
    b.entries[0].table    = true; // one beside a table, one beside a layer
    both_say(fault::wrong_shape, "x");
    a.entries[0].table = true;
    CHECK(combined(both, {}).value().entries[0].table);
    CHECK(compress_loras<float>(both, 2, c).value().set.entries[0].table);
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    b.entries.clear();
    CHECK(compress_loras<float>(both, 2, c).error().what == fault::stopped);
}
