// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/hash.hpp>

#include <bit>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// A low-rank update for questions over one embedder, and where it came from. Documents are embedded by the bare embedder and
/// never again:  q' = normalise(q + scale · B (A q)).
struct query_adapter {
    static constexpr std::string_view kind   = "query-adapter";
    static constexpr std::uint32_t    format = 2;

    lora<float>   update;
    std::uint64_t base = 0; ///< fingerprint of the embedder it was tuned over
    std::uint64_t data = 0; ///< hash of the questions, passages and pairs it was tuned on
    std::uint64_t seed = 0;

    /// Of what it does to a question: its update, whatever that was tuned on.
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = std::bit_cast<std::uint32_t>(update.scale);
        for (const auto m : {update.A.flat(), update.B.flat()})
            for (const float x : m) h = mix64(h, std::bit_cast<std::uint32_t>(x));
        return h;
    }

    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(base);
        to.u64(data);
        to.u64(seed);
        to.u64(update.in());
        to.u64(update.rank());
        to.f32(update.scale);
        to.array(std::span<const float>(update.A.flat()));
        to.array(std::span<const float>(update.B.flat()));
    }

    /// Fails    `truncated`; `malformed` for shapes that contradict, a rank above dims; `not_finite`.
    [[nodiscard]] static result<query_adapter> load(byte_reader& from) {
        query_adapter made;
        static_cast<void>(from.header(kind, format)); // 0.1 wrote none, and the same behind it
        made.base              = from.u64();
        made.data              = from.u64();
        made.seed              = from.u64();
        const std::uint64_t in = from.u64(), rank = from.u64();
        const float         by = from.f32();
        const auto          a = from.array<float>(), b = from.array<float>();
        if (auto ok = from.finish(); !ok) return ok.error();
        if (rank == 0 || rank > in || a.size() / rank != in || a.size() % rank != 0 || b.size() != a.size())
            return from.error(fault::malformed);
        if (!all_finite(std::span<const float>(a)) || !all_finite(std::span<const float>(b)) ||
            !all_finite(std::span<const float>(&by, 1)))
            return from.error(fault::not_finite);
        made.update.scale = by;
        made.update.A     = matrix<float>(matrix_view<const float>{a.data(), rank, in});
        made.update.B     = matrix<float>(matrix_view<const float>{b.data(), in, rank});
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
