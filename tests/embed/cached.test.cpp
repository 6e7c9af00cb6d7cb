// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/embed/cached.hpp>
#include <graft/embed/hashed.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace graft;

namespace {

/// Two numbers a text, and a note of what it was asked for.
struct watched {
    std::vector<std::string>* asked;
    std::uint64_t             print = 7, of_questions = 7;

    std::size_t   dims() const { return 2; }
    std::uint64_t fingerprint() const { return print; }
    std::uint64_t query_fingerprint() const { return of_questions; }
    float         dense_weight() const { return .3f; }
    result<void>  rows(std::span<const text_view> in, matrix_view<float> out, float sign) const {
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (in[i].body == "bad") return error{fault::not_finite, unit::row, i, "watched"};
            asked->push_back(std::string(in[i].prefix) + "|" + std::string(in[i].body));
            out.row(i)[0] = sign * static_cast<float>(1 + in[i].prefix.size());
            out.row(i)[1] = static_cast<float>(in[i].body.size());
        }
        return done;
    }
    result<void> encode(std::span<const text_view> in, matrix_view<float> out, context&) const {
        return rows(in, out, 1);
    }
    result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context&) const {
        return rows(in, out, -1);
    }
};

std::vector<std::byte> saved(const vector_cache& cache) {
    byte_writer w;
    cache.save(w);
    return w.take();
}
result<vector_cache> loaded(std::span<const std::byte> bytes) {
    byte_reader r(bytes, "cache");
    auto        made = vector_cache::load(r);
    if (made)
        if (auto all = r.finish(); !all) return all.error();
    return made;
}
digest256 key(std::uint64_t n) { return sha256(std::to_string(n)); }

} // namespace

static_assert(embedder<cached<watched>>);
static_assert(embedder<cached<hashed>>);
static_assert(storable<vector_cache>);

TEST_CASE("what was encoded once is not encoded again, and equal texts of a batch go together") {
    std::vector<std::string> asked;
    vector_cache             memory(2, 100);
    const watched            base{&asked};
    const auto               embed = cached<watched>::make(base, memory).value();
    CHECK(embed.fingerprint() == 7);
    CHECK(embed.dense_weight() == .3f);
    context         c;
    const text_view in[] = {{{}, "b"}, {"x", "yy"}, {{}, "b"}, {{}, "a"}, {{}, "b"}, {"xy", "y"}};
    matrix<float>   got(6, 2), want(6, 2);
    REQUIRE(embed.encode(in, got.view(), c));
    CHECK(asked == std::vector<std::string>{"|b", "x|yy", "|a", "xy|y"});
    REQUIRE(base.encode(in, want.view(), c));
    CHECK(std::memcmp(got.data(), want.data(), 12 * sizeof(float)) == 0);
    asked.clear();
    std::fill(got.flat().begin(), got.flat().end(), 9.f);
    REQUIRE(embed.encode(in, got.view(), c));
    CHECK(asked.empty());
    CHECK(std::memcmp(got.data(), want.data(), 12 * sizeof(float)) == 0);
    CHECK(memory.size() == 4);
    CHECK(memory.found_and_missed() == std::pair<std::uint64_t, std::uint64_t>{6, 6});

    REQUIRE(embed.encode_query({in, 1}, got.view().middle(0, 1), c)); // questions are apart
    CHECK(asked == std::vector<std::string>{"|b"});
    CHECK(got.data()[0] == -1);
    const watched turned{&asked, 7, 9}; // and those of an embedder that differs in them alone
    const auto    questions = cached<watched>::make(turned, memory).value();
    CHECK(questions.query_fingerprint() == 9);
    asked.clear();
    REQUIRE(questions.encode_query({in, 1}, got.view().middle(0, 1), c));
    CHECK(asked.size() == 1);
    REQUIRE(questions.encode({in, 1}, got.view().middle(0, 1), c));
    CHECK(asked.size() == 1);
    const watched other{&asked, 8}; // and so is another embedder
    asked.clear();
    REQUIRE(cached<watched>::make(other, memory).value().encode({in, 1}, got.view().middle(0, 1), c));
    CHECK(asked.size() == 1);
}

TEST_CASE("a failure is the base's, at the text's own place, and keeps nothing") {
    std::vector<std::string> asked;
    vector_cache             memory(2, 100);
    const watched            base{&asked};
    const auto               embed = cached<watched>::make(base, memory).value();
    context                  c;
    const text_view          in[] = {{{}, "b"}, {{}, "b"}, {{}, "a"}, {{}, "bad"}};
    matrix<float>            got(4, 2), wrong(4, 3);
    const auto               why = embed.encode(in, got.view(), c);
    CHECK(why.error().what == fault::not_finite);
    CHECK(why.error().where == 3);
    CHECK(memory.size() == 0);
    CHECK(embed.encode(in, wrong.view(), c).error().what == fault::wrong_shape);
    vector_cache large(3, 1);
    CHECK(cached<watched>::make(base, large).error().what == fault::wrong_shape);
}

TEST_CASE("under any order and any limit the vectors are the base's, to the bit") {
    const hashed             base({.dims = 16});
    std::vector<std::string> texts;
    for (int i = 0; i < 60; ++i)
        texts.push_back("text number " + std::to_string(i * i) + " of " + std::to_string(i % 7));
    std::mt19937 dice(3);
    for (const std::size_t most : {1u, 2u, 7u, 30u, 1000u}) {
        vector_cache memory(base.dims(), most);
        const auto   embed = cached<hashed>::make(base, memory).value();
        context      c;
        for (int round = 0; round < 40; ++round) {
            std::vector<text_view> in;
            for (std::size_t n = 1 + dice() % 20; n-- > 0;) in.push_back({{}, texts[dice() % texts.size()]});
            matrix<float> got(in.size(), base.dims()), want(in.size(), base.dims());
            REQUIRE(embed.encode(in, got.view(), c));
            REQUIRE(base.encode(in, want.view(), c));
            CHECK(std::memcmp(got.data(), want.data(), got.flat().size_bytes()) == 0);
            CHECK(memory.size() <= most);
        }
    }
}

TEST_CASE("a full cache lets go what was not asked for lately, and loses no other") {
    struct slot {
        std::size_t n;
        bool        asked;
    };
    std::vector<slot> plain; // the same by looking at each slot
    std::size_t       hand = 0;
    vector_cache      memory(1, 50);
    std::mt19937      dice(4);
    float             out = 0;
    for (std::size_t now = 0; now < 20'000; ++now) {
        const std::size_t n     = dice() % 3 == 0 ? dice() % 1000 : dice() % 20; // twenty of them often
        const auto        there = std::find_if(plain.begin(), plain.end(), [&](const slot& s) { return s.n == n; });
        const bool        found = memory.find(key(n), {&out, 1});
        REQUIRE(found == (there != plain.end()));
        if (found) {
            CHECK(out == static_cast<float>(n));
            there->asked = true;
            continue;
        }
        const float x = static_cast<float>(n);
        memory.put(key(n), {&x, 1});
        if (plain.size() < 50) {
            plain.push_back({n, false});
            continue;
        }
        for (; plain[hand].asked; hand = (hand + 1) % 50) plain[hand].asked = false;
        plain[hand] = {n, false};
        hand        = (hand + 1) % 50;
    }
    CHECK(memory.size() == 50);
    vector_cache few(1, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const float x = static_cast<float>(i);
        few.put(key(i), {&x, 1});
    }
    CHECK(few.find(key(0), {&out, 1}));
    few.put(key(9), {&out, 1}); // 0 was asked for: 1 goes
    CHECK(few.find(key(0), {&out, 1}));
    CHECK(!few.find(key(1), {&out, 1}));
    CHECK(few.find(key(2), {&out, 1}));
    const float nan = NAN;
    few.put(key(10), {&nan, 1});
    CHECK(!few.find(key(10), {&out, 1}));
}

TEST_CASE("a saved cache comes back, with what goes next; a damaged one never does") {
    vector_cache memory(3, 5);
    for (std::uint64_t i = 0; i < 8; ++i) {
        const float row[] = {static_cast<float>(i), 2, 3};
        memory.put(key(i), row);
    }
    const auto bytes = saved(memory);
    auto       again = loaded(bytes).value();
    CHECK(again.dims() == 3);
    CHECK(again.most() == 5);
    CHECK(again.size() == 5);
    CHECK(saved(again) == bytes);
    for (std::uint64_t i = 8; i < 11; ++i) { // both go on alike
        const float row[] = {static_cast<float>(i), 2, 3};
        memory.put(key(i), row), again.put(key(i), row);
    }
    CHECK(saved(again) == saved(memory));
    float out[3];
    CHECK(again.find(key(10), out));
    CHECK(out[0] == 10);
    CHECK(!again.find(key(0), out));
    CHECK(saved(loaded(saved(vector_cache(4, 9))).value()) == saved(vector_cache(4, 9)));

    for (std::size_t n = 0; n < bytes.size(); ++n) CHECK(!loaded(std::span(bytes).first(n)));
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const unsigned bit : {0u, 7u}) {
            auto broken = bytes;
            broken[i] ^= std::byte{1} << bit;
            const auto it = loaded(broken);
            if (!it) continue;
            CHECK(it->size() <= it->most());
            CHECK(saved(*it).size() == bytes.size());
        }
    auto two = bytes; // the second key is the first
    std::memcpy(two.data() + (bytes.size() - 4 * 44), two.data() + (bytes.size() - 5 * 44), 32);
    CHECK(loaded(two).error().what == fault::malformed);
    auto nan = bytes;
    std::memcpy(nan.data() + bytes.size() - 4, "\x00\x00\xc0\x7f", 4);
    CHECK(loaded(nan).error().what == fault::not_finite);
    auto full                        = bytes; // more than it keeps
    full[bytes.size() - 5 * 44 - 16] = std::byte{4};
    CHECK(loaded(full).error().what == fault::malformed);
}

TEST_CASE("threads share a cache") {
    const hashed             base({.dims = 8});
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) texts.push_back("word" + std::to_string(i));
    matrix<float>          want(texts.size(), base.dims());
    std::vector<text_view> all;
    for (const auto& t : texts) all.push_back({{}, t});
    context own;
    REQUIRE(base.encode(all, want.view(), own));
    vector_cache             memory(base.dims(), 15);
    const auto               embed = cached<hashed>::make(base, memory).value();
    std::atomic<std::size_t> wrong = 0;
    std::vector<std::thread> running;
    for (unsigned t = 0; t < 4; ++t)
        running.emplace_back([&, t] {
            std::mt19937 dice(t);
            context      c;
            for (int round = 0; round < 200; ++round) {
                const std::size_t first = dice() % 30;
                matrix<float>     got(10, base.dims());
                if (!embed.encode({all.data() + first, 10}, got.view(), c)) ++wrong;
                if (std::memcmp(got.data(), want.row(first).data(), got.flat().size_bytes()) != 0) ++wrong;
            }
        });
    for (auto& t : running) t.join();
    CHECK(wrong == 0);
    CHECK(memory.size() == 15);
}
