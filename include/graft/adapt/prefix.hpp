// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/soft_prompt.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// Keys and values that every layer finds before those of every text, as if so many tokens had been read, and that are tuned instead of
/// the model. The text itself begins at position p.
///
/// Plain data, a row for each virtual token as PEFT has it: for each layer its keys, turned by their positions already, then its values.
/// Without rows it is no prefix at all: the untouched base.
/// Costs    p · layers · 2 · width numbers; every text has so many keys more, and no more tokens.
/// Source   Li and Liang 2021, arXiv 2101.00190, §4, without the network that makes the rows
template <std::floating_point Scalar>
struct prefix {
    using scalar          = Scalar;
    std::size_t    layers = 0;
    matrix<Scalar> rows; ///< [p, layers · 2 · width]; the width is kv heads · dims

    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "prefix";

    /// Zero keys and values until they are written.
    [[nodiscard]] static prefix empty(std::size_t tokens, std::size_t layers, std::size_t width) {
        return {layers, matrix<Scalar>(tokens, layers * 2 * width)};
    }
    /// Fails    `bad_argument` for parameters out of range
    [[nodiscard]] static result<prefix> make(std::size_t layers, std::size_t width, const virtual_token_params& p) {
        if (!p.valid() || layers == 0 || width == 0) return error{fault::bad_argument, unit::none, p.tokens, "prefix"};
        prefix made = empty(p.tokens, layers, width);
        if (p.spread > 0) detail::fill_normal(made.rows.flat(), p.spread, p.seed, 0x707265666978 /* "prefix" */);
        return made;
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return rows.rows(); }
    [[nodiscard]] std::size_t width() const noexcept { return layers == 0 ? 0 : rows.dims() / (2 * layers); }
    [[nodiscard]] std::size_t parameters() const noexcept { return rows.flat().size(); }

    /// Where the keys of a layer begin in a row; its values follow them.
    [[nodiscard]] std::size_t       at(std::size_t layer) const noexcept { return layer * 2 * width(); }
    [[nodiscard]] std::span<Scalar> keys(std::size_t layer, std::size_t token) noexcept {
        return rows.row(token).subspan(at(layer), width());
    }
    [[nodiscard]] std::span<const Scalar> keys(std::size_t layer, std::size_t token) const noexcept {
        return rows.row(token).subspan(at(layer), width());
    }
    [[nodiscard]] std::span<Scalar> values(std::size_t layer, std::size_t token) noexcept {
        return rows.row(token).subspan(at(layer) + width(), width());
    }
    [[nodiscard]] std::span<const Scalar> values(std::size_t layer, std::size_t token) const noexcept {
        return rows.row(token).subspan(at(layer) + width(), width());
    }

    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(layers);
        to.u64(tokens());
        to.u64(rows.dims());
        to.array(rows.flat());
    }
    /// Fails    `foreign`, `truncated`, `malformed` for sizes that do not fit each other, `not_finite`
    [[nodiscard]] static result<prefix> load(byte_reader& from) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const auto layers = from.u64(), p = from.u64(), dims = from.u64();
        auto       read = detail::load_rows<Scalar>(from, p, dims);
        if (!read) return read.error();
        const bool fits = layers > 0 && layers <= dims / 2 ? dims % (2 * layers) == 0 : layers == 0 && dims == 0;
        if (!fits) return from.error(fault::malformed);
        return prefix{layers, std::move(*read)};
    }
};

} // namespace graft::inline GRAFT_ABI
