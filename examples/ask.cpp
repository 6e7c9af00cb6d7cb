// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Answers questions from a folder of documents, with citations to the byte.
// needs: nlohmann-json3-dev

#include "support/bookcase.hpp"
#include "support/console.hpp"
#include "support/filters.hpp"
#include "support/index_folder.hpp"
#include "support/left_out.hpp"
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

/// What a prompt without a source lacks although sources were found; nothing where the budget is not to blame.
///
/// Gives    the words of the smallest prompt that would hold one.
std::optional<std::size_t> too_small_for_a_source(const answer& a) {
    std::size_t least = 0;
    for (const source& s : a.sources) {
        if (s.mark > 0) return std::nullopt;
        if (s.why == kept_because::over_budget && (least == 0 || s.tokens < least)) least = s.tokens;
    }
    if (least == 0) return std::nullopt;
    return a.prompt_tokens + least;
}

/// Runs questions through a pipeline and prints the answers.
class desk {
    const arguments& args_;
    const console    say_;
    const bookcase&  books_;
    double           open_ms_;
    workspace        memory_;

public:
    desk(const arguments& args, const bookcase& books, double open_ms)
        : args_(args), say_(args), books_(books), open_ms_(open_ms) {}

    /// Answers one question, which `id` names in JSON where it has one. Gives whether that went well; else it was reported.
    template <class Ask>
    [[nodiscard]] bool answer_one(const Ask& ask, const std::string& text, std::string_view id = {}) {
        memory_.reset();
        stage_times times;
        const auto  got = args_.timing() ? traced(ask, times)(text, memory_) : ask(text, memory_);
        if (!got) {
            report(got.error(), text);
            return false;
        }
        answer     a     = *got;
        const auto least = too_small_for_a_source(a);
        if (least && !args_.has("show-prompt")) a.text = {}; // there are sources: to say there are none would be wrong
        if (args_.json()) print_json(a, times, id);
        else if (!least || args_.has("show-prompt")) print_text(a, times);
        std::fflush(stdout);
        if (!least) return true;
        say_.report({fault::too_large, unit::none, *least, text.substr(0, 200)},
                    "sources were found, but none fits into a prompt of " + args_.text("budget") +
                        " words: the smallest takes " + std::to_string(*least) + " (--budget), " +
                        std::to_string(*least - args_.number<std::size_t>("budget")) + " more");
        return false;
    }

private:
    void report(const error& e, const std::string& text) const {
        if (e.what != fault::too_large || e.subject != "prompt budget") return say_.report(e);
        say_.report({e.what, unit::none, e.where, text.substr(0, 200)},
                    "the instruction and the question alone take " + std::to_string(e.where) +
                        " words, and the prompt may have " + args_.text("budget") +
                        " (--budget): " + std::to_string(e.where - args_.number<std::size_t>("budget")) + " too many");
    }
    /// A span of a document as a span of its file: they differ where bad UTF-8 was repaired.
    byte_span in_file(std::uint64_t document, std::uint64_t begin, std::uint64_t end) const {
        return books_.shelf.document_by(document)->origin(begin, end);
    }
    void print_text(const answer& a, const stage_times& times) const {
        std::printf("%s\n", printable(a.text, "\n\t").c_str());
        if (!a.answerable && !a.sources.empty() && !args_.has("show-prompt")) {
            const source& s  = a.sources.front();
            const auto    at = in_file(s.from.document, s.from.begin, s.from.end);
            std::printf("nearest: %s:%zu-%zu (support %.2f)\n", printable(s.name).c_str(), at.begin, at.end,
                        static_cast<double>(a.support));
        }
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
    void print_json(const answer& a, const stage_times& times, std::string_view id) const {
        json_line j;
        j.open("{");
        if (!id.empty()) j.key("id").raw(id);
        j.key("question")
            .text(a.asked.text)
            .key("answerable")
            .boolean(a.answerable)
            .key("support")
            .number(a.support)
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

/// Says what was left out; gives how many errors there were.
std::size_t tell(const arguments& args, const console& say, const corpus& docs) {
    return tell_left_out(say, docs.reports(), args.has("verbose"));
}
/// The same of a folder in which no document was found.
void tell_why_empty(const arguments& args, const console& say, const std::string& folder) {
    if (const auto docs = load_folder(folder, {.empty_is_fine = true})) (void)tell(args, say, *docs);
}

/// Builds the books in memory.
ready_books build(const arguments& args, const console& say, const std::string& folder, progress_bar& bar) {
    auto made = bookcase::build(folder, threads(args.threads()), bar);
    if (!made && made.error().what == fault::no_input) {
        tell_why_empty(args, say, folder);
        say.report(made.error(), folder + ": it holds no document");
        std::exit(exit_failed);
    }
    auto       books   = say.need(std::move(made));
    const auto refused = tell(args, say, books.docs);
    return {std::move(books), refused};
}

/// The folder cannot be seen: it is gone, closed, or as empty as the place where a disk is mounted.
bool is_gone(fault what) {
    return what == fault::not_found || what == fault::unreadable || what == fault::not_a_file ||
           what == fault::not_a_folder || what == fault::no_input;
}

/// Brings opened books up to their folder.
ready_books refreshed(const arguments& args, const console& say, bookcase books, bookcase::changes& seen,
                      progress_bar& bar) {
    auto now = books.refresh(threads(args.threads()), bar);
    if (!now && is_gone(now.error().what)) { // answered from the index alone, and the exit status says so
        if (now.error().what != fault::no_input) {
            say.report(now.error());
        } else {
            tell_why_empty(args, say, books.folder);
            say.report(now.error(), books.folder +
                                        ": it holds no document now (is it mounted?); answered from the index, "
                                        "which stays as it was. To forget its " +
                                        counted(books.docs.size(), "document") + ", remove the index");
        }
        return {std::move(books), 1};
    }
    seen = say.need(std::move(now));
    if (seen.any())
        say.note(std::to_string(seen.added) + " chunks added, " + std::to_string(seen.removed) + " removed, " +
                 std::to_string(seen.moved) + " moved, " + std::to_string(seen.reused) + " reused" +
                 (seen.refitted ? ", embedder fitted anew" : ""));
    const auto refused = tell(args, say, books.docs);
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
    // What cannot be saved is in memory all the same: it is reported, and the answers come.
    const auto save = [&](ready_books& made, auto& store) {
        if (auto ok = made.books.save(store); !ok) say.report(ok.error()), ++made.refused;
    };
    const auto made_new = [&] { // built before anything of it is on the disk
        auto made  = build(args, say, choose_folder(args, words, ""), bar);
        auto store = open_store(posix_files{}, where);
        if (store && store->generation() == 0) save(made, *store);
        else if (!store && store.error().what != fault::busy) say.report(store.error()), ++made.refused;
        return made;
    };
    const auto state = look_at_index(posix_files{}, where, bookcase::last_part);
    if (state == index_state::none) return made_new();
    if (state == index_state::foreign) {
        say.report({fault::foreign, unit::none, 0, where},
                   where + ": it holds other files and no index; --index takes a new or an empty folder");
        std::exit(exit_failed);
    }
    if (state != index_state::there) {
        const auto held = open_store(posix_files{}, where);
        const bool busy = !held && held.error().what == fault::busy; // it is being made now
        if (!busy && state == index_state::headless) {
            say.report({fault::missing_part, unit::none, 0, where},
                       where + ": the manifests of this index are gone, and nothing tells which of its parts belong "
                               "together: nothing is read or saved there; with another --index it is made anew");
            auto made = build(args, say, choose_folder(args, words, ""), bar);
            ++made.refused;
            return made;
        }
        if (!busy) say.note("the index was not finished when it was made: it is made anew");
    }
    if (state == index_state::unfinished) return made_new();
    const auto        policy = args.has("previous") ? generation_policy::newest_good : generation_policy::newest;
    bookcase::changes seen;
    auto              index = open_store(posix_files{}, where, policy);
    if (!index && (index.error().what == fault::busy || index.error().what == fault::write_failed ||
                   index.error().what == fault::disk_full)) {
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
    auto opened = say.need(bookcase::open(store));
    if (auto folder = choose_folder(args, words, opened.folder); !folder.empty()) opened.folder = folder;
    auto made = refreshed(args, say, std::move(opened), seen, bar);
    if (seen.any()) save(made, store);
    return made;
}

/// Asks every question there is: on the command line, as JSON Lines, or one line after the other.
template <class Ask>
int run(const arguments& args, const console& say, desk& at, const Ask& ask, const std::vector<std::string>& questions,
        std::size_t refused) {
    const auto one = [&](const std::string& q, std::string_view id = {}) {
        if (!at.answer_one(ask, q, id)) ++refused;
    };
    for (const std::string& q : questions) {
        if (q != "-") {
            one(q);
            continue;
        }
        for (const record& r : say.need(read_records("-", say, refused))) one(r.text, r.given_id);
    }
    if (questions.empty()) {
        const bool person = isatty(0) != 0 && !args.quiet();
        auto       in     = say.need(input::open("-"));
        for (std::string line;;) {
            if (person) std::fprintf(stderr, "? ");
            if (!say.need(in.line(line))) break;
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
    const auto  k      = args.number_in<std::size_t>("k", 1);
    const auto  budget = args.number_in<std::size_t>("budget", 1, 1'000'000'000);
    const auto  filter = parse_filter(args.text("filter"));
    args.require(filter.has_value(), "--filter: " + (filter ? std::string() : describe(filter.error())));
    args.require(!args.has("adapter") || method != "bm25", "--adapter has no meaning with --method bm25");
    args.require(!args.has("previous") || args.has("index"), "--previous needs an --index");
    std::optional<query_adapter> adapter;
    if (args.has("adapter")) adapter = say.need(load_file<query_adapter>(posix_files{}, args.text("adapter")));

    stopwatch    clock;
    auto         questions = args.words();
    auto         opened    = ready(args, say, questions);
    const auto&  books     = opened.books;
    const double open_ms   = clock.lap();
    const auto   chosen    = select(*filter, books.shelf);
    const kept   keep{args.has("filter") ? &chosen : nullptr};
    desk         at(args, books, open_ms);
    opened.refused += check_filter(say, *filter, [&](auto&& f) {
        for (const document& d : books.docs) f(d.fields);
    });

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
    std::string bar = json_line().number(threshold{}.support).take();
    bar.pop_back();
    const std::string notes = std::string("Without enough support the answer is \"") + std::string(no_relevant_source) +
                              "\", and below it stands the nearest source with\n"
                              "its support: nearest: leave.md:41-93 (support 0.12). With --json \"answerable\" is "
                              "false, \"support\" is the number, and\n"
                              "\"sources\" holds what was nearest. The exit status is 0.\n\n" +
                              std::string(filter_help) +
                              "\nExit status: 0 done, also without an answer; 1 failed; 2 usage; 3 something was "
                              "refused or could not be looked at,\n"
                              "each reported on stderr, and the rest done.\n";
    const arguments args(
        argc, argv, "ask", "FOLDER [--index DIR] [QUESTION]…   (no question: one a line; -: JSON Lines)",
        "Answers questions from a folder of documents, with citations to the byte.",
        {{"index", "DIR", "", "keep the index here; made when absent, brought up to date when not"},
         {"folder", "DIR", "", "where the documents are, if not the first word"},
         {"previous", "", "", "with a damaged index: use the newest generation that is whole"},
         {"k", "N", "6", "sources in the prompt, at most"},
         {"budget", "N", "2000", "words in the prompt, at most"},
         {"threshold", "X", bar, "least support, 0 to 1, below which the answer is: no relevant source"},
         {"method", "hybrid|bm25|dense", "hybrid", "how passages are found"},
         {"filter", "E", "", "only documents whose metadata fit: lang == en && year >= 2020; see below"},
         {"adapter", "FILE", "", "a query adapter that `tune --task query` made"},
         {"order", "best-first|ends", "best-first", "of the sources in the prompt"},
         {"generator", "extractive", "extractive", "who writes the answer"},
         {"show-prompt", "", "", "print the prompts instead of the answers"},
         {"verbose", "", "", "list every file that was left out"}},
        notes);
    return guarded(args, [&] { return answer_all(args); });
}
