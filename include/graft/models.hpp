// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything that reads and runs real models: the optional part graft::json, for their folders hold JSON. A program that reads GGUF
// files alone takes <graft/generate/decoder_gguf.hpp> instead, which needs no more than the core.

#include <graft/embed/cached.hpp>
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/embed/matryoshka.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/static_table_folder.hpp>
#include <graft/embed/unrelated_cosine.hpp>
#include <graft/embed/vector_cache.hpp>
#include <graft/embed/word_vectors.hpp>

#include <graft/generate/answering.hpp>
#include <graft/generate/attributed.hpp>
#include <graft/generate/constrained.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/generate/json_schema.hpp>
#include <graft/generate/nearest_sentences.hpp>
#include <graft/generate/pattern.hpp>

#include <graft/retrieve/rerank_by_model.hpp>

#include <graft/adapt/combine_loras.hpp>
#include <graft/models/fresh_classifier.hpp>
#include <graft/models/gguf_lora.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/models/unfrozen_gguf.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/fit_dpo.hpp>
#include <graft/tune/fit_encoder_lora.hpp>
#include <graft/tune/fit_lora.hpp>
#include <graft/tune/fit_weights.hpp>

#include <graft/base/pool.hpp>
#include <graft/store/posix.hpp>
