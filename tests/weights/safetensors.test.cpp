// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/store/posix.hpp>
#include <graft/weights/llama2c.hpp>
#include <graft/weights/safetensors.hpp>
#include <graft/weights/safetensors_writer.hpp>
#include <graft/weights/take_tensors.hpp>

#include <support/faulty_files.hpp>
#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace graft;

namespace {

/// A file out of its header and its numbers.
std::vector<std::byte> file_of(std::string_view header, std::string_view numbers) {
    std::vector<std::byte> out(8);
    for (unsigned i = 0; i < 8; ++i) out[i] = static_cast<std::byte>(header.size() >> (8 * i));
    for (const char c : header) out.push_back(static_cast<std::byte>(c));
    for (const char c : numbers) out.push_back(static_cast<std::byte>(c));
    return out;
}

result<tensors> opened(std::span<const std::byte> bytes) {
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "a.safetensors", bytes));
    return load_safetensors(fs, "a.safetensors");
}
std::string said(const result<tensors>& r) { return r ? "" : describe(r.error()); }
std::string refused(std::string_view header, std::string_view numbers) {
    return said(opened(file_of(header, numbers)));
}
std::string one(fault what, std::string_view where = {}) {
    return "a.safetensors: " + std::string(where) + (where.empty() ? "" : ": ") + std::string(explain(what));
}

const std::string eight = "12345678";

} // namespace

TEST_CASE("safetensors: tensors by name, in the order of the header, numbers in place") {
    const auto set = opened(file_of(R"({"b":{"dtype":"U8","shape":[2,2],"data_offsets":[4,8]},
        "__metadata__":{"format":"pt","x":"y"},"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
        "none":{"dtype":"F64","shape":[3,0],"data_offsets":[4,4]}, "none either":{"dtype":"F64","shape":[0],"data_offsets":[8,8]}}   )",
                                    eight));
    REQUIRE_MESSAGE(set, said(set));
    REQUIRE(set->size() == 4);
    CHECK(set->list()[0].name == "b");
    CHECK(set->list()[0].shape == tensor_shape{2, 2});
    CHECK(set->list()[0].format == weight_format::u8);
    CHECK(set->list()[0].bytes[0] == std::byte{'5'});
    CHECK(set->find("a")->bytes.size() == 4);
    CHECK(set->find("none")->bytes.empty());
    REQUIRE(set->metadata().size() == 2);
    CHECK(set->metadata()[1] == std::pair<std::string, std::string>("x", "y"));
    const auto single = opened(file_of(R"({"t":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", "1234"));
    REQUIRE(single);
    CHECK(single->find("t")->columns() == 1);
    CHECK(opened(file_of("{}", ""))->size() == 0);
}

TEST_CASE("safetensors: every type has its size") {
    for (const char* type : {"BOOL", "U8",  "I8",  "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
                             "I16",  "U16", "F16", "BF16",    "I32",     "U32",     "F32",         "F64",
                             "I64",  "U64", "C64", "F6_E2M3", "F6_E3M2", "F4"}) {
        CAPTURE(type);
        const auto        f     = weight_format_named(type);
        const std::size_t bytes = *bytes_of(*f, 4);
        const std::string begin = "{\"t\":{\"dtype\":\"" + std::string(type) + "\",\"shape\":[4],\"data_offsets\":[0,";
        CHECK(refused(begin + std::to_string(bytes) + "]}}", std::string(bytes, 'x')).empty());
        CHECK(refused(begin + std::to_string(bytes + 1) + "]}}", std::string(bytes + 1, 'x')) ==
              one(fault::malformed, "t.data_offsets"));
    }
    CHECK(refused(R"({"t":{"dtype":"F13","shape":[1],"data_offsets":[0,8]}})", eight) ==
          one(fault::unsupported, "t.dtype"));
    CHECK(refused(R"({"t":{"dtype":"Q8_0","shape":[32],"data_offsets":[0,34]}})", std::string(34, 'x')) ==
          one(fault::unsupported, "t.dtype"));
}

TEST_CASE("safetensors: holes, overlaps, lies and rests are refused, with the tensor's name") {
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", eight) ==
          one(fault::malformed, "t.data_offsets")); // a hole before
    CHECK(
        refused(
            R"({"s":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"t":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
            eight) == one(fault::malformed, "t.data_offsets")); // between
    CHECK(
        refused(
            R"({"s":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"t":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
            eight) == one(fault::malformed, "t.data_offsets")); // an overlap
    CHECK(
        refused(
            R"({"s":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
            eight) == one(fault::malformed, "t.data_offsets")); // shared
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}})", eight) ==
          "a.safetensors: byte 68: " + std::string(explain(fault::unexpected)));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", eight) ==
          one(fault::truncated, "t.data_offsets"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[2],"data_offsets":[8,6]}})", eight) ==
          one(fault::malformed, "t.data_offsets"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8,8]}})", eight) ==
          one(fault::malformed, "t.data_offsets"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[0]}})", eight) ==
          one(fault::absent, "t.data_offsets[1]"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[0,-8]}})", eight) ==
          one(fault::too_large, "t.data_offsets[1]"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[2.5],"data_offsets":[0,8]}})", eight) ==
          one(fault::bad_format, "t.shape[0]"));
    CHECK(refused(R"({"t":{"dtype":"F64","shape":[9223372036854775808,2],"data_offsets":[0,8]}})", eight) ==
          one(fault::too_large, "t.shape"));
    CHECK(refused(R"({"t":{"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]}})", eight) ==
          one(fault::too_large, "t.shape"));
    CHECK(refused(R"({"t":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,8],"data_offsets":[0,8]}})", eight) ==
          one(fault::unsupported, "t.shape"));
    CHECK(refused(R"({"t":{"shape":[8],"data_offsets":[0,8]}})", eight) == one(fault::absent, "t.dtype"));
    CHECK(refused(R"({"t":{"dtype":"U8","data_offsets":[0,8]}})", eight) == one(fault::absent, "t.shape"));
    CHECK(refused(R"({"t":7})", eight) == one(fault::absent, "t.dtype"));
    CHECK(refused(R"({"__metadata__":{"a":1}})", "") == one(fault::bad_format, "__metadata__.a"));
    CHECK(
        refused(
            R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"t":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}})",
            eight) == one(fault::duplicate_id, "t"));
    CHECK(refused("{\"t\":", "") == "a.safetensors: byte 13: " + std::string(explain(fault::truncated)));
    CHECK(refused("{\"t\":x}", "") == "a.safetensors: byte 13: " + std::string(explain(fault::bad_format)));
    CHECK(refused("[]", "") == "a.safetensors: byte 8: " + std::string(explain(fault::foreign)));
    CHECK(refused("", "") == "a.safetensors: byte 8: " + std::string(explain(fault::foreign)));
    CHECK(opened(std::vector<std::byte>(7)).error().what == fault::truncated);
    auto large = file_of("{}", "");
    large[0]   = std::byte{3};
    CHECK(opened(large).error().what == fault::truncated);
    for (std::size_t i = 0; i < 8; ++i) large[i] = std::byte{0xff};
    CHECK(opened(large).error() == error{fault::too_large, unit::byte, 0, "a.safetensors"});
    const auto good = file_of(R"({"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", eight);
    for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(opened(std::span(good).first(n)));
}

TEST_CASE("safetensors: several files by their index") {
    test::memory_files fs;
    const auto         put = [&](const std::string& path, std::span<const std::byte> bytes) {
        static_cast<void>(fs.remove(path));
        REQUIRE(write_new_file(fs, path, bytes));
    };
    const auto index = [&](std::string_view map) {
        const std::string text = "{\"metadata\":{},\"weight_map\":" + std::string(map) + "}";
        put("m/model.safetensors.index.json", std::as_bytes(std::span(text)));
        return load_safetensors(fs, "m/model.safetensors.index.json");
    };
    put("m/1",
        file_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}})", eight));
    put("m/2",
        file_of(R"({"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"__metadata__":{"format":"pt"}})", "abcdefgh"));
    const auto both = index(R"({"b":"2","a":"1"})");
    REQUIRE_MESSAGE(both, said(both));
    CHECK(both->size() == 2);
    CHECK(both->find("a")->bytes[0] == std::byte{'1'});
    CHECK(both->find("b")->bytes[0] == std::byte{'a'});
    CHECK(both->metadata().size() == 1);
    const auto m = [](fault what, std::string_view where) {
        return "m/model.safetensors.index.json: " + std::string(where) + ": " + std::string(explain(what));
    };
    CHECK(said(index(R"({"b":"2"})")).empty());
    CHECK(said(index(R"({"b":"1"})")) == m(fault::absent, "weight_map.b"));
    CHECK(said(index(R"({"a":"1","c":"2"})")) == m(fault::absent, "weight_map.c"));
    CHECK(said(index(R"({"a":"2","b":"1"})")) == m(fault::malformed, "weight_map.a"));
    CHECK(index(R"({"a":"1","b":"3"})").error().what == fault::not_found);
    for (const char* outside : {"../m/1", "/m/1", "x/1", "..", ".", ""}) {
        const auto map = "{\"a\":\"" + std::string(outside) + "\"}";
        CHECK_MESSAGE(said(index(map)) == m(fault::malformed, "weight_map.a"), outside);
    }
    put("m/1",
        file_of(
            R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
            eight));
    CHECK(said(index(R"({"a":"1","b":"2"})")) == m(fault::unexpected, "x"));
    put("m/2", file_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", eight));
    CHECK(said(index(R"({"a":"1","x":"2"})")) == m(fault::duplicate_id, "a"));
}

TEST_CASE("safetensors: written tensors come back, and only whole files are ever seen") {
    const std::string                                      bytes(16, 'z');
    const auto                                             all = std::as_bytes(std::span(bytes));
    const tensor                                           t[] = {{"a\"b", weight_format::u8, {2}, all.first(2)},
                                                                  {"w", weight_format::f32, {2, 1}, all.first(8)},
                                                                  {"n", weight_format::bf16, {}, all.first(2)},
                                                                  {"e", weight_format::f32, {0, 3}, {}}};
    const std::vector<std::pair<std::string, std::string>> said_of_it{{"format", "pt"}, {"x", "\n"}};
    test::memory_files                                     fs;
    REQUIRE(save_safetensors(fs, "a.safetensors", t, said_of_it));
    const auto back = load_safetensors(fs, "a.safetensors");
    REQUIRE_MESSAGE(back, said(back));
    REQUIRE(back->size() == 4);
    for (const tensor& each : t) {
        const tensor* found = back->find(each.name);
        REQUIRE(found != nullptr);
        CHECK(found->format == each.format);
        CHECK(found->shape == each.shape);
        CHECK(std::ranges::equal(found->bytes, each.bytes));
    }
    CHECK(std::vector(back->metadata().begin(), back->metadata().end()) == said_of_it);
    CHECK(back->list()[0].name == "e"); // the widest first
    CHECK(back->list()[3].name == "a\"b");
    CHECK(fs.open("a.safetensors.graft-new").error().what == fault::not_found);

    const auto why = [&](std::initializer_list<tensor> these) {
        return describe(save_safetensors(fs, "b", std::span(these.begin(), these.size())).error());
    };
    CHECK(why({t[0], t[0]}) == "b: a\"b: the id is already there");
    CHECK(why({{"__metadata__", weight_format::u8, {2}, all.first(2)}}) ==
          "b: __metadata__: an argument is outside its documented range");
    CHECK(why({{"x", weight_format::u8, {3}, all.first(2)}}) == "b: x: two shapes do not fit together");
    CHECK(why({{"\xff", weight_format::u8, {2}, all.first(2)}}) == "b: \xff: the text is not valid UTF-8");
    CHECK(why({{"q", weight_format::q8_0, {0}, {}}}) == "b: q: " + std::string(explain(fault::unsupported)));
    CHECK(fs.open("b").error().what == fault::not_found);
}

TEST_CASE("safetensors: files of the reference are read, and written again to the byte") {
    NEEDS_SHARED(folder, "fixtures");
    int seen = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
        const auto& path = each.path();
        if (path.extension() != ".safetensors") continue;
        CAPTURE(path.string());
        const auto set = load_safetensors(posix_files{}, path.string(), {.map = true});
        REQUIRE_MESSAGE(set, said(set));
        test::memory_files fs;
        REQUIRE(save_safetensors(fs, "again", set->list(), set->metadata()));
        const std::string before = test::slurp(path);
        const auto        after  = read_file(fs, "again");
        if (set->metadata().size() < 2) { // the reference writes several in no order
            REQUIRE(after->size() == before.size());
            CHECK(std::memcmp(after->all().data(), before.data(), before.size()) == 0);
        }
        ++seen;
    }
    CHECK(seen > 60);
}

TEST_CASE("safetensors: one file and its three shards hold the same model") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    const auto whole = load_safetensors(posix_files{}, folder.string());
    const auto parts = load_safetensors(posix_files{}, (folder / "sharded").string(), {.map = true});
    REQUIRE_MESSAGE(whole, said(whole));
    REQUIRE_MESSAGE(parts, said(parts));
    CHECK(whole->size() == parts->size());
    take_tensors take(*parts);
    for (const tensor& each : whole->list()) CHECK(std::ranges::equal(each.bytes, take(each.name, each.shape).bytes));
    CHECK(take.finish());
}

TEST_CASE("safetensors: all-MiniLM-L6-v2") {
    NEEDS_MODEL(folder, "minilm");
    const auto set = load_safetensors(posix_files{}, folder.string(), {.map = true});
    REQUIRE_MESSAGE(set, said(set));
    CHECK(set->size() == 104);
    take_tensors take(*set);
    CHECK(take("embeddings.word_embeddings.weight", {30522, 384}).rows() == 30522);
    CHECK(take("encoder.layer.5.output.dense.weight", {384, 1536}).floats());
    take.ignore("");
    CHECK(take.finish());
    for (const tensor& each : set->list()) CHECK_FALSE(each.first_not_finite());
}

TEST_CASE("safetensors: multilingual-e5-small") {
    NEEDS_MODEL(folder, "e5");
    const auto set = load_safetensors(posix_files{}, folder.string(), {.map = true});
    REQUIRE_MESSAGE(set, said(set));
    CHECK(set->find("embeddings.word_embeddings.weight")->shape == tensor_shape{250037, 384});
    CHECK(set->find("encoder.layer.11.output.dense.weight")->shape == tensor_shape{384, 1536});
}

TEST_CASE("safetensors: stories260K as a folder is the checkpoint of llama2.c, with q and k in another order of rows") {
    NEEDS_SHARED(folder, "fixtures/stories260k");
    NEEDS_SHARED(data, "data/models/stories260K");
    const auto here  = load_safetensors(posix_files{}, folder.string());
    const auto there = load_llama2c(posix_files{}, (data / "checkpoint_v1.bin").string());
    REQUIRE(here);
    REQUIRE(there);
    const auto same = [&](const std::string& a, const std::string& b, std::size_t heads = 0) {
        const tensor *x = here->find(a), *y = there->weights.find(b);
        REQUIRE(x != nullptr);
        REQUIRE(y != nullptr);
        CHECK(x->shape == y->shape);
        for (std::size_t i = 0; i < x->rows(); ++i) {
            std::size_t other = i;
            if (heads > 0) {
                const std::size_t dims = x->rows() / heads, in = i % dims;
                other = i - in + (in < dims / 2 ? 2 * in : 2 * (in - dims / 2) + 1);
            }
            if (!std::ranges::equal(x->row(i), y->row(other))) FAIL(a << " row " << i);
        }
    };
    same("model.embed_tokens.weight", "token_embd.weight");
    same("model.norm.weight", "output_norm.weight");
    for (std::size_t l = 0; l < there->layers; ++l) {
        const std::string a = "model.layers." + std::to_string(l) + ".", b = "blk." + std::to_string(l) + ".";
        same(a + "input_layernorm.weight", b + "attn_norm.weight");
        same(a + "self_attn.q_proj.weight", b + "attn_q.weight", there->heads);
        same(a + "self_attn.k_proj.weight", b + "attn_k.weight", there->kv_heads);
        same(a + "self_attn.v_proj.weight", b + "attn_v.weight");
        same(a + "self_attn.o_proj.weight", b + "attn_output.weight");
        same(a + "post_attention_layernorm.weight", b + "ffn_norm.weight");
        same(a + "mlp.gate_proj.weight", b + "ffn_gate.weight");
        same(a + "mlp.up_proj.weight", b + "ffn_up.weight");
        same(a + "mlp.down_proj.weight", b + "ffn_down.weight");
    }
    const auto words = load_llama2c_vocabulary(posix_files{}, (data / "tokenizer.bin").string());
    const auto json  = load_json(posix_files{}, (folder / "vocabulary.json").string());
    REQUIRE(words);
    REQUIRE(json);
    REQUIRE(json->at("pieces").size() == words->tokens.size());
    std::size_t i = 0, j = 0;
    for (const json_value piece : *json->at("pieces").array()) CHECK(piece.text().value() == words->tokens[i++]);
    for (const json_value score : *json->at("scores").array())
        CHECK(score.number<float>().value() == words->scores[j++]);
}
