// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/elementary.hpp>

#include <cstddef>
#include <cstdint>

namespace graft::inline GRAFT_ABI::detail {

/// 1 + ln(times), times > 0: a word that stands there twice says more, not twice as much.
[[nodiscard]] inline float sublinear_tf(std::uint32_t times) noexcept {
    return times == 1 ? 1.f : static_cast<float>(1 + log_exact(static_cast<double>(times)));
}

/// ln(1 + (N - df + ½) / (df + ½)) for a word in df = `with_it` of N = `of` chunks, df <= N: above 0 even for a word of every chunk.
[[nodiscard]] inline float inverse_document_frequency(std::size_t of, std::size_t with_it) noexcept {
    const double df = static_cast<double>(with_it);
    return static_cast<float>(log_exact(1 + (static_cast<double>(of) - df + .5) / (df + .5)));
}

} // namespace graft::inline GRAFT_ABI::detail
