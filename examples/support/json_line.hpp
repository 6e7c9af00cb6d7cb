// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "printable.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>

namespace tool {

/// What the tools print under --json: a value of nlohmann's, whose keys keep the order in which they are given.
///
///     print_line(json{{"id", "a"}, {"score", number(.5f)}});
using json = nlohmann::ordered_json;

/// A float for JSON, which holds doubles alone: the one nearest to its shortest form, so that `0.1` comes out again. Not a double:
/// that is JSON as it is.
inline json number(std::same_as<float> auto x) {
    if (!std::isfinite(x)) return nullptr;
    const std::string digits = shortest(x);
    double            twin   = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), twin);
    return twin;
}

/// The value as one line, with its end. Whatever it holds, it is JSON: what is not UTF-8 becomes U+FFFD, a number that is not
/// finite null. Other numbers stand in the shortest form that reads back the same: 1, where nlohmann's own would be 1.0.
[[nodiscard]] std::string line_of(const json& value);

/// Writes that line to stdout.
void print_line(const json& value);

} // namespace tool
