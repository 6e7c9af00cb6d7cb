// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A unit of graft::kernels: decoders, and how they are read from GGUF files.

#undef GRAFT_KERNELS_COMPILED
#define GRAFT_KERNELS_COMPILED 1
#include <graft/generate/decoder_gguf.hpp>

namespace graft::inline GRAFT_ABI {

template class basic_decoder<any_decoder_model>;
template result<decoder> load_gguf_decoder(const posix_files&, const std::string&, const load_decoder_params&,
                                           context&);

} // namespace graft::inline GRAFT_ABI

#undef GRAFT_KERNELS_COMPILED
