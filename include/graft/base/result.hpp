// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/either.hpp>
#include <graft/config.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#if GRAFT_EXCEPTIONS
#    include <stdexcept>
#endif

namespace graft::inline GRAFT_ABI {

/// What went wrong. The numbers are stable: files, logs and exit codes may keep them.
enum class fault : std::uint16_t {
    // what the caller gave
    bad_argument   = 1,  ///< an argument is outside its documented range
    wrong_shape    = 2,  ///< two shapes do not fit together
    not_finite     = 3,  ///< a number is NaN or infinite
    no_input       = 4,  ///< there is nothing to work on
    too_large      = 5,  ///< a documented limit is passed
    rank_too_high  = 6,  ///< the rank asked for is more than the data can give
    unknown_id     = 7,  ///< no such id
    duplicate_id   = 8,  ///< the id is already there
    other_embedder = 9,  ///< it was made by another embedder
    stopped        = 10, ///< a stop was requested
    timed_out      = 11, ///< the deadline passed
    other_analyser = 12, ///< the words were made by another analyser
    other_run      = 13, ///< it was saved by a run over other texts, or with other parameters
    // what the file system gave
    not_found      = 20, ///< no such file or folder
    unreadable     = 21, ///< it cannot be opened or read
    not_a_folder   = 22, ///< the path is not a folder
    changed        = 23, ///< the file changed while it was read
    hidden         = 24, ///< the name begins with a dot, so it was left out
    symlink        = 25, ///< symbolic links are not followed
    not_text       = 26, ///< the content is not text
    bad_utf8       = 27, ///< the text is not valid UTF-8
    not_a_file     = 28, ///< neither a regular file nor a folder
    not_read       = 29, ///< a document in a format that is not read
    disk_full      = 30, ///< no space is left on the device
    write_failed   = 31, ///< a write did not succeed
    sync_failed    = 32, ///< a sync to the device did not succeed
    busy           = 33, ///< another writer holds it
    other_encoding = 34, ///< it is text, but not in UTF-8
    bad_encoding   = 35, ///< the text is not valid in the encoding that its mark names
    // what a file of graft's, or of another format, gave
    foreign      = 40, ///< it is not a file of the expected kind
    newer_format = 41, ///< it was written by a newer version
    truncated    = 42, ///< it ends too early
    corrupt      = 43, ///< a checksum does not match
    malformed    = 44, ///< its content contradicts itself
    missing_part = 45, ///< a part that the manifest names is not there
    bad_format   = 46, ///< a line or field cannot be parsed
    older_format = 47, ///< it was written by an older version, in a form that is no longer read
    absent       = 48, ///< a field, tensor or file that is needed is not there
    unsupported  = 49, ///< it names a kind, type or method that is not known here
    unexpected   = 50, ///< it holds what nothing takes
};

/// The sentence of a fault, without a full stop.
[[nodiscard]] constexpr std::string_view explain(fault what) noexcept {
    switch (what) {
    case fault::bad_argument: return "an argument is outside its documented range";
    case fault::wrong_shape: return "two shapes do not fit together";
    case fault::not_finite: return "a number is NaN or infinite";
    case fault::no_input: return "there is nothing to work on";
    case fault::too_large: return "a documented limit is passed";
    case fault::rank_too_high: return "the rank asked for is more than the data can give";
    case fault::unknown_id: return "no such id";
    case fault::duplicate_id: return "the id is already there";
    case fault::other_embedder: return "it was made by another embedder";
    case fault::stopped: return "a stop was requested";
    case fault::timed_out: return "the deadline passed";
    case fault::other_analyser: return "the words were made by another analyser";
    case fault::other_run: return "it was saved by a run over other texts, or with other parameters";
    case fault::not_found: return "no such file or folder";
    case fault::unreadable: return "it cannot be opened or read";
    case fault::not_a_folder: return "the path is not a folder";
    case fault::changed: return "the file changed while it was read";
    case fault::hidden: return "the name begins with a dot, so it was left out";
    case fault::symlink: return "symbolic links are not followed";
    case fault::not_text: return "the content is not text";
    case fault::bad_utf8: return "the text is not valid UTF-8";
    case fault::not_a_file: return "neither a regular file nor a folder";
    case fault::not_read: return "documents of this format are not read";
    case fault::disk_full: return "no space is left on the device";
    case fault::write_failed: return "a write did not succeed";
    case fault::sync_failed: return "a sync to the device did not succeed";
    case fault::busy: return "another writer holds it";
    case fault::other_encoding: return "it is text in another encoding than UTF-8";
    case fault::bad_encoding: return "the text is not valid in the encoding that its byte-order mark names";
    case fault::foreign: return "it is not a file of the expected kind";
    case fault::newer_format: return "it was written by a newer version";
    case fault::truncated: return "it ends too early";
    case fault::corrupt: return "a checksum does not match";
    case fault::malformed: return "its content contradicts itself";
    case fault::missing_part: return "a part that the manifest names is not there";
    case fault::bad_format: return "a line or field cannot be parsed";
    case fault::older_format: return "it was written by an older version, in a form that is no longer read";
    case fault::absent: return "this is needed, and it is not there";
    case fault::unsupported: return "this is of a kind that is not supported";
    case fault::unexpected: return "this is there, and nothing takes it";
    }
    return "an unknown fault";
}

/// The name of a fault, as the enumerator is spelled: for logs and for `"fault"` in JSON.
[[nodiscard]] constexpr std::string_view name(fault what) noexcept {
    switch (what) {
    case fault::bad_argument: return "bad_argument";
    case fault::wrong_shape: return "wrong_shape";
    case fault::not_finite: return "not_finite";
    case fault::no_input: return "no_input";
    case fault::too_large: return "too_large";
    case fault::rank_too_high: return "rank_too_high";
    case fault::unknown_id: return "unknown_id";
    case fault::duplicate_id: return "duplicate_id";
    case fault::other_embedder: return "other_embedder";
    case fault::stopped: return "stopped";
    case fault::timed_out: return "timed_out";
    case fault::other_analyser: return "other_analyser";
    case fault::other_run: return "other_run";
    case fault::not_found: return "not_found";
    case fault::unreadable: return "unreadable";
    case fault::not_a_folder: return "not_a_folder";
    case fault::changed: return "changed";
    case fault::hidden: return "hidden";
    case fault::symlink: return "symlink";
    case fault::not_text: return "not_text";
    case fault::bad_utf8: return "bad_utf8";
    case fault::not_a_file: return "not_a_file";
    case fault::not_read: return "not_read";
    case fault::disk_full: return "disk_full";
    case fault::write_failed: return "write_failed";
    case fault::sync_failed: return "sync_failed";
    case fault::busy: return "busy";
    case fault::other_encoding: return "other_encoding";
    case fault::bad_encoding: return "bad_encoding";
    case fault::foreign: return "foreign";
    case fault::newer_format: return "newer_format";
    case fault::truncated: return "truncated";
    case fault::corrupt: return "corrupt";
    case fault::malformed: return "malformed";
    case fault::missing_part: return "missing_part";
    case fault::bad_format: return "bad_format";
    case fault::older_format: return "older_format";
    case fault::absent: return "absent";
    case fault::unsupported: return "unsupported";
    case fault::unexpected: return "unexpected";
    }
    return "unknown";
}

/// What `error::where` counts.
enum class unit : std::uint8_t { none, byte, line, row, tensor, document, id };

/// The word for a unit, "" for none.
[[nodiscard]] constexpr std::string_view name(unit of) noexcept {
    switch (of) {
    case unit::none: return "";
    case unit::byte: return "byte";
    case unit::line: return "line";
    case unit::row: return "row";
    case unit::tensor: return "tensor";
    case unit::document: return "document";
    case unit::id: return "id";
    }
    return "";
}

/// A fault and its place. Never holds text of a document: a path, a name and numbers only.
struct error {
    fault         what;
    unit          of      = unit::none; ///< what `where` counts
    std::uint64_t where   = 0;          ///< bytes and rows from 0, lines from 1
    std::string   subject = {};         ///< the file, part or argument
    int           host    = 0;          ///< errno, where the system gave one

    bool operator==(const error&) const = default;
};

/// One line for people: `handbook/a.md: byte 512: the text is not valid UTF-8`.
[[nodiscard]] inline std::string describe(const error& e) {
    std::string line = e.subject;
    if (!line.empty()) line += ": ";
    if (e.of != unit::none) line.append(name(e.of)).append(" ").append(std::to_string(e.where)).append(": ");
    return line.append(explain(e.what));
}

#if GRAFT_EXCEPTIONS
/// What `result::value()` throws, for those who like exceptions. The library itself throws nothing else of its own.
struct failure : std::runtime_error {
    error why;
    explicit failure(error e) : std::runtime_error(describe(e)), why(std::move(e)) {}
};
#endif

template <class T>
class result;

/// Whether a type is a `result`.
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true; ///< it is

namespace detail {

/// f() or f(value): what `and_then` and `transform` call.
template <class R, class F>
constexpr decltype(auto) with_value(R&& from, F&& f) {
    if constexpr (std::is_void_v<typename std::remove_cvref_t<R>::value_type>) return std::invoke(std::forward<F>(f));
    else return std::invoke(std::forward<F>(f), *std::forward<R>(from));
}

template <class R, class F>
constexpr auto and_then(R&& from, F&& f) {
    using next = std::remove_cvref_t<decltype(with_value(std::forward<R>(from), std::forward<F>(f)))>;
    static_assert(is_result<next>,
                  "and_then takes a function that gives a result; for another value there is transform");
    if (from.has_value()) return next(with_value(std::forward<R>(from), std::forward<F>(f)));
    return next(std::forward<R>(from).error());
}

template <class R, class F>
constexpr auto transform(R&& from, F&& f) {
    using value = std::remove_cvref_t<decltype(with_value(std::forward<R>(from), std::forward<F>(f)))>;
    if (!from.has_value()) return result<value>(std::forward<R>(from).error());
    if constexpr (std::is_void_v<value>) return with_value(std::forward<R>(from), std::forward<F>(f)), result<value>();
    else return result<value>(with_value(std::forward<R>(from), std::forward<F>(f)));
}

} // namespace detail

/// A value, or the error that stands in its place. The same type in every language mode.
///
///     if (auto docs = load_folder(path)) use(*docs); else report(docs.error());
///     return read_file(fs, path).and_then(parse).transform(count); // as `std::expected`: the first error goes through
///
/// Fails    `*` and `->` on an error are a programmer's mistake; `.value()` throws `failure` instead.
template <class T>
class [[nodiscard]] result {
    detail::either<T, graft::error> it_;

public:
    using value_type = T;

    constexpr result(T value) : it_(std::move(value)) {}
    constexpr result(graft::error e) : it_(detail::other_way{}, std::move(e)) {}

    [[nodiscard]] constexpr bool     has_value() const noexcept { return it_.has(); }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] constexpr T&       operator*() & noexcept { return *checked(); }
    [[nodiscard]] constexpr const T& operator*() const& noexcept { return *checked(); }
    [[nodiscard]] constexpr T        operator*() && {
        return std::move(*checked());
    } // a value: `for (auto& x : *f())` is safe
    [[nodiscard]] constexpr T*       operator->() noexcept { return checked(); }
    [[nodiscard]] constexpr const T* operator->() const noexcept { return checked(); }

    /// Why there is no value.
    [[nodiscard]] constexpr const graft::error& error() const& noexcept { return *refused(); }
    [[nodiscard]] constexpr graft::error        error() && noexcept { return std::move(*refused()); }

    /// What `f` makes of the value, itself a result; or the error.
    template <class F>
    [[nodiscard]] constexpr auto and_then(F&& f) & {
        return detail::and_then(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto and_then(F&& f) const& {
        return detail::and_then(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto and_then(F&& f) && {
        return detail::and_then(std::move(*this), std::forward<F>(f));
    }
    /// A result of what `f` makes of the value (nothing: `result<void>`); or the error.
    template <class F>
    [[nodiscard]] constexpr auto transform(F&& f) & {
        return detail::transform(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto transform(F&& f) const& {
        return detail::transform(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto transform(F&& f) && {
        return detail::transform(std::move(*this), std::forward<F>(f));
    }

#if GRAFT_EXCEPTIONS
    /// The value, or throws `failure`. May be called for the throw alone.
    constexpr T&       value() & { return has_value() ? **this : throw failure(error()); }
    constexpr const T& value() const& { return has_value() ? **this : throw failure(error()); }
    constexpr T        value() && { return has_value() ? std::move(**this) : throw failure(error()); }
#endif

private:
    constexpr T* checked() noexcept {
        GRAFT_ASSERT(has_value(), "a result was read that holds an error");
        return it_.value();
    }
    constexpr const T* checked() const noexcept {
        GRAFT_ASSERT(has_value(), "a result was read that holds an error");
        return it_.value();
    }
    constexpr graft::error* refused() noexcept {
        GRAFT_ASSERT(!has_value(), "the error of a result was read that holds a value");
        return it_.error();
    }
    constexpr const graft::error* refused() const noexcept {
        GRAFT_ASSERT(!has_value(), "the error of a result was read that holds a value");
        return it_.error();
    }
};

/// Done, or why not.
template <>
class [[nodiscard]] result<void> : public result<std::monostate> {
public:
    using value_type = void;
    constexpr result() : result<std::monostate>(std::monostate{}) {}
    constexpr result(graft::error e) : result<std::monostate>(std::move(e)) {}

    /// What `f()` gives, itself a result; or the error.
    template <class F>
    [[nodiscard]] constexpr auto and_then(F&& f) const& {
        return detail::and_then(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto and_then(F&& f) && {
        return detail::and_then(std::move(*this), std::forward<F>(f));
    }
    /// A result of what `f()` gives; or the error.
    template <class F>
    [[nodiscard]] constexpr auto transform(F&& f) const& {
        return detail::transform(*this, std::forward<F>(f));
    }
    template <class F>
    [[nodiscard]] constexpr auto transform(F&& f) && {
        return detail::transform(std::move(*this), std::forward<F>(f));
    }

#if GRAFT_EXCEPTIONS
    constexpr void value() const {
        if (!has_value()) throw failure(error());
    }
#endif
};

/// `done` reads better than `{}` at the end of a function that gives `result<void>`.
inline constexpr struct done_type {
    constexpr operator result<void>() const { return {}; }
} done{}; ///< a result that went well

} // namespace graft::inline GRAFT_ABI
