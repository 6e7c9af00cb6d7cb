// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

namespace detail {
template <class E>
inline constexpr char event_tag = 0; // its address stands for the type
} // namespace detail

/// Somebody who hears events, of whatever types; without one, nobody. Made by `listen_to`.
///
/// Borrows  the callable. Two parts of a program that hide their symbols from each other (`-fvisibility=hidden` in a shared
///          library) do not hear each other.
/// Costs    one indirect call an event; no allocation.
class listener_ref {
    void* to_                                                = nullptr;
    bool (*hear_)(void*, const void* tag, const void* event) = nullptr;

    template <class F, class E>
    static bool tell(F& f, const void* event) {
        const E& e = *static_cast<const E*>(event);
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const E&>>) f(e);
        else return static_cast<bool>(f(e));
        return true;
    }
    template <class F, class E>
    static void try_one(F& f, const void* tag, const void* event, bool& go_on) {
        if constexpr (std::invocable<F&, const E&>)
            if (tag == &detail::event_tag<E>) go_on = tell<F, E>(f, event);
    }

public:
    listener_ref() noexcept = default;

    /// Whether anybody listens: what is costly to tell need not be made for nobody.
    [[nodiscard]] explicit operator bool() const noexcept { return hear_ != nullptr; }

    /// False: the listener has heard enough. True where nobody listens to E.
    template <class E>
    bool emit(const E& event) const {
        return hear_ == nullptr || hear_(to_, &detail::event_tag<E>, std::addressof(event));
    }

    /// A listener that hears an event of type E by `f`, and passes every other on to `f.outer`, a listener_ref.
    template <class E, class F>
    [[nodiscard]] static listener_ref between(F& f) noexcept {
        listener_ref r;
        r.to_   = static_cast<void*>(std::addressof(f));
        r.hear_ = [](void* to, const void* tag, const void* event) {
            F& it = *static_cast<F*>(to);
            if (tag == &detail::event_tag<E>) return tell<F, E>(it, event);
            return it.outer.hear_ == nullptr || it.outer.hear_(it.outer.to_, tag, event);
        };
        return r;
    }
    template <class... Events, class F>
    [[nodiscard]] static listener_ref made(F& f) noexcept {
        listener_ref r;
        r.to_   = const_cast<void*>(static_cast<const void*>(std::addressof(f)));
        r.hear_ = [](void* to, const void* tag, const void* event) {
            bool go_on = true;
            (try_one<F, Events>(*static_cast<F*>(to), tag, event, go_on), ...);
            return go_on;
        };
        return r;
    }
};

/// A listener to the events named: f is called with those that it takes, and may give bool: false to hear no more.
///
///     auto show  = [&](const text_delta& t) { std::fwrite(t.text.data(), 1, t.text.size(), stdout); };
///     c.listener = listen_to<text_delta>(show);
///
/// Borrows  f; a temporary does not compile.
template <class... Events, class F>
    requires(std::invocable<F&, const Events&> || ...)
[[nodiscard]] listener_ref listen_to(F& f) noexcept {
    static_assert((std::same_as<Events, std::remove_cvref_t<Events>> && ...), "events are named by their plain type");
    return listener_ref::made<Events...>(f);
}
template <class... Events, class F>
void listen_to(const F&&) = delete;

/// Somebody who watches how far a call is; without one, nobody. Any callable with (finished, total).
///
///     auto bar   = [&](std::size_t finished, std::size_t total) { draw(finished, total); };
///     c.progress = bar;
///
/// Borrows  the callable; a temporary does not compile.
class progress_ref {
    void* to_                                      = nullptr;
    void (*tell_)(void*, std::size_t, std::size_t) = nullptr;

    template <class F>
    static constexpr bool fits = !std::same_as<std::remove_cv_t<F>, progress_ref> && std::is_object_v<F> &&
                                 std::invocable<F&, std::size_t, std::size_t>;

public:
    progress_ref() noexcept = default;
    template <class F>
        requires fits<F>
    progress_ref(F& f) noexcept
        : to_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
          tell_([](void* to, std::size_t finished, std::size_t total) { (*static_cast<F*>(to))(finished, total); }) {}
    template <class F>
        requires fits<F>
    progress_ref(const F&&) = delete;

    [[nodiscard]] explicit operator bool() const noexcept { return tell_ != nullptr; }

    void operator()(std::size_t finished, std::size_t total) const {
        if (tell_ != nullptr) tell_(to_, finished, total);
    }
};

} // namespace graft::inline GRAFT_ABI
