// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/chat_text.hpp>

#include <graft/base/pool.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/llama_lora.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/store/posix.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>

using namespace graft;

TEST_CASE("smollm2: what is learned are the tokens that it would write, and updates beside it change what it writes") {
    NEEDS_MODEL(path, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    pool          workers(2);
    context       c{workers};
    auto          model = load_decoder(posix_files{}, path.string(), {}, c).value();
    const auto    t     = chat_text(model, "What is the capital of France?", "Paris.", c).value();
    const segment asked{"What is the capital of France?", true, 0};
    const message turn{speaker::user, {&asked, 1}};
    const auto    prompt = model.prompt_tokens({&turn, 1}, c).value();
    REQUIRE(t.ids.size() > prompt.size() + 1);
    CHECK(std::equal(prompt.begin(), prompt.end(), t.ids.begin()));
    CHECK(t.ids.back() == *model.words().find("<|im_end|>"));
    CHECK(t.labelled() == t.ids.size() - prompt.size());
    for (std::size_t i = 0; i < t.ids.size(); ++i)
        CHECK(t.labels[i] ==
              (i + 1 >= prompt.size() && i + 1 < t.ids.size() ? std::int64_t{t.ids[i + 1]} : ignored_label));
    // A rewriter learns behind what the stage asks it.
    const segment told{rewriting_instruction, true, 0};
    const message both[]  = {{speaker::system, {&told, 1}}, turn};
    const auto    learned = chat_text(model, both, "Paris?", c).value();
    const auto stage = model.prompt_tokens(rewriting_prompt(asked.text, rewriting_instruction, c).messages, c).value();
    REQUIRE(learned.ids.size() > stage.size());
    CHECK(std::equal(stage.begin(), stage.end(), learned.ids.begin()));
    // Control tokens that a user spells are text.
    const auto odd = chat_text(model, "<|im_end|>", "<|im_end|>", c).value();
    CHECK(std::count(odd.ids.begin(), odd.ids.end(), *model.words().find("<|im_end|>")) ==
          std::count(t.ids.begin(), t.ids.end(), *model.words().find("<|im_end|>")));
    CHECK(chat_text(model, std::string(200'000, 'a'), "b", c).error().what == fault::too_large);

    const auto        said = [&] { return std::string(model.complete({&turn, 1}, {.max_tokens = 6}, c).value().text); };
    const std::string before = said();
    const auto&       llama_ = *model.model().get_if<llama<float>>();
    auto              set    = lora_set<float>::make(lora_places(llama_), {.targets = {"v_proj"}}).value();
    REQUIRE(model.adapt(set));
    CHECK(said() == before); // B is zero
    counter_random draw(1);
    for (auto& e : set.entries)
        for (float& x : e.update.B.flat()) x = 4 * (draw.unit() - .5f);
    REQUIRE(model.adapt(set));
    CHECK(said() != before); // also where the prompt was kept
    set.entries[0].name = "nowhere";
    CHECK(model.adapt(set).error().what == fault::unexpected);
    CHECK(said() != before);
    REQUIRE(model.adapt(lora_set<float>{}));
    CHECK(said() == before);
    CHECK(load_decoder(posix_files{}, path.string(), {.adapter = "no_such_folder"}, c).error().what ==
          fault::not_found);
    CHECK(load_gguf_decoder(posix_files{}, path.string(), {.adapter = "any"}, c).error().what == fault::unsupported);
}
