// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/nn/attended.hpp>

namespace graft::inline GRAFT_ABI {

/// Scaled dot-product attention of every head of packed sequences:  y = softmax(scale q kᵀ) v, each sequence by itself.
///
/// Sequences lie one behind the other without padding; `ends` says where each ends. A row of y depends on its own sequence alone,
/// and with `causal` on the keys up to its own: neither batch, nor threads, nor how many rows are asked for at once change a bit.
/// Query head j uses key and value head j / (heads / kv_heads).
///
/// Costs    scores of a block of queries at a time: memory grows with the length, not with its square.
/// Source   Vaswani et al. 2017, arXiv 1706.03762, eq. 1; grouped heads: Ainslie et al. 2023, arXiv 2305.13245; the backward pass from
///          the log of the sums: Dao et al. 2022, arXiv 2205.14135, appendix B.
template <std::floating_point Scalar>
struct attention {
    std::size_t heads    = 1;
    std::size_t kv_heads = 1; ///< divides `heads`
    std::size_t dims     = 1; ///< of a head
    bool        causal   = false;
    Scalar      scale    = 1; ///< mostly 1 / sqrt(dims)

    /// The logarithm of each row's sum of exponentials, [heads, tokens].
    struct saved {
        std::span<Scalar> log_sums = {};
    };

    /// Takes    q, y: rows of heads · dims; k, v: rows of kv_heads · dims; ends: where the sequences end, ascending, the last one the
    ///          number of rows of q; key_ends: the same for k and v, where there are others; with `causal` the last query sees all
    ///          keys of its sequence, and each one before it one less; `keep`, filled with memory of the context, or null
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> forward(strided_rows<const Scalar> q, strided_rows<const Scalar> k,
                                       strided_rows<const Scalar> v, std::span<const std::size_t> ends,
                                       std::span<const std::size_t> key_ends, strided_rows<Scalar> y, saved* keep,
                                       context& c) const {
        if (keep != nullptr) keep->log_sums = c.take_raw<Scalar>(heads * q.rows);
        const arena::scope mine(c);
        const auto         all = c.take_raw<attended<Scalar>>(ends.size());
        for (std::size_t s = 0, begin = 0; s < key_ends.size(); begin = key_ends[s++]) {
            const std::size_t n = key_ends[s] - begin;
            all[s]              = {c.take_raw<Scalar>(kv_heads * attended<Scalar>::panel_room(n, dims)).data(),
                                   attended<Scalar>::panel_room(n, dims),
                                   v.row(begin),
                                   v.stride,
                                   dims,
                                   n};
        }
        auto packed = each_block(c, ends.size() * kv_heads, 4, [&](std::size_t first, std::size_t last, context&) {
            for (std::size_t i = first; i < last; ++i) {
                const std::size_t s = i / kv_heads, h = i % kv_heads, begin = s == 0 ? 0 : key_ends[s - 1];
                detail::pack_keys(strided_rows<const Scalar>(k.row(begin) + h * dims, all[s].count, k.stride), dims,
                                  const_cast<Scalar*>(all[s].keys) + h * all[s].key_head);
            }
        });
        if (!packed) return packed;
        return forward_over(q, ends, std::span<const attended<Scalar>>(all), y,
                            keep != nullptr ? keep->log_sums.data() : nullptr, c);
    }

    [[nodiscard]] result<void> forward(strided_rows<const Scalar> q, strided_rows<const Scalar> k,
                                       strided_rows<const Scalar> v, std::span<const std::size_t> ends,
                                       strided_rows<Scalar> y, saved* keep, context& c) const {
        return forward(q, k, v, ends, ends, y, keep, c);
    }

    /// The same over keys and values that lie elsewhere, such as those of a cache: `all[s]` are those of sequence s.
    [[nodiscard]] result<void> forward_over(strided_rows<const Scalar> q, std::span<const std::size_t> ends,
                                            std::span<const attended<Scalar>> all, strided_rows<Scalar> y,
                                            Scalar* log_sums, context& c) const {
        const auto parts = make_parts(ends, c);
        return each_block(c, parts.size() * heads, 2, [&](std::size_t first, std::size_t last, context& own) {
            for (std::size_t i = first; i < last; ++i) {
                const part&       p    = parts[i / heads];
                const std::size_t head = i % heads;
                detail::attend(task(all[p.sequence], head, p, ends),
                               strided_rows<const Scalar>(q.row(p.first) + head * dims, p.count, q.stride),
                               strided_rows<Scalar>(y.row(p.first) + head * dims, p.count, y.stride),
                               log_sums == nullptr ? nullptr : log_sums + head * q.rows + p.first, own);
            }
        });
    }

    /// Adds the gradients of q, k and v into dq, dk and dv.
    ///
    /// Takes    what the forward pass took, gave and saved, dy, and dq, dk, dv of their shapes
    /// Costs    three times the forward pass: the scores are made again.
    /// Fails    stopped, timed_out
    [[nodiscard]] result<void> backward(strided_rows<const Scalar> q, strided_rows<const Scalar> k,
                                        strided_rows<const Scalar> v, std::span<const std::size_t> ends,
                                        std::span<const std::size_t> key_ends, strided_rows<const Scalar> y,
                                        const saved& s, strided_rows<const Scalar> dy, strided_rows<Scalar> dq,
                                        strided_rows<Scalar> dk, strided_rows<Scalar> dv, context& c) const {
        // One task for all that writes to one key head of one sequence: no sum crosses a thread.
        return each_block(c, ends.size() * kv_heads, 1, [&](std::size_t i, std::size_t, context& own) {
            const std::size_t n = i / kv_heads, h = i % kv_heads, group = heads / kv_heads;
            const auto        some = [this](auto rows, std::span<const std::size_t> borders, std::size_t sequence,
                                     std::size_t head) {
                const std::size_t begin = sequence == 0 ? 0 : borders[sequence - 1];
                rows.data = rows.row(begin) + head * dims, rows.rows = borders[sequence] - begin;
                return rows;
            };
            const auto        keys = some(k, key_ends, n, h), values = some(v, key_ends, n, h);
            const std::size_t count = keys.rows, room = attended<Scalar>::panel_room(count, dims);
            const auto key_panels = own.take_raw<Scalar>(room).data(), value_panels = own.take_raw<Scalar>(room).data();
            detail::pack_keys(keys, dims, key_panels);
            detail::pack_keys(values, dims, value_panels);
            for (std::size_t head = h * group; head < (h + 1) * group; ++head) {
                const auto mine = some(q, ends, n, head);
                detail::attend_back<Scalar>({key_panels, nullptr, 0, count, count - mine.rows, dims, causal, scale},
                                            value_panels, mine, keys, some(y, ends, n, head),
                                            s.log_sums.data() + head * q.rows + (n == 0 ? 0 : ends[n - 1]),
                                            some(dy, ends, n, head), some(dq, ends, n, head), some(dk, key_ends, n, h),
                                            some(dv, key_ends, n, h), own);
            }
        });
    }
    [[nodiscard]] result<void> backward(strided_rows<const Scalar> q, strided_rows<const Scalar> k,
                                        strided_rows<const Scalar> v, std::span<const std::size_t> ends,
                                        strided_rows<const Scalar> y, const saved& s, strided_rows<const Scalar> dy,
                                        strided_rows<Scalar> dq, strided_rows<Scalar> dk, strided_rows<Scalar> dv,
                                        context& c) const {
        return backward(q, k, v, ends, ends, y, s, dy, dq, dk, dv, c);
    }

private:
    /// Some queries of one sequence.
    struct part {
        std::size_t sequence, first, count;
    };
    [[nodiscard]] std::span<const part> make_parts(std::span<const std::size_t> ends, context& c) const {
        constexpr std::size_t most  = 64;
        std::size_t           parts = 0;
        for (std::size_t s = 0, begin = 0; s < ends.size(); begin = ends[s++])
            parts += (ends[s] - begin + most - 1) / most;
        const auto out = c.take_raw<part>(parts);
        for (std::size_t s = 0, begin = 0, at = 0; s < ends.size(); begin = ends[s++])
            for (std::size_t i = begin; i < ends[s]; i += most) out[at++] = {s, i, std::min(most, ends[s] - i)};
        return out;
    }
    [[nodiscard]] detail::attention_task<Scalar> task(const attended<Scalar>& a, std::size_t head, const part& p,
                                                      std::span<const std::size_t> ends) const {
        const std::size_t h      = head / (heads / kv_heads);
        const std::size_t behind = ends[p.sequence] - p.first; // queries from this part's first to the sequence's last
        return {a.keys + h * a.key_head,
                a.values + h * a.value_head,
                a.value_row,
                a.count,
                a.count - behind,
                dims,
                causal,
                scale};
    }
};

} // namespace graft::inline GRAFT_ABI
