// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/adapt/lora_set.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/tune/adamw.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A set of updates on its way: its gradients, the moments of each of its matrices, and how many steps it took.
///
/// Who fills the gradients points into them, and into the set: both stay where they are when this is moved.
class lora_moves {
    lora_set<float>           set_;
    lora_set<float>::grads    grads_;
    std::vector<adamw<float>> moves_; // of A and B of each entry
    std::size_t               steps_ = 0;

public:
    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "lora moves";

    explicit lora_moves(lora_set<float> set) : set_(std::move(set)), grads_(set_.zero_grads()) {
        for (const auto& e : set_.entries) {
            moves_.emplace_back(e.update.A.flat().size());
            moves_.emplace_back(e.update.B.flat().size());
        }
    }
    lora_moves(lora_moves&&) noexcept            = default;
    lora_moves& operator=(lora_moves&&) noexcept = default;

    [[nodiscard]] const lora_set<float>&  set() const noexcept { return set_; }
    [[nodiscard]] lora_set<float>::grads& grads() noexcept { return grads_; }
    [[nodiscard]] std::size_t             steps() const noexcept { return steps_; }

    /// Gradients of nothing, to be added to.
    void begin() noexcept {
        for (auto& g : grads_)
            for (matrix<float>* m : {&g.A, &g.B}) std::fill_n(m->data(), m->flat().size(), 0.f);
    }
    /// One step along the gradients, cut to the length `clip` where they are longer; 0: never.
    ///
    /// Gives    their length before they were cut
    /// Fails    `not_finite` where they are; `bad_argument` for parameters out of range: then the updates are as they were
    [[nodiscard]] result<double> step(const adamw_params& by, double clip) {
        if (!by.valid() || !(clip >= 0)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        double square = 0;
        for (const auto& g : grads_)
            for (const matrix<float>* m : {&g.A, &g.B})
                for (const float x : m->flat())
                    square = std::fma(static_cast<double>(x), static_cast<double>(x), square);
        // AdamW squares in float; what passes this, it takes.
        if (!is_finite(static_cast<float>(square))) return error{fault::not_finite, unit::none, steps_ + 1, "gradient"};
        const double length = std::sqrt(square);
        const auto   scale  = static_cast<float>(clip > 0 ? clip / (length + 1e-6) : 1);
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            auto& u = set_.entries[i].update;
            for (const auto& [w, g, n] : {std::tuple{&u.A, &grads_[i].A, 2 * i}, {&u.B, &grads_[i].B, 2 * i + 1}}) {
                if (clip > 0 && scale < 1)
                    for (float& x : g->flat()) x *= scale;
                if (auto moved = moves_[n].step(w->flat(), g->flat(), by); !moved) return moved.error();
            }
        }
        ++steps_;
        return length;
    }

    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(steps_);
        to.u64(set_.entries.size());
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            const auto& e = set_.entries[i];
            to.text(e.name);
            to.u64(e.update.rank());
            to.f32(e.update.scale);
            for (const auto m : {e.update.A.flat(), e.update.B.flat()}) to.array(std::span<const float>(m));
            for (std::size_t n : {2 * i, 2 * i + 1}) moves_[n].save(to);
        }
    }
    /// Goes back to a saved state of the same updates, with which the bytes end.
    ///
    /// Takes    `after`: so many steps, or it is refused as malformed
    /// Fails    `truncated`, `malformed`, `not_finite`; `wrong_shape` where the updates are others: then nothing has changed
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const std::uint64_t       steps = from.u64(), n = from.u64();
        std::vector<lora<float>>  updates;
        std::vector<adamw<float>> moves;
        if (n != set_.entries.size()) return from.error(fault::wrong_shape);
        for (std::size_t i = 0; i < n; ++i) {
            const auto& now  = set_.entries[i];
            const auto  name = from.text();
            const auto  rank = from.u64();
            const float by   = from.f32();
            const auto  a = from.array<float>(), b = from.array<float>();
            if (name != now.name || rank != now.update.rank() || by != now.update.scale ||
                a.size() != now.update.A.flat().size() || b.size() != now.update.B.flat().size())
                return from.error(fault::wrong_shape);
            if (!all_finite(std::span<const float>(a)) || !all_finite(std::span<const float>(b)))
                return from.error(fault::not_finite);
            updates.push_back({matrix<float>(matrix_view<const float>{a.data(), rank, now.update.in()}),
                               matrix<float>(matrix_view<const float>{b.data(), now.update.out(), rank}), by});
            for (std::size_t size : {a.size(), b.size()}) {
                auto move = adamw<float>::load(from, size);
                if (!move) return move.error();
                moves.push_back(std::move(*move));
            }
        }
        if (auto ok = from.finish(); !ok) return ok;
        if (after && steps != *after) return from.error(fault::malformed);
        for (std::size_t i = 0; i < n; ++i) set_.entries[i].update = std::move(updates[i]);
        moves_ = std::move(moves), steps_ = steps;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
