// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune --task reranker`: a cross-encoder that reads what a search by words found, from what answers its questions. Gives the exit code.
int tune_reranker(const arguments& args, const console& say);

} // namespace tool
