// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

// A unit of `graft::kernels`, where nlohmann/json is there: JSON, and tokenizers of it.

#if !GRAFT_JSON_COMPILED

#    include <graft/json/json.hpp>
#    include <graft/tokenize/tokenizer_json.hpp>

namespace graft::inline GRAFT_ABI::detail {

[[gnu::weak]] result<json_document> compiled_json(std::string_view bytes, std::string name, const json_limits& limits) {
    return built_json(bytes, std::move(name), limits);
}
[[gnu::weak]] result<tokenizer> compiled_tokenizer_json(const json_document& file) {
    return tokenizer_json_reader::read(file);
}

} // namespace graft::inline GRAFT_ABI::detail

#endif
