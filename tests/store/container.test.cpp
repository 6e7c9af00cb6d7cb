// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/base/random.hpp>
#include <graft/store/container.hpp>

#include <support/memory_files.hpp>
#include <support/resign.hpp>

#include <cstdlib>
#include <string>
#include <vector>

using namespace graft;

namespace {

aligned_bytes copy_of(std::span<const std::byte> bytes) {
    auto copy = aligned_bytes::of_size(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy->all().begin());
    return std::move(*copy);
}

result<container> opened(std::span<const std::byte> bytes) { return container::open(copy_of(bytes), "index/part"); }

fault why(std::span<const std::byte> bytes) {
    const auto it = opened(bytes);
    return it ? fault{} : it.error().what;
}

sealed_container small() {
    container_writer file({.kind = "test", .version = 3, .fingerprint = 0x1122334455667788u});
    file.block("rows").array(std::vector<float>{1, -2, 0.5f});
    file.block("ids").text("seven");
    return file.seal();
}

std::string hex_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes)
        for (const unsigned nibble : {std::to_integer<unsigned>(b) >> 4, std::to_integer<unsigned>(b) & 15u})
            text += "0123456789abcdef"[nibble];
    return text;
}

std::vector<std::byte> from_hex(std::string_view text) {
    const auto             nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(nibble(text[i]) << 4 | nibble(text[i + 1])));
    return bytes;
}

} // namespace

TEST_CASE("container: what is put in comes out, on 64-byte boundaries") {
    counter_random random(1, 2);
    for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 65471u, 65472u, 65536u, 65537u, 200000u}) {
        std::vector<std::uint8_t> bytes(size);
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.bits32());
        container_writer file({.kind = "a kind of 24 characters", .version = 7, .fingerprint = size});
        file.block("first").elements(std::span<const std::uint8_t>(bytes));
        static_cast<void>(file.block("empty"));
        file.block("eight888").u64(size);
        const auto sealed = file.seal();
        const auto it     = opened(sealed.bytes);
        REQUIRE(it.has_value());
        CHECK(it->about() == container_info{"a kind of 24 characters", 7, size});
        CHECK(it->digest() == sealed.digest);
        auto first = it->block("first");
        REQUIRE(first.has_value());
        const auto body = first->block(size);
        CHECK(std::equal(body.begin(), body.end(), reinterpret_cast<const std::byte*>(bytes.data())));
        CHECK(reinterpret_cast<std::uintptr_t>(body.data()) % 64 == 0);
        CHECK(first->finish().has_value());
        CHECK(first->format() == 7);
        CHECK(it->block("empty")->left() == 0);
        CHECK(it->block("eight888")->u64() == size);
        CHECK(it->block("none").error() == error{fault::missing_part, unit::none, 0, "index/part:none"});
        CHECK(it->expect("a kind of 24 characters", 7).has_value());
        CHECK(it->expect("another kind", 7).error().what == fault::foreign);
        CHECK(it->expect("a kind of 24 characters", 6).error().what == fault::newer_format);
    }
    CHECK(container_writer({.kind = "none"}).seal().bytes.size() == 64 + 4 + 64);
    CHECK(opened(container_writer({.kind = "none"}).seal().bytes).has_value());
}

TEST_CASE("container: format version 1 is these bytes, for ever") {
    const std::string_view golden =
        "8967726166740d0a"
        "0d0c0b0a"
        "01000000"
        "746573740000000000000000000000000000000000000000"
        "03000000"
        "8877665544332211"
        "0000000000000000"
        "846f3012"
        "0300000000000000"
        "0000803f"
        "000000c0"
        "0000003f"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0500000000000000"
        "736576656e"
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "02000000"
        "726f777300000000"
        "1400000000000000"
        "6964730000000000"
        "0d00000000000000"
        "38d2d512"
        "8000000000000000"
        "2800000000000000"
        "2801000000000000"
        "1f4177684d7a996659061237f2ff774fadbc3dc5225225c6db774dca5728a16f"
        "6772616674890a0d";
    CHECK(hex_of(small().bytes) == golden);
    const auto it = opened(from_hex(golden));
    REQUIRE(it.has_value());
    CHECK(it->block("rows")->array<float>() == std::vector<float>{1, -2, 0.5f});
    CHECK(it->block("ids")->text() == "seven");
}

TEST_CASE("container: every single flipped bit and every truncation is a typed error") {
    auto        file  = small().bytes;
    std::size_t typed = 0;
    for (std::size_t i = 0; i < file.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            file[i] ^= static_cast<std::byte>(1 << bit);
            const fault it = why(file);
            typed +=
                it == fault::foreign || it == fault::newer_format || it == fault::truncated || it == fault::corrupt;
            file[i] ^= static_cast<std::byte>(1 << bit);
        }
    CHECK(typed == 8 * file.size());
    typed = 0;
    for (std::size_t n = 0; n < file.size(); ++n) typed += why(std::span(file).first(n)) == fault::truncated;
    CHECK(typed == file.size());
    CHECK(opened(file).has_value());
    for (const std::size_t more : {1u, 63u, 64u, 1000u}) {
        auto longer = file;
        longer.resize(file.size() + more);
        CHECK(why(longer) == fault::truncated); // the footer is not where a footer is
        longer.insert(longer.end(), file.end() - 64, file.end());
        CHECK(why(longer) == fault::corrupt);
    }
}

TEST_CASE("container: random edits, splices and swapped pieces of a larger file are found") {
    container_writer writer({.kind = "test"});
    counter_random   random(5, 9);
    auto&            body = writer.block("body");
    for (int i = 0; i < 40000; ++i) body.u32(random.bits32()); // 160,000 bytes: three pieces
    const auto file = writer.seal().bytes;
    REQUIRE(opened(file).has_value());
    std::size_t found = 0, rounds = 1500;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto       edited = file;
        const auto at = random.below(file.size()), to = random.below(file.size());
        const auto n = 1 + random.below(std::min<std::uint64_t>(file.size() - std::max(at, to), 3000));
        switch (random.below(4)) {
        case 0: edited[at] ^= static_cast<std::byte>(1 + random.below(255)); break;
        case 1:
            for (std::size_t i = 0; i < n; ++i) edited[at + i] = static_cast<std::byte>(random.bits32());
            break;
        case 2:
            std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), n,
                        edited.begin() + static_cast<std::ptrdiff_t>(to));
            break;
        default:
            edited.erase(edited.begin() + static_cast<std::ptrdiff_t>(at),
                         edited.begin() + static_cast<std::ptrdiff_t>(at + n));
        }
        if (edited == file) ++found;
        else found += why(edited) != fault{};
    }
    CHECK(found == rounds);
    auto swapped = file;
    std::swap_ranges(swapped.begin() + 64, swapped.begin() + 64 + 65536, swapped.begin() + 64 + 65536);
    const auto it = opened(swapped);
    REQUIRE_FALSE(it.has_value());
    CHECK(it.error() == error{fault::corrupt, unit::byte, 64, "index/part"});
    auto last = file;
    last[64 + 140000] ^= std::byte{4};
    CHECK(opened(last).error() == error{fault::corrupt, unit::byte, 64 + 131072, "index/part"});
}

TEST_CASE("container: foreign, newer and wrong-endian files are told apart from damage") {
    CHECK(why({}) == fault::truncated);
    for (const char* text : {"{\"a\": 1}", "\x89PNG\r\n\x1a\n and so on", "g", "\n"})
        CHECK(why(std::as_bytes(std::span(std::string_view(text)))) == fault::foreign);
    auto text_mode = small().bytes; // what a copy as text does to CR LF
    text_mode.erase(text_mode.begin() + 6);
    CHECK(why(text_mode) == fault::foreign);

    auto newer = small().bytes;
    newer[12]  = std::byte{2};
    test::resign(newer);
    CHECK(why(newer) == fault::newer_format);
    auto big = small().bytes;
    std::swap(big[8], big[11]);
    std::swap(big[9], big[10]);
    test::resign(big);
    CHECK(why(big) == fault::foreign);
    auto zero = small().bytes;
    zero[12]  = std::byte{0};
    test::resign(zero);
    CHECK(why(zero) == fault::malformed);
}

TEST_CASE("container: a table that lies, with all sums right, is malformed and allocates nothing for its lies") {
    const auto        good  = small().bytes;
    const std::size_t table = 64 + 128;
    const auto        lie   = [&](std::size_t at, std::uint64_t x, std::size_t n) {
        auto file = good;
        for (std::size_t i = 0; i < n; ++i) file[at + i] = static_cast<std::byte>(x >> (8 * i));
        test::resign(file);
        return why(file);
    };
    CHECK(lie(12, 1, 4) == fault{}); // no lie: the test's own signing is right
    for (const std::uint64_t n : {0u, 1u, 3u, 256u, 257u, 0xffffffffu}) CHECK(lie(table, n, 4) == fault::malformed);
    for (const std::uint64_t n :
         {std::uint64_t{0}, std::uint64_t{65}, std::uint64_t{1000}, ~std::uint64_t{0}, std::uint64_t{1} << 63})
        CHECK(lie(table + 12, n, 8) == fault::malformed);
    CHECK(lie(table + 12, 19, 8) == fault::malformed);      // a byte of the block would be padding
    CHECK(lie(table + 4, 0, 8) == fault::malformed);        // no name
    CHECK(lie(table + 4, 0x6100, 2) == fault::malformed);   // a zero inside a name
    CHECK(lie(table + 4, 0x736469, 8) == fault::malformed); // the same name twice
    CHECK(lie(52, 1, 8) == fault::malformed);               // the reserved field
    CHECK(lie(16, 0, 8) == fault::malformed);               // no kind
    // Lengths in the footer are held against the file before they are used.
    for (const std::size_t field : {0u, 8u, 16u})
        for (const std::uint64_t n :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{64}, ~std::uint64_t{0}, std::uint64_t{1} << 40})
            CHECK(lie(good.size() - 64 + field, n, 8) != fault{});
}

TEST_CASE("container: a file above the limit is refused unread") {
    test::memory_files fs;
    const auto         file = small();
    REQUIRE(write_new_file(fs, "d/f", file.bytes).has_value());
    CHECK(read_container(fs, "d/f").has_value());
    CHECK(read_container(fs, "d/f", 100).error() == error{fault::too_large, unit::byte, file.bytes.size(), "d/f"});
    CHECK(read_container(fs, "d/none").error().what == fault::not_found);
}

TEST_CASE("container: every single flipped bit of a file of 64 KiB (long)") {
    if (std::getenv("GRAFT_FULL") == nullptr) return;
    container_writer writer({.kind = "test"});
    counter_random   random(6, 9);
    auto&            body = writer.block("body");
    for (int i = 0; i < 16300; ++i) body.u32(random.bits32());
    auto        file  = writer.seal().bytes;
    std::size_t typed = 0, cut = 0;
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            file[i] ^= static_cast<std::byte>(1 << bit);
            typed += why(file) != fault{};
            file[i] ^= static_cast<std::byte>(1 << bit);
        }
        cut += why(std::span(file).first(i)) == fault::truncated;
    }
    CHECK(typed == 8 * file.size());
    CHECK(cut == file.size());
}
