// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "records.hpp"

#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
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
    bool                                hashed;
    std::uint32_t                       dims;
    std::optional<graft::query_adapter> adapter;

    embedder_flags(const arguments& args, const console& say)
        : hashed(args.choice("model", {"hashed", "lsa"}) == "hashed"),
          dims(args.number_in<std::uint32_t>("dims", 1, 65'536)) {
        if (args.has("adapter"))
            adapter = say.need(graft::load_file<graft::query_adapter>(graft::posix_files{}, args.text("adapter")));
    }
};

/// Fits the embedder that the flags name on some chunks, puts the adapter on it if there is one, and calls f(embedder). LSA takes
/// fewer dims where the chunks cannot give so many, and says so.
template <class F>
auto with_embedder(const arguments& args, const console& say, const embedder_flags& flags, graft::chunks from, F&& f) {
    using namespace graft;
    context    on{threads(args.threads())};
    const auto worn = [&](const auto& embed) {
        using embedder_type = std::remove_cvref_t<decltype(embed)>;
        if (!flags.adapter) return f(embed);
        return f(say.need(adapted<embedder_type>::make(embed, *flags.adapter)));
    };
    if (flags.hashed) return worn(say.need(hashed::fit(from, {.dims = flags.dims, .seed = args.seed()}, on)));
    const auto embed = say.need(lsa::fit(from, {.dims = flags.dims, .seed = args.seed()}, on));
    if (embed.dims() < flags.dims)
        say.note("the texts allow " + std::to_string(embed.dims()) + " dims, not " + std::to_string(flags.dims));
    return worn(embed);
}

} // namespace tool
