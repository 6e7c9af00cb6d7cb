// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The grammar of pipelines: a list.

#include <graft/flow/any_flow.hpp>
#include <graft/flow/copy.hpp>
#include <graft/flow/pipe.hpp>
#include <graft/flow/stage.hpp>
#include <graft/flow/stage_of.hpp>
#include <graft/flow/trace.hpp>
