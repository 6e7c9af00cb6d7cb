// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/arena_list.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

TEST_CASE("lists and texts that grow side by side hold what std::vector and std::string hold") {
    for (std::uint32_t seed = 0; seed < 30; ++seed) {
        std::mt19937        draw(seed);
        arena               a;
        arena_list<double>  list(a, draw() % 3 * 40);
        arena_text          text(a);
        std::vector<double> wanted;
        std::string         words;
        for (int step = 0; step < 2000; ++step) switch (draw() % 8) {
            case 0:
            case 1:
            case 2: list.push_back(step), wanted.push_back(step); break;
            case 3: {
                const std::vector<double> more(draw() % 30, step);
                list.append(more), wanted.insert(wanted.end(), more.begin(), more.end());
                break;
            }
            case 4: {
                const std::string more(draw() % 90, 'x');
                text.append(more), words += more;
                break;
            }
            case 5: text.push_back('y'), words += 'y'; break;
            case 6:
                if (!list.empty()) list.pop_back(), wanted.pop_back();
                break;
            default:
                if (draw() % 100 == 0) list.clear(), wanted.clear();
            }
        REQUIRE(list.size() == wanted.size());
        REQUIRE(std::vector<double>(list.items().begin(), list.items().end()) == wanted);
        REQUIRE(text.text() == words);
    }
}

TEST_CASE("a list that nothing was taken after grows where it lies") {
    arena a;
    (void)a.take_raw<char>(10'000);
    a.reset();
    arena_list<int> list(a);
    list.push_back(0);
    const int* const at = list.items().data();
    for (int i = 1; i < 1000; ++i) list.push_back(i);
    CHECK(list.items().data() == at);
    (void)a.take<int>(1);
    for (int i = 1000; i < 2000; ++i) list.push_back(i);
    CHECK(list.items().data() != at);
    for (int i = 0; i < 2000; ++i) REQUIRE(list[static_cast<std::size_t>(i)] == i);
    CHECK(list.back() == 1999);
}

TEST_CASE("what a text appends may lie in itself") {
    arena      a;
    arena_text text(a);
    text.append("abc");
    for (int i = 0; i < 8; ++i) text.append(text.text());
    CHECK(text.size() == 768);
    CHECK(text.text().substr(765) == "abc");
}
