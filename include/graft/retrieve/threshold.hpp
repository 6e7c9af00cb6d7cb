// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/flow/stage.hpp>
#include <graft/schema/retrieved.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The support of a judged question, and whether the collection answers it.
struct judged_support {
    float support    = 0;
    bool  answerable = false;
};

/// The stage that says *no relevant source*: a question whose support is too low is refused, and what follows answers accordingly.
///
/// Support is a probability (`support`, `support_model`), so the threshold is a price: .35 says that an answer shown, with its source, that is not
/// there costs about half (7/13) of a plain question refused. `at_cost` turns another price into a
/// threshold, `fit` takes it from judged questions of one's own.
/// Gives    what it was given; `refused` where the support is below `min_support`. The hits stay, so that a refusal can show what is
///          nearest.
/// Fails    `bad_argument` where no stage before it said a support; a threshold of 0 lets that, and everything else, pass.
struct threshold {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "threshold";

    float min_support = .35f; ///< 0 to 1

    [[nodiscard]] result<retrieved> operator()(retrieved f) const {
        if (!(min_support > 0)) return f;
        if (f.asked.support < 0)
            return error{fault::bad_argument, unit::none, 0, "threshold: put rerank(chunks) before it"};
        f.refused = f.asked.support < min_support;
        return f;
    }

    /// The threshold under which the expected cost is least, where a refused answer costs 1 and a wrong one `wrong`.
    ///
    /// Takes    a cost that is not negative.
    [[nodiscard]] static constexpr threshold at_cost(double wrong) noexcept {
        return {static_cast<float>(wrong / (1 + wrong))};
    }

    /// The threshold that would have cost least on judged questions, where an answerable one refused costs 1 and an unanswerable
    /// one let through `wrong`.
    ///
    /// Gives    the middle of the cheapest gap between two supports; among equally cheap ones of the widest, then the lowest.
    /// Fails    `no_input` without an answerable and an unanswerable question; `not_finite`; `bad_argument` for a negative cost.
    [[nodiscard]] static result<threshold> fit(std::span<const judged_support> judged, double wrong = 7. / 13) {
        if (!(wrong >= 0)) return error{fault::bad_argument, unit::none, 0, "threshold cost"};
        std::vector<judged_support> by(judged.begin(), judged.end());
        std::size_t                 answerable = 0;
        for (std::size_t i = 0; i < by.size(); ++i) {
            if (!is_finite(by[i].support)) return error{fault::not_finite, unit::row, i, "threshold"};
            answerable += by[i].answerable ? 1u : 0u;
        }
        if (answerable == 0 || answerable == by.size()) return error{fault::no_input, unit::none, 0, "threshold"};
        std::sort(by.begin(), by.end(),
                  [](const judged_support& a, const judged_support& b) { return a.support < b.support; });
        double    cost = wrong * static_cast<double>(by.size() - answerable), least = cost; // everything passes
        float     width = by[0].support;
        threshold best{std::max(0.f, by[0].support / 2)};
        for (std::size_t i = 0; i < by.size(); ++i) {
            cost += by[i].answerable ? 1. : -wrong;
            const float next = i + 1 < by.size() ? by[i + 1].support : 1.f;
            if (!(next > by[i].support)) continue;
            if (cost > least || (cost == least && !(next - by[i].support > width))) continue;
            least = cost;
            width = next - by[i].support;
            best  = {by[i].support + width / 2};
        }
        return best;
    }
};

namespace flow {
using graft::threshold;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
