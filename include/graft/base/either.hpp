// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace graft::inline GRAFT_ABI::detail {

struct other_way {}; ///< tells the constructor of what stands in the value's place from that of a value

/// What a `result` holds: a value, or what stands in its place. std::variant was a fifth of what a unit with many results took to compile.
template <class T, class E>
class either {
    union {
        T value_;
        E error_;
    };
    bool has_;

public:
    constexpr explicit either(T&& value) : value_(std::move(value)), has_(true) {}
    constexpr either(other_way, E&& e) : error_(std::move(e)), has_(false) {}

    constexpr either(const either& other)
        requires std::is_copy_constructible_v<T>
        : has_(other.has_) {
        if (has_) std::construct_at(std::addressof(value_), other.value_);
        else std::construct_at(std::addressof(error_), other.error_);
    }
    constexpr either(either&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
        requires std::is_move_constructible_v<T>
        : has_(other.has_) {
        if (has_) std::construct_at(std::addressof(value_), std::move(other.value_));
        else std::construct_at(std::addressof(error_), std::move(other.error_));
    }
    constexpr either& operator=(const either& other)
        requires(std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T>)
    {
        if (has_ != other.has_) become(either(other));
        else if (has_) value_ = other.value_;
        else error_ = other.error_;
        return *this;
    }
    constexpr either& operator=(either&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                                         std::is_nothrow_move_assignable_v<T>)
        requires(std::is_move_constructible_v<T> && std::is_move_assignable_v<T>)
    {
        if (has_ != other.has_) become(std::move(other));
        else if (has_) value_ = std::move(other.value_);
        else error_ = std::move(other.error_);
        return *this;
    }
    constexpr ~either() { clear(); }

    [[nodiscard]] constexpr bool     has() const noexcept { return has_; }
    [[nodiscard]] constexpr T*       value() noexcept { return has_ ? std::addressof(value_) : nullptr; }
    [[nodiscard]] constexpr const T* value() const noexcept { return has_ ? std::addressof(value_) : nullptr; }
    [[nodiscard]] constexpr E*       error() noexcept { return has_ ? nullptr : std::addressof(error_); }
    [[nodiscard]] constexpr const E* error() const noexcept { return has_ ? nullptr : std::addressof(error_); }

private:
    constexpr void clear() noexcept {
        if (has_) std::destroy_at(std::addressof(value_));
        else std::destroy_at(std::addressof(error_));
    }
    // Of the two one holds a value; should that throw when it is moved, both keep what they held.
    constexpr void become(either&& other) {
        if (other.has_) {
            E kept(std::move(error_));
            clear();
            struct guard {
                either* of;
                E*      kept;
                constexpr ~guard() {
                    if (kept) std::construct_at(std::addressof(of->error_), std::move(*kept));
                }
            } undo{this, &kept};
            std::construct_at(std::addressof(value_), std::move(other.value_));
            undo.kept = nullptr;
        } else {
            clear();
            std::construct_at(std::addressof(error_), std::move(other.error_));
        }
        has_ = other.has_;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
