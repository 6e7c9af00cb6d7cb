// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/prefix.hpp>
#include <graft/base/matrix.hpp>
#include <graft/nn/attended.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a decoder has read so far: the tokens, and the keys and values of each layer. A value of the caller: copy it to fork a
/// text, shorten it to go back, keep it to read a common beginning once. A prefix may stand before the tokens: it is never forgotten.
///
/// Costs    2 · layers · kv_heads · dims numbers a token; room grows by doubling.
/// Thread   one writer.
template <std::floating_point Scalar>
class kv_cache {
    std::size_t                 heads_ = 0, dims_ = 0, room_ = 0; // room: rows, whole panels
    std::size_t                 before_ = 0;                      // rows of a prefix
    std::vector<std::uint32_t>  tokens_;
    std::vector<matrix<Scalar>> keys_;   // a layer: [heads, panel_room]
    std::vector<matrix<Scalar>> values_; // a layer: [room, heads * dims]

public:
    kv_cache() = default;
    kv_cache(std::size_t layers, std::size_t heads, std::size_t dims)
        : heads_(heads), dims_(dims), keys_(layers), values_(layers) {}
    /// Takes    a prefix of so many layers, and as wide as the heads
    kv_cache(std::size_t layers, std::size_t heads, std::size_t dims, const prefix<Scalar>& first)
        : kv_cache(layers, heads, dims) {
        GRAFT_ASSERT(first.layers == layers && first.width() == heads * dims, "a prefix of the same model");
        reserve(first.tokens());
        before_ = first.tokens();
        for (std::size_t l = 0; l < layers; ++l)
            for (std::size_t i = 0; i < before_; ++i) write(l, i, first.keys(l, i).data(), first.values(l, i).data());
    }

    /// The tokens that were read.
    [[nodiscard]] std::span<const std::uint32_t> tokens() const noexcept { return tokens_; }
    [[nodiscard]] std::size_t                    size() const noexcept { return tokens_.size(); }
    [[nodiscard]] std::size_t                    layers() const noexcept { return keys_.size(); }
    /// Keys of a prefix, which stand before those of the first token.
    [[nodiscard]] std::size_t before() const noexcept { return before_; }
    /// Keys of all: where the next token will stand.
    [[nodiscard]] std::size_t held() const noexcept { return before_ + size(); }
    /// How many of the first tokens of a text are those of the cache.
    [[nodiscard]] std::size_t common(std::span<const std::uint32_t> text) const noexcept {
        const std::size_t most = std::min(text.size(), tokens_.size());
        return static_cast<std::size_t>(
            std::mismatch(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(most), tokens_.begin()).first -
            text.begin());
    }
    /// Forgets all but the first n tokens; the room stays.
    void shorten(std::size_t n) noexcept {
        if (n < tokens_.size()) tokens_.resize(n);
    }
    void reset() noexcept { tokens_.clear(); }
    /// Becomes the first n tokens of another cache of the same model behind the same prefix; the room stays.
    void fork(const kv_cache& from, std::size_t n) {
        GRAFT_ASSERT(n <= from.size() && from.layers() == layers() && from.heads_ == heads_ && from.dims_ == dims_ &&
                         from.before_ == before_,
                     "tokens of a cache of the same model");
        reset();
        append(from.tokens().first(n));
        const std::size_t rows = before_ + n;
        for (std::size_t l = 0; l < layers() && rows > 0; ++l) {
            for (std::size_t h = 0; h < heads_; ++h)
                std::copy_n(from.keys_[l].row(h).data(), attended<Scalar>::panel_room(rows, dims_),
                            keys_[l].row(h).data());
            std::copy_n(from.values_[l].data(), rows * heads_ * dims_, values_[l].data());
        }
    }

    /// Makes room for so many tokens.
    void reserve(std::size_t tokens) {
        if (before_ + tokens <= room_) return;
        const std::size_t room = (std::max(before_ + tokens, 2 * room_) + panel_rows - 1) / panel_rows * panel_rows;
        for (std::size_t l = 0; l < keys_.size(); ++l) {
            matrix<Scalar>    keys(heads_, attended<Scalar>::panel_room(room, dims_)), values(room, heads_ * dims_);
            const std::size_t used = attended<Scalar>::panel_room(held(), dims_);
            for (std::size_t h = 0; h < heads_ && used > 0; ++h)
                std::copy_n(keys_[l].row(h).data(), used, keys.row(h).data());
            std::copy_n(values_[l].data(), held() * heads_ * dims_, values.data());
            keys_[l] = std::move(keys), values_[l] = std::move(values);
        }
        tokens_.reserve(room);
        room_ = room;
    }

    // What a decoder does with it.

    /// Adds tokens, whose keys and values `write` brings in later.
    void append(std::span<const std::uint32_t> ids) {
        reserve(size() + ids.size());
        tokens_.insert(tokens_.end(), ids.begin(), ids.end());
    }
    /// Takes over the keys and values of a layer at place `at`, counted with what stands before the tokens: heads · dims numbers each.
    void write(std::size_t layer, std::size_t at, const Scalar* keys, const Scalar* values) noexcept {
        GRAFT_ASSERT(layer < layers() && at < held(), "a place of the cache");
        for (std::size_t h = 0; h < heads_; ++h) {
            Scalar* const to = keys_[layer].row(h).data() + attended<Scalar>::key_at(at, dims_);
            for (std::size_t t = 0; t < dims_; ++t) to[t * panel_rows] = keys[h * dims_ + t];
        }
        std::copy_n(values, heads_ * dims_, values_[layer].row(at).data());
    }
    /// A layer, as attention reads it.
    [[nodiscard]] attended<Scalar> read(std::size_t layer) const noexcept {
        return {keys_[layer].data(), keys_[layer].dims(), values_[layer].data(), heads_ * dims_, dims_, held()};
    }
};

} // namespace graft::inline GRAFT_ABI
