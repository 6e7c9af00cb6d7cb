// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/context.hpp>
#include <graft/tokenize/gguf_vocabulary.hpp>

#include <support/gguf_reader.hpp>
#include <support/tokenizer_vectors.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace graft;

namespace {

tokenizer from_gguf(const std::filesystem::path& file) {
    test::gguf_keys keys(test::slurp(file));
    return read_gguf_vocabulary(keys.vocabulary()).value();
}

/// The cases that lie beside a vocabulary: texts, and their ids a line.
void check_cases(const std::string& name, const std::string& extra = "") {
    NEEDS_SHARED(folder, "data/tokenizers/ggml");
    const tokenizer    t      = from_gguf(folder / ("ggml-vocab-" + name + ".gguf"));
    const std::string  inputs = test::slurp(folder / ("ggml-vocab-" + name + ".gguf.inp"));
    std::istringstream ids(test::slurp(folder / ("ggml-vocab-" + name + ".gguf.out")));
    const std::string  border = "\n__ggml_vocab_test__\n";
    std::size_t        n      = 0;
    for (std::size_t at = 0; at <= inputs.size(); ++n) {
        const std::size_t end  = std::min(inputs.find(border, at), inputs.size());
        const std::string text = inputs.substr(at, end - at);
        at                     = end + border.size();
        std::string line;
        std::getline(ids, line);
        std::istringstream    row(line);
        std::vector<token_id> want;
        for (token_id id = 0; row >> id;) want.push_back(id);
        context        c;
        encode_options o;
        o.add_special  = false;
        const auto got = t.encode(text, c, o).value();
        INFO(name << extra << " case " << n << ": " << text);
        CHECK(test::shown(got.ids, {}) == test::shown(want, {}));
    }
    CHECK(n > 40);
}

} // namespace

TEST_CASE("gguf vocabulary: the cases of bert-bge") { check_cases("bert-bge"); }
TEST_CASE("gguf vocabulary: the cases of gpt-2") { check_cases("gpt-2"); }
TEST_CASE("gguf vocabulary: the cases of llama-spm") { check_cases("llama-spm"); }

TEST_CASE("gguf vocabulary: the corpus, gpt2 and llama-spm, every id and every byte") {
    NEEDS_SHARED(folder, "data/tokenizers/ggml");
    NEEDS_SHARED(texts, "fixtures/tokenize/corpus/texts.jsonl");
    CHECK(test::differ_on_corpus(from_gguf(folder / "ggml-vocab-llama-spm.gguf"), "llama-spm", false) == 0);
    CHECK(test::differ_on_corpus(from_gguf(folder / "ggml-vocab-bert-bge.gguf"), "bert-uncased", true) == 0);
}
