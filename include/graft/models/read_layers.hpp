// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/read_weights.hpp>
#include <graft/nn/embedding.hpp>
#include <graft/nn/linear.hpp>
#include <graft/nn/norm.hpp>
#include <graft/weights/take_tensors.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Layers out of the tensors of a file: each is taken by its name and decoded once. After the first that fails all are empty, and
/// `take.finish()` says why.
template <std::floating_point Scalar>
class layer_reader {
    take_tensors& take_;
    read_weights  how_;
    context&      c_;
    result<void>  ok_ = done;

public:
    layer_reader(take_tensors& take, const read_weights& how, context& c) : take_(take), how_(how), c_(c) {}

    [[nodiscard]] take_tensors& take() noexcept { return take_; }

    /// Numbers as they are, in rows.
    [[nodiscard]] matrix<Scalar> rows(std::string_view name, const tensor_shape& shape) {
        const tensor from = take_(name, shape);
        if (!ready()) return {};
        matrix<Scalar> to(from.rows(), from.columns());
        fill(from, to.view());
        return to;
    }
    [[nodiscard]] embedding_table<Scalar> table(std::string_view name, std::size_t size, std::size_t dims) {
        return {rows(name, {size, dims})};
    }
    /// `name.weight` [out, in], and `name.bias` [out] unless there is to be none.
    [[nodiscard]] frozen_linear<Scalar> linear(const std::string& name, std::size_t out, std::size_t in,
                                               bool biased = true) {
        const tensor          from = take_(name + ".weight", {out, in});
        frozen_linear<Scalar> layer;
        if (biased) layer.b = rows(name + ".bias", {out});
        if (!ready()) return {};
        if constexpr (std::is_same_v<Scalar, float>) {
            auto held = read_weight(from, how_, c_);
            if (held) layer.W = std::move(*held);
            else ok_ = held.error();
        } else {
            layer.W = matrix<Scalar>(out, in);
            fill(from, layer.W.view());
        }
        return layer;
    }
    /// `name.weight` and `name.bias`, which old files call gamma and beta.
    [[nodiscard]] layer_norm<Scalar> norm(const std::string& name, std::size_t dims, double eps) {
        const bool old = !take_.has(name + ".weight") && take_.has(name + ".gamma");
        auto       w   = rows(name + (old ? ".gamma" : ".weight"), {dims});
        auto       b   = rows(name + (old ? ".beta" : ".bias"), {dims});
        return {std::move(w), std::move(b), static_cast<Scalar>(eps)};
    }

    /// Whether nothing failed yet.
    [[nodiscard]] bool ready() const { return ok_ && take_.ok(); }
    /// Done, where nothing failed and no tensor is left.
    [[nodiscard]] result<void> finish() {
        if (auto all = take_.finish(); !all) return all;
        return ok_;
    }

private:
    static void fill(const tensor& from, matrix_view<Scalar> to) {
        if constexpr (std::is_same_v<Scalar, float>) {
            (void)from.decode(to.flat());
        } else {
            matrix<float> row(1, to.dims);
            for (std::size_t i = 0; i < to.rows; ++i) {
                (void)from.decode_row(i, row.flat());
                std::copy_n(row.data(), to.dims, to.row(i).data());
            }
        }
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
