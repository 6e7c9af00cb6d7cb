// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/sort_records.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// One value of metadata. The order of the alternatives is stable: files keep their numbers.
using scalar_value = std::variant<bool, std::int64_t, double, std::string>;
/// Several values of one key.
using value_list = std::vector<scalar_value>;

/// What a key of metadata may hold: one value, or a list of them.
using field_value = std::variant<bool, std::int64_t, double, std::string, value_list>;

/// Calls f(string_view) with the text of a value, of a list with that of each: `true`, `42`, `1.5`, the words themselves.
template <class F>
void each_text(const field_value& of, F&& f) {
    const auto one = [&](const auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, bool>) f(std::string_view(x ? "true" : "false"));
        else if constexpr (std::is_same_v<type, std::string>) f(std::string_view(x));
        else if constexpr (std::is_arithmetic_v<type>) {
            char       room[32];
            const auto end = std::to_chars(room, room + sizeof room, x).ptr;
            f(std::string_view(room, static_cast<std::size_t>(end - room)));
        }
    };
    if (const auto* list = std::get_if<value_list>(&of))
        for (const scalar_value& x : *list) std::visit(one, x);
    else std::visit(one, of);
}

/// A key and what it holds.
struct field {
    std::string key   = {};
    field_value value = {};

    bool operator==(const field&) const = default;
};

namespace detail {

inline void save_scalar(byte_writer& w, const scalar_value& x) {
    w.u8(static_cast<std::uint8_t>(x.index()));
    if (const auto* b = std::get_if<bool>(&x)) w.u8(*b ? 1 : 0);
    if (const auto* i = std::get_if<std::int64_t>(&x)) w.i64(*i);
    if (const auto* d = std::get_if<double>(&x)) w.f64(*d);
    if (const auto* s = std::get_if<std::string>(&x)) w.text(*s);
}

inline scalar_value load_scalar(byte_reader& r, std::uint8_t kind) {
    switch (kind) {
    case 0: {
        const std::uint8_t b = r.u8();
        if (b > 1) r.fail(fault::malformed);
        return b == 1;
    }
    case 1: return r.i64();
    case 2: return r.f64();
    case 3: return std::string(r.text());
    default: r.fail(fault::malformed); return false;
    }
}

} // namespace detail

/// The typed properties of a document, by key: what filters ask.
///
/// Costs    `find` is a binary search; keys are kept in byte order, so that the same fields are the same bytes.
class metadata {
    std::vector<field> fields_; // by key, distinct

    [[nodiscard]] std::vector<field>::const_iterator place(std::string_view key) const noexcept {
        return std::lower_bound(fields_.begin(), fields_.end(), key,
                                [](const field& f, std::string_view k) { return std::string_view(f.key) < k; });
    }

public:
    metadata() = default;
    metadata(std::initializer_list<field> fields) {
        for (const field& f : fields) set(f.key, f.value);
    }

    /// Fields in any order; of a key that comes twice the last counts.
    ///
    /// Costs    one sort, where as many calls of `set` would move them all.
    explicit metadata(std::vector<field> fields) : fields_(std::move(fields)) {
        sort_records(fields_, [](const field& a, const field& b) { return a.key < b.key; });
        std::size_t kept = 0;
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            if (i + 1 < fields_.size() && fields_[i].key == fields_[i + 1].key) continue;
            if (kept != i) fields_[kept] = std::move(fields_[i]);
            ++kept;
        }
        fields_.resize(kept);
    }

    /// What `key` holds, or nullptr. Valid until the next `set`.
    [[nodiscard]] const field_value* find(std::string_view key) const noexcept {
        const auto at = place(key);
        return at != fields_.end() && at->key == key ? &at->value : nullptr;
    }
    /// The text that `key` holds, or nothing where it is absent or of another type.
    [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const noexcept {
        const field_value* it = find(key);
        if (it == nullptr) return std::nullopt;
        const auto* s = std::get_if<std::string>(it);
        return s != nullptr ? std::optional<std::string_view>(*s) : std::nullopt;
    }
    /// Puts a value, in place of the one that was there.
    void set(std::string_view key, field_value value) {
        const auto at = fields_.begin() + (place(key) - fields_.cbegin());
        if (at != fields_.end() && at->key == key) at->value = std::move(value);
        else fields_.insert(at, field{std::string(key), std::move(value)});
    }

    /// All fields in the byte order of their keys.
    [[nodiscard]] std::span<const field> fields() const noexcept { return fields_; }
    [[nodiscard]] std::size_t            size() const noexcept { return fields_.size(); }
    [[nodiscard]] bool                   empty() const noexcept { return fields_.empty(); }

    bool operator==(const metadata&) const = default;

    void save(byte_writer& w) const {
        w.u64(fields_.size());
        for (const field& f : fields_) {
            w.text(f.key);
            if (const auto* list = std::get_if<value_list>(&f.value)) {
                w.u8(4);
                w.u64(list->size());
                for (const scalar_value& x : *list) detail::save_scalar(w, x);
            } else {
                std::visit(
                    [&](const auto& x) {
                        if constexpr (!std::is_same_v<std::decay_t<decltype(x)>, value_list>)
                            detail::save_scalar(w, scalar_value(x));
                    },
                    f.value);
            }
        }
    }

    /// Fails    `malformed` where keys are out of order or a type is unknown, `truncated` where the bytes end.
    [[nodiscard]] static result<metadata> load(byte_reader& r) {
        metadata          m;
        const std::size_t n = r.count(10); // an empty key, a type and a boolean
        for (std::size_t i = 0; i < n && r.ok(); ++i) {
            field f{std::string(r.text()), {}};
            if (!m.fields_.empty() && !(m.fields_.back().key < f.key)) r.fail(fault::malformed);
            if (const std::uint8_t kind = r.u8(); kind == 4) {
                value_list        list;
                const std::size_t items = r.count(2);
                for (std::size_t k = 0; k < items && r.ok(); ++k) list.push_back(detail::load_scalar(r, r.u8()));
                f.value = std::move(list);
            } else {
                std::visit([&](auto&& x) { f.value = std::forward<decltype(x)>(x); }, detail::load_scalar(r, kind));
            }
            if (r.ok()) m.fields_.push_back(std::move(f));
        }
        if (!r.ok()) return r.error();
        return m;
    }
};

} // namespace graft::inline GRAFT_ABI
