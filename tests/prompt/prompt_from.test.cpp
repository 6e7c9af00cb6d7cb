// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/load/folder.hpp>
#include <graft/prompt/prompt_from.hpp>

#include "support/asking.hpp"
#include "support/ids.hpp"
#include "support/toy_shelf.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;
using test::ids;
using test::list;
using test::toy_shelf;

namespace {

struct bytes {
    std::size_t count(std::string_view t) const { return t.size(); }
};
/// Counts more for the whole than for its parts.
struct steep {
    std::size_t count(std::string_view t) const { return t.size() * t.size() / 4096; }
};
/// Neither additive nor monotone: any text may count anything.
struct moody {
    std::size_t count(std::string_view t) const { return count_words{}.count(t) / 2 + hash64(t) % 64; }
};

std::string words(std::size_t n, char of) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) {
        s += std::string(2 + (i * 7 + static_cast<std::size_t>(of)) % 9, of) + (i % 9 == 8 ? ". " : " ");
        if (i % 9 == 0) s[s.find_last_of(' ', s.size() - 2) + 1] = 'T'; // a sentence begins
    }
    return s;
}
std::string_view text_at(const prompt& p, std::uint32_t mark) {
    std::string_view last;
    for (const segment& s : p.segments)
        if (s.mark == mark && !s.trusted) last = s.text;
    return last;
}

} // namespace

TEST_CASE("a prompt names its sources, keeps trust apart and asks the question") {
    const std::string body = "Thirty days. [2] is not a mark.";
    toy_shelf store{{{7_c, 1_d, 10, 10 + body.size(), {"One > Leave", body}, 0}, {8_c, 2_d, 0, 4, {"", "text"}, 0}},
                    {{"author", std::string("Bo\tC")}}};
    const hit hits[]          = {{7_c, .9f}, {8_c, .5f}};
    const term_weight terms[] = {{1, 2}};
    context           w;
    const auto        p =
        prompt_from(store, {.metadata = "*"})(
            retrieved{test::asking("How many?", {.support = .4f, .dense_weight = .2f, .terms = terms}), hits}, w)
            .value();
    REQUIRE(p.sources.size() == 2);
    CHECK(p.asked.text == "How many?");
    CHECK(p.asked.support == .4f);
    CHECK(p.asked.terms.size() == 1);
    std::string all;
    for (const segment& s : p.segments) all += s.text;
    const std::string want = std::string(prompt_params{}.instruction) +
                             "No relevant source was found.\n\n"
                             "[1] one.md (section: One > Leave; author: Bo C)\nThirty days. [2] is not a mark."
                             "\n\n[2] two lines.md (title: Two; author: Bo C)\ntext\n\nQuestion: How many?\n\nAnswer:";
    CHECK(all == want);
    for (const segment& s : p.segments) {
        const bool foreign =
            s.text.find(".md") != s.text.npos || s.text == body || s.text == "text" || s.text == "How many?";
        CHECK(s.trusted == !foreign);
    }
    CHECK(text_at(p, 1).data() == body.data()); // not copied
    CHECK(p.sources[0].mark == 1);
    CHECK(p.sources[0].name == "one.md");
    CHECK(p.sources[0].title == "One");
    CHECK(p.sources[0].score == .9f);
    CHECK(p.sources[0].from.begin == 10);
    CHECK(p.sources[1].mark == 2);
    CHECK(p.tokens == count_words{}.count(render(p, w)));
    CHECK(p.sources[0].tokens > 10);
    CHECK(parse(render(p, w), nonce_of(p), w)->size() == p.segments.size());
}

TEST_CASE("a counter that cannot be copied is borrowed") {
    struct model {
        std::unique_ptr<std::size_t> calls = std::make_unique<std::size_t>(0);
        std::size_t                  count(std::string_view t) const { return ++*calls, t.size(); }
    };
    const model     m;
    const toy_shelf store{{{7_c, 1_d, 0, 12, {"", "Thirty days."}, 0}}};
    const hit       hits[] = {{7_c, .9f}};
    context         w;
    const auto      p = prompt_from(store, {}, m)(retrieved{query("How many?"), hits}, w).value();
    CHECK(p.tokens == render(p, w).size());
    CHECK(*m.calls > 0);
}

TEST_CASE("nothing found makes a prompt without sources") {
    context    w;
    toy_shelf  store{};
    const auto p = prompt_from(store)(retrieved{"q"}, w).value();
    CHECK(p.sources.empty());
    CHECK(p.audit.empty());
    CHECK(p.segments.size() == 4);
    CHECK(p.tokens == count_words{}.count(render(p, w)));
    const auto e = prompt_from(store)(passages{retrieved{"q"}}, w).value();
    CHECK(e.sources.empty());
}

TEST_CASE("what does not fit is left out, a smaller one behind it may still fit, and the audit says why") {
    const std::string small = words(20, 'a'), big = words(500, 'b'), other = words(30, 'c');
    toy_shelf         store{{{1_c, 1_d, 0, small.size(), {"", small}, 0},
                             {2_c, 2_d, 0, big.size(), {"", big}, 0},
                             {3_c, 3_d, 0, other.size(), {"", other}, 0},
                             {4_c, 3_d, 4, 9, {"", std::string_view(other).substr(4, 5)}, 0},
                             {5_c, 4_d, 0, small.size(), {"", small}, 0},
                             {6_c, 5_d, 0, small.size(), {"", small}, 0}}};
    const hit         hits[] = {{1_c, .9f}, {2_c, .8f}, {3_c, .7f}, {4_c, .6f}, {5_c, .5f}, {6_c, .4f}};
    context           w;
    const auto        p = prompt_from(store, {.budget = 300, .sources = 3})(retrieved{"q", hits}, w).value();
    CHECK(ids(p.sources) == list{1_c, 3_c, 5_c});
    CHECK(ids(p.audit) == list{1_c, 3_c, 5_c, 2_c, 4_c, 6_c});
    CHECK(p.audit[2].mark == 3);
    CHECK(p.audit[3].why == kept_because::over_budget);
    CHECK(p.audit[3].tokens > 500);
    CHECK(p.audit[3].mark == 0);
    CHECK(p.audit[4].why == kept_because::merged);
    CHECK(p.audit[5].why == kept_because::over_count);
    CHECK(p.tokens <= 300);
    const auto all = prompt_from(store, {.budget = 3000, .sources = 3})(retrieved{"q", hits}, w).value();
    CHECK(ids(all.sources) == list{1_c, 2_c, 3_c});

    const auto cut = prompt_from(store, {.budget = 300, .sources = 3, .cut = true})(retrieved{"q", hits}, w).value();
    REQUIRE(cut.sources.size() == 2);
    const source& s = cut.sources[1];
    CHECK(s.from.id == 2_c);
    CHECK(s.from.end == s.from.text.body.size());
    CHECK(s.from.text.body == std::string_view(big).substr(0, s.from.end));
    CHECK(s.from.text.body.back() == ' ');
    CHECK(s.from.end < big.size());
    CHECK(text_at(cut, 2) == s.from.text.body);
    CHECK(cut.tokens <= 300);
    CHECK(cut.tokens > 280); // as many sentences of nine words as fit
}

TEST_CASE("a source far behind the best is left out where the share says so, and the audit says why") {
    const std::string small = words(20, 'a'), big = words(200, 'b');
    toy_shelf         store{{{1_c, 1_d, 0, small.size(), {"", small}, 0},
                             {2_c, 2_d, 0, big.size(), {"", big}, 0},
                             {3_c, 3_d, 0, small.size(), {"", small}, 0},
                             {4_c, 4_d, 0, small.size(), {"", small}, 0}}};
    const hit         hits[] = {{1_c, 1.6f}, {2_c, .5f}, {3_c, .4f}, {4_c, .39f}};
    context           w;
    const auto        p = prompt_from(store, {.share = .25f})(retrieved{"q", hits}, w).value();
    CHECK(ids(p.sources) == list{1_c, 2_c, 3_c});
    CHECK(p.audit[3].why == kept_because::far_behind);
    CHECK(p.audit[3].mark == 0);
    // Where the budget is tight the same rule holds.
    const auto tight = prompt_from(store, {.budget = 250, .share = .25f})(retrieved{"q", hits}, w).value();
    CHECK(ids(tight.sources) == list{1_c, 3_c});
    CHECK(tight.audit[2].why == kept_because::over_budget);
    CHECK(tight.audit[3].why == kept_because::far_behind);
    CHECK(ids(prompt_from(store, {})(retrieved{"q", hits}, w).value().sources) == list{1_c, 2_c, 3_c, 4_c});
    // Whatever the share, the best one stays.
    CHECK(ids(prompt_from(store, {.share = 7})(retrieved{"q", hits}, w).value().sources) == list{1_c});
    // Scores that are no shares of anything: none is left out.
    const hit below[] = {{1_c, -.2f}, {2_c, -1}, {3_c, -8}};
    CHECK(prompt_from(store, {.share = .25f})(retrieved{"q", below}, w).value().sources.size() == 3);
    CHECK(plain_prompt().share == .25f);
}

TEST_CASE("hits inside a wider passage have rows of their own") {
    const std::string text = "0123456789";
    toy_shelf         store{{{1_c, 1_d, 0, 5, {"", std::string_view(text).substr(0, 5)}, 0},
                             {2_c, 1_d, 5, 10, {"", std::string_view(text).substr(5)}, 0}}};
    const hit         hits[]  = {{1_c, .9f}, {2_c, .8f}};
    const passage     items[] = {{{1_c, 1_d, 0, 10, {"", text}, 0}, .9f}};
    context           w;
    const auto        p = prompt_from(store)(passages{{"q", hits}, items}, w).value();
    REQUIRE(p.audit.size() == 2);
    CHECK(p.sources.size() == 1);
    CHECK(p.sources[0].from.text.body == text);
    CHECK(p.audit[1].from.id == 2_c);
    CHECK(p.audit[1].why == kept_because::merged);
}

TEST_CASE("errors: a budget below the question, an unknown hit") {
    toy_shelf store{{{1_c, 1_d, 0, 4, {"", "text"}, 0}}};
    const hit good[] = {{1_c, 1}}, bad[] = {{9_c, 1}};
    context   w;
    CHECK(prompt_from(store, {.budget = 20})(retrieved{"q", good}, w).error().what == fault::too_large);
    CHECK(prompt_from(store, {.budget = 0})(retrieved{"q"}, w).error().what == fault::too_large);
    const std::string long_question(1'000'000, 'x');
    CHECK(prompt_from(store, {}, bytes{})(retrieved{long_question, good}, w).error().what == fault::too_large);
    CHECK(prompt_from(store)(retrieved{long_question, good}, w).error().what ==
          fault::too_large); // no single word is so long
    CHECK(prompt_from(store)(retrieved{"", good}, w).has_value());
    CHECK(prompt_from(store)(retrieved{"q", bad}, w).error().what == fault::unknown_id);
    CHECK(prompt_from(store)(passages{{"q", bad}}, w).error().what == fault::unknown_id);
    CHECK(prompt_from(store, {.sources = 0})(retrieved{"q", good}, w)->sources.empty());
    CHECK(prompt_from(store, {.sources = 0})(retrieved{"q", good}, w)->audit[0].why == kept_because::over_count);
}

namespace {

template <class Counter>
void never_passed(Counter counter, std::uint64_t purpose) {
    counter_random r(21, purpose);
    context        w;
    std::size_t    built = 0, dropped = 0;
    for (int round = 0; round < 300; ++round) {
        w.reset();
        std::vector<std::string> texts;
        toy_shelf                store;
        std::vector<hit>         hits;
        for (std::size_t n = r.below(14), i = 0; i < n; ++i)
            texts.push_back(words(1 + r.below(r.below(3) == 0 ? 300 : 60), static_cast<char>('a' + i)));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            store.all.push_back({chunk_id{i},
                                 document_id{i / 2},
                                 r.below(2) * 1000,
                                 0,
                                 {r.below(2) == 0 ? "Some > Section" : "", texts[i]},
                                 0});
            store.all.back().end = store.all.back().begin + texts[i].size();
            hits.push_back({chunk_id{i}, 1.f / static_cast<float>(i + 1)});
        }
        const prompt_params with{.budget  = r.below(1500),
                                 .sources = r.below(8),
                                 .order   = static_cast<source_order>(r.below(2)),
                                 .cut     = r.below(2) == 0};
        const auto          p = prompt_from(store, with, counter)(retrieved{"what is it?", hits}, w);
        if (!p) {
            REQUIRE(p.error().what == fault::too_large);
            continue;
        }
        ++built;
        REQUIRE(counter.count(render(*p, w)) == p->tokens);
        REQUIRE(p->tokens <= with.budget);
        REQUIRE(p->sources.size() <= with.sources);
        REQUIRE(p->audit.size() == hits.size());
        std::uint32_t mark = 0;
        for (const source& s : p->sources) {
            REQUIRE(s.mark == ++mark);
            REQUIRE(s.why == kept_because::fits);
            REQUIRE(text_at(*p, s.mark) == s.from.text.body);
            REQUIRE(s.from.end - s.from.begin == s.from.text.body.size());
            REQUIRE(std::string_view(texts[to_underlying(s.from.id)]).starts_with(s.from.text.body));
            REQUIRE((with.cut || s.from.text.body == texts[to_underlying(s.from.id)]));
        }
        for (const source& s : p->audit.subspan(p->sources.size())) {
            REQUIRE(s.mark == 0);
            REQUIRE(s.why != kept_because::fits);
            dropped += s.why == kept_because::over_budget;
        }
    }
    CHECK(built > 50);
    CHECK(dropped > 20);
}

} // namespace

TEST_CASE("the budget is never passed, in the unit of the counter") {
    SUBCASE("words") { never_passed(count_words{}, 1); }
    SUBCASE("bytes") {
        struct kilo {
            std::size_t count(std::string_view t) const { return (t.size() + 3) / 4; }
        };
        never_passed(kilo{}, 2);
    }
    SUBCASE("more for the whole than for its parts") { never_passed(steep{}, 3); }
    SUBCASE("neither additive nor monotone") { never_passed(moody{}, 4); }
}

TEST_CASE("a prompt shows the fields that were asked for, as text, and no others") {
    corpus             docs;
    const char         text[] = "---\ntitle: Leave\nauthor: Bo\nyear: 2026\nshare: 0.5\ndraft: false\n"
                                "tags: [leave, pay]\n---\n# Leave\n\nThirty days.\n";
    std::vector<error> reports;
    REQUIRE(docs.add(read_text("leave.md", text, reports).value()).has_value());
    const auto store = split_documents(docs, markdown{}).value();
    REQUIRE(store.size() == 1);
    const hit  hits[] = {{store.all()[0].id, 1.f}};
    const auto line   = [&](std::string_view keys) { // the first one of the source
        context           w;
        const auto        p = prompt_from(store, {.metadata = keys})(retrieved{.asked = "q", .hits = hits}, w).value();
        const std::string all  = std::string(render(p, w));
        const auto        from = all.find("leave.md"), to = all.find('\n', from);
        CHECK(p.tokens == count_words{}.count(all));
        return all.substr(from, to - from);
    };
    const std::string bare = line("");
    CHECK(bare.find("author") == bare.npos);
    const auto with = [&](std::string_view fields) {
        std::string want = bare;
        return want.replace(want.rfind(')'), 1, "; " + std::string(fields) + ")");
    };
    CHECK(line("author") == with("author: Bo"));
    CHECK(line(" year ,author") == with("author: Bo; year: 2026"));
    CHECK(line("tags") == with("tags: leave; tags: pay"));
    CHECK(line("share, draft") == with("draft: false; share: 0.5"));
    CHECK(line("*") == with("author: Bo; draft: false; share: 0.5; tags: leave; tags: pay; year: 2026"));
    for (const char* none : {"aut", "nothing", ",", " , ", "title"}) CHECK(line(none) == bare);
}

TEST_CASE("a source counts no less than its chunk did, whatever the script") {
    context w;
    for (const std::string& body :
         {std::string("Thirty days of paid leave."), std::string("三十天带薪休假。"), std::string("ลาพักร้อนได้สามสิบวัน"),
          std::string("휴가는 삼십 일이다."), std::string("one\u0085two\u00A0three"), std::string(200, 'x')}) {
        const auto      tokens = static_cast<std::uint32_t>(count_words{}.count(body));
        const chunk     c{1_c, 1_d, 0, body.size(), {"", body}, tokens};
        toy_shelf       store{{c}};
        const hit       hits[] = {{1_c, 1.f}};
        const retrieved f{.asked = "q", .hits = hits};
        const auto      p = prompt_from(store)(f, w).value();
        REQUIRE(p.audit.size() == 1);
        CHECK(p.audit[0].tokens >= p.audit[0].from.tokens);
        CHECK(p.tokens == count_words{}.count(render(p, w)));
        const auto tight = prompt_from(store, {.budget = p.tokens - 1})(f, w).value();
        CHECK(tight.sources.empty());
        CHECK(tight.audit[0].why == kept_because::over_budget);
    }
}

TEST_CASE("words are counted apart, ideographs one by one") {
    const count_words c;
    CHECK(c.count("") == 0);
    CHECK(c.count(" two  words\n") == 2);
    CHECK(c.count("über-groß") == 1);
    CHECK(c.count("三十天") == 3);
    CHECK(c.count("有 30 天") == 3);
    for (std::size_t n = 1; n < 300; ++n) {
        CHECK(c.count(std::string(n, 'x')) == (n + 63) / 64);
        CHECK(c.count("a " + std::string(n, 'x') + "\n\n" + std::string(n, 'y')) == 1 + 2 * ((n + 63) / 64));
    }
    CHECK(c.count(std::string(400'000, 'A')) == 6250);
    std::string han;
    for (int i = 0; i < 100; ++i) han += "天";
    CHECK(c.count(han) == 100);
    static_assert(token_counter<count_words>);
}

TEST_CASE(
    "messages are the same segments by speaker; of a conversation the newest turns stay within half of the budget") {
    toy_shelf  store{{{7_c, 1_d, 0, 12, {"", "Thirty days."}, 0}}};
    const hit  hits[] = {{7_c, .9f}};
    context    w;
    const auto plain = prompt_from(store)(retrieved{"How many?", hits}, w).value();
    REQUIRE(plain.messages.size() == 2);
    CHECK(plain.messages[0].from == speaker::system);
    CHECK(plain.messages[0].segments.size() == 1);
    CHECK(plain.messages[1].from == speaker::user);
    CHECK(plain.messages[0].segments.size() + plain.messages[1].segments.size() == plain.segments.size());

    const segment first[] = {{"Do I have leave?", false, 0}}, second[] = {{"Yes. ", false, 0}, {"You do.", false, 0}};
    const message before[] = {{speaker::user, first}, {speaker::assistant, second}};
    query         q        = "How many?";
    q.history              = before;
    const auto p           = prompt_from(store)(retrieved{q, hits}, w).value();
    REQUIRE(p.messages.size() == 4);
    CHECK(p.messages[1].from == speaker::user);
    REQUIRE(p.messages[1].segments.size() == 1);
    CHECK(p.messages[1].segments[0].text == "Do I have leave?");
    CHECK(p.messages[2].from == speaker::assistant);
    REQUIRE(p.messages[2].segments.size() == 2);
    CHECK(p.messages[2].segments[1].text == "You do.");
    CHECK(!p.messages[2].segments[1].trusted);
    CHECK(p.messages[3].segments.size() == plain.messages[1].segments.size());
    CHECK(p.tokens > plain.tokens);
    CHECK(p.tokens == count_words{}.count(render(p, w)));

    // A thousand turns do not crowd the sources out.
    std::vector<message> many(1000, before[0]);
    many.push_back(before[1]);
    q.history        = many;
    const auto long_ = prompt_from(store, {.budget = 400})(retrieved{q, hits}, w).value();
    CHECK(long_.tokens <= 400);
    CHECK(long_.sources.size() == 1);
    CHECK(long_.messages.size() > 4);
    CHECK(long_.messages[long_.messages.size() - 2].from == speaker::assistant); // the newest
    const auto tiny = prompt_from(store, {.budget = plain.tokens})(retrieved{q, hits}, w).value();
    CHECK(tiny.messages.size() == 2);
}
