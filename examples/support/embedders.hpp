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

#include <string>
#include <vector>

namespace tool {

/// Records as whole chunks: the title as prefix, ids from 1 in their order. Borrows the records.
inline std::vector<graft::chunk> as_chunks(const std::vector<record>& records) {
    std::vector<graft::chunk> out;
    for (const record& r : records)
        out.push_back({out.size() + 1, out.size() + 1, 0, r.text.size(), {r.title, r.text}, 0});
    return out;
}

/// Fits the embedder that `--model` names on some chunks, puts `--adapter` on it if there is one, and calls f(embedder).
/// LSA takes fewer dims where the chunks cannot give so many, and says so.
template <class F>
auto with_embedder(const arguments& args, const console& say, graft::chunks from, F&& f) {
    using namespace graft;
    const auto dims = args.number<std::uint32_t>("dims");
    const auto on   = threads(args.threads());
    const auto worn = [&](const auto& embed) {
        using embedder_type = std::remove_cvref_t<decltype(embed)>;
        if (args.text("adapter").empty()) return f(embed);
        auto adapter = say.need(load_file<query_adapter>(posix_files{}, args.text("adapter")));
        return f(say.need(adapted<embedder_type>::make(embed, std::move(adapter))));
    };
    if (args.choice("model", {"hashed", "lsa"}) == "hashed")
        return worn(say.need(hashed::fit(from, {.dims = dims, .seed = args.seed()}, on)));
    const auto embed = say.need(lsa::fit(from, {.dims = dims, .clamp = true, .seed = args.seed()}, on));
    if (embed.dims() < dims)
        say.note("the texts allow " + std::to_string(embed.dims()) + " dims, not " + std::to_string(dims));
    return worn(embed);
}

} // namespace tool
