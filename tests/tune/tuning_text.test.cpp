// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/tuning_text.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace graft;

TEST_CASE("of a prompt and an answer the answer's tokens are learned, each at the token before it") {
    const std::vector<std::uint32_t> prompt{5, 6, 7}, answer{8, 9};
    const auto                       t = tuning_text::of(prompt, answer);
    CHECK(t.ids == std::vector<std::uint32_t>{5, 6, 7, 8, 9});
    CHECK(t.labels == std::vector<std::int64_t>{-100, -100, 8, 9, -100});
    CHECK(t.labelled() == 2);
    CHECK(tuning_text::of({}, answer).labels == std::vector<std::int64_t>{9, -100}); // nothing says the first
    CHECK(tuning_text::of(prompt, {}).labelled() == 0);
    CHECK(t.hash() != tuning_text::of(answer, prompt).hash());
}
