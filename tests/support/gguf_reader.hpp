// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/gguf_vocabulary.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// The vocabulary in a GGUF file that is known to be good: a reader for tests, which believes what it reads.
struct gguf_keys {
    std::string                                          bytes  = {};
    std::map<std::string, std::string_view>              texts  = {};
    std::map<std::string, std::uint64_t>                 whole  = {};
    std::map<std::string, std::vector<std::string_view>> lists  = {};
    std::map<std::string, std::vector<float>>            floats = {};
    std::map<std::string, std::vector<std::int32_t>>     ints   = {};

    explicit gguf_keys(std::string file) : bytes(std::move(file)) {
        std::size_t at   = 24;
        const auto  take = [&](std::size_t n) {
            if (n > bytes.size() - at) throw std::runtime_error("a GGUF file ends too early");
            std::uint64_t x = 0;
            std::memcpy(&x, bytes.data() + at, n);
            at += n;
            return x;
        };
        const auto text = [&] {
            const auto n = static_cast<std::size_t>(take(8));
            const auto t = std::string_view(bytes).substr(at, n);
            at += n;
            return t;
        };
        static constexpr std::size_t size[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        std::uint64_t                n      = 0;
        std::memcpy(&n, bytes.data() + 16, 8);
        for (; n > 0; --n) {
            const std::string key(text());
            const auto        type = take(4);
            if (type == 8) {
                texts[key] = text();
            } else if (type != 9) {
                whole[key] = take(size[type]);
            } else {
                const auto of = take(4);
                for (auto count = take(8); count > 0; --count) {
                    if (of == 8) lists[key].push_back(text());
                    else if (of == 6) floats[key].push_back(std::bit_cast<float>(static_cast<std::uint32_t>(take(4))));
                    else ints[key].push_back(static_cast<std::int32_t>(take(size[of])));
                }
            }
        }
    }

    [[nodiscard]] graft::gguf_vocabulary vocabulary() {
        const std::string      p = "tokenizer.ggml.";
        graft::gguf_vocabulary v;
        v.model       = texts[p + "model"];
        v.pre         = texts[p + "pre"];
        v.tokens      = lists[p + "tokens"];
        v.scores      = floats[p + "scores"];
        v.types       = ints[p + "token_type"];
        v.merges      = lists[p + "merges"];
        const auto id = [&](const char* name) {
            return whole.contains(p + name) ? std::optional(static_cast<graft::token_id>(whole[p + name]))
                                            : std::nullopt;
        };
        const auto flag = [&](const char* name) {
            return whole.contains(p + name) ? std::optional(whole[p + name] != 0) : std::nullopt;
        };
        v.bos = id("bos_token_id"), v.eos = id("eos_token_id"), v.unknown = id("unknown_token_id"),
        v.pad = id("padding_token_id");
        v.cls = id("cls_token_id"), v.separator = id("seperator_token_id"), v.mask = id("mask_token_id");
        v.add_bos = flag("add_bos_token"), v.add_eos = flag("add_eos_token"),
        v.add_space_prefix = flag("add_space_prefix");
        return v;
    }
};

} // namespace test
