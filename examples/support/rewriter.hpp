// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.hpp"
#include "console.hpp"
#include "models.hpp"

#include <graft/base/executor.hpp>
#include <graft/flow/stage.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/store/posix.hpp>

#include <optional>
#include <string_view>

namespace tool {

/// Who says questions again before they are searched, as `--rewrite` and `--rewrite-adapter` name it; nobody without. A stage that can be copied: it borrows
/// itself.
class rewriter {
    std::optional<graft::decoder> model_;

public:
    rewriter(const arguments& args, const console& say) {
        args.require(!args.has("rewrite-adapter") || args.has("rewrite"),
                     "--rewrite-adapter has no meaning without --rewrite");
        if (!args.has("rewrite")) return;
        graft::context c{graft::threads(args.threads())};
        model_ = say.need(graft::load_decoder(graft::posix_files{}, model_path(args, say, "rewrite"),
                                              {.adapter = args.text("rewrite-adapter")}, c));
    }
    rewriter(rewriter&&) = delete;

    [[nodiscard]] graft::result<graft::query> operator()(const graft::query& q, graft::context& c) const {
        if (!model_) return q;
        return graft::rewrite(*model_)(q, c);
    }
};

/// The same as a part of a pipeline.
struct rewritten_by {
    using stage_concept                    = graft::stage_tag;
    static constexpr std::string_view name = "rewrite";
    const rewriter*                   by;
    graft::result<graft::query>       operator()(const graft::query& q, graft::context& c) const { return (*by)(q, c); }
};

} // namespace tool
