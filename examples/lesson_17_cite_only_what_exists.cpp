// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 17: answers that can only cite what exists.
//
// A model can be held to what it may write, token by token: what an automaton does not allow has no probability. `cites_sources` allows
// every text whose marks are those of the prompt's sources, so a citation of source 9 of 2 cannot be written. A `pattern` is a
// regular expression for the whole answer, `one_of` a choice, `json_schema` JSON of a given shape. All hold at any temperature.
// needs: nlohmann-json3-dev
// model: smollm2

#include <graft/base/pool.hpp>
#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/json_schema.hpp>
#include <graft/generate/pattern.hpp>

#include <cstdio>

int main() {
    const graft::pool workers(2);
    graft::context    c{workers};
    const auto        read = graft::load_decoder(graft::posix_files{}, "build/models/smollm2", {}, c);
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh smollm2 brings it\n", describe(read.error()).c_str());
        return 1;
    }
    const graft::decoder& model = *read;

    // A model that is asked for marks that do not exist, free and held to the two sources of its prompt.
    const graft::segment wanted{"Write these marks: [1] [2] [3] [4] [5] [6]"};
    const graft::message order{graft::speaker::user, {&wanted, 1}};
    const graft::source  sources[2] = {{.mark = 1}, {.mark = 2}};
    graft::prompt        p;
    p.messages = {&order, 1};
    p.sources  = sources;
    const graft::constrained cites(model, graft::cites_sources{});
    const auto               print = [](const char* who, const graft::completion& said) {
        std::printf("%s: %.*s\n", who, static_cast<int>(said.text.size()), said.text.data());
    };
    print("free", model.complete(p, {.max_tokens = 24}, c).value());
    print("held", cites.complete(p, {.max_tokens = 24}, c).value());

    // One turn, three languages that its answer may have.
    const graft::segment question{"The sky is blue on a clear day. Is that so?"};
    const graft::message turn{graft::speaker::user, {&question, 1}};
    p.messages        = {&turn, 1};
    const auto answer = [&](graft::automaton language) {
        const graft::constrained<graft::decoder> held(model, std::move(language));
        const graft::completion                  said = held.complete(p, {.max_tokens = 40}, c).value();
        std::printf("%.*s\n", static_cast<int>(said.text.size()), said.text.data());
    };
    const std::string_view choice[] = {"yes", "no"};
    answer(graft::one_of(choice).value());
    answer(graft::pattern("(True|False), with [0-9]{1,2} percent certainty\\.").value());
    const auto schema = graft::parse_json(R"({"type": "object", "properties": {"blue": {"type": "boolean"},
        "colour": {"enum": ["blue", "green", "red"]}}, "required": ["blue", "colour"]})")
                            .value();
    answer(graft::json_schema(schema.root()).value());
}
