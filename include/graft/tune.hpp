// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// From pairs to an adapter: a list. To keep one: store/file.hpp.

#include <graft/adapt/lora.hpp>
#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/text_classifier.hpp>
#include <graft/nn/linear.hpp>
#include <graft/tune/adamw.hpp>
#include <graft/tune/bce_logits.hpp>
#include <graft/tune/fit_label_head.hpp>
#include <graft/tune/fit_query_adapter.hpp>
#include <graft/tune/info_nce.hpp>
#include <graft/tune/multiple_negatives.hpp>
#include <graft/tune/pair_losses.hpp>
#include <graft/tune/triplet_losses.hpp>
