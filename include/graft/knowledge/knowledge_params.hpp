// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/split_documents.hpp>
#include <graft/knowledge/embedder_fit.hpp>
#include <graft/load/folder.hpp>
#include <graft/prompt/prompt_from.hpp>
#include <graft/retrieve/support.hpp>
#include <graft/retrieve/threshold.hpp>
#include <graft/store/posix.hpp>
#include <graft/store/snapshot.hpp>

#include <cstddef>
#include <string>

namespace graft::inline GRAFT_ABI {

/// The two places that a knowledge base has to do with, by POSIX calls.
struct posix_disk {
    posix_files index     = {}; ///< where it is stored: a `file_system`
    posix_files documents = {}; ///< where the folder lies: `readable_files`
};

/// What a knowledge base is made of and how it answers.
template <class Chunker, embedder Embedder, class Disk = posix_disk>
struct knowledge_params {
    std::string folder = {}; ///< of the documents, or one file; empty: the one that the index was made from, if any

    Chunker                                chunker  = {};
    split_options                          split    = {};
    typename embedder_fit<Embedder>::given embedder = {};   ///< the embedder itself, or what it is fitted with
    std::size_t                            hits     = 200;  ///< of each branch of a search
    std::size_t                            sources  = 6;    ///< in a prompt, at most
    std::size_t                            budget   = 2000; ///< words of a prompt, at most
    float threshold = graft::threshold{}.min_support;       ///< least support of an answer, 0 to 1
    /// How it is known; with a sentence encoder `{.unrelated = unrelated_cosine(encoder, c).value()}`, so that vectors say something of it.
    support_model support = {};

    folder_options    files      = {};
    generation_policy generation = generation_policy::newest; ///< which one of a stored index is opened
    bool refresh = true; ///< false: `open` gives a stored index as it was saved, even if its folder is gone
    Disk disk    = {};
};

/// What a change of a knowledge base came to.
struct knowledge_changes {
    std::size_t added     = 0;     ///< chunks
    std::size_t removed   = 0;     ///< chunks
    std::size_t reused    = 0;     ///< chunks that stayed, in a document of the same name
    std::size_t moved     = 0;     ///< chunks that stayed, in a document with a new name
    bool        refitted  = false; ///< the embedder is another, and every chunk was embedded with it
    bool        documents = false; ///< a document is another object: its text, metadata or times changed

    /// Whether there is something to save.
    [[nodiscard]] bool any() const noexcept { return documents || refitted || added > 0 || removed > 0; }

    bool operator==(const knowledge_changes&) const = default;
};

} // namespace graft::inline GRAFT_ABI
