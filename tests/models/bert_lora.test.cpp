// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/bert_folder.hpp>
#include <graft/models/bert_head.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/bce_logits.hpp>
#include <graft/tune/multiple_negatives.hpp>

#include <support/gradient.hpp>
#include <support/reference.hpp>
#include <support/scratch_folder.hpp>
#include <support/tiny_bert.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

using namespace graft;

namespace {

using tensors_of = std::map<std::string, test::reference_tensor>;

/// The sequences of a fixture, packed.
struct sequences {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint8_t>  types;
    std::vector<std::size_t>   ends;

    explicit sequences(const tensors_of& io) {
        for (int n = 0; io.contains(std::to_string(n) + ".ids"); ++n) {
            const auto of = [&](const char* part) { return io.find(std::to_string(n) + part); };
            for (auto id : of(".ids")->second.list<std::uint32_t>()) ids.push_back(id);
            if (const auto t = of(".types"); t != io.end())
                for (auto type : t->second.list<std::uint8_t>()) types.push_back(type);
            ends.push_back(ids.size());
        }
    }
    packed_tokens view() const { return {ids, types, ends}; }
};

bert_folder load(const std::filesystem::path& folder, bool heads, context& c) {
    auto read = load_bert_folder(posix_files{}, folder.string(), {heads, heads}, {}, {}, c);
    if (!read) FAIL(describe(read.error()));
    return *std::move(read);
}

void check_grads(const lora_set<float>& set, const lora_set<float>::grads& g, const tensors_of& io) {
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        for (const auto& [part, of] : {std::pair{"lora_A", &g[i].A}, {"lora_B", &g[i].B}}) {
            const auto& want = io.at("grad.base_model.model." + set.entries[i].name + "." + part + ".weight").values;
            double      off = 0, size = 0;
            for (std::size_t t = 0; t < want.size(); ++t) {
                const double d = static_cast<double>(of->data()[t]) - want[t];
                off += d * d, size += want[t] * want[t];
            }
            CHECK_MESSAGE(std::sqrt(off) <= 1e-5 * std::sqrt(size) + 1e-9, set.entries[i].name << ' ' << part);
        }
}
template <class T>
double worst(std::span<const T> got, const std::vector<double>& want) {
    double off = 0;
    for (std::size_t i = 0; i < want.size(); ++i) off = std::max(off, std::abs(static_cast<double>(got[i]) - want[i]));
    return off;
}
/// Mean and length 1 of each sequence's rows, and their way back.
template <class T>
double ranking(const bert<T>& m, const sequences& all, const lora_set<T>& set, typename lora_set<T>::grads* g,
               matrix<T>& embeddings, context& c) {
    const arena::scope      mine(c);
    const auto              beside = lora_beside(m, set).value();
    const std::size_t       n = all.ends.size(), half = n / 2, dims = m.config.dims;
    matrix<T>               y(all.ids.size(), dims), pooled(n, dims), d(n, dims), dpooled(n, dims);
    typename bert<T>::saved saved;
    REQUIRE(m.forward(all.view(), y.view(), beside.layers, g != nullptr ? &saved : nullptr, c));
    pool_tokens<T>(pooling::mean, y.view(), all.ends, pooled.view());
    embeddings = matrix<T>(n, dims);
    normalise_rows<T>(pooled.view(), embeddings.view());
    std::vector<contrastive_row> rows;
    for (std::size_t i = 0; i < half; ++i) rows.push_back({static_cast<std::uint32_t>(i), {}});
    const matrix_view<const T> e    = embeddings.view();
    const double               loss = multiple_negatives<T>(e.middle(0, half), e.middle(half, half), rows, 20, false,
                                                            d.view().middle(0, half), d.view().middle(half, half), c);
    if (g == nullptr) return loss;
    normalise_rows_back<T>(pooled.view(), e, d.view(), dpooled.view(), c);
    matrix<T> dy(all.ids.size(), dims);
    pool_tokens_back<T>(pooling::mean, y.view(), all.ends, matrix_view<const T>(dpooled.view()), dy.view());
    const auto to = lora_grads_beside(m, set, *g);
    REQUIRE(m.backward(all.view(), saved, dy.view(), beside.layers, to.layers, nullptr, c));
    return loss;
}
template <class T>
double judging(const bert<T>& m, const sequences& all, const std::vector<T>& labels, const lora_set<T>& set,
               typename lora_set<T>::grads* g, matrix<T>& logits, context& c) {
    const arena::scope           mine(c);
    const auto                   beside = lora_beside(m, set).value();
    const bert_head<T>           head{m, beside.pooler, beside.classifier};
    const std::size_t            n = all.ends.size();
    matrix<T>                    y(all.ids.size(), m.config.dims), dz(n, 1), dy(all.ids.size(), m.config.dims);
    typename bert<T>::saved      saved;
    typename bert_head<T>::saved kept;
    logits = matrix<T>(n, 1);
    REQUIRE(m.forward(all.view(), y.view(), beside.layers, g != nullptr ? &saved : nullptr, c));
    REQUIRE(head.forward(y.view(), all.ends, logits.view(), g != nullptr ? &kept : nullptr, c));
    const double loss = bce_logits<T>(std::span<const T>(logits.flat()), labels, static_cast<double>(n), 1, dz.flat());
    if (g == nullptr) return loss;
    const auto to = lora_grads_beside(m, set, *g);
    REQUIRE(head.backward(all.ends, kept, dz.view(), to, dy.view(), c));
    REQUIRE(m.backward(all.view(), saved, dy.view(), beside.layers, to.layers, nullptr, c));
    return loss;
}

} // namespace

TEST_CASE("PEFT's adapter beside an encoder: its embeddings, ranking loss and gradients, on any number of threads") {
    NEEDS_SHARED(base, "fixtures/tiny_bert/hf");
    NEEDS_SHARED(fixture, "fixtures/lora/bert_mnrl");
    pool            workers(2);
    context         c;
    const auto      whole = load(base, false, c);
    const auto      io    = test::reference_tensors(fixture / "io.safetensors");
    const sequences all(io);
    const auto      set = load_peft_lora(posix_files{}, (fixture / "adapter").string(), whole.model);
    REQUIRE_MESSAGE(set, describe(set.error()));
    CHECK(set->entries.size() == 12);
    const auto             json = load_json(posix_files{}, (fixture / "io.json").string()).value();
    lora_set<float>::grads first;
    for (const bool threads : {false, true}) {
        context own;
        if (threads) own.executor = workers;
        auto          g = set->zero_grads();
        matrix<float> e;
        CHECK(ranking(whole.model, all, *set, &g, e, own) ==
              doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5 / 2));
        CHECK(worst(std::span<const float>(e.flat()), io.at("embeddings").values) < 3e-5);
        check_grads(*set, g, io);
        if (!threads) first = std::move(g);
        else
            for (std::size_t i = 0; i < g.size(); ++i) {
                CHECK(std::ranges::equal(g[i].A.flat(), first[i].A.flat()));
                CHECK(std::ranges::equal(g[i].B.flat(), first[i].B.flat()));
            }
    }
}

TEST_CASE("PEFT's adapter beside a cross-encoder, its pooler too: logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_bert/cross_encoder");
    NEEDS_SHARED(fixture, "fixtures/lora/bert_bce");
    context         c;
    const auto      whole = load(base, true, c);
    const auto      io    = test::reference_tensors(fixture / "io.safetensors");
    const sequences all(io);
    const auto      set = load_peft_lora(posix_files{}, (fixture / "adapter").string(), whole.model);
    REQUIRE_MESSAGE(set, describe(set.error()));
    CHECK(set->entries.size() == 13);
    const auto    json = load_json(posix_files{}, (fixture / "io.json").string()).value();
    auto          g    = set->zero_grads();
    matrix<float> z;
    CHECK(judging(whole.model, all, io.at("labels").list<float>(), *set, &g, z, c) ==
          doctest::Approx(*json.at("loss").number<double>()).epsilon(1e-5));
    CHECK(worst(std::span<const float>(z.flat()), io.at("logits").values) < 3e-5);
    check_grads(*set, g, io);
}

TEST_CASE("merged into the weights, an adapter says what it says beside them") {
    NEEDS_SHARED(base, "fixtures/tiny_bert/cross_encoder");
    NEEDS_SHARED(fixture, "fixtures/lora/bert_bce");
    context         c;
    auto            whole = load(base, true, c);
    const auto      io    = test::reference_tensors(fixture / "io.safetensors");
    const sequences all(io);
    auto            set    = load_peft_lora(posix_files{}, (fixture / "adapter").string(), whole.model).value();
    const auto      labels = io.at("labels").list<float>();
    matrix<float>   beside, within, broken;
    (void)judging(whole.model, all, labels, set, nullptr, beside, c);
    REQUIRE(merge_lora(whole.model, set));
    (void)judging(whole.model, all, labels, {}, nullptr, within, c);
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(within.data()[i] - beside.data()[i]) < 1e-5f);
    // One sum that is not finite, and nothing is changed.
    set.entries.back().update.B.data()[0] = std::numeric_limits<float>::infinity();
    const auto refused                    = merge_lora(whole.model, set);
    REQUIRE(!refused);
    CHECK(refused.error().what == fault::not_finite);
    CHECK(refused.error().subject == set.entries.back().name);
    (void)judging(whole.model, all, labels, {}, nullptr, broken, c);
    CHECK(std::ranges::equal(broken.flat(), within.flat()));
}

TEST_CASE("PEFT's magnitudes (DoRA) beside an encoder: measured as they are read, and what they say merged") {
    pool                       workers(2);
    context                    c, many{workers};
    auto                       m = test::tiny_bert<float>(3);
    const test::scratch_folder at("bert_dora");
    auto set = lora_set<float>::make(lora_places(m), {.targets = {"query", "output.dense", "pooler.dense"},
                                                      .params  = {.rank = 2, .alpha = 4},
                                                      .dora    = true})
                   .value();
    counter_random r(5);
    for (auto& e : set.entries) {
        for (float& x : e.update.B.flat()) x = r.unit() - .5f;
        for (float& x : e.update.m.flat()) x = 1 + r.unit();
    }
    CHECK(lora_beside(m, set).error() == error{fault::wrong_shape, unit::none, 0, set.entries[0].name}); // not measured
    REQUIRE(save_peft_lora(posix_files{}, at.path(), m, set));
    const auto read = load_peft_lora(posix_files{}, at.path(), m);
    REQUIRE_MESSAGE(read, describe(read.error()));
    const auto again = load_peft_lora(posix_files{}, at.path(), m, many).value();
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        CHECK(std::ranges::equal(again.entries[i].update.norms.flat(), read->entries[i].update.norms.flat()));
    sequences all{tensors_of{}};
    for (std::uint32_t i = 0; i < 12; ++i) all.ids.push_back(i * 3), all.types.push_back(i % 2);
    all.ends = {3, 4, 9, 12};
    const std::vector<float> labels(4, 1.f);
    matrix<float>            beside, within, bare;
    (void)judging(m, all, labels, *read, nullptr, beside, c);
    (void)judging(m, all, labels, {}, nullptr, bare, c);
    REQUIRE(merge_lora(m, *read));
    (void)judging(m, all, labels, {}, nullptr, within, c);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(std::abs(within.data()[i] - beside.data()[i]) < 1e-5f);
        CHECK(std::abs(bare.data()[i] - beside.data()[i]) > 1e-3f);
    }
    // A row without a length is told by place and row.
    set.entries[1].update.B.row(3)[0] = std::numeric_limits<float>::max();
    set.entries[1].update.scale       = 1e9f;
    CHECK(measure_dora(m, set, c).error() == error{fault::not_finite, unit::row, 3, set.entries[1].name});
}

TEST_CASE("the hash of updates is of all that they say") {
    auto       set   = lora_set<float>::make(lora_places(test::tiny_bert<float>(3)), {.params = {.rank = 1}}).value();
    const auto plain = lora_hash(set);
    set.entries[1].update.m           = matrix<float>(1, 8);
    const auto with_lengths           = lora_hash(set);
    set.entries[1].update.m.data()[7] = 2;
    const auto with_others            = lora_hash(set);
    set.entries[1].update.norms       = matrix<float>(1, 8); // they follow from the rest
    CHECK(lora_hash(set) == with_others);
    set.entries[1].table      = true;
    const std::uint64_t all[] = {plain, with_lengths, with_others, lora_hash(set)};
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < i; ++j) CHECK(all[i] != all[j]);
}

TEST_CASE("the gradients through layers, pooling, pooler and classifier are those of the differences") {
    context    c;
    const auto m   = test::tiny_bert<double>(3);
    const auto all = [] {
        sequences s{tensors_of{}};
        for (std::size_t n : {3u, 1u, 6u, 2u}) {
            for (std::size_t i = 0; i < n; ++i)
                s.ids.push_back(static_cast<std::uint32_t>((7 * s.ids.size() + n) % 30)), s.types.push_back(i > 1);
            s.ends.push_back(s.ids.size());
        }
        return s;
    }();
    auto set = lora_set<double>::make(lora_places(m), {.params = {.rank = 1, .alpha = 2}}).value();
    CHECK(set.entries.size() == 2 * 6 + 2);
    for (std::size_t i = 0; i < set.entries.size(); ++i)
        set.entries[i].update.B = test::random_matrix<double>(set.entries[i].update.out(), 1, i);
    const std::vector<double> labels{1, 0, .25, 1};
    for (const bool scores : {false, true}) {
        matrix<double> out;
        auto           g     = set.zero_grads();
        const auto     value = [&] {
            return scores ? judging(m, all, labels, set, nullptr, out, c) : ranking(m, all, set, nullptr, out, c);
        };
        if (scores) (void)judging(m, all, labels, set, &g, out, c);
        else (void)ranking(m, all, set, &g, out, c);
        for (std::size_t i = 0; i < set.entries.size(); ++i) {
            if (!scores && i >= 12) continue; // an encoder's rows do not pass the heads
            CAPTURE(set.entries[i].name);
            CHECK(test::gradient_error(set.entries[i].update.A.flat(), g[i].A.flat(), value) < 1e-8);
            CHECK(test::gradient_error(set.entries[i].update.B.flat(), g[i].B.flat(), value) < 1e-8);
        }
    }
}

TEST_CASE("places are called as transformers calls them; updates of another model are refused by name") {
    auto       m      = test::tiny_bert<float>(3);
    const auto places = lora_places(m);
    REQUIRE(places.size() == 14);
    CHECK(places[0].name == "bert.encoder.layer.0.attention.self.query");
    CHECK(places[11].name == "bert.encoder.layer.1.output.dense");
    CHECK(places[11].in == 12);
    CHECK(places[12].name == "bert.pooler.dense");
    CHECK(places[13].name == "classifier");
    auto set = lora_set<float>::make(places, {.targets = {"query", "output.dense"}, .params = {.rank = 2}}).value();
    CHECK(set.entries.size() == 6);
    m.classifier.reset();
    CHECK(lora_places(m)[0].name == "encoder.layer.0.attention.self.query");
    CHECK(lora_beside(m, set).error().what == fault::unexpected);
    m                       = test::tiny_bert<float>(3);
    set.entries[1].update.A = matrix<float>(2, 9);
    const auto refused      = lora_beside(m, set);
    REQUIRE(!refused);
    CHECK(refused.error() == error{fault::wrong_shape, unit::none, 1, set.entries[1].name});
    set.entries[1] = set.entries[0];
    CHECK(lora_beside(m, set).error().what == fault::unexpected);
}
