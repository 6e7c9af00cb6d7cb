// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/load/folder.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/store/posix.hpp>
#include <graft/store/store.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tool {

using namespace graft;

/// A folder of documents, ready to be asked: what `ask` keeps in its index. Everything in it is graft's; this is how the parts
/// are put together, and in which order they change.
struct bookcase {
    corpus             docs;
    chunk_store        chunks;
    std::optional<lsa> embed; ///< none where the documents hold no word
    hnsw<cosine>       nearest{1};
    bm25               words;
    std::string        folder;     ///< where the documents came from
    std::uint64_t      fitted = 0; ///< chunks that the embedder was fitted on
    std::uint64_t      folded = 0; ///< chunks added since

    static constexpr std::uint32_t    dims      = 256;
    static constexpr std::string_view last_part = "words"; ///< the one that `save` puts last, and always

    /// What a refresh found.
    struct changes {
        std::size_t added = 0, removed = 0, reused = 0, moved = 0;
        bool        refitted = false;
        bool        documents =
            false; ///< a document is another object: its text, metadata or times changed; or it is cut anew

        /// Whether there is something to save.
        [[nodiscard]] bool any() const noexcept { return documents || refitted; }
    };

    /// The remaining state of the index that is not a part of graft's: where it came from.
    struct origin {
        static constexpr std::string_view kind   = "ask-origin";
        static constexpr std::uint32_t    format = 2;

        std::string   folder;
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

    /// Loads, cuts, fits and indexes a folder.
    [[nodiscard]] static result<bookcase> build(const std::string& folder, context& c) {
        bookcase made;
        made.folder = folder;
        auto docs   = load_folder(folder);
        if (!docs) return docs.error();
        made.docs   = std::move(*docs);
        auto chunks = split_documents(made.docs, markdown{}, {}, c.executor);
        if (!chunks) return chunks.error();
        made.chunks = std::move(*chunks);
        if (auto ok = made.refit(c); !ok) return ok.error();
        return made;
    }

    /// Opens what was saved.
    template <class Store>
    [[nodiscard]] static result<bookcase> open(const Store& from) {
        bookcase made;
        auto     whence = from.template read<origin>("origin");
        if (!whence) return whence.error();
        made.folder = whence->folder, made.fitted = whence->fitted, made.folded = whence->folded;
        auto docs = from.template read<corpus>("text");
        if (!docs) return docs.error();
        made.docs   = std::move(*docs);
        auto chunks = from.template read<chunk_store>("passages", made.docs);
        if (!chunks) return chunks.error();
        made.chunks = std::move(*chunks);
        auto words  = from.template read<bm25>("words");
        if (!words) return words.error();
        made.words = std::move(*words);
        if (!from.has("embedder")) return made;
        auto embed = from.template read<lsa>("embedder");
        if (!embed) return embed.error();
        made.embed   = std::move(*embed);
        auto nearest = from.template read<hnsw<cosine>>("vectors");
        if (!nearest) return nearest.error();
        made.nearest = std::move(*nearest);
        if (made.nearest.made_by() != 0 && made.nearest.made_by() != made.embed->fingerprint())
            return error{fault::other_embedder, unit::none, 0, "vectors"};
        return made;
    }

    /// Brings it up to the folder: embeds what is new, forgets what is gone, in both indices or in none. The embedder is fitted
    /// anew, and everything embedded again, once more than half as much was added as it was fitted on.
    ///
    /// Fails    as `load_folder`; it stays as it was. `no_input` where not one document is left, whatever else lies there: a disk
    ///          that is not mounted looks so, and to forget them all is to remove the index.
    [[nodiscard]] result<changes> refresh(context& c) {
        auto now = load_folder(folder, {}, &docs);
        if (!now) return now.error();
        const bool same_documents = std::equal(now->documents().begin(), now->documents().end(),
                                               docs.documents().begin(), docs.documents().end());
        if (same_documents && chunks.recipe() == recipe_of(markdown{}, {})) {
            docs = std::move(*now); // the same documents, with the reports of today
            return changes{.reused = chunks.size()};
        }
        auto next = update(chunks, *now, markdown{}, {}, c.executor);
        if (!next) return next.error();
        changes seen{next->added.size(), next->removed.size(), next->reused, next->moved, false, true};
        seen.refitted = seen.added > 0 && (!embed || 2 * (folded + seen.added) > fitted);
        if (!seen.refitted && embed && seen.added + seen.removed > 0) {
            if (auto ok = ingest(*embed | index_into(nearest), index_into(words))(next->view(), c); !ok)
                return ok.error();
            folded += seen.added;
        } else if (!seen.refitted && seen.removed > 0) {
            if (auto ok = ingest(index_into(words))(next->view(), c); !ok) return ok.error();
        }
        chunks = std::move(next->after);
        docs   = std::move(*now);
        if (seen.refitted)
            if (auto ok = refit(c); !ok) return ok.error();
        return seen;
    }

    /// Saves it as the next generation; parts that did not change are shared with the one before.
    template <class Store>
    [[nodiscard]] result<std::uint64_t> save(Store& to) const {
        auto next = to.begin();
        next.put("origin", origin{folder, fitted, folded}).put("text", docs).put("passages", chunks);
        if (embed) next.put("embedder", *embed, embed->fingerprint()).put("vectors", nearest, embed->fingerprint());
        next.put(last_part, words);
        return next.commit();
    }

private:
    /// Fits the embedder on the chunk store and fills both indices from it. A chunk store without a word has a lexical index only.
    [[nodiscard]] result<void> refit(context& c) {
        embed.reset();
        words   = bm25();
        nearest = hnsw<cosine>(1);
        fitted = chunks.size(), folded = 0;
        auto fit = lsa::fit(chunks, {.dims = dims}, c.executor);
        if (!fit && fit.error().what != fault::no_input) return fit.error();
        if (!fit) {
            if (auto ok = ingest(index_into(words))(chunks, c); !ok) return ok.error();
            return done;
        }
        embed   = std::move(*fit);
        nearest = hnsw<cosine>(embed->dims());
        if (auto ok = ingest(*embed | index_into(nearest), index_into(words))(chunks, c); !ok) return ok.error();
        return done;
    }
};

} // namespace tool
