// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/base/digest.hpp>
#include <graft/base/random.hpp>

#include <set>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> noise(std::size_t n, std::uint64_t seed) {
    std::vector<std::byte> bytes(n);
    counter_random         random(seed, n);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random.bits32());
    return bytes;
}

/// The definition, bit by bit.
std::uint32_t crc_by_bits(std::span<const std::byte> bytes) {
    std::uint32_t c = ~0u;
    for (const std::byte b : bytes) {
        c ^= std::to_integer<std::uint32_t>(b);
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78u : 0);
    }
    return ~c;
}

} // namespace

TEST_CASE("crc32c: the vectors of RFC 3720 B.4") {
    std::string up(32, '\0'), down(32, '\0');
    for (int i = 0; i < 32; ++i) {
        up[static_cast<std::size_t>(i)]   = static_cast<char>(i);
        down[static_cast<std::size_t>(i)] = static_cast<char>(31 - i);
    }
    const std::string read10 = {'\x01', '\xc0', 0, 0, 0, 0, 0,      0, 0,      0, 0, 0,      0, 0, 0, 0,
                                '\x14', 0,      0, 0, 0, 0, '\x04', 0, 0,      0, 0, '\x14', 0, 0, 0, '\x18',
                                '\x28', 0,      0, 0, 0, 0, 0,      0, '\x02', 0, 0, 0,      0, 0, 0, 0};
    CHECK(crc32c(bytes_of(std::string(32, '\0'))) == 0x8a9136aau);
    CHECK(crc32c(bytes_of(std::string(32, '\xff'))) == 0x62a8ab43u);
    CHECK(crc32c(bytes_of(up)) == 0x46dd794eu);
    CHECK(crc32c(bytes_of(down)) == 0x113fdb5cu);
    CHECK(crc32c(bytes_of(read10)) == 0xd9963a56u);
    CHECK(crc32c(bytes_of("123456789")) == 0xe3069283u);
    CHECK(crc32c({}) == 0);
}

TEST_CASE("crc32c: the tables and the instruction agree with the definition at every length and alignment") {
    const auto all = noise(70000, 3);
    for (std::size_t n = 0; n < 600; ++n) {
        const auto part = std::span(all).subspan(n % 9, n);
        REQUIRE(crc32c(part) == crc_by_bits(part));
        REQUIRE(~detail::crc_portable(part.data(), part.size(), ~0u) == crc_by_bits(part));
    }
    for (const std::size_t n : {8159u, 8160u, 8161u, 16320u, 16327u, 65535u, 65536u, 65537u, 69999u}) {
        const auto part = std::span(all).subspan(1, n);
        CHECK(crc32c(part) == crc_by_bits(part));
        CHECK(~detail::crc_portable(part.data(), part.size(), ~0u) == crc_by_bits(part));
        const std::size_t cut = n / 3; // in two pieces
        CHECK(crc32c(part.subspan(cut), crc32c(part.first(cut))) == crc_by_bits(part));
    }
}

TEST_CASE("sha256: the vectors of FIPS 180-4 and NIST's examples") {
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex(sha256(
              "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
              "qrstnopqrstu")) == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(hex(sha256(std::string(1000000, 'a'))) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: pieces of any size give the digest of the whole, with and without the instructions") {
    const auto     all = noise(3000, 5);
    counter_random random(11, 2);
    for (std::size_t n = 0; n < 300; ++n) {
        const auto part = std::span(all).first(n * n / 40 + n % 7);
        sha256_sum sum;
        for (auto rest = part; !rest.empty();) {
            const std::size_t take = std::min<std::size_t>(rest.size(), random.below(150));
            sum.add(rest.first(take));
            rest = rest.subspan(take);
        }
        REQUIRE(sum.digest() == sha256(part));
        REQUIRE(sum.digest() == sum.digest());

        detail::sha_state a{1, 2, 3, 4, 5, 6, 7, 0xffffffff}, b = a;
        detail::sha_blocks(a, part.data(), part.size() / 64);
        detail::sha_portable(b, part.data(), part.size() / 64);
        REQUIRE(a == b);
    }
}
