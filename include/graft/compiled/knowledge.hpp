// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A unit of `graft::kernels`: the knowledge base of the default types. It uses what the other units compile.

#undef GRAFT_KERNELS_COMPILED
#define GRAFT_KERNELS_COMPILED 1
#include <graft/knowledge/knowledge_base.hpp>

namespace graft::inline GRAFT_ABI {

template class knowledge_base<>;

} // namespace graft::inline GRAFT_ABI

#undef GRAFT_KERNELS_COMPILED
