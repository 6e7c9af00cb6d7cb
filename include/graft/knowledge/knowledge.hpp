// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/flow.hpp>
#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>
#include <graft/knowledge/document_fields.hpp>
#include <graft/knowledge/knowledge_parts.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A pipeline that keeps alive what it asks: it goes on answering from the same documents, whatever changes meanwhile. It can
/// be copied and stands in a `|`.
///
/// Gives    what borrows the context, and the documents that it keeps alive: good for as long as both live.
template <class Out>
class pinned_flow : public pipeline<pinned_flow<Out>, types<query>> {
    std::shared_ptr<const any_flow<query, Out>> of_;

public:
    static constexpr std::string_view name = "knowledge";

    explicit pinned_flow(std::shared_ptr<const any_flow<query, Out>> of) : of_(std::move(of)) {}

    [[nodiscard]] result<Out>              run(const query& q, context& c) const { return of_->run(q, c); }
    [[nodiscard]] std::vector<result<Out>> run_each(std::span<const query> q, context& c) const {
        return of_->run_each(q, c);
    }
};

/// All that an answer comes from, at one moment, and the standard way to it. It never changes: `knowledge_base::pin` gives the
/// newest, and whoever holds it keeps it alive. Any number of threads may use one.
///
/// Borrows  nothing.
template <embedder Embedder, class Vectors, class Words>
class knowledge : public std::enable_shared_from_this<knowledge<Embedder, Vectors, Words>> {
public:
    using parts = knowledge_parts<Embedder, Vectors, Words>;

    template <class Params>
    knowledge(parts of, const Params& how)
        : of_(std::move(of)), fields_(*of_.chunks), retrieve_(searches(how.hits, how.support)), ask_(answers(how)) {}
    knowledge(const knowledge&)            = delete;
    knowledge& operator=(const knowledge&) = delete;

    [[nodiscard]] const corpus&      documents() const noexcept { return of_.docs; }
    [[nodiscard]] const chunk_store& chunks() const noexcept { return *of_.chunks; }
    /// The chunks as filters see them: with `name`, `path`, `type` and `modified` of their document beside its metadata.
    [[nodiscard]] const fields_of_chunks& fields() const noexcept { return fields_; }
    /// Null where it is fitted to the documents, and they hold no word.
    [[nodiscard]] const Embedder*    embedder() const noexcept { return of_.embed.get(); }
    [[nodiscard]] const Vectors&     vectors() const noexcept { return of_.vectors; }
    [[nodiscard]] const Words&       words() const noexcept { return of_.words; }
    [[nodiscard]] const std::string& folder() const noexcept { return of_.folder; }
    /// Whether a document is in no folder: `knowledge_base::add` brought it.
    [[nodiscard]] bool is_record(const document& d) const noexcept {
        return std::binary_search(of_.records.begin(), of_.records.end(), d.id);
    }
    [[nodiscard]] const parts& all() const noexcept { return of_; }

    /// `narrow(fields()) | hybrid(embedder | search(vectors), search(words)) | rerank(chunks())`; without an embedder, the search
    /// by words alone.
    [[nodiscard]] pinned_flow<retrieved> retrieve() const {
        return pinned_flow<retrieved>(
            std::shared_ptr<const any_flow<query, retrieved>>(this->shared_from_this(), &retrieve_));
    }
    /// `retrieve() | threshold | prompt_from(chunks()) | extractive`, as the knowledge base was told.
    [[nodiscard]] pinned_flow<answer> ask() const {
        return pinned_flow<answer>(std::shared_ptr<const any_flow<query, answer>>(this->shared_from_this(), &ask_));
    }
    /// The same without a pin, for who holds this anyway.
    [[nodiscard]] result<answer> ask(const query& q, context& c) const { return ask_.run(q, c); }

private:
    parts                      of_;
    fields_of_chunks           fields_;
    any_flow<query, retrieved> retrieve_;
    any_flow<query, answer>    ask_;

    /// The analyser of the words, with which sentences have to be read as well.
    [[nodiscard]] auto analyser() const {
        if constexpr (requires { of_.words.analyser(); }) return of_.words.analyser();
        else return analyzer{};
    }
    [[nodiscard]] any_flow<query, retrieved> searches(std::size_t hits, const support_model& support) const {
        const auto by_words = search(of_.words, hits);
        const auto read     = rerank(*of_.chunks, {.support = support}, analyser());
        if (!of_.embed) return narrow(fields_) | by_words | read;
        return narrow(fields_) | hybrid(*of_.embed | search(of_.vectors, hits), by_words) | read;
    }
    template <class Params>
    [[nodiscard]] any_flow<query, answer> answers(const Params& how) const {
        // Borrowed: a pin of itself would never be let go.
        const auto searching = [this](const query& q, context& c) { return retrieve_.run(q, c); };
        return pipe(searching, threshold{how.threshold},
                    prompt_from(*of_.chunks, {.budget = how.budget, .sources = how.sources}),
                    basic_extractive<decltype(analyser())>{.analyse = analyser()});
    }
};

} // namespace graft::inline GRAFT_ABI
