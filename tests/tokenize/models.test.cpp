// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/tokenize/gguf_vocabulary.hpp>
#include <graft/tokenize/tokenizer_json.hpp>
#include <graft/tokenize/vocab_txt.hpp>

#include <support/gguf_reader.hpp>
#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

std::vector<token_id> ids_in(json_value list) {
    std::vector<token_id> out;
    for (const json_value x : *list.array()) out.push_back(x.number<token_id>().value());
    return out;
}

std::string beginning(const std::filesystem::path& file, std::size_t bytes) {
    std::string   out(bytes, '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(out.data(), static_cast<std::streamsize>(bytes));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

} // namespace

TEST_CASE("models: SmolLM2, every string and every chat") {
    NEEDS_MODEL(folder, "smollm2");
    NEEDS_SHARED(fixtures, "fixtures/smollm2");
    test::gguf_keys keys(beginning(folder / "SmolLM2-135M-Instruct.Q4_1.gguf", std::size_t{4} << 20));
    const tokenizer t = read_gguf_vocabulary(keys.vocabulary()).value();
    CHECK(t.size() == 49152);
    CHECK(t.bos() == token_id{1});
    std::size_t strings = 0, chats = 0;
    for (const auto& line : test::json_lines(fixtures / "tokenizer.jsonl")) {
        context    c;
        const auto text = line.at("text").text().value();
        const auto want = ids_in(line.at("ids"));
        const auto got = t.encode(trusted_text{text}, c).value(), plain = t.encode(text, c).value();
        CHECK(test::shown(got.ids, {}) == test::shown(want, {}));
        CHECK(test::shown(plain.ids, {}) ==
              test::shown(line.at("ids_text_only").given() ? ids_in(line.at("ids_text_only")) : want, {}));
        for (const token_id id : plain.ids) CHECK_FALSE(t.is_special(id));
        CHECK(t.decode(got.ids, c, true).value() == line.at("decoded").text_or(text).value());
        ++strings;
    }
    const auto chat = parse_json(test::slurp(fixtures / "chat.json")).value();
    for (const json_value one : *(chat.root().kind() == json_kind::array ? chat.root() : chat.at("chats")).array()) {
        context c;
        CHECK(test::shown(t.encode(trusted_text{one.at("text").text().value()}, c).value().ids, {}) ==
              test::shown(ids_in(one.at("ids")), {}));
        ++chats;
    }
    CHECK(strings == 421);
    CHECK(chats == 32);
}

TEST_CASE("models: multilingual-e5-small") {
    NEEDS_MODEL(folder, "e5");
    NEEDS_SHARED(fixtures, "fixtures/e5small/io.json");
    const tokenizer t  = read_tokenizer_json(test::slurp(folder / "tokenizer.json")).value();
    const auto      io = parse_json(test::slurp(fixtures)).value();
    std::size_t     i  = 0;
    encode_options  o;
    o.max_tokens = 512;
    for (const json_value text : *io.at("texts").array()) {
        context c;
        CHECK(test::shown(t.encode(text.text().value(), c, o).value().ids, {}) ==
              test::shown(ids_in(io.at("ids")[i]), {}));
        ++i;
    }
    CHECK(i == 60);
}

TEST_CASE("models: all-MiniLM-L6-v2, from both of its files") {
    NEEDS_MODEL(folder, "minilm");
    NEEDS_SHARED(fixtures, "fixtures/minilm/io.json");
    const tokenizer t = read_tokenizer_json(test::slurp(folder / "tokenizer.json")).value(),
                    u = read_vocab_txt(test::slurp(folder / "vocab.txt")).value();
    const auto     io = parse_json(test::slurp(fixtures)).value();
    std::size_t    i  = 0;
    encode_options o;
    o.max_tokens = 256;
    for (const json_value one : *io.at("texts").array()) {
        context    c;
        const auto want = test::shown(ids_in(one.at("ids")), {});
        CHECK(test::shown(t.encode(trusted_text{one.at("text").text().value()}, c, o).value().ids, {}) == want);
        CHECK(test::shown(u.encode(trusted_text{one.at("text").text().value()}, c, o).value().ids, {}) == want);
        ++i;
    }
    CHECK(i == 64);
}
