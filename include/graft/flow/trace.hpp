// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/pipe.hpp>
#include <graft/schema/values.hpp>

#include <chrono>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// One run of one stage. Holds no text of any document.
struct trace_event {
    std::string_view            stage; ///< the stage's `name`, or its type
    std::chrono::nanoseconds    took;
    bool                        ok;
    std::span<const respelling> respelled =
        {}; ///< words of the question that it took for others; until the listener returns
};

/// A stage's `name` if it has one, else its type without namespace and arguments.
template <class S>
[[nodiscard]] constexpr std::string_view stage_name() {
    if constexpr (requires { std::string_view(S::name); }) return S::name;
    else {
        constexpr std::string_view all   = __PRETTY_FUNCTION__;
        constexpr std::size_t      from  = all.find("S = ") + 4;
        constexpr std::size_t      to    = all.find_first_of("<;]", from);
        constexpr std::string_view type  = all.substr(from, to - from);
        constexpr std::size_t      colon = type.rfind("::");
        return colon == type.npos ? type : type.substr(colon + 2);
    }
}

/// A stage that is watched: tells `to` what each run took. Made by `traced`.
template <class S, class To>
struct watched {
    using stage_concept = stage_tag;
    using inputs        = inputs_of<S>;
    S   stage;
    To* to;

    template <class In>
        requires runs<S, In>
    [[nodiscard]] auto operator()(const In& in, context& w) const {
        const auto  start = context::clock::now();
        auto        r     = call(stage, in, w);
        trace_event event{stage_name<S>(), context::clock::now() - start, r.has_value(), {}};
        if constexpr (requires { event.respelled = r->respelled; })
            if (r) event.respelled = r->respelled;
        (*to)(event);
        return r;
    }
    [[nodiscard]] auto begin() const
        requires requires(const S& s) { s.begin(); }
    {
        return stage.begin();
    }
};

/// The same pipeline with every stage watched. A plan is a value, so this is another plan; the untraced one costs nothing.
///
/// Takes    `to`, called with a `trace_event` after each stage, by the thread that ran it: under an executor of several
///          threads it must be safe to call from all of them.
/// Borrows  `to`.
template <class S, class To>
[[nodiscard]] auto traced(const S& stage, To& to) {
    if constexpr (requires { stage.mapped([](const auto& part) { return part; }); })
        return stage.mapped([&to](const auto& part) { return traced(part, to); });
    else return watched<S, To>{stage, &to};
}
template <class S, class To>
void traced(const S&, const To&&) = delete;

} // namespace graft::inline GRAFT_ABI
