// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/models/unfrozen_gguf.hpp>
#include <graft/store/posix.hpp>

#include <support/gradient.hpp>
#include <support/scratch_folder.hpp>
#include <support/shared.hpp>
#include <support/tiny_llama.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

namespace {

/// A model as a GGUF file has it, with a key and a tensor that are none of its weights.
void write_gguf(const std::string& path, const unfrozen_llama<float>& m) {
    gguf_fields head;
    const auto& k    = m.config;
    const auto  size = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
    head.text("general.architecture", "llama").text("of.the.host", "a text that stays");
    head.number("general.file_type", std::uint32_t{3});
    head.number("llama.embedding_length", size(k.width)).number("llama.block_count", size(k.layers));
    head.number("llama.attention.head_count", size(k.heads)).number("llama.attention.head_count_kv", size(k.kv_heads));
    head.number("llama.feed_forward_length", size(k.inner)).number("llama.context_length", size(k.positions));
    head.number("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    std::vector<std::string> names;
    names.reserve(100);
    std::vector<tensor> all;
    each_weight(
        llama_names_of_gguf,
        [&](const std::string& name, const matrix<float>& w) {
            names.push_back(name);
            const tensor_shape shape = w.rows() == 1 ? tensor_shape{w.dims()} : tensor_shape{w.rows(), w.dims()};
            all.push_back({names.back(), weight_format::f32, shape, std::as_bytes(w.flat())});
        },
        m);
    REQUIRE(save_gguf(posix_files{}, path, head.list(), all));
}
unfrozen_llama<float> read(const std::string& path) {
    context c;
    return unfreeze(read_llama(load_gguf(posix_files{}, path).value(), {.as = weights_as::floats}, c).value(), c)
        .value();
}

} // namespace

TEST_CASE("what was moved is written as a GGUF file, and read from there to the bit") {
    context c;
    for (const bool tied : {false, true}) {
        CAPTURE(tied);
        auto from = test::tiny_llama<float>(3, rotary_layout::pairs);
        if (tied) from.tokens.reset(), from.config.tied = true;
        auto                       m = unfreeze(from, c).value();
        const test::scratch_folder at("unfrozen_gguf");
        const std::string          base = at.path() + "/base.gguf", out = at.path() + "/model.gguf";
        write_gguf(base, m);
        const auto    before = test::slurp(base);
        std::uint64_t seed   = 0;
        each_weight(
            [&](const std::string&, matrix<float>& w) {
                const auto by = test::random_matrix<float>(w.rows(), w.dims(), ++seed);
                for (std::size_t i = 0; i < w.flat().size(); ++i) w.flat()[i] += .01f * by.flat()[i];
            },
            m);
        for (const weight_format as : {weight_format::f32, weight_format::bf16, weight_format::f16}) {
            CAPTURE(name(as));
            REQUIRE(save_unfrozen_gguf(posix_files{}, base, m, out, as, c));
            const auto again = read(out);
            double     worst = 0;
            each_weight(
                [&](const std::string& name, const matrix<float>& x, const matrix<float>& y) {
                    CAPTURE(name);
                    if (as == weight_format::f32 || x.rows() == 1) CHECK(std::ranges::equal(x.flat(), y.flat()));
                    for (std::size_t i = 0; i < x.flat().size(); ++i)
                        worst = std::max(worst, std::fabs(static_cast<double>(x.flat()[i] - y.flat()[i])));
                },
                m, again);
            CHECK(worst <= (as == weight_format::f32 ? 0 : 3e-3));
            const auto file = load_gguf(posix_files{}, out).value();
            CHECK(file.head.text("of.the.host").value() == "a text that stays");
            CHECK(file.head.number<std::uint32_t>("general.file_type").value() == (as == weight_format::f32   ? 0u
                                                                                   : as == weight_format::f16 ? 1u
                                                                                                              : 32u));
        }
        CHECK(test::slurp(base) == before);
        // Refused: the base itself, rows in another order, numbers that are none.
        CHECK(save_unfrozen_gguf(posix_files{}, base, m, base, weight_format::f32, c).error().what ==
              fault::bad_argument);
        CHECK(save_unfrozen_gguf(posix_files{}, base, m, out, weight_format::q8_0, c).error().what ==
              fault::bad_argument);
        CHECK(save_unfrozen_gguf(posix_files{}, at.path() + "/none.gguf", m, out, weight_format::f32, c).error().what ==
              fault::not_found);
        auto other          = m;
        other.config.layout = rotary_layout::halves;
        CHECK(save_unfrozen_gguf(posix_files{}, base, other, out, weight_format::f32, c).error().what ==
              fault::unsupported);
        m.layers[2].feed_norm.w.row(0)[3] = std::numeric_limits<float>::quiet_NaN();
        const auto why = save_unfrozen_gguf(posix_files{}, base, m, at.path() + "/sick.gguf", weight_format::f32, c);
        REQUIRE_FALSE(why);
        CHECK(why.error().what == fault::not_finite);
        CHECK(why.error().subject.find("blk.2.ffn_norm.weight") != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(at.path() + "/sick.gguf"));
    }
}
