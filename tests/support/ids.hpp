// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/id.hpp>

// Ids in the tests: `3_c` is a chunk's, `3_d` a document's.
namespace test {

[[nodiscard]] consteval graft::chunk_id    operator""_c(unsigned long long n) { return graft::chunk_id{n}; }
[[nodiscard]] consteval graft::document_id operator""_d(unsigned long long n) { return graft::document_id{n}; }

} // namespace test
