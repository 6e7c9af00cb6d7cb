// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune coverage --data FILE --questions FILE`: which of the questions that users ask have an example near them, which have none and belong together, and how
/// much the examples repeat each other. Gives the exit code.
int tell_coverage(const arguments& args, const console& say);

} // namespace tool
