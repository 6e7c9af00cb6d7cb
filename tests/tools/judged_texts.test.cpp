// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Questions with what answers them: what is taken and refused, which documents are hard negatives, what is nearest.

#include <doctest/doctest.h>

#if __has_include(<nlohmann/json.hpp>)

#    include "../../examples/support/judged_texts.hpp"

#    include <graft/base/executor.hpp>
#    include <graft/simd/norm.hpp>

#    include "support/gradient.hpp"
#    include "support/scratch_folder.hpp"

#    include <algorithm>
#    include <fstream>
#    include <string>
#    include <vector>

using namespace tool;

namespace {

/// A command line that names three files.
struct desk {
    test::scratch_folder     at{"judged_texts"};
    std::vector<std::string> words{"test", "--json"};

    void put(const std::string& flag, const std::string& content) {
        const std::string file = at.path() + "/" + flag;
        std::ofstream(file, std::ios::binary) << content;
        words.push_back("--" + flag), words.push_back(file);
    }
    judged_texts read() {
        std::vector<char*> argv;
        for (std::string& w : words) argv.push_back(w.data());
        const arguments args(static_cast<int>(argv.size()), argv.data(), "test", "", "",
                             {{"corpus", "FILE", "", ""}, {"queries", "FILE", "", ""}, {"qrels", "FILE", "", ""}});
        return {args, console(args)};
    }
};

std::string line(const std::string& id, const std::string& text) {
    return R"({"id":")" + id + R"(","text":")" + text + "\"}\n";
}

} // namespace

TEST_CASE("judgements of what is known are taken, those of grade 0 left, the rest is counted") {
    desk d;
    d.put("corpus", line("a", "one") + line("b", "two") + line("b", "again") + "no record\n" + line("c", "three"));
    d.put("queries", line("q", "x") + line("r", "y") + line("s", "x"));
    d.put("qrels", "s 0 c 2\nq 0 c 1\nq 0 a 1\nr 0 a 0\nq 0 gone 1\nnobody 0 a 1\n");
    const judged_texts t = d.read();
    CHECK(t.corpus.size() == 3);
    CHECK(t.refused == 4); // a repeat, no record, two unknown
    REQUIRE(t.asked.size() == 2);
    CHECK(t.asked[0].row == 0);
    CHECK(t.asked[0].answers == std::vector<std::uint32_t>{0, 2});
    CHECK(t.asked[1].row == 2);
    REQUIRE(t.asked[1].grades.size() == 1);
    CHECK(t.asked[1].grades[0].id == graft::chunk_id{3});
    CHECK(t.asked[1].grades[0].grade == 2);
    CHECK(t.draw(t.asked[0], 1) == t.draw(t.asked[1], 1)); // they say the same
    CHECK(t.draw(t.asked[0], 1) != t.draw(t.asked[0], 2));
}

TEST_CASE("hard negatives are drawn from the first fifty, without answers and without what says the same") {
    desk        d;
    std::string corpus;
    for (int i = 0; i < 60; ++i)
        corpus += line("d" + std::to_string(i), i == 7 ? "text 3" : "text " + std::to_string(i));
    d.put("corpus", corpus);
    d.put("queries", line("q", "x"));
    d.put("qrels", "q 0 d3 1\nq 0 d5 1\n");
    const judged_texts         t = d.read();
    std::vector<std::uint32_t> ranked(60);
    for (std::uint32_t i = 0; i < 60; ++i) ranked[i] = i;
    auto all = t.hard_negatives(t.asked[0], ranked, 100, 4);
    CHECK(all.size() == 47);
    CHECK(t.hard_negatives(t.asked[0], ranked, 5, 4) == std::vector<std::uint32_t>(all.begin(), all.begin() + 5));
    CHECK(t.hard_negatives(t.asked[0], ranked, 100, 5) != all);
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    CHECK(all.back() == 49);
    for (const std::uint32_t never : {3u, 5u, 7u}) CHECK_FALSE(std::binary_search(all.begin(), all.end(), never));
    CHECK(t.hard_negatives(t.asked[0], {}, 5, 4).empty());
}

TEST_CASE("the nearest rows are those of a loop over all cosines, on any number of threads") {
    const auto     questions = test::random_matrix<float>(37, 6, 1), documents = test::random_matrix<float>(50, 6, 2);
    graft::context one, many{graft::threads(3)};
    const auto     got = nearest_rows(questions.view(), documents.view(), 7, one).value();
    CHECK(got == nearest_rows(questions.view(), documents.view(), 7, many).value());
    REQUIRE(got.size() == 37);
    for (std::size_t q = 0; q < 37; ++q) {
        REQUIRE(got[q].size() == 7);
        const auto cosine = [&](std::uint32_t r) {
            double dot = 0;
            for (std::size_t d = 0; d < 6; ++d)
                dot += static_cast<double>(questions.row(q)[d]) * static_cast<double>(documents.row(r)[d]);
            return dot / static_cast<double>(graft::norm(documents.row(r)));
        };
        std::size_t before = 0; // of those that are not among the seven
        for (std::uint32_t r = 0; r < 50; ++r)
            before +=
                std::find(got[q].begin(), got[q].end(), r) == got[q].end() && cosine(r) > cosine(got[q][6]) + 1e-6;
        CHECK(before == 0);
        for (std::size_t i = 1; i < 7; ++i) CHECK(cosine(got[q][i - 1]) >= cosine(got[q][i]) - 1e-6);
    }
    CHECK(nearest_rows(questions.view(), documents.view().middle(0, 3), 7, one).value()[0].size() == 3);
}

#endif
