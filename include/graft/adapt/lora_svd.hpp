// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora.hpp>
#include <graft/linalg/eigen.hpp>

#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace graft::inline GRAFT_ABI {

// What a low-rank update does to its base, taken apart. This header is in no umbrella: Eigen's decompositions take seconds to
// compile. Nothing here is promised to the last bit from one compiler, its flags or processor to another.

/// The singular values of scale · B A: by how much the update stretches along each of its directions.
struct lora_spectrum {
    std::vector<double> values; ///< falling, as many as the rank

    /// Those above `share` of the largest: a rank-16 update with a rank of 3 fits into three.
    [[nodiscard]] std::size_t rank(double share = 1e-6) const noexcept {
        const auto ends = std::find_if(values.begin(), values.end(),
                                       [&](double v) { return !(v > share * values.front()) || v == 0; });
        return static_cast<std::size_t>(ends - values.begin());
    }
    /// The exponential of the entropy of the values' shares: 1 where one direction does it all, `rank` where all do the same; 0
    /// for an update that is 0.
    ///
    /// Source   Roy and Vetterli 2007, "The effective rank: a measure of effective dimensionality".
    [[nodiscard]] double effective_rank() const noexcept {
        double sum = 0, entropy = 0;
        for (const double v : values) sum += v;
        if (!(sum > 0)) return 0;
        for (const double v : values)
            if (v > 0) entropy -= v / sum * std::log(v / sum);
        return std::exp(entropy);
    }
    /// The Frobenius norm of what remains without the first `kept` directions; of the whole update for 0.
    [[nodiscard]] double norm_beyond(std::size_t kept) const noexcept {
        double sum = 0;
        for (std::size_t i = values.size(); i-- > kept;) sum += values[i] * values[i];
        return std::sqrt(sum);
    }
};

/// An update of a lower rank, and what that cost.
template <std::floating_point Scalar>
struct compressed_lora {
    lora<Scalar> update;
    double       error = 0; ///< Frobenius norm of the difference between the two products, scale included
    double       share = 0; ///< the same over the norm of the whole: 0 nothing is lost, 1 all
};

namespace detail {

/// B A = left · diag(values) · rightᵀ, by the QR of both factors and an SVD of what is between them, which is as small as the rank.
struct taken_apart {
    Eigen::MatrixXd left, right; // [out, n], [in, n]
    Eigen::VectorXd values;      // n of B A, falling
};

/// Takes    B [out, rank] and the transpose of A [in, rank], of any rank
inline taken_apart take_apart(const Eigen::MatrixXd& B, const Eigen::MatrixXd& turned_a) {
    using columns   = Eigen::MatrixXd;
    const auto thin = [](const Eigen::HouseholderQR<columns>& qr, const columns& small) -> columns {
        columns wide               = columns::Zero(qr.rows(), small.cols());
        wide.topRows(small.rows()) = small;
        return qr.householderQ() * wide;
    };
    const auto triangle = [](const Eigen::HouseholderQR<columns>& qr) -> columns {
        return qr.matrixQR().topRows(std::min(qr.rows(), qr.cols())).template triangularView<Eigen::Upper>();
    };
    const Eigen::HouseholderQR<columns> b(B), a(turned_a);
    const Eigen::JacobiSVD<columns>     between(triangle(b) * triangle(a).transpose(),
                                                Eigen::ComputeThinU | Eigen::ComputeThinV);
    return {thin(b, between.matrixU()), thin(a, between.matrixV()), between.singularValues()};
}

template <class Scalar>
result<taken_apart> take_apart(const lora<Scalar>& l) {
    if (!l.fits(l.in(), l.out()) || l.rank() > std::min(l.in(), l.out()))
        return error{fault::wrong_shape, unit::none, l.rank(), "lora"};
    if (!l.finite()) return error{fault::not_finite, unit::none, 0, "lora"};
    return take_apart(as_eigen(l.B.view()).template cast<double>(),
                      as_eigen(l.A.view()).transpose().template cast<double>());
}

/// An update of the first `rank` directions, each one's strength shared between A and B, so that tuning may go on from there.
template <class Scalar>
lora<Scalar> put_together(const taken_apart& parts, std::size_t rank, Scalar scale) {
    const auto            k      = static_cast<Eigen::Index>(rank);
    const Eigen::VectorXd shared = parts.values.head(k).cwiseSqrt();
    lora<Scalar>          made{matrix<Scalar>(rank, static_cast<std::size_t>(parts.right.rows())),
                      matrix<Scalar>(static_cast<std::size_t>(parts.left.rows()), rank), scale};
    as_eigen(made.A.view()) = (parts.right.leftCols(k) * shared.asDiagonal()).transpose().template cast<Scalar>();
    as_eigen(made.B.view()) = (parts.left.leftCols(k) * shared.asDiagonal()).template cast<Scalar>();
    return made;
}

} // namespace detail

/// Takes    an update; magnitudes play no part
/// Costs    some rank² · (in + out) operations; B A itself is never made.
/// Fails    `wrong_shape`, `not_finite` for an update that is
template <std::floating_point Scalar>
[[nodiscard]] result<lora_spectrum> spectrum(const lora<Scalar>& l) {
    const auto parts = detail::take_apart(l);
    if (!parts) return parts.error();
    lora_spectrum out{std::vector<double>(l.rank())};
    for (std::size_t i = 0; i < l.rank(); ++i)
        out.values[i] = std::fabs(static_cast<double>(l.scale)) * parts->values[static_cast<Eigen::Index>(i)];
    return out;
}

/// The update of rank `rank` that is nearest to this one, in the Frobenius norm; the scale is the same. Each direction's strength
/// is shared between A and B, so that tuning may go on from there.
///
/// Fails    `rank_too_high` unless 0 < rank <= the update's; `unsupported` for one with magnitudes; `wrong_shape`, `not_finite` as `spectrum`
/// Source   Eckart and Young 1936, "The approximation of one matrix by another of lower rank".
template <std::floating_point Scalar>
[[nodiscard]] result<compressed_lora<Scalar>> compressed(const lora<Scalar>& l, std::size_t rank) {
    if (rank == 0 || rank > l.rank()) return error{fault::rank_too_high, unit::none, l.rank(), "lora rank"};
    if (!l.m.flat().empty()) return error{fault::unsupported, unit::none, 0, "lora with magnitudes"};
    const auto parts = detail::take_apart(l);
    if (!parts) return parts.error();
    compressed_lora<Scalar> out{detail::put_together(*parts, rank, l.scale), 0, 0};
    const double            by = std::fabs(static_cast<double>(l.scale)), whole = by * parts->values.norm();
    out.error = by * parts->values.tail(parts->values.size() - static_cast<Eigen::Index>(rank)).norm();
    out.share = whole > 0 ? out.error / whole : 0;
    return out;
}

} // namespace graft::inline GRAFT_ABI
