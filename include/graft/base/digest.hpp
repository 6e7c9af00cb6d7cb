// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The three ways to name bytes: `hash64` for tables and keys, `crc32c` against accidents, `sha256` for identity.
#include <graft/base/crc32c.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/sha256.hpp>
