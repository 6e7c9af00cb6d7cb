// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Answers questions from a folder of documents, with citations to the byte.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/console.hpp"
#include "support/embedders.hpp"
#include "support/filters.hpp"
#include "support/json_line.hpp"
#include "support/models.hpp"
#include "support/ready_books.hpp"
#include "support/records.hpp"
#include "support/rewriter.hpp"

#include <graft/base/pool.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/unrelated_cosine.hpp>
#include <graft/flow/any_flow.hpp>
#include <graft/flow/trace.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/attributed.hpp>
#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/generate/nearest_sentences.hpp>
#include <graft/metadata/filter_text.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/compress.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>
#include <graft/store/file.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <type_traits>

using namespace tool;

namespace {

/// Adds up the time of the stages of one question, by what they do, in ms; `first`: from the question to the first text of an answer.
struct stage_times {
    double rewrite = 0, embed = 0, search = 0, prompt = 0, generate = 0, first = 0;
    void   operator()(const trace_event& e) {
        if (e.stage == "find") return; // its parts are told as well
        const double ms = std::chrono::duration<double, std::milli>(e.took).count();
        (e.stage == "rewrite"       ? rewrite
           : e.stage == "embed"       ? embed
           : e.stage == "prompt_from" ? prompt
           : e.stage == "answer"      ? generate
                                      : search) += ms;
    }
};

std::string_view why_of(kept_because why) {
    switch (why) {
    case kept_because::fits: return "fits";
    case kept_because::over_budget: return "over budget";
    case kept_because::merged: return "inside another source";
    case kept_because::over_count: return "over count";
    case kept_because::far_behind: return "far behind the best";
    case kept_because::unsupported: return "below the threshold";
    }
    return "";
}

/// Whether an adapter is one of a language model, a folder, not a query adapter, a file.
bool names_folder(const std::string& path) {
    std::error_code ignored;
    return !path.empty() && std::filesystem::is_directory(path, ignored);
}

/// Who writes the answers: a language model, held to the marks of its sources, or nobody, who quotes. With `show` the prompts
/// themselves are the answers.
class writer {
    std::optional<decoder>              model_;
    std::optional<constrained<decoder>> cites_;
    std::optional<any_embedder>         encoder_; // quotes by meaning where words do not answer
    completion_options                  with_;
    bool                                show_;

public:
    writer(const arguments& args, const console& say, std::optional<any_embedder> encoder)
        : encoder_(std::move(encoder)), show_(args.has("show-prompt")) {
        with_.max_tokens = args.number_in<std::size_t>("max-tokens", 1);
        with_.repeats    = 3;
        if (args.text("generator") == "extractive") return;
        context c{threads(args.threads())};
        model_ = say.need(load_decoder(posix_files{}, model_path(args, say, "generator"),
                                       {.adapter = names_folder(args.text("adapter")) ? args.text("adapter") : ""}, c));
        cites_.emplace(*model_, cites_sources{});
    }
    writer(writer&&) = delete;

    /// Tokens of the model; words where there is none.
    [[nodiscard]] std::size_t count(std::string_view text) const {
        return model_ ? model_->count(text) : count_words{}.count(text);
    }
    /// How its prompts are built.
    [[nodiscard]] prompt_params prompts(const arguments& args, prompt_params as_asked) const {
        if (!model_) return as_asked;
        prompt_params p = plain_prompt(as_asked.budget);
        if (args.has("order")) p.order = as_asked.order;
        if (const auto n = sentences(args); n > 0) p.sources = n;
        else if (args.has("k")) p.sources = as_asked.sources;
        return p;
    }
    /// To how many sentences what was found is narrowed for a model; 0: it stays as it is.
    [[nodiscard]] std::size_t sentences(const arguments& args) const {
        const auto n = args.number_in<std::size_t>("sentences", 0);
        return model_ ? n : 0;
    }
    [[nodiscard]] std::string_view unit() const { return model_ ? "tokens" : "words"; }

    [[nodiscard]] result<answer> operator()(const prompt& p, context& c) const {
        if (show_)
            return answer{.text          = render(p, nonce_of(p), c),
                          .answerable    = !p.sources.empty(),
                          .asked         = p.asked,
                          .sources       = p.audit,
                          .prompt_tokens = p.tokens};
        if (!cites_ && encoder_) return as_stage(nearest_sentences(*encoder_))(p, c);
        if (!cites_) return as_stage(extractive{})(p, c);
        auto answers = as_stage(attributed(*cites_));
        answers.with = with_;
        return answers(p, c);
    }
};

/// A writer's parts of a pipeline, which holds them by value: the unit of prompts, and the last stage.
struct counted_by {
    const writer* by;
    std::size_t   count(std::string_view text) const { return by->count(text); }
};
/// The prompt of what was found, whole or narrowed to its best sentences.
template <class Store>
struct prompted_by {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "prompt_from";
    compressing<Store>                narrow;
    prompt_builder<Store, counted_by> build;
    result<prompt>                    operator()(const retrieved& f, context& c) const {
        if (narrow.with.sentences == 0) return build(f, c);
        const auto left = narrow(f, c);
        if (!left) return left.error();
        return build(*left, c);
    }
};
struct written_by {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "answer";
    const writer*                     by;
    result<answer>                    operator()(const prompt& p, context& c) const { return (*by)(p, c); }
};

/// What a prompt without a source lacks although sources were found; nothing where the budget is not to blame.
///
/// Gives    what the smallest prompt that would hold one takes, in the unit of the budget.
std::optional<std::size_t> too_small_for_a_source(const answer& a) {
    std::size_t least = 0;
    for (const source& s : a.sources) {
        if (s.mark > 0) return std::nullopt;
        if (s.why == kept_because::over_budget && (least == 0 || s.tokens < least)) least = s.tokens;
    }
    if (least == 0) return std::nullopt;
    return a.prompt_tokens + least;
}

/// The part of a pipeline that is chosen at run time, so that what stands around it is compiled once.
struct finds {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "find";
    const any_flow<query, retrieved>* by;
    result<retrieved>                 operator()(const query& q, context& c) const { return by->run(q, c); }
};

/// Runs questions through a pipeline and prints the answers.
class desk {
    const arguments& args_;
    const console    say_;
    const corpus&    docs_;
    std::string      unit_; // of the budget
    double           open_ms_;
    pool             workers_;
    context          memory_{workers_};
    stage_times      times_;
    const bool       streams_; // an answer is shown as it is written

    /// Shows the text of an answer as it comes, where it is shown, and keeps when it began.
    struct screen {
        stage_times&      times;
        const bool        shows;
        mutable stopwatch since_asked = {};
        void              operator()(const text_delta& t) const {
            if (times.first == 0) times.first = since_asked.lap();
            if (!shows) return;
            const std::string s = printable(t.text, "\n\t");
            std::fwrite(s.data(), 1, s.size(), stdout);
            std::fflush(stdout);
        }
    };

public:
    desk(const arguments& args, const corpus& docs, std::string_view unit, double open_ms)
        : args_(args), say_(args), docs_(docs), unit_(unit), open_ms_(open_ms), workers_(args.threads()),
          streams_(isatty(1) != 0 && !args.json() && unit == "tokens" && !args.has("show-prompt")) {}

    /// A pipeline that is chosen at run time, timed where that is asked for.
    template <class Out, class Flow>
    [[nodiscard]] any_flow<query, Out> timed(const Flow& flow) {
        if (args_.timing()) return traced(flow, times_);
        return flow;
    }
    /// Answers one question, which `id` names in JSON where it has one. Gives whether that went well; else it was reported.
    [[nodiscard]] bool answer_one(const any_flow<query, answer>& ask, const std::string& text,
                                  std::string_view id = {}) {
        memory_.reset();
        times_ = {};
        const screen shown{times_, streams_};
        if (streams_ || args_.timing()) memory_.listener = listen_to<text_delta>(shown);
        const auto got = ask(text, memory_);
        if (!got) {
            report(got.error(), text);
            return false;
        }
        answer a = *got;
        if (!a.asked.original.empty()) say_.note("asked as \"" + printable(a.asked.text) + "\"");
        for (const respelling& r : a.answerable ? a.asked.respelled : std::span<const respelling>())
            say_.note("looked for \"" + printable(r.word) + "\", a letter away from what was asked");
        const auto least = too_small_for_a_source(a);
        if (least && !args_.has("show-prompt")) a.text = {}; // there are sources: to say there are none would be wrong
        if (args_.json()) print_json(a, times_, id);
        else if (!least || args_.has("show-prompt")) print_text(a, times_);
        std::fflush(stdout);
        if (!least) return true;
        say_.report({fault::too_large, unit::none, *least, text.substr(0, 200)},
                    "sources were found, but none fits into a prompt of " + args_.text("budget") + " " + unit_ +
                        ": the smallest takes " + std::to_string(*least) + " (--budget), " +
                        std::to_string(*least - args_.number<std::size_t>("budget")) + " more");
        return false;
    }

private:
    void report(const error& e, const std::string& text) const {
        if (e.what != fault::too_large || e.subject != "prompt budget") return say_.report(e);
        say_.report({e.what, unit::none, e.where, text.substr(0, 200)},
                    "the instruction and the question alone take " + std::to_string(e.where) + " " + unit_ +
                        ", and the prompt may have " + args_.text("budget") +
                        " (--budget): " + std::to_string(e.where - args_.number<std::size_t>("budget")) + " too many");
    }
    /// A span of a document as a span of its file: they differ where bad UTF-8 was repaired.
    byte_span in_file(document_id document, std::uint64_t begin, std::uint64_t end) const {
        return docs_.find(document)->origin(begin, end);
    }
    void print_text(const answer& a, const stage_times& times) const {
        std::printf("%s\n", streams_ ? "" : printable(a.text, "\n\t").c_str());
        if (!a.answerable && !a.sources.empty() && !args_.has("show-prompt")) {
            const source& s  = a.sources.front();
            const auto    at = in_file(s.from.document, s.from.begin, s.from.end);
            std::printf("nearest: %s:%zu-%zu (support %.2f)\n", printable(s.name).c_str(), at.begin, at.end,
                        static_cast<double>(a.asked.support));
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
        if (args_.timing() && args_.has("rewrite")) std::printf("\nrewrite %.3f ms", times.rewrite);
        if (args_.timing())
            std::printf("\nopen %.1f ms, embed %.3f, search %.3f, prompt %.3f, generate %.3f, first %.3f\n", open_ms_,
                        times.embed, times.search, times.prompt, times.generate, times.first);
    }
    void print_json(const answer& a, const stage_times& times, std::string_view id) const {
        json citations = json::array(), sources = json::array();
        for (const citation& c : a.citations) {
            const auto at = in_file(c.document, c.begin, c.end);
            citations.push_back({{"mark", c.mark},
                                 {"doc", c.name},
                                 {"begin", at.begin},
                                 {"end", at.end},
                                 {"quote", c.quote},
                                 {"sha256", hex(sha256(c.quote))},
                                 {"verified", c.verified}});
        }
        for (const source& s : a.sources) {
            const auto at = in_file(s.from.document, s.from.begin, s.from.end);
            sources.push_back({{"mark", s.mark > 0 ? json(s.mark) : json()},
                               {"doc", s.name},
                               {"begin", at.begin},
                               {"end", at.end},
                               {"score", number(s.score)},
                               {"tokens", s.tokens},
                               {"kept", s.mark > 0},
                               {"why", why_of(s.why)}});
        }
        const bool again = !a.asked.original.empty();
        json       j{{"question", again ? a.asked.original : a.asked.text},
                     {"answerable", a.answerable},
                     {"support", number(a.asked.support)},
                     {"answer", a.text},
                     {"citations", std::move(citations)},
                     {"sources", std::move(sources)},
                     {"prompt_tokens", a.prompt_tokens}};
        if (again) j["asked"] = a.asked.text;
        if (args_.timing())
            j["ms"] = {{"open", open_ms_},       {"embed", times.embed},       {"search", times.search},
                       {"prompt", times.prompt}, {"generate", times.generate}, {"first", times.first}};
        if (args_.timing() && args_.has("rewrite")) j["ms"]["rewrite"] = times.rewrite;
        std::string line = line_of(j);
        if (!id.empty()) line.insert(1, "\"id\":" + std::string(id) + ","); // as it came, to the byte
        std::fwrite(line.data(), 1, line.size(), stdout);
    }
};

/// Asks every question there is: on the command line, as JSON Lines, or one line after the other.
int run(const arguments& args, const console& say, desk& at, const any_flow<query, answer>& ask,
        const std::vector<std::string>& questions, std::size_t refused) {
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

/// Everything behind the command line, of books whose embedder is that of `how`.
template <class Books>
int answer_all(const arguments& args, const typename Books::params& how, const support_model& support = {},
               std::optional<any_embedder> encoder = {}) {
    const console say(args);
    const auto    method  = args.choice("method", {"hybrid", "bm25", "dense"});
    const auto    as_told = args.choice("order", {"best-first", "ends", "best-last"});
    const auto    order   = as_told == "ends"        ? source_order::ends
                            : as_told == "best-last" ? source_order::best_last
                                                     : source_order::best_first;
    const float   bar     = args.has("threshold") ? args.number_in<float>("threshold", 0, 1) : threshold{}.min_support;
    const auto    k       = args.number_in<std::size_t>("k", 1);
    const auto    budget  = args.number_in<std::size_t>("budget", 1, 1'000'000'000);
    const auto    filter  = parse_filter(args.text("filter"));
    args.require(filter.has_value(), "--filter: " + (filter ? std::string() : describe(filter.error())));
    args.require(!args.has("adapter") || names_folder(args.text("adapter")) || method != "bm25",
                 "--adapter has no meaning with --method bm25");
    args.require(!args.has("previous") || args.has("index"), "--previous needs an --index");
    std::optional<query_adapter> adapter;
    args.require(!names_folder(args.text("adapter")) || args.text("generator") != "extractive",
                 "--adapter names a folder, which is for a language model: --generator");
    if (args.has("adapter") && !names_folder(args.text("adapter")))
        adapter = say.need(load_file<query_adapter>(posix_files{}, args.text("adapter")));

    stopwatch      clock;
    const rewriter again(args, say);
    const writer   writes(args, say, std::move(encoder));
    auto           questions = args.words();
    auto           opened    = ready<Books>(args, say, questions, how);
    const auto     books     = opened.books.pin();
    const double   open_ms   = clock.lap();
    desk           at(args, books->documents(), writes.unit(), open_ms);
    opened.refused += check_filter(say, *filter, [&](auto&& f) {
        for (const document& d : books->documents()) f(books->fields().fields_of(d));
    });

    const auto only     = [&](query q) { return q.only = args.has("filter") ? &*filter : nullptr, q; };
    const auto ask_with = [&](const auto& find) {
        const any_flow<query, retrieved> found = at.timed<retrieved>(find);
        const auto ask = pipe(only, narrow(books->fields())) | rewritten_by{&again} | finds{&found} |
                         rerank(books->chunks(), {.support = support}) | threshold{bar} |
                         prompted_by{compress(books->chunks(), {.hits = k, .sentences = writes.sentences(args)}),
                                     prompt_from(books->chunks(),
                                                 writes.prompts(args, {.budget = budget, .sources = k, .order = order}),
                                                 counted_by{&writes})} |
                         written_by{&writes};
        return run(args, say, at, at.timed<answer>(ask), questions, opened.refused);
    };
    const auto by_words = search(books->words());
    if (method == "bm25" || books->embedder() == nullptr) return ask_with(by_words);
    const auto with = [&](const auto& embed) {
        const auto by_vectors = embed | search(books->vectors());
        return method == "dense" ? ask_with(by_vectors) : ask_with(hybrid(by_vectors, by_words));
    };
    if (!adapter) return with(*books->embedder());
    return with(say.need(
        adapted<std::remove_cvref_t<decltype(*books->embedder())>>::make(*books->embedder(), std::move(*adapter))));
}

} // namespace

int main(int argc, char** argv) {
    const std::string bar   = shortest(threshold{}.min_support);
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
         {"k", "N", "6", "sources in the prompt, at most; with a model, passages that its sentences are chosen from"},
         {"sentences", "N", "3",
          "with a model: the best of those passages, in its prompt; 0: whole passages, 3 of them unless --k"},
         {"budget", "N", "2000", "words in the prompt, at most; with a model, its tokens"},
         {"threshold", "X", bar, "least support, 0 to 1, below which the answer is: no relevant source"},
         {"method", "hybrid|bm25|dense", "hybrid", "how passages are found"},
         {"embedder", "DIR|FILE", "",
          "a model for vectors instead of LSA: a folder or file as in embed --model, minilm, e5"},
         {"filter", "E", "", "only documents whose metadata fit: lang == en && year >= 2020; see below"},
         {"adapter", "FILE|DIR", "",
          "a query adapter that `tune --task query` made, or one of the generator's by `--task lm`"},
         {"order", "best-first|ends|best-last", "best-first", "of the sources in the prompt; with a model best-last"},
         {"generator", "extractive|DIR|FILE", "extractive",
          "who writes the answer: nobody, it is quoted; or a language model (GGUF, a folder of transformers, smollm2)"},
         {"rewrite", "DIR|FILE", "",
          "a language model that says each question again before it is searched: smollm2, …"},
         {"rewrite-adapter", "DIR", "", "an adapter of it, as `tune --task rewriter` makes them"},
         {"max-tokens", "N", "256", "of an answer that a model writes, at most"},
         {"show-prompt", "", "", "print the prompts instead of the answers"},
         {"verbose", "", "", "list every file that was left out"}},
        notes);
    return guarded(args, [&] {
        if (!args.has("embedder")) return answer_all<knowledge_base<>>(args, {});
        const console say(args);
        context       c{threads(args.threads())};
        const auto    model     = say.need(open_embedder(model_path(args, say, "embedder"), c));
        const double  unrelated = say.need(unrelated_cosine(model, c));
        return answer_all<knowledge_base<markdown, any_embedder>>(args, {.embedder = model}, {.unrelated = unrelated},
                                                                  model);
    });
}
