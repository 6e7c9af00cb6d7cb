// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/models/bert_reader.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include "support/gradient.hpp"
#include "support/reference.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>

using namespace graft;

namespace {

const bert_config tiny{200, 32, 2, 4, 64, 64, 2, 1e-12, activation::gelu, 1};

template <class T>
bert<T> tiny_bert(const std::filesystem::path& folder, context& c, const bert_heads& heads = {true, false}) {
    const posix_files fs;
    const auto        file = load_safetensors(fs, (folder / "model.safetensors").string());
    REQUIRE(file);
    auto read = read_bert<T>(*file, tiny, heads, {}, c);
    if (!read) FAIL(describe(read.error()));
    return *std::move(read);
}

/// The eight sequences of the fixture, packed.
struct sequences {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint8_t>  types;
    std::vector<std::size_t>   ends;

    explicit sequences(const std::map<std::string, test::reference_tensor>& io, std::initializer_list<int> which) {
        for (int n : which) {
            for (auto id : io.at(std::to_string(n) + ".ids").list<std::uint32_t>()) ids.push_back(id);
            for (auto t : io.at(std::to_string(n) + ".types").list<std::uint8_t>()) types.push_back(t);
            ends.push_back(ids.size());
        }
    }
    packed_tokens view() const { return {ids, types, ends}; }
};
bool same(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

template <class T>
void check_reference(const std::filesystem::path& folder) {
    context         c;
    const auto      m  = tiny_bert<T>(folder / "hf", c);
    const auto      io = test::reference_tensors(folder / "io.safetensors");
    const sequences all(io, {0, 1, 2, 3, 4, 5, 6, 7});
    for (bool saving : {false, true}) {
        matrix<T>               y(all.ids.size(), 32), pooled(8, 32);
        typename bert<T>::saved saved;
        REQUIRE(m.forward(all.view(), y.view(), {}, saving ? &saved : nullptr, c));
        REQUIRE(m.pooled(y.view(), all.ends, pooled.view(), c));
        for (std::size_t n = 0, begin = 0; n < 8; begin = all.ends[n++]) {
            const auto&       hidden = io.at(std::to_string(n) + ".hidden").values;
            const std::size_t size   = (all.ends[n] - begin) * 32;
            const auto        close  = [&](const T* got, const double* want, std::size_t count) {
                double worst = 0;
                for (std::size_t i = 0; i < count; ++i)
                    worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want[i]));
                return worst < 1e-5;
            };
            CHECK(close(y.row(begin).data(), hidden.data() + 2 * size, size));
            if (saving) CHECK(close(saved.layers[0].x.row(begin).data(), hidden.data(), size));
            if (saving) CHECK(close(saved.layers[1].x.row(begin).data(), hidden.data() + size, size));
            CHECK(close(pooled.row(n).data(), io.at(std::to_string(n) + ".pooler").values.data(), 32));
            const std::pair<const char*, pooling> modes[] = {{"cls", pooling::cls},
                                                             {"max", pooling::max},
                                                             {"mean", pooling::mean},
                                                             {"mean_sqrt_len_tokens", pooling::mean_sqrt_len},
                                                             {"weightedmean", pooling::weighted_mean},
                                                             {"lasttoken", pooling::last}};
            for (const auto& [name, how] : modes) {
                matrix<T> one(8, 32), unit(8, 32);
                pool_tokens<T>(how, y.view(), all.ends, one.view());
                normalise_rows<T>(one.view(), unit.view());
                CHECK(close(one.row(n).data(), io.at(std::string("pooled.") + name).values.data() + n * 32, 32));
                CHECK(close(unit.row(n).data(), io.at(std::string("normalised.") + name).values.data() + n * 32, 32));
            }
        }
    }
}

} // namespace

TEST_CASE("a tiny BERT gives the hidden states, pooler and every pooling of the reference, in float and double") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    check_reference<float>(folder);
    check_reference<double>(folder);
}

TEST_CASE("a sequence has the same bits whatever it is packed with, in whatever order, on any number of threads") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    context         c;
    const auto      m  = tiny_bert<float>(folder / "hf", c);
    const auto      io = test::reference_tensors(folder / "io.safetensors");
    const sequences all(io, {7, 3, 0, 5, 1, 6, 2, 4});
    matrix<float>   y(all.ids.size(), 32);
    REQUIRE(m.forward(all.view(), y.view(), {}, nullptr, c));
    for (std::size_t width : {2u, 4u}) {
        context       many{threads(width)};
        matrix<float> z(all.ids.size(), 32);
        REQUIRE(m.forward(all.view(), z.view(), {}, nullptr, many));
        CHECK(same(y.flat(), z.flat()));
    }
    const int order[] = {7, 3, 0, 5, 1, 6, 2, 4};
    for (std::size_t n = 0, begin = 0; n < 8; begin = all.ends[n++]) {
        const sequences alone(io, {order[n]});
        matrix<float>   z(alone.ids.size(), 32);
        REQUIRE(m.forward(alone.view(), z.view(), {}, nullptr, c));
        CHECK(same(z.flat(), matrix_view<const float>(y.view()).middle(begin, alone.ids.size()).flat()));
    }
}

TEST_CASE("the gradients of a BERT are those of the differences: updates, tables and the first norm") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    context                   c;
    auto                      m  = tiny_bert<double>(folder / "hf", c);
    const auto                io = test::reference_tensors(folder / "io.safetensors");
    const sequences           some(io, {2, 1, 3});
    std::vector<lora<double>> u;
    for (std::size_t i = 0; i < 12; ++i) {
        const std::size_t in = i % 6 == 5 ? 64 : 32, out = i % 6 == 4 ? 64 : 32;
        u.push_back(lora<double>::make(in, out, {.rank = 2, .alpha = 2, .seed = i}).value());
        u.back().B = test::random_matrix<double>(out, 2, i);
    }
    std::vector<lora<double>::grads>         g;
    std::vector<bert_layer<double>::updates> beside;
    std::vector<bert_layer<double>::grads>   to;
    for (const auto& one : u) g.push_back(one.zero_grads());
    for (std::size_t i = 0; i < 12; i += 6) {
        beside.push_back({&u[i], &u[i + 1], &u[i + 2], &u[i + 3], &u[i + 4], &u[i + 5]});
        to.push_back({&g[i], &g[i + 1], &g[i + 2], &g[i + 3], &g[i + 4], &g[i + 5]});
    }
    const std::size_t n     = some.ids.size();
    const auto        dy    = test::random_matrix<double>(n, 32, 99);
    const auto        value = [&] {
        matrix<double> y(n, 32);
        REQUIRE(m.forward(some.view(), y.view(), beside, nullptr, c));
        return std::inner_product(y.data(), y.data() + n * 32, dy.data(), 0.);
    };
    matrix<double>                y(n, 32), d = dy, words(200, 32), positions(64, 32), types(2, 32);
    bert<double>::saved           saved;
    bert<double>::embedding_grads below{words.view(), positions.view(), types.view(), m.norm.zero_grads()};
    REQUIRE(m.forward(some.view(), y.view(), beside, &saved, c));
    REQUIRE(m.backward(some.view(), saved, d.view(), beside, to, &below, c));
    for (std::size_t i = 0; i < 12; ++i) {
        CAPTURE(i);
        CHECK(test::gradient_error(u[i].A.flat(), g[i].A.flat(), value) < 1e-8);
        CHECK(test::gradient_error(u[i].B.flat(), g[i].B.flat(), value) < 1e-8);
    }
    CHECK(test::gradient_error(m.positions.rows.flat(), positions.flat(), value) < 1e-8);
    CHECK(test::gradient_error(m.types.rows.flat(), types.flat(), value) < 1e-8);
    CHECK(test::gradient_error(m.norm.w.flat(), below.norm.w.flat(), value) < 1e-8);
    CHECK(test::gradient_error(m.norm.b.flat(), below.norm.b.flat(), value) < 1e-8);
    const std::size_t id = some.ids[1];
    CHECK(test::gradient_error(m.words.rows.row(id), words.row(id), value) < 1e-8);
}

TEST_CASE("ids beyond the table and sequences beyond the positions are refused by their row") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert");
    context                          c;
    const auto                       m = tiny_bert<float>(folder / "hf", c);
    const std::vector<std::uint32_t> ids(66, 5), wrong{5, 200};
    matrix<float>                    y(66, 32);
    const std::size_t                one[] = {1, 66}, two[] = {2};
    const auto                       long_one = m.forward({ids, {}, one}, y.view(), {}, nullptr, c);
    REQUIRE(!long_one);
    CHECK(long_one.error() == error{fault::too_large, unit::row, 1, "tokens"});
    matrix<float> z(2, 32);
    const auto    unknown = m.forward({wrong, {}, two}, z.view(), {}, nullptr, c);
    REQUIRE(!unknown);
    CHECK(unknown.error() == error{fault::unknown_id, unit::row, 1, "token"});
}

TEST_CASE("what a file lacks, has too much of, or has in another shape is named with the file") {
    NEEDS_SHARED(folder, "fixtures/tiny_bert/hf/model.safetensors");
    NEEDS_SHARED(cross, "fixtures/tiny_bert/cross_encoder/model.safetensors");
    const posix_files fs;
    context           c;
    const auto        file    = load_safetensors(fs, folder.string());
    const auto        refused = [&](const tensors& from, bert_config k, const bert_heads& heads) {
        const auto m = read_bert<float>(from, k, heads, {}, c);
        REQUIRE(!m);
        return m.error();
    };
    auto k   = tiny;
    k.layers = 3;
    CHECK(refused(*file, k, {}).what == fault::absent);
    CHECK(refused(*file, k, {}).subject == folder.string() + ": encoder.layer.2.attention.self.query.weight");
    k.layers = 1;
    CHECK(refused(*file, k, {}).what == fault::unexpected);
    k = tiny, k.inner = 65;
    CHECK(refused(*file, k, {}).what == fault::wrong_shape);
    k = tiny, k.heads = 5;
    CHECK(refused(*file, k, {}).what == fault::malformed);
    CHECK(refused(*file, tiny, {true, true}).what == fault::absent);
    const auto other = load_safetensors(fs, cross.string());
    CHECK(read_bert<float>(*other, tiny, {true, true}, {}, c));
    CHECK(refused(*other, tiny, {}).what == fault::unexpected); // a classifier that nobody asked for
}
