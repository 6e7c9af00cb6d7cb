// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/eval/loss_change.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What to do with what was tuned.
enum class tuning_advice : std::uint8_t {
    hold_out,     ///< fewer than two texts were held out, so nothing is known
    keep_base,    ///< the base is as good
    rehearse,     ///< it learned, and forgot too much
    collect_more, ///< it began to learn its texts by heart
    train_longer, ///< it still learned when it ended
    keep,
};

/// The figures of a run that decide.
struct tuning_figures {
    std::optional<loss_change> held_out = {};    ///< of texts that it did not train on
    std::optional<loss_change> keep     = {};    ///< of texts that it is not to forget
    bool                       base     = false; ///< the untouched model was kept
    std::size_t                kept     = 0;     ///< the step that was kept
    std::size_t                steps    = 0;     ///< that were done
    /// Held-out losses at the last look and at the one before.
    double last = 0, before_last = 0;
};

/// Where the rules of `advise` begin to hold.
struct advice_rules {
    double forgetting = .05; ///< nats by which the loss of a keep-set may rise
    double falling    = .01; ///< share of the loss that the last look must still have taken away to go on
    double rising     = .01; ///< share by which the loss must have risen behind the best look to be learning by heart
};

/// The first that holds:
///   hold_out      there is no held-out loss, or no end to its interval, as of one text
///   keep_base     the base was kept, or the change of the held-out loss may be 0 or above: the upper end of its interval is
///   rehearse      the loss of the keep-set rose by more than `forgetting`
///   collect_more  an earlier step was kept, and the last held-out loss is above its loss by more than the share `rising`
///   train_longer  the last step was kept, and the last look took away more than the share `falling` of the loss
///   keep
[[nodiscard]] inline tuning_advice advise(const tuning_figures& f, const advice_rules& by = {}) noexcept {
    if (!f.held_out || std::isinf(f.held_out->change.high)) return tuning_advice::hold_out;
    if (f.base || f.held_out->change.high >= 0) return tuning_advice::keep_base;
    if (f.keep && f.keep->change.mean > by.forgetting) return tuning_advice::rehearse;
    if (f.kept < f.steps)
        return f.last > f.held_out->after * (1 + by.rising) ? tuning_advice::collect_more : tuning_advice::keep;
    return f.before_last - f.last > by.falling * f.before_last ? tuning_advice::train_longer : tuning_advice::keep;
}

/// Whether more texts of the kind would help: where the last doubling of a learning curve did, and not by chance.
///
/// Takes    the held-out loss of what learned from n texts, and of what learned from 2 n
[[nodiscard]] inline bool more_texts_help(const loss_change& doubled) noexcept { return doubled.change.high < 0; }

/// The advice in a sentence.
[[nodiscard]] constexpr std::string_view explain(tuning_advice a) noexcept {
    switch (a) {
    case tuning_advice::hold_out: return "Hold more texts out: too little is known of what was learned.";
    case tuning_advice::keep_base: return "Keep the base: what was tuned is no better on texts that it has not seen.";
    case tuning_advice::rehearse: return "It learned, but forgot: mix texts of the old kind in, or lower the rate.";
    case tuning_advice::collect_more: return "Keep it, and collect more: it began to learn its texts by heart.";
    case tuning_advice::train_longer: return "Train longer: the held-out loss was still falling.";
    case tuning_advice::keep: return "Keep it.";
    }
    return "";
}
/// The advice in a word.
[[nodiscard]] constexpr std::string_view name(tuning_advice a) noexcept {
    constexpr std::string_view names[] = {"hold_out", "keep_base", "rehearse", "collect_more", "train_longer", "keep"};
    return names[static_cast<std::size_t>(a)];
}

} // namespace graft::inline GRAFT_ABI
