// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Hostile bytes as a GGUF file. One body, two shapes: with GRAFT_FUZZ defined it is libFuzzer's entry
// (clang++ -fsanitize=fuzzer,address,undefined -DGRAFT_FUZZ), without it a test that runs some thousand edited files.

#include <graft/base/random.hpp>
#include <graft/weights/gguf.hpp>

#include <support/gguf_bytes.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace graft;

struct owned {
    std::vector<std::byte>                   bytes;
    [[nodiscard]] std::span<const std::byte> all() const { return bytes; }
};

/// Opens the bytes, and reads all that they hold. Gives whether they are a file.
bool open_all(std::span<const std::byte> data) {
    const auto file = detail::read_gguf(file_bytes(owned{{data.begin(), data.end()}}), "fuzz");
    if (!file) return false;
    for (const auto& [key, value] : file->head.list()) {
        static_cast<void>(value.size());
        static_cast<void>(file->head.number<std::int32_t>(key));
        static_cast<void>(file->head.numbers<double>(key));
        static_cast<void>(file->head.text(key));
    }
    std::vector<float> row;
    for (const tensor& one : file->weights.list()) {
        static_cast<void>(one.first_not_finite());
        if (one.bytes.empty()) continue;
        row.resize(one.columns());
        static_cast<void>(one.decode_row(one.rows() - 1, row));
    }
    return true;
}

} // namespace

#if defined(GRAFT_FUZZ)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    open_all(std::as_bytes(std::span(data, size)));
    return 0;
}
#else
#    include <doctest/doctest.h>

TEST_CASE("fuzz: edited GGUF files") {
    const auto            good = test::small_gguf();
    graft::counter_random random(1, 31);
    int                   opened = 0;
    CHECK(open_all(good));
    for (int round = 0; round < 20000; ++round) {
        auto file = good;
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const auto at = random.below(file.size());
            if (random.below(8) == 0) file.resize(1 + at);
            else if (random.below(3) == 0) file[at] = static_cast<std::byte>(random.below(2) * 255);
            else file[at] ^= static_cast<std::byte>(1 << random.below(8));
        }
        opened += open_all(file);
    }
    CHECK(opened > 1000); // the tensors of many are reached
}
#endif
