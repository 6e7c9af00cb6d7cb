// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/metadata/metadata.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a filter asks of one field.
enum class filter_test : std::uint8_t {
    equal,
    not_equal,
    less,
    at_most,
    greater,
    at_least,
    contains,
    starts_with,
    exists
};

namespace detail::filtering {

enum class order : std::uint8_t { less, equal, greater, none };

template <class T>
constexpr order ordered(const T& a, const T& b) noexcept {
    return a < b ? order::less : b < a ? order::greater : order::equal;
}
inline bool is_nan(double x) noexcept { return (std::bit_cast<std::uint64_t>(x) << 1) > 0xffe0000000000000u; }

/// Exactly, although not every whole number is a double.
inline order compare(std::int64_t i, double d) noexcept {
    if (is_nan(d)) return order::none;
    if (d >= 0x1p63) return order::less;
    if (d < -0x1p63) return order::greater;
    const auto whole = static_cast<std::int64_t>(d);
    return i != whole ? ordered(i, whole) : ordered(0., d - static_cast<double>(whole));
}

/// Numbers compare as numbers, strings byte by byte, truth values only for equality; anything else has no order.
inline order compare(const field_value& a, const scalar_value& b) noexcept {
    const auto *ai = std::get_if<std::int64_t>(&a), *bi = std::get_if<std::int64_t>(&b);
    const auto *ad = std::get_if<double>(&a), *bd = std::get_if<double>(&b);
    if (ai != nullptr && bi != nullptr) return ordered(*ai, *bi);
    if (ai != nullptr && bd != nullptr) return compare(*ai, *bd);
    if (ad != nullptr && bi != nullptr) {
        const order o = compare(*bi, *ad);
        return o == order::less ? order::greater : o == order::greater ? order::less : o;
    }
    if (ad != nullptr && bd != nullptr) return is_nan(*ad) || is_nan(*bd) ? order::none : ordered(*ad, *bd);
    if (const auto *x = std::get_if<std::string>(&a), *y = std::get_if<std::string>(&b); x != nullptr && y != nullptr)
        return ordered(x->compare(*y), 0);
    return order::none;
}
inline bool equal(const field_value& a, const scalar_value& b) noexcept {
    if (const auto *x = std::get_if<bool>(&a), *y = std::get_if<bool>(&b); x != nullptr && y != nullptr)
        return *x == *y;
    return compare(a, b) == order::equal;
}
inline bool equal(const scalar_value& a, const scalar_value& b) noexcept {
    if (const auto *x = std::get_if<std::string>(&a), *y = std::get_if<std::string>(&b); x != nullptr || y != nullptr)
        return x != nullptr && y != nullptr && *x == *y;
    if (const auto *x = std::get_if<bool>(&a), *y = std::get_if<bool>(&b); x != nullptr || y != nullptr)
        return x != nullptr && y != nullptr && *x == *y;
    const auto* i = std::get_if<std::int64_t>(&a);
    return equal(i != nullptr ? field_value(*i) : field_value(*std::get_if<double>(&a)), b);
}
inline bool same_kind(const field_value& a, const scalar_value& b) noexcept {
    const auto number = [](std::size_t kind) { return kind == 1 || kind == 2; };
    return a.index() == b.index() || (number(a.index()) && number(b.index()));
}

/// Any bool, number or text as a value of metadata.
template <class T>
scalar_value scalar(const T& x) {
    if constexpr (std::same_as<T, bool>) return x;
    else if constexpr (std::unsigned_integral<T>)
        return x > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                   ? scalar_value(static_cast<double>(x))
                   : static_cast<std::int64_t>(x);
    else if constexpr (std::integral<T>) return static_cast<std::int64_t>(x);
    else if constexpr (std::floating_point<T>) return static_cast<double>(x);
    else if constexpr (std::same_as<T, scalar_value>) return x;
    else return std::string(std::string_view(x));
}
template <class T>
concept scalar_like = std::integral<T> || std::floating_point<T> || std::same_as<T, scalar_value> ||
                      std::convertible_to<const T&, std::string_view>;

} // namespace detail::filtering

/// A condition on metadata, as a value: `where("lang") == "en" && where("year") >= 2020 && !where("tags").contains("draft")`.
///
/// A field that is absent, or of a type that cannot be compared, makes every single test false, `!=` included; `!` turns
/// that round, so `!(where("lang") == "de")` keeps what has no `lang` and `where("lang") != "de"` does not. Whole and
/// floating numbers compare as numbers, exactly; strings byte by byte; a truth value equals a truth value and has no order;
/// a NaN is never equal, less or greater. A list answers to `contains` and `exists` only: `!=` on a list is false too, and
/// `!(where("tags").contains("draft"))` is what keeps the others. An empty filter keeps everything.
///
/// Costs    a test is one look-up; evaluation allocates nothing and skips what no longer matters, however deep the
///          expression.
class filter {
    // Single tests, each with the place to go on at: the whole of && || ! is in these jumps, so no tree is walked.
    static constexpr std::uint32_t accept = std::numeric_limits<std::uint32_t>::max(), reject = accept - 1;
    struct step {
        std::string   key;
        filter_test   what = filter_test::exists;
        scalar_value  value;
        std::uint32_t yes = accept, no = reject;

        bool operator==(const step&) const = default;
    };
    std::vector<step> steps_;
    std::uint32_t     start_ = accept;

    static bool holds(const step& s, const field_value& v) noexcept {
        using detail::filtering::order;
        switch (s.what) {
        case filter_test::exists: return true;
        case filter_test::equal: return detail::filtering::equal(v, s.value);
        case filter_test::not_equal:
            return detail::filtering::same_kind(v, s.value) && !detail::filtering::equal(v, s.value);
        case filter_test::less: return detail::filtering::compare(v, s.value) == order::less;
        case filter_test::greater: return detail::filtering::compare(v, s.value) == order::greater;
        case filter_test::at_most: {
            const order o = detail::filtering::compare(v, s.value);
            return o == order::less || o == order::equal;
        }
        case filter_test::at_least: {
            const order o = detail::filtering::compare(v, s.value);
            return o == order::greater || o == order::equal;
        }
        case filter_test::contains:
            if (const auto* list = std::get_if<value_list>(&v))
                return std::any_of(list->begin(), list->end(),
                                   [&](const auto& x) { return detail::filtering::equal(x, s.value); });
            return detail::filtering::equal(v, s.value);
        case filter_test::starts_with: {
            const auto *text = std::get_if<std::string>(&v), *head = std::get_if<std::string>(&s.value);
            return text != nullptr && head != nullptr && std::string_view(*text).starts_with(*head);
        }
        }
        return false;
    }
    // a, and where it ends at `end`, b.
    static filter joined(filter a, const filter& b, std::uint32_t end) {
        const auto by    = static_cast<std::uint32_t>(a.steps_.size());
        const auto moved = [by](std::uint32_t to) { return to < reject ? to + by : to; };
        const auto patch = [&](std::uint32_t& to) { to = to == end ? moved(b.start_) : to; };
        for (step& s : a.steps_) {
            patch(s.yes);
            patch(s.no);
        }
        patch(a.start_);
        for (step s : b.steps_) {
            s.yes = moved(s.yes);
            s.no  = moved(s.no);
            a.steps_.push_back(std::move(s));
        }
        return a;
    }

public:
    /// Keeps everything.
    filter() = default;
    /// One test.
    filter(std::string_view key, filter_test what, scalar_value value = {})
        : steps_{{std::string(key), what, std::move(value), accept, reject}}, start_(0) {}
    /// Whether the field equals one of the values.
    [[nodiscard]] static filter any(std::string_view key, std::vector<scalar_value> values) {
        filter f;
        f.start_ = values.empty() ? reject : 0;
        for (scalar_value& v : values) {
            const auto next = static_cast<std::uint32_t>(f.steps_.size() + 1);
            f.steps_.push_back({std::string(key), filter_test::equal, std::move(v), accept, next});
        }
        if (!f.steps_.empty()) f.steps_.back().no = reject;
        return f;
    }

    /// Whether these fields are kept. `Fields` has `find(key)` that gives a pointer to a `field_value`, null when absent.
    template <class Fields>
    [[nodiscard]] bool operator()(const Fields& fields) const noexcept {
        std::uint32_t at = start_;
        while (at < reject) {
            const step&        s = steps_[at];
            const field_value* v = fields.find(std::string_view(s.key));
            at                   = v != nullptr && holds(s, *v) ? s.yes : s.no;
        }
        return at == accept;
    }

    /// Calls f(key, test) for every single test, in the order in which they stand: who knows the documents can tell that
    /// none of them has such a field.
    template <class F>
    void each_test(F&& f) const {
        for (const step& s : steps_) f(std::string_view(s.key), s.what);
    }

    [[nodiscard]] friend filter operator&&(filter a, const filter& b) { return joined(std::move(a), b, accept); }
    [[nodiscard]] friend filter operator||(filter a, const filter& b) { return joined(std::move(a), b, reject); }
    [[nodiscard]] friend filter operator!(filter a) {
        const auto turn = [](std::uint32_t& to) { to = to == accept ? reject : to == reject ? accept : to; };
        for (step& s : a.steps_) {
            turn(s.yes);
            turn(s.no);
        }
        turn(a.start_);
        return a;
    }
    bool operator==(const filter&) const = default;
};

/// A field to be asked: `where("year") >= 2020`. See `filter` for what the tests mean.
struct where {
    std::string_view key; ///< must live until the filter is made, which copies it

    constexpr explicit where(std::string_view name) noexcept : key(name) {}

    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator==(where w, const T& x) {
        return {w.key, filter_test::equal, detail::filtering::scalar(x)};
    }
    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator!=(where w, const T& x) {
        return {w.key, filter_test::not_equal, detail::filtering::scalar(x)};
    }
    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator<(where w, const T& x) {
        return {w.key, filter_test::less, detail::filtering::scalar(x)};
    }
    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator<=(where w, const T& x) {
        return {w.key, filter_test::at_most, detail::filtering::scalar(x)};
    }
    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator>(where w, const T& x) {
        return {w.key, filter_test::greater, detail::filtering::scalar(x)};
    }
    template <detail::filtering::scalar_like T>
    [[nodiscard]] friend filter operator>=(where w, const T& x) {
        return {w.key, filter_test::at_least, detail::filtering::scalar(x)};
    }
    /// A list that has this item, or a single value that equals it.
    template <detail::filtering::scalar_like T>
    [[nodiscard]] filter contains(const T& x) const {
        return {key, filter_test::contains, detail::filtering::scalar(x)};
    }
    /// A string that begins with these bytes.
    [[nodiscard]] filter starts_with(std::string_view head) const {
        return {key, filter_test::starts_with, std::string(head)};
    }
    /// Whether there is such a field, whatever it holds.
    [[nodiscard]] filter exists() const { return {key, filter_test::exists}; }
    /// One of these values.
    template <detail::filtering::scalar_like... T>
    [[nodiscard]] filter any_of(const T&... x) const {
        return filter::any(key, {detail::filtering::scalar(x)...});
    }
};

} // namespace graft::inline GRAFT_ABI
