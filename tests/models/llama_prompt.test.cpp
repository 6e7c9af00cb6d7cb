// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/models/llama_folder.hpp>
#include <graft/models/llama_prompt.hpp>
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
#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

using namespace graft;

namespace {

using batch = test::labelled_batch;

/// The loss of a batch, and the gradient of the virtual tokens where it is wanted; y: the rows that the head took.
template <class Scalar, class Prompt>
double step(const llama<Scalar>& m, const Prompt& before, const batch& b, matrix<Scalar>* g, matrix<Scalar>& y,
            context& c) {
    y = matrix<Scalar>(b.labels.size(), m.config.width);
    matrix<Scalar>                dy(y.rows(), y.dims());
    typename llama<Scalar>::saved saved;
    const arena::scope            mine(c);
    const auto ok = forward_behind(m, before, b.view(), y.view(), g != nullptr ? &saved : nullptr, c);
    REQUIRE_MESSAGE(ok, describe(ok.error()));
    const auto loss = head_loss<Scalar>(m.head, y.view(), b.labels, b.labelled, {},
                                        g != nullptr ? dy.view() : matrix_view<Scalar>{}, c, 7);
    REQUIRE(loss);
    if (g != nullptr) REQUIRE(backward_behind(m, before, b.view(), saved, dy.view(), g->view(), c));
    return *loss;
}
double off(const matrix<float>& got, const std::vector<double>& want) {
    REQUIRE(got.flat().size() == want.size());
    double d = 0, size = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double e = static_cast<double>(got.data()[i]) - want[i];
        d += e * e, size += want[i] * want[i];
    }
    return std::sqrt(d / size);
}

/// The gradient of the rows through the network that made them, linear, tanh and linear, is that of the network.
void check_network(const std::map<std::string, test::reference_tensor>& io, const matrix<float>& g) {
    const auto of = [&](const char* part, const char* what) {
        return io.at(std::string(part) + ".prompt_encoder." + what).as<double>();
    };
    const auto E = of("param", "embedding.weight"), A = of("param", "transform.0.weight"),
               a = of("param", "transform.0.bias"), B = of("param", "transform.2.weight");
    const std::size_t hidden = A.rows(), out = B.rows();
    matrix<float>     dE(E.rows(), E.dims()), dA(hidden, A.dims()), da(1, hidden), dB(out, hidden), db(1, out);
    for (std::size_t r = 0; r < E.rows(); ++r)
        for (std::size_t h = 0; h < hidden; ++h) {
            double x = a.data()[h], back = 0;
            for (std::size_t i = 0; i < E.dims(); ++i) x += A.row(h)[i] * E.row(r)[i];
            x = std::tanh(x);
            for (std::size_t o = 0; o < out; ++o) {
                const auto d = static_cast<double>(g.row(r)[o]);
                dB.row(o)[h] += static_cast<float>(d * x), back += d * B.row(o)[h];
                if (h == 0) db.data()[o] += g.row(r)[o];
            }
            back *= 1 - x * x;
            da.data()[h] += static_cast<float>(back);
            for (std::size_t i = 0; i < E.dims(); ++i) {
                dA.row(h)[i] += static_cast<float>(back * E.row(r)[i]);
                dE.row(r)[i] += static_cast<float>(back * A.row(h)[i]);
            }
        }
    for (const auto& [name, mine] : {std::pair{"embedding.weight", &dE},
                                     {"transform.0.weight", &dA},
                                     {"transform.0.bias", &da},
                                     {"transform.2.weight", &dB},
                                     {"transform.2.bias", &db}})
        CHECK_MESSAGE(off(*mine, io.at(std::string("grad.prompt_encoder.") + name).values) < 1e-5, name);
}

/// Logits, loss and gradient of a fixture.
template <class Prompt>
void check_fixture(const llama<float>& m, const Prompt& before, const std::filesystem::path& at) {
    const auto        io   = test::reference_tensors(at / "io.safetensors");
    const auto        json = load_json(posix_files{}, (at / "io.json").string()).value();
    const std::size_t rows = detail::rows_before(before);
    const batch       b(io, {}, rows);
    pool              workers(2);
    for (const bool threads : {false, true}) {
        context c;
        if (threads) c.executor = workers;
        matrix<float> g(before.rows.rows(), before.rows.dims()), y;
        const double  loss = step(m, before, b, &g, y, c);
        CHECK(loss == doctest::Approx(*json.at("loss").number<double>()).epsilon(2e-6));
        if (const auto want = io.find("grad.prompt_encoder.embedding.weight");
            want->second.values.size() == g.flat().size()) {
            CHECK(off(g, want->second.values) < 1e-5);
        } else check_network(io, g);
        matrix<float> z(y.rows(), m.config.vocabulary);
        REQUIRE(m.head.forward(y.view(), z.view(), c));
        float       worst = 0;
        std::size_t row   = 0;
        for (int n = 0; n < 3; ++n) {
            const auto want = io.at(std::to_string(n) + ".logits").as<float>();
            for (std::size_t i = 0; i < want.rows(); ++i, ++row)
                for (std::size_t t = 0; t < want.dims(); ++t)
                    worst = std::max(worst, std::abs(z.row(row)[t] - want.row(i)[t]));
        }
        CHECK(row == y.rows());
        CHECK(worst < 3e-5f);
    }
}
matrix<float> embeddings(const std::filesystem::path& at) {
    return test::reference_tensors(at / "adapter" / "adapter_model.safetensors").at("prompt_embeddings").as<float>();
}

template <class Scalar>
batch some_batch(std::uint64_t seed, std::size_t rows) {
    batch b;
    for (const tuning_text& t : test::some_texts(3, seed)) {
        std::vector<std::int64_t> own(t.ids.size(), ignored_label);
        for (std::size_t i = 0; i + 1 < t.ids.size(); ++i) own[i + 1] = t.labels[i];
        if (seed % 2 == 0) own[0] = t.ids[0]; // the first token is learned where a prompt stands before it
        b.add(t.ids, own, rows);
    }
    return b;
}

template <class Prompt>
void check_gradient(const llama<double>& m, Prompt before, std::uint64_t seed) {
    const batch    b = some_batch<double>(seed, detail::rows_before(before));
    context        c;
    matrix<double> g(before.rows.rows(), before.rows.dims()), y;
    const double   at = step(m, before, b, &g, y, c);
    CHECK(at == doctest::Approx(step<double>(m, before, b, nullptr, y, c)).epsilon(1e-14));
    double far = 0, size = 0;
    for (std::size_t i = 0; i < g.flat().size(); ++i) {
        double&      x    = before.rows.data()[i];
        const double keep = x, h = 1e-3;
        double       d[6];
        const double steps[] = {h, -h, 2 * h, -2 * h, 3 * h, -3 * h};
        for (int s = 0; s < 6; ++s) x = keep + steps[s], d[s] = step<double>(m, before, b, nullptr, y, c);
        x                  = keep;
        const double slope = (45 * (d[0] - d[1]) - 9 * (d[2] - d[3]) + (d[4] - d[5])) / (60 * h);
        far += (slope - g.data()[i]) * (slope - g.data()[i]), size += slope * slope;
    }
    CHECK(std::sqrt(far / size) < 1e-8);
}

} // namespace

TEST_CASE("PEFT's prefixes and soft prompts before a Llama: its logits, loss and gradients") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const auto m = test::llama_of(base);
    for (const char* kind : {"prefix_random", "prefix_zero", "prefix_from_text", "prefix_projection"}) {
        CAPTURE(kind);
        check_fixture(m, prefix<float>{2, embeddings(fixtures / kind)}, fixtures / kind);
    }
    for (const char* kind : {"prompt_random", "prompt_text"}) {
        CAPTURE(kind);
        check_fixture(m, soft_prompt<float>{embeddings(fixtures / kind)}, fixtures / kind);
    }
}

TEST_CASE("without a prefix the base of the fixture says what it says") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const auto m  = test::llama_of(base);
    const auto io = test::reference_tensors(fixtures / "prefix_random" / "io.safetensors");
    for (int n = 0; n < 3; ++n) {
        const auto        ids    = io.at(std::to_string(n) + ".ids").list<std::uint32_t>();
        const std::size_t ends[] = {ids.size()};
        const auto        want   = io.at(std::to_string(n) + ".base_logits").as<float>();
        context           c;
        matrix<float>     y(ids.size(), m.config.width), z(ids.size(), m.config.vocabulary), other(y.rows(), y.dims());
        REQUIRE(m.forward(packed_tokens{ids, {}, ends}, y.view(), {}, nullptr, c));
        REQUIRE(m.head.forward(y.view(), z.view(), c));
        for (std::size_t i = 0; i < z.flat().size(); ++i) CHECK(std::abs(z.data()[i] - want.data()[i]) < 3e-5f);
        // None at all is the base, to the bit.
        REQUIRE(forward_behind(m, prefix<float>{}, packed_tokens{ids, {}, ends}, other.view(), nullptr, c));
        CHECK(std::ranges::equal(y.flat(), other.flat()));
        REQUIRE(forward_behind(m, soft_prompt<float>{}, packed_tokens{ids, {}, ends}, other.view(), nullptr, c));
        CHECK(std::ranges::equal(y.flat(), other.flat()));
    }
}

TEST_CASE("a prefix and a prompt out of a text are those of PEFT") {
    NEEDS_SHARED(base, "fixtures/tiny_llama");
    NEEDS_SHARED(fixtures, "fixtures/prefix");
    const auto m    = test::llama_of(base);
    const auto json = load_json(posix_files{}, (fixtures / "prefix_from_text" / "io.json").string()).value();
    std::vector<std::uint32_t> text;
    for (const json_value id : *json.at("text_ids").array()) text.push_back(*id.number<std::uint32_t>());
    context    c;
    const auto made = prefix_of(m, text, 5, c);
    REQUIRE(made);
    const auto want = embeddings(fixtures / "prefix_from_text");
    REQUIRE(made->rows.dims() == want.dims());
    for (std::size_t i = 0; i < want.flat().size(); ++i) CHECK(std::abs(made->rows.data()[i] - want.data()[i]) < 1e-5f);
    CHECK(prefix_of(m, text, text.size() + 1, c).error().what == fault::no_input);
    CHECK(prefix_of(m, text, 0, c).error().what == fault::no_input);

    // "graft" in bytes, said again until there are six tokens
    const std::vector<std::uint32_t> word{'g', 'r', 'a', 'f', 't'};
    const auto                       prompt = soft_prompt_of(m, word, 6).value();
    const auto                       rows   = embeddings(fixtures / "prompt_text");
    for (std::size_t i = 0; i < rows.flat().size(); ++i) CHECK(prompt.rows.data()[i] == rows.data()[i]);
    CHECK(soft_prompt_of(m, {}, 6).error().what == fault::no_input);
    CHECK(soft_prompt_of(m, std::vector<std::uint32_t>{3, 999}, 6).error().what == fault::unknown_id);
}

TEST_CASE("gradients of a whole model in double, against differences: grouped heads, several texts") {
    for (const auto layout : {rotary_layout::halves, rotary_layout::pairs})
        for (const std::uint64_t seed : {7u, 8u}) {
            const auto m = test::tiny_llama<double>(3, layout);
            check_gradient(m, prefix<double>::make(3, 8, {.tokens = 3, .seed = seed}).value(), seed);
            check_gradient(m, prefix<double>::make(3, 8, {.tokens = 1, .spread = 0}).value(), seed);
            check_gradient(m, soft_prompt<double>::make(16, {.tokens = 4, .seed = seed}).value(), seed);
        }
}

TEST_CASE("behind the prefix that a prompt is a text is read alike; so it is by itself, and on any number of threads") {
    const auto    m = test::tiny_llama<float>(4);
    const auto    p = soft_prompt<float>::make(16, {.tokens = 5, .spread = .7, .seed = 2}).value();
    pool          workers(3);
    context       c, many{workers};
    const auto    first = prefix_of(m, p, c).value();
    const batch   b = some_batch<float>(3, 0), rows = some_batch<float>(3, 5);
    matrix<float> by_prompt, by_prefix, again, g(5, 16), h(5, 16), k(5, first.rows.dims()), l(5, first.rows.dims());
    step(m, p, rows, &g, by_prompt, c);
    step(m, p, rows, &h, again, many);
    CHECK(std::ranges::equal(by_prompt.flat(), again.flat()));
    CHECK(std::ranges::equal(g.flat(), h.flat()));
    step(m, first, b, &k, by_prefix, c);
    step(m, first, b, &l, again, many);
    CHECK(std::ranges::equal(by_prefix.flat(), again.flat()));
    CHECK(std::ranges::equal(k.flat(), l.flat()));
    for (std::size_t s = 0, begin = 0; s < b.ends.size(); begin = b.ends[s++]) {
        const std::size_t n = b.ends[s] - begin;
        CHECK(std::ranges::equal(by_prompt.view().middle(begin + (s + 1) * 5, n).flat(),
                                 by_prefix.view().middle(begin, n).flat()));
        const std::size_t ends[] = {n};
        matrix<float>     alone(n, 16);
        REQUIRE(forward_behind(m, first, packed_tokens{std::span(b.ids).subspan(begin, n), {}, ends}, alone.view(),
                               nullptr, c));
        CHECK(std::ranges::equal(alone.flat(), by_prefix.view().middle(begin, n).flat()));
    }
}

TEST_CASE("a cache that begins with a prefix gives what whole texts behind it give, to the bit") {
    const auto    m     = test::tiny_llama<float>(4);
    const auto    first = prefix<float>::make(3, 8, {.tokens = 5, .seed = 2}).value();
    const batch   b     = some_batch<float>(9, 0);
    context       c;
    matrix<float> y(b.ids.size(), 16), z(b.ids.size(), 40);
    REQUIRE(forward_behind(m, first, b.view(), y.view(), nullptr, c));
    REQUIRE(m.head.forward(y.view(), z.view(), c));
    kv_cache<float> cache(3, 2, 4, first);
    CHECK(cache.before() == 5);
    CHECK(cache.size() == 0);
    for (std::size_t s = 0, begin = 0; s < b.ends.size(); begin = b.ends[s++]) {
        const auto    text = std::span(b.ids).subspan(begin, b.ends[s] - begin);
        matrix<float> got(text.size(), 40), one(1, 40);
        cache.reset();
        decoder_input<float> in{text, &cache};
        REQUIRE(m.forward({&in, 1}, logits_of::all, got.view(), c));
        CHECK(std::ranges::equal(got.flat(), z.view().middle(begin, text.size()).flat()));
        // Forked, and token by token.
        kv_cache<float> other(3, 2, 4, first);
        other.fork(cache, text.size() / 2);
        cache.shorten(text.size() / 2);
        for (std::size_t i = text.size() / 2; i < text.size(); ++i)
            for (auto* at : {&cache, &other}) {
                in = {text.subspan(i, 1), at};
                REQUIRE(m.forward({&in, 1}, logits_of::last, one.view(), c));
                CHECK(std::ranges::equal(one.flat(), z.row(begin + i)));
            }
        CHECK(cache.held() == text.size() + 5);
    }
    // The positions are those of the prefix and the text together.
    std::vector<std::uint32_t> most(27, 1), more(28, 1);
    matrix<float>              one(1, 40);
    cache.reset();
    decoder_input<float> in{more, &cache};
    CHECK(m.forward({&in, 1}, logits_of::last, one.view(), c).error().what == fault::too_large);
    in.ids = most;
    CHECK(m.forward({&in, 1}, logits_of::last, one.view(), c));
}

TEST_CASE("what does not fit a model is refused") {
    const auto                 m = test::tiny_llama<float>(4);
    context                    c;
    std::vector<std::uint32_t> ids(28, 1);
    const std::size_t          ends[] = {28};
    matrix<float>              y(28, 16), rows(28 + 5, 16);
    const packed_tokens        in{ids, {}, ends};
    const auto                 two = prefix<float>::make(2, 8, {.tokens = 5}).value();
    CHECK(forward_behind(m, two, in, y.view(), nullptr, c).error().what == fault::wrong_shape);
    CHECK(forward_behind(m, prefix<float>::make(3, 4, {.tokens = 5}).value(), in, y.view(), nullptr, c).error().what ==
          fault::wrong_shape);
    CHECK(forward_behind(m, soft_prompt<float>::make(8, {.tokens = 5}).value(), in, rows.view(), nullptr, c)
              .error()
              .what == fault::wrong_shape);
    const auto three = prefix<float>::make(3, 8, {.tokens = 5}).value();
    CHECK(forward_behind(m, three, in, y.view(), nullptr, c).error().what == fault::too_large);
    CHECK(forward_behind(m, soft_prompt<float>::make(16, {.tokens = 5}).value(), in, rows.view(), nullptr, c)
              .error()
              .what == fault::too_large);
    ids[3]                       = 40;
    const std::size_t   short_[] = {20};
    const packed_tokens bad{std::span(ids).first(20), {}, short_};
    CHECK(forward_behind(m, three, bad, y.view().middle(0, 20), nullptr, c).error().what == fault::unknown_id);
    ids[3] = 1;
    std::stop_source stop;
    stop.request_stop();
    c.stop = stop.get_token();
    CHECK(forward_behind(m, three, bad, y.view().middle(0, 20), nullptr, c).error().what == fault::stopped);
    CHECK(prefix_of(m, soft_prompt<float>::make(16, {.tokens = 33}).value(), c).error().what == fault::too_large);
}
