// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/bert.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace graft::inline GRAFT_ABI {

/// One text as numbers.
struct token_sequence {
    std::span<const std::uint32_t> ids   = {};
    std::span<const std::uint8_t>  types = {};
};

/// What a batch of sequences became: rows [tokens, dims], and where each sequence ends in them.
struct encoded_batch {
    std::size_t                  first = 0; ///< the first of its sequences
    matrix_view<float>           rows  = {};
    std::span<const std::size_t> ends  = {};
};

/// Runs many sequences through a model, some `tokens` of them at a time, and hands each batch to f(batch, worker).
///
/// Batches run beside each other where there are as many of them as threads, else one after the other on all threads: a sequence has
/// the same bits either way. `f` is called from any thread, and writes only what belongs to its batch.
///
/// Takes    a longest sequence of any length: one that passes `tokens` is a batch of its own; updates beside the layers, or none
/// Costs    some 30 numbers of `dims` a token of a batch and thread
/// Fails    as `bert::forward`, `where` counting in all sequences for what is too long; as f
template <class F>
[[nodiscard]] result<void> each_encoded(const bert<float>& model, std::span<const token_sequence> all,
                                        std::size_t tokens, context& c, F&& f, bert<float>::updates beside = {}) {
    const arena::scope mine(c);
    const auto         begins  = c.take_raw<std::size_t>(all.size() + 1);
    std::size_t        batches = 0;
    for (std::size_t i = 0, size = 0; i < all.size(); size += all[i++].ids.size())
        if (i == 0 || size + all[i].ids.size() > tokens) begins[batches++] = i, size = 0;
    begins[batches] = all.size();

    const auto run = [&](std::size_t b, context& own) -> result<void> {
        const arena::scope here(own);
        const auto         some = all.subspan(begins[b], begins[b + 1] - begins[b]);
        std::size_t        n = 0, at = 0;
        for (const auto& s : some) n += s.ids.size();
        const auto ids   = own.take_raw<std::uint32_t>(n);
        const auto types = own.take<std::uint8_t>(n);
        const auto ends  = own.take_raw<std::size_t>(some.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            std::copy(some[i].ids.begin(), some[i].ids.end(), ids.begin() + static_cast<std::ptrdiff_t>(at));
            std::copy(some[i].types.begin(), some[i].types.end(), types.begin() + static_cast<std::ptrdiff_t>(at));
            ends[i] = at += some[i].ids.size();
        }
        const auto rows = detail::take_matrix<float>(own, n, model.config.dims);
        if (auto ok = model.forward({ids, types, ends}, rows, beside, nullptr, own); !ok) {
            auto why = ok.error();
            if (why.what == fault::too_large) why.where += begins[b];
            return why;
        }
        return f(encoded_batch{begins[b], rows, ends}, own);
    };
    if (const std::size_t width = c.executor.width(); width == 1 || batches >= width)
        return each_block(c, batches, 1, [&](std::size_t b, std::size_t, context& own) { return run(b, own); });
    for (std::size_t b = 0; b < batches; ++b)
        if (auto ok = run(b, c); !ok) return ok;
    return done;
}

} // namespace graft::inline GRAFT_ABI
