// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 16: a language model answers.
//
// A decoder is a language model that runs inside the program: no server, no other process. It stands at the end of a pipeline like any
// other model, and what it writes streams into the listener of the context. `examples/models.sh smollm2` brings the one of this
// lesson, SmolLM2-135M-Instruct in four bits, into build/models (93 MB). It is small: it writes English and often errs. Citations
// say where to look, and what is not verified should be looked at.
// needs: nlohmann-json3-dev
// model: smollm2

#include <graft/base/pool.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/attributed.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/knowledge/knowledge_base.hpp>
#include <graft/retrieve/compress.hpp>

#include <cstdio>

using namespace graft::flow; // the words of pipelines: prompt_from, threshold

int main() {
    const graft::pool workers(2); // threads that stay
    graft::context    c{workers};
    const auto        read = graft::load_decoder(graft::posix_files{}, "build/models/smollm2", {}, c);
    if (!read) { // an error is a value, and says what is missing
        std::fprintf(stderr, "%s\nexamples/models.sh smollm2 brings it\n", describe(read.error()).c_str());
        return 1;
    }
    const graft::decoder& model = *read;
    std::printf("%zu tokens in the vocabulary, %zu may stand in a text\n\n", model.words().size(), model.positions());

    // A small model follows a plain prompt: the best sentences of what was found (`compress`), without labels, and one sentence of instruction,
    // counted in the model's own tokens. It seldom cites of itself, so `attributed` puts a mark behind each sentence that a source holds.
    const auto kb  = graft::knowledge_base<>::make({.folder = "examples/handbook"}).value();
    const auto ask = kb.retrieve() | threshold{} | compress(kb.chunks()) |
                     prompt_from(kb.chunks(), graft::plain_prompt(400), model) | graft::attributed(model);

    const auto show = [](const graft::text_delta& piece) { // whole characters, as soon as they are certain
        std::printf("%.*s|", static_cast<int>(piece.text.size()), piece.text.data());
    };
    const auto read_already = [](const graft::prompt_read& p) {
        std::printf("(%zu of %zu tokens known) ", p.reused, p.tokens);
    };
    struct ear {
        decltype(show)         on_text;
        decltype(read_already) on_prompt;
        void                   operator()(const graft::text_delta& t) const { on_text(t); }
        void                   operator()(const graft::prompt_read& p) const { on_prompt(p); }
    } hears{show, read_already};
    for (const char* asked :
         {"How many days of leave do I have?", "When is a note from a doctor due?", "Who won the cup final?"}) {
        c.reset();
        c.listener = graft::listen_to<graft::text_delta, graft::prompt_read>(hears);
        std::printf("%s\n  ", asked);
        const graft::answer a = ask(asked, c).value();
        std::printf("\n  %s\n", !a.answerable                                     ? "no answer"
                                : !a.citations.empty() && a.citations[0].verified ? "verified"
                                                                                  : "not verified");
    }

    // The same words may also be weighed: how likely does the model find an answer?
    c.listener = {};
    const graft::segment question{"What is the capital of France?"};
    const graft::message turn{graft::speaker::user, {&question, 1}};
    std::printf("\n");
    for (const char* answer : {"Paris", "London"})
        std::printf("%s: %.1f\n", answer, model.score({&turn, 1}, answer, c).value().sum());
}
