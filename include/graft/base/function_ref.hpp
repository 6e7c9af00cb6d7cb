// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

template <class Signature>
class function_ref;

/// Any callable of one signature, as two pointers: for a parameter that is called before the function returns.
///
///     void each_line(std::string_view text, function_ref<void(std::string_view)> f);
///
/// Borrows  the callable, a temporary too; of a function it keeps the address.
/// Costs    one indirect call, no allocation.
template <class R, class... Args>
class function_ref<R(Args...)> {
    union target {
        void* object;
        void (*function)();
    };
    target to_;
    R (*call_)(target, Args...);

public:
    function_ref(R (*f)(Args...)) noexcept
        : to_{.function = reinterpret_cast<void (*)()>(f)}, call_([](target to, Args... args) -> R {
              return reinterpret_cast<R (*)(Args...)>(to.function)(static_cast<Args&&>(args)...);
          }) {
        GRAFT_ASSERT(f != nullptr, "a function_ref of no function");
    }

    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, function_ref> && std::is_object_v<std::remove_reference_t<F>> &&
                 std::is_invocable_r_v<R, std::remove_reference_t<F>&, Args...>)
    function_ref(F&& f) noexcept
        : to_{.object = const_cast<void*>(static_cast<const volatile void*>(std::addressof(f)))},
          call_([](target to, Args... args) -> R {
              auto& it = *static_cast<std::remove_reference_t<F>*>(to.object);
              if constexpr (std::is_void_v<R>) static_cast<void>(std::invoke(it, static_cast<Args&&>(args)...));
              else return std::invoke(it, static_cast<Args&&>(args)...);
          }) {}

    R operator()(Args... args) const { return call_(to_, static_cast<Args&&>(args)...); }
};

} // namespace graft::inline GRAFT_ABI
