// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/stage.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What a pipeline keeps of a part: a copy of what can be copied, the address of what cannot.
template <class T, bool = std::copy_constructible<T>>
struct stored {
    T                  it;
    constexpr const T* operator->() const noexcept { return &it; }
    constexpr const T& operator*() const noexcept { return it; }
};
/// What cannot be copied is borrowed: it has a name, and outlives the pipeline.
template <class T>
struct stored<T, false> {
    const T* it;
    constexpr explicit stored(const T& named) noexcept : it(&named) {}
    constexpr const T* operator->() const noexcept { return it; }
    constexpr const T& operator*() const noexcept { return *it; }
};

/// The stage that a role becomes in a `|`. Beside a role, and nowhere else, stands its specialisation:
///
///     template <reranker R>
///     struct stage_of<R> {
///         using type = reranking_with<R>; // made of a stored<R>
///     };
///
/// A type without one is a stage by itself, or none. A role that owns much is move-only: it has a name, and is borrowed.
template <class T>
struct stage_of {};

/// Why a type that looks like a role is none: a specialisation beside the role names what it lacks as its `type`, and a `|`
/// with it is refused in those words. A type without one is not taken for a role.
template <class T>
struct almost_a_role {};

namespace detail {

template <class T>
concept role = requires { typename stage_of<std::remove_cvref_t<T>>::type; };

template <class T>
concept dangling = role<T> && !std::is_lvalue_reference_v<T> && !std::copy_constructible<std::remove_cvref_t<T>>;

/// What cannot become a stage: a temporary that would dangle, or a type that is not quite a role.
template <class T>
concept unfit = dangling<T> || requires { typename almost_a_role<std::remove_cvref_t<T>>::type; };

template <class T>
struct why_unfit : almost_a_role<std::remove_cvref_t<T>> {};
template <dangling T>
struct why_unfit<T> {
    using type = typename a_temporary<std::remove_cvref_t<T>>::would_dangle__give_it_a_name;
};

} // namespace detail

/// A role as the stage that it becomes; any other stage as itself.
template <class T>
    requires(!detail::unfit<T>)
[[nodiscard]] constexpr auto as_stage(T&& part) {
    using bare = std::remove_cvref_t<T>;
    if constexpr (detail::role<bare>) return typename stage_of<bare>::type{stored<bare>{std::forward<T>(part)}};
    else return std::decay_t<T>(std::forward<T>(part));
}

/// What `as_stage` gives.
template <class T>
using stage_for = decltype(as_stage(std::declval<T>()));

} // namespace graft::inline GRAFT_ABI
