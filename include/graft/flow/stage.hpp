// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

// A stage is anything that can be called while const with one flow value, and behind it an arena& if it needs memory, or a
// context& if it also asks when to stop, works on several threads, or tells what it makes. It gives a value or a result of
// one. No base class and no tag: a struct with one operator(), a lambda and a function are stages.
//
//     struct at_least {                                      // a user's stage, in a user's namespace
//         float score;
//         retrieved operator()(retrieved f, arena& a) const; // may borrow what f views, a and *this; nothing else
//     };

/// Opts a type into `a | b`: `using stage_concept = stage_tag;`. Only one side of a `|` needs it; `pipe(a, b)` needs none.
struct stage_tag {};

/// A list of types. A stage whose operator() is overloaded or a template says what it takes: `using inputs = types<A, B>;`.
template <class... T>
struct types {};

/// What stands in a diagnostic where a stage's call operator is not const: pipelines are const when they run.
struct nothing_its_call_operator_is_not_const;

namespace detail {

template <class F>
struct first_argument {};
template <class R, class C, class A, bool N, class... W>
struct first_argument<R (C::*)(A, W...) const noexcept(N)> {
    using type = types<std::remove_cvref_t<A>>;
};
template <class R, class C, class A, bool N, class... W>
struct first_argument<R (C::*)(A, W...) noexcept(N)> {
    using type = types<nothing_its_call_operator_is_not_const>;
};
template <class R, class A, bool N, class... W>
struct first_argument<R (*)(A, W...) noexcept(N)> {
    using type = types<std::remove_cvref_t<A>>;
};

template <class S>
struct inputs : first_argument<S> {};
template <class S>
    requires(
        requires { &S::operator(); } && !requires { typename S::inputs; })
struct inputs<S> : first_argument<decltype(&S::operator())> {};
template <class S>
    requires requires { typename S::inputs; }
struct inputs<S> {
    using type = typename S::inputs;
};

} // namespace detail

/// What a stage takes: read off its operator(), or listed in `inputs`.
template <class S>
using inputs_of = typename detail::inputs<S>::type;

/// S runs on In.
template <class S, class In>
concept runs = std::invocable<const S&, const In&, context&> || std::invocable<const S&, const In&>;

namespace detail {

template <class T>
[[nodiscard]] constexpr auto as_result(T t) {
    if constexpr (is_result<T>) return t;
    else return result<T>(std::move(t));
}

} // namespace detail

/// Runs a stage, with the context or its arena if it takes one. Always gives a result.
template <class S, class In>
    requires runs<S, In>
[[nodiscard]] constexpr auto call(const S& stage, const In& in, context& w) {
    if constexpr (std::invocable<const S&, const In&, context&>) return detail::as_result(stage(in, w));
    else return detail::as_result(stage(in));
}

/// What `call` gives: always a result.
template <class S, class In>
using result_t = decltype(call(std::declval<const S&>(), std::declval<const In&>(), std::declval<context&>()));

/// What a stage gives for an input; a value and a result of one count as the same.
template <class S, class In>
using output_t = typename result_t<S, In>::value_type;

/// What may pass a joint. An owner would die before the next stage's result is read.
template <class T>
concept flow_value = std::is_trivially_destructible_v<T>;

namespace detail {

template <class A, class B, class In>
inline constexpr bool passes = false;
template <class A, class B, class In>
    requires runs<A, In>
inline constexpr bool passes<A, B, In> = flow_value<output_t<A, In>> && runs<B, output_t<A, In>>;

template <class... A, class... B>
types<A..., B...> operator+(types<A...>, types<B...>);
template <class A, class B, class... In>
auto passing(types<In...>) -> decltype((types<>{} + ... + std::conditional_t<passes<A, B, In>, types<In>, types<>>{}));

template <class A, class... In>
types<output_t<A, In>...> outputs(types<In...>);

} // namespace detail

/// The inputs of A whose outputs B takes: the inputs of the joint.
template <class A, class B>
using passing_t = decltype(detail::passing<A, B>(inputs_of<A>{}));

/// A feeds B: for at least one input of A, B takes what A gives, and it is a view.
template <class A, class B>
concept feeds = requires { typename inputs_of<A>; } && !std::same_as<passing_t<A, B>, types<>>;

// The words of a refusal. A joint that does not fit is a deleted overload whose last template argument names one of these
// types, so both compilers print it.

/// `stage_gives<retrieved>::but_the_next_takes<query>`
template <class... Given>
struct stage_gives {
    template <class... Taken>
    struct but_the_next_takes;
    struct which_owns_memory_and_would_die_before_the_next_stage__use_arena_keep;
};

/// `a_temporary<flat<cosine>>::would_dangle__give_it_a_name`
template <class T>
struct a_temporary {
    struct would_dangle__give_it_a_name;
};

namespace detail {

template <class Given, class Taken>
struct misfit;
template <class... G, class... T>
struct misfit<types<G...>, types<T...>> {
    using type = typename stage_gives<G...>::template but_the_next_takes<T...>;
};
template <class... G, class... T>
    requires(!flow_value<G> || ...)
struct misfit<types<G...>, types<T...>> {
    using type = typename stage_gives<G...>::which_owns_memory_and_would_die_before_the_next_stage__use_arena_keep;
};

} // namespace detail
} // namespace graft::inline GRAFT_ABI
