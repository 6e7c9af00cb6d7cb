// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/llama_gguf.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/lora_trainer.hpp>
#include <graft/tune/rate_schedule.hpp>
#include <graft/weights/safetensors.hpp>

#include <support/llama_of.hpp>
#include <support/reference.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

using namespace graft;
using test::same;

namespace {

std::vector<const tuning_text*> pointers(std::span<const tuning_text> all) {
    std::vector<const tuning_text*> out;
    for (const tuning_text& t : all) out.push_back(&t);
    return out;
}
template <class Model, class Scalar = typename Model::scalar>
double loss_of(const Model& m, const lora_set<Scalar>& set, const tuning_text& t, context& c) {
    const auto        beside = lora_beside(m, set).value();
    matrix<Scalar>    y(t.ids.size(), m.config.width);
    const std::size_t ends[] = {t.ids.size()};
    REQUIRE(m.forward(packed_tokens{t.ids, {}, ends}, y.view(), beside, nullptr, c));
    return head_loss<Scalar>(m.head, y.view(), t.labels, static_cast<double>(t.labelled()), {}, {}, c).value();
}
lora_set<float> fresh(const llama<float>& m, std::uint64_t seed, std::vector<std::string> targets = {}) {
    return lora_set<float>::make(lora_places(m), {.targets = std::move(targets), .params = {.rank = 3, .seed = seed}})
        .value();
}

} // namespace

TEST_CASE("fifty steps are those of PEFT and torch: losses, norms, weights") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixture, "fixtures/lora/llama_steps");
    context    c;
    const auto m      = test::llama_of(base);
    const auto places = lora_places(m);
    const auto start  = load_safetensors(posix_files{}, (fixture / "initial.safetensors").string()).value();
    const auto set    = read_peft_lora(start, {.params = {.rank = 4, .alpha = 8}}, places).value();
    const auto io     = test::reference_tensors(fixture / "io.safetensors");
    std::vector<std::vector<tuning_text>> batches;
    for (int b = 0; io.contains("batch" + std::to_string(b) + ".0.ids"); ++b) {
        batches.emplace_back();
        for (int n = 0;; ++n) {
            const std::string at = "batch" + std::to_string(b) + "." + std::to_string(n);
            if (!io.contains(at + ".ids")) break;
            tuning_text t{io.at(at + ".ids").list<std::uint32_t>(), io.at(at + ".labels").list<std::int64_t>()};
            t.labels.erase(t.labels.begin());
            t.labels.push_back(ignored_label);
            batches.back().push_back(std::move(t));
        }
    }
    REQUIRE(batches.size() == 4);
    const auto told = load_json(posix_files{}, (fixture / "io.json").string()).value();
    for (const std::size_t together : {1000u, 20u}) {
        auto                trainer = lora_trainer<llama<float>>::make(m, set).value();
        const rate_schedule rate{.shape = rate_shape::linear, .warmup = 5};
        for (const json_value want : *told.at("steps").array()) {
            const std::size_t n  = *want.at("step").number<std::size_t>();
            const double      lr = 5e-3 * rate.at(n - 1, 50);
            const auto got = trainer.step(pointers(batches[(n - 1) % 4]), together, {.rate = lr, .decay = .01}, 1, c);
            REQUIRE(got);
            CHECK(lr == doctest::Approx(*want.at("lr").number<double>()).epsilon(1e-9));
            CHECK(got->step == n);
            CHECK(got->loss == doctest::Approx(*want.at("loss").number<double>()).epsilon(1e-5));
            CHECK(got->norm == doctest::Approx(*want.at("grad_norm").number<double>()).epsilon(1e-4));
            for (const std::size_t at : {1u, 2u, 10u, 50u})
                if (n == at) {
                    const auto right = test::reference_tensors(fixture / ("step" + std::to_string(n) + ".safetensors"));
                    double     worst = 0;
                    for (const auto& e : trainer.updates().entries)
                        for (const auto& [part, mine] : {std::pair{"lora_A", &e.update.A}, {"lora_B", &e.update.B}}) {
                            const auto& w = right.at(detail::peft_key(e.name, part)).values;
                            for (std::size_t i = 0; i < w.size(); ++i)
                                worst = std::max(worst, std::abs(static_cast<double>(mine->data()[i]) - w[i]));
                        }
                    CHECK(worst < (n <= 10 ? 1e-5 : 1e-4));
                }
        }
    }
}

TEST_CASE(
    "QLoRA: steps beside weights in NF4 are those beside floats of the same numbers, to the bit, on any threads") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    pool       workers(2);
    const auto read   = [&] { return test::llama_of(base, {.as = weights_as::nf4}); };
    const auto m      = read();
    auto       floats = read();
    const auto widen  = [](any_weights& w) {
        REQUIRE_FALSE(w.floats());
        w = packed_weights({w.out(), w.in(), [&](std::size_t i, std::span<float> to) { w.row(i, to); }});
    };
    for (auto& l : floats.layers)
        for (auto* one : {&l.q, &l.k, &l.v, &l.o, &l.feed.gate, &l.feed.up, &l.feed.down}) widen(one->W);
    std::vector<tuning_text> texts;
    counter_random           r(4);
    for (std::size_t n : {5u, 40u, 23u}) {
        std::vector<std::uint32_t> prompt(3), answer(n);
        for (auto* ids : {&prompt, &answer})
            for (auto& id : *ids) id = static_cast<std::uint32_t>(r.below(m.config.vocabulary));
        texts.push_back(tuning_text::of(prompt, answer));
    }
    const auto some    = pointers(texts);
    const auto trained = [&](const llama<float>& by, bool threads) {
        context c;
        if (threads) c.executor = workers;
        auto trainer = lora_trainer<llama<float>>::make(by, fresh(by, 2)).value();
        for (int n = 0; n < 3; ++n) REQUIRE(trainer.step(some, 48, {.rate = 1e-2}, 1, c));
        byte_writer state;
        trainer.save(state);
        return std::vector<std::byte>(state.bytes().begin(), state.bytes().end());
    };
    const auto one = trained(m, false);
    CHECK(one == trained(m, true));
    CHECK(one == trained(floats, false));
    const auto  exact = lora_trainer<llama<float>>::make(m, fresh(m, 2)).value();
    byte_writer untouched;
    exact.save(untouched);
    CHECK_FALSE(std::ranges::equal(one, untouched.bytes()));
}

TEST_CASE("smollm2: six steps of PEFT beside the file in 4 bits, and the adapter that comes of them") {
    NEEDS_SHARED(fixture, "fixtures/smollm2");
    NEEDS_MODEL(model, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    pool       workers(2);
    context    c{workers};
    const auto file = load_gguf(posix_files{}, model.string(), {.map = true}).value();
    const auto m    = read_llama(file, {.as = weights_as::floats}, c).value();
    REQUIRE(m.config.layout == rotary_layout::pairs);
    auto set = load_peft_lora(posix_files{}, (fixture / "lora_init").string(), m);
    REQUIRE_MESSAGE(set, describe(set.error()));
    CHECK(set->parameters() == 460'800);
    auto                     trainer = lora_trainer<llama<float>>::make(m, *set).value();
    const auto               told    = load_json(posix_files{}, (fixture / "lora.json").string()).value();
    std::vector<tuning_text> texts;
    for (const json_value s : *told.at("sequences").array()) {
        tuning_text t;
        for (const json_value id : *s.at("ids").array()) t.ids.push_back(*id.number<std::uint32_t>());
        for (const json_value l : *s.at("labels").array()) t.labels.push_back(*l.number<std::int64_t>());
        t.labels.erase(t.labels.begin());
        t.labels.push_back(ignored_label);
        texts.push_back(std::move(t));
    }
    for (const json_value want : *told.at("steps").array()) {
        std::vector<const tuning_text*> some;
        for (const json_value n : *want.at("sequences").array()) some.push_back(&texts[*n.number<std::size_t>()]);
        const auto got = trainer.step(some, 512, {.rate = 2e-4, .decay = .01}, 0, c);
        REQUIRE(got);
        CHECK(got->labelled == *want.at("labelled_tokens").number<std::size_t>());
        CHECK(got->loss == doctest::Approx(*want.at("loss_f64_from_logits").number<double>()).epsilon(1e-4));
        CHECK(got->norm == doctest::Approx(*want.at("grad_norm").number<double>()).epsilon(1e-3));
    }
    // Six steps of AdamW move a number by its gradient's sign, so where that is next to nothing noise decides: all A and all B together.
    const auto right  = load_peft_lora(posix_files{}, (fixture / "lora_final").string(), m).value();
    double     off[2] = {}, size[2] = {};
    for (std::size_t i = 0; i < right.entries.size(); ++i)
        for (const auto& [a, b, n] : {std::tuple{&right.entries[i].update.A, &trainer.updates().entries[i].update.A, 0},
                                      {&right.entries[i].update.B, &trainer.updates().entries[i].update.B, 1}})
            for (std::size_t t = 0; t < a->flat().size(); ++t) {
                const double want = static_cast<double>(a->data()[t]), d = want - static_cast<double>(b->data()[t]);
                off[n] += d * d, size[n] += want * want;
            }
    MESSAGE("A " << std::sqrt(off[0] / size[0]) << ", B " << std::sqrt(off[1] / size[1]));
    for (int n : {0, 1}) CHECK(std::sqrt(off[n]) <= 1e-2 * std::sqrt(size[n]));
}

TEST_CASE("gradients of a whole model in double, against differences: every matrix, grouped heads, several texts, "
          "dropout, magnitudes") {
    for (const auto& [layout, share, dora] : {std::tuple{rotary_layout::halves, 0., false},
                                              {rotary_layout::pairs, 0., false},
                                              {rotary_layout::halves, .3, false},
                                              {rotary_layout::pairs, 0., true},
                                              {rotary_layout::halves, .3, true}}) {
        const auto m = test::tiny_llama<double>(3, layout);
        auto       set =
            lora_set<double>::make(lora_places(m, !dora), {.params = {.rank = 2, .alpha = 3}, .dora = dora}).value();
        context        c;
        counter_random r(5);
        REQUIRE(begin_dora(m, set, c));
        for (auto& e : set.entries) {
            for (auto part : {e.update.B.flat(), e.table ? e.update.A.flat() : e.update.B.flat()})
                for (double& x : part) x = (r.unit64() - .5) * .3;
            for (double& x : e.update.m.flat()) x *= 1 + (r.unit64() - .5) * .3;
        }
        REQUIRE(measure_dora(m, set, c)); // once: as in the backward pass, lengths are no function of A and B
        const auto                 texts = test::some_texts(3, 7);
        std::vector<std::uint32_t> ids;
        std::vector<std::int64_t>  labels;
        std::vector<std::size_t>   ends;
        double                     all = 0;
        for (const tuning_text& t : texts) {
            ids.insert(ids.end(), t.ids.begin(), t.ids.end());
            labels.insert(labels.end(), t.labels.begin(), t.labels.end());
            ends.push_back(ids.size());
            all += static_cast<double>(t.labelled());
        }
        std::vector<dropout_mask> masks;
        for (const auto& e : set.entries)
            if (share > 0) masks.push_back(lora_dropout{share}.mask(e.name, 0, ids.size(), e.update.in(), c).value());
        matrix<double>       y(ids.size(), 16);
        llama<double>::saved saved;
        auto                 g      = set.zero_grads();
        const auto           beside = lora_beside(m, set, masks).value();
        const packed_tokens  in{ids, {}, ends};
        const auto           loss = [&] {
            matrix<double> z(ids.size(), 16);
            REQUIRE(m.forward(in, z.view(), beside, nullptr, c));
            return head_loss<double>(m.head, z.view(), labels, all, {}, {}, c, 5).value();
        };
        REQUIRE(m.forward(in, y.view(), beside, &saved, c));
        const double at = head_loss<double>(m.head, y.view(), labels, all, {}, y.view(), c, 5).value();
        CHECK(at == doctest::Approx(loss()).epsilon(1e-14));
        REQUIRE(m.backward(in, saved, y.view(), beside, lora_grads_beside(m, set, g), c));
        double off = 0, size = 0;
        for (std::size_t i = 0; i < set.entries.size(); ++i)
            for (const auto& [w, of] : {std::pair{&set.entries[i].update.A, &g[i].A},
                                        {&set.entries[i].update.B, &g[i].B},
                                        {&set.entries[i].update.m, &g[i].m}})
                for (int tries = 0; tries < 3 && !w->flat().empty(); ++tries) {
                    double&      x    = w->data()[r.below(w->flat().size())];
                    const double keep = x, h = 1e-4;
                    const auto   place = static_cast<std::size_t>(&x - w->data());
                    double       d[4];
                    const double steps[] = {h, -h, 2 * h, -2 * h};
                    for (int s = 0; s < 4; ++s) x = keep + steps[s], d[s] = loss();
                    x                  = keep;
                    const double slope = (8 * (d[0] - d[1]) - (d[2] - d[3])) / (12 * h);
                    off += (slope - of->data()[place]) * (slope - of->data()[place]), size += slope * slope;
                }
        CHECK(std::sqrt(off / size) < 1e-8);
    }
}

TEST_CASE("at step 0 the model is the base to the bit, and A has no gradient at all") {
    const auto m     = test::tiny_llama<float>(3);
    const auto set   = fresh(m, 1);
    const auto texts = test::some_texts(4, 2);
    context    c;
    for (const tuning_text& t : texts) CHECK(loss_of(m, set, t, c) == loss_of(m, lora_set<float>{}, t, c));
    // A step moves B alone.
    auto trainer = lora_trainer<llama<float>>::make(m, set).value();
    REQUIRE(trainer.step(pointers(texts), 100, {.decay = 0}, 1, c));
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        CHECK(std::ranges::equal(set.entries[i].update.A.flat(), trainer.updates().entries[i].update.A.flat()));
        CHECK_FALSE(trainer.updates().entries[i].update.untouched());
    }
}

TEST_CASE("the same bits on any number of threads; saved and restored it goes on as if nothing had been") {
    const auto m     = test::tiny_llama<float>(8);
    const auto texts = test::some_texts(9, 4);
    context    c;
    const auto run = [&](context& on, int from, int to, lora_trainer<llama<float>>& t) {
        for (int i = from; i < to; ++i) {
            const auto some = std::span(texts).subspan(static_cast<std::size_t>(i % 3) * 3, 3);
            REQUIRE(t.step(pointers(some), 24, {.rate = 1e-2}, .5, on));
        }
    };
    auto whole = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj", "down_proj"})).value();
    run(c, 0, 12, whole);
    pool    workers(3);
    context many{workers};
    auto    other = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj", "down_proj"})).value();
    run(many, 0, 12, other);
    CHECK(same(whole.updates(), other.updates()));
    for (int at : {0, 1, 5, 11}) {
        auto first = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj", "down_proj"})).value();
        run(c, 0, at, first);
        byte_writer to;
        first.save(to);
        const auto  bytes  = to.take();
        auto        second = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj", "down_proj"})).value();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        CHECK(second.steps() == static_cast<std::size_t>(at));
        run(many, at, 12, second);
        CHECK(same(whole.updates(), second.updates()));
        // Cut at any byte it is refused, and nothing has changed.
        for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 97) {
            byte_reader part(std::span<const std::byte>(bytes).first(n));
            REQUIRE_FALSE(second.restore(part));
        }
        CHECK(same(whole.updates(), second.updates()));
    }
    byte_writer to;
    whole.save(to);
    const auto  bytes  = to.take();
    auto        narrow = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj"})).value();
    byte_reader from(bytes);
    CHECK(narrow.restore(from).error().what == fault::wrong_shape);
}

TEST_CASE("dropout: other bits in each step, the same on any threads and after a restore, none where it is judged") {
    const auto m     = test::tiny_llama<float>(8);
    const auto texts = test::some_texts(9, 4);
    context    c;
    pool       workers(3);
    context    many{workers};
    const auto start = [&](double share, std::uint64_t seed) {
        auto set    = fresh(m, 1, {"q_proj", "down_proj"});
        set.dropout = share;
        return lora_trainer<llama<float>>::make(m, set, {.seed = seed}).value();
    };
    const auto run = [&](context& on, int from, int to, lora_trainer<llama<float>>& t) {
        for (int i = from; i < to; ++i)
            REQUIRE(t.step(pointers(std::span(texts).subspan(static_cast<std::size_t>(i % 3) * 3, 3)), 24,
                           {.rate = 1e-2}, .5, on));
    };
    auto whole = start(.3, 5), other = start(.3, 5), seeded = start(.3, 6), none = start(0, 5);
    run(c, 0, 10, whole), run(many, 0, 10, other), run(c, 0, 10, seeded), run(c, 0, 10, none);
    CHECK(same(whole.updates(), other.updates()));
    CHECK_FALSE(same(whole.updates(), seeded.updates()));
    CHECK_FALSE(same(whole.updates(), none.updates()));
    for (const int at : {1, 7}) {
        auto first = start(.3, 5), second = start(.3, 5);
        run(c, 0, at, first);
        byte_writer to;
        first.save(to);
        const auto  bytes = to.take();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        run(many, at, 10, second);
        CHECK(same(whole.updates(), second.updates()));
    }
    // A loss that is asked for is that of the whole adapter; the gradient of a step is not.
    auto plain    = whole.updates();
    plain.dropout = 0;
    auto served   = lora_trainer<llama<float>>::make(m, plain).value();
    CHECK(whole.loss(pointers(texts), 24, c).value() == served.loss(pointers(texts), 24, c).value());
    const auto some = pointers(std::span(texts).first(3));
    const auto loss = served.loss(some, 1000, c).value();
    CHECK(served.step(some, 1000, {.rate = 0, .decay = 0}, 0, c)->loss == doctest::Approx(loss).epsilon(1e-12));
    CHECK(whole.step(some, 1000, {.rate = 0, .decay = 0}, 0, c)->loss != loss);
    // In how many runs the rows go through does not choose their bits: the loss is the same but for its rounding.
    auto wide        = whole.updates();
    auto a           = lora_trainer<llama<float>>::make(m, wide, {.seed = 5}).value(),
         b           = lora_trainer<llama<float>>::make(m, wide, {.seed = 5}).value();
    const auto all   = a.step(pointers(texts), 1000, {}, 0, c).value(),
               apart = b.step(pointers(texts), 1, {}, 0, c).value();
    CHECK(all.loss == doctest::Approx(apart.loss).epsilon(1e-6));
    CHECK(all.norm == doctest::Approx(apart.norm).epsilon(1e-5));
    for (const double share : {-.1, 1., std::nan("")}) {
        auto set    = fresh(m, 1);
        set.dropout = share;
        CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::bad_argument);
        CHECK(lora_set<float>::make(lora_places(m), {.params = {.rank = 2}, .dropout = share}).error().what ==
              fault::bad_argument);
    }
}

TEST_CASE("LoRA+: B goes by a rate of its own, as AdamW by hand has it") {
    const auto     m     = test::tiny_llama<float>(8);
    const auto     texts = test::some_texts(4, 4);
    context        c;
    auto           set = fresh(m, 1, {"q_proj"});
    counter_random r(2);
    for (auto& e : set.entries)
        for (float& x : e.update.B.flat()) x = r.unit() - .5f;
    const auto after = [&](double rate, double b_rate, int steps) {
        auto t = lora_trainer<llama<float>>::make(m, set, {.b_rate = b_rate}).value();
        for (int i = 0; i < steps; ++i) REQUIRE(t.step(pointers(texts), 1000, {.rate = rate}, 1, c));
        return t.updates();
    };
    // The first step has the same gradient for both, so A is that of the rate, and B that of its multiple.
    const auto plus = after(1e-3, 16, 1), slow = after(1e-3, 1, 1), fast = after(16e-3, 1, 1);
    for (std::size_t i = 0; i < set.entries.size(); ++i) {
        CHECK(std::ranges::equal(plus.entries[i].update.A.flat(), slow.entries[i].update.A.flat()));
        CHECK(std::ranges::equal(plus.entries[i].update.B.flat(), fast.entries[i].update.B.flat()));
        CHECK_FALSE(std::ranges::equal(plus.entries[i].update.B.flat(), slow.entries[i].update.B.flat()));
    }
    for (const double b : {0., -1., std::nan(""), std::numeric_limits<double>::infinity()})
        CHECK(lora_trainer<llama<float>>::make(m, set, {.b_rate = b}).error().what == fault::bad_argument);
    auto far = lora_trainer<llama<float>>::make(m, set, {.b_rate = 1e30}).value();
    CHECK(far.step(pointers(texts), 1000, {.rate = 1e10}, 1, c).error().what == fault::bad_argument);
    CHECK(same(far.updates(), set));
}

TEST_CASE("DoRA: begun it gives its base, to the bit; tuned the same on any threads and after a restore, with lengths "
          "that fit") {
    const auto m     = test::tiny_llama<float>(8);
    const auto texts = test::some_texts(9, 4);
    context    c;
    pool       workers(3);
    context    many{workers};
    const auto start = [&] {
        auto set = lora_set<float>::make(
                       lora_places(m),
                       {.targets = {"q_proj", "down_proj"}, .params = {.rank = 3}, .dropout = .1, .dora = true})
                       .value();
        CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::wrong_shape); // not begun
        REQUIRE(begin_dora(m, set, c));
        return lora_trainer<llama<float>>::make(m, set, {.seed = 5}).value();
    };
    const auto run = [&](context& on, int from, int to, lora_trainer<llama<float>>& t) {
        for (int i = from; i < to; ++i)
            REQUIRE(t.step(pointers(std::span(texts).subspan(static_cast<std::size_t>(i % 3) * 3, 3)), 24,
                           {.rate = 1e-2}, .5, on));
    };
    const auto equal = [](const lora_set<float>& a, const lora_set<float>& b) {
        for (std::size_t i = 0; i < a.entries.size(); ++i)
            if (!std::ranges::equal(a.entries[i].update.m.flat(), b.entries[i].update.m.flat()) ||
                !std::ranges::equal(a.entries[i].update.norms.flat(), b.entries[i].update.norms.flat()))
                return false;
        return same(a, b);
    };
    auto whole = start(), other = start();
    CHECK(whole.updates().parameters() == 3 * (3 * (16 + 16) + 16 + 3 * (24 + 16) + 16));
    for (const tuning_text& t : texts)
        CHECK(loss_of(m, whole.updates(), t, c) == doctest::Approx(loss_of(m, lora_set<float>{}, t, c)).epsilon(1e-6));
    const auto born = whole.updates();
    run(c, 0, 10, whole), run(many, 0, 10, other);
    CHECK(equal(whole.updates(), other.updates()));
    for (std::size_t i = 0; i < born.entries.size(); ++i)
        for (std::size_t r = 0; r < born.entries[i].update.m.flat().size(); ++r)
            CHECK(born.entries[i].update.m.data()[r] != whole.updates().entries[i].update.m.data()[r]);
    auto measured = whole.updates();
    REQUIRE(measure_dora(m, measured, c));
    CHECK(equal(measured, whole.updates()));
    for (const int at : {1, 7}) {
        auto first = start(), second = start();
        run(c, 0, at, first);
        byte_writer to;
        first.save(to);
        const auto  bytes = to.take();
        byte_reader from(bytes);
        REQUIRE(second.restore(from));
        CHECK(equal(first.updates(), second.updates()));
        run(many, at, 10, second);
        CHECK(equal(whole.updates(), second.updates()));
        for (std::size_t n = 0; n < bytes.size(); n += 1 + bytes.size() / 97) {
            byte_reader part(std::span<const std::byte>(bytes).first(n));
            REQUIRE_FALSE(second.restore(part));
        }
        CHECK(equal(whole.updates(), second.updates()));
        auto        plain = lora_trainer<llama<float>>::make(m, fresh(m, 1, {"q_proj", "down_proj"})).value();
        byte_reader again(bytes);
        REQUIRE_FALSE(plain.restore(again));
    }
}

TEST_CASE(
    "the table of tokens alone is tuned: begun it gives its base to the bit, and goes on from where it was saved") {
    const auto m     = test::tiny_llama<float>(8);
    const auto texts = test::some_texts(9, 4);
    context    c;
    pool       workers(3);
    context    many{workers};
    const auto start = [&] {
        const auto set = lora_set<float>::make(lora_places(m, true),
                                               {.targets = {"embed_tokens"}, .params = {.rank = 3}, .dropout = .2})
                             .value();
        REQUIRE(set.entries.size() == 1);
        return lora_trainer<llama<float>>::make(m, set, {.seed = 5}).value();
    };
    auto whole = start();
    for (const tuning_text& t : texts) CHECK(loss_of(m, whole.updates(), t, c) == loss_of(m, lora_set<float>{}, t, c));
    const auto before = whole.loss(pointers(texts), 24, c).value();
    const auto run    = [&](context& on, int from, int to, lora_trainer<llama<float>>& t) {
        for (int i = from; i < to; ++i) REQUIRE(t.step(pointers(texts), 24, {.rate = 3e-2}, 1, on));
    };
    run(c, 0, 20, whole);
    CHECK(whole.loss(pointers(texts), 24, c).value() < before - .3);
    auto first = start(), second = start();
    run(many, 0, 7, first);
    byte_writer to;
    first.save(to);
    const auto  bytes = to.take();
    byte_reader from(bytes);
    REQUIRE(second.restore(from));
    run(c, 7, 20, second);
    CHECK(same(whole.updates(), second.updates()));
    auto set             = whole.updates(); // what stands beside a layer cannot stand beside the table
    set.entries[0].table = false;
    CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::unexpected);
    set.entries[0].table = true, set.entries[0].update.A = matrix<float>(3, 39);
    CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::wrong_shape);
}

TEST_CASE("what cannot be tuned is refused, and a step that fails changes nothing") {
    const auto m = test::tiny_llama<float>(8);
    context    c;
    CHECK(lora_trainer<llama<float>>::make(m, {}).error().what == fault::no_input);
    auto set            = fresh(m, 1, {"v_proj"});
    set.entries[1].name = "model.layers.9.self_attn.v_proj";
    CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::unexpected);
    set.entries[1].name = set.entries[0].name;
    CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::unexpected);
    set = fresh(m, 1, {"v_proj"}), set.entries[2].update.B = matrix<float>(16, 3);
    CHECK(lora_trainer<llama<float>>::make(m, set).error().what == fault::wrong_shape);
    CHECK(lora_set<float>::make(lora_places(m), {.targets = {"q_proj", "w_proj"}}).error().subject == "w_proj");
    CHECK(lora_set<float>::make(lora_places(m), {.ranks = {{"w_proj", 2}}}).error().subject == "w_proj");
    CHECK(lora_set<float>::make(lora_places(m), {.params = {.rank = 9}}).error().what == fault::rank_too_high);

    const auto texts                  = test::some_texts(4, 2);
    set                               = fresh(m, 1, {"v_proj"});
    set.entries[0].update.B.data()[3] = std::numeric_limits<float>::infinity();
    auto       trainer                = lora_trainer<llama<float>>::make(m, set).value();
    const auto why                    = trainer.step(pointers(texts), 100, {}, 1, c);
    CHECK(why.error().what == fault::not_finite);
    CHECK(same(trainer.updates(), set));
    for (const double floor : {0., 1e-50})
        CHECK(trainer.step(pointers(texts), 100, {.floor = floor}, 1, c).error().what == fault::bad_argument);
    CHECK(trainer.loss(pointers(texts), 100, c).error().what == fault::not_finite);
    CHECK(trainer.step({}, 100, {}, 1, c).error().what == fault::no_input);
    CHECK(trainer.step(pointers(texts), 100, {.rate = -1}, 1, c).error().what == fault::bad_argument);

    auto             stopped = lora_trainer<llama<float>>::make(m, fresh(m, 1)).value();
    std::stop_source stop;
    stop.request_stop();
    c.stop = stop.get_token();
    CHECK(stopped.step(pointers(texts), 100, {}, 1, c).error().what == fault::stopped);
    CHECK(same(stopped.updates(), fresh(m, 1)));
    CHECK(stopped.steps() == 0);
}
