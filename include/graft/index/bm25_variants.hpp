// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// Five formulas that all go by the name of BM25. With N chunks, df of them with the word, tf times in this one, and
/// K = k1 (1 - b + b · length / mean length), a word of the question adds idf · weight:
///
///     variant    idf                                        weight
///     robertson  ln((N - df + .5) / (df + .5)), at least 0  tf / (tf + K)
///     lucene     ln(1 + (N - df + .5) / (df + .5))          tf / (tf + K)
///     atire      ln(N / df)                                 (k1 + 1) tf / (tf + K)
///     bm25l      ln((N + 1) / (df + .5))                    (k1 + 1) (c + delta) / (k1 + c + delta),  c = k1 tf / K
///     bm25plus   ln((N + 1) / df)                           (k1 + 1) tf / (tf + K) + delta
///
/// A chunk without the word gets nothing for it, in `bm25l` and `bm25plus` too.
///
/// Source   Robertson and others, TREC-3; Apache Lucene 8 onward; Trotman, Jia, Crane, SIGIR OSIR 2012; Lv, Zhai, SIGIR
///          and CIKM 2011. Compared in Kamphuis and others, ECIR 2020.
enum class bm25_variant : std::uint8_t { robertson, lucene, atire, bm25l, bm25plus };

/// The word for a variant.
[[nodiscard]] constexpr std::string_view name(bm25_variant v) noexcept {
    switch (v) {
    case bm25_variant::robertson: return "robertson";
    case bm25_variant::lucene: return "lucene";
    case bm25_variant::atire: return "atire";
    case bm25_variant::bm25l: return "bm25l";
    case bm25_variant::bm25plus: return "bm25plus";
    }
    return "";
}

/// Which formula, and its letters.
struct bm25_params {
    bm25_variant variant = bm25_variant::lucene;
    float        k1      = 1.2f; ///< how slowly repetition saturates; >= 0
    float        b       = .75f; ///< how much length counts, 0 to 1
    float        delta   = .5f;  ///< `bm25l` and `bm25plus` only, >= 0; `bm25plus` is usually given 1
    bool         respell = true; ///< a word that no chunk holds is taken for one that is a typo away

    bool operator==(const bm25_params&) const = default;

    /// Whether every letter is in its range.
    [[nodiscard]] constexpr bool valid() const noexcept {
        return variant <= bm25_variant::bm25plus && k1 >= 0 && k1 <= 1e6f && b >= 0 && b <= 1 && delta >= 0 &&
               delta <= 1e6f;
    }
};

namespace detail {

/// A variant with its numbers put in: what a posting costs is one of three short forms. Each fuses a
/// multiplication with an addition where it says so and has none that a compiler could fuse elsewhere, so that a score is
/// the same whatever the host's flags are.
struct bm25_formula {
    bm25_params p;

    /// A word that no chunk has counts as one that the next chunk might bring: df = 0, or ½ where ln has no value there.
    /// ln is the one function here whose last bit may differ between C libraries; it is taken in double and rounded once.
    [[nodiscard]] float idf(std::uint64_t chunks, std::uint64_t with_word) const noexcept {
        const double n = static_cast<double>(chunks), df = static_cast<double>(with_word);
        const double some = with_word == 0 ? .5 : df;
        double       x    = 0;
        switch (p.variant) {
        case bm25_variant::robertson: x = std::log((n - df + .5) / (df + .5)); break;
        case bm25_variant::lucene: x = std::log(1 + (n - df + .5) / (df + .5)); break;
        case bm25_variant::atire: x = std::log(n / some); break;
        case bm25_variant::bm25l: x = std::log((n + 1) / (df + .5)); break;
        case bm25_variant::bm25plus: x = std::log((n + 1) / some); break;
        }
        return x > 0 ? static_cast<float>(x) : 0.f;
    }

    /// What a chunk's length does: K, or K / k1 for `bm25l`.
    [[nodiscard]] float norm(std::uint64_t length, double mean) const noexcept {
        const double b = static_cast<double>(p.b), stretch = (1 - b) + b * static_cast<double>(length) / mean;
        return static_cast<float>(p.variant == bm25_variant::bm25l ? stretch : static_cast<double>(p.k1) * stretch);
    }

    /// What idf is multiplied with before a posting is looked at.
    [[nodiscard]] float scale() const noexcept {
        return p.variant == bm25_variant::robertson || p.variant == bm25_variant::lucene ? 1.f : p.k1 + 1.f;
    }

    /// The weight that tf → ∞ approaches: no word can add more than idf times this.
    [[nodiscard]] float most() const noexcept {
        return p.variant == bm25_variant::bm25plus ? scale() + p.delta : scale();
    }

    /// Adds a word's share to every row of [from, to): `idf` times how often the question has the word.
    void accumulate(float idf, const std::uint32_t* rows, const std::uint32_t* counts, std::size_t from, std::size_t to,
                    const float* norms, std::uint32_t first_row, float* sums) const noexcept {
        const float w = idf * scale(), delta = p.delta, k1 = p.k1;
        switch (p.variant) {
        case bm25_variant::robertson:
        case bm25_variant::lucene:
        case bm25_variant::atire:
            for (std::size_t i = from; i < to; ++i) {
                const float tf = static_cast<float>(counts[i]);
                sums[rows[i] - first_row] += w * tf / (tf + norms[rows[i]]);
            }
            break;
        case bm25_variant::bm25l:
            for (std::size_t i = from; i < to; ++i) {
                const float c = static_cast<float>(counts[i]) / norms[rows[i]] + delta;
                sums[rows[i] - first_row] += w * c / (k1 + c);
            }
            break;
        case bm25_variant::bm25plus:
            for (std::size_t i = from; i < to; ++i) {
                const float tf = static_cast<float>(counts[i]);
                sums[rows[i] - first_row] += std::fma(idf, delta, w * tf / (tf + norms[rows[i]]));
            }
            break;
        }
    }
};

} // namespace detail
} // namespace graft::inline GRAFT_ABI
