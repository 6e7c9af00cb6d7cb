// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Answers questions from a folder of documents, with citations to the byte.
// needs: nlohmann-json3-dev

#include "support/bookcase.hpp"
#include "support/console.hpp"
#include "support/records.hpp"

#include <graft/core/trace.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/index/filter_text.hpp>
#include <graft/prompt/budget.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>
#include <graft/store/file.hpp>
#include <graft/store/snapshot.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

using namespace tool;

namespace {

/// Keeps what a filter allowed; everything without one.
struct kept {
    const allowed* by = nullptr;
    bool           operator()(chunk_id id) const noexcept { return by == nullptr || (*by)(id); }
};

/// Adds up the time of the stages of one question, by what they do.
struct stage_times {
    double embed = 0, search = 0, prompt = 0, generate = 0;
    void   operator()(const trace_event& e) {
        const double ms = std::chrono::duration<double, std::milli>(e.took).count();
        (e.stage == "embedding" ? embed : e.stage == "cite" ? prompt : e.stage == "answer" ? generate : search) += ms;
    }
};

std::string_view why_of(kept_because why) {
    switch (why) {
    case kept_because::fits: return "fits";
    case kept_because::over_budget: return "over budget";
    case kept_because::merged: return "inside another source";
    case kept_because::over_count: return "over count";
    }
    return "";
}

/// Runs questions through a pipeline and prints the answers.
class desk {
    const arguments& args_;
    const bookcase&  books_;
    double           open_ms_;
    workspace        memory_;

public:
    desk(const arguments& args, const bookcase& books, double open_ms)
        : args_(args), books_(books), open_ms_(open_ms) {}

    template <class Ask>
    [[nodiscard]] result<void> answer_one(const Ask& ask, const std::string& text) {
        memory_.reset();
        stage_times times;
        const auto  got = args_.timing() ? traced(ask, times)(text, memory_) : ask(text, memory_);
        if (!got) return got.error();
        if (args_.json()) print_json(*got, times);
        else print_text(*got, times);
        std::fflush(stdout);
        return done;
    }

private:
    /// A span of a document as a span of its file: they differ where bad UTF-8 was repaired.
    byte_span in_file(std::uint64_t document, std::uint64_t begin, std::uint64_t end) const {
        return books_.shelf.document_by(document)->origin(begin, end);
    }
    void print_text(const answer& a, const stage_times& times) const {
        std::printf("%.*s\n", static_cast<int>(a.text.size()), a.text.data());
        for (const citation& c : a.citations) {
            const auto  at = in_file(c.document, c.begin, c.end);
            std::string quote(c.quote.substr(0, 200));
            while (!quote.empty() && quote.size() < c.quote.size() &&
                   (static_cast<unsigned char>(c.quote[quote.size()]) & 0xC0) == 0x80)
                quote.pop_back();
            std::replace(quote.begin(), quote.end(), '\n', ' ');
            std::printf("%s[%u] %.*s:%zu-%zu \"%s%s\"%s\n", &c == a.citations.data() ? "\n" : "", c.mark,
                        static_cast<int>(c.name.size()), c.name.data(), at.begin, at.end, quote.c_str(),
                        quote.size() < c.quote.size() ? "…" : "", c.verified ? "" : " (not verified)");
        }
        if (args_.timing())
            std::printf("\nopen %.1f ms, embed %.3f, search %.3f, prompt %.3f, generate %.3f\n", open_ms_, times.embed,
                        times.search, times.prompt, times.generate);
    }
    void print_json(const answer& a, const stage_times& times) const {
        json_line j;
        j.open("{")
            .key("question")
            .text(a.asked.text)
            .key("answerable")
            .boolean(a.answerable)
            .key("answer")
            .text(a.text);
        j.key("citations").open("[");
        for (const citation& c : a.citations) {
            const auto at = in_file(c.document, c.begin, c.end);
            j.open("{")
                .key("mark")
                .number(c.mark)
                .key("doc")
                .text(c.name)
                .key("begin")
                .number(at.begin)
                .key("end")
                .number(at.end);
            j.key("quote")
                .text(c.quote)
                .key("sha256")
                .text(hex(sha256(c.quote)))
                .key("verified")
                .boolean(c.verified)
                .close("}");
        }
        j.close("]").key("sources").open("[");
        for (const source& s : a.sources) {
            const auto at = in_file(s.from.document, s.from.begin, s.from.end);
            j.open("{").key("mark");
            if (s.mark > 0) j.number(s.mark);
            else j.null();
            j.key("doc").text(s.name).key("begin").number(at.begin).key("end").number(at.end).key("score").number(
                s.score);
            j.key("tokens").number(s.tokens).key("kept").boolean(s.mark > 0).key("why").text(why_of(s.why)).close("}");
        }
        j.close("]").key("prompt_tokens").number(a.prompt_tokens);
        if (args_.timing()) {
            j.key("ms")
                .open("{")
                .key("open")
                .number(open_ms_)
                .key("embed")
                .number(times.embed)
                .key("search")
                .number(times.search);
            j.key("prompt").number(times.prompt).key("generate").number(times.generate).close("}");
        }
        j.close("}").print();
    }
};

/// Opens, refreshes and saves the index, or builds it in memory.
bookcase ready(const arguments& args, const console& say, const std::string& folder) {
    const auto   on = threads(args.threads());
    progress_bar bar(args, "embedding");
    const auto   tell = [&](const corpus& docs) {
        for (const error& e : docs.reports()) say.note("left out or repaired: " + describe(e));
    };
    if (!args.has("index")) {
        auto made = say.need(bookcase::build(folder, on, bar));
        tell(made.docs);
        return made;
    }
    const auto policy = args.has("previous") ? generation_policy::newest_good : generation_policy::newest;
    auto       index  = open_store(posix_files{}, args.text("index"), policy);
    if (!index && index.error().what == fault::busy) { // another writer: read what is there, change nothing
        say.note("another program is writing the index: using its last generation as it is");
        return say.need(bookcase::open(say.need(open_snapshot(posix_files{}, args.text("index"), policy))));
    }
    auto store = say.need(std::move(index));
    for (const auto& d : store.now().damaged())
        say.note("generation " + std::to_string(d.generation) + " passed over: " + describe(d.why));
    if (store.generation() == 0) {
        args.require(!folder.empty(), "there is no index yet: name the FOLDER to make it from");
        auto made = say.need(bookcase::build(folder, on, bar));
        tell(made.docs);
        (void)say.need(made.save(store));
        return made;
    }
    auto books = say.need(bookcase::open(store));
    if (!folder.empty()) books.folder = folder;
    const auto seen = books.refresh(on, bar);
    if (!seen && folder.empty() && seen.error().what == fault::not_found) {
        say.note("the folder " + books.folder + " is gone: answering from the index alone");
        return books;
    }
    if (!seen) say.fail(seen.error());
    if (seen->any()) {
        tell(books.docs);
        say.note(std::to_string(seen->added) + " chunks added, " + std::to_string(seen->removed) + " removed, " +
                 std::to_string(seen->moved) + " moved, " + std::to_string(seen->reused) + " reused" +
                 (seen->refitted ? ", embedder fitted anew" : ""));
        (void)say.need(books.save(store));
    }
    return books;
}

/// Asks every question there is: on the command line, as JSON Lines, or one line after the other.
template <class Ask>
int run(const arguments& args, const console& say, desk& at, const Ask& ask,
        const std::vector<std::string>& questions) {
    std::size_t refused = 0;
    const auto  one     = [&](const std::string& q) {
        if (auto ok = at.answer_one(ask, q); !ok) say.report(ok.error()), ++refused;
    };
    for (const std::string& q : questions) {
        if (q != "-") {
            one(q);
            continue;
        }
        for (const record& r : say.need(read_records("-", say, refused))) one(r.text);
    }
    if (questions.empty()) {
        const bool person = isatty(0) != 0 && !args.quiet();
        for (std::string line; (person && std::fprintf(stderr, "? ") > 0, true) && std::getline(std::cin, line);)
            if (line.find_first_not_of(" \t\r") != line.npos) one(line);
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "ask", "FOLDER [--index DIR] [QUESTION]…   (no question: one a line; -: JSON Lines)",
        "Answers questions from a folder of documents, with citations to the byte.",
        {{"index", "DIR", "", "keep the index here; made when absent, brought up to date when not"},
         {"previous", "", "", "with a damaged index: use the newest generation that is whole"},
         {"k", "N", "6", "sources in the prompt, at most"},
         {"budget", "N", "2000", "words in the prompt, at most"},
         {"threshold", "X", "", "least support, 0 to 1, below which the answer is: no relevant source"},
         {"method", "hybrid|bm25|dense", "hybrid", "how passages are found"},
         {"filter", "E", "", "only documents whose metadata fit: lang == en && year >= 2020"},
         {"adapter", "FILE", "", "a query adapter that `tune --task query` made"},
         {"order", "best-first|ends", "best-first", "of the sources in the prompt"},
         {"generator", "extractive", "extractive", "who writes the answer"},
         {"show-prompt", "", "", "print the prompts instead of the answers"}});
    const console say(args);
    const auto    method = args.choice("method", {"hybrid", "bm25", "dense"});
    const auto    order =
        args.choice("order", {"best-first", "ends"}) == "ends" ? source_order::ends : source_order::best_first;
    (void)args.choice("generator", {"extractive"});
    const float bar = args.has("threshold") ? args.number<float>("threshold") : threshold{}.support;
    const auto  k = args.number<std::size_t>("k"), budget = args.number<std::size_t>("budget");

    auto        questions = args.words();
    std::string folder;
    if (!args.has("index") || (!questions.empty() && std::filesystem::exists(questions.front()))) {
        args.require(!questions.empty(), "name a FOLDER, or an --index");
        folder = questions.front();
        questions.erase(questions.begin());
    }
    stopwatch      clock;
    const bookcase books   = ready(args, say, folder);
    const double   open_ms = clock.lap();

    const auto filter = say.need(parse_filter(args.text("filter")));
    const auto chosen = select(filter, books.shelf);
    const kept keep{args.has("filter") ? &chosen : nullptr};
    desk       at(args, books, open_ms);

    const auto prompts = [&](auto find) {
        return find | threshold{bar} | cite(books.shelf, {.budget = budget, .sources = k, .order = order});
    };
    const auto ask_with = [&](auto find) {
        if (!args.has("show-prompt")) return run(args, say, at, prompts(find) | extractive{}, questions);
        const auto show = prompts(find) | [](const prompt& p, workspace& w) {
            return answer{
                .text = render(p, nonce_of(p), w), .asked = p.asked, .sources = p.audit, .prompt_tokens = p.tokens};
        };
        return run(args, say, at, show, questions);
    };
    const auto by_words = search(books.words, 200, keep);
    if (method == "bm25" || !books.embed) return ask_with(by_words);
    const auto with = [&](const auto& embed) {
        const auto by_vectors = embed | search(books.nearest, 200, keep);
        return method == "dense" ? ask_with(by_vectors) : ask_with(hybrid(by_vectors, by_words));
    };
    if (!args.has("adapter")) return with(*books.embed);
    auto adapter = say.need(load_file<query_adapter>(posix_files{}, args.text("adapter")));
    return with(say.need(adapted<lsa>::make(*books.embed, std::move(adapter))));
}
