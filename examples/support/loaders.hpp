// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/load/folder.hpp>

namespace tool {

/// How the tools read a folder: text, Markdown, and HTML, which is compiled once, in loaders.cpp.
[[nodiscard]] graft::folder_options reads();

} // namespace tool
