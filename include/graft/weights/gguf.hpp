// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/mapped.hpp>
#include <graft/weights/gguf_metadata.hpp>
#include <graft/weights/tensors.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A GGUF file: what it says of its model, and its tensors. Moving it moves no byte.
struct gguf_file {
    gguf_metadata head;
    tensors       weights; ///< shapes as everywhere, the slowest size first: [rows, columns]
};

namespace detail {

/// A type of tensors in GGUF files, and the format it is here; none where graft does not know it.
struct gguf_tensor_type {
    std::string_view             name;
    std::optional<weight_format> format;
};
[[nodiscard]] constexpr gguf_tensor_type gguf_tensor_type_of(std::uint32_t n) noexcept {
    using w = weight_format;
    constexpr std::array<gguf_tensor_type, 40> all{{
        {"F32", w::f32},    {"F16", w::f16},    {"Q4_0", w::q4_0},  {"Q4_1", w::q4_1}, {"Q4_2", {}},    {"Q4_3", {}},
        {"Q5_0", w::q5_0},  {"Q5_1", w::q5_1},  {"Q8_0", w::q8_0},  {"Q8_1", {}},      {"Q2_K", {}},    {"Q3_K", {}},
        {"Q4_K", w::q4_k},  {"Q5_K", w::q5_k},  {"Q6_K", w::q6_k},  {"Q8_K", {}},      {"IQ2_XXS", {}}, {"IQ2_XS", {}},
        {"IQ3_XXS", {}},    {"IQ1_S", {}},      {"IQ4_NL", {}},     {"IQ3_S", {}},     {"IQ2_S", {}},   {"IQ4_XS", {}},
        {"I8", w::i8},      {"I16", w::i16},    {"I32", w::i32},    {"I64", w::i64},   {"F64", w::f64}, {"IQ1_M", {}},
        {"BF16", w::bf16},  {"Q4_0_4_4", {}},   {"Q4_0_4_8", {}},   {"Q4_0_8_8", {}},  {"TQ1_0", {}},   {"TQ2_0", {}},
        {"IQ4_NL_4_4", {}}, {"IQ4_NL_4_8", {}}, {"IQ4_NL_8_8", {}}, {"MXFP4", {}},
    }};
    return n < all.size() ? all[n] : gguf_tensor_type{};
}

/// A value of a type; after a failure the reader has failed. Arrays may hold arrays, three deep; each element takes at least a byte, so
/// that no count asks for more than the file is long.
[[nodiscard]] inline gguf_value read_gguf_value(byte_reader& r, gguf_type type, int depth = 0) {
    gguf_value v{.type = type};
    if (const std::size_t size = size_of(type); size > 0) {
        v.bytes = r.block(size);
    } else if (type == gguf_type::text) {
        v.text = r.text();
    } else if (type == gguf_type::array && depth < 3) {
        v.elements             = static_cast<gguf_type>(r.u32());
        const std::size_t each = size_of(v.elements);
        if (each > 0) {
            v.bytes = r.block(r.count(each) * each);
        } else if (v.elements == gguf_type::text) {
            const std::size_t n = r.count(8);
            v.texts.reserve(n);
            for (std::size_t i = 0; i < n && r.ok(); ++i) v.texts.push_back(r.text());
        } else if (v.elements == gguf_type::array) {
            const std::size_t n = r.count(12);
            for (std::size_t i = 0; i < n && r.ok(); ++i)
                v.arrays.push_back(read_gguf_value(r, gguf_type::array, depth + 1));
        } else r.fail(fault::unsupported);
    } else r.fail(type == gguf_type::array ? fault::too_large : fault::unsupported);
    return v;
}

[[nodiscard]] inline result<gguf_file> read_gguf(file_bytes kept, const std::string& path) {
    gguf_file   file{.head = {}, .weights = tensors(path)};
    const auto  all = file.weights.keep(std::move(kept));
    byte_reader r(all, path);
    if (r.u32() != 0x46554747u)
        return error{all.size() < 4 ? fault::truncated : fault::foreign, unit::byte, 0, path}; // "GGUF"
    const std::uint32_t version = r.u32();
    if (r.ok() && version != 2 && version != 3) {
        // Written on a machine of the other byte order, a version is large.
        const fault what = (version & 0xffffu) == 0 ? fault::unsupported
                           : version < 2            ? fault::older_format
                                                    : fault::newer_format;
        return error{what, unit::byte, 4, path};
    }
    const std::uint64_t tensor_count = r.u64();
    // A key takes at least its length, a type and a byte; a tensor its length, the number of sizes, type and place.
    const std::size_t keys = r.count(13);
    if (!r.ok() || tensor_count > r.left() / 24) return r.error(fault::truncated);

    std::vector<std::pair<std::string_view, gguf_value>> values;
    for (std::size_t i = 0; i < keys && r.ok(); ++i) {
        const std::size_t      start = r.at();
        const std::string_view key   = r.text();
        if (r.ok() && (key.empty() || key.size() > 65535)) return error{fault::malformed, unit::byte, start, path};
        const auto type = static_cast<gguf_type>(r.u32());
        values.emplace_back(key, read_gguf_value(r, type));
        if (!r.ok() && !key.empty()) {
            error why = r.error();
            why.subject.append(": ").append(key);
            return why;
        }
    }
    if (!r.ok()) return r.error();
    file.head = gguf_metadata(path, std::move(values));
    if (const auto twice = file.head.duplicate()) return file.head.refuse_key(fault::duplicate_id, *twice);
    const auto alignment = file.head.number_or<std::uint32_t>("general.alignment", 32);
    if (!alignment) return alignment.error();
    if (!std::has_single_bit(*alignment) || *alignment < 8 || *alignment > 1u << 20)
        return file.head.refuse_key(fault::malformed, "general.alignment");
    const auto aligned = [&](std::uint64_t n) { return (n + *alignment - 1) / *alignment * *alignment; };

    struct place {
        tensor        it;
        std::uint64_t offset, size;
    };
    std::vector<place> places;
    places.reserve(static_cast<std::size_t>(tensor_count));
    for (std::uint64_t i = 0; i < tensor_count; ++i) {
        place p{};
        p.it.name                = r.text();
        const std::uint32_t rank = r.u32();
        const auto          no   = [&](fault what, std::string_view say = {}) {
            return file.weights.refuse(what, std::string(p.it.name).append(say.empty() ? "" : " ").append(say));
        };
        if (!r.ok()) return r.error();
        if (p.it.name.empty() || p.it.name.size() > 1024) return error{fault::malformed, unit::byte, r.at(), path};
        if (rank > 4) return no(fault::unsupported);
        tensor_shape shape;
        for (std::uint32_t d = 0; d < rank; ++d) static_cast<void>(shape.add(r.u64()));
        const std::uint32_t type = r.u32();
        p.offset                 = r.u64();
        if (!r.ok()) return r.error();
        const gguf_tensor_type is = gguf_tensor_type_of(type);
        if (!is.format)
            return no(fault::unsupported, is.name.empty() ? "type " + std::to_string(type) : std::string(is.name));
        p.it.format      = *is.format;
        p.it.shape       = shape.reversed(); // the file has the fastest first
        const auto count = p.it.shape.numbers();
        const auto size  = count ? bytes_of(p.it.format, *count) : std::nullopt;
        // Blocks lie within a row.
        if (!size || p.it.columns() % layout_of(p.it.format).numbers != 0)
            return no(count ? fault::wrong_shape : fault::too_large, p.it.shape.text());
        p.size = *size;
        places.push_back(p);
    }
    // Behind the head, on the alignment, the tensors lie one behind the other in the order of the head, each on the alignment.
    const std::uint64_t begin = places.empty() ? r.at() : aligned(r.at());
    if (begin > all.size()) return error{fault::truncated, unit::byte, all.size(), path};
    const auto    numbers = all.subspan(static_cast<std::size_t>(begin));
    std::uint64_t next    = 0;
    for (place& p : places) {
        if (p.offset != next) return file.weights.refuse(fault::malformed, p.it.name, unit::byte, p.offset);
        if (p.offset > numbers.size() || p.size > numbers.size() - p.offset)
            return file.weights.refuse(fault::truncated, p.it.name, unit::byte, all.size());
        p.it.bytes = numbers.subspan(static_cast<std::size_t>(p.offset), static_cast<std::size_t>(p.size));
        next       = aligned(p.offset + p.size);
        file.weights.add(p.it);
    }
    const std::uint64_t end = places.empty() ? 0 : places.back().offset + places.back().size;
    if (numbers.size() > aligned(end)) return error{fault::unexpected, unit::byte, begin + aligned(end), path};
    if (auto ok = file.weights.index(); !ok) return ok.error();
    return file;
}

} // namespace detail

/// Opens a model in GGUF, version 2 or 3, little-endian.
///
/// Gives    the head by key, and every tensor with its name, format and shape. Nothing is converted; `llama` files have the rows of q and k in
///          pairs (2i, 2i + 1).
/// Costs    the head (a text array: 16 bytes an element), and the file read once, or mapped.
/// Fails    `foreign`, `older_format`, `newer_format`; `truncated` where a count, a length or a place passes the end; `unsupported` for a type of
///          value or tensor that has no name here, with the type's own name; `duplicate_id`, `wrong_shape`, `too_large`; `malformed` for an
///          alignment that is none or a tensor that does not lie where the one before ends; `unexpected` for bytes behind the last: the subject says
///          file and key or tensor. Whatever the file system gives.
/// Source   the GGUF specification of ggml.
template <readable_files F>
[[nodiscard]] result<gguf_file> load_gguf(const F& fs, const std::string& path, const open_weights& how = {}) {
    auto bytes = load_bytes(fs, path, how.map);
    if (!bytes) return bytes.error();
    return detail::read_gguf(std::move(*bytes), path);
}

} // namespace graft::inline GRAFT_ABI
