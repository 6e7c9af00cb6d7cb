// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/models/kv_caches.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace graft;

namespace {

using ids                    = std::vector<std::uint32_t>;
constexpr std::size_t layers = 2, heads = 3, dims = 4;

float number(std::size_t layer, std::size_t at, std::size_t i, std::uint32_t id) {
    return static_cast<float>(layer * 1000 + at * 100 + i) + static_cast<float>(id) / 64;
}
/// Reads on as a decoder would: what it keeps of a token depends on its place and its id.
void read(kv_cache<float>& cache, std::span<const std::uint32_t> text) {
    const std::size_t first = cache.size();
    cache.append(text.subspan(first));
    for (std::size_t l = 0; l < layers; ++l)
        for (std::size_t at = first; at < text.size(); ++at) {
            std::vector<float> k(heads * dims), v(heads * dims);
            for (std::size_t i = 0; i < k.size(); ++i) k[i] = number(l, at, i, text[at]), v[i] = -k[i];
            cache.write(l, at, k.data(), v.data());
        }
}
bool holds(const kv_cache<float>& cache, std::span<const std::uint32_t> text) {
    bool ok = std::ranges::equal(cache.tokens(), text);
    for (std::size_t l = 0; l < layers && ok; ++l) {
        const auto in = cache.read(l);
        for (std::size_t at = 0; at < text.size(); ++at)
            for (std::size_t i = 0; i < heads * dims; ++i) {
                const std::size_t h = i / dims, t = i % dims;
                const float       want = number(l, at, i, text[at]);
                ok = ok && in.keys[h * in.key_head + attended<float>::key_at(at, dims) + t * panel_rows] == want &&
                     in.values[at * in.value_row + h * in.value_head + t] == -want;
            }
    }
    return ok;
}
kv_cache<float> fresh() { return {layers, heads, dims}; }

} // namespace

TEST_CASE("a cache that is taken holds a beginning of the text, and no more") {
    counter_random r(5);
    for (const std::size_t kept : {0u, 1u, 2u, 4u}) {
        const kv_caches<float> all(kept);
        for (int round = 0; round < 400; ++round) {
            ids text;
            for (std::uint64_t n = 1 + r.below(90); n > 0; --n)
                text.push_back(static_cast<std::uint32_t>(r.below(n > 3 ? 1 : 4)));
            if (r.below(2) == 0) text.insert(text.begin(), 60, 7);
            auto cache = all.take(text, fresh);
            CHECK(cache.size() < text.size());
            CHECK(holds(cache, std::span(text).first(cache.size())));
            if (kept == 0) CHECK(cache.size() == 0);
            read(cache, text);
            CHECK(holds(cache, text));
            all.give(std::move(cache));
            if (kept > 0) { // the same again: all but its last token is there
                auto same = all.take(text, fresh);
                CHECK(same.size() == text.size() - 1);
                read(same, text);
                all.give(std::move(same));
            }
        }
        all.forget();
        CHECK(all.take(ids{7, 7, 7}, fresh).size() == 0);
    }
}

TEST_CASE("a long conversation is not given up for a question that begins like it") {
    const kv_caches<float> all(2);
    ids                    talk(100);
    for (std::size_t i = 0; i < talk.size(); ++i) talk[i] = static_cast<std::uint32_t>(i);
    auto first = all.take(talk, fresh);
    read(first, talk);
    all.give(std::move(first));
    ids other(talk.begin(), talk.begin() + 20);
    other.resize(50, 999);
    auto second = all.take(other, fresh);
    CHECK(second.size() == 20);
    CHECK(holds(second, std::span(other).first(20)));
    read(second, other);
    all.give(std::move(second));
    talk.push_back(1000);
    CHECK(all.take(talk, fresh).size() == 100);
}

TEST_CASE("threads take and give beside each other") {
    const kv_caches<float>   all(2);
    std::vector<std::thread> callers;
    for (unsigned t = 0; t < 4; ++t)
        callers.emplace_back([&, t] {
            counter_random r(t);
            for (int i = 0; i < 200; ++i) {
                ids text(1 + r.below(60), static_cast<std::uint32_t>(r.below(2)));
                text.push_back(t);
                auto cache = all.take(text, fresh);
                read(cache, text);
                if (!holds(cache, text)) std::abort();
                all.give(std::move(cache));
            }
        });
    for (auto& t : callers) t.join();
}
