// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/llama_pissa.hpp>
#include <graft/models/peft.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/labelled_batch.hpp>
#include <support/llama_of.hpp>
#include <support/reference.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

using namespace graft;

namespace {

matrix<float> rows_of(const llama<float>& m, std::size_t layer, std::size_t which) {
    const auto&   w = detail::llama_matrices<llama<float>::layer>[which].weight(m.layers[layer]);
    matrix<float> all(w.out(), w.in());
    for (std::size_t r = 0; r < all.rows(); ++r) w.W.row(r, all.row(r));
    return all;
}
matrix<float> logits(const llama<float>& m, const lora_set<float>& set, std::span<const std::uint32_t> ids,
                     context& c) {
    const auto        beside = lora_beside(m, set).value();
    const std::size_t ends[] = {ids.size()};
    matrix<float>     y(ids.size(), m.config.width), z(ids.size(), m.config.vocabulary);
    REQUIRE(m.forward(packed_tokens{ids, {}, ends}, y.view(), beside, nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    return z;
}
float distance(const matrix<float>& a, const matrix<float>& b) {
    float worst = 0;
    for (std::size_t i = 0; i < a.flat().size(); ++i) worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
    return worst;
}

} // namespace

TEST_CASE("PEFT's PiSSA: what is left of the base, what is taken, logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixture, "fixtures/lora/llama_pissa");
    context    c;
    auto       m         = test::llama_of(base);
    const auto untouched = test::llama_of(base);
    const auto io        = test::reference_tensors(fixture / "io.safetensors");
    const auto file =
        load_safetensors(posix_files{}, (fixture / "adapter" / "adapter_model.safetensors").string()).value();
    const auto theirs = read_peft_lora(file, {.params = {.rank = 4, .alpha = 8}}, lora_places(m)).value();
    const auto set    = take_principal(m, {.params = {.rank = 4, .alpha = 8}}, {.oversample = 64}, c).value();
    REQUIRE(set.entries.size() == theirs.entries.size());

    // What is left of the base beside their update, and beside ours, whose directions are right to some 1e-5.
    float worst = 0, ours = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        const auto left = io.at("residual." + set.entries[i].name + ".weight").as<float>();
        auto       W    = rows_of(untouched, 0, i);
        auto       away = theirs.entries[i].update;
        away.scale      = -away.scale;
        REQUIRE(away.merge_into(W.view()));
        worst = std::max(worst, distance(W, left));
        ours  = std::max(ours, distance(rows_of(m, 0, i), left));
    }
    MESSAGE("what is left: " << worst << ", ours " << ours);
    CHECK(worst < 1e-6f);
    CHECK(ours < 1e-4f);

    // Directions have no sign: theirs decides.
    std::vector<std::vector<float>> signs;
    double                          off = 0, size = 0;
    for (std::size_t e = 0; e < set.entries.size(); ++e) {
        const auto &u = set.entries[e].update, &v = theirs.entries[e].update;
        signs.emplace_back();
        for (std::size_t i = 0; i < 4; ++i) {
            double dot = 0;
            for (std::size_t t = 0; t < u.in(); ++t)
                dot += static_cast<double>(u.A.row(i)[t]) * static_cast<double>(v.A.row(i)[t]);
            const float sign = dot < 0 ? -1 : 1;
            signs.back().push_back(sign);
            for (std::size_t t = 0; t < u.in(); ++t)
                off += std::pow(static_cast<double>(sign * u.A.row(i)[t] - v.A.row(i)[t]), 2),
                    size += std::pow(static_cast<double>(v.A.row(i)[t]), 2);
            for (std::size_t t = 0; t < u.out(); ++t)
                off += std::pow(static_cast<double>(sign * u.B.row(t)[i] - v.B.row(t)[i]), 2),
                    size += std::pow(static_cast<double>(v.B.row(t)[i]), 2);
        }
    }
    MESSAGE("A and B: " << std::sqrt(off / size));
    CHECK(std::sqrt(off / size) < 1e-4);

    const test::labelled_batch b(io);
    for (int n = 0; n < 3; ++n) {
        const auto text = io.at(std::to_string(n) + ".ids").list<std::uint32_t>();
        const auto want = io.at(std::to_string(n) + ".logits").as<float>();
        CHECK(distance(logits(m, set, text, c), want) < 3e-5f);
        CHECK(distance(logits(untouched, {}, text, c), want) < 3e-5f); // it is the base still
        CHECK(distance(logits(m, {}, text, c), want) > .1f);           // which it is not alone
    }
    const auto          beside = lora_beside(m, set).value();
    auto                g      = set.zero_grads();
    matrix<float>       y(b.ids.size(), m.config.width);
    llama<float>::saved saved;
    REQUIRE(m.forward(b.view(), y.view(), beside, &saved, c));
    const auto told = load_json(posix_files{}, (fixture / "io.json").string()).value();
    CHECK(head_loss<float>(m.head, y.view(), b.labels, b.labelled, {}, y.view(), c).value() ==
          doctest::Approx(*told.at("loss").number<double>()).epsilon(1e-5 / 6));
    REQUIRE(m.backward(b.view(), saved, y.view(), beside, lora_grads_beside(m, set, g), c));
    double far = 0;
    for (std::size_t e = 0; e < set.entries.size(); ++e)
        for (const auto& [part, of] : {std::pair{"lora_A", &g[e].A}, {"lora_B", &g[e].B}}) {
            const auto& want = io.at("grad." + detail::peft_key(set.entries[e].name, part)).values;
            off = size = 0;
            for (std::size_t t = 0; t < want.size(); ++t) {
                const std::size_t i = of == &g[e].A ? t / of->dims() : t % 4;
                const double      d = static_cast<double>(signs[e][i] * of->data()[t]) - want[t];
                off += d * d, size += want[t] * want[t];
            }
            far = std::max(far, std::sqrt(off / size));
        }
    MESSAGE("gradients: " << far);
    CHECK(far < 1e-4);
}

TEST_CASE("tuned beside what is left, written beside the untouched base: the same answers, for models of either order "
          "of rows") {
    const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5, 9, 2, 6};
    pool                             workers(2);
    for (const auto layout : {rotary_layout::halves, rotary_layout::pairs}) {
        context         c, many{workers};
        const auto      whole = test::tiny_llama<float>(3, layout);
        auto            m = test::tiny_llama<float>(3, layout), other = test::tiny_llama<float>(3, layout);
        const lora_plan plan{
            .targets = {"q_proj", "k_proj", "down_proj"}, .params = {.rank = 3, .alpha = 5}, .dropout = .1};
        const auto start = take_principal(m, plan, {}, c).value(),
                   again = take_principal(other, plan, {}, many).value();
        CHECK(test::same(start, again));
        CHECK(start.dropout == .1);
        CHECK(distance(logits(m, start, ids, c), logits(whole, {}, ids, c)) < 1e-5f);
        CHECK(distance(logits(m, start, ids, c), logits(other, again, ids, c)) == 0);
        auto           now = start;
        counter_random r(6);
        for (auto& e : now.entries)
            for (auto part : {e.update.A.flat(), e.update.B.flat()})
                for (float& x : part) x += (r.unit() - .5f) * .3f;
        const auto plain = beside_untouched(now, start).value();
        CHECK(distance(logits(m, now, ids, c), logits(whole, plain, ids, c)) < 1e-5f);
        CHECK(distance(logits(m, now, ids, c), logits(whole, {}, ids, c)) > .1f);
    }
}

TEST_CASE("what cannot be is refused, and the model is as it was") {
    context c;
    auto    m = test::tiny_llama<float>(3);
    CHECK(take_principal(m, {.params = {.rank = 9}}, {}, c).error().what == fault::rank_too_high);
    CHECK(take_principal(m, {.targets = {"w_proj"}}, {}, c).error().what == fault::absent);
    CHECK(take_principal(m, {.params = {.rank = 2}, .dora = true}, {}, c).error().what == fault::unsupported);
    CHECK(take_principal(m, {.params = {.rank = 2, .alpha = 0}}, {}, c).error().subject.starts_with("model.layers.0"));
    auto broken             = rows_of(m, 2, 6); // the last place: all before it were taken apart
    broken.row(4)[2]        = INFINITY;
    m.layers[2].feed.down.W = packed_weights(broken.view());
    const auto why          = take_principal(m, {.params = {.rank = 2}}, {}, c).error();
    CHECK(why.what == fault::not_finite);
    CHECK(why.where == 4);
    CHECK(why.subject.starts_with("model.layers.2.mlp.down_proj"));
    for (std::size_t i = 0; i < 7; ++i)
        CHECK(distance(rows_of(m, 0, i), rows_of(test::tiny_llama<float>(3), 0, i)) == 0);
}
