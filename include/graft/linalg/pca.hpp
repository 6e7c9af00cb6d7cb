// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>
#include <graft/linalg/product.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The principal components of some vectors: fewer numbers a vector, along the directions in which the vectors differ most.
/// `fit_pca` (linalg/fit_pca.hpp) finds them, `reduced` (embed/reduced.hpp) puts them behind an embedder.
///
/// Plain data: y = components (x - mean), x ≈ mean + componentsᵀ y. Applied, it gives the same bytes on every machine, alone or
/// in a batch.
/// Source   Jolliffe, "Principal component analysis", 2002, ch. 1 to 3.
struct pca {
    static constexpr std::uint32_t format = 1; ///< of what `save` writes

    matrix<float>       mean;       ///< [1, in]
    matrix<float>       components; ///< [out, in], orthonormal rows, the strongest first
    std::vector<double> variances;  ///< [out], of the fitted vectors along each component, falling
    double              total = 0;  ///< variance of the fitted vectors, over all directions

    [[nodiscard]] std::size_t in() const noexcept { return components.dims(); }
    [[nodiscard]] std::size_t out() const noexcept { return components.rows(); }
    /// The share of the variance that the components carry, 0 to 1; 1 where all vectors were one.
    [[nodiscard]] double explained() const noexcept {
        double sum = 0;
        for (const double v : variances) sum += v;
        return total > 0 ? std::min(1., sum / total) : 1;
    }

    /// y = components (x - mean). Takes x [n, in], y [n, out], which must not overlap.
    ///
    /// Fails    `wrong_shape`.
    [[nodiscard]] result<void> apply(matrix_view<const float> x, matrix_view<float> y, arena& memory) const {
        if (x.dims != in() || y.dims != out() || y.rows != x.rows)
            return error{fault::wrong_shape, unit::none, x.dims, "pca"};
        constexpr std::size_t block = 256;
        for (std::size_t first = 0; first < x.rows; first += block) {
            const arena::scope       now(memory);
            const std::size_t        n = std::min(block, x.rows - first);
            const matrix_view<float> centred{memory.take_raw<float>(n * in()).data(), n, in()};
            for (std::size_t r = 0; r < n; ++r)
                for (std::size_t i = 0; i < in(); ++i) centred.row(r)[i] = x.row(first + r)[i] - mean.flat()[i];
            multiply_abt(centred, components.view(), y.middle(first, n));
        }
        return done;
    }

    /// x = mean + componentsᵀ y: the vector nearest to the one that y was made of. Takes y [n, out], x [n, in].
    ///
    /// Fails    `wrong_shape`.
    [[nodiscard]] result<void> restore(matrix_view<const float> y, matrix_view<float> x) const {
        if (x.dims != in() || y.dims != out() || y.rows != x.rows)
            return error{fault::wrong_shape, unit::none, y.dims, "pca"};
        multiply_ab(y, components.view(), x);
        for (std::size_t r = 0; r < x.rows; ++r)
            for (std::size_t i = 0; i < in(); ++i) x.row(r)[i] += mean.flat()[i];
        return done;
    }

    /// Changes when what `apply` gives would.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept {
        const auto bytes = [](std::span<const float> all) {
            return std::string_view(reinterpret_cast<const char*>(all.data()), all.size_bytes());
        };
        std::uint64_t h = mix64(mix64(0x706361 /* "pca" */, in()), out());
        h               = mix64(h, hash64(bytes(mean.flat())));
        return mix64(h, hash64(bytes(components.flat())));
    }

    void save(byte_writer& to) const {
        to.header("pca", format);
        to.u64(in());
        to.u64(out());
        to.f64(total);
        to.array(variances);
        to.array(std::span<const float>(mean.flat()));
        to.array(std::span<const float>(components.flat()));
    }
    /// Fails    `foreign`, `newer_format`, `truncated`; `malformed` for shapes that contradict; `not_finite`.
    [[nodiscard]] static result<pca> load(byte_reader& from) {
        if (from.header("pca", format) == 0) return from.error(fault::foreign);
        pca                 made;
        const std::uint64_t in = from.u64(), out = from.u64();
        made.total           = from.f64();
        made.variances       = from.array<double>();
        const auto mean      = from.array<float>();
        const auto component = from.array<float>();
        if (auto ok = from.finish(); !ok) return ok.error();
        if (out == 0 || out > in || made.variances.size() != out || mean.size() != in || component.size() / out != in ||
            component.size() % out != 0 || !(made.total >= 0))
            return from.error(fault::malformed);
        if (!all_finite(std::span<const float>(mean)) || !all_finite(std::span<const float>(component)) ||
            !all_finite(std::span<const double>(made.variances)) ||
            !all_finite(std::span<const double>(&made.total, 1)))
            return from.error(fault::not_finite);
        made.mean       = matrix<float>(matrix_view<const float>{mean.data(), 1, in});
        made.components = matrix<float>(matrix_view<const float>{component.data(), out, in});
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
