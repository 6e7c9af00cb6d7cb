// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/json/json_rows.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

class json_value;

/// A number that JSON can be read as.
template <class T>
concept json_numeric = (std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> &&
                       !std::same_as<T, long double> && sizeof(T) <= 8;

/// A member of an object.
struct json_member;

/// The values of an array, or the members of an object, in the order of the file: `for (json_value x : *v.array())`.
template <class T>
class json_range {
    const detail::json_rows* in_    = nullptr;
    std::size_t              begin_ = 0, end_ = 0, size_ = 0;

public:
    class iterator {
        const detail::json_rows* in_ = nullptr;
        std::size_t              at_ = 0;

    public:
        using value_type      = T;
        using difference_type = std::ptrdiff_t;
        iterator()            = default;
        iterator(const detail::json_rows* in, std::size_t at) : in_(in), at_(at) {}
        [[nodiscard]] T operator*() const;
        iterator&       operator++();
        void            operator++(int) { ++*this; }
        bool            operator==(const iterator& other) const { return at_ == other.at_; }
    };

    json_range() = default;
    json_range(const detail::json_rows* in, std::size_t row)
        : in_(in), begin_(row + 1), end_(in->behind(row)), size_(in->rows[row].size) {}
    [[nodiscard]] iterator    begin() const { return {in_, begin_}; }
    [[nodiscard]] iterator    end() const { return {in_, end_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool        empty() const noexcept { return size_ == 0; }
};

/// A place in a JSON text: what is there, or that nothing is. So a chain of names is followed first and read at its end, and an
/// error says where it broke: `tokenizer.json: model.vocab: this is needed, and it is not there`.
///
///     auto theta = config.at("rope_parameters").at("rope_theta").number<double>();
///     auto eps   = config.at("layer_norm_eps").number_or(1e-12);
///
/// Borrows  the `json_document`; a place that is not there also the name that was looked for, until it is read.
/// Costs    `at` goes through the members, `[i]` through the values before: large arrays and objects are walked instead.
/// Fails    each reader with `absent` where nothing is, with `bad_format` where there is something else than was asked for.
class json_value {
    const detail::json_rows* in_   = nullptr;
    std::size_t              row_  = 0;  // where it is, or the last place of the chain that is there
    std::string_view         name_ = {}; // what was looked for below and not found, or null and
    std::size_t              item_ = 0;  // which value of the array
    bool                     here_ = false;

    template <class T>
    friend class json_range;
    friend class json_document;
    json_value(const detail::json_rows* in, std::size_t row) : in_(in), row_(row), here_(true) {}

    [[nodiscard]] const detail::json_row& row() const noexcept { return in_->rows[row_]; }
    [[nodiscard]] json_value              without(std::string_view name, std::size_t item = 0) const noexcept {
        json_value gone = *this;
        if (here_) gone.name_ = name, gone.item_ = item;
        gone.here_ = false;
        return gone;
    }
    [[nodiscard]] error other_kind() const { return refuse(here_ ? fault::bad_format : fault::absent); }

public:
    json_value() = default;

    [[nodiscard]] json_kind kind() const noexcept { return here_ ? row().kind : json_kind::absent; }
    /// Whether it is there and not null: HF's files write null for what they leave out.
    [[nodiscard]] bool given() const noexcept { return here_ && row().kind != json_kind::null; }
    /// The values of an array, the members of an object, the bytes of a text; 0 for all else.
    [[nodiscard]] std::size_t size() const noexcept { return here_ ? row().size : 0; }

    /// The member of an object; not there for all else.
    [[nodiscard]] json_value at(std::string_view name) const noexcept;
    /// The value of an array; not there for all else.
    [[nodiscard]] json_value operator[](std::size_t i) const noexcept;

    [[nodiscard]] result<std::string_view> text() const {
        if (kind() != json_kind::text) return other_kind();
        return in_->text(row_);
    }
    [[nodiscard]] result<bool> boolean() const {
        if (kind() != json_kind::boolean) return other_kind();
        return row().bits != 0;
    }
    /// A number, exactly: an integer type takes `10` and `10.0`, not `10.5`; a float takes what is nearest.
    ///
    /// Fails    also `too_large` where the type cannot hold it.
    template <json_numeric T>
    [[nodiscard]] result<T>                      number() const;
    [[nodiscard]] result<json_range<json_value>> array() const {
        if (kind() != json_kind::array) return other_kind();
        return json_range<json_value>(in_, row_);
    }
    [[nodiscard]] result<json_range<json_member>> object() const {
        if (kind() != json_kind::object) return other_kind();
        return json_range<json_member>(in_, row_);
    }

    /// What stands for a value that is not given (absent or null); another kind fails all the same.
    [[nodiscard]] result<std::string_view> text_or(std::string_view otherwise) const {
        return given() ? text() : result<std::string_view>(otherwise);
    }
    [[nodiscard]] result<bool> boolean_or(bool otherwise) const {
        return given() ? boolean() : result<bool>(otherwise);
    }
    template <json_numeric T>
    [[nodiscard]] result<T> number_or(T otherwise) const {
        return given() ? number<T>() : result<T>(otherwise);
    }

    /// An error that names this place, for a reader that finds here what it cannot take.
    [[nodiscard]] error refuse(fault what) const {
        if (in_ == nullptr) return {what};
        if (here_) return {what, unit::none, 0, in_->place(row_)};
        return {
            what, unit::none, 0,
            in_->place(row_, name_.data() == nullptr ? "[" + std::to_string(item_) + "]" : "." + std::string(name_))};
    }
};

/// A name of an object and its value.
struct json_member {
    std::string_view name;
    json_value       value;
};

/// A JSON text that was read: `parse_json` and `load_json` give it. It owns its content, and may be moved.
class json_document {
    std::unique_ptr<const detail::json_rows> rows_;

public:
    explicit json_document(detail::json_rows rows)
        : rows_(std::make_unique<const detail::json_rows>(std::move(rows))) {}

    [[nodiscard]] json_value root() const& noexcept { return {rows_.get(), 0}; }
    json_value               root() const&& = delete; // it would borrow what is about to die
    [[nodiscard]] json_value at(std::string_view name) const& noexcept { return root().at(name); }
    json_value               at(std::string_view) const&& = delete;

    /// The name of the file, as errors say it.
    [[nodiscard]] const std::string& name() const noexcept { return rows_->name; }
};

template <class T>
T json_range<T>::iterator::operator*() const {
    if constexpr (std::same_as<T, json_member>) return {in_->text(at_), json_value(in_, at_ + 1)};
    else return json_value(in_, at_);
}
template <class T>
typename json_range<T>::iterator& json_range<T>::iterator::operator++() {
    at_ = in_->behind(std::same_as<T, json_member> ? at_ + 1 : at_);
    return *this;
}

inline json_value json_value::at(std::string_view name) const noexcept {
    if (kind() == json_kind::object)
        for (std::size_t key = row_ + 1, end = in_->behind(row_); key != end; key = in_->behind(key + 1))
            if (in_->text(key) == name) return {in_, key + 1};
    return without(name);
}

inline json_value json_value::operator[](std::size_t i) const noexcept {
    if (kind() != json_kind::array || i >= row().size) return without({}, i);
    std::size_t at = row_ + 1;
    for (; i > 0; --i) at = in_->behind(at);
    return {in_, at};
}

template <json_numeric T>
result<T> json_value::number() const {
    using detail::json_number;
    if (kind() != json_kind::number) return other_kind();
    const std::uint64_t bits = row().bits;
    if constexpr (std::floating_point<T>) {
        switch (row().number) {
        case json_number::natural: return static_cast<T>(bits);
        case json_number::negative: return static_cast<T>(static_cast<std::int64_t>(bits));
        default: break;
        }
        const double x = std::bit_cast<double>(bits);
        if (!(x <= static_cast<double>(std::numeric_limits<T>::max()) &&
              x >= -static_cast<double>(std::numeric_limits<T>::max())))
            return refuse(fault::too_large);
        return static_cast<T>(x);
    } else {
        switch (row().number) {
        case json_number::natural:
            if (!std::in_range<T>(bits)) return refuse(fault::too_large);
            return static_cast<T>(bits);
        case json_number::negative:
            if (!std::in_range<T>(static_cast<std::int64_t>(bits))) return refuse(fault::too_large);
            return static_cast<T>(static_cast<std::int64_t>(bits));
        default: break;
        }
        // Beyond 2^53 a double no longer tells one integer from the next.
        const double x = std::bit_cast<double>(bits);
        if (!(x >= -0x1p53 && x <= 0x1p53)) return refuse(fault::too_large);
        const auto whole = static_cast<std::int64_t>(x);
        if (static_cast<double>(whole) != x) return refuse(fault::bad_format);
        if (!std::in_range<T>(whole)) return refuse(fault::too_large);
        return static_cast<T>(whole);
    }
}

} // namespace graft::inline GRAFT_ABI
