// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/result.hpp>

graft::result<int> half(int n) {
    if (n % 2 != 0) return graft::error{graft::fault::bad_argument};
    return n / 2;
}
