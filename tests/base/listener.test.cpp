// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/listener.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace graft;

namespace {

struct token {
    std::string_view text;
};
struct cited {
    int number;
};
struct ended {};

struct both {
    std::string said = {};
    void        operator()(const token& t) { said += t.text; }
    bool        operator()(const cited& c) {
        said += "[" + std::to_string(c.number) + "]";
        return c.number < 3;
    }
};

template <class F>
concept can_listen = requires(F&& f) { listen_to<token>(std::forward<F>(f)); };
template <class F>
concept can_watch = std::is_constructible_v<progress_ref, F>;

} // namespace

static_assert(std::is_trivially_copyable_v<listener_ref> && sizeof(listener_ref) == 2 * sizeof(void*));
static_assert(can_listen<both&> && !can_listen<both> && !can_listen<const both>, "a temporary would dangle");
static_assert(!can_listen<int&>, "who takes none of the events cannot listen to them");
using watcher = decltype([](std::size_t, std::size_t) {});
static_assert(can_watch<watcher&> && can_watch<const watcher&> && !can_watch<watcher> && !can_watch<const watcher>);
static_assert(!can_watch<both&>);

TEST_CASE("each event goes to the call that takes it, and bool says whether to go on") {
    both               hears;
    const listener_ref to = listen_to<token, cited, ended>(hears);
    CHECK(static_cast<bool>(to));
    CHECK(to.emit(token{"forty days "}));
    CHECK(to.emit(cited{2}));
    CHECK_FALSE(to.emit(cited{3}));
    CHECK(to.emit(ended{})); // named, but not taken
    CHECK(to.emit(42));      // not named
    CHECK(hears.said == "forty days [2][3]");
}

TEST_CASE("only what is named is heard, also by who would take all") {
    int        heard = 0;
    const auto all   = [&](const auto&) { ++heard; };
    const auto to    = listen_to<token>(all);
    CHECK(to.emit(token{"a"}));
    CHECK(to.emit(cited{1}));
    CHECK(to.emit(std::string("not a token")));
    CHECK(heard == 1);
}

TEST_CASE("where nobody listens or watches, nothing happens") {
    const listener_ref nobody;
    CHECK_FALSE(static_cast<bool>(nobody));
    CHECK(nobody.emit(token{"a"}));
    const progress_ref quiet;
    CHECK_FALSE(static_cast<bool>(quiet));
    quiet(1, 2);
}

TEST_CASE("progress is told to who watches, and what is thrown passes") {
    std::vector<std::pair<std::size_t, std::size_t>> seen;
    auto         watch = [&](std::size_t finished, std::size_t total) { seen.emplace_back(finished, total); };
    progress_ref to    = watch;
    to(1, 3), to(3, 3);
    CHECK(seen == std::vector<std::pair<std::size_t, std::size_t>>{{1, 3}, {3, 3}});
    const auto thrower = [](std::size_t, std::size_t) { throw 1; };
    to                 = thrower;
    CHECK_THROWS_AS(to(1, 1), int);
    const auto angry = [](const token&) -> bool { throw 2; };
    CHECK_THROWS_AS((void)listen_to<token>(angry).emit(token{}), int);
}
