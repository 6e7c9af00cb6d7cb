// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/merge_loras.hpp>
#include <graft/models/peft.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A file of one matrix `x.weight` in memory, and what is beside it.
struct one_weight {
    std::vector<std::byte> bytes;
    tensors                file{"w"};

    one_weight(const matrix<float>& w, weight_format as = weight_format::f32, std::string_view name = "x.weight") {
        bytes.resize(w.flat().size() * layout_of(as).bytes);
        matrix<float> copy = w;
        REQUIRE(detail::store_floats(as, copy.flat(), bytes.data()));
        file.add({name, as, {w.rows(), w.dims()}, bytes});
        REQUIRE(file.index());
    }
};
lora_set<float> beside(std::size_t in, std::size_t out, std::size_t rank, float size, const char* name = "x") {
    lora_set<float> set;
    auto            l = lora<float>::make(in, out, {.rank = rank, .alpha = 2. * static_cast<double>(rank)}).value();
    l.B               = test::random_matrix<float>(out, rank, 4);
    for (float& b : l.B.flat()) b *= size;
    set.entries.push_back({name, std::move(l)});
    return set;
}
matrix<float> numbers(const tensor& t) {
    matrix<float> m(t.rows(), t.columns());
    REQUIRE(t.decode(m.flat()));
    return m;
}
matrix<double> widened(const matrix<float>& m) {
    matrix<double> d(m.rows(), m.dims());
    std::copy(m.flat().begin(), m.flat().end(), d.data());
    return d;
}
double norm(const matrix<float>& m) {
    double sum = 0;
    for (const float x : m.flat()) sum += static_cast<double>(x) * static_cast<double>(x);
    return std::sqrt(sum);
}

} // namespace

TEST_CASE("merged weights are PEFT's, of a Llama and of a GPT-2 whose matrices lie the other way") {
    NEEDS_SHARED(fixtures, "fixtures");
    for (const bool gpt2 : {false, true}) {
        CAPTURE(gpt2);
        const auto folder = fixtures / "lora" / (gpt2 ? "gpt2" : "llama");
        const auto base =
            load_safetensors(posix_files{}, (fixtures / (gpt2 ? "tiny_gpt2" : "tiny_llama")).string()).value();
        std::vector<lora_place> places;
        for (const tensor& t : base.list())
            if (t.shape.rank() == 2)
                places.push_back({std::string(t.name.substr(0, t.name.rfind('.'))), gpt2 ? t.rows() : t.columns(),
                                  gpt2 ? t.columns() : t.rows()});
        const auto file =
            load_safetensors(posix_files{}, (folder / "adapter/adapter_model.safetensors").string()).value();
        const auto set = read_peft_lora(file, {.params = {.rank = 4, .alpha = 8}}, places);
        REQUIRE_MESSAGE(set, describe(set.error()));
        pool    workers(2);
        context c, two;
        two.executor   = workers;
        const auto got = merge_loras(base, *set, {.turned = gpt2}, c);
        REQUIRE_MESSAGE(got, describe(got.error()));
        const auto again = merge_loras(base, *set, {.turned = gpt2}, two).value();
        const auto want  = load_safetensors(posix_files{}, (folder / "merged.safetensors").string()).value();
        CHECK(got->list.size() == base.size());
        std::size_t held = 0;
        float       off  = 0;
        for (std::size_t n = 0; n < got->list.size(); ++n) {
            const tensor& t = got->list[n];
            CHECK(std::ranges::equal(t.bytes, again.list[n].bytes));
            const tensor* reference = want.find(t.name);
            if (reference == nullptr) continue;
            ++held;
            const auto a = numbers(t), b = numbers(*reference);
            for (std::size_t i = 0; i < a.flat().size(); ++i) off = std::max(off, std::fabs(a.flat()[i] - b.flat()[i]));
        }
        CHECK(held == want.size());
        CHECK(off < 1e-6f);
        CHECK(got->places.size() == set->entries.size());
        for (std::size_t i = 0; i < got->places.size(); ++i) {
            CHECK(got->places[i].name == set->entries[i].name);
            CHECK(got->places[i].lost < 1e-6);
            CHECK(again.places[i].lost == got->places[i].lost);
        }
        // What stands at no place is not copied.
        for (const tensor& t : got->list)
            if (t.name.find("norm") != std::string_view::npos || t.name.find("ln_") != std::string_view::npos)
                CHECK(t.bytes.data() == base.find(t.name)->bytes.data());
    }
}

TEST_CASE("how much of an update is left in fewer bits") {
    // The table of the field's blind spot: 768 x 768, an update of rank 8, by its size over that of the weights.
    auto w = test::random_matrix<float>(768, 768, 1);
    for (float& x : w.flat()) x *= .02f;
    context c;
    for (const auto& [share, bf16, f16] : {std::array{.003, .47, .069}, {.01, .17, .021}, {.1, .017, .002}}) {
        auto       set   = beside(768, 768, 8, 1);
        const auto whole = merge_loras(one_weight(w).file, set, {}, c).value();
        set.entries[0].update.scale *= static_cast<float>(share * norm(w) / whole.places[0].norm);
        for (const auto as : {weight_format::f32, weight_format::f16, weight_format::bf16}) {
            const one_weight base(w, as);
            const auto       got  = merge_loras(base.file, set, {}, c).value();
            const double     want = as == weight_format::f32 ? 1e-4 : as == weight_format::f16 ? f16 : bf16;
            CHECK(got.list[0].format == as);
            CHECK(got.places[0].norm == doctest::Approx(share * norm(w)).epsilon(1e-3));
            if (as == weight_format::f32) CHECK(got.places[0].lost < want);
            else CHECK(got.places[0].lost == doctest::Approx(want).epsilon(.2));
            // What it says is what the stored numbers show.
            const auto     now = numbers(got.list[0]), was = numbers(base.file.list()[0]);
            const auto&    l = set.entries[0].update;
            matrix<double> delta(768, 768);
            multiply_ab(widened(l.B).view(), widened(l.A).view(), delta.view());
            double off = 0, all = 0;
            for (std::size_t i = 0; i < delta.flat().size(); ++i) {
                const double d = static_cast<double>(l.scale) * delta.flat()[i];
                off += std::pow(static_cast<double>(now.flat()[i]) - static_cast<double>(was.flat()[i]) - d, 2),
                    all += d * d;
            }
            CHECK(got.places[0].lost == doctest::Approx(std::sqrt(off / all)).epsilon(1e-3));
        }
        // Stored in floats, a BF16 base keeps all of it.
        const one_weight base(w, weight_format::bf16);
        const auto       got = merge_loras(base.file, set, {.as = weight_format::f32}, c).value();
        CHECK(got.list[0].format == weight_format::f32);
        CHECK(got.places[0].lost < 1e-4);
    }
}

TEST_CASE("other numbers of a model are stored as asked, and integers stay") {
    const auto             w = test::random_matrix<float>(4, 6, 1);
    std::vector<std::byte> half(48), ids(16, std::byte{7});
    matrix<float>          copy = w;
    REQUIRE(detail::store_floats(weight_format::bf16, copy.flat(), half.data()));
    tensors file("m");
    file.add({"norm.weight", weight_format::bf16, {24}, half});
    file.add({"ids", weight_format::i64, {2}, ids});
    REQUIRE(file.index());
    context    c;
    const auto same = merge_loras(file, {}, {}, c).value();
    CHECK(same.kept.empty());
    const auto got = merge_loras(file, {}, {.as = weight_format::f32}, c).value();
    CHECK(got.list[0].format == weight_format::f32);
    CHECK(got.list[0].bytes.size() == 96);
    CHECK(std::ranges::equal(numbers(got.list[0]).flat(), copy.flat()));
    CHECK(got.list[1].bytes.data() == ids.data());
}

TEST_CASE(
    "with magnitudes each row of the merged weights has its length, and says what rounding took of the whole change") {
    const auto       w = test::random_matrix<float>(6, 8, 1);
    const one_weight base(w);
    auto             set = beside(8, 6, 2, .3f);
    lora<float>&     l   = set.entries[0].update;
    l.m                  = matrix<float>(1, 6);
    for (std::size_t r = 0; r < 6; ++r) l.m.data()[r] = .5f + static_cast<float>(r);
    auto want = w;
    REQUIRE(l.merge_into(want.view()));
    context    c;
    const auto made = merge_loras(base.file, set, {}, c).value();
    const auto got  = numbers(made.list[0]);
    for (std::size_t i = 0; i < got.flat().size(); ++i)
        CHECK(got.flat()[i] == doctest::Approx(static_cast<double>(want.flat()[i])).epsilon(1e-6));
    for (std::size_t r = 0; r < 6; ++r)
        CHECK(std::sqrt(squared_norm(got.row(r))) == doctest::Approx(.5 + static_cast<double>(r)));
    CHECK(made.places[0].lost == 0);
    const double lost = merge_loras(base.file, set, {.as = weight_format::bf16}, c).value().places[0].lost;
    CHECK(lost > 1e-4);
    CHECK(lost < 1e-2);
    CHECK(merge_loras(base.file, set, {.turned = true}, c).error().what == fault::unsupported);
    const one_weight square(test::random_matrix<float>(6, 6, 1));
    set                = beside(6, 6, 2, 1);
    auto& other        = set.entries[0];
    other.update.m     = matrix<float>(1, 6);
    const auto refused = merge_loras(square.file, set, {.turned = true}, c);
    CHECK(refused.error().what == fault::unsupported);
    other.update.m = matrix<float>(1, 5);
    CHECK(merge_loras(square.file, set, {}, c).error().what == fault::wrong_shape);
    other.update.m = {};
    // Beside a table the sizes are the other way round: it is refused for what it is.
    lora_set<float> table;
    table.entries.push_back({"x", lora<float>::make(6, 8, {.rank = 2}).value(), true});
    const one_weight tokens(test::random_matrix<float>(6, 8, 1));
    CHECK(merge_loras(tokens.file, table, {}, c).error().what == fault::unsupported);
}

TEST_CASE("what cannot be merged is refused by name") {
    const auto       w = test::random_matrix<float>(6, 8, 1);
    const one_weight base(w);
    auto             set = beside(8, 6, 2, 1);
    context          c;
    const auto       why = [&](const tensors& file, const merge_loras_params& how = {}) {
        const auto got = merge_loras(file, set, how, c);
        REQUIRE_FALSE(got);
        return describe(got.error());
    };
    const auto said = [](const std::string& subject, fault what) {
        return subject + ": " + std::string(explain(what));
    };
    CHECK(why(base.file, {.as = weight_format::q8_0}) == said("w: Q8_0", fault::bad_argument));
    CHECK(why(base.file, {.turned = true}) == said("w: x.weight", fault::wrong_shape));
    set.entries[0].name = "y.z";
    CHECK(why(base.file) == said("w: y.z.weight", fault::absent));
    set.entries[0].name = "model.x"; // the file leaves the first word out
    CHECK(merge_loras(base.file, set, {}, c));
    set.entries.push_back({"x", set.entries[0].update});
    CHECK(why(base.file) == said("w: x.weight", fault::duplicate_id));
    set.entries.pop_back();
    set.entries[0].update.B = matrix<float>(6, 1);
    CHECK(why(base.file) == said("w: x.weight", fault::wrong_shape));
    set                               = beside(8, 6, 2, 1);
    set.entries[0].update.B.row(3)[1] = std::numeric_limits<float>::max();
    set.entries[0].update.scale       = 1e9f;
    CHECK(why(base.file).find(std::string(explain(fault::not_finite))) != std::string::npos);
    set.entries[0].update.scale = 1e-30f;
    CHECK(why(one_weight(w, weight_format::f16).file).find(std::string(explain(fault::too_large))) !=
          std::string::npos);
    const std::vector<std::byte> blocks(2 * 34);
    tensors                      file("w");
    file.add({"x.weight", weight_format::q8_0, {2, 32}, blocks});
    REQUIRE(file.index());
    set = beside(32, 2, 1, 1);
    CHECK(why(file) == said("w: x.weight", fault::unsupported));
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    set = beside(8, 6, 2, 1);
    CHECK(merge_loras(base.file, set, {}, c).error().what == fault::stopped);
}
