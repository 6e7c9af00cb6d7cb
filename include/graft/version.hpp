// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The version, once: CMake, Conan and vcpkg read it from these three lines.
/// While it is 0.x every header opens `namespace graft::inline v0_1`, so two versions never share a symbol.
#define GRAFT_VERSION_MAJOR 0
#define GRAFT_VERSION_MINOR 1
#define GRAFT_VERSION_PATCH 0
