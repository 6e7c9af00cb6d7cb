// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/chunk/split_documents.hpp>
#include <graft/chunk/window.hpp>

#include "support/traps.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace graft;
using test::trap;

namespace {

corpus numbered_documents(std::size_t n) {
    corpus docs;
    for (std::size_t i = 0; i < n; ++i)
        docs.add({.name = "d" + std::to_string(i), .text = std::to_string(i) + " words of a document."}).value();
    return docs;
}

} // namespace

TEST_CASE("a chunker that throws or fails at a document gives the same on every executor, and leaves the store be") {
    const corpus docs   = numbered_documents(300);
    const auto   before = split_documents(docs, window{}).value();
    for (const std::size_t at : {0u, 137u, 299u}) {
        test::on_every_executor(trap::act::throws, at, [&](const trap& t, context& c, std::size_t) {
            const test::trapped_chunker how(t);
            std::size_t                 caught = 999;
            try {
                (void)split_documents(docs, how, {}, c);
            } catch (const test::sprung& s) {
                caught = s.at;
            }
            CHECK(caught == at);
            caught = 999;
            try {
                (void)update(before, docs, how, {}, c);
            } catch (const test::sprung& s) {
                caught = s.at;
            }
            CHECK(caught == at);
            CHECK(split_documents(docs, window{}, {}, c).value().size() == before.size()); // the context still serves
        });
        test::on_every_executor(trap::act::fails, at, [&](const trap& t, context& c, std::size_t) {
            const test::trapped_chunker how(t);
            CHECK(split_documents(docs, how, {}, c).error() == error{fault::unreadable, unit::row, at, "trap"});
            CHECK(update(before, docs, how, {}, c).error() == error{fault::unreadable, unit::row, at, "trap"});
        });
    }
    CHECK(before.size() == 300);
}

TEST_CASE("a stop is heard before the next document; a deadline that has passed, before the first") {
    const corpus docs   = numbered_documents(2000);
    const auto   before = split_documents(docs, window{}).value();
    for (const bool again : {false, true})
        test::on_every_executor(trap::act::stops, 100, [&](const trap& t, context& c, std::size_t width) {
            const test::trapped_chunker how(t);
            const auto                  ended =
                again ? update(before, docs, how, {}, c).error() : split_documents(docs, how, {}, c).error();
            CHECK(ended.what == fault::stopped);
            CHECK(t.late() < width); // those that the other threads had in hand
        });
    context c;
    c.deadline = context::clock::now();
    const trap                  t(trap::act::nothing, 0);
    const test::trapped_chunker how(t);
    CHECK(split_documents(docs, how, {}, c).error().what == fault::timed_out);
    CHECK(update(before, docs, how, {}, c).error().what == fault::timed_out);
    CHECK(t.begun == 0);
}

TEST_CASE("progress is told in documents") {
    const corpus docs = numbered_documents(500);
    test::on_every_executor(trap::act::nothing, 0, [&](const trap&, context& c, std::size_t) {
        test::watched_progress seen;
        c.progress      = seen;
        const auto made = split_documents(docs, window{}, {}, c).value();
        CHECK(seen.whole());
        CHECK(seen.total == 500);
        seen = {};
        CHECK(update(made, docs, window{}, {}, c).value().reused == made.size());
        CHECK(seen.whole());
    });
}
