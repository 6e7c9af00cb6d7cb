// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/split_documents.hpp>
#include <graft/knowledge/embedder_fit.hpp>
#include <graft/knowledge/knowledge_params.hpp>
#include <graft/schema/ingest.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Documents and what was made of them, together at one moment: what `knowledge` answers from, and how the next comes about.
///
/// Each is made of the one before, which stays as it is: they share the documents, chunks, postings, vectors and embedder
/// that did not change.
template <embedder Embedder, class Vectors, class Words>
struct knowledge_parts {
    using embedding_by = embedder_fit<Embedder>;

    corpus                             docs;
    std::shared_ptr<const chunk_store> chunks = std::make_shared<const chunk_store>();
    std::shared_ptr<const Embedder>    embed; ///< none where it is fitted and the documents hold no word
    Vectors                            vectors{1};
    Words                              words;
    std::vector<document_id>           records;        ///< ids of the documents that are in no folder, ascending
    std::string                        folder;         ///< where the others came from
    std::uint64_t                      fitted = 0;     ///< chunks that the embedder was fitted on
    std::uint64_t                      folded = 0;     ///< chunks added since
    bool                               cut    = true;  ///< by the chunker of now; false: only the recipe can tell
    bool                               stale  = false; ///< the vectors are not by the embedder, or not there

    static constexpr std::string_view last_part = "words"; ///< the one that `save` puts last, and always

    /// The state of a saved index that is no part of graft's.
    struct origin {
        static constexpr std::string_view kind   = "ask-origin"; // as version 0.1 of the tool `ask` named it
        static constexpr std::uint32_t    format = 2;

        std::string   folder = {};
        std::uint64_t fitted = 0, folded = 0;

        void save(byte_writer& to) const {
            to.header(kind, format);
            to.text(folder);
            to.u64(fitted);
            to.u64(folded);
        }
        [[nodiscard]] static result<origin> load(byte_reader& from) {
            origin o;
            static_cast<void>(from.header(kind, format)); // 0.1 wrote none, and the same behind it
            o.folder = from.text();
            o.fitted = from.u64();
            o.folded = from.u64();
            return o;
        }
    };
    /// Ids of documents. A part of its own, which an index of a folder alone does not have.
    struct id_list {
        static constexpr std::string_view kind   = "knowledge-records";
        static constexpr std::uint32_t    format = 1;

        std::vector<document_id> ids = {};

        void save(byte_writer& to) const {
            to.header(kind, format);
            to.array(ids);
        }
        [[nodiscard]] static result<id_list> load(byte_reader& from) {
            static_cast<void>(from.header(kind, format));
            id_list r{from.template array<document_id>()};
            if (std::adjacent_find(r.ids.begin(), r.ids.end(), [](auto a, auto b) { return a >= b; }) != r.ids.end())
                return from.error(fault::malformed);
            return r;
        }
    };

    /// Nothing yet, to be embedded by `ready`: empty where the embedder is to be fitted.
    [[nodiscard]] static knowledge_parts nothing(std::shared_ptr<const Embedder> ready) {
        knowledge_parts made;
        if (ready != nullptr) made.vectors = Vectors(ready->dims());
        made.embed = std::move(ready);
        return made;
    }

    struct step;

    /// The same over other documents: cuts and embeds what is new, forgets what is gone. A fitted embedder is fitted anew, and
    /// everything embedded again, once more than half as much was added as it was fitted on; so is everything where the
    /// embedder is another one.
    ///
    /// Fails    as the chunker, the embedder, the indices; stopped, timed_out. This one is as it was.
    template <class Params>
    [[nodiscard]] result<step> next(corpus now, std::vector<document_id> in_no_folder, const Params& how,
                                    context& c) const {
        if (auto ok = c.alive(); !ok) return ok.error();
        step             one;
        knowledge_parts& made = one.parts;
        made.records          = std::move(in_no_folder);
        made.folder           = how.folder;
        const auto a = now.documents(), b = docs.documents();
        one.seen.documents = !std::equal(a.begin(), a.end(), b.begin(), b.end());
        made.docs          = std::move(now);

        std::optional<chunk_changes> what;
        if (one.seen.documents || !(cut || up_to_date(how))) {
            auto after = update(*chunks, made.docs, how.chunker, how.split, c);
            if (!after) return after.error();
            one.seen.added   = after->added.size();
            one.seen.removed = after->removed.size();
            one.seen.reused  = after->reused;
            one.seen.moved   = after->moved;
            made.chunks      = std::make_shared<const chunk_store>(std::move(after->after));
            what             = std::move(*after);
            one.seen.documents |= made.chunks->recipe() != chunks->recipe();
        } else {
            made.chunks     = chunks;
            one.seen.reused = chunks->size();
        }
        if (auto ok = c.alive(); !ok) return ok.error();
        one.seen.refitted = stale || outgrown(one.seen.added);
        if (auto ok = one.seen.refitted ? made.embed_all(*this, how, c) : made.embed_new(*this, what, c); !ok)
            return ok.error();
        if (what && one.seen.refitted)
            if (auto ok = ingest(index_into(made.words))(what->view(), c); !ok) return ok.error();
        return one;
    }

    /// Saves it as the next generation; parts that did not change are shared with the one before.
    template <class Store>
    [[nodiscard]] result<std::uint64_t> save(Store& to) const {
        auto next = to.begin();
        next.put("origin", origin{folder, fitted, folded}).put("text", docs).put("passages", *chunks);
        if (!records.empty()) next.put("records", id_list{records});
        if constexpr (embedding_by::fitted)
            if (embed) next.put("embedder", *embed, embed->fingerprint());
        if (embed) next.put("vectors", vectors, embed->fingerprint());
        next.put(last_part, words);
        return next.commit();
    }

    /// Opens what was saved.
    ///
    /// Takes    `ready`, the embedder, empty where it is stored.
    /// Fails    as the parts; `other_embedder` where vectors and stored embedder do not belong together.
    [[nodiscard]] static result<knowledge_parts> open(const snapshot& from, std::shared_ptr<const Embedder> ready) {
        auto whence = from.read<origin>("origin");
        if (!whence) return whence.error();
        auto docs = from.read<corpus>("text");
        if (!docs) return docs.error();
        auto store = from.read<chunk_store>("passages", *docs);
        if (!store) return store.error();
        auto words = from.read<Words>(last_part);
        if (!words) return words.error();
        knowledge_parts made = nothing(std::move(ready));
        made.folder          = std::move(whence->folder);
        made.fitted = whence->fitted, made.folded = whence->folded;
        made.docs   = std::move(*docs);
        made.chunks = std::make_shared<const chunk_store>(std::move(*store));
        made.words  = std::move(*words);
        made.cut    = false;
        if (from.has("records")) {
            auto ids = from.read<id_list>("records");
            if (!ids) return ids.error();
            made.records = std::move(ids->ids);
        }
        if constexpr (embedding_by::fitted) {
            made.stale = !from.has("embedder") && from.has("vectors"); // by an embedder that was not stored
            if (!from.has("embedder")) return made;
            auto embed = from.read<Embedder>("embedder");
            if (!embed) return embed.error();
            made.embed = std::make_shared<const Embedder>(std::move(*embed));
        } else if (const auto* part = from.find("vectors");
                   part == nullptr || part->about.fingerprint != made.embed->fingerprint()) {
            made.stale = part != nullptr || !made.chunks->empty();
            return made;
        }
        auto vectors = from.read<Vectors>("vectors");
        if (!vectors) return vectors.error();
        made.vectors = std::move(*vectors);
        if (made.vectors.made_by() != 0 && made.vectors.made_by() != made.embed->fingerprint())
            return error{fault::other_embedder, unit::none, 0, "vectors"};
        return made;
    }

private:
    template <class Params>
    [[nodiscard]] bool up_to_date(const Params& how) const {
        return chunks->recipe() != 0 && chunks->recipe() == recipe_of(how.chunker, how.split);
    }
    [[nodiscard]] bool outgrown(std::size_t added) const noexcept {
        if constexpr (embedding_by::fitted) return added > 0 && (!embed || 2 * (folded + added) > fitted);
        else return false;
    }

    /// Takes the indices of `before`, and in what changed.
    result<void> embed_new(const knowledge_parts& before, const std::optional<chunk_changes>& what, context& c) {
        embed   = before.embed;
        vectors = before.vectors.pin();
        words   = before.words.pin();
        fitted = before.fitted, folded = before.folded;
        if (!what || (what->added.empty() && what->removed.empty())) return done;
        folded += embedding_by::fitted ? what->added.size() : 0;
        if (!embed) {
            if (auto ok = ingest(index_into(words))(what->view(), c); !ok) return ok.error();
            return done;
        }
        if (auto ok = ingest(*embed | index_into(vectors), index_into(words))(what->view(), c); !ok) return ok.error();
        return done;
    }
    /// Takes the words of `before`, and embeds every chunk.
    template <class Params>
    result<void> embed_all(const knowledge_parts& before, const Params& how, context& c) {
        words = before.words.pin();
        if constexpr (embedding_by::fitted) {
            auto made = embedding_by::fit(*chunks, how.embedder, c);
            if (!made) return made.error();
            embed  = std::move(*made);
            fitted = chunks->size(), folded = 0;
        } else embed = before.embed;
        if (!embed) return done;
        vectors = Vectors(embed->dims());
        if (auto ok = ingest(*embed | index_into(vectors))(*chunks, c); !ok) return ok.error();
        return done;
    }
};

/// The next one, and how it differs from the one before.
template <embedder Embedder, class Vectors, class Words>
struct knowledge_parts<Embedder, Vectors, Words>::step {
    knowledge_parts   parts;
    knowledge_changes seen;
};

} // namespace graft::inline GRAFT_ABI
