// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune --task lm`: a LoRA adapter beside a decoder, or a prefix or soft prompt before its texts, from what it is to answer. Gives the exit code.
int tune_language_model(const arguments& args, const console& say);

} // namespace tool
