// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What a run leaves beside its adapter says what was measured, and the picture shows it.

#include "../../examples/support/tuning_report.hpp"
#include "../../examples/support/loss_curve.hpp"

#include "../support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace graft;
using namespace tool;

namespace {

/// The points of polyline n of a picture.
std::vector<std::pair<double, double>> points(const std::string& svg, int n) {
    std::size_t at = 0;
    for (; n >= 0; --n) at = svg.find("points=\"", at) + 8;
    std::istringstream                     from(svg.substr(at, svg.find('"', at) - at));
    std::vector<std::pair<double, double>> all;
    char                                   comma = 0;
    for (double x = 0, y = 0; from >> x >> comma >> y;) all.emplace_back(x, y);
    return all;
}
std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
    return n;
}
std::vector<tuning_step> steps(std::size_t n) {
    std::vector<tuning_step> all;
    for (std::size_t i = 1; i <= n; ++i)
        all.push_back({.step = i, .loss = 5 - 4 * static_cast<double>(i) / static_cast<double>(n)});
    return all;
}
std::string slurp(const std::string& file) {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}
tuning_report some() {
    tuning_report r{.parameters = 100, .examples = 7, .kept = 2, .steps = 2};
    r.curve    = steps(2);
    r.looks    = {{0, 4, true}, {1, 3, true}, {2, 2, true}};
    r.sets     = {{"held_out", "3 texts", 3, {4, 2, {-2, -2.5, -1.5, .001}}},
                  {"keep", "12 texts that are built in", 12, {3, 3.01, {.01, -.01, .03, .4}}}};
    r.estimate = tuning_estimate{
        .parameters = 100, .steps = 2, .rows = 9, .state_bytes = 2000, .pass_bytes = 5000, .seconds = 3};
    r.cost            = {.seconds = 4, .pass_bytes = 5100, .process = 0, .whole = true};
    r.answers.answers = {{"7", "Paris", "I am not sure.", "Paris"}, {"8", "Rome", "", "Oslo"}};
    r.answers.scores  = {{"exact", {0, .5, {.5, 0, 1, .5}}}};
    r.canaries = {5, 3}, r.canaries_before = {1, 0}, r.canary_bits = 5;
    return r;
}

} // namespace

TEST_CASE("the picture falls where the loss falls, stays inside, and rings what was kept") {
    const auto                     curve = steps(10);
    const std::vector<tuning_look> looks = {{0, 5, true}, {5, 3, true}, {10, 2, true}};
    const auto                     svg   = loss_curve(curve, looks, 5);
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    for (const char* each : {"text", "tspan", "svg"})
        CHECK(count(svg, std::string("<") + each) == count(svg, std::string("</") + each + ">"));
    const auto trained = points(svg, 0), judged = points(svg, 1);
    REQUIRE(trained.size() == 10);
    REQUIRE(judged.size() == 3);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(trained[i].first > 60);
        CHECK(trained[i].first <= 700);
        CHECK(trained[i].second > 40);
        CHECK(trained[i].second < 320);
        if (i > 0) CHECK(trained[i].first > trained[i - 1].first);
        if (i > 0) CHECK(trained[i].second > trained[i - 1].second); // down, in a picture
    }
    CHECK(judged[1].first == trained[4].first);
    CHECK(judged[1].second == trained[4].second); // both 3
    CHECK(count(svg, "<circle") == 1);
    CHECK(count(loss_curve(curve, looks, 7), "<circle") == 0);
}

TEST_CASE("a picture of nothing, of one loss, and of very many steps") {
    for (const auto& svg : {loss_curve({}, {}, 0), loss_curve(steps(1), {}, 0)}) {
        CHECK(svg.find("nan") == svg.npos);
        CHECK(svg.find("inf") == svg.npos);
    }
    for (const std::size_t n : {600u, 601u, 5000u}) {
        const auto drawn = points(loss_curve(steps(n), {}, 0), 0);
        CHECK(drawn.size() <= 600);
        CHECK(drawn.size() > 300);
        CHECK(drawn.back().first == 700);
    }
}

TEST_CASE("the report is JSON that holds the figures; times stand in it with --timing alone") {
    for (const bool timing : {false, true}) {
        const test::scratch_folder folder("tuning_report");
        std::vector<std::string>   words = {"tool", "--json", "--quiet"};
        if (timing) words.emplace_back("--timing");
        std::vector<char*> argv;
        for (auto& w : words) argv.push_back(w.data());
        const arguments args(static_cast<int>(argv.size()), argv.data(), "tool", "", "", {});
        const auto      r = some();
        tell_report(args, console(args), folder.path(), r);
        const auto all = json::parse(slurp(folder.path() + "/" + "report.json"));
        CHECK(all["advice"] == "train_longer");
        CHECK(all["held_out"]["change"] == -2);
        CHECK(all["held_out"]["perplexity_after"].get<double>() == doctest::Approx(std::exp(2.)));
        CHECK(all["keep"]["from"] == "12 texts that are built in");
        CHECK(all["canaries"]["exposure"] == json({5, 3}));
        CHECK(all["cost"]["pass_bytes"] == 5100);
        CHECK(all["cost"]["estimated"]["pass_bytes"] == 5000);
        CHECK(all["cost"].contains("seconds") == timing);
        CHECK(all["cost"]["estimated"].contains("seconds") == timing);
        CHECK(all["scores"]["exact"]["after"] == .5);
        CHECK(all["scores"]["exact"]["high"] == 1);
        CHECK(all["answers"][0] ==
              json{{"id", "7"}, {"expected", "Paris"}, {"before", "I am not sure."}, {"after", "Paris"}});
        CHECK(all["curve"].size() == 2);
        CHECK(all["looks"].size() == 3);
        const auto md = slurp(folder.path() + "/" + "report.md");
        CHECK(md.find("| held out | 3 texts | 4.0000 | 2.0000 | -2.0000 | -2.5000 to -1.5000 |") != md.npos);
        CHECK(md.find("| exact | 0.0000 | 0.5000 | +0.5000 | +0.0000 to +1.0000 |") != md.npos);
        CHECK(md.find("(curve.svg)") != md.npos);
        CHECK((md.find("| seconds | 3.0 | 4.0 |") != md.npos) == timing);
        CHECK(slurp(folder.path() + "/" + "curve.svg") == loss_curve(r.curve, r.looks, 2));
    }
}

TEST_CASE("what a report advises follows from what was measured") {
    auto r = some();
    CHECK(r.advice() == tuning_advice::train_longer);
    r.looks[1].loss = 2.01;
    CHECK(r.advice() == tuning_advice::keep);
    r.sets[1].loss.change.mean = .06;
    CHECK(r.advice() == tuning_advice::rehearse);
    r.sets.erase(r.sets.begin());
    CHECK(r.advice() == tuning_advice::hold_out);
    CHECK(r.find("held_out") == nullptr);
    CHECK(r.find("keep")->texts == 12);
}
