// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// From pairs to an adapter, and what is learned on the way: a list. To keep one: store/file.hpp. What reads records from JSON stands in none:
// records/read_records.hpp, records/lineage.hpp.

#include <graft/adapt/lora.hpp>
#include <graft/adapt/query_adapter.hpp>
#include <graft/embed/adapted.hpp>
#include <graft/embed/text_classifier.hpp>
#include <graft/nn/linear.hpp>
#include <graft/records/canaries.hpp>
#include <graft/records/near_duplicates.hpp>
#include <graft/records/record_rules.hpp>
#include <graft/records/rehearsal.hpp>
#include <graft/records/scrub.hpp>
#include <graft/records/split_records.hpp>
#include <graft/records/worst_records.hpp>
#include <graft/tune/adamw.hpp>
#include <graft/tune/bce_logits.hpp>
#include <graft/tune/fit_label_head.hpp>
#include <graft/tune/fit_query_adapter.hpp>
#include <graft/tune/info_nce.hpp>
#include <graft/tune/multiple_negatives.hpp>
#include <graft/tune/pair_losses.hpp>
#include <graft/tune/triplet_losses.hpp>
