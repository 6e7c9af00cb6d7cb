// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "any_embedder.hpp"
#include "console.hpp"
#include "models.hpp"
#include "records.hpp"

#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/static_table_folder.hpp>
#include <graft/embed/word_vectors.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tool {

/// Records as whole chunks: the title as prefix, ids from 1 in their order. Borrows the records.
inline std::vector<graft::chunk> as_chunks(const std::vector<record>& records) {
    std::vector<graft::chunk> out;
    for (const record& r : records)
        out.push_back({graft::chunk_id{out.size() + 1},
                       graft::document_id{out.size() + 1},
                       0,
                       r.text.size(),
                       {r.title, r.text},
                       0});
    return out;
}

/// What `--model`, `--dims` and `--adapter` say, read before any work.
struct embedder_flags {
    std::string                         model; ///< `hashed`, `lsa`, or where a model lies
    std::uint32_t                       dims;
    std::optional<graft::query_adapter> adapter;

    embedder_flags(const arguments& args, const console& say)
        : model(args.text("model")), dims(args.number_in<std::uint32_t>("dims", 1, 65'536)) {
        if (model != "hashed" && model != "lsa") model = model_path(args, say, "model");
        if (args.has("adapter"))
            adapter = say.need(graft::load_file<graft::query_adapter>(graft::posix_files{}, args.text("adapter")));
    }
};

/// A model for vectors from whatever a path names: a file of word vectors, a folder of a static table, else one of a sentence encoder.
inline graft::result<any_embedder> open_embedder(const std::string& path, graft::context& c) {
    using namespace graft;
    const posix_files fs;
    std::error_code   ignored;
    const auto        any = [](auto made) -> result<any_embedder> {
        if (!made) return made.error();
        return any_embedder(std::move(*made));
    };
    if (std::filesystem::is_regular_file(path, ignored)) return any(load_word_vectors(fs, path, {.map = true}));
    const auto modules = load_modules(fs, path);
    if (!modules) return modules.error();
    const auto config = detail::optional_json(fs, path_of(path, "config.json"));
    if (!config) return config.error();
    const auto kind = *config ? (*config)->at("model_type").text_or("") : result<std::string_view>("");
    if ((!modules->items.empty() && modules->items[0].kind == "StaticEmbedding") || (kind && *kind == "model2vec"))
        return any(load_static_table(fs, path, c));
    return any(load_sentence_encoder(fs, path, c));
}

/// The embedder that the flags name: a model, of which `--dims` takes the first numbers, or one that is fitted on some chunks. LSA takes
/// fewer dims where the chunks cannot give so many, and says so. With the adapter, where there is one.
inline any_embedder ready_embedder(const arguments& args, const console& say, const embedder_flags& flags,
                                   graft::chunks from) {
    using namespace graft;
    context    on{threads(args.threads())};
    const auto plain = [&]() -> any_embedder {
        if (flags.model == "hashed")
            return any_embedder(say.need(hashed::fit(from, {.dims = flags.dims, .seed = args.seed()}, on)));
        if (flags.model == "lsa") {
            auto embed = say.need(lsa::fit(from, {.dims = flags.dims, .seed = args.seed()}, on));
            if (embed.dims() < flags.dims)
                say.note("the texts allow " + std::to_string(embed.dims()) + " dims, not " +
                         std::to_string(flags.dims));
            return any_embedder(std::move(embed));
        }
        stopwatch    clock;
        any_embedder whole = say.need(open_embedder(flags.model, on));
        if (args.timing()) say.note("read the model in " + std::to_string(clock.lap()) + " ms");
        if (!args.has("dims") || flags.dims == whole.dims()) return whole;
        return any_embedder(say.need(matryoshka<any_embedder>::make(whole, flags.dims)));
    };
    const any_embedder embed = plain();
    if (!flags.adapter) return embed;
    return any_embedder(say.need(adapted<any_embedder>::make(embed, *flags.adapter)));
}

} // namespace tool
