// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/result.hpp>

#ifdef WITH_kernels
#    include "kernels.hpp"
#    if GRAFT_KERNELS_COMPILED
#        error "this unit was to compile kernels of its own"
#    endif
bool same_without_kernels(const std::vector<graft::hit>& found);
#endif

graft::result<int> half(int n) {
    if (n % 2 != 0) return graft::error{graft::fault::bad_argument};
    return n / 2;
}

#ifdef WITH_kernels
bool same_without_kernels(const std::vector<graft::hit>& found) { return nearest() == found; }
#endif
