// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A unit of `graft::kernels`: folders are read and documents cut by the ready chunker. It uses what the other units compile.

#undef GRAFT_KERNELS_COMPILED
#define GRAFT_KERNELS_COMPILED 1
#include <graft/chunk/split_documents.hpp>
#include <graft/load/folder.hpp>

namespace graft::inline GRAFT_ABI {

template result<corpus> load_folder(std::string_view, const folder_options&, const corpus*, const posix_files&,
                                    context&);

template result<chunk_store>   split_documents(const corpus&, const markdown&, split_options, context&);
template result<chunk_changes> update(const chunk_store&, const corpus&, const markdown&, split_options, context&);

} // namespace graft::inline GRAFT_ABI

#undef GRAFT_KERNELS_COMPILED
