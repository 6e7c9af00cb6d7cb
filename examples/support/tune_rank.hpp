// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "tune_examples.hpp"

#include <graft/generate/decoder_folder.hpp>
#include <graft/tune/tuning_text.hpp>

namespace tool {

/// `--drop-worst X`: takes the worst share of the new texts that train away, as `worst_share` has it by what the untouched model says of them, and says which.
/// Held-out texts, and those of `--rehearse`, stay.
void drop_worst(const arguments& args, const console& say, const graft::decoder& model, const graft::llama<float>& m,
                tuning_sides<graft::tuning_text>& data);

/// The share of `--drop-worst`.
[[nodiscard]] double asked_drop(const arguments& args);

/// `tune rank --base DIR|FILE --data FILE`: records from the worst on, and why. Gives the exit code.
int rank_records(const arguments& args, const console& say);

} // namespace tool
