// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/eval/bootstrap.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What tuning did to the loss of some texts: of those held out it should fall, of those that the model is to keep it should not rise (forgetting).
struct loss_change {
    double   before = 0, after = 0; ///< mean over all tokens, in nats; exp of it is the perplexity
    interval change =
        {}; ///< after - before, and how far other texts of the kind could have moved it: of one text nobody knows, so -inf to inf

    /// Takes    for each text the losses of its tokens, added up, before and after (`text_losses`), and how many tokens they are; texts are what is
    ///          resampled, both sides of a text together
    /// Fails    as `bootstrap_ratio`
    [[nodiscard]] static result<loss_change> of(std::span<const double> before, std::span<const double> after,
                                                std::span<const double> tokens, bootstrap_params how, context& c) {
        if (before.size() != after.size()) return error{fault::wrong_shape, unit::row, after.size(), "losses"};
        loss_change         out;
        std::vector<double> gained(before.size());
        double              sum = 0, all = 0;
        for (std::size_t i = 0; i < before.size(); ++i) gained[i] = after[i] - before[i], sum += before[i];
        for (const double n : tokens) all += n;
        auto change = bootstrap_ratio(gained, tokens, how, c);
        if (!change) return change.error();
        out.change = *change;
        out.before = sum / all;
        out.after  = out.before + out.change.mean;
        return out;
    }
    /// The same in a context of its own.
    [[nodiscard]] static result<loss_change> of(std::span<const double> before, std::span<const double> after,
                                                std::span<const double> tokens, bootstrap_params how = {},
                                                context&& c = {}) {
        return of(before, after, tokens, how, c);
    }
};

} // namespace graft::inline GRAFT_ABI
