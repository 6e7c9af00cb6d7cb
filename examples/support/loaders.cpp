// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "loaders.hpp"

#include <graft/html/html_loader.hpp>

graft::folder_options tool::reads() { return {.with = graft::loaders(graft::html_loader{})}; }
