// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A unit of graft::kernels, where nlohmann/json is there: how models are read from folders. It uses what the other units compile.

#undef GRAFT_KERNELS_COMPILED
#define GRAFT_KERNELS_COMPILED 1
#undef GRAFT_JSON_COMPILED
#define GRAFT_JSON_COMPILED 1
#include <graft/embed/cross_encoder_folder.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/static_table_folder.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/store/posix.hpp>

namespace graft::inline GRAFT_ABI {

template result<decoder> load_decoder(const posix_files&, const std::string&, const load_decoder_params&, context&);
template result<sentence_encoder> load_sentence_encoder(const posix_files&, const std::string&, context&,
                                                        const sentence_encoder_params&);
template result<cross_encoder>    load_cross_encoder(const posix_files&, const std::string&, context&,
                                                     const cross_encoder_params&);
template result<static_table> load_static_table(const posix_files&, const std::string&, context&, const open_weights&);

} // namespace graft::inline GRAFT_ABI

#undef GRAFT_JSON_COMPILED
#undef GRAFT_KERNELS_COMPILED
