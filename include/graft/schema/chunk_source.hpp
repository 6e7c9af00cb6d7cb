// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/schema/chunk.hpp>

#include <concepts>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// The name and title of the document that a chunk came from.
struct source_name {
    std::string_view name  = {};
    std::string_view title = {};
};

/// Gives chunks back by id, with the bytes of their documents.
template <class P>
concept chunk_source = requires(const P& p, chunk_id id, const chunk& c) {
    { p.find(id) } -> std::same_as<result<chunk>>;
    { p.label(c) } -> std::same_as<source_name>;
};

} // namespace graft::inline GRAFT_ABI
