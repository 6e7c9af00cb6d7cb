// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>
#include <graft/json/json.hpp>
#include <graft/weights/nf4_tensor.hpp>
#include <graft/weights/tensors.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI::detail {

/// The weights of a file that bitsandbytes has put into NF4: each has a tensor beside it whose bytes are JSON and say how.
class nf4_reader {
    tensors&             all_;
    std::string          name_; // of the weight
    std::optional<error> why_ = {};

    void fail(error why) {
        if (!why_) why_ = std::move(why);
    }
    /// A part of the weight: one of these formats, and so many numbers.
    tensor part(std::string_view behind, std::uint64_t numbers, weight_format f,
                std::optional<weight_format> or_else = {}) {
        const std::string name = name_ + std::string(behind);
        const tensor*     it   = all_.find(name);
        if (it == nullptr) return fail(all_.refuse(fault::absent, name)), tensor{};
        if (it->format != f && it->format != or_else) return fail(all_.refuse(fault::unsupported, name)), tensor{};
        if (it->shape.numbers() != numbers) return fail(all_.refuse(fault::wrong_shape, name)), tensor{};
        return *it;
    }
    template <class T>
    T number(json_value at) {
        const auto n = at.number<T>();
        if (!n) return fail(n.error()), T{};
        return *n;
    }
    /// A block: a power of two, as large as bitsandbytes makes them.
    std::size_t block(json_value at) {
        const auto n = number<std::uint32_t>(at);
        if (!why_ && (n < 32 || n > 4096 || (n & (n - 1)) != 0)) fail(at.refuse(fault::unsupported));
        return n;
    }

    [[nodiscard]] result<void> read(json_value state) {
        const auto kind = state.at("quant_type").text();
        if (!kind) return kind.error();
        if (*kind != "nf4") return state.at("quant_type").refuse(fault::unsupported);
        nf4_tensor t;
        t.block          = block(state.at("blocksize"));
        const auto sizes = state.at("shape").array();
        if (!sizes) return sizes.error();
        if (sizes->size() != 2) return state.at("shape").refuse(fault::unsupported);
        for (const json_value size : *sizes) t.shape.add(number<std::uint32_t>(size));
        if (why_) return *why_;
        const std::uint64_t numbers = t.shape[0] * t.shape[1], blocks = (numbers + t.block - 1) / t.block;
        t.codes  = part("", (numbers + 1) / 2, weight_format::u8);
        t.levels = part(".quant_map", 16, weight_format::f32);
        t.scales = part(".absmax", blocks, weight_format::f32, weight_format::u8);
        t.name   = t.codes.name;
        if (t.nested()) {
            t.scale_block = block(state.at("nested_blocksize"));
            t.offset      = number<float>(state.at("nested_offset"));
            if (!why_ && !is_finite(t.offset)) fail(state.at("nested_offset").refuse(fault::not_finite));
            if (why_) return *why_;
            t.scale_sizes = part(".nested_absmax", (blocks + t.scale_block - 1) / t.scale_block, weight_format::f32);
            t.scale_map   = part(".nested_quant_map", 256, weight_format::f32);
        }
        if (why_) return *why_;
        all_.describe(t);
        return done;
    }

public:
    static constexpr std::string_view suffix = ".quant_state.bitsandbytes__nf4";

    nf4_reader(tensors& all, std::string_view weight) : all_(all), name_(weight) {}

    [[nodiscard]] result<void> read() {
        const tensor* const state = all_.find(name_ + std::string(suffix));
        const auto          text =
            parse_json(state->bytes, all_.refuse(fault::bad_format, state->name).subject, {.bytes = 1 << 16});
        if (!text) return text.error();
        return read(text->root());
    }
};

/// Finds all of them, in a set that is indexed.
[[nodiscard]] inline result<void> find_nf4(tensors& all) {
    for (const tensor& one : all.list()) {
        if (!one.name.ends_with(nf4_reader::suffix)) continue;
        const std::string_view weight = one.name.substr(0, one.name.size() - nf4_reader::suffix.size());
        if (auto ok = nf4_reader(all, weight).read(); !ok) return ok;
    }
    return done;
}

} // namespace graft::inline GRAFT_ABI::detail
