// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/base/pages.hpp>

#include <cstdint>
#include <cstring>
#include <initializer_list>

using namespace graft;

TEST_CASE("pages: memory of every size is aligned, can be used to its last byte and given back") {
    const std::size_t huge = detail::huge_page;
    for (const std::size_t bytes :
         {std::size_t{1}, std::size_t{64}, huge - 1, huge, huge + 1, 4 * huge - 1, 4 * huge + 1}) {
        void* at = detail::allocate(bytes);
        REQUIRE(at != nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(at) % (bytes < huge ? 64 : huge) == 0);
        std::memset(at, 1, bytes);
        detail::release(at, bytes);
    }
    CHECK(detail::allocate(~std::size_t{0}) == nullptr); // rounding up would wrap
    CHECK(detail::allocate(~std::size_t{0} / 2) == nullptr);
}
