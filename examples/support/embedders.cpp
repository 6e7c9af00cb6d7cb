// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "embedders.hpp"

#include <graft/embed/adapted.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/static_table_folder.hpp>
#include <graft/embed/word_vectors.hpp>

#include <filesystem>
#include <string>
#include <utility>

// Compiled once for the tools that embed.
namespace tool {

using namespace graft;

result<any_embedder> open_embedder(const std::string& path, context& c, weights_as as, const std::string& beside,
                                   bool alone) {
    const posix_files fs;
    std::error_code   ignored;
    const auto        any = [](auto made) -> result<any_embedder> {
        if (!made) return made.error();
        return any_embedder(std::move(*made));
    };
    const error table{fault::unsupported, unit::none, 0,
                      path + (beside.empty() ? ": a table, whose weights are floats"
                                             : ": a table, which takes no updates beside it")};
    const bool  looked_up = as == weights_as::floats && beside.empty();
    if (std::filesystem::is_regular_file(path, ignored))
        return looked_up ? any(load_word_vectors(fs, path, {.map = true})) : table;
    const auto modules = load_modules(fs, path);
    if (!modules) return modules.error();
    const auto config = detail::optional_json(fs, path_of(path, "config.json"));
    if (!config) return config.error();
    const auto kind = *config ? (*config)->at("model_type").text_or("") : result<std::string_view>("");
    if ((!modules->items.empty() && modules->items[0].kind == "StaticEmbedding") || (kind && *kind == "model2vec"))
        return looked_up ? any(load_static_table(fs, path, c)) : table;
    return any(
        load_sentence_encoder(fs, path, c, {.weights = {.as = as}, .adapter = beside, .questions_alone = alone}));
}

any_embedder ready_embedder(const arguments& args, const console& say, const embedder_flags& flags, chunks from) {
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
        any_embedder whole =
            say.need(open_embedder(flags.model, on, weights_said(flags.weights), flags.beside, flags.alone));
        if (args.timing()) say.note("read the model in " + std::to_string(clock.lap()) + " ms");
        if (!args.has("dims") || flags.dims == whole.dims()) return whole;
        return any_embedder(say.need(matryoshka<any_embedder>::make(whole, flags.dims)));
    };
    const any_embedder embed = plain();
    if (!flags.adapter) return embed;
    return any_embedder(say.need(adapted<any_embedder>::make(embed, *flags.adapter)));
}

} // namespace tool
