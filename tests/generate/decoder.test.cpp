// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/pool.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/pattern.hpp>
#include <graft/generate/repeated_run.hpp>
#include <graft/json/json.hpp>
#include <graft/store/posix.hpp>

#include <support/chats.hpp>
#include <support/copied_folder.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace graft;

namespace {

const std::string smollm2 = "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// SmolLM2, read once for the whole file.
const decoder& smol(const std::filesystem::path& path) {
    static const decoder it = [&] {
        context c{executor_ref(threads(2))};
        auto    made = load_gguf_decoder(posix_files{}, path.string(), {.with = {.caches = 2, .batch = 3}}, c);
        if (!made) FAIL(describe(made.error()));
        return std::move(*made);
    }();
    return it;
}
std::vector<token_id> ids_of(json_value list) {
    std::vector<token_id> out;
    for (const json_value id : *list.array()) out.push_back(*id.number<token_id>());
    return out;
}
/// One user's turn as a prompt.
struct asked {
    std::string text;
    segment     one;
    message     turn;
    prompt      p;
    explicit asked(std::string t) : text(std::move(t)), one{text, false, 0}, turn{speaker::user, {&one, 1}} {
        p.messages = {&turn, 1};
    }
    asked(asked&&) = delete;
};
/// All that a listener heard.
struct heard {
    std::string              all;
    std::vector<std::string> pieces;
    std::size_t              reused = 0, read = 0, until = std::numeric_limits<std::size_t>::max();

    bool operator()(const text_delta& t) {
        all += t.text;
        pieces.emplace_back(t.text);
        return pieces.size() < until;
    }
    void operator()(const prompt_read& p) { reused = p.reused, read = p.tokens; }
};

} // namespace

TEST_CASE("smollm2: every id of 421 strings and of 32 chats, from the file itself") {
    NEEDS_SHARED(fixture, "fixtures/smollm2");
    NEEDS_MODEL(model, smollm2);
    const decoder& m = smol(model);
    CHECK(m.params().chat == chat_format::smollm2);
    CHECK(m.positions() == 8192);
    arena       a;
    std::size_t strings = 0;
    test::each_json_line(fixture / "tokenizer.jsonl", [&](json_value row) {
        const auto text = *row.at("text").text();
        const auto all  = ids_of(row.at("ids"));
        const auto ours = m.words().encode(trusted_text{text}, a, {.add_special = false});
        REQUIRE(ours);
        CHECK(std::ranges::equal(ours->ids, all));
        const auto plain = m.words().encode(text, a, {.add_special = false});
        CHECK(std::ranges::equal(plain->ids, row.at("ids_text_only").given() ? ids_of(row.at("ids_text_only")) : all));
        a.reset();
        ++strings;
    });
    CHECK(strings == 421);

    const auto json = load_json(posix_files{}, (fixture / "chat.json").string());
    REQUIRE(json);
    std::size_t same = 0, spelt = 0;
    for (const json_value c : *json->root().array()) {
        test::chat t(c.at("messages"));
        const auto mine = encode_chat(
            m.words(), write_chat(t.turns(), m.params().chat, *c.at("add_generation_prompt").boolean(), a), a);
        REQUIRE(mine);
        // Where a user spells a control token, the reference makes it one: here it stays text.
        if (t.spells("<|im_")) {
            CHECK_FALSE(std::ranges::equal(*mine, ids_of(c.at("ids"))));
            CHECK(*m.words().decode(*mine, a, true) == *c.at("text").text());
            ++spelt;
        } else same += std::ranges::equal(*mine, ids_of(c.at("ids")));
    }
    CHECK(spelt == 4);
    CHECK(same == 28);
}

TEST_CASE("smollm2: its greedy answers, told in whole characters, and again from a kept beginning") {
    NEEDS_SHARED(fixture, "fixtures/smollm2");
    NEEDS_MODEL(model, smollm2);
    const decoder& m       = smol(model);
    const auto     answers = load_json(posix_files{}, (fixture / "generate.json").string());
    REQUIRE(answers);
    pool    workers(2);
    context c{workers};
    for (const json_value row : *answers->root().array()) {
        test::chat t(row.at("messages"));
        for (const bool again : {false, true}) {
            if (!again) m.forget();
            heard h;
            c.listener      = listen_to<text_delta, prompt_read>(h);
            const auto made = m.complete(t.turns(), {.max_tokens = 48}, c);
            REQUIRE(made);
            CHECK(made->text == *row.at("text").text());
            CHECK(h.all == made->text);
            auto ids = ids_of(row.at("ids"));
            if (made->finish == finish_reason::end) ids.pop_back(); // what ends a text is not of it
            CHECK(std::ranges::equal(made->ids, ids));
            CHECK(made->usage.prompt == ids_of(row.at("prompt_ids")).size());
            CHECK(h.read == made->usage.prompt);
            CHECK(h.reused == (again ? h.read - 1 : 0));
            for (const std::string& piece : h.pieces) CHECK(unicode::first_invalid(piece) == std::string_view::npos);
            c.listener = {};
            c.reset();
        }
    }
}

TEST_CASE("many prompts at once are written as each alone, whatever was asked before") {
    NEEDS_MODEL(model, smollm2);
    const decoder&                      m = smol(model);
    std::vector<std::unique_ptr<asked>> all;
    std::vector<prompt>                 prompts;
    for (const char* text : {"Say hello in French.", "Say hello in German.", "Count to five.", "What is rain?", "",
                             "Name a colour.", "Say hello in French, please."})
        all.push_back(std::make_unique<asked>(text)), prompts.push_back(all.back()->p);
    context c;
    for (const float temperature : {0.f, .8f}) {
        const completion_options with{
            .max_tokens = 12, .sampling = {.temperature = temperature, .top_k = 40}, .seed = 7};
        const auto together = m.complete_each(prompts, with, c);
        REQUIRE(together.size() == prompts.size());
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            m.forget();
            const auto alone = m.complete(prompts[i], with, c);
            REQUIRE(alone);
            REQUIRE(together[i]);
            CHECK(alone->text == together[i]->text);
            CHECK(alone->finish == together[i]->finish);
            CHECK(alone->usage == together[i]->usage);
        }
    }
    std::stop_source stop;
    stop.request_stop();
    c.stop = stop.get_token();
    for (const auto& one : m.complete_each(prompts, {}, c)) CHECK(one.error().what == fault::stopped);
}

TEST_CASE("a text that goes in circles ends when it has said the same three times") {
    NEEDS_MODEL(model, smollm2);
    const decoder& m = smol(model);
    context        c;
    std::string    lines;
    for (int i = 0; i < 5; ++i) lines += "The cat sat on the mat, and the dog lay beside the door.\n";
    const auto from  = m.words().encode(lines, c).value().ids;
    const auto whole = m.go_on(from, {.max_tokens = 120}, c),
               ends  = m.go_on(from, {.max_tokens = 120, .repeats = 3}, c);
    REQUIRE(whole);
    REQUIRE(ends);
    CHECK(whole->finish == finish_reason::length);
    CHECK(ends->finish == finish_reason::repeats);
    REQUIRE(ends->ids.size() < whole->ids.size());
    CHECK(std::ranges::equal(ends->ids, whole->ids.first(ends->ids.size())));
    CHECK(whole->text.starts_with(ends->text));
    CHECK(repeated_run(ends->ids, 3) > 0);
    CHECK(repeated_run(ends->ids.first(ends->ids.size() - 1), 3) == 0);
}

TEST_CASE("a completion ends at stop texts, limits, and where the listener has heard enough") {
    NEEDS_MODEL(model, smollm2);
    const decoder& m = smol(model);
    asked          q("Describe the sea in two long sentences.");
    context        c;
    heard          h;
    c.listener       = listen_to<text_delta, prompt_read>(h);
    const auto whole = m.complete(q.p, {.max_tokens = 30}, c);
    REQUIRE(whole);
    const std::string text(whole->text);
    REQUIRE(text.size() > 40);
    // every part of the text as a stop text, two to nine bytes long: it goes, with what stands behind
    for (std::size_t at = 1; at < 40; at += 3) {
        const std::string      stop    = text.substr(at, 2 + at % 8);
        const std::string_view stops[] = {"never in it", stop, ""};
        heard                  again;
        c.listener      = listen_to<text_delta, prompt_read>(again);
        const auto made = m.complete(q.p, {.max_tokens = 30, .stop = stops}, c);
        REQUIRE(made);
        CHECK(made->text == text.substr(0, text.find(stop)));
        CHECK(again.all == made->text);
        CHECK(made->finish == finish_reason::end);
    }
    heard few;
    few.until        = 3;
    c.listener       = listen_to<text_delta, prompt_read>(few);
    const auto ended = m.complete(q.p, {.max_tokens = 30}, c);
    CHECK(ended->finish == finish_reason::stopped);
    CHECK(few.pieces.size() == 3);
    CHECK(ended->text == few.all);
    c.listener = {};
    CHECK(m.complete(q.p, {.max_tokens = 0}, c)->text.empty());
    CHECK(m.complete(q.p, {.max_tokens = 0}, c)->finish == finish_reason::length);
    CHECK(m.complete(q.p, {.max_tokens = 2}, c)->usage.completion == 2);
    CHECK(m.complete(q.p, {.sampling = {.temperature = -1}}, c).error().what == fault::bad_argument);

    std::stop_source stop; // in the middle of a text: told, then stopped
    auto             third = [&, n = 0](const text_delta&) mutable {
        if (++n == 3) stop.request_stop();
    };
    c.listener = listen_to<text_delta>(third);
    c.stop     = stop.get_token();
    CHECK(m.complete(q.p, {.max_tokens = 30}, c).error().what == fault::stopped);
    context late;
    late.deadline = context::clock::now();
    CHECK(m.complete(q.p, {.max_tokens = 30}, late).error().what == fault::timed_out);
    context after;
    CHECK(m.complete(q.p, {.max_tokens = 30}, after)->text == text);
}

TEST_CASE("a prompt that is too long is refused, or loses its middle where that is asked for") {
    NEEDS_MODEL(model, smollm2);
    context     c;
    std::string words;
    for (int i = 0; i < 400; ++i) words += "word ";
    asked      q(words);
    const auto load = [&](const decoder_params& with) {
        return load_gguf_decoder(posix_files{}, model.string(), {.with = with}, c).value();
    };
    const decoder strict = load({.positions = 128});
    CHECK(strict.positions() == 128);
    CHECK(strict.complete(q.p, {}, c).error().what == fault::too_large);
    const decoder cuts = load({.positions = 128, .cut_prompt = true});
    const auto    made = cuts.complete(q.p, {.max_tokens = 20}, c);
    REQUIRE(made);
    CHECK(made->usage.prompt == 108);
    CHECK(made->usage.cut == strict.prompt_tokens(q.p.messages, c)->size() - 108);
    CHECK(made->usage.completion <= 20);
    asked      fits("Hello");
    const auto whole = strict.complete(fits.p, {.max_tokens = 1000}, c);
    REQUIRE(whole);
    CHECK(whole->usage.cut == 0);
    CHECK(whole->usage.prompt + whole->usage.completion <= 128);
}

TEST_CASE("a held decoder writes what its language allows, and ends where that ends") {
    NEEDS_MODEL(model, smollm2);
    const decoder&             m = smol(model);
    context                    c;
    asked                      q("Is the sky blue?");
    const std::string_view     words[] = {"yes", "no", "I do not know"};
    const constrained<decoder> sure(m, one_of(words).value());
    for (const float temperature : {0.f, 1.5f})
        for (std::uint64_t seed = 0; seed < 6; ++seed) {
            const auto made =
                sure.complete(q.p, {.max_tokens = 20, .sampling = {.temperature = temperature}, .seed = seed}, c);
            REQUIRE(made);
            CHECK(std::find(std::begin(words), std::end(words), made->text) != std::end(words));
            CHECK(made->finish == finish_reason::end);
        }
    const constrained<decoder> date(m, pattern("[0-9]{4}-[01][0-9]-[0-3][0-9]").value());
    const auto                 day = date.complete(q.p, {}, c);
    REQUIRE(day);
    CHECK(pattern("[0-9]{4}-[01][0-9]-[0-3][0-9]")->matches(day->text));

    // Marks: with two sources no other number can stand in brackets, however hot the sampling
    const constrained<decoder> cites(m, cites_sources{});
    std::vector<source>        sources(2);
    asked                      list("Write: [1] [2] [3] [4] [12] [1, 9].");
    list.p.sources = sources;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const auto made = cites.complete(
            list.p, {.max_tokens = 40, .sampling = {.temperature = seed == 0 ? 0.f : 1.2f}, .seed = seed}, c);
        REQUIRE(made);
        std::string text(made->text);
        // cut off a mark that the limit left open
        if (made->finish == finish_reason::length && text.rfind('[') != std::string::npos &&
            text.find(']', text.rfind('[')) == std::string::npos)
            text.resize(text.rfind('['));
        CHECK_MESSAGE(citing(2).matches(text), text);
    }
}

TEST_CASE("scores: the logarithm of what a sampler draws from, whatever stood in the caches") {
    NEEDS_MODEL(model, smollm2);
    const decoder&         m = smol(model);
    context                c;
    const std::string_view text = "The capital of France is Paris.";
    const auto             s    = m.score(text, c);
    REQUIRE(s);
    REQUIRE(s->ids.size() > 5);
    CHECK(s->log_probability[0] == 0);
    auto          cache = m.model().make_cache();
    matrix<float> z(1, m.model().config.vocabulary);
    double        sum = 0;
    for (std::size_t i = 0; i + 1 < s->ids.size(); ++i) {
        const decoder_input<float> in{s->ids.subspan(i, 1), &cache};
        REQUIRE(m.model().forward({&in, 1}, logits_of::last, z.view(), c));
        const auto may = next_tokens(z.row(0), {}, {.temperature = 1}, {}, c);
        CHECK(std::exp(s->log_probability[i + 1]) == doctest::Approx(may[s->ids[i + 1]].probability).epsilon(1e-9));
        sum += s->log_probability[i + 1];
    }
    CHECK(s->sum() == doctest::Approx(sum));
    const std::vector<double> first(s->log_probability.begin(), s->log_probability.end());
    const auto                again = m.score(text, c);
    CHECK(std::ranges::equal(again->log_probability, first));

    asked      q("What is the capital of France?");
    const auto right = m.score(q.p.messages, "The capital of France is Paris.", c);
    const auto wrong = m.score(q.p.messages, "The capital of France is Kigali.", c);
    REQUIRE(right);
    REQUIRE(wrong);
    CHECK(right->sum() > wrong->sum() + 2);
    std::string longest;
    for (int i = 0; i < 9000; ++i) longest += " a";
    CHECK(m.score(longest, c).error().what == fault::too_large);
}

TEST_CASE("tiny folders of transformers: every greedy token") {
    for (const std::string name : {"tiny_llama", "tiny_qwen2", "tiny_gpt2"}) {
        NEEDS_SHARED(folder, "fixtures/" + name);
        NEEDS_SHARED(told, "fixtures/" + name + "/io.json");
        context    c;
        const auto m = load_decoder(posix_files{}, folder.string(), {}, c);
        if (!m) FAIL(describe(m.error()));
        const auto io = load_json(posix_files{}, told.string());
        REQUIRE(io);
        for (const json_value one : *io->at("greedy").array()) {
            const auto prompt = ids_of(one.at("prompt")), want = ids_of(one.at("new"));
            const auto made = m->go_on(std::span<const token_id>(prompt), {.max_tokens = want.size()}, c);
            REQUIRE(made);
            // an end that a text of the reference runs over is one here
            const auto end = std::find_first_of(want.begin(), want.end(), m->ends().begin(), m->ends().end());
            CHECK(std::ranges::equal(made->ids, std::span(want).first(static_cast<std::size_t>(end - want.begin()))));
        }
    }
}

TEST_CASE("a folder is read by what lies in it") {
    NEEDS_SHARED(tiny, "fixtures/tiny_llama");
    context                   c;
    const test::copied_folder at;
    const auto                load = [&](const load_decoder_params& how = {}) {
        return load_decoder(posix_files{}, at.at.string(), how, c);
    };
    CHECK(load().error().what == fault::absent);
    CHECK(load_decoder(posix_files{}, at.at.string() + "/none", {}, c).error().what == fault::not_found);
    for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) at.add(tiny / name);
    REQUIRE(load());
    CHECK(load()->params().chat == chat_format::none);
    at.put("generation_config.json", R"({"eos_token_id": [3, 4]})");
    CHECK(load()->params().ends == std::vector<token_id>{3, 4});
    at.put("generation_config.json", R"({"eos_token_id": "three"})");
    CHECK(describe(load().error()).find("eos_token_id") != std::string::npos);
    at.remove("generation_config.json");
    at.put("chat_template.jinja", "{{ '<|im_start|>' }}"); // a format whose tokens the tokenizer lacks
    CHECK(load().error().what == fault::absent);
    CHECK(load({.chat = chat_format::none}));
    at.put("tokenizer_config.json",
           R"({"chat_template": [{"name": "tools", "template": "[INST]"}, {"name": "default", "template": "plain"}]})");
    CHECK(load()->params().chat == chat_format::none);
    at.put("tokenizer_config.json", R"({"chat_template": 7})");
    CHECK(load().error().what == fault::bad_format);
    at.remove("tokenizer_config.json");
    at.put("config.json", R"({"model_type": "mamba"})");
    CHECK(load().error().what == fault::unsupported);
    NEEDS_MODEL(model, smollm2);
    CHECK(load_decoder(posix_files{}, model.parent_path().string(), {}, c)->params().chat == chat_format::smollm2);
}

TEST_CASE(
    "a decoder that cannot be: a tokenizer with ids that the model lacks, chats without their tokens, files that lie") {
    NEEDS_MODEL(model, smollm2);
    context c;
    CHECK(load_gguf_decoder(posix_files{}, model.string(), {.chat = chat_format::llama3}, c).error().what ==
          fault::absent);
    CHECK(load_gguf_decoder(posix_files{}, model.string() + ".none", {}, c).error().what == fault::not_found);
    // A vocabulary of one row less: the head is the table of tokens
    const auto file = load_gguf(posix_files{}, model.string());
    REQUIRE(file);
    auto words             = read_gguf_tokenizer(file->head).value();
    auto less              = llama<float>{};
    less.config.vocabulary = words.size() - 1;
    CHECK(decoder::of(std::move(less), std::move(words)).error().what == fault::wrong_shape);
}
