// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/pipe.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// One run of one stage, or of one stage over a batch.
struct trace_event {
    std::string_view         stage; ///< the stage's `name`
    std::chrono::nanoseconds took;
    bool                     ok;        ///< no item failed
    std::size_t              items = 1; ///< of the batch
};

/// What a trace calls a stage: its `static constexpr std::string_view name`, or `stage` where it has none.
template <class S>
[[nodiscard]] constexpr std::string_view stage_name() noexcept {
    if constexpr (requires { std::string_view(S::name); }) return S::name;
    else return "stage";
}

/// A stage that tells `to` what each run took. Made by `traced`.
template <class S, class To>
struct traced_stage {
    using stage_concept = stage_tag;
    using inputs        = inputs_of<S>;
    S   stage;
    To* to;

    template <class In>
        requires runs<S, In>
    [[nodiscard]] auto operator()(const In& in, context& c) const {
        const auto start = context::clock::now();
        auto       r     = call(stage, in, c);
        (*to)(trace_event{stage_name<S>(), context::clock::now() - start, r.has_value()});
        return r;
    }
    template <class In>
        requires runs<S, In>
    [[nodiscard]] std::vector<result_t<S, In>> run_each(std::span<const In> in, context& c) const {
        const auto start = context::clock::now();
        auto       all   = detail::call_each(stage, in, c);
        bool       ok    = true;
        for (const auto& r : all) ok = ok && r.has_value();
        (*to)(trace_event{stage_name<S>(), context::clock::now() - start, ok, in.size()});
        return all;
    }
    [[nodiscard]] auto begin() const
        requires requires(const S& s) { s.begin(); }
    {
        return stage.begin();
    }
};

/// The same pipeline with every stage traced. A plan is a value, so this is another plan; the untraced one costs nothing.
///
/// Takes    `to`, called with a `trace_event` after each stage, by the thread that ran it: under an executor of several
///          threads it must be safe to call from all of them.
/// Borrows  `to`.
template <class S, class To>
[[nodiscard]] auto traced(const S& stage, To& to) {
    if constexpr (requires { stage.mapped([](const auto& part) { return part; }); })
        return stage.mapped([&to](const auto& part) { return traced(part, to); });
    else return traced_stage<S, To>{stage, &to};
}
template <class S, class To>
void traced(const S&, const To&&) = delete;

namespace flow {
using graft::traced;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
