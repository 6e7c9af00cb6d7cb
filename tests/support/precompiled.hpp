// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nearly every test includes, compiled once. A test still names its own includes: this is speed, not convenience.

#define DOCTEST_CONFIG_SUPER_FAST_ASSERTS // an assertion is a call: a seventh of what the tests take to compile
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace test {
[[noreturn]] void broken_promise(const char* file, int line, const char* sentence);
}

/// In the tests a broken promise ends the program, with its sentence.
#define GRAFT_ASSERT(condition, sentence) \
    ((condition) ? static_cast<void>(0) : ::test::broken_promise(__FILE__, __LINE__, sentence))
