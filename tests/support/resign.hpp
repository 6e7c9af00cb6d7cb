// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/digest.hpp>

#include <algorithm>
#include <span>

namespace test {

/// Puts every sum of a container right, as a hostile or a later writer would, so that what lies behind the sums is
/// reached. Takes any bytes; what has no such form stays as it is.
inline void resign(std::span<std::byte> file) {
    const auto put = [&](std::size_t at, std::uint64_t x, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) file[at + i] = static_cast<std::byte>(x >> (8 * i));
    };
    if (file.size() < 128) return;
    put(60, graft::crc32c(file.first(60)), 4);
    graft::byte_reader  footer(file.last(64));
    const std::uint64_t room = file.size() - 128, payload = footer.u64();
    if (payload > room) return;
    const auto        body   = static_cast<std::size_t>(payload);
    const std::size_t pieces = body / 65536 + (body % 65536 != 0);
    if (room - body >= 4 * pieces)
        for (std::size_t i = 0; i < pieces; ++i)
            put(file.size() - 64 - 4 * (pieces - i),
                graft::crc32c(file.subspan(64 + 65536 * i, std::min<std::size_t>(65536, body - 65536 * i))), 4);
    graft::sha256_sum sum;
    sum.add(file.first(64));
    sum.add(file.subspan(64 + body, file.size() - 64 - body - 40));
    const auto digest = sum.digest();
    for (std::size_t i = 0; i < 32; ++i) file[file.size() - 40 + i] = std::byte{digest.bytes[i]};
}

} // namespace test
