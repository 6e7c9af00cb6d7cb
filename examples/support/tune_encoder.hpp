// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune --task encoder`: a LoRA adapter beside a sentence encoder, from questions and the documents that answer them. Gives the exit code.
int tune_sentence_encoder(const arguments& args, const console& say);

} // namespace tool
