// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "records.hpp"

#include <graft/metadata/metadata.hpp>
#include <graft/schema/chunk.hpp>

#include <vector>

namespace tool {

/// Records as whole chunks: the title as prefix, ids from 1 in their order. Borrows the records.
inline std::vector<graft::chunk> as_chunks(const std::vector<record>& records) {
    std::vector<graft::chunk> out;
    for (const record& r : records)
        out.push_back({graft::chunk_id{out.size() + 1},
                       graft::document_id{out.size() + 1},
                       0,
                       r.text.size(),
                       {r.title, r.text},
                       0});
    return out;
}

/// The records as filters and rerankers want a chunk store.
struct catalogue {
    std::vector<graft::chunk>    items;
    std::vector<graft::metadata> fields;

    explicit catalogue(const std::vector<record>& records) : items(as_chunks(records)) {
        for (const record& r : records) fields.push_back(metadata_of(r));
    }
    graft::chunks               all() const { return items; }
    graft::result<graft::chunk> find(graft::chunk_id id) const { return items[to_underlying(id) - 1]; }
    const graft::metadata&      fields_of(graft::chunk_id id) const { return fields[to_underlying(id) - 1]; }
};

} // namespace tool
