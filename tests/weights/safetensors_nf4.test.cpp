// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>
#include <graft/weights/take_tensors.hpp>

#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A weight of 3 x 50 numbers in NF4 as bitsandbytes stores it, of which single parts can be changed.
struct parts {
    struct one {
        weight_format          format;
        tensor_shape           shape;
        std::vector<std::byte> bytes;
    };
    std::map<std::string, one> all;

    explicit parts(bool nested = true) {
        add("w.weight", weight_format::u8, {75, 1});
        add("w.weight.quant_map", weight_format::f32, {16});
        add("w.weight.absmax", nested ? weight_format::u8 : weight_format::f32, {3});
        if (nested) {
            add("w.weight.nested_absmax", weight_format::f32, {1});
            add("w.weight.nested_quant_map", weight_format::f32, {256});
        }
        say(R"({"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [3, 50])" +
            std::string(nested ? R"(, "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.25})"
                               : "}"));
    }
    void add(const std::string& name, weight_format f, const tensor_shape& shape) {
        all[name] = {f, shape, std::vector<std::byte>(static_cast<std::size_t>(*bytes_of(f, *shape.numbers())))};
    }
    void say(const std::string& json) {
        add("w.weight.quant_state.bitsandbytes__nf4", weight_format::u8, {json.size()});
        std::ranges::copy(std::as_bytes(std::span(json)), all["w.weight.quant_state.bitsandbytes__nf4"].bytes.begin());
    }
    [[nodiscard]] result<tensors> open() const {
        test::memory_files  fs;
        std::vector<tensor> list;
        for (const auto& [name, t] : all) list.push_back({name, t.format, t.shape, t.bytes});
        REQUIRE(save_safetensors(fs, "a.safetensors", list));
        return load_safetensors(fs, "a.safetensors");
    }
};
error refused(const parts& p) {
    const auto file = p.open();
    REQUIRE_FALSE(file);
    return file.error();
}

} // namespace

TEST_CASE("NF4 in safetensors: what bitsandbytes wrote is found with all its parts") {
    NEEDS_SHARED(fixtures, "fixtures/nf4");
    for (const bool nested : {false, true}) {
        const std::string file = nested ? "checkpoint_double.safetensors" : "checkpoint_plain.safetensors";
        const auto        all  = load_safetensors(posix_files{}, (fixtures / file).string());
        REQUIRE_MESSAGE(all, describe(all.error()));
        const nf4_tensor* t = all->find_nf4("96x160.weight");
        REQUIRE(t != nullptr);
        CHECK(all->find_nf4("64x64.weight") != nullptr);
        CHECK(all->find_nf4("64x64") == nullptr);
        CHECK(t->shape == tensor_shape{96, 160});
        CHECK(t->block == 64);
        CHECK(t->nested() == nested);
        CHECK(t->codes.bytes.size() == 96 * 160 / 2);
        CHECK(t->scales.columns() == 240);
        if (nested) {
            CHECK(t->scale_block == 256);
            CHECK(t->scale_sizes.columns() == 1);
            CHECK(t->scale_map.columns() == 256);
            CHECK(t->offset == 0.1312744915485382f);
        }
        take_tensors take(*all);
        CHECK(take.nf4("64x64.weight", {64, 64}));
        const auto got = take.nf4("96x160.weight", {96, 160});
        REQUIRE(got);
        CHECK(got->codes.bytes.data() == t->codes.bytes.data());
        CHECK_FALSE(take.nf4("another", {1, 1}));
        CHECK(take.finish());
    }
}

TEST_CASE("NF4 in safetensors: what is taken is taken whole, in its shape") {
    const auto all = parts().open();
    REQUIRE_MESSAGE(all, describe(all.error()));
    take_tensors none(*all);
    CHECK(none.finish().error().what == fault::unexpected);
    take_tensors turned(*all, "w.");
    CHECK(turned.nf4("weight", {50, 3}));
    CHECK(turned.finish().error().what == fault::wrong_shape);
    take_tensors good(*all, "w.");
    CHECK(good.nf4("weight", {3, 50}));
    CHECK(good.finish());
    // As floats it is not there, and the error says that it is coded.
    take_tensors floats(*all);
    CHECK(floats("w.weight", {3, 50}).bytes.empty());
    CHECK(floats.finish().error().what == fault::unsupported);
}

TEST_CASE("NF4 in safetensors: what contradicts itself, lacks a part or is another kind is refused by name") {
    const auto state = [](const std::string& json) {
        parts p;
        p.say(json);
        return refused(p);
    };
    const std::string good =
        R"({"quant_type":"nf4","blocksize":64,"shape":[3,50],"nested_blocksize":256,"nested_offset":0.25})";
    const auto with = [&](const std::string& from, const std::string& to) {
        auto text = good;
        text.replace(text.find(from), from.size(), to);
        return state(text);
    };
    CHECK(with("\"nf4\"", "\"fp4\"").what == fault::unsupported);
    CHECK(with("\"nf4\"", "4").what == fault::bad_format);
    CHECK(with("64", "0").what == fault::unsupported);
    CHECK(with("64", "48").what == fault::unsupported);
    CHECK(with("64", "8192").what == fault::unsupported);
    CHECK(with("64", "-64").what == fault::too_large);
    CHECK(with("64", "128").what == fault::wrong_shape);
    CHECK(with("\"blocksize\":64,", "").subject.find("blocksize") != std::string::npos);
    CHECK(with("[3,50]", "[150]").what == fault::unsupported);
    CHECK(with("[3,50]", "[3,51]").what == fault::wrong_shape);
    CHECK(with("[3,50]", "[4294967295,4294967295]").what == fault::wrong_shape);
    CHECK(with("[3,50]", "[3,99999999999]").what == fault::too_large);
    CHECK(with("256", "255").what == fault::unsupported);
    CHECK(with("0.25", "1e300").what == fault::too_large);
    CHECK(with("0.25", "NaN").what == fault::bad_format);
    CHECK(with(",\"nested_offset\":0.25", "").what == fault::absent);
    for (std::size_t n = 0; n < good.size(); ++n) {
        const error cut = state(good.substr(0, n));
        CHECK((cut.what == fault::truncated || cut.what == fault::bad_format));
        CHECK(cut.subject.find("w.weight.quant_state.bitsandbytes__nf4") != std::string::npos);
    }
    CHECK(state(std::string(70'000, ' ')).what == fault::too_large);
    CHECK(state("[]").what == fault::absent);
    CHECK(state(good + "x").subject.find("w.weight.quant_state.bitsandbytes__nf4") != std::string::npos);

    for (const char* part : {"", ".quant_map", ".absmax", ".nested_absmax", ".nested_quant_map"}) {
        CAPTURE(part);
        parts      gone, typed, longer;
        const auto name = std::string("w.weight") + part;
        gone.all.erase(name);
        CHECK(refused(gone) == error{fault::absent, unit::none, 0, "a.safetensors: " + name});
        typed.add(name, weight_format::i64, typed.all.at(name).shape);
        CHECK(refused(typed).what == fault::unsupported);
        auto& now = longer.all.at(name);
        longer.add(name, now.format, {*now.shape.numbers() + 1});
        CHECK(refused(longer) == error{fault::wrong_shape, unit::none, 0, "a.safetensors: " + name});
    }
    // Scales that are floats need no more than a state of four words.
    CHECK(parts(false).open());
}
