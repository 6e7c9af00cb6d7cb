// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/base/random.hpp>
#include <graft/models/nf4_tensors.hpp>
#include <graft/models/read_weights.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>

#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace graft;

namespace {

/// A weight as it was read, which must be in NF4.
const nf4_weights& in_nf4(const any_weights& w) {
    const nf4_weights* it = nullptr;
    w.visit([&](const auto& held) {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, nf4_weights>) it = &held;
    });
    REQUIRE(it != nullptr);
    return *it;
}
bool same_rows(const any_weights& a, const any_weights& b) {
    std::vector<float> x(a.in()), y(b.in());
    bool               same = a.out() == b.out() && a.in() == b.in();
    for (std::size_t i = 0; same && i < a.out(); ++i)
        a.row(i, x), b.row(i, y), same = std::ranges::equal(std::as_bytes(std::span(x)), std::as_bytes(std::span(y)));
    return same;
}

} // namespace

TEST_CASE("NF4 tensors: a checkpoint of bitsandbytes, read and written, is the same file") {
    NEEDS_SHARED(fixtures, "fixtures/nf4");
    for (const char* name : {"checkpoint_plain.safetensors", "checkpoint_double.safetensors"}) {
        CAPTURE(name);
        context                  c;
        const auto               file = load_safetensors(posix_files{}, (fixtures / name).string()).value();
        std::vector<any_weights> held;
        for (const char* weight : {"64x64.weight", "96x160.weight"})
            held.push_back(detail::read_weight(*file.find_nf4(weight), {}, c).value());
        nf4_tensors out;
        out.add("64x64.weight", in_nf4(held[0]));
        out.add("96x160.weight", in_nf4(held[1]));
        test::memory_files                                     fs;
        const std::vector<std::pair<std::string, std::string>> said{{"format", "pt"}};
        REQUIRE(save_safetensors(fs, "a.safetensors", out.list(), said));
        const auto bytes = read_file(fs, "a.safetensors").value();
        const auto want  = test::slurp(fixtures / name);
        CHECK(std::ranges::equal(bytes.all(), std::as_bytes(std::span(want))));
    }
}

TEST_CASE("NF4 tensors: weights of any shape come back to the bit, as they are and as floats") {
    for (const auto scales : {nf4_scales::floats, nf4_scales::codes})
        for (const auto& [out, in] : {std::pair{1, 1}, {3, 7}, {5, 100}, {70, 320}}) {
            context        c;
            counter_random r(3);
            const auto     row = [&](std::size_t, std::span<float> to) {
                for (float& x : to) x = r.unit() - .5f;
            };
            const auto w =
                nf4_weights::of({static_cast<std::size_t>(out), static_cast<std::size_t>(in), row}, c, scales).value();
            nf4_tensors list;
            list.add("w", w);
            test::memory_files fs;
            REQUIRE(save_safetensors(fs, "a.safetensors", list.list()));
            const auto file = load_safetensors(fs, "a.safetensors");
            REQUIRE_MESSAGE(file, describe(file.error()));
            for (const auto as : {weights_as::filed, weights_as::nf4, weights_as::floats}) {
                const auto back = detail::read_weight(*file->find_nf4("w"), {.as = as}, c).value();
                CHECK(back.floats() == (as == weights_as::floats));
                CHECK(same_rows(back, any_weights(w)));
            }
        }
}

TEST_CASE("NF4 tensors: other levels, and scales that are no numbers, never become weights") {
    context     c;
    const auto  row = [](std::size_t, std::span<float> to) { std::ranges::fill(to, .5f); };
    const auto  w   = nf4_weights::of({4, 64, row}, c, nf4_scales::floats).value();
    nf4_tensors list;
    list.add("w", w);
    const auto read = [&](const char* of, std::size_t at, float x) {
        std::vector<tensor>    all(list.list().begin(), list.list().end());
        const auto             it = std::ranges::find(all, of, &tensor::name);
        std::vector<std::byte> bytes(it->bytes.begin(), it->bytes.end());
        std::ranges::copy(std::as_bytes(std::span(&x, 1)), bytes.begin() + static_cast<std::ptrdiff_t>(4 * at));
        it->bytes = bytes;
        test::memory_files fs;
        REQUIRE(save_safetensors(fs, "a.safetensors", all));
        const auto file = load_safetensors(fs, "a.safetensors").value();
        return detail::read_weight(*file.find_nf4("w"), {}, c);
    };
    CHECK(read("w.absmax", 2, .25f));
    CHECK(read("w.quant_map", 3, .1f).error() == error{fault::unsupported, unit::none, 0, "levels"});
    CHECK(read("w.absmax", 2, HUGE_VALF).error() == error{fault::not_finite, unit::row, 2, "scale"});
    CHECK(read("w.absmax", 3, NAN).error() == error{fault::not_finite, unit::row, 3, "scale"});
}
