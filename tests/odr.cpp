// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Compiled twice, with the flags of two different hosts, and linked into one program: every header of graft may be
// included in many units, and what it shares is shared. `everything.hpp` is written by CMake and names every header.

#include <everything.hpp>

#include <cstdio>

#ifdef GRAFT_ODR_SECOND
#    define UNIT second
#else
#    define UNIT first
#endif

namespace first {
const void* address_of_done();
}
namespace second {
const void* address_of_done();
}

const void* UNIT::address_of_done() { return &graft::done; }

#ifndef GRAFT_ODR_SECOND
int main() {
    if (first::address_of_done() != second::address_of_done()) {
        std::puts("FAIL  two units have a copy each of what they should share");
        return 1;
    }
    std::puts("ok    every header in two units, one copy");
}
#endif
