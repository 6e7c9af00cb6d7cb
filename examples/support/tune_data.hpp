// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/records/scrub.hpp>
#include <graft/records/tuning_record.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tool {

/// Records to tune on, those that hang together as one cluster.
struct tuning_data {
    std::vector<graft::tuning_record> records;
    std::vector<std::uint32_t>        clusters;
    std::size_t                       refused = 0; ///< rows that were reported
    std::size_t                       flawed  = 0; ///< rows that `--rules` left out
    std::vector<bool>                 old;         ///< of each record, whether it is one of `--rehearse`
};

/// Reads `--data`, and `--rehearse` behind it, records in any format or documents (a folder, or a file that is text or Markdown), reports each row that is none, and says what was dropped and why. With `--scrub` what is personal or
/// secret is replaced, with `--rules` what breaks `record_rules` is left out.
[[nodiscard]] tuning_data read_tuning_data(const arguments& args, const console& say);

/// What was found, by kind: `3 email, 1 phone`.
[[nodiscard]] std::string listed(const graft::scrub_report& report);

/// Writes beside an adapter which records it was trained on, and which it was judged by.
void save_lineage(const console& say, const std::string& folder, std::span<const graft::tuning_record> train,
                  std::span<const graft::tuning_record> held_out);

/// `tune check --data FILE`: what a file holds, repeats, and should not hold. Gives the exit code.
int check_tuning_data(const arguments& args, const console& say);

/// `tune lineage --record FILE|HASH DIR…`: which adapters saw a record, as it is written or as `--scrub` makes it, approved or not. Gives the exit code.
int ask_lineage(const arguments& args, const console& say);

} // namespace tool
