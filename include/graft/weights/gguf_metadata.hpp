// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/weights/decode.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a value in the head of a GGUF file is; the numbers are the file's.
enum class gguf_type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// The bytes of a number or truth, 0 for what has no fixed size.
[[nodiscard]] constexpr std::size_t size_of(gguf_type t) noexcept {
    switch (t) {
    case gguf_type::u8:
    case gguf_type::i8:
    case gguf_type::boolean: return 1;
    case gguf_type::u16:
    case gguf_type::i16: return 2;
    case gguf_type::u32:
    case gguf_type::i32:
    case gguf_type::f32: return 4;
    case gguf_type::u64:
    case gguf_type::i64:
    case gguf_type::f64: return 8;
    default: return 0;
    }
}

/// One value: a number or truth, a text, or an array of one type.
///
/// Borrows  texts and bytes, from the file.
struct gguf_value {
    gguf_type                     type     = gguf_type::u8;
    gguf_type                     elements = gguf_type::u8; ///< of an array
    std::span<const std::byte>    bytes    = {};            ///< of a number, a truth, or an array of them
    std::string_view              text     = {};
    std::vector<std::string_view> texts    = {}; ///< of an array of texts
    std::vector<gguf_value>       arrays   = {}; ///< of an array of arrays

    [[nodiscard]] std::size_t size() const noexcept {
        if (type != gguf_type::array) return 1;
        if (elements == gguf_type::text) return texts.size();
        return elements == gguf_type::array ? arrays.size() : bytes.size() / size_of(elements);
    }
};

/// A number that the head of a GGUF file can be read as.
template <class T>
concept gguf_number = (std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> && sizeof(T) <= 8;

/// What a GGUF file says of its model: values by key, read by type.
///
///     const auto layers = head.number<std::uint32_t>("llama.block_count");
///     const auto theta  = head.number_or<float>("llama.rope.freq_base", 10000);
///
/// Borrows  the bytes of the file, which outlive it.
/// Fails    each reader with `absent` where the key is not there, `bad_format` where it holds another type, `too_large` for an integer that the
///          type asked for cannot hold; the subject names file and key.
class gguf_metadata {
    std::string                                          name_;
    std::vector<std::pair<std::string_view, gguf_value>> all_; // by key

    [[nodiscard]] error refuse(fault what, std::string_view key) const {
        return {what, unit::none, 0, std::string(name_).append(name_.empty() ? "" : ": ").append(key)};
    }
    /// The number at byte 0 of `bytes` as a T; false where a T cannot hold it.
    template <gguf_number T>
    [[nodiscard]] static bool take(gguf_type type, const std::byte* at, T& out) noexcept {
        const auto whole = [&](auto x) {
            if constexpr (std::integral<T>) {
                if (!std::in_range<T>(x)) return false;
            }
            out = static_cast<T>(x);
            return true;
        };
        switch (type) {
        case gguf_type::u8: return whole(detail::load_number<std::uint8_t>(at));
        case gguf_type::i8: return whole(detail::load_number<std::int8_t>(at));
        case gguf_type::u16: return whole(detail::load_number<std::uint16_t>(at));
        case gguf_type::i16: return whole(detail::load_number<std::int16_t>(at));
        case gguf_type::u32: return whole(detail::load_number<std::uint32_t>(at));
        case gguf_type::i32: return whole(detail::load_number<std::int32_t>(at));
        case gguf_type::u64: return whole(detail::load_number<std::uint64_t>(at));
        case gguf_type::i64: return whole(detail::load_number<std::int64_t>(at));
        case gguf_type::f32:
            if constexpr (std::floating_point<T>) out = static_cast<T>(detail::load_number<float>(at));
            return std::floating_point<T>;
        case gguf_type::f64:
            if constexpr (std::floating_point<T>) out = static_cast<T>(detail::load_number<double>(at));
            return std::floating_point<T>;
        default: return false;
        }
    }
    [[nodiscard]] static bool fits(gguf_type type, bool floating) noexcept {
        if (type == gguf_type::f32 || type == gguf_type::f64) return floating;
        return size_of(type) > 0 && type != gguf_type::boolean;
    }

public:
    gguf_metadata() = default;
    /// Takes    values in the order of the file; see `duplicate`.
    gguf_metadata(std::string name, std::vector<std::pair<std::string_view, gguf_value>> all)
        : name_(std::move(name)), all_(std::move(all)) {
        std::stable_sort(all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    }

    /// All keys and values, by key.
    [[nodiscard]] std::span<const std::pair<std::string_view, gguf_value>> list() const noexcept { return all_; }
    /// The value of a key, null where there is none.
    [[nodiscard]] const gguf_value* find(std::string_view key) const noexcept {
        const auto at = std::lower_bound(all_.begin(), all_.end(), key,
                                         [](const auto& a, std::string_view k) { return a.first < k; });
        return at != all_.end() && at->first == key ? &at->second : nullptr;
    }

    [[nodiscard]] result<std::string_view> text(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (v->type != gguf_type::text) return refuse(fault::bad_format, key);
        return v->text;
    }
    [[nodiscard]] result<bool> boolean(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (v->type != gguf_type::boolean) return refuse(fault::bad_format, key);
        return v->bytes[0] != std::byte{0};
    }
    /// A number of any width; an integer is read as a float too, not the other way round.
    template <gguf_number T>
    [[nodiscard]] result<T> number(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (!fits(v->type, std::floating_point<T>)) return refuse(fault::bad_format, key);
        T out{};
        if (!take(v->type, v->bytes.data(), out)) return refuse(fault::too_large, key);
        return out;
    }
    /// What stands for a key that is not there.
    [[nodiscard]] result<std::string_view> text_or(std::string_view key, std::string_view otherwise) const {
        return find(key) == nullptr ? result<std::string_view>(otherwise) : text(key);
    }
    [[nodiscard]] result<bool> boolean_or(std::string_view key, bool otherwise) const {
        return find(key) == nullptr ? result<bool>(otherwise) : boolean(key);
    }
    template <gguf_number T>
    [[nodiscard]] result<T> number_or(std::string_view key, T otherwise) const {
        return find(key) == nullptr ? result<T>(otherwise) : number<T>(key);
    }

    /// An array of texts, in place: tokens, merges.
    [[nodiscard]] result<std::span<const std::string_view>> texts(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (v->type != gguf_type::array || v->elements != gguf_type::text) return refuse(fault::bad_format, key);
        return std::span<const std::string_view>(v->texts);
    }
    /// An array of numbers, copied: scores, types of tokens. The file gives them no boundary.
    template <gguf_number T>
    [[nodiscard]] result<std::vector<T>> numbers(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (v->type != gguf_type::array || !fits(v->elements, std::floating_point<T>))
            return refuse(fault::bad_format, key);
        std::vector<T> out(v->size());
        for (std::size_t i = 0; i < out.size(); ++i)
            if (!take(v->elements, v->bytes.data() + i * size_of(v->elements), out[i]))
                return refuse(fault::too_large, key);
        return out;
    }
    /// An array of bytes, in place: a table that another program compiled.
    [[nodiscard]] result<std::span<const std::byte>> bytes(std::string_view key) const {
        const gguf_value* v = find(key);
        if (v == nullptr) return refuse(fault::absent, key);
        if (v->type != gguf_type::array || (v->elements != gguf_type::u8 && v->elements != gguf_type::i8))
            return refuse(fault::bad_format, key);
        return v->bytes;
    }

    /// An error that names file and key, for a reader that finds there what it cannot take.
    [[nodiscard]] error refuse_key(fault what, std::string_view key) const { return refuse(what, key); }
    /// A key that is there twice, nothing where none is.
    [[nodiscard]] std::optional<std::string_view> duplicate() const noexcept {
        const auto same = std::adjacent_find(all_.begin(), all_.end(),
                                             [](const auto& a, const auto& b) { return a.first == b.first; });
        if (same == all_.end()) return std::nullopt;
        return same->first;
    }
};

} // namespace graft::inline GRAFT_ABI
