// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Hostile bytes as a safetensors file, and so as JSON. One body, two shapes: with GRAFT_FUZZ defined it is libFuzzer's entry
// (clang++ -fsanitize=fuzzer,address,undefined -DGRAFT_FUZZ), without it a test that runs some thousand edited files.

#include <graft/base/random.hpp>
#include <graft/weights/safetensors.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace graft;

struct owned {
    std::vector<std::byte>                   bytes;
    [[nodiscard]] std::span<const std::byte> all() const { return bytes; }
};

/// Opens the bytes, and reads all that they hold: as they are, and again with the length of the header put right. Gives how many of
/// the two are files.
int open_both(std::span<const std::byte> data) {
    int good = 0;
    for (const bool mended : {false, true}) {
        owned it{{data.begin(), data.end()}};
        if (mended) {
            if (it.bytes.size() < 8) return good;
            std::uint64_t end = 8; // behind the last brace
            for (std::size_t i = 8; i < it.bytes.size(); ++i)
                if (it.bytes[i] == std::byte{'}'}) end = i + 1;
            for (unsigned i = 0; i < 8; ++i) it.bytes[i] = static_cast<std::byte>((end - 8) >> (8 * i));
        }
        tensors set("fuzz");
        if (!detail::add_safetensors(set, file_bytes(std::move(it)), "fuzz") || !set.index()) continue;
        ++good;
        std::vector<float> row;
        for (const tensor& one : set.list()) {
            if (set.find(one.name) == nullptr) std::abort();
            static_cast<void>(one.first_not_finite());
            if (one.bytes.empty() || !bytes_of(one.format, one.columns())) continue;
            row.resize(one.columns());
            static_cast<void>(one.decode_row(one.rows() - 1, row));
        }
    }
    return good;
}

} // namespace

#if defined(GRAFT_FUZZ)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    open_both(std::as_bytes(std::span(data, size)));
    return 0;
}
#else
#    include <doctest/doctest.h>

TEST_CASE("fuzz: edited safetensors files, with wrong and with right lengths") {
    constexpr std::string_view header =
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b.c":{"dtype":"F4","shape":[2,2],"data_offsets":[24,26]}})";
    std::vector<std::byte> good(8);
    good[0] = static_cast<std::byte>(header.size());
    for (const char c : header) good.push_back(static_cast<std::byte>(c));
    for (int i = 0; i < 26; ++i) good.push_back(static_cast<std::byte>(3 * i));
    REQUIRE(header.size() < 256);
    CHECK(open_both(good) == 2);
    graft::counter_random random(1, 32);
    int                   opened = 0;
    for (int round = 0; round < 20000; ++round) {
        auto file = good;
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const auto at = random.below(file.size());
            if (random.below(8) == 0) file.resize(1 + at);
            else if (random.below(2) == 0) file[at] = static_cast<std::byte>("0123456789{}[],:\" "[random.below(18)]);
            else file[at] ^= static_cast<std::byte>(1 << random.below(8));
        }
        opened += open_both(file);
    }
    CHECK(opened > 1000);
}
#endif
