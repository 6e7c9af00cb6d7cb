// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "../ours.hpp"

namespace bench {

const build& native_build() {
    static const build it = this_build();
    return it;
}

} // namespace bench
