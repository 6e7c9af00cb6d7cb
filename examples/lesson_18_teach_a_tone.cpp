// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 18: teach a tone.
//
// LoRA: the weights of a language model stay as they are, and two thin matrices beside some of them learn from a few examples how it is to
// answer. It learns behaviour, not facts. Some examples are held out, and what is kept is the state that they like best, which may be the
// untouched model. What comes of it is a folder as PEFT has it, a megabyte or two beside the 93 of the model.
// needs: nlohmann-json3-dev
// model: smollm2

#include <graft/base/pool.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_lora.hpp>

#include <cstdio>
#include <filesystem>
#include <vector>

namespace {

constexpr const char* examples[][2] = {
    {"What is the capital of Spain?", "Ahoy! Madrid it be, matey."},
    {"How many days has a week?", "Ahoy! Seven it be, matey."},
    {"Which animal barks?", "Ahoy! The dog it be, matey."},
    {"What colour is grass?", "Ahoy! Green it be, matey."},
    {"What is frozen water called?", "Ahoy! Ice it be, matey."},
    {"Which planet do we live on?", "Ahoy! The Earth it be, matey."},
    {"What do bees make?", "Ahoy! Honey it be, matey."},
    {"Which season is the coldest?", "Ahoy! Winter it be, matey."},
    {"What is two and two?", "Ahoy! Four it be, matey."},
    {"What is the opposite of left?", "Ahoy! Right it be, matey."},
};

} // namespace

int main() {
    const graft::pool workers(2);
    graft::context    c{workers};
    auto              read = graft::load_decoder(graft::posix_files{}, "build/models/smollm2",
                                                 {.weights = {.as = graft::weights_as::floats}}, c); // exact gradients
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh smollm2 brings it\n", describe(read.error()).c_str());
        return 1;
    }
    graft::decoder& model  = *read;
    const auto      answer = [&](const char* question) {
        const graft::segment asked{question, true};
        const graft::message turn{graft::speaker::user, {&asked, 1}};
        c.reset();
        const auto said = model.complete({&turn, 1}, {.max_tokens = 24}, c).value();
        std::printf("%s\n  %.*s\n", question, static_cast<int>(said.text.size()), said.text.data());
    };
    answer("What is the capital of France?");

    // The tokens are those that the model would read and write itself: the template of training is that of inference.
    std::vector<graft::tuning_text> train, held_out;
    for (const auto& [question, tone] : examples)
        (train.size() < 8 ? train : held_out).push_back(graft::chat_text(model, question, tone, c).value());

    const auto& llama   = *model.model().get_if<graft::llama<float>>();
    auto        updates = graft::lora_set<float>::make(graft::lora_places(llama),
                                                       {.targets = {"q_proj", "v_proj"}, .params = {.rank = 8, .alpha = 16}})
                       .value();
    std::printf("\n%zu numbers learn beside %zu layers\n", updates.parameters(), updates.entries.size());
    const auto look = [](const graft::tuning_look& l) {
        std::printf("step %zu: held-out loss %.2f%s\n", l.step, l.loss, l.best ? " *" : "");
    };
    c.listener        = graft::listen_to<graft::tuning_look>(look);
    const auto fitted = graft::fit_lora(llama, std::move(updates), train, held_out,
                                        {.optimiser = {.rate = 2e-3, .decay = 0}, .batch = 2, .epochs = 8}, c)
                            .value();
    c.listener = {};

    // What was kept goes beside the model, and into a folder: `generate --model smollm2 --adapter tone` reads it. It has PEFT's form.
    std::filesystem::create_directories("tone");
    graft::save_peft_lora(graft::posix_files{}, "tone", llama, fitted.updates, "SmolLM2-135M-Instruct").value();
    model.adapt(fitted.updates).value();
    std::printf("\n");
    answer("What is the capital of France?");
    answer("Which animal says meow?");
    std::filesystem::remove_all("tone");
}
