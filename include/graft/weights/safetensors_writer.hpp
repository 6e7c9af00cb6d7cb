// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/json/json_text.hpp>
#include <graft/store/io.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/weights/tensor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The order of formats in a file: the widest first, so that every number lies on its own boundary.
[[nodiscard]] inline int safetensors_order(weight_format f) noexcept {
    using w = weight_format;
    constexpr std::array order{w::u64,         w::i64,     w::f64,     w::c64,     w::f32, w::u32,
                               w::i32,         w::bf16,    w::f16,     w::u16,     w::i16, w::f8_e5m2fnuz,
                               w::f8_e4m3fnuz, w::f8_e8m0, w::f8_e4m3, w::f8_e5m2, w::i8,  w::u8,
                               w::f6_e3m2,     w::f6_e2m3, w::f4,      w::boolean};
    return static_cast<int>(std::find(order.begin(), order.end(), f) - order.begin());
}

} // namespace detail

/// Writes tensors as a safetensors file, in one step: a reader sees the old file or the new one, whole. The bytes are those that the
/// reference writes: sorted by the width of their numbers, then by name.
///
/// Takes    tensors in any order, each with as many bytes as its shape says; `metadata`, kept in its order.
/// Costs    the header; the numbers are written from where they lie.
/// Fails    `duplicate_id`, `bad_argument` for a name that is `__metadata__`, `bad_utf8` for a name or metadata, `wrong_shape` where the bytes are not those of
///          the shape, `unsupported` for block formats, which the format has not: the subject names the tensor. As `replace_file`.
template <file_system F>
[[nodiscard]] result<void> save_safetensors(const F& fs, const std::string& path, std::span<const tensor> all,
                                            std::span<const std::pair<std::string, std::string>> metadata = {}) {
    std::vector<const tensor*> sorted;
    for (const tensor& one : all) sorted.push_back(&one);
    std::sort(sorted.begin(), sorted.end(), [](const tensor* a, const tensor* b) {
        const int left = detail::safetensors_order(a->format), right = detail::safetensors_order(b->format);
        return left != right ? left < right : a->name < b->name;
    });
    const auto refuse = [&](fault what, std::string_view name) {
        return error{what, unit::none, 0, std::string(path).append(": ").append(name)};
    };
    std::vector<std::string_view> names;
    std::string                   header = "{";
    if (!metadata.empty()) {
        header += "\"__metadata__\":{";
        for (const auto& [key, value] : metadata) {
            if (unicode::first_invalid(key) != std::string_view::npos ||
                unicode::first_invalid(value) != std::string_view::npos)
                return refuse(fault::bad_utf8, "__metadata__");
            if (header.back() != '{') header += ',';
            append_json_text(header, key);
            header += ':';
            append_json_text(header, value);
        }
        header += '}';
    }
    std::vector<std::span<const std::byte>> pieces(2);
    std::uint64_t                           at = 0;
    for (const tensor* one : sorted) {
        if (one->name == "__metadata__") return refuse(fault::bad_argument, one->name);
        if (unicode::first_invalid(one->name) != std::string_view::npos) return refuse(fault::bad_utf8, one->name);
        if (in_blocks(one->format)) return refuse(fault::unsupported, one->name);
        const auto count = one->shape.numbers();
        if (!count || bytes_of(one->format, *count) != one->bytes.size()) return refuse(fault::wrong_shape, one->name);
        names.push_back(one->name);
        if (header.size() > 1) header += ',';
        append_json_text(header, one->name);
        header.append(":{\"dtype\":\"").append(name(one->format)).append("\",\"shape\":[");
        for (std::size_t i = 0; i < one->shape.rank(); ++i)
            header.append(i == 0 ? "" : ",").append(std::to_string(one->shape[i]));
        header.append("],\"data_offsets\":[").append(std::to_string(at)).append(",");
        at += one->bytes.size();
        header.append(std::to_string(at)).append("]}");
        pieces.push_back(one->bytes);
    }
    std::sort(names.begin(), names.end());
    if (const auto same = std::adjacent_find(names.begin(), names.end()); same != names.end())
        return refuse(fault::duplicate_id, *same);
    header += '}';
    header.append((8 - header.size() % 8) % 8, ' ');
    std::array<std::byte, 8> length;
    for (unsigned i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(std::uint64_t{header.size()} >> (8 * i));
    pieces[0] = length;
    pieces[1] = std::as_bytes(std::span(header));
    return replace_file(fs, path, pieces);
}

} // namespace graft::inline GRAFT_ABI
