// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune merge`: adapters of a language model made into one, into another format, or into the weights. Gives the exit code.
int merge_adapters(const arguments& args, const console& say);

} // namespace tool
