// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/generate/decoder_folder.hpp>
#include <graft/store/posix.hpp>

// How the tools come to a decoder: read once for all of them, in decoders.cpp.
namespace graft::inline GRAFT_ABI {

extern template result<decoder> load_decoder(const posix_files&, const std::string&, const load_decoder_params&,
                                             context&);

} // namespace graft::inline GRAFT_ABI
