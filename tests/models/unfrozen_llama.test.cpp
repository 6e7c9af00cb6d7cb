// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/nn/head_loss.hpp>
#include <graft/store/posix.hpp>

#include <support/decoder_checks.hpp>
#include <support/gradient.hpp>
#include <support/llama_of.hpp>
#include <support/reference.hpp>
#include <support/scratch_folder.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

namespace {

/// What may differ from one model of the family to another.
enum class kind { untied, tied, biased };

template <class Scalar>
llama<Scalar> model_of(kind k) {
    auto m = test::tiny_llama<Scalar>(7);
    if (k == kind::tied) m.tokens.reset(), m.config.tied = true;
    std::uint64_t seed = 1;
    if (k == kind::biased)
        for (auto& l : m.layers)
            for (auto* of : {&l.q, &l.k, &l.v}) of->b = test::random_matrix<Scalar>(1, of->out(), ++seed);
    return m;
}
struct read_texts {
    std::vector<std::uint32_t> ids;
    std::vector<std::int64_t>  labels;
    std::vector<std::size_t>   ends;

    explicit read_texts(std::span<const tuning_text> all) {
        for (const tuning_text& t : all) {
            ids.insert(ids.end(), t.ids.begin(), t.ids.end());
            labels.insert(labels.end(), t.labels.begin(), t.labels.end());
            ends.push_back(ids.size());
        }
    }
    [[nodiscard]] packed_tokens view() const { return {ids, {}, ends}; }
};
/// Loss of some texts, and the gradient of every number where it is wanted.
template <class Scalar>
double lose(const unfrozen_llama<Scalar>& m, const read_texts& texts, unfrozen_llama<Scalar>* g, bool inputs_only,
            context& c) {
    const arena::scope                     mine(c);
    typename unfrozen_llama<Scalar>::saved saved;
    saved.inputs_only = inputs_only;
    matrix<Scalar> y(texts.ids.size(), m.config.width);
    REQUIRE(m.forward(texts.view(), y.view(), {}, g != nullptr ? &saved : nullptr, c));
    const auto to = g != nullptr ? y.view() : matrix_view<Scalar>{};
    const auto loss =
        head_loss<Scalar>(m.head, y.view(), texts.labels, 9, {}, to, c, 3, g != nullptr ? &g->head : nullptr);
    if (g != nullptr) REQUIRE(m.backward(texts.view(), saved, y.view(), {}, {}, c, g));
    return loss.value();
}
template <class Scalar>
unfrozen_llama<Scalar> gradient(const unfrozen_llama<Scalar>& m, const read_texts& texts, bool inputs_only,
                                context& c) {
    auto g = m;
    each_weight([](const std::string&, matrix<Scalar>& w) { std::ranges::fill(w.flat(), Scalar{}); }, g);
    (void)lose(m, texts, &g, inputs_only, c);
    return g;
}
bool same(const unfrozen_llama<float>& a, const unfrozen_llama<float>& b) {
    bool all = true;
    each_weight([&](const std::string&, const matrix<float>& x,
                    const matrix<float>& y) { all = all && std::ranges::equal(x.flat(), y.flat()); },
                a, b);
    return all;
}

} // namespace

TEST_CASE("the gradient of every number of a whole model is that of differences") {
    context                  c;
    std::vector<tuning_text> some = test::some_texts(3, 5);
    some.resize(2);
    const read_texts texts(some);
    for (const kind k : {kind::untied, kind::tied, kind::biased}) {
        CAPTURE(static_cast<int>(k));
        auto        m       = unfreeze(model_of<double>(k), c).value();
        const auto  g       = gradient(m, texts, k == kind::tied, c);
        double      largest = 0;
        std::size_t looked = 0, numbers = 0;
        each_weight(
            [&](const std::string&, const matrix<double>& d) {
                for (const double x : d.flat()) largest = std::max(largest, std::abs(x));
            },
            g);
        each_weight(
            [&](const std::string& name, matrix<double>& w, const matrix<double>& d) {
                CAPTURE(name);
                double worst = 0;
                // All of norms and biases, some of each matrix: in other places for each kind.
                const std::size_t step = w.rows() == 1 ? 1 : 11;
                for (std::size_t i = static_cast<std::size_t>(k); i < w.flat().size(); i += step, ++looked) {
                    const double of = d.flat()[i];
                    worst           = std::max(worst, test::gradient_error(w.flat().subspan(i, 1), {&of, 1}, [&] {
                                                return lose<double>(m, texts, nullptr, false, c);
                                            }) * std::abs(of));
                }
                CHECK(worst < 1e-8 * largest);
                numbers += w.flat().size();
            },
            m, g);
        CHECK(numbers == m.parameters());
        CHECK(numbers == model_of<float>(k).parameters());
        CHECK(looked > 600);
    }
}

TEST_CASE("an unfrozen model reads as the one it was made of, to the bit, and its gradients are those of doubles on "
          "any threads") {
    const read_texts texts(test::some_texts(9, 3));
    context          c;
    pool             workers(3);
    context          many{workers};
    for (const kind k : {kind::untied, kind::tied, kind::biased}) {
        CAPTURE(static_cast<int>(k));
        const auto    frozen = model_of<float>(k);
        const auto    m      = unfreeze(frozen, many).value();
        matrix<float> a(texts.ids.size(), 16), b(texts.ids.size(), 16), c3(texts.ids.size(), 16);
        REQUIRE(frozen.forward(texts.view(), a.view(), {}, nullptr, c));
        REQUIRE(m.forward(texts.view(), b.view(), {}, nullptr, c));
        REQUIRE(m.forward(texts.view(), c3.view(), {}, nullptr, many));
        CHECK(std::ranges::equal(a.flat(), b.flat()));
        CHECK(std::ranges::equal(a.flat(), c3.flat()));

        const auto g = gradient(m, texts, false, c);
        CHECK(same(g, gradient(m, texts, false, many)));
        CHECK(same(g, gradient(m, texts, true, many)));
        // The same numbers in double.
        auto                              wide = unfreeze(model_of<double>(k), c).value();
        std::vector<const matrix<float>*> of;
        each_weight([&](const std::string&, const matrix<float>& w) { of.push_back(&w); }, m);
        std::size_t at = 0;
        each_weight(
            [&](const std::string&, matrix<double>& w) { std::ranges::copy(of[at++]->flat(), w.flat().begin()); },
            wide);
        const auto                         exact = gradient(wide, texts, false, c);
        std::vector<const matrix<double>*> right;
        each_weight([&](const std::string&, const matrix<double>& w) { right.push_back(&w); }, exact);
        at = 0;
        each_weight(
            [&](const std::string& name, const matrix<float>& d) {
                CAPTURE(name);
                double off = 0, size = 0;
                for (std::size_t i = 0; i < d.flat().size(); ++i) {
                    const double r = right[at]->flat()[i];
                    off += (static_cast<double>(d.flat()[i]) - r) * (static_cast<double>(d.flat()[i]) - r),
                        size += r * r;
                }
                ++at;
                CHECK(std::sqrt(off) <= 2e-5 * std::sqrt(size));
            },
            g);
    }
}

TEST_CASE("weights that are no floats are not unfrozen") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    context c;
    for (const weights_as as : {weights_as::bf16, weights_as::int8, weights_as::blocks, weights_as::nf4}) {
        CAPTURE(static_cast<int>(as));
        const auto made = unfreeze(test::llama_of(base, {.as = as}), c);
        REQUIRE_FALSE(made);
        CHECK(made.error().what == fault::unsupported);
    }
    std::stop_source halt;
    halt.request_stop();
    context stopped;
    stopped.stop = halt.get_token();
    CHECK(unfreeze(test::llama_of(base), stopped).error().what == fault::stopped);
}

TEST_CASE("what was moved is written as a folder of transformers, and read from there to the bit") {
    for (const char* which : {"fixtures/tiny_llama", "fixtures/tiny_llama/tied", "fixtures/tiny_llama/bf16",
                              "fixtures/tiny_llama/sharded", "fixtures/tiny_qwen2"}) {
        CAPTURE(which);
        NEEDS_SHARED(base, which);
        const posix_files fs;
        context           c;
        auto              m    = unfreeze(test::llama_of(base), c).value();
        std::uint64_t     seed = 0;
        each_weight(
            [&](const std::string&, matrix<float>& w) {
                const auto by = test::random_matrix<float>(w.rows(), w.dims(), ++seed);
                for (std::size_t i = 0; i < w.flat().size(); ++i) w.flat()[i] += .01f * by.flat()[i];
            },
            m);
        const test::scratch_folder out("unfrozen");
        REQUIRE(save_unfrozen_folder(fs, base.string(), m, out.path(), weight_format::f32, c));
        const auto again = test::llama_of(out.path());
        CHECK(same(m, unfreeze(again, c).value()));
        CHECK(test::slurp(out.at / "config.json").find("bfloat16") == std::string::npos);
        const std::vector<std::uint32_t> ids{3, 1, 4, 1, 5, 9, 2, 6};
        CHECK(std::ranges::equal(test::logits(m, ids).flat(), test::logits(again, ids).flat()));
        // Rounded, where that is wanted.
        REQUIRE(save_unfrozen_folder(fs, base.string(), m, out.path(), weight_format::bf16, c));
        CHECK(test::slurp(out.at / "config.json").find("float32") == std::string::npos);
        const auto round = unfreeze(test::llama_of(out.path()), c).value();
        each_weight(
            [&](const std::string& name, const matrix<float>& x, const matrix<float>& y) {
                CAPTURE(name);
                bool near = true;
                for (std::size_t i = 0; i < x.flat().size(); ++i)
                    near = near && std::fabs(x.flat()[i] - y.flat()[i]) <= std::fabs(x.flat()[i]) / 256;
                CHECK(near);
            },
            m, round);
    }
}

TEST_CASE("a folder of another model is refused, so are numbers that cannot be stored, and the base is kept") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(tied, "fixtures/tiny_llama/tied");
    NEEDS_SHARED(other, "fixtures/tiny_qwen2");
    const posix_files          fs;
    const test::scratch_folder out("unfrozen_refused");
    context                    c;
    const auto                 m    = unfreeze(test::llama_of(base), c).value();
    const auto                 what = [&](const std::filesystem::path& from, const unfrozen_llama<float>& of,
                          weight_format as = weight_format::f32) {
        return save_unfrozen_folder(fs, from.string(), of, out.path(), as, c).error();
    };
    CHECK(what(base, m, weight_format::q8_0).what == fault::bad_argument);
    CHECK(what(tied, m).what == fault::absent); // which has no head
    CHECK_FALSE(save_unfrozen_folder(fs, other.string(), m, out.path(), weight_format::f32, c));
    auto turned          = m;
    turned.config.layout = rotary_layout::pairs;
    CHECK(what(base, turned).what == fault::unsupported);
    auto sick                    = m;
    sick.layers[1].k.W.row(3)[2] = std::numeric_limits<float>::infinity();
    for (const weight_format as : {weight_format::f32, weight_format::bf16}) {
        const auto why = what(base, sick, as);
        CHECK(why.what == fault::not_finite);
        CHECK(why.where == 3);
        CHECK(why.subject.find("layers.1.self_attn.k_proj") != std::string::npos);
    }
    auto large                  = m;
    large.last_norm.w.row(0)[1] = 1e6f;
    CHECK(what(base, large, weight_format::f16).what == fault::too_large);
    CHECK_FALSE(std::filesystem::exists(out.at / "config.json"));
    const auto over = save_unfrozen_folder(fs, base.string(), m, base.string() + "/.", weight_format::f32, c);
    REQUIRE_FALSE(over);
    CHECK(over.error().what == fault::bad_argument);
}
