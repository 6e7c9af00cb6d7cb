// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Not ..._WITH_MAIN: that is read where doctest is included first, which the precompiled header has done.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

namespace test {

/// Where GRAFT_ASSERT ends in the tests: a promise that a caller broke is a fault of the library or of the test.
[[noreturn]] void broken_promise(const char* file, int line, const char* sentence) {
    std::fprintf(stderr, "%s:%d: a broken promise: %s\n", file, line, sentence);
    std::abort();
}

} // namespace test

int main(int argc, char** argv) { return doctest::Context(argc, argv).run(); }
