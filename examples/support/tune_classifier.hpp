// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune --task classifier`: a head that says which label a text has, over a sentence encoder as it is or with LoRA. Gives the exit code.
int tune_classifier(const arguments& args, const console& say);

/// `tune classify --base DIR --adapter DIR --data FILE`: the label of each text by what that made. Gives the exit code.
int classify_texts(const arguments& args, const console& say);

} // namespace tool
