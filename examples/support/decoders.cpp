// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "decoders.hpp"

namespace graft::inline GRAFT_ABI {

template result<decoder> load_decoder(const posix_files&, const std::string&, const load_decoder_params&, context&);

} // namespace graft::inline GRAFT_ABI
