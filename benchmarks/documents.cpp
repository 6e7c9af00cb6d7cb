// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// How well the text of web pages is found, and how fast they are read.
// needs: nlohmann-json3-dev libgumbo-dev
// links: nlohmann_json::nlohmann_json graft::gumbo

#include "../tests/support/articles.hpp"
#include "support/table.hpp"

#include <chrono>
#include <cstdlib>

int main(int argc, char** argv) {
    bench::report report("documents", argc, argv);
    const char*   shared = std::getenv("GRAFT_SHARED");
    if (shared == nullptr)
        std::fprintf(stderr, "documents: GRAFT_SHARED must name the folder of real data\n"), std::exit(1);
    const auto          pages = test::articles(std::filesystem::path(shared) / "data/documents/html");
    test::article_score all, first, second, whole;
    for (const test::article& it : pages) {
        const std::string text = test::read_page(it.name, it.page).text;
        all.add(text, it.body);
        (it.first_half() ? first : second).add(text, it.body);
        whole.add(test::read_page(it.name, it.page, true).text, it.body);
    }
    report.add("F1 of 60 news pages", "F1", all.f1(), 0.90, "bar");
    report.add("the 40 of even names", "F1", first.f1(), 0.90, "bar");
    report.add("the 20 of odd names", "F1", second.f1(), 0.90, "bar");
    report.add("precision", "", all.precision / all.pages);
    report.add("recall", "", all.recall / all.pages);
    report.add("F1 with what stands around the text", "F1", whole.f1());
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        std::size_t bytes = 0;
        const auto  begin = std::chrono::steady_clock::now();
        for (const test::article& it : pages) bytes += test::read_page(it.name, it.page).size;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best                                     = std::max(best, static_cast<double>(bytes) / 1e6 / took.count());
    }
    report.add("pages read, the copy included", "MB/s", best);
    return report.finish();
}
