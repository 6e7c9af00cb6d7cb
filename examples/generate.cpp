// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Goes on from texts with a language model that runs inside the program.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/console.hpp"
#include "support/conversation.hpp"
#include "support/json_line.hpp"
#include "support/models.hpp"
#include "support/records.hpp"

#include <graft/base/pool.hpp>
#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/json_schema.hpp>
#include <graft/generate/pattern.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

using namespace tool;
using namespace graft;

namespace {

/// What is to be gone on from, with its name.
struct request {
    std::string  id;
    conversation with;
};

/// A line of JSON with `text` or `messages`; nothing where it is none.
std::optional<request> parse_request(const std::string& line, const std::string& system) {
    if (nesting(line) > 100) return std::nullopt;
    const auto j = nlohmann::json::parse(line, nullptr, false);
    if (!j.is_object()) return std::nullopt;
    request r;
    if (const auto id = j.find("id"); id != j.end()) r.id = id->is_string() ? id->get<std::string>() : id->dump();
    if (const auto all = j.find("messages"); all != j.end()) {
        auto with = parse_messages(*all);
        if (!with) return std::nullopt;
        r.with = std::move(*with);
        return r;
    }
    const auto text = j.find("text");
    if (text == j.end() || !text->is_string()) return std::nullopt;
    if (!system.empty()) r.with.say(speaker::system, system);
    r.with.say(speaker::user, text->get<std::string>());
    return r;
}

std::string_view name_of(finish_reason why) {
    switch (why) {
    case finish_reason::end: return "end";
    case finish_reason::length: return "length";
    case finish_reason::stopped: return "stopped";
    case finish_reason::refused: return "refused";
    case finish_reason::repeats: return "repeats";
    }
    return "";
}

/// Goes on from requests and prints what comes.
class writer {
    const arguments&                    args_;
    const console&                      say_;
    const decoder&                      model_;
    std::optional<constrained<decoder>> held_; // to what may be written
    completion_options                  with_;
    std::string                         stop_;
    std::string_view                    stops_[1];
    double                              load_ms_;
    pool                                workers_;
    context                             c_{workers_};
    bool                                first_ = true;

public:
    writer(const arguments& args, const console& say, const decoder& model, std::optional<automaton> language,
           double load_ms)
        : args_(args), say_(say), model_(model), stop_(args.text("stop")), stops_{stop_}, load_ms_(load_ms),
          workers_(args.threads()) {
        if (language) held_.emplace(model, std::move(*language));
        with_.max_tokens                  = args.number_in<std::size_t>("max-tokens", 0);
        with_.sampling.temperature        = args.number_in<float>("temperature", 0, 1000);
        with_.sampling.top_k              = args.number_in<std::uint32_t>("top-k", 0);
        with_.sampling.top_p              = args.number_in<float>("top-p", 0, 1);
        with_.sampling.min_p              = args.number_in<float>("min-p", 0, 1);
        with_.sampling.repetition_penalty = args.number_in<float>("repeat-penalty", 0, 1000);
        with_.repeats                     = args.number_in<std::size_t>("stop-repeats", 0);
        with_.seed                        = args.seed();
        if (!stop_.empty()) with_.stop = stops_;
        args.require(with_.sampling.valid(), "--top-p and --repeat-penalty are above 0");
    }

    /// Goes on from one; gives whether that went well, else it was reported.
    [[nodiscard]] bool write(const request& r) {
        c_.reset();
        if (args_.has("score")) return score(r);
        const auto ids = args_.has("raw")
                             ? model_.words().encode(r.with.last(), c_).transform([](const tokens& t) { return t.ids; })
                             : model_.prompt_tokens(r.with.turns(), c_);
        if (!ids) return refuse(ids.error(), r);
        struct ear {
            stopwatch   clock;
            double      first_ms = 0;
            std::size_t reused   = 0;
            bool        shows    = true;
            void        operator()(const text_delta& t) const {
                if (!shows) return;
                const std::string s = printable(t.text, "\n\t");
                std::fwrite(s.data(), 1, s.size(), stdout);
                std::fflush(stdout);
            }
            void operator()(const prompt_read& p) { reused = p.reused, first_ms = clock.lap(); }
        } hears;
        hears.shows = !args_.json();
        if (!args_.json() && !first_) std::printf("\n");
        first_            = false;
        c_.listener       = listen_to<text_delta, prompt_read>(hears);
        const auto   made = held_ ? held_->go_on(*ids, with_, c_) : model_.go_on(*ids, with_, c_);
        const double ms   = hears.clock.lap();
        c_.listener       = {};
        if (!made) return refuse(made.error(), r);
        const double read = static_cast<double>(made->usage.prompt - hears.reused) / hears.first_ms * 1000;
        const double rate = made->usage.completion > 0 ? static_cast<double>(made->usage.completion) / ms * 1000 : 0;
        if (!args_.json()) {
            std::printf("\n");
            if (args_.timing())
                std::printf("\nload %.0f ms, %zu tokens read in %.0f ms (%.0f a second), %zu written in %.0f ms (%.1f "
                            "a second)\n",
                            load_ms_, made->usage.prompt - hears.reused, hears.first_ms, read, made->usage.completion,
                            ms, rate);
        } else {
            json j{{"id", r.id},
                   {"text", made->text},
                   {"ids", std::vector<token_id>(made->ids.begin(), made->ids.end())},
                   {"finish", name_of(made->finish)},
                   {"prompt_tokens", made->usage.prompt},
                   {"completion_tokens", made->usage.completion}};
            if (args_.timing()) j["ms"] = {{"load", load_ms_}, {"read", hears.first_ms}, {"write", ms}};
            print_line(j);
        }
        std::fflush(stdout);
        return true;
    }

private:
    [[nodiscard]] bool refuse(error e, const request& r) const {
        e.subject = (r.id == "-" ? "stdin" : r.id) + (e.subject.empty() ? "" : ": ") + e.subject;
        say_.report(e);
        return false;
    }
    /// How likely the model finds each token of a text; of a conversation, of the assistant's last turn behind the others.
    [[nodiscard]] bool score(const request& r) {
        const auto turns    = r.with.turns();
        const bool answered = turns.size() > 1 && turns.back().from == speaker::assistant;
        const auto s =
            answered ? model_.score(turns.first(turns.size() - 1), r.with.last(), c_) : model_.score(r.with.last(), c_);
        if (!s) return refuse(s.error(), r);
        const auto ids = s->ids;
        if (args_.json()) {
            json each = json::array();
            for (const double x : s->log_probability) each.push_back(x);
            print_line(json{{"id", r.id},
                            {"ids", std::vector<token_id>(ids.begin(), ids.end())},
                            {"log_probabilities", std::move(each)},
                            {"sum", s->sum()}});
            return true;
        }
        const double n = static_cast<double>(std::max<std::ptrdiff_t>(
            1, std::count_if(s->log_probability.begin(), s->log_probability.end(), [](double x) { return x != 0; })));
        std::printf("%s: %.0f tokens, log-likelihood %.4f, perplexity %.3f\n", printable(r.id).c_str(), n, s->sum(),
                    std::exp(-s->sum() / n));
        return true;
    }
};

int generate_all(const arguments& args) {
    const console say(args);
    const auto    how    = args.choice("weights", {"blocks", "f32", "bf16", "i8", "nf4"});
    const auto    bits   = args.choice("activations", {"16", "8"});
    const auto    system = args.text("system");
    auto          inputs = args.words();
    if (args.has("jsonl")) inputs.push_back(args.text("jsonl"));
    args.require(!inputs.empty() || args.has("prompt"), "name a FILE, --jsonl FILE, or --prompt TEXT");
    args.require_one_stdin(inputs);
    args.require(!args.has("raw") || !args.has("system"), "--system has no place in a --raw text");
    args.require(!args.has("pattern") || !args.has("schema"), "--pattern or --schema");
    const auto path = model_path(args, say, "model");

    std::optional<automaton> language;
    if (args.has("pattern")) {
        auto made = pattern(args.text("pattern"));
        args.require(made.has_value(), "--pattern: " + (made ? std::string() : describe(made.error())));
        language = std::move(*made);
    }
    if (args.has("schema")) {
        const auto file = say.need(load_json(posix_files{}, args.text("schema")));
        language        = say.need(json_schema(file.root()));
    }

    stopwatch              clock;
    std::optional<decoder> model;
    {
        context c{threads(args.threads())};
        model = say.need(load_decoder(posix_files{}, path,
                                      {.weights = {how == "i8" ? weights_as::blocks : weights_said(how),
                                                   bits == "8" ? code_bits::eight : code_bits::sixteen},
                                       .adapter = args.text("adapter")},
                                      c));
    }
    writer      to(args, say, *model, std::move(language), clock.lap());
    std::size_t refused = 0;
    const auto  text    = [&](std::string id, std::string all) {
        request r;
        r.id = std::move(id);
        if (!system.empty()) r.with.say(speaker::system, system);
        r.with.say(speaker::user, std::move(all));
        if (!to.write(r)) ++refused;
    };
    if (args.has("prompt")) text("prompt", args.text("prompt"));
    for (const std::string& file : args.words()) {
        auto all = read_text_input(file);
        if (!all) {
            say.report(all.error()), ++refused;
            continue;
        }
        while (!args.has("raw") && !all->empty() && (all->back() == '\n' || all->back() == '\r')) all->pop_back();
        text(file, std::move(*all));
    }
    if (args.has("jsonl")) {
        auto in = say.need(input::open(args.text("jsonl")));
        for (std::string line; say.need(in.line(line));) {
            if (line.find_first_not_of(" \t\r") == line.npos) continue;
            auto r = parse_request(line, system);
            if (!r) {
                say.report(in.here(fault::bad_format)), ++refused;
                continue;
            }
            if (r->id.empty()) r->id = std::to_string(in.lines());
            if (!to.write(*r)) ++refused;
        }
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "generate", "--model DIR|FILE (FILE… | --jsonl FILE | --prompt TEXT)   (FILE: a text, or -)",
        "Goes on from texts with a language model that runs inside the program: each is a user's turn.",
        {{"model", "DIR|FILE", "", "GGUF, a folder of transformers, or a name that examples/models.sh knows: smollm2"},
         {"prompt", "TEXT", "", "the text itself"},
         {"jsonl", "FILE", "", "records with id, and text or messages: [{role, content}]"},
         {"system", "TEXT", "", "a system's turn before each text"},
         {"raw", "", "", "the text as it is, without the turns of the model's chat format"},
         {"max-tokens", "N", "128", "of each answer, at most"},
         {"temperature", "T", "0", "0: always the likeliest token"},
         {"top-k", "K", "0", "draw from the K likeliest; 0: from all"},
         {"top-p", "P", "1", "draw from the likeliest that hold P of the probability"},
         {"min-p", "P", "0", "draw from those that hold P of what the likeliest holds"},
         {"repeat-penalty", "X", "1", "makes what the text holds less likely"},
         {"stop-repeats", "N", "0", "ends an answer that says the same N times in a row; 0: never"},
         {"stop", "TEXT", "", "ends an answer, and is not part of it"},
         {"pattern", "REGEX", "", "the answer matches it as a whole"},
         {"schema", "FILE", "", "the answer is JSON that this JSON Schema allows"},
         {"weights", "blocks|f32|bf16|i8|nf4", "blocks",
          "blocks of 4 and 8 bits as the file has them and else floats; or all as floats, bf16, blocks of 8 bits, NF4"},
         {"adapter", "DIR", "",
          "a LoRA adapter, prefix or soft prompt that `tune --task lm` or PEFT made of this model"},
         {"activations", "16|8", "16", "bits of what blocks are multiplied by; with 8 a prompt is read faster"},
         {"score", "", "",
          "no answer: how likely the model finds the text, or the last of the messages where it is the assistant's"}},
        "\nThe same model, text, flags and --seed give the same answer, on any number of threads.\n");
    return guarded(args, [&] { return generate_all(args); });
}
