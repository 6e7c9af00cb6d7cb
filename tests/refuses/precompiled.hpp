// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// What nearly every pair includes, compiled once by either compiler. A pair still names its own includes. Keep it small: a
// precompiled header is read whole, and of all headers it costs more than it saves.

#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>

#include "support/toys.hpp"
