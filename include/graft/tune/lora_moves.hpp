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

/// What all steps of a training share.
struct lora_tuning {
    double        b_rate = 1; ///< how many times the rate of A that of B, and of magnitudes, is (LoRA+)
    std::uint64_t seed   = 0; ///< of the dropout, whose share the set says
    bool          checkpoint_activations =
        false; ///< beside a decoder: keep what each layer takes alone, and run it again on the way back; the same bits

    [[nodiscard]] bool valid() const noexcept { return is_finite(b_rate) && b_rate > 0; }
    /// Whether these updates can be tuned where neither dropout nor magnitudes are known.
    ///
    /// Fails    `no_input` where there are none; `bad_argument` for a rate that cannot be; `unsupported` for dropout and for magnitudes, naming the place
    [[nodiscard]] result<void> check_plain(const lora_set<float>& set) const {
        if (set.entries.empty()) return error{fault::no_input, unit::none, 0, "updates"};
        if (!valid()) return error{fault::bad_argument, unit::none, 0, "lora tuning"};
        if (set.dropout != 0) return error{fault::unsupported, unit::none, 0, "dropout"};
        if (checkpoint_activations) return error{fault::unsupported, unit::none, 0, "checkpointed activations"};
        for (const auto& e : set.entries)
            if (!e.update.m.flat().empty()) return error{fault::unsupported, unit::none, 0, e.name + ": magnitudes"};
        return done;
    }
};

/// A set of updates on its way: its gradients, the moments of each of its matrices, and how many steps it took.
///
/// Who fills the gradients points into them, and into the set: both stay where they are when this is moved.
/// Source   Hayou et al. 2024, arXiv 2402.12354, for a rate of B of its own.
class lora_moves {
    lora_set<float>           set_;
    double                    b_rate_;
    lora_set<float>::grads    grads_;
    std::vector<adamw<float>> moves_; // of A, B and m of each entry
    std::size_t               steps_ = 0;

    /// The matrices of an update that are tuned.
    template <class Update>
    [[nodiscard]] static auto parts_of(Update& u) {
        std::vector<decltype(&u.A)> parts{&u.A, &u.B};
        if (!u.m.flat().empty()) parts.push_back(&u.m);
        return parts;
    }

public:
    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view kind   = "lora moves";

    explicit lora_moves(lora_set<float> set, double b_rate = 1)
        : set_(std::move(set)), b_rate_(b_rate), grads_(set_.zero_grads()) {
        for (const auto& e : set_.entries)
            for (const auto* part : {&e.update.A, &e.update.B, &e.update.m}) moves_.emplace_back(part->flat().size());
    }
    lora_moves(lora_moves&&) noexcept            = default;
    lora_moves& operator=(lora_moves&&) noexcept = default;

    [[nodiscard]] const lora_set<float>& set() const noexcept { return set_; }
    [[nodiscard]] lora_set<float>& set() noexcept { return set_; } ///< for who measures the rows beside magnitudes
    [[nodiscard]] lora_set<float>::grads& grads() noexcept { return grads_; }
    [[nodiscard]] std::size_t             steps() const noexcept { return steps_; }

    /// Gradients of nothing, to be added to.
    void begin() noexcept {
        for (auto& g : grads_)
            for (matrix<float>* m : {&g.A, &g.B, &g.m}) std::fill_n(m->data(), m->flat().size(), 0.f);
    }
    /// Whether a step can be taken with these parameters.
    [[nodiscard]] bool may_step(const adamw_params& by, double clip) const noexcept {
        adamw_params of_b = by;
        of_b.rate *= b_rate_;
        return by.valid() && of_b.valid() && clip >= 0;
    }
    /// One step along the gradients, cut to the length `clip` where they are longer; 0: never.
    ///
    /// Gives    their length before they were cut
    /// Fails    `not_finite` where they are; `bad_argument` for parameters out of range: then the updates are as they were
    [[nodiscard]] result<double> step(const adamw_params& by, double clip) {
        if (!may_step(by, clip)) return error{fault::bad_argument, unit::none, 0, "adamw"};
        adamw_params of_b = by;
        of_b.rate *= b_rate_;
        const auto length = detail::cut_gradient(
            [&](const auto& f) {
                for (auto& g : grads_)
                    for (matrix<float>* m : {&g.A, &g.B, &g.m}) f(m->flat());
            },
            clip);
        if (!length) return error{fault::not_finite, unit::none, steps_ + 1, "gradient"};
        for (std::size_t i = 0; i < set_.entries.size(); ++i) {
            auto& u = set_.entries[i].update;
            auto& g = grads_[i];
            for (const auto& [w, of, n] :
                 {std::tuple{&u.A, &g.A, 3 * i}, {&u.B, &g.B, 3 * i + 1}, {&u.m, &g.m, 3 * i + 2}}) {
                if (w->flat().empty()) continue; // no magnitudes
                if (auto moved = moves_[n].step(w->flat(), of->flat(), w == &u.A ? by : of_b); !moved)
                    return moved.error();
            }
        }
        ++steps_;
        return length;
    }

    /// The numbers of some updates, as a run keeps its best ones; of none, where it keeps none yet.
    static void save_state(byte_writer& to, const lora_set<float>& set) {
        to.u64(set.entries.size());
        for (const auto& e : set.entries)
            for (const auto* part : parts_of(e.update)) to.array(part->flat());
    }
    /// Fails    `malformed` where they are not those of these updates; `not_finite`, `truncated`
    [[nodiscard]] result<lora_set<float>> load_state(byte_reader& from) const {
        const auto n = from.u64();
        if (!from.ok()) return from.error(fault::truncated);
        if (n == 0) return lora_set<float>{};
        if (n != set_.entries.size()) return from.error(fault::malformed);
        lora_set<float> set = set_;
        for (auto& e : set.entries)
            for (matrix<float>* part : parts_of(e.update)) {
                const auto numbers = from.array<float>();
                if (!from.ok()) return from.error(fault::truncated);
                if (numbers.size() != part->flat().size()) return from.error(fault::malformed);
                if (!all_finite(std::span<const float>(numbers))) return from.error(fault::not_finite);
                std::ranges::copy(numbers, part->data());
            }
        return set;
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
            for (const auto* part : parts_of(e.update)) to.array(part->flat());
            for (std::size_t n = 0; n < parts_of(e.update).size(); ++n) moves_[3 * i + n].save(to);
        }
    }
    /// Goes back to a saved state of the same updates, with which the bytes end.
    ///
    /// Takes    `after`: so many steps, or it is refused as malformed
    /// Fails    `truncated`, `malformed`, `not_finite`; `wrong_shape` where the updates are others: then nothing has changed
    [[nodiscard]] result<void> restore(byte_reader& from, std::optional<std::size_t> after = {}) {
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        const std::uint64_t       steps = from.u64(), n = from.u64();
        lora_set<float>           set;
        std::vector<adamw<float>> moves;
        if (n != set_.entries.size()) return from.error(fault::wrong_shape);
        for (std::size_t i = 0; i < n; ++i) {
            const auto& now  = set_.entries[i];
            const auto  name = from.text();
            const auto  rank = from.u64();
            const float by   = from.f32();
            if (!from.ok()) return from.error(fault::truncated);
            if (name != now.name || rank != now.update.rank() || by != now.update.scale)
                return from.error(fault::wrong_shape);
            set.entries.push_back(now);
            for (matrix<float>* part : parts_of(set.entries.back().update)) {
                const auto numbers = from.array<float>();
                if (!from.ok()) return from.error(fault::truncated);
                if (numbers.size() != part->flat().size()) return from.error(fault::wrong_shape);
                if (!all_finite(std::span<const float>(numbers))) return from.error(fault::not_finite);
                std::ranges::copy(numbers, part->data());
            }
            for (const matrix<float>* part : parts_of(set.entries.back().update)) {
                auto move = adamw<float>::load(from, part->flat().size());
                if (!move) return move.error();
                moves.push_back(std::move(*move));
            }
            if (now.update.m.flat().empty()) moves.emplace_back(0);
        }
        if (auto ok = from.finish(); !ok) return ok;
        if (after && steps != *after) return from.error(fault::malformed);
        for (std::size_t i = 0; i < n; ++i) set_.entries[i].update = std::move(set.entries[i].update);
        moves_ = std::move(moves), steps_ = steps;
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
