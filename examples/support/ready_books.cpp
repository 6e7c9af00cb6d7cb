// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "ready_books.hpp"

namespace graft::inline GRAFT_ABI {

template class knowledge_base<markdown, tool::any_embedder>;

} // namespace graft::inline GRAFT_ABI
