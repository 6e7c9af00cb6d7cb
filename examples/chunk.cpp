// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Cuts documents into chunks, each with the bytes it stands for.
// needs: nlohmann-json3-dev

#include "support/console.hpp"
#include "support/records.hpp"

#include <graft/chunk/cut.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/window.hpp>
#include <graft/store/io.hpp>
#include <graft/text/folder.hpp>

using namespace graft;
using namespace tool;

namespace {

void print(const arguments& args, const passages& shelf) {
    std::uint64_t document = 0, ordinal = 0;
    for (const chunk& c : shelf.all()) {
        ordinal        = c.document == document ? ordinal + 1 : 0;
        document       = c.document;
        const auto* d  = shelf.document_by(c.document);
        const auto  at = d->origin(c.begin, c.end);
        if (!args.json()) {
            std::printf("%s %zu-%zu, %u tokens\n%.*s%.*s\n", d->name.c_str(), at.begin, at.end, c.tokens,
                        static_cast<int>(c.text.prefix.size()), c.text.prefix.data(),
                        static_cast<int>(c.text.body.size()), c.text.body.data());
            continue;
        }
        json_line j;
        j.open("{")
            .key("doc")
            .text(d->name)
            .key("ordinal")
            .number(ordinal)
            .key("begin")
            .number(at.begin)
            .key("end")
            .number(at.end);
        j.key("tokens").number(c.tokens).key("section").open("[");
        for (const auto heading : shelf.section(c.id)) j.text(heading);
        j.close("]").key("prefix").text(c.text.prefix).key("text").text(c.text.body).close("}").print();
    }
}

template <class Counter>
result<passages> cut_by(const arguments& args, const corpus& docs, const cut_options& options) {
    const auto size = args.number<std::size_t>("size"), overlap = args.number<std::size_t>("overlap");
    const auto by = args.choice("by", {"window", "sentences", "recursive", "markdown"});
    const auto on = threads(args.threads());
    if (by == "window") return cut(docs, basic_window<Counter>{.size = size, .overlap = overlap}, options, on);
    if (by == "recursive") return cut(docs, basic_recursive<Counter>{.size = size, .overlap = overlap}, options, on);
    if (by == "markdown") return cut(docs, basic_markdown<Counter>{.size = size, .overlap = overlap}, options, on);
    return cut(docs, basic_sentences<Counter>{.size = size, .overlap = overlap}, options, on);
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv, "chunk", "FILE… | --jsonl FILE",
                         "Cuts documents into chunks, each with the bytes it stands for.",
                         {{"jsonl", "FILE", "", "records with id, text, optional title, instead of files"},
                          {"by", "window|sentences|recursive|markdown", "sentences", "where chunks may end"},
                          {"size", "N", "256", "tokens a chunk may have, prefix included"},
                          {"overlap", "N", "0", "tokens, at most, that a chunk repeats of the one before"},
                          {"count", "bytes|chars|words", "words", "what a token is"},
                          {"prefix", "none|title|path", "none", "what travels beside each chunk"}});
    const console   say(args);
    corpus          docs;
    std::size_t     refused = 0;
    if (args.has("jsonl"))
        for (auto& r : say.need(read_records(args.text("jsonl"), say, refused)))
            if (auto ok = docs.add({.name = r.id, .title = r.title, .text = r.text}); !ok)
                say.report(ok.error()), ++refused;
    for (const std::string& file : args.words()) {
        auto one = file == "-" ? result<corpus>(corpus{}) : load_folder(file);
        if (file == "-") {
            const auto text = say.need(read_input(file));
            if (auto ok = one->add({.name = "-", .text = repair(text).text}); !ok) say.fail(ok.error());
        }
        if (!one) {
            say.report(one.error()), ++refused;
            continue;
        }
        for (const error& e : one->reports()) say.report(e), ++refused;
        for (const auto& d : *one) { // named as it was given: a file by its path, a folder's files below it
            document mine = d;
            mine.id       = 0;
            if (!d.titled) mine.title.clear(); // only the stem of its name: `add` finds that again
            if (one->size() > 1 || std::string_view(file).ends_with('/')) mine.name = path_of(file, d.name);
            else if (file != "-") mine.name = file;
            if (auto ok = docs.add(std::move(mine)); !ok) say.report(ok.error()), ++refused;
        }
    }
    args.require(args.has("jsonl") || !args.words().empty(), "name a FILE, or --jsonl FILE");
    const auto        prefix = args.choice("prefix", {"none", "title", "path"});
    const cut_options options{prefix == "none"    ? prefix_kind::none
                              : prefix == "title" ? prefix_kind::title
                                                  : prefix_kind::path};
    const auto        unit = args.choice("count", {"bytes", "chars", "words"});
    stopwatch         clock;
    const auto        shelf = say.need(unit == "bytes"   ? cut_by<count_bytes>(args, docs, options)
                                       : unit == "chars" ? cut_by<count_characters>(args, docs, options)
                                                         : cut_by<count_words>(args, docs, options));
    const double      ms    = clock.lap();
    print(args, shelf);
    if (args.timing()) say.note("cut in " + std::to_string(ms) + " ms");
    return refused > 0 ? exit_some_refused : exit_done;
}
