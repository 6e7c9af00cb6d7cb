// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json_text.hpp>
#include <graft/linalg/nf4_weights.hpp>
#include <graft/simd/nf4.hpp>
#include <graft/weights/tensor.hpp>

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Weights in NF4 as the tensors in which bitsandbytes keeps them, for `save_safetensors` beside those of the rest of a model.
///
///     nf4_tensors out;
///     out.add("model.layers.0.mlp.up_proj.weight", w);
///     save_safetensors(fs, "model.safetensors", out.list());
///
/// Borrows  the weights that are added.
class nf4_tensors {
    std::deque<std::string> texts_; // names, and what is said of each weight
    std::vector<tensor>     list_;

    void add(const std::string& name, weight_format f, const tensor_shape& shape, std::span<const std::byte> bytes) {
        list_.push_back({texts_.emplace_back(name), f, shape, bytes});
    }
    void add(const std::string& name, std::span<const float> numbers) {
        add(name, weight_format::f32, {numbers.size()}, std::as_bytes(numbers));
    }

public:
    nf4_tensors()                                  = default;
    nf4_tensors(nf4_tensors&&) noexcept            = default;
    nf4_tensors& operator=(nf4_tensors&&) noexcept = default;

    [[nodiscard]] std::span<const tensor> list() const noexcept { return list_; }

    /// Takes    the name of the weight, which ends in `.weight` where transformers is to find it
    void add(const std::string& name, const nf4_weights& w) {
        const nf4_parts p = w.parts();
        add(name, weight_format::u8, {p.codes.size(), 1}, p.codes);
        add(name + ".quant_map", nf4_levels);
        std::string state = "{\"quant_type\": \"nf4\", \"blocksize\": " + std::to_string(p.block) +
                            ", \"dtype\": \"float32\", \"shape\": [" + std::to_string(w.out()) + ", " +
                            std::to_string(w.in()) + "]";
        if (p.scale_codes.empty()) {
            add(name + ".absmax", p.scales);
        } else {
            add(name + ".absmax", weight_format::u8, {p.scale_codes.size()}, p.scale_codes);
            add(name + ".nested_absmax", p.scale_sizes);
            add(name + ".nested_quant_map", p.scale_map);
            state += ", \"nested_blocksize\": " + std::to_string(p.scale_block) +
                     ", \"nested_dtype\": \"float32\", \"nested_offset\": ";
            append_json_number(state, static_cast<double>(p.offset));
        }
        const std::string& said = texts_.emplace_back(state + "}");
        add(name + ".quant_state.bitsandbytes__nf4", weight_format::u8, {said.size()}, std::as_bytes(std::span(said)));
    }
    void add(const std::string&, const nf4_weights&&) = delete; // it would borrow what is about to die
};

} // namespace graft::inline GRAFT_ABI
