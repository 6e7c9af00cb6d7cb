// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/sha1.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace graft;

namespace {

std::string digits(std::string_view text) {
    std::string out;
    for (const auto b : sha1(text)) out.append(1, "0123456789abcdef"[b >> 4]).append(1, "0123456789abcdef"[b & 15]);
    return out;
}

} // namespace

TEST_CASE("sha-1 gives the published digests, and those of sha1sum at every length about a block") {
    CHECK(digits("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(digits("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(digits("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(digits(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    // for n in 55 56 63 64 65 119 120; do head -c $n /dev/zero | tr '\0' x | sha1sum; done
    CHECK(digits(std::string(55, 'x')) == "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
    CHECK(digits(std::string(56, 'x')) == "901305367c259952f4e7af8323f480d59f81335b");
    CHECK(digits(std::string(63, 'x')) == "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
    CHECK(digits(std::string(64, 'x')) == "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
    CHECK(digits(std::string(65, 'x')) == "78c741ddc482e4cdf8c474a0876347a0905b6233");
    CHECK(digits(std::string(119, 'x')) == "4300320394f7ee239bcdce7d3b8bcee173a0cd5c");
    CHECK(digits(std::string(120, 'x')) == "ceb2821639c4b6dcb10bce0e522ca2e608ce056d");
    static_assert(sha1("abc")[0] == 0xa9);
}
