// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/eval/trec.hpp>

#include <doctest/doctest.h>

#include "support/shared.hpp"

#include <limits>
#include <string>
#include <vector>

using namespace graft;

TEST_CASE("trec: a run is read") {
    const auto run =
        read_run("q1\tQ0\td1\t1\t 2.5\ttag more behind it\r\n\n  q1 Q0 d2 99 -1e-3 other\nq2 Q0 d1 1 +7 tag");
    REQUIRE(run);
    CHECK(run->tag == "tag");
    REQUIRE(run->hits.size() == 3);
    CHECK(run->hits[0].question == "q1");
    CHECK(run->hits[0].document == "d1");
    CHECK(run->hits[0].score == 2.5f);
    CHECK(run->hits[1].score == -1e-3f);
    CHECK(run->hits[2].score == 7);
    CHECK(read_run("")->hits.empty());
}

TEST_CASE("trec: a byte-order mark belongs to no name, and lines count as before") {
    const std::string mark = "\xEF\xBB\xBF";
    CHECK(read_run(mark + "q1 Q0 a 1 2.0 r\n").value().hits[0].question == "q1");
    CHECK(read_qrels(mark + "q1 0 a 1\r\n").value()[0].question == "q1");
    CHECK(read_beir_qrels(mark + "query-id\tcorpus-id\tscore\nq1\ta\t1\n").value()[0].question == "q1");
    CHECK(read_qrels(mark + "\nq1 0 a x\n").error().where == 2);
    CHECK(read_qrels(mark).value().empty());
    CHECK(read_qrels("q1 0 " + mark + "a 1\n").value()[0].document == mark + "a"); // inside it is a character
}

TEST_CASE("trec: a bad line is named") {
    struct bad {
        std::string   text;
        fault         what;
        std::uint64_t line;
    };
    for (const bad& b :
         std::vector<bad>{{"q Q0 d 1 1 t\nq Q0 e 1 1", fault::bad_format, 2},
                          {"q Q0 d 1 x t", fault::bad_format, 1},
                          {"q Q0 d 1 1x t", fault::bad_format, 1},
                          {"\n\nq Q0 d 1 nan t", fault::not_finite, 3},
                          {"q Q0 d 1 inf t", fault::not_finite, 1},
                          {"q Q0 d 1 1e39 t", fault::not_finite, 1},
                          {"q Q0 d 1 1 t\np Q0 d 1 1 t\nq Q0 d 2 0 t\nq Q0 d 2 0 t", fault::duplicate_id, 3}}) {
        CAPTURE(b.text);
        const auto run = read_run(b.text, "my.run");
        REQUIRE(!run);
        CHECK(run.error() == error{b.what, unit::line, b.line, "my.run"});
    }
    for (const bad& b : std::vector<bad>{{"q 0 d", fault::bad_format, 1},
                                         {"q 0 d 1 1", fault::bad_format, 1},
                                         {"q 0 d 1.5", fault::bad_format, 1},
                                         {"q 0 d 99999999999", fault::bad_format, 1},
                                         {"q 0 d 1\nq 0 d 0", fault::duplicate_id, 2}}) {
        CAPTURE(b.text);
        const auto judged = read_qrels(b.text, "my.qrels");
        REQUIRE(!judged);
        CHECK(judged.error() == error{b.what, unit::line, b.line, "my.qrels"});
    }
    for (const bad& b : std::vector<bad>{{"q\td\t1", fault::bad_format, 1}, // no header
                                         {"query-id\tcorpus-id\tscore\nq\td", fault::bad_format, 2},
                                         {"query-id\tcorpus-id\tscore\nq d 1", fault::bad_format, 2},
                                         {"query-id\tcorpus-id\tscore\n\td\t1", fault::bad_format, 2},
                                         {"query-id\tcorpus-id\tscore\nq\t\t1", fault::bad_format, 2},
                                         {"query-id\tcorpus-id\tscore\nq\td\tx", fault::bad_format, 2},
                                         {"query-id\tcorpus-id\tscore\nq\td\t1\t2", fault::bad_format, 2},
                                         {"a\tb\tc\nq\td\t1\nq\td\t1", fault::duplicate_id, 3}}) {
        CAPTURE(b.text);
        const auto judged = read_beir_qrels(b.text, "my.tsv");
        REQUIRE(!judged);
        CHECK(judged.error() == error{b.what, unit::line, b.line, "my.tsv"});
    }
    counter_random random(1);
    for (int i = 0; i < 20000; ++i) { // hostile text: any answer, no harm
        std::string           text;
        static constexpr char of[] = "q 01\t\n\r-.exnaif\0";
        for (auto n = random.below(40); n-- > 0;) text += of[random.below(sizeof of - 1)];
        static_cast<void>(read_run(text));
        static_cast<void>(read_qrels(text));
        static_cast<void>(read_beir_qrels(text));
    }
}

TEST_CASE("trec: BEIR qrels are read") {
    const auto judged = read_beir_qrels("query-id\tcorpus-id\tscore\r\n1\ta b.md\t2\r\n1\tc\t-1\n\n");
    REQUIRE(judged);
    REQUIRE(judged->size() == 2);
    CHECK((*judged)[0].document == "a b.md");
    CHECK((*judged)[0].grade == 2);
    CHECK((*judged)[1].grade == -1);
    NEEDS_SHARED(file, "data/retrieval/cranfield/qrels.tsv");
    const auto cranfield = read_beir_qrels(test::slurp(file));
    REQUIRE(cranfield);
    CHECK(cranfield->size() > 1500);
}

TEST_CASE("trec: what is written is read back in its order, equal scores included") {
    counter_random random(2);
    for (int round = 0; round < 50; ++round) {
        std::vector<trec_hit> ranking;
        float                 score = random.unit() * 10;
        for (int i = 0; i < 100; ++i) {
            ranking.push_back({"q1", "d" + std::to_string(i), score});
            if (random.below(3) == 0) score -= random.unit() * (round % 2 == 0 ? 1.f : 1e-6f); // many ties
        }
        std::string text;
        REQUIRE(write_run(text, ranking, "graft"));
        const auto back = read_run(text);
        REQUIRE(back);
        REQUIRE(back->hits.size() == ranking.size());
        CHECK(back->tag == "graft");
        for (std::size_t i = 0; i < ranking.size(); ++i) {
            CHECK(back->hits[i].document == ranking[i].document);
            if (i > 0) CHECK(back->hits[i].score < back->hits[i - 1].score);
            CHECK(back->hits[i].score == doctest::Approx(ranking[i].score).epsilon(1e-4));
        }
    }
    std::vector<trec_judgement> judged = {{"q", "a", 3}, {"q", "b", -1}};
    std::string                 text   = "before 0 it 1\n";
    REQUIRE(write_qrels(text, judged));
    const auto back = read_qrels(text);
    REQUIRE(back);
    REQUIRE(back->size() == 3);
    CHECK((*back)[2].document == "b");
    CHECK((*back)[2].grade == -1);
}

TEST_CASE("trec: what the format cannot say is refused, and nothing is written") {
    std::string text;
    const float inf = std::numeric_limits<float>::infinity();
    CHECK(write_run(text, std::vector<trec_hit>{{"q", "a", 1}, {"q", "my file", 0}}, "t").error().what ==
          fault::bad_argument);
    CHECK(write_run(text, std::vector<trec_hit>{{"", "a", 1}}, "t").error().what == fault::bad_argument);
    CHECK(write_run(text, std::vector<trec_hit>{{"q", "a", 1}}, "my tag").error().what == fault::bad_argument);
    CHECK(write_run(text, std::vector<trec_hit>{{"q", "a", 1}, {"q", "b", 2}}, "t").error().what ==
          fault::bad_argument);
    CHECK(write_run(text, std::vector<trec_hit>{{"q", "a", -inf}}, "t").error().what == fault::not_finite);
    CHECK(!write_run(text, std::vector<trec_hit>{{"q", "a", std::numeric_limits<float>::quiet_NaN()}}, "t"));
    CHECK(write_qrels(text, std::vector<trec_judgement>{{"q", "a\n", 1}}).error().what == fault::bad_argument);
    CHECK(text.empty());
}
