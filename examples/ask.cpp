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
#include <graft/retrieve/reread.hpp>
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
        std::printf("%s\n", printable(a.text, "\n\t").c_str());
        for (const citation& c : a.citations) {
            const auto  at = in_file(c.document, c.begin, c.end);
            std::string quote(c.quote.substr(0, 200));
            while (!quote.empty() && quote.size() < c.quote.size() &&
                   (static_cast<unsigned char>(c.quote[quote.size()]) & 0xC0) == 0x80)
                quote.pop_back();
            std::printf("%s[%u] %s:%zu-%zu \"%s%s\"%s\n", &c == a.citations.data() ? "\n" : "", c.mark,
                        printable(c.name).c_str(), at.begin, at.end, printable(quote).c_str(),
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

/// The books to ask, and how many inputs were refused on the way.
struct ready_books {
    bookcase    books;
    std::size_t refused = 0;
};

/// Says what was left out: by rule as notes, against the folder's will as errors.
std::size_t tell(const console& say, const corpus& docs) {
    std::size_t refused = 0;
    for (const error& e : docs.reports()) {
        const bool by_rule = e.what == fault::hidden || e.what == fault::symlink || e.what == fault::not_a_file ||
                             e.what == fault::not_text;
        if (by_rule) say.note("left out: " + printable(describe(e)));
        else say.report(e), ++refused;
    }
    return refused;
}

/// Builds the books in memory.
ready_books build(const arguments& args, const console& say, const std::string& folder, progress_bar& bar) {
    auto       made    = say.need(bookcase::build(folder, threads(args.threads()), bar));
    const auto refused = tell(say, made.docs);
    return {std::move(made), refused};
}

/// Brings opened books up to their folder.
ready_books refreshed(const arguments& args, const console& say, bookcase books, bookcase::changes& seen,
                      progress_bar& bar) {
    auto now = books.refresh(threads(args.threads()), bar);
    if (!now && now.error().what == fault::not_found) {
        say.report(now.error()); // answered from the index alone, and the exit status says so
        return {std::move(books), 1};
    }
    seen = say.need(std::move(now));
    if (seen.any())
        say.note(std::to_string(seen.added) + " chunks added, " + std::to_string(seen.removed) + " removed, " +
                 std::to_string(seen.moved) + " moved, " + std::to_string(seen.reused) + " reused" +
                 (seen.refitted ? ", embedder fitted anew" : ""));
    const auto refused = tell(say, books.docs);
    return {std::move(books), refused};
}

/// The folder of the documents: --folder; or the first word, which is taken, where there is no index yet or where it names the
/// folder that the index was made from. Empty: as the index has it. Any other word is a question, unless it is a folder.
std::string choose_folder(const arguments& args, std::vector<std::string>& words, const std::string& made_from) {
    std::error_code ignored;
    const auto      whole = [&](const std::string& path) {
        auto all = std::filesystem::absolute(path, ignored).lexically_normal().string();
        while (all.size() > 1 && all.back() == '/') all.pop_back();
        return all;
    };
    if (args.has("folder")) return whole(args.text("folder"));
    if (made_from.empty()) {
        args.require(!words.empty() && !words.front().empty(), "name the FOLDER that holds the documents");
        const auto folder = whole(words.front());
        words.erase(words.begin());
        return folder;
    }
    if (words.empty() || words.front().empty()) return {};
    const auto folder = whole(words.front());
    if (folder == made_from) {
        words.erase(words.begin());
        return folder;
    }
    args.require(!std::filesystem::is_directory(folder, ignored),
                 "this index was made from " + made_from + "; --folder makes it follow another");
    return {};
}

/// Opens, refreshes and saves the index, or builds it. Takes the FOLDER out of the words.
ready_books ready(const arguments& args, const console& say, std::vector<std::string>& words) {
    progress_bar bar(args, "embedding");
    if (!args.has("index")) return build(args, say, choose_folder(args, words, ""), bar);
    const auto where = args.text("index");
    args.require(!where.empty(), "--index needs a folder");
    std::error_code ignored;
    const auto      save = [&](const bookcase& books, auto& store) { (void)say.need(books.save(store)); };
    if (!std::filesystem::exists(where, ignored)) { // built before anything of it is on the disk
        auto made  = build(args, say, choose_folder(args, words, ""), bar);
        auto store = open_store(posix_files{}, where);
        if (store && store->generation() == 0) save(made.books, *store);
        else if (!store && store.error().what != fault::busy) say.fail(store.error());
        return made;
    }
    const auto        policy = args.has("previous") ? generation_policy::newest_good : generation_policy::newest;
    bookcase::changes seen;
    auto              index = open_store(posix_files{}, where, policy);
    if (!index && (index.error().what == fault::busy || index.error().what == fault::write_failed)) {
        // Another writer, or a place that cannot be written: what is there is read, brought up to date in memory, and not saved.
        say.note("the index cannot be written now (" + std::string(sentence(index.error().what)) +
                 "): nothing is saved");
        auto last = open_snapshot(posix_files{}, where, policy);
        if (!last && last.error().what == fault::not_found)
            return build(args, say, choose_folder(args, words, ""), bar);
        auto books = say.need(bookcase::open(say.need(std::move(last))));
        if (auto folder = choose_folder(args, words, books.folder); !folder.empty()) books.folder = folder;
        return refreshed(args, say, std::move(books), seen, bar);
    }
    if (!index && is_damage(index.error().what) && policy == generation_policy::newest)
        say.note("the index is damaged: --previous takes the newest generation that is whole; without the folder " +
                 where + " it is made anew");
    auto store = say.need(std::move(index));
    for (const auto& d : store.now().damaged())
        say.note("generation " + std::to_string(d.generation) + " passed over: " + printable(describe(d.why)));
    if (store.generation() == 0) {
        auto made = build(args, say, choose_folder(args, words, ""), bar);
        save(made.books, store);
        return made;
    }
    auto opened = say.need(bookcase::open(store));
    if (auto folder = choose_folder(args, words, opened.folder); !folder.empty()) opened.folder = folder;
    auto made = refreshed(args, say, std::move(opened), seen, bar);
    if (seen.any()) save(made.books, store);
    return made;
}

/// Asks every question there is: on the command line, as JSON Lines, or one line after the other.
template <class Ask>
int run(const arguments& args, const console& say, desk& at, const Ask& ask, const std::vector<std::string>& questions,
        std::size_t refused) {
    const auto one = [&](const std::string& q) {
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
        const bool  person = isatty(0) != 0 && !args.quiet();
        std::string line;
        for (;;) {
            if (person) std::fprintf(stderr, "? ");
            if (!std::getline(std::cin, line)) break;
            if (line.find_first_not_of(" \t\r") != line.npos) one(line);
        }
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

/// Everything behind the command line.
int answer_all(const arguments& args) {
    const console say(args);
    const auto    method = args.choice("method", {"hybrid", "bm25", "dense"});
    const auto    order =
        args.choice("order", {"best-first", "ends"}) == "ends" ? source_order::ends : source_order::best_first;
    (void)args.choice("generator", {"extractive"});
    const float bar    = args.has("threshold") ? args.number_in<float>("threshold", 0, 1) : threshold{}.support;
    const auto  k      = args.number<std::size_t>("k");
    const auto  budget = args.number_in<std::size_t>("budget", 1, 1'000'000'000);
    const auto  filter = parse_filter(args.text("filter"));
    args.require(filter.has_value(), "--filter: " + (filter ? std::string() : describe(filter.error())));
    args.require(!args.has("adapter") || method != "bm25", "--adapter has no meaning with --method bm25");
    args.require(!args.has("previous") || args.has("index"), "--previous needs an --index");
    std::optional<query_adapter> adapter;
    if (args.has("adapter")) adapter = say.need(load_file<query_adapter>(posix_files{}, args.text("adapter")));

    stopwatch    clock;
    auto         questions = args.words();
    const auto   opened    = ready(args, say, questions);
    const auto&  books     = opened.books;
    const double open_ms   = clock.lap();
    const auto   chosen    = select(*filter, books.shelf);
    const kept   keep{args.has("filter") ? &chosen : nullptr};
    desk         at(args, books, open_ms);

    const auto prompts = [&](auto find) {
        return find | reread(books.shelf) | threshold{bar} |
               cite(books.shelf, {.budget = budget, .sources = k, .order = order});
    };
    const auto ask_with = [&](auto find) {
        if (!args.has("show-prompt"))
            return run(args, say, at, prompts(find) | extractive{}, questions, opened.refused);
        const auto show = prompts(find) | [](const prompt& p, workspace& w) {
            return answer{.text          = render(p, nonce_of(p), w),
                          .answerable    = !p.sources.empty(),
                          .asked         = p.asked,
                          .sources       = p.audit,
                          .prompt_tokens = p.tokens};
        };
        return run(args, say, at, show, questions, opened.refused);
    };
    const auto by_words = search(books.words, 200, keep);
    if (method == "bm25" || !books.embed) return ask_with(by_words);
    const auto with = [&](const auto& embed) {
        const auto by_vectors = embed | search(books.nearest, 200, keep);
        return method == "dense" ? ask_with(by_vectors) : ask_with(hybrid(by_vectors, by_words));
    };
    if (!adapter) return with(*books.embed);
    return with(say.need(adapted<lsa>::make(*books.embed, std::move(*adapter))));
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "ask", "FOLDER [--index DIR] [QUESTION]…   (no question: one a line; -: JSON Lines)",
        "Answers questions from a folder of documents, with citations to the byte.",
        {{"index", "DIR", "", "keep the index here; made when absent, brought up to date when not"},
         {"folder", "DIR", "", "where the documents are, if not the first word"},
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
    return guarded(args, [&] { return answer_all(args); });
}
