// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_table.hpp>
#include <graft/models/decoder_model.hpp>
#include <graft/nn/attention.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The tokens of all inputs of a forward pass, one row each, and what does not depend on the layers: where they stand, and the way
/// into the caches and out of them.
template <std::floating_point Scalar>
class decoder_batch {
    std::span<const decoder_input<Scalar>> inputs_;
    std::span<std::size_t>                 ends_;
    std::span<std::uint32_t>               positions_;
    std::span<attended<Scalar>>            before_;

public:
    /// Takes    memory of the context; inputs that are in their caches already
    decoder_batch(std::span<const decoder_input<Scalar>> inputs, std::size_t rows, context& c)
        : inputs_(inputs), ends_(c.take_raw<std::size_t>(inputs.size())), positions_(c.take_raw<std::uint32_t>(rows)),
          before_(c.take_raw<attended<Scalar>>(inputs.size())) {
        for (std::size_t s = 0, at = 0; s < inputs.size(); ends_[s++] = at)
            for (std::size_t i = 0, first = inputs[s].cache->held() - inputs[s].ids.size(); i < inputs[s].ids.size();
                 ++i)
                positions_[at++] = static_cast<std::uint32_t>(first + i);
    }

    [[nodiscard]] std::span<const std::uint32_t> positions() const noexcept { return positions_; }
    /// x row i = row ids[i] of the table of tokens.
    template <class Table>
    void embed(const Table& table, matrix_view<Scalar> x) const noexcept {
        std::size_t at = 0;
        for (const auto& in : inputs_)
            for (const std::uint32_t id : in.ids) table.row(id, x.row(at++));
    }
    /// The same of an update beside that table, added.
    void embed(const lora<Scalar>& update, matrix_view<Scalar> x, context& c) const {
        std::size_t at = 0;
        for (const auto& in : inputs_) {
            add_looked_up(update, in.ids, x.middle(at, in.ids.size()), c);
            at += in.ids.size();
        }
    }
    /// Takes the keys and values of a layer into the caches, and lets the queries look at all that is in them.
    [[nodiscard]] result<void> attend(const attention<Scalar>& by, std::size_t layer, strided_rows<const Scalar> q,
                                      strided_rows<const Scalar> k, strided_rows<const Scalar> v,
                                      strided_rows<Scalar> y, context& c) const {
        for (std::size_t s = 0, at = 0; s < inputs_.size(); ++s) {
            for (; at < ends_[s]; ++at) inputs_[s].cache->write(layer, positions_[at], k.row(at), v.row(at));
            before_[s] = inputs_[s].cache->read(layer);
        }
        return by.forward_over(q, ends_, std::span<const attended<Scalar>>(before_), y, nullptr, c);
    }
    /// The rows that get logits. Takes memory of the context where they are not all.
    [[nodiscard]] matrix_view<const Scalar> asked(logits_of which, matrix_view<const Scalar> x, context& c) const {
        if (which == logits_of::all) return x;
        const auto lasts = take_matrix<Scalar>(c, inputs_.size(), x.dims);
        for (std::size_t s = 0; s < inputs_.size(); ++s)
            std::copy_n(x.row(ends_[s] - 1).data(), x.dims, lasts.row(s).data());
        return lasts;
    }
};

/// What `forward` of every decoder promises: checks the inputs, puts them into their caches, runs `read(batch)` with memory of the context
/// that ends with it, and takes them out again where that fails.
template <std::floating_point Scalar, class Config, class Read>
[[nodiscard]] result<void> read_on(const Config& config, std::span<const decoder_input<Scalar>> inputs, logits_of which,
                                   matrix_view<Scalar> logits, context& c, const Read& read) {
    std::size_t rows = 0;
    for (const auto& in : inputs) {
        GRAFT_ASSERT(!in.ids.empty() && in.cache != nullptr && in.cache->layers() == config.layers,
                     "tokens, and a cache of this model");
        for (std::size_t i = 0; i < in.ids.size(); ++i)
            if (in.ids[i] >= config.vocabulary) return error{fault::bad_argument, unit::row, i, "token"};
        if (in.cache->held() + in.ids.size() > config.positions)
            return error{fault::too_large, unit::none, config.positions, "tokens of a text"};
        rows += in.ids.size();
    }
    GRAFT_ASSERT(logits.rows == (which == logits_of::last ? inputs.size() : rows) && logits.dims == config.vocabulary,
                 "room for the logits");
    for (const auto& in : inputs) in.cache->append(in.ids);
    const arena::scope mine(c);
    auto               ok = read(decoder_batch<Scalar>(inputs, rows, c));
    if (!ok)
        for (const auto& in : inputs) in.cache->shorten(in.cache->size() - in.ids.size());
    return ok;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
