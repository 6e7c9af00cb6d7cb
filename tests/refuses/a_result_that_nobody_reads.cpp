// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A result that nobody looks at is refused where warnings are errors.
// says (g++): ignoring returned value of type .*result<int>
// says (clang++): ignoring return value of function declared with .nodiscard. attribute

#include <graft/base/result.hpp>

graft::result<int> half(int n) {
    if (n % 2 != 0) return graft::error{graft::fault::bad_argument};
    return n / 2;
}

int main() {
#ifdef REFUSED
    half(3);
#else
    return half(4) ? 0 : 1;
#endif
}
