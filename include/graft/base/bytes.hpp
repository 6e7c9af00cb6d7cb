// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// What every saved value begins with since 0.2: `graft`, and three bytes that no text has.
inline constexpr std::uint64_t saved_mark = 0x1A'00'03'74'66'61'72'67;

} // namespace detail

/// An element that a file may hold: a number or an enumerator of 1, 2, 4 or 8 bytes. Not `bool`, whose other 254
/// values are undefined, and no struct, whose padding has no value.
template <class T>
concept storable_element = (std::is_arithmetic_v<T> || std::is_enum_v<T>) && !std::same_as<std::remove_cv_t<T>, bool> &&
                           !std::same_as<std::remove_cv_t<T>, long double> && sizeof(T) <= 8;

/// Turns values into bytes, little-endian on every machine.
///
/// Costs    amortised one copy; `reserve` spares the growth.
class byte_writer {
    std::vector<std::byte> out_;

public:
    void u8(std::uint8_t x) { out_.push_back(static_cast<std::byte>(x)); }
    void u16(std::uint16_t x) { number(x); }
    void u32(std::uint32_t x) { number(x); }
    void u64(std::uint64_t x) { number(x); }
    void i64(std::int64_t x) { number(static_cast<std::uint64_t>(x)); }
    void f32(float x) { number(std::bit_cast<std::uint32_t>(x)); }
    void f64(double x) { number(std::bit_cast<std::uint64_t>(x)); }

    /// How every saved value begins: a mark, the version of its form, what it is. `byte_reader::header` reads it.
    void header(std::string_view noun, std::uint32_t version) {
        u64(detail::saved_mark);
        u32(version);
        text(noun);
    }

    /// A length (u64), then that many bytes.
    void text(std::string_view bytes) {
        u64(bytes.size());
        append(bytes.data(), bytes.size());
    }
    /// A count (u64), then the elements.
    template <storable_element T>
    void array(std::span<const T> items) {
        u64(items.size());
        elements(items);
    }
    /// The same for a vector, an array or anything else that a span can be made of.
    template <class Range>
        requires(!storable_element<Range>)
    void array(const Range& items) {
        const std::span all(items);
        array(std::span<const typename decltype(all)::value_type>(all));
    }
    /// The elements alone, where the reader knows their number; `byte_reader::index_into` reads them.
    template <storable_element T>
    void elements(std::span<const T> items) {
        if constexpr (std::endian::native == std::endian::little || sizeof(T) == 1)
            append(items.data(), items.size_bytes());
        else
            for (const T& item : items) {
                std::byte one[sizeof(T)];
                std::memcpy(one, &item, sizeof(T));
                for (std::size_t i = sizeof(T); i-- > 0;) out_.push_back(one[i]);
            }
    }

    void reserve(std::size_t bytes) { out_.reserve(bytes); }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return out_; }
    [[nodiscard]] std::size_t                size() const noexcept { return out_.size(); }
    /// All that was written; the writer is empty afterwards.
    [[nodiscard]] std::vector<std::byte> take() noexcept { return std::exchange(out_, {}); }

private:
    template <class U>
    void number(U x) {
        std::byte bytes[sizeof(U)];
        for (std::size_t i = 0; i < sizeof(U); ++i) bytes[i] = static_cast<std::byte>(x >> (8 * i));
        append(bytes, sizeof(U));
    }
    void append(const void* from, std::size_t n) {
        if (n == 0) return;
        const auto* first = static_cast<const std::byte*>(from);
        out_.insert(out_.end(), first, first + n);
    }
};

/// Reads what a `byte_writer` wrote, from bytes that nobody has to trust.
///
/// The first failure sticks: from then on every getter gives 0 or nothing, so a loader may read all its fields and ask
/// once. It must ask before it uses a number as a size, and before it loops up to one.
///
/// Borrows  the bytes; `text()` and `block()` point into them.
/// Costs    nothing is allocated before its length was held against the bytes that are left.
class byte_reader {
    std::span<const std::byte> all_;
    std::size_t                at_ = 0;
    std::string                subject_;
    std::uint32_t              format_ = 1;
    fault                      why_    = fault::truncated;
    std::size_t                where_  = 0;
    bool                       failed_ = false;

public:
    /// `subject` is the name that errors carry, as `index/text`; `format` the version of what is to be read.
    explicit byte_reader(std::span<const std::byte> bytes, std::string subject = {}, std::uint32_t format = 1)
        : all_(bytes), subject_(std::move(subject)), format_(format) {}

    [[nodiscard]] std::uint8_t  u8() noexcept { return number<std::uint8_t>(); }
    [[nodiscard]] std::uint16_t u16() noexcept { return number<std::uint16_t>(); }
    [[nodiscard]] std::uint32_t u32() noexcept { return number<std::uint32_t>(); }
    [[nodiscard]] std::uint64_t u64() noexcept { return number<std::uint64_t>(); }
    [[nodiscard]] std::int64_t  i64() noexcept { return static_cast<std::int64_t>(number<std::uint64_t>()); }
    [[nodiscard]] float         f32() noexcept { return std::bit_cast<float>(number<std::uint32_t>()); }
    [[nodiscard]] double        f64() noexcept { return std::bit_cast<double>(number<std::uint64_t>()); }

    /// Reads what `byte_writer::header` wrote. Versions count from 1 and only grow.
    ///
    /// Gives    the version, `newest` after a failure; 0 where no header stands, and then nothing is read: 0.1 wrote none.
    /// Fails    `foreign` for another noun, `newer_format` for a version above `newest`, `malformed` for version 0.
    [[nodiscard]] std::uint32_t header(std::string_view noun, std::uint32_t newest) noexcept {
        const std::size_t start = at_;
        if (failed_ || left() < sizeof(detail::saved_mark)) return 0;
        if (u64() != detail::saved_mark) return at_ = start, 0;
        const std::uint32_t version = u32();
        const auto          written = text();
        if (failed_) return newest;
        if (written == noun && version > 0 && version <= newest) return version;
        at_ = start;
        fail(written != noun ? fault::foreign : version == 0 ? fault::malformed : fault::newer_format);
        return newest;
    }

    /// A length (u64) and that many bytes, in place.
    [[nodiscard]] std::string_view text() noexcept {
        const auto it = block(count(1));
        return {reinterpret_cast<const char*>(it.data()), it.size()};
    }
    /// A count (u64) and that many elements.
    template <storable_element T>
    [[nodiscard]] std::vector<T> array() {
        std::vector<T> items;
        std::size_t    n = count(sizeof(T));
        items.reserve(n);
        // By way of a small buffer, so that large memory is written once, not filled with zeros first.
        for (T some[512]; n > 0;) {
            const std::size_t k = n < 512 ? n : 512;
            into(std::span<T>(some, k));
            items.insert(items.end(), some, some + k);
            n -= k;
        }
        return items;
    }
    /// Elements without a count, as many as `items` holds; zeros after a failure.
    template <storable_element T>
    void into(std::span<T> items) noexcept {
        const auto from = block(items.size_bytes());
        if (from.size() != items.size_bytes()) {
            for (T& item : items) item = T{};
            return;
        }
        if (from.empty()) return;
        std::memcpy(items.data(), from.data(), from.size());
        if constexpr (std::endian::native == std::endian::big && sizeof(T) > 1)
            for (T& item : items) {
                std::byte* one = reinterpret_cast<std::byte*>(&item);
                for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(one[i], one[sizeof(T) - 1 - i]);
            }
    }
    /// The next `n` bytes, in place; empty after a failure.
    [[nodiscard]] std::span<const std::byte> block(std::size_t n) noexcept {
        if (failed_) return {};
        if (n > left()) {
            fail(fault::truncated);
            return {};
        }
        at_ += n;
        return all_.subspan(at_ - n, n);
    }
    /// A count (u64) of things that take at least `element_bytes` each, held against the bytes that are left.
    [[nodiscard]] std::size_t count(std::size_t element_bytes) noexcept {
        const std::size_t   start = at_;
        const std::uint64_t n     = u64();
        if (failed_ || element_bytes == 0 || n <= left() / element_bytes) return static_cast<std::size_t>(n);
        at_ = start;
        fail(fault::truncated);
        return 0;
    }

    [[nodiscard]] bool        ok() const noexcept { return !failed_; }
    [[nodiscard]] std::size_t left() const noexcept { return all_.size() - at_; }
    /// How many bytes were read, which is the place that errors name.
    [[nodiscard]] std::size_t        at() const noexcept { return at_; }
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
    /// The version of the part's content, for a loader that knows older ones too.
    [[nodiscard]] std::uint32_t format() const noexcept { return format_; }

    /// Makes the reader fail here, unless it has failed already.
    void fail(fault what) noexcept {
        if (failed_) return;
        failed_ = true;
        why_    = what;
        where_  = at_;
    }
    /// The failure, or what would be the failure now.
    [[nodiscard]] graft::error error(fault otherwise = fault::malformed) const {
        return failed_ ? graft::error{why_, unit::byte, where_, subject_}
                       : graft::error{otherwise, unit::byte, at_, subject_};
    }
    /// Done, if nothing failed; bytes may be left.
    [[nodiscard]] result<void> check() const {
        if (failed_) return error();
        return done;
    }
    /// Done, if nothing failed and nothing is left.
    ///
    /// Fails    `truncated` where a value ran over the end, `malformed` where bytes are left over.
    [[nodiscard]] result<void> finish() const {
        if (failed_ || left() != 0) return error(fault::malformed);
        return done;
    }

private:
    template <class U>
    U number() noexcept {
        const auto    from = block(sizeof(U));
        std::uint64_t x    = 0;
        for (std::size_t i = 0; i < from.size(); ++i) x |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
        return static_cast<U>(x);
    }
};

/// What can be kept in a file: `save` writes it, and a `static result<T> load(byte_reader&, …)` reads it back.
template <class T>
concept storable = requires(const T& x, byte_writer& w) { x.save(w); };

} // namespace graft::inline GRAFT_ABI
