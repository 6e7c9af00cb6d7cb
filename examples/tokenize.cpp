// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Turns texts into the numbers that a model reads, or back.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/console.hpp"
#include "support/conversation.hpp"
#include "support/json_line.hpp"
#include "support/models.hpp"
#include "support/records.hpp"
#include "support/tokenizers.hpp"

#include <graft/base/context.hpp>
#include <graft/generate/chat_tokens.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

using namespace graft;
using namespace tool;

namespace {

/// Encodes texts, or decodes ids, and prints what comes.
class writer {
    const arguments& args_;
    const console&   say_;
    const tokenizer& words_;
    chat_format      chat_;
    encode_options   how_;
    bool             parse_, pair_;
    arena            a_;
    std::size_t      tokens_ = 0, bytes_ = 0, refused_ = 0;

    void refuse(error why, const std::string& id) {
        why.subject = (id == "-" ? "stdin" : id) + (why.subject.empty() ? "" : ": ") + why.subject;
        say_.report(why), ++refused_;
    }

public:
    writer(const arguments& args, const console& say, const model_words& model)
        : args_(args), say_(say), words_(model.words), chat_(model.chat), pair_(args.has("pair")) {
        const auto special = args.choice("special", {"add", "none", "parse"});
        how_.add_special   = special != "none";
        parse_             = special == "parse";
        if (args.has("max")) how_.max_tokens = args.number_in<std::size_t>("max", 1);
    }

    void refuse(error why) { say_.report(why), ++refused_; }

    void encode(const std::string& id, std::string_view text, std::string_view second = {}) {
        a_.reset();
        const auto t = !pair_   ? parse_ ? words_.encode(trusted_text{text}, a_, how_) : words_.encode(text, a_, how_)
                         : parse_ ? words_.encode(trusted_text{text}, trusted_text{second}, a_, how_)
                                : words_.encode(text, second, a_, how_);
        if (!t) return refuse(t.error(), id);
        tokens_ += t->size(), bytes_ += text.size() + second.size();
        if (args_.json()) {
            json offsets = json::array();
            for (const byte_span s : t->spans) offsets.push_back({s.begin, s.end});
            return print_line({{"id", id},
                               {"ids", std::vector<token_id>(t->ids.begin(), t->ids.end())},
                               {"offsets", std::move(offsets)},
                               {"types", std::vector<unsigned>(t->types.begin(), t->types.end())},
                               {"truncated", t->truncated}});
        }
        std::printf("%s: %zu tokens%s\n", printable(id).c_str(), t->size(), t->truncated ? ", cut off" : "");
        for (std::size_t i = 0; i < t->size(); ++i) {
            std::printf("%8u  %s", t->ids[i], printable(words_.text_of(t->ids[i])).c_str());
            if (t->sides[i] != token_side::added)
                std::printf("  %s%zu-%zu", t->sides[i] == token_side::second ? "second " : "", t->spans[i].begin,
                            t->spans[i].end);
            std::printf("\n");
        }
    }
    /// A conversation as the model's chat format writes it, with the assistant's next turn opened if `ask`.
    void encode(const std::string& id, std::span<const message> turns, bool ask) {
        a_.reset();
        if (chat_ == chat_format::none) return refuse({fault::unsupported, unit::none, 0, "messages"}, id);
        const auto ids = encode_chat(words_, write_chat(turns, chat_, ask, a_), a_);
        if (!ids) return refuse(ids.error(), id);
        tokens_ += ids->size();
        if (args_.json()) return print_line({{"id", id}, {"ids", std::vector<token_id>(ids->begin(), ids->end())}});
        std::printf("%s: %zu tokens\n", printable(id).c_str(), ids->size());
        for (const token_id t : *ids) std::printf("%8u  %s\n", t, printable(words_.text_of(t)).c_str());
    }
    void decode(const std::string& id, std::span<const token_id> ids) {
        a_.reset();
        const auto text = words_.decode(ids, a_, how_.add_special);
        if (!text) return refuse(text.error(), id);
        tokens_ += ids.size(), bytes_ += text->size();
        if (args_.json()) return print_line({{"id", id}, {"text", *text}});
        std::fwrite(text->data(), 1, text->size(), stdout);
        std::printf("\n");
    }

    [[nodiscard]] int end(double ms) const {
        if (args_.timing())
            say_.note(std::to_string(tokens_) + " tokens, " + std::to_string(bytes_) + " bytes in " +
                      std::to_string(ms) + " ms, " +
                      std::to_string(static_cast<double>(tokens_) / std::max(ms, 1e-6) * 1000) + " tokens a second");
        return refused_ > 0 ? exit_some_refused : exit_done;
    }
};

/// The numbers of a text, between blanks and commas; nothing where there is something else.
std::optional<std::vector<token_id>> numbers_of(std::string_view text) {
    std::vector<token_id> ids;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n,[]"), text.size()));
        if (text.empty()) return ids;
        token_id id           = 0;
        const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (why != std::errc()) return std::nullopt;
        ids.push_back(id);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
}

/// The texts of a JSON Lines file, or its `ids`.
void take_records(const arguments& args, const console& say, const std::string& file, writer& to) {
    auto in = say.need(input::open(file));
    for (std::string line; say.need(in.line(line));) {
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        const auto j  = nesting(line) > 100 ? json() : json::parse(line, nullptr, false);
        const auto at = [&](std::initializer_list<const char*> keys) -> const std::string* {
            for (const char* key : keys)
                if (const auto it = j.find(key); it != j.end() && it->is_string())
                    return it->get_ptr<const std::string*>();
            return nullptr;
        };
        const auto bad = [&] { to.refuse(in.here(fault::bad_format)); };
        if (!j.is_object()) {
            bad();
            continue;
        }
        std::string id = std::to_string(in.lines());
        for (const char* key : {"_id", "id"})
            if (const auto it = j.find(key); it != j.end() && (it->is_string() || it->is_number()))
                id = it->is_string() ? it->get<std::string>() : it->dump();
        if (args.has("decode")) {
            const auto ids = j.find("ids");
            const bool good =
                ids != j.end() && ids->is_array() && std::all_of(ids->begin(), ids->end(), [](const json& x) {
                    return x.is_number_unsigned() && x.get<std::uint64_t>() < no_token;
                });
            if (good) to.decode(id, ids->get<std::vector<token_id>>());
            else bad();
            continue;
        }
        if (const auto it = j.find("messages"); it != j.end()) {
            const auto turns = parse_messages(*it);
            const auto ask   = j.find("add_generation_prompt"); // as transformers calls it
            if (turns) to.encode(id, turns->turns(), ask == j.end() || *ask != false);
            else bad();
            continue;
        }
        const auto *text = at({"text", "question"}), *second = at({"pair", "text_pair"});
        if (text == nullptr || (args.has("pair") && second == nullptr)) bad();
        else to.encode(id, *text, second != nullptr ? *second : std::string_view());
    }
}

int tokenize_all(const arguments& args) {
    const console            say(args);
    const auto               records = [](const std::string& name) { return name.ends_with(".jsonl"); };
    std::vector<std::string> files = args.words(), all = files;
    if (args.has("jsonl")) all.push_back(args.text("jsonl"));
    args.require(!all.empty(), "name a FILE, or --jsonl FILE");
    args.require_one_stdin(all);
    args.require(!args.has("decode") || !args.has("pair"), "--pair or --decode");
    const auto texts = std::count_if(files.begin(), files.end(), [&](const auto& f) { return !records(f); });
    args.require(!args.has("pair") || texts % 2 == 0, "--pair takes files two by two");

    const auto                                         words = say.need(open_tokenizer(model_path(args, say, "model")));
    writer                                             to(args, say, words);
    stopwatch                                          clock;
    std::optional<std::pair<std::string, std::string>> first; // of a pair of files
    for (const std::string& file : files) {
        if (records(file)) {
            take_records(args, say, file, to);
            continue;
        }
        auto text = read_text_input(file);
        if (!text) {
            to.refuse(text.error());
            continue;
        }
        if (args.has("decode")) {
            const auto ids = numbers_of(*text);
            if (ids) to.decode(file, *ids);
            else to.refuse({fault::bad_format, unit::none, 0, file});
        } else if (!args.has("pair")) to.encode(file, *text);
        else if (!first) first.emplace(file, std::move(*text));
        else {
            to.encode(first->first, first->second, *text);
            first.reset();
        }
    }
    if (args.has("jsonl")) take_records(args, say, args.text("jsonl"), to);
    return to.end(clock.lap());
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "tokenize",
        "--model FILE|DIR (FILE… | --jsonl FILE)   (FILE: a text, records where it ends in .jsonl, or -)",
        "Turns texts into the numbers that a model reads, or back.",
        {{"model", "FILE|DIR", "",
          "tokenizer.json, vocab.txt, .model, .tiktoken, .gguf, a model's folder, or a name of models.sh"},
         {"jsonl", "FILE", "", "records with id, and text or messages: [{role, content}], instead of texts"},
         {"special", "add|none|parse", "add",
          "the model's own tokens round a text, none, or those typed in it as well"},
         {"max", "N", "", "tokens a text may have, special ones included; the rest is cut off"},
         {"pair", "", "", "two texts together: text and pair of a record, or files two by two"},
         {"decode", "", "",
          "the other way: ids of a record, or numbers in a file, to text; --special none leaves special ones out"}});
    return guarded(args, [&] { return tokenize_all(args); });
}
