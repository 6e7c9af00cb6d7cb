// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything: a list of lists. Programs that watch their build times include what they name instead.

#include <graft/rag.hpp>
#include <graft/tune.hpp>

#include <graft/embed/sentence_encoder.hpp>
#include <graft/eval/answer_match.hpp>
#include <graft/eval/bleu.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/chrf.hpp>
#include <graft/eval/chunk_cover.hpp>
#include <graft/eval/ranking.hpp>
#include <graft/eval/rouge.hpp>
#include <graft/eval/splits.hpp>
#include <graft/eval/ter.hpp>
#include <graft/eval/trec.hpp>
#include <graft/eval/trec_report.hpp>
#include <graft/linalg/eigen.hpp>
#include <graft/metadata/filter_text.hpp>
#include <graft/models/bert_reader.hpp>
#include <graft/nn/activation.hpp>
#include <graft/nn/attention.hpp>
#include <graft/nn/cross_entropy.hpp>
#include <graft/nn/embedding.hpp>
#include <graft/nn/feed_forward.hpp>
#include <graft/nn/norm.hpp>
#include <graft/nn/pooling.hpp>
#include <graft/nn/rotary.hpp>
#include <graft/retrieve/fuse_fit.hpp>
#include <graft/store/file.hpp>
