// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

// The real data, reference outputs and models that some tests read. They lie outside the project, so a test that needs them says
// so and is reported as skipped where they are absent. With GRAFT_NO_SKIPS set a skip is a failure.

namespace test {

/// The path of `below` under the shared folder ($GRAFT_SHARED), empty where it is absent.
inline std::filesystem::path shared(const std::string& below) {
    const char* root = std::getenv("GRAFT_SHARED");
    if (root == nullptr) return {};
    const auto at = std::filesystem::path(root) / below;
    return std::filesystem::exists(at) ? at : std::filesystem::path{};
}

/// The path of `below` under the folder of models ($GRAFT_MODELS, which examples/models.sh fills), empty where it is absent.
inline std::filesystem::path model(const std::string& below) {
    const char* root = std::getenv("GRAFT_MODELS");
    if (root == nullptr) return {};
    const auto at = std::filesystem::path(root) / below;
    return std::filesystem::exists(at) ? at : std::filesystem::path{};
}

/// All bytes of a file.
inline std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void skipped(const std::string& what) {
    std::printf("skipped: %s is absent\n", what.c_str());
    if (std::getenv("GRAFT_NO_SKIPS") != nullptr) FAIL_CHECK("skipped where skips are forbidden: " << what);
}

} // namespace test

/// Declares `name` as the path of a real model, or leaves the test as skipped.
#define NEEDS_MODEL(name, below)          \
    const auto name = test::model(below); \
    if (name.empty()) {                   \
        test::skipped(below);             \
        return;                           \
    }                                     \
    static_assert(true)

/// Declares `name` as the path of shared data, or leaves the test as skipped.
#define NEEDS_SHARED(name, below)          \
    const auto name = test::shared(below); \
    if (name.empty()) {                    \
        test::skipped(below);              \
        return;                            \
    }                                      \
    static_assert(true)
