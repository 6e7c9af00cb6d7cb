// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The version, once: CMake, Conan and vcpkg read it from these three lines.
#define GRAFT_VERSION_MAJOR 0
#define GRAFT_VERSION_MINOR 2
#define GRAFT_VERSION_PATCH 0

/// The inline namespace of this version: every header opens `namespace graft::inline GRAFT_ABI`, so that two versions of graft in one
/// program never share a symbol. While the major version is 0, each minor one is another.
#define GRAFT_ABI v0_2
