// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/store/io.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/weights/gguf.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a GGUF file is to say of its model: keys and values, in their order.
///
///     gguf_fields head;
///     head.text("general.type", "adapter").number("adapter.lora.alpha", 16.f);
///     save_gguf(fs, "adapter.gguf", head.list(), all);
class gguf_fields {
    std::deque<std::string>                              texts_;
    std::deque<std::vector<std::byte>>                   numbers_;
    std::vector<std::pair<std::string_view, gguf_value>> all_;

    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
    template <class T>
    [[nodiscard]] static constexpr gguf_type type_of() noexcept {
        if constexpr (std::floating_point<T>) return sizeof(T) == 4 ? gguf_type::f32 : gguf_type::f64;
        else if constexpr (sizeof(T) == 8) return std::signed_integral<T> ? gguf_type::i64 : gguf_type::u64;
        else if constexpr (sizeof(T) == 4) return std::signed_integral<T> ? gguf_type::i32 : gguf_type::u32;
        else if constexpr (sizeof(T) == 2) return std::signed_integral<T> ? gguf_type::i16 : gguf_type::u16;
        else return std::signed_integral<T> ? gguf_type::i8 : gguf_type::u8;
    }

public:
    gguf_fields()                              = default;
    gguf_fields(const gguf_fields&)            = delete; // the list points into it
    gguf_fields& operator=(const gguf_fields&) = delete;

    gguf_fields& text(std::string_view key, std::string_view value) {
        const auto name = keep(key);
        all_.emplace_back(name, gguf_value{.type = gguf_type::text, .text = keep(value)});
        return *this;
    }
    /// A number of the type that it has: `1u` is a u32, `1.f` an f32.
    template <gguf_number T>
    gguf_fields& number(std::string_view key, T value) {
        byte_writer to;
        to.elements(std::span<const T>(&value, 1));
        const auto& bytes = numbers_.emplace_back(to.take());
        all_.emplace_back(keep(key), gguf_value{.type = type_of<T>(), .bytes = bytes});
        return *this;
    }
    [[nodiscard]] std::span<const std::pair<std::string_view, gguf_value>> list() const noexcept { return all_; }
};

namespace detail {

[[nodiscard]] inline std::optional<std::uint32_t> gguf_number_of(weight_format f) noexcept {
    for (std::uint32_t n = 0; n < 40; ++n)
        if (gguf_tensor_type_of(n).format == f) return n;
    return std::nullopt;
}

/// Writes what stands behind the type of a value: a number as its bytes, a text behind its length, an array as the type of its elements, how many
/// there are, and these; one within another is written in the same way.
inline void write_gguf_value(byte_writer& to, const gguf_value& v) {
    if (v.type == gguf_type::text) return to.text(v.text);
    if (v.type == gguf_type::array) {
        to.u32(static_cast<std::uint32_t>(v.elements));
        to.u64(v.size());
        for (const std::string_view one : v.texts) to.text(one);
        for (const gguf_value& one : v.arrays) write_gguf_value(to, one);
    }
    to.elements(v.bytes); // of a number, or of all numbers of an array
}

} // namespace detail

/// Writes a GGUF file, version 3, in one step: a reader sees the old file or the new one, whole. What `load_gguf` gives is written back to the same
/// file, but for keys, which go by name.
///
/// Takes    keys and values; `general.alignment` among them is heeded, 32 without it; tensors, each with as many bytes as its shape says, in the
///          order of the file
/// Costs    the head; the numbers are written from where they lie.
/// Fails    `duplicate_id` for a key or a name that stands twice; `bad_argument` for one that is empty, a key above 65,535 bytes, a name above 63, which is what
///          ggml holds, an alignment that is no power of two from 8 on; `bad_utf8`; `wrong_shape` where the bytes are not those of the
///          shape, a row is no whole blocks, or there are more than four sizes; `unsupported` for a format that GGUF has not: the subject
///          names key or tensor. As `replace_file`.
/// Source   the GGUF specification of ggml.
template <file_system F>
[[nodiscard]] result<void> save_gguf(const F& fs, const std::string& path,
                                     std::span<const std::pair<std::string_view, gguf_value>> head,
                                     std::span<const tensor>                                  all) {
    const auto refuse = [&](fault what, std::string_view name) {
        return error{what, unit::none, 0, std::string(path).append(": ").append(name)};
    };
    const auto named = [&](std::string_view name, std::size_t most) -> result<void> {
        if (name.empty() || name.size() > most) return refuse(fault::bad_argument, name);
        if (unicode::first_invalid(name) != std::string_view::npos) return refuse(fault::bad_utf8, name);
        return done;
    };
    const auto twice = [&](std::vector<std::string_view> names) -> result<void> {
        std::sort(names.begin(), names.end());
        const auto same = std::adjacent_find(names.begin(), names.end());
        return same == names.end() ? result<void>(done) : refuse(fault::duplicate_id, *same);
    };
    byte_writer to;
    to.u32(0x46554747u); // "GGUF"
    to.u32(3);
    to.u64(all.size());
    to.u64(head.size());
    std::vector<std::string_view> names;
    for (const auto& [key, value] : head) {
        if (auto ok = named(key, 65535); !ok) return ok;
        names.push_back(key);
        to.text(key);
        to.u32(static_cast<std::uint32_t>(value.type));
        detail::write_gguf_value(to, value);
    }
    if (auto ok = twice(std::move(names)); !ok) return ok;
    constexpr std::string_view aligned = "general.alignment";
    const auto said = std::find_if(head.begin(), head.end(), [&](const auto& one) { return one.first == aligned; });
    const auto alignment =
        said == head.end() ? result<std::uint32_t>(32u) : gguf_metadata(path, {*said}).number<std::uint32_t>(aligned);
    if (!alignment) return alignment.error();
    if (!std::has_single_bit(*alignment) || *alignment < 8 || *alignment > 1u << 20)
        return refuse(fault::bad_argument, aligned);
    const auto gap = [&](std::uint64_t n) {
        return static_cast<std::size_t>((*alignment - n % *alignment) % *alignment);
    };

    names.clear();
    std::uint64_t at = 0;
    for (const tensor& one : all) {
        if (auto ok = named(one.name, 63); !ok) return ok;
        names.push_back(one.name);
        const auto type = detail::gguf_number_of(one.format);
        if (!type) return refuse(fault::unsupported, one.name);
        const auto count = one.shape.numbers();
        if (!count || bytes_of(one.format, *count) != one.bytes.size() || one.shape.rank() > 4 ||
            one.columns() % layout_of(one.format).numbers != 0)
            return refuse(fault::wrong_shape, one.name);
        to.text(one.name);
        to.u32(static_cast<std::uint32_t>(one.shape.rank()));
        for (const std::uint64_t size : one.shape.reversed()) to.u64(size); // the file has the fastest first
        to.u32(*type);
        to.u64(at);
        at += one.bytes.size() + gap(one.bytes.size());
    }
    if (auto ok = twice(std::move(names)); !ok) return ok;
    const std::vector<std::byte>            none(*alignment);
    std::vector<std::span<const std::byte>> pieces{to.bytes()};
    if (!all.empty()) pieces.push_back(std::span(none).first(gap(to.bytes().size())));
    for (const tensor& one : all) {
        pieces.push_back(one.bytes);
        pieces.push_back(std::span(none).first(gap(one.bytes.size())));
    }
    return replace_file(fs, path, pieces);
}

} // namespace graft::inline GRAFT_ABI
