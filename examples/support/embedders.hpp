// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "any_embedder.hpp"
#include "catalogue.hpp"
#include "console.hpp"
#include "models.hpp"
#include "records.hpp"

#include <graft/adapt/query_adapter.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tool {

/// What `--model`, `--dims` and `--adapter` say, read before any work.
struct embedder_flags {
    std::string                         model;   ///< `hashed`, `lsa`, or where a model lies
    std::string                         weights; ///< f32, bf16 or i8
    std::uint32_t                       dims;
    std::optional<graft::query_adapter> adapter;
    std::string                         beside;        ///< a PEFT folder beside the model, or empty
    bool                                alone = false; ///< whether it is for questions alone

    embedder_flags(const arguments& args, const console& say)
        : model(args.text("model")), weights(args.choice("weights", {"f32", "bf16", "i8"})),
          dims(args.number_in<std::uint32_t>("dims", 1, 65'536)) {
        args.require((model != "hashed" && model != "lsa") || weights == "f32",
                     "--weights has no meaning with --model " + model);
        if (model != "hashed" && model != "lsa") model = model_path(args, say, "model");
        std::error_code ignored;
        if (args.has("adapter") && std::filesystem::is_directory(args.text("adapter"), ignored)) {
            beside = args.text("adapter"), alone = args.has("questions-alone");
            args.require(model != "hashed" && model != "lsa",
                         "--adapter names a folder, which is for a sentence encoder: --model");
        } else if (args.has("adapter"))
            adapter = say.need(graft::load_file<graft::query_adapter>(graft::posix_files{}, args.text("adapter")));
    }
};

/// A model for vectors from whatever a path names: a file of word vectors, a folder of a static table, else one of a sentence encoder.
///
/// Takes    a PEFT folder that a sentence encoder is to have beside it, or none; whether for questions alone
/// Fails    `unsupported` where weights that are only looked up are to be held otherwise than as floats, or to have an adapter
graft::result<any_embedder> open_embedder(const std::string& path, graft::context& c,
                                          graft::weights_as  as     = graft::weights_as::floats,
                                          const std::string& beside = {}, bool alone = false);

/// The embedder that the flags name: a model, of which `--dims` takes the first numbers, or one that is fitted on some chunks. LSA takes
/// fewer dims where the chunks cannot give so many, and says so. With the adapter, where there is one.
any_embedder ready_embedder(const arguments& args, const console& say, const embedder_flags& flags, graft::chunks from);

} // namespace tool
