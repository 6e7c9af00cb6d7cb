// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/pool.hpp>
#include <graft/models/decoder_model.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <stop_token>
#include <vector>

// What every decoder promises, whatever its layers are, held against a tiny one of 256 tokens and 128 positions.

namespace test {

/// The logits of every place of a text.
template <graft::decoder_model M>
[[nodiscard]] graft::matrix<float> logits(const M& m, std::span<const std::uint32_t> ids, graft::kv_cache<float>& cache,
                                          graft::context& c) {
    using namespace graft;
    matrix<float>              out(ids.size(), m.config.vocabulary);
    const decoder_input<float> one{ids, &cache};
    const auto                 ok = m.forward({&one, 1}, logits_of::all, out.view(), c);
    REQUIRE_MESSAGE(ok, describe(ok.error()));
    return out;
}
template <graft::decoder_model M>
[[nodiscard]] graft::matrix<float> logits(const M& m, std::span<const std::uint32_t> ids) {
    graft::context c;
    auto           cache = m.make_cache();
    return logits(m, ids, cache, c);
}
[[nodiscard]] inline bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// A row's bits depend on its text alone: not on how it is cut, on neighbours, on threads, on what the cache held before.
template <graft::decoder_model M>
void check_rows_stand_alone(const M& m) {
    using namespace graft;
    std::vector<std::uint32_t> a, b;
    for (std::uint32_t i = 0; i < 120; ++i) a.push_back(i * 37 % 256), b.push_back(i * 91 % 256);
    const auto whole = logits(m, a), other = logits(m, b);
    pool       workers(2);
    for (const std::size_t cut : {1u, 5u, 47u, 48u, 49u, 119u}) {
        context c;
        if (cut % 2 == 1) c.executor = workers;
        auto       cache = m.make_cache();
        const auto first = logits(m, std::span(a).first(cut), cache, c);
        CHECK(same_bits(first.flat(), whole.flat().first(cut * 256)));
        auto                       fork = cache; // two texts that go on from here, read together
        matrix<float>              last(2, 256);
        std::vector<std::uint32_t> odd(a.begin() + static_cast<std::ptrdiff_t>(cut), a.end());
        odd.back() ^= 1;
        const decoder_input<float> both[] = {{std::span(a).subspan(cut), &cache}, {odd, &fork}};
        REQUIRE(m.forward(both, logits_of::last, last.view(), c));
        CHECK(same_bits(last.row(0), whole.row(119)));
        CHECK_FALSE(same_bits(last.row(1), whole.row(119)));
        // Going back, and on with another text.
        CHECK(cache.common(b) == 1);
        cache.shorten(cache.common(b));
        const auto rest = logits(m, std::span(b).subspan(1), cache, c);
        CHECK(same_bits(rest.flat(), other.flat().subspan(256)));
        CHECK(std::equal(b.begin(), b.end(), cache.tokens().begin(), cache.tokens().end()));
    }
}

/// What cannot be read is refused, and the cache is as it was.
template <graft::decoder_model M>
void check_refusals(const M& m) {
    using namespace graft;
    context                          c;
    auto                             cache = m.make_cache();
    matrix<float>                    row(1, 256);
    const std::vector<std::uint32_t> fine{1, 2, 3}, foreign{1, 256}, long_text(126, 7);
    const auto                       read = [&](std::span<const std::uint32_t> ids) {
        const decoder_input<float> in{ids, &cache};
        return m.forward({&in, 1}, logits_of::last, row.view(), c);
    };
    REQUIRE(read(fine));
    CHECK(read(foreign).error().what == fault::bad_argument);
    CHECK(read(foreign).error().where == 1);
    CHECK(read(long_text).error().what == fault::too_large);
    std::stop_source stop;
    c.stop = stop.get_token();
    stop.request_stop();
    CHECK(read(fine).error().what == fault::stopped);
    CHECK(cache.size() == 3);
}

} // namespace test
