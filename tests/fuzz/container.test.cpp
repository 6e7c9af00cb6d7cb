// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Hostile bytes as a container and as a manifest. One body, two shapes: with GRAFT_FUZZ defined it is libFuzzer's entry
// (clang++ -fsanitize=fuzzer,address,undefined -DGRAFT_FUZZ), without it a test that runs some thousand edited files.

#include <graft/base/random.hpp>
#include <graft/store/manifest.hpp>

#include <support/resign.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace graft;

/// Opens the bytes as they are, and again with all sums put right. Gives how many of the two are containers.
int open_both(std::span<const std::byte> data) {
    int good = 0;
    for (const bool signed_ : {false, true}) {
        auto bytes = aligned_bytes::of_size(data.size());
        if (!bytes) return good;
        std::copy(data.begin(), data.end(), bytes->all().begin());
        if (signed_) test::resign(bytes->all());
        const auto file = container::open(std::move(*bytes), "fuzz");
        if (!file) continue;
        ++good;
        if (auto block = file->block("body")) {
            byte_reader again = *block;
            static_cast<void>(manifest::load(*block));
            while (again.ok() && again.left() > 0) static_cast<void>(again.text());
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

TEST_CASE("fuzz: edited containers and manifests, with wrong and with right sums") {
    const manifest        two{7, {{"a", {"kind", 1, 2}, 3, 4, {}}, {"b", {"kind", 1, 2}, 7, 4, {}}}};
    const auto            good = detail::seal_manifest(two).bytes;
    graft::counter_random random(1, 21);
    int                   opened = 0;
    CHECK(open_both(good) == 2);
    for (int round = 0; round < 20000; ++round) {
        auto file = good;
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const auto at = random.below(file.size());
            if (random.below(8) == 0) file.resize(1 + at);
            else if (random.below(3) == 0) file[at] = static_cast<std::byte>(random.below(2) * 255);
            else file[at] ^= static_cast<std::byte>(1 << random.below(8));
        }
        opened += open_both(file);
    }
    CHECK(opened > 1000); // the second try reaches what lies behind the sums
}
#endif
