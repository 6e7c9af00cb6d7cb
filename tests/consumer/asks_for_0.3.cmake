# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
find_package(graft 0.3 CONFIG REQUIRED)
