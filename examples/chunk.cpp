// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Cuts documents into chunks, each with the bytes it stands for.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/console.hpp"
#include "support/json_line.hpp"
#include "support/left_out.hpp"
#include "support/loaders.hpp"
#include "support/records.hpp"

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/chunk/window.hpp>
#include <graft/load/folder.hpp>
#include <graft/store/io.hpp>

#include <filesystem>

using namespace graft;
using namespace tool;

namespace {

void print(const arguments& args, const chunk_store& chunks) {
    document_id document = {};
    std::size_t ordinal  = 0;
    for (const chunk& c : chunks.all()) {
        ordinal        = c.document == document ? ordinal + 1 : 0;
        document       = c.document;
        const auto* d  = chunks.document_by(c.document);
        const auto  at = d->origin(c.begin, c.end);
        if (!args.json()) {
            std::printf("%s %zu-%zu, %u tokens\n", printable(d->name).c_str(), at.begin, at.end, c.tokens);
            for (const auto part : {c.text.prefix, c.text.body, std::string_view("\n")})
                std::fwrite(part.data(), 1, part.size(), stdout);
            continue;
        }
        json section = json::array();
        for (const auto heading : chunks.section(c.id)) section.push_back(heading);
        print_line({{"doc", d->name},
                    {"ordinal", ordinal},
                    {"begin", at.begin},
                    {"end", at.end},
                    {"tokens", c.tokens},
                    {"section", std::move(section)},
                    {"prefix", c.text.prefix},
                    {"text", c.text.body}});
    }
}

/// The flags, read before any work.
struct chunk_flags {
    std::string   by, count;
    std::size_t   size, overlap;
    split_options options;

    explicit chunk_flags(const arguments& args)
        : by(args.choice("by", {"window", "sentences", "recursive", "markdown"})),
          count(args.choice("count", {"bytes", "chars", "words"})), size(args.number_in<std::size_t>("size", 1)),
          overlap(args.number<std::size_t>("overlap")) {
        args.require(overlap < size, "--overlap must be less than --size");
        const auto prefix = args.choice("prefix", {"none", "title", "path"});
        options.prefix    = prefix == "none"    ? prefix_kind::none
                            : prefix == "title" ? prefix_kind::title
                                                : prefix_kind::path;
    }
};

template <class Counter>
result<chunk_store> cut_by(const chunk_flags& flags, const corpus& docs, context& c) {
    const auto with = [&](auto chunker) {
        chunker.size = flags.size, chunker.overlap = flags.overlap;
        return split_documents(docs, chunker, flags.options, c);
    };
    if (flags.by == "window") return with(basic_window<Counter>{});
    if (flags.by == "recursive") return with(basic_recursive<Counter>{});
    if (flags.by == "markdown") return with(basic_markdown<Counter>{});
    return with(basic_sentences<Counter>{});
}

/// The documents to cut, named as they were given: a file by its path, a folder's files below it.
class pile {
    const console& say_;
    corpus         docs_;
    std::size_t    refused_ = 0;
    bool           verbose_;

    void refuse(const error& e) { say_.report(e), ++refused_; }

    void add(document d) {
        if (!d.titled) d.title.clear(); // only the stem of its name: `add` finds that again
        d.id = {};
        if (auto ok = docs_.add(std::move(d)); !ok) refuse(ok.error());
    }

public:
    explicit pile(const console& say, bool verbose) : say_(say), verbose_(verbose) {}

    [[nodiscard]] const corpus& docs() const { return docs_; }
    [[nodiscard]] std::size_t   refused() const { return refused_; }

    void add_records(const std::string& file) {
        say_.need(each_record(file, say_, refused_, [&](record&& r) {
            const bool titled = !r.title.empty();
            add({.name = std::move(r.id), .title = std::move(r.title), .text = std::move(r.text), .titled = titled});
        }));
    }
    void add_folder(const std::string& folder) {
        folder_options how = reads();
        how.empty_is_fine  = true;
        const auto all     = load_folder(folder, how);
        if (!all) return refuse(all.error());
        refused_ += tell_left_out(say_, all->reports(), verbose_, folder);
        if (all->empty()) refuse({fault::no_input, unit::none, 0, folder});
        for (document d : *all) {
            d.name = path_of(folder, d.name);
            add(std::move(d));
        }
    }
    /// A file, or stdin, which is plain text unless `markdown`.
    void add_file(const std::string& file, bool markdown) {
        auto bytes = read_input(file);
        if (!bytes) return refuse(bytes.error());
        std::vector<error>   reports;
        const folder_options how = reads();
        context              c;
        loading              by{c, reports};
        const std::uint64_t  taken = how.with.taking(file, *bytes);
        auto                 d     = taken != 0 ? how.with.read(taken, file, std::move(*bytes), by)
                                                : read_text(file == "-" && markdown ? "-.md" : file, std::move(*bytes), reports);
        if (!d) reports.push_back(d.error());
        for (error& e : reports) {
            e.subject = file;
            refuse(e);
        }
        if (!d) return;
        d->name = file;
        add(std::move(*d));
    }
};

} // namespace

int main(int argc, char** argv) {
    const arguments args(argc, argv, "chunk", "FILE… | --jsonl FILE   (FILE: a text, a folder of texts, or -)",
                         "Cuts documents into chunks, each with the bytes it stands for.",
                         {{"jsonl", "FILE", "", "records with id, text, optional title, instead of files"},
                          {"by", "window|sentences|recursive|markdown", "sentences", "where chunks may end"},
                          {"size", "N", "256", "tokens a chunk may have, prefix included"},
                          {"overlap", "N", "0", "tokens, at most, that a chunk repeats of the one before"},
                          {"count", "bytes|chars|words", "words", "what a token is"},
                          {"prefix", "none|title|path", "none", "what travels beside each chunk"},
                          {"verbose", "", "", "list every file of a folder that was left out"}});
    return guarded(args, [&] {
        const chunk_flags flags(args);
        args.require(args.has("jsonl") || !args.words().empty(), "name a FILE, or --jsonl FILE");
        auto inputs = args.words();
        if (args.has("jsonl")) inputs.push_back(args.text("jsonl"));
        args.require_one_stdin(inputs);

        const console say(args);
        pile          given(say, args.has("verbose"));
        if (args.has("jsonl")) given.add_records(args.text("jsonl"));
        for (const std::string& word : args.words()) {
            std::error_code ignored;
            if (std::filesystem::is_directory(word, ignored)) given.add_folder(word);
            else given.add_file(word, flags.by == "markdown");
        }
        context      on{threads(args.threads())};
        stopwatch    clock;
        const auto   chunks = say.need(flags.count == "bytes"   ? cut_by<count_bytes>(flags, given.docs(), on)
                                       : flags.count == "chars" ? cut_by<count_characters>(flags, given.docs(), on)
                                                                : cut_by<count_words>(flags, given.docs(), on));
        const double ms     = clock.lap();
        print(args, chunks);
        if (args.timing()) say.note("cut in " + std::to_string(ms) + " ms");
        return given.refused() > 0 ? exit_some_refused : exit_done;
    });
}
