// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/metadata/metadata.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/prompt.hpp>

#include "support/ids.hpp"

#include <span>
#include <vector>

namespace test {

/// Chunks of two documents, for prompts.
struct toy_shelf {
    std::vector<graft::chunk> all;
    graft::metadata           fields = {};

    graft::result<graft::chunk> find(graft::chunk_id id) const {
        for (const graft::chunk& c : all)
            if (c.id == id) return c;
        return graft::error{graft::fault::unknown_id, graft::unit::id, graft::to_underlying(id)};
    }
    graft::source_name label(const graft::chunk& c) const {
        return c.document == 1_d ? graft::source_name{"one.md", "One"} : graft::source_name{"two\nlines.md", "Two"};
    }
    const graft::metadata& fields_of(graft::chunk_id) const { return fields; }
};

inline std::vector<graft::chunk_id> ids(std::span<const graft::source> rows) {
    std::vector<graft::chunk_id> out;
    for (const graft::source& s : rows) out.push_back(s.from.id);
    return out;
}
using list = std::vector<graft::chunk_id>;

} // namespace test
