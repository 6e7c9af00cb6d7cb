// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The grammar of pipelines, in reading order: what flows, what a stage is, which roles there are, how they join.
#include <graft/flow/pipe.hpp>
#include <graft/flow/stage.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/schema/roles.hpp>
#include <graft/schema/values.hpp>
