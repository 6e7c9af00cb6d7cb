// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A unit of graft::kernels: how a text becomes tokens, and tokens the rows of a BERT.

#undef GRAFT_KERNELS_COMPILED
#define GRAFT_KERNELS_COMPILED 1
#include <graft/models/bert.hpp>
#include <graft/tokenize/tokenizer.hpp>

namespace graft::inline GRAFT_ABI {

template void tokenizer::read(std::string_view, bool, bool, detail::token_sink&, arena&) const;
template void tokenizer::read(std::string_view, bool, bool, detail::counting_sink&, arena&) const;

template result<void> bert<float>::forward(const packed_tokens&, matrix_view<float>, updates, saved*, context&) const;

} // namespace graft::inline GRAFT_ABI

#undef GRAFT_KERNELS_COMPILED
