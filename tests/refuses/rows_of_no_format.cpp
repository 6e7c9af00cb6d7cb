// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// An index stores rows in a row format, not in a type of number.
// says: row_format

#include <graft/index/flat.hpp>

using namespace graft;

int main() {
#ifdef REFUSED
    flat<cosine, float> nearest(8);
#else
    flat<cosine, f32_rows> nearest(8);
#endif
    (void)nearest;
}
