// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a folder to an answer with citations: a list, in the order in which things happen.

#include <graft/load/folder.hpp>

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/recursive.hpp>
#include <graft/chunk/sentences.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/chunk/window.hpp>

#include <graft/embed/adapted.hpp>
#include <graft/embed/cached.hpp>
#include <graft/embed/hashed.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/reduced.hpp>

#include <graft/metadata/filter.hpp>

#include <graft/index/bm25.hpp>
#include <graft/index/flat.hpp>
#include <graft/index/hnsw.hpp>

#include <graft/flow/flow.hpp>
#include <graft/flow/trace.hpp>
#include <graft/schema/ingest.hpp>

#include <graft/retrieve/compress.hpp>
#include <graft/retrieve/expand.hpp>
#include <graft/retrieve/fuse.hpp>
#include <graft/retrieve/narrow.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/retrieve/threshold.hpp>

#include <graft/prompt/citations.hpp>
#include <graft/prompt/prompt_from.hpp>

#include <graft/generate/answering.hpp>
#include <graft/generate/extractive.hpp>

#include <graft/store/posix.hpp>
#include <graft/store/store.hpp>

#include <graft/knowledge/knowledge_base.hpp>
