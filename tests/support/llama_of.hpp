// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/llama_folder.hpp>
#include <graft/models/read_llama.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <filesystem>

namespace test {

/// The Llama of a folder of transformers.
[[nodiscard]] inline graft::llama<float> llama_of(const std::filesystem::path& folder,
                                                  const graft::read_weights&   how = {}) {
    const graft::posix_files fs;
    graft::context           c;
    const auto               json    = graft::load_json(fs, (folder / "config.json").string()).value();
    const auto               weights = graft::load_safetensors(fs, folder.string()).value();
    const auto               config  = graft::read_llama_config(json.root()).value();
    return graft::read_llama(weights, config, graft::llama_names_of_transformers, how, c).value();
}

} // namespace test
