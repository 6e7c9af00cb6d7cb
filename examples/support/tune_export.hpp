// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

namespace tool {

/// `tune export --data FILE --out FILE.jsonl`: rows of a chat as hosts take them, a share of them in `FILE.test.jsonl`; how many tokens they have, what they
/// cost, and what was left out and why. Gives the exit code.
int export_chat_rows(const arguments& args, const console& say);

} // namespace tool
