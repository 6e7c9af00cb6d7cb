// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/json/json.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/gguf.hpp>

#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

TEST_CASE("smollm2: blocks of the file decode to the bits of the reference") {
    NEEDS_SHARED(path, "fixtures/smollm2/blocks.json");
    const auto all = load_json(posix_files{}, path.string());
    REQUIRE(all);
    int blocks = 0;
    for (const json_value one : *all->root().array()) {
        const auto             hex = one.at("bytes_hex").text().value();
        std::vector<std::byte> bytes(hex.size() / 2);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            unsigned x = 0;
            std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, x, 16);
            bytes[i] = static_cast<std::byte>(x);
        }
        const auto         format = weight_format_named(one.at("type").text().value());
        std::vector<float> out(one.at("f32_bits_hex").size());
        REQUIRE(decode_weights(format.value(), bytes, out));
        std::size_t i = 0;
        for (const json_value bits : *one.at("f32_bits_hex").array()) {
            std::uint32_t want = 0;
            const auto    text = bits.text().value();
            std::from_chars(text.data(), text.data() + text.size(), want, 16);
            CHECK(std::bit_cast<std::uint32_t>(out[i++]) == want);
        }
        ++blocks;
    }
    CHECK(blocks == 12);
}

TEST_CASE("smollm2: every tensor has the place, the size and the sums of the reference") {
    NEEDS_SHARED(path, "fixtures/smollm2/gguf_header.json");
    NEEDS_MODEL(model, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    const auto all  = load_json(posix_files{}, path.string());
    const auto file = load_gguf(posix_files{}, model.string(), {.map = true});
    REQUIRE(all);
    REQUIRE(file);
    const std::byte* const begin =
        file->weights.list()[0].bytes.data() - all->at("data_offset").number<std::ptrdiff_t>().value();
    std::size_t n = 0;
    for (const json_value one : *all->at("tensors").array()) {
        const tensor& is = file->weights.list()[n++];
        CAPTURE(is.name);
        CHECK(is.name == one.at("name").text().value());
        CHECK(name(is.format) == one.at("type").text().value());
        CHECK(is.bytes.size() == one.at("bytes").number<std::size_t>().value());
        CHECK(is.bytes.data() - begin == one.at("offset_in_file").number<std::ptrdiff_t>().value());
        REQUIRE(is.shape.rank() == one.at("dims").size());
        for (std::size_t d = 0; d < is.shape.rank(); ++d)
            CHECK(is.shape[is.shape.rank() - 1 - d] == one.at("dims")[d].number<std::uint64_t>().value());
        double             sum = 0, size = 0;
        std::vector<float> row(is.columns());
        for (std::size_t r = 0; r < is.rows(); ++r) {
            REQUIRE(is.decode_row(r, row));
            for (const float x : row) sum += static_cast<double>(x), size += std::fabs(static_cast<double>(x));
        }
        CHECK(sum == doctest::Approx(one.at("sum").number<double>().value()).epsilon(1e-9).scale(size));
        CHECK(size == doctest::Approx(one.at("sum_abs").number<double>().value()).epsilon(1e-9));
    }
    CHECK(n == 272);
    for (const auto [name, value] : *all->at("keys").object()) {
        const std::string_view key = name;
        if (key.starts_with("GGUF.") || value.at("types")[0].text().value() == "ARRAY") continue;
        CAPTURE(key);
        const json_value want = value.at("value");
        if (want.kind() == json_kind::text) CHECK(file->head.text(key).value() == want.text().value());
        else if (want.kind() == json_kind::boolean) CHECK(file->head.boolean(key).value() == want.boolean().value());
        else
            CHECK(file->head.number<double>(key).value() ==
                  doctest::Approx(want.number<double>().value()).epsilon(1e-12));
    }
}
