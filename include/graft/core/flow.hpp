// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The grammar of pipelines, in reading order: what flows, what a stage is, which roles there are, how they join.
#include <graft/core/pipe.hpp>
#include <graft/core/roles.hpp>
#include <graft/core/stage.hpp>
#include <graft/core/tee.hpp>
#include <graft/core/values.hpp>
