// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/weights/tensors.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A hash of all numbers of a file, with their names.
[[nodiscard]] inline std::uint64_t hash_of(const tensors& file) {
    std::uint64_t h = 0;
    for (const tensor& t : file.list())
        h = hash64({reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size()}, hash64(t.name, h));
    return h;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
