// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/function_ref.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>

using namespace graft;

namespace {

int  twice(int x) { return 2 * x; }
int  applied(function_ref<int(int)> f, int x) { return f(x); }
long counted = 0;
void count(long by) { counted += by; }

struct counter {
    int seen = 0;
    int operator()(int x) { return seen += x; }
};

} // namespace

static_assert(sizeof(function_ref<int(int)>) == 2 * sizeof(void*));
static_assert(std::is_trivially_destructible_v<function_ref<int(int)>> &&
              std::is_trivially_copyable_v<function_ref<int(int)>>);
static_assert(!std::is_default_constructible_v<function_ref<int(int)>>);
static_assert(!std::is_constructible_v<function_ref<int(int)>, int (*)(std::string)>);
static_assert(!std::is_constructible_v<function_ref<int(int)>, const counter&>); // it cannot be called as a constant

TEST_CASE("functions, lambdas, temporaries and callables with state are called where they are") {
    CHECK(applied(twice, 4) == 8);
    CHECK(applied(&twice, 5) == 10);
    const int three = 3;
    CHECK(applied([&](int x) { return x + three; }, 4) == 7);
    counter c;
    CHECK(applied(c, 4) == 4);
    CHECK(applied(c, 5) == 9);
    CHECK(c.seen == 9);
    CHECK(applied([](int x) { return static_cast<char>(x); }, 'a') == 'a'); // the result is converted
    function_ref<int(int)> f = c, g = f;
    CHECK(g(1) == 10);
    g = twice;
    CHECK(g(1) == 2);
    CHECK(f(1) == 11);
}

TEST_CASE("a result that nobody asked for is dropped, and arguments are handed through") {
    int                     sum = 0;
    const auto              add = [&](int x) { return sum += x; };
    function_ref<void(int)> f   = add;
    f(3), f(4);
    CHECK(sum == 7);
    function_ref<void(long)> g = count;
    g(5);
    CHECK(counted == 5);
    const auto take = [](std::unique_ptr<int> p, std::string& s) { return s += std::to_string(*p), s.size(); };
    const function_ref<std::size_t(std::unique_ptr<int>, std::string&)> h = take;
    std::string                                                         s = "a";
    CHECK(h(std::make_unique<int>(12), s) == 3);
    CHECK(s == "a12");
}

TEST_CASE("what is thrown passes") {
    const auto thrower = [](int x) -> int { throw x; };
    CHECK_THROWS_AS((void)applied(thrower, 3), int);
}
