// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/result.hpp>
#include <graft/eval/bootstrap.hpp>

#include <cstddef>
#include <span>

namespace graft::inline GRAFT_ABI {

/// What became of a score that some texts got, before something was changed and after.
struct score_change {
    double   before = 0, after = 0; ///< means over the texts
    interval change = {};           ///< after - before, both of a text together

    /// Takes    a score a text, before and after
    /// Fails    as `paired_bootstrap`
    [[nodiscard]] static result<score_change> of(std::span<const double> before, std::span<const double> after,
                                                 bootstrap_params how, context& c) {
        auto change = paired_bootstrap(before, after, how, c);
        if (!change) return change.error();
        score_change out{.change = *change};
        for (std::size_t i = 0; i < before.size(); ++i) out.before += before[i], out.after += after[i];
        out.before /= static_cast<double>(before.size());
        out.after /= static_cast<double>(after.size());
        return out;
    }
    /// The same in a context of its own.
    [[nodiscard]] static result<score_change> of(std::span<const double> before, std::span<const double> after,
                                                 bootstrap_params how = {}, context&& c = {}) {
        return of(before, after, how, c);
    }
};

} // namespace graft::inline GRAFT_ABI
