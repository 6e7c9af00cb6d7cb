// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What chunkers cost, in MB/s (10^6 bytes, one thread, `split_documents` with path prefixes), on Markdown with 0 % and 40 % of its
// characters outside ASCII.

#include "support/table.hpp"
#include "support/timing.hpp"

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/chunk/window.hpp>
#include <graft/load/folder.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// The lines of the pages in many scripts that are not ASCII alone, without their tags.
std::vector<std::string> foreign_lines(const std::string& root) {
    std::vector<std::string> lines;
    for (const char* language : {"arb", "cmn_hans", "deu_1996", "ell_monotonic", "fra", "heb", "hin", "hun", "jpn",
                                 "kor", "pol", "khm", "mya"}) {
        const auto page = load_folder(root + "/data/documents/udhr/" + language + ".html", {.read_markup = true});
        if (!page) continue;
        std::string line;
        bool        tag = false;
        for (const char c : (*page)[0].text) {
            if (c == '<') tag = true;
            if (!tag && c != '\n' && c != '\r') line += c;
            if (c == '>') tag = false;
            if (c != '\n') continue;
            if (line.size() > 40 && unicode::count_scalars(line) < line.size()) lines.push_back(line);
            line.clear();
        }
    }
    return lines;
}

/// Real Markdown without its non-ASCII characters; with `share` > 0 paragraphs of other scripts between its blocks.
corpus texts(const std::string& root, double share) {
    const auto  foreign = share > 0 ? foreign_lines(root) : std::vector<std::string>{};
    corpus      docs;
    std::size_t next = 0, ascii = 0, other = 0;
    for (const char* folder : {"rust-book/src", "owasp"}) {
        const auto from = load_folder(root + "/data/documents/" + folder);
        if (!from) std::fprintf(stderr, "chunk: GRAFT_SHARED must name the folder of real data\n"), std::exit(1);
        for (const document& d : *from) {
            document to;
            to.name = std::string(folder) + "/" + d.name;
            to.kind = text_format::markdown;
            for (std::size_t i = 0; i < d.text.size(); ++i) {
                if (static_cast<unsigned char>(d.text[i]) < 0x80) {
                    to.text += d.text[i];
                    ++ascii;
                }
                if (share == 0 || d.text[i] != '\n' || i + 1 == d.text.size() || d.text[i + 1] != '\n') continue;
                while (static_cast<double>(other) < share * static_cast<double>(other + ascii)) {
                    const std::string& line = foreign[next++ % foreign.size()];
                    for (std::size_t at = 0; at < line.size(); at += unicode::decode(line, at).length)
                        ++(static_cast<unsigned char>(line[at]) < 0x80 ? ascii : other);
                    to.text += "\n" + line + "\n";
                }
            }
            docs.add(std::move(to)).value();
        }
    }
    return docs;
}

} // namespace

int main(int argc, char** argv) {
    bench::report     report("chunk", argc, argv);
    const char* const root = std::getenv("GRAFT_SHARED");
    for (const double share : {0.0, .4}) {
        const corpus docs  = texts(root != nullptr ? root : "../shared", share);
        double       bytes = 0;
        for (const document& d : docs) bytes += static_cast<double>(d.text.size());
        const auto add = [&](const char* name, const char* unit, const auto& how) {
            const auto [t] = bench::race({.slice = .05, .slices = 9}, [&] { return split_documents(docs, how); });
            report.add(std::string(name) + ", " + unit + (share == 0 ? ", ASCII" : ", 40 % non-ASCII"), "MB/s",
                       bytes / t.quietest * 1e-6, 200, "the bar");
        };
        add("window", "bytes", basic_window<count_bytes>{.size = 1500});
        add("window", "words", window{});
        add("sentences", "bytes", basic_sentences<count_bytes>{.size = 1500});
        add("sentences", "words", sentences{});
        add("recursive", "bytes", basic_recursive<count_bytes>{.size = 1500});
        add("recursive", "words", recursive{});
        add("markdown", "bytes", basic_markdown<count_bytes>{.size = 1500});
        add("markdown", "words", markdown{});
    }
    return report.finish();
}
