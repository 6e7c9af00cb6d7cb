// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/result.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace graft::inline GRAFT_ABI {

/// A value that names what it borrows: a template member `each_view(f)` that calls f with those members of it that are texts,
/// spans, rows, or values of this kind.
///
///     struct excerpt {
///         std::string_view text;
///         float            score;
///         template <class F> constexpr void each_view(F&& f) { f(text); }
///     };
template <class T>
concept names_its_views = requires(T& value, void (*f)(...)) { value.each_view([](auto&...) {}); };

namespace detail {

/// Takes members that borrow and makes them borrow an arena instead.
struct view_keeper {
    arena& to;

    template <class... Members>
    void operator()(Members&... members) const {
        (keep(members), ...);
    }

private:
    void keep(std::string_view& text) const { text = to.keep(text); }
    template <class T>
    void keep(std::span<const T>& items) const {
        auto mine = to.take_raw<T>(items.size());
        std::uninitialized_copy(items.begin(), items.end(), mine.begin());
        if constexpr (names_its_views<T> || std::same_as<T, std::string_view>)
            for (T& item : mine) keep(item);
        items = mine;
    }
    template <class T>
    void keep(matrix_view<const T>& rows) const {
        rows.data = to.keep(std::span<const T>(rows.flat())).data();
    }
    template <names_its_views T>
    void keep(T& value) const {
        value.each_view(*this);
    }
};

} // namespace detail

/// The same value, with everything that it borrows in this arena.
template <names_its_views T>
[[nodiscard]] T copy(T value, arena& to) {
    value.each_view(detail::view_keeper{to});
    return value;
}

/// A value with memory of its own: what `ask(question)` gives when no context is passed.
template <class T>
struct owned : T {
    arena memory;
};

namespace detail {

/// A value that may borrow becomes `owned`; a number or an owner of its own stays itself.
template <class T>
[[nodiscard]] auto own(const T& value) {
    if constexpr (requires(arena& to) { copy(value, to); }) {
        owned<T> mine;
        static_cast<T&>(mine) = copy(value, mine.memory);
        return mine;
    } else {
        static_assert(
            !std::is_trivially_destructible_v<T> || std::is_arithmetic_v<T> || std::is_enum_v<T>,
            "this value may borrow: give it an each_view(f) that names its texts and spans, or pass a context");
        return value;
    }
}
template <class T>
[[nodiscard]] auto own(const result<T>& r) {
    using out = result<decltype(own(*r))>;
    return r ? out(own(*r)) : out(r.error());
}

} // namespace detail
} // namespace graft::inline GRAFT_ABI
