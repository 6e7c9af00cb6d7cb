// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/nn/activation.hpp>
#include <graft/nn/attention.hpp>
#include <graft/nn/cross_entropy.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/pooling.hpp>
#include <graft/nn/rotary.hpp>

#include "support/reference.hpp"

#include <doctest/doctest.h>

using namespace graft;
using test::difference;

namespace {

/// A case of fixtures/ops in one precision.
template <class T>
struct op {
    const std::map<std::string, test::reference_tensor>& all;
    std::string                                          name;
    double terms = 0; ///< the size of what is added up, where it is more than the sum

    const test::reference_tensor& raw(const char* part) const { return all.at(name + "." + part); }
    matrix<T>                     of(const char* part) const { return raw(part).template as<T>(); }
    bool                          close(const matrix<T>& got, const char* part) const {
        const double off = difference(got, raw(part));
        if (!(off <= tolerance())) MESSAGE(name << "." << std::string(part) << " is off by " << off);
        return off <= tolerance();
    }
    double tolerance() const { return std::is_same_v<T, double> ? 1e-10 : terms > 0 ? 4e-5 : 3e-6; }
    /// [heads, tokens, dims] to rows of a token's heads side by side.
    matrix<T> tokens(const char* part) const {
        const auto& t = raw(part);
        const auto  H = t.shape[0], n = t.shape[1], d = t.shape[2];
        matrix<T>   m(n, H * d);
        for (std::size_t h = 0; h < H; ++h)
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t k = 0; k < d; ++k) m.row(i)[h * d + k] = static_cast<T>(t.values[(h * n + i) * d + k]);
        return m;
    }
    bool tokens_close(const matrix<T>& got, const char* part) const {
        const auto&    t = raw(part);
        const auto     H = t.shape[0], n = t.shape[1], d = t.shape[2];
        std::vector<T> back(t.values.size());
        for (std::size_t h = 0; h < H; ++h)
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t k = 0; k < d; ++k) back[(h * n + i) * d + k] = got.row(i)[h * d + k];
        const double off = difference(std::span<const T>(back), t.values, terms);
        if (!(off <= tolerance())) MESSAGE(name << "." << std::string(part) << " is off by " << off);
        return off <= tolerance();
    }
};

template <class T>
void check_maps(const std::map<std::string, test::reference_tensor>& all, context& c) {
    const std::pair<const char*, activation> maps[] = {
        {"gelu_erf", activation::gelu}, {"gelu_tanh", activation::gelu_tanh}, {"silu", activation::silu}};
    for (const auto& [name, f] : maps) {
        const op<T> o{all, name};
        const auto  x = o.of("x"), dy = o.of("dy");
        matrix<T>   y(x.rows(), x.dims()), dx(x.rows(), x.dims());
        REQUIRE(activate<T>(f, x.view(), y.view(), c));
        REQUIRE(activate_back<T>(f, x.view(), dy.view(), dx.view(), c));
        CHECK(o.close(y, "y"));
        CHECK(o.close(dx, "dx"));
    }
    const op<T> o{all, "swiglu"};
    const auto  gate = o.of("gate"), up = o.of("up"), dy = o.of("dy");
    matrix<T>   y(5, 24), dgate(5, 24), dup(5, 24);
    REQUIRE(activate_gated<T>(activation::silu, gate.view(), up.view(), y.view(), c));
    REQUIRE(activate_gated_back<T>(activation::silu, gate.view(), up.view(), dy.view(), dgate.view(), dup.view(), c));
    CHECK(o.close(y, "y"));
    CHECK(o.close(dgate, "dgate"));
    CHECK(o.close(dup, "dup"));
}

template <class T>
void check_norms(const std::map<std::string, test::reference_tensor>& all, context& c) {
    {
        const op<T>         o{all, "layer_norm"};
        const layer_norm<T> layer{o.of("w"), o.of("b"), static_cast<T>(1e-12)};
        const auto          x = o.of("x"), dy = o.of("dy");
        matrix<T>           y(5, 24), dx(5, 24);
        auto                g = layer.zero_grads();
        norm_saved<T>       saved;
        REQUIRE(layer.forward(x.view(), y.view(), &saved, c));
        REQUIRE(layer.backward(x.view(), saved, dy.view(), dx.view(), &g, c));
        CHECK(o.close(y, "y"));
        CHECK(o.close(dx, "dx"));
        CHECK(o.close(g.w, "dw"));
        CHECK(o.close(g.b, "db"));
    }
    const op<T>       o{all, "rms_norm"};
    const rms_norm<T> layer{o.of("w"), static_cast<T>(1e-5)};
    const auto        x = o.of("x"), dy = o.of("dy");
    matrix<T>         y(5, 24), dx(5, 24);
    matrix<T>         dw(1, 24);
    norm_saved<T>     saved;
    REQUIRE(layer.forward(x.view(), y.view(), &saved, c));
    REQUIRE(layer.backward(x.view(), saved, dy.view(), dx.view(), dw.flat(), c));
    CHECK(o.close(y, "y"));
    CHECK(o.close(dx, "dx"));
    CHECK(o.close(dw, "dw"));
}

/// A layer as models hold it.
template <class T>
frozen_linear<T> frozen(matrix<T> w, matrix<T> b) {
    if constexpr (std::is_same_v<T, float>) return {packed_weights(w.view()), std::move(b)};
    else return {std::move(w), std::move(b)};
}

template <class T>
void check_linears(const std::map<std::string, test::reference_tensor>& all, context& c) {
    {
        const op<T> o{all, "linear"};
        const auto  layer = frozen(o.of("w"), o.of("b"));
        const auto  x = o.of("x"), dy = o.of("dy");
        matrix<T>   y(5, 8), dx(5, 24), dw(8, 24), db(1, 8);
        REQUIRE(layer.forward(x.view(), y.view(), c));
        REQUIRE(layer.backward(dy.view(), dx.view(), c));
        REQUIRE(linear_gradients<T>(x.view(), dy.view(), dw.view(), db.flat(), c));
        CHECK(o.close(y, "y"));
        CHECK(o.close(dx, "dx"));
        CHECK(o.close(dw, "dw"));
        CHECK(o.close(db, "db"));
    }
    const op<T> o{all, "lora_linear"};
    const auto  layer = frozen(o.of("w"), matrix<T>());
    lora<T>     beside;
    beside.A = o.of("a"), beside.B = o.of("b"), beside.scale = 2;
    const auto                       x = o.of("x"), dy = o.of("dy");
    matrix<T>                        y(5, 27), again(5, 27), dx(5, 24);
    auto                             g = beside.zero_grads();
    typename frozen_linear<T>::saved saved;
    REQUIRE(layer.forward(x.view(), y.view(), &beside, &saved, c));
    REQUIRE(layer.forward(x.view(), again.view(), &beside, nullptr, c));
    REQUIRE(layer.backward(saved, dy.view(), dx.view(), &beside, &g, c));
    CHECK(o.close(y, "y"));
    CHECK(o.close(again, "y"));
    CHECK(o.close(dx, "dx"));
    CHECK(o.close(g.A, "da"));
    CHECK(o.close(g.B, "db"));
}

template <class T>
void check_attention(const std::map<std::string, test::reference_tensor>& all, context& c) {
    for (const char* name :
         {"attention_full", "attention_causal", "attention_gqa", "attention_prefix", "attention_large"}) {
        // Scores of a few hundred: one weight is 1, and the gradients of q and k, terms of size 50, cancel to 1e-9.
        const op<T>       o{all, name, std::string(name) == "attention_large" ? 50. : 0.};
        const std::size_t heads = o.raw("q").shape[0], kv = o.raw("k").shape[0], n = o.raw("q").shape[1],
                          keys = o.raw("k").shape[1], d = 6;
        const bool         causal = std::string(name) != "attention_full" && std::string(name) != "attention_large";
        const attention<T> layer{heads, kv, d, causal, static_cast<T>(1 / std::sqrt(6.))};
        const auto         q = o.tokens("q"), k = o.tokens("k"), v = o.tokens("v"), dy = o.tokens("dy");
        matrix<T>          y(n, heads * d), dq(n, heads * d), dk(keys, kv * d), dv(keys, kv * d);
        typename attention<T>::saved saved;
        const std::size_t            ends[] = {n}, key_ends[] = {keys};
        using in = strided_rows<const T>;
        REQUIRE(layer.forward(in(q.view()), in(k.view()), in(v.view()), ends, key_ends, y.view(), &saved, c));
        REQUIRE(layer.backward(in(q.view()), in(k.view()), in(v.view()), ends, key_ends, in(y.view()), saved,
                               in(dy.view()), dq.view(), dk.view(), dv.view(), c));
        CHECK(o.tokens_close(y, "y"));
        CHECK(o.tokens_close(dq, "dq"));
        CHECK(o.tokens_close(dk, "dk"));
        CHECK(o.tokens_close(dv, "dv"));
    }
    const op<T>     o{all, "rope"};
    const rotary<T> turn(6, 1000, 10000);
    const auto      at = o.raw("positions").template list<std::uint32_t>();
    auto            x = o.tokens("x"), dy = o.tokens("dy");
    REQUIRE(turn.forward(x.view(), 4, at, c));
    REQUIRE(turn.backward(dy.view(), 4, at, c));
    CHECK(o.tokens_close(x, "y"));
    CHECK(o.tokens_close(dy, "dx"));
}

template <class T>
void check_heads(const std::map<std::string, test::reference_tensor>& all, context& c) {
    for (const char* name : {"cross_entropy", "cross_entropy_sum"}) {
        const op<T> o{all, name};
        const auto  z        = o.of("z");
        const auto  labels   = o.raw("labels").template list<std::int64_t>();
        double      labelled = 29;
        if (std::string(name) == "cross_entropy") {
            labelled = 0;
            for (auto l : labels) labelled += l != ignored_label;
        }
        matrix<T>  dz(z.rows(), z.dims());
        const auto loss = cross_entropy<T>(z.view(), labels, labelled, {}, dz.view(), c);
        REQUIRE(loss);
        CHECK(std::abs(*loss - o.raw("y").values[0]) <= o.tolerance() * std::abs(o.raw("y").values[0]));
        CHECK(o.close(dz, "dz"));
        CHECK(*cross_entropy<T>(z.view(), labels, labelled, {}, {}, c) == *loss);
    }
    const op<T>              o{all, "mean_pool_l2"};
    const auto               x = o.of("x"), dy = o.of("dy");
    const auto               mask = o.raw("mask").template list<int>();
    std::vector<std::size_t> ends, kept;
    for (std::size_t s = 0; s < 6; ++s) {
        for (std::size_t t = 0; t < 7; ++t)
            if (mask[s * 7 + t] != 0) kept.push_back(s * 7 + t);
        ends.push_back(kept.size());
    }
    matrix<T> packed(kept.size(), 24), pooled(6, 24), y(6, 24), dpooled(6, 24), dpacked(kept.size(), 24), dx(42, 24);
    for (std::size_t i = 0; i < kept.size(); ++i) std::copy_n(x.row(kept[i]).data(), 24, packed.row(i).data());
    pool_tokens<T>(pooling::mean, packed.view(), ends, pooled.view());
    normalise_rows<T>(pooled.view(), y.view());
    normalise_rows_back<T>(pooled.view(), y.view(), dy.view(), dpooled.view(), c);
    pool_tokens_back<T>(pooling::mean, packed.view(), ends, strided_rows<const T>(dpooled.view()), dpacked.view());
    for (std::size_t i = 0; i < kept.size(); ++i) std::copy_n(dpacked.row(i).data(), 24, dx.row(kept[i]).data());
    CHECK(o.close(y, "y"));
    CHECK(o.close(dx, "dx"));
}

template <class T>
void check_all(const std::filesystem::path& file) {
    const auto all = test::reference_tensors(file);
    context    c;
    check_maps<T>(all, c);
    check_norms<T>(all, c);
    check_linears<T>(all, c);
    check_attention<T>(all, c);
    check_heads<T>(all, c);
}

} // namespace

TEST_CASE("layers, forward and backward, are those of the reference to 1e-10 in double") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    check_all<double>(file);
}
TEST_CASE("layers, forward and backward, are those of the reference in float") {
    NEEDS_SHARED(file, "fixtures/ops/ops.safetensors");
    check_all<float>(file);
}
