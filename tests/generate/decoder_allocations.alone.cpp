// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// In a warm context a decoder answers, streams, samples and is held to a language without an allocation.

#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/pattern.hpp>
#include <graft/store/posix.hpp>

#include "support/counted_new.hpp"
#include "support/shared.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace graft;

TEST_CASE("generate: no allocation in a warm context") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    context       c;
    const decoder model = load_decoder(posix_files{}, folder.string(), {}, c).value();
    const auto    warm  = [&](const auto& complete) {
        for (int i = 0; i < 3; ++i) c.reset(), complete();
        c.reset();
        const std::size_t before = test::allocations.load();
        complete();
        return test::allocations.load() - before;
    };
    const segment text{"the quick brown fox", false, 0};
    const message turn{speaker::user, {&text, 1}};
    prompt        p;
    p.messages          = {&turn, 1};
    std::size_t heard   = 0;
    auto        listens = [&](const text_delta& t) { heard += t.text.size(); };
    c.listener          = listen_to<text_delta>(listens);

    CHECK(warm([&] { CHECK(model.complete(p, {.max_tokens = 20}, c)); }) == 0);
    CHECK(heard > 0);
    const std::string_view   stops[] = {"zzz", "the lazy dog"};
    const completion_options samples{
        .max_tokens = 20,
        .sampling   = {.repetition_penalty = 1.1f, .temperature = 1, .top_k = 50, .top_p = .9f},
        .stop       = stops};
    CHECK(warm([&] { CHECK(model.complete(p, samples, c)); }) == 0);
    CHECK(warm([&] { CHECK(model.score("the quick brown fox", c)); }) == 0);
    const constrained<decoder> letters(model, pattern("[a-z ]*").value());
    CHECK(warm([&] { CHECK(letters.complete(p, {.max_tokens = 20}, c)); }) == 0);
}
