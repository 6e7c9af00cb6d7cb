// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/result.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

using namespace graft;

TEST_CASE("a result holds a value or an error") {
    const result<int> good = 3, bad = error{fault::not_found, unit::none, 0, "a.md", 2};
    CHECK(good);
    CHECK(*good == 3);
    CHECK(good.value() == 3);
    CHECK(!bad);
    CHECK(bad.error().what == fault::not_found);
    CHECK_THROWS_AS((void)bad.value(), failure);
    CHECK_THROWS_WITH((void)bad.value(), "a.md: no such file or folder");
    result<void> fine = done, off = error{fault::stopped};
    CHECK(fine);
    CHECK_NOTHROW(fine.value());
    CHECK_THROWS_AS(off.value(), failure);
    result<std::unique_ptr<int>> owner = std::make_unique<int>(4);
    const auto                   moved = std::move(owner).value();
    CHECK(*moved == 4);
}

TEST_CASE("and_then and transform go on with a value and pass an error by") {
    const auto half = [](int x) -> result<int> {
        if (x % 2 != 0) return error{fault::bad_argument, unit::row, static_cast<std::uint64_t>(x)};
        return x / 2;
    };
    const result<int> twelve = 12, bad = error{fault::not_found, unit::none, 0, "a.md", 2};
    CHECK(*twelve.and_then(half).and_then(half) == 3);
    CHECK(twelve.and_then(half).and_then(half).and_then(half).error().where == 3);
    CHECK(*twelve.transform([](int x) { return std::to_string(x); }) == "12");
    int        calls = 0;
    const auto count = [&](int) { ++calls; };
    static_assert(std::is_same_v<decltype(twelve.transform(count)), result<void>>);
    CHECK(twelve.transform(count));
    CHECK(bad.transform(count).error() == bad.error());
    CHECK(bad.and_then(half).error() == bad.error());
    CHECK(calls == 1);

    result<void> fine = done;
    CHECK(*fine.transform([] { return 5; }) == 5);
    CHECK(fine.and_then([&] { return bad; }).error() == bad.error());
    CHECK(result<void>(bad.error()).transform([&] { ++calls; }).error() == bad.error());
    CHECK(calls == 1);
    struct summed { // members are functions too
        int                       a, b;
        [[nodiscard]] result<int> sum() const { return a + b; }
    };
    CHECK(*result<summed>(summed{1, 2}).and_then(&summed::sum) == 3);
    static_assert(*result<int>(4).transform([](int x) { return x + 1; }) == 5);
}

TEST_CASE("a named result lends its value to the chain, a temporary one gives it away") {
    result<std::unique_ptr<int>> owner = std::make_unique<int>(4);
    CHECK(*owner.transform([](std::unique_ptr<int>& p) { return ++*p; }) == 5);
    CHECK(*std::as_const(owner).transform([](const std::unique_ptr<int>& p) { return *p; }) == 5);
    CHECK(*owner != nullptr);
    const auto moved = std::move(owner).and_then([](std::unique_ptr<int> p) { return result<int>(*p + 1); });
    CHECK(*moved == 6);
    CHECK(*owner == nullptr);
    const auto kept =
        result<std::unique_ptr<int>>(error{fault::stopped}).transform([](std::unique_ptr<int> p) { return p; });
    CHECK(kept.error().what == fault::stopped);
}

TEST_CASE("an error tells its place and never more") {
    CHECK(describe({fault::bad_utf8, unit::byte, 512, "handbook/a.md"}) ==
          "handbook/a.md: byte 512: the text is not valid UTF-8");
    CHECK(describe({fault::no_input}) == "there is nothing to work on");
    CHECK(describe({fault::bad_format, unit::line, 3}) == "line 3: a line or field cannot be parsed");
}

TEST_CASE("every fault has a name and a sentence of its own, and its number is pinned") {
    std::set<std::string_view> names, sentences;
    int                        known = 0;
    for (std::uint16_t n = 0; n < 200; ++n) {
        const auto f = static_cast<fault>(n);
        if (name(f) == "unknown") continue;
        ++known;
        CHECK(names.insert(name(f)).second);
        CHECK(sentences.insert(explain(f)).second);
        CHECK(explain(f).back() != '.');
    }
    CHECK(known == 40);
    CHECK(static_cast<int>(fault::timed_out) == 11); // numbers are in files and logs: they only grow
    CHECK(static_cast<int>(fault::other_analyser) == 12);
    CHECK(static_cast<int>(fault::other_run) == 13);
    CHECK(static_cast<int>(fault::not_found) == 20);
    CHECK(static_cast<int>(fault::not_read) == 29);
    CHECK(static_cast<int>(fault::busy) == 33);
    CHECK(static_cast<int>(fault::other_encoding) == 34);
    CHECK(static_cast<int>(fault::bad_encoding) == 35);
    CHECK(static_cast<int>(fault::bad_format) == 46);
    CHECK(static_cast<int>(fault::older_format) == 47);
    CHECK(static_cast<int>(fault::absent) == 48);
    CHECK(static_cast<int>(fault::unexpected) == 50);
}
