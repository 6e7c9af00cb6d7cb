// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/base/result.hpp>
#include <graft/models/read_weights.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace tool {

/// Where the model lies that a flag names: a file or folder, or one of those that `examples/models.sh` brings, by its name.
/// `examples/run.sh` brings it before the tool begins. Ends the program where there is none.
inline std::string model_path(const arguments& args, const console& say, std::string_view flag) {
    const std::string path = args.text(flag);
    std::error_code   ignored;
    args.require(!path.empty(),
                 "--" + std::string(flag) + " names a model: a file, a folder, or a name of examples/models.sh");
    if (std::filesystem::exists(path, ignored)) return path;
    if (path == "minilm" || path == "smollm2" || path == "e5") {
        const char* const home = std::getenv("GRAFT_MODELS");
        const auto        at   = std::filesystem::path(home != nullptr ? home : "build/models") / path;
        if (std::filesystem::exists(at, ignored)) return at.string();
        say.report({graft::fault::not_found, graft::unit::none, 0, path},
                   path + ": it is not there; examples/models.sh " + path + " brings it");
    } else say.report({graft::fault::not_found, graft::unit::none, 0, path});
    std::exit(exit_failed);
}

/// How a model is to hold its weights, as `--weights` says.
[[nodiscard]] inline graft::weights_as weights_said(const std::string& how) {
    return how == "bf16"  ? graft::weights_as::bf16
           : how == "i8"  ? graft::weights_as::int8
           : how == "f32" ? graft::weights_as::floats
           : how == "nf4" ? graft::weights_as::nf4
                          : graft::weights_as::filed;
}

} // namespace tool
