// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/llama_gguf.hpp>
#include <graft/models/unfrozen_llama.hpp>
#include <graft/store/io.hpp>
#include <graft/weights/gguf_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Writes a GGUF file as the base's with the numbers of another model of its shape: what full tuning gives (`fit_weights`). The tokeniser and all else that
/// the file says of its model goes with it; its blocks of few bits become floats.
///
/// Takes    `base`, the file of the model; `path`, another one; `as`: F32, which keeps every bit, F16 or BF16; norms and biases stay F32
/// Costs    four bytes a number with F32, of a file in four bits eight times its size
/// Fails    `bad_argument` where both are one; `unsupported` for a model whose rows lie in another order, as one of a folder of transformers; as `load_gguf`,
///          `read_llama_config`, `with_weights`, `save_gguf`
template <file_system F>
[[nodiscard]] result<void> save_unfrozen_gguf(const F& fs, const std::string& base, const unfrozen_llama<float>& m,
                                              const std::string& path, weight_format as, context& c) {
    const auto here = fs.look(base), there = fs.look(path);
    if (here && there && here->stamp == there->stamp && here->mtime == there->mtime)
        return error{fault::bad_argument, unit::none, 0, path};
    const auto file = load_gguf(fs, base, {.map = true});
    if (!file) return file.error();
    const auto config = read_llama_config(*file);
    if (!config) return config.error();
    if (config->layout != m.config.layout) return file->weights.refuse(fault::unsupported, "the order of rows");
    const auto made = with_weights(file->weights, m, llama_names_of_gguf, {.as = as, .vectors_too = false}, c);
    if (!made) return made.error();
    gguf_fields                changed; // what says of how many bits the numbers are
    constexpr std::string_view kind = "general.file_type";
    changed.number<std::uint32_t>(kind, as == weight_format::f32 ? 0 : as == weight_format::f16 ? 1 : 32);
    std::vector<std::pair<std::string_view, gguf_value>> head(file->head.list().begin(), file->head.list().end());
    for (auto& [key, value] : head)
        if (key == kind) value = changed.list().front().second;
    return save_gguf(fs, path, head, made->list);
}

} // namespace graft::inline GRAFT_ABI
