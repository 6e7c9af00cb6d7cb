// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include <graft/base/random.hpp>
#include <graft/json/json.hpp>
#include <graft/store/posix.hpp>

#include <support/memory_files.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

fault why(std::string_view text, const json_limits& limits = {}) {
    const auto read = parse_json(text, "a.json", limits);
    return read ? fault{} : read.error().what;
}

/// The rows as nlohmann's own tree, whose comparison is the oracle.
nlohmann::ordered_json tree_of(json_value v) {
    switch (v.kind()) {
    case json_kind::boolean: return *v.boolean();
    case json_kind::text: return std::string(*v.text());
    case json_kind::number:
        if (const auto n = v.number<std::uint64_t>()) return *n;
        if (const auto n = v.number<std::int64_t>()) return *n;
        return *v.number<double>();
    case json_kind::array: {
        auto all = nlohmann::ordered_json::array();
        for (json_value x : *v.array()) all.push_back(tree_of(x));
        return all;
    }
    case json_kind::object: {
        auto all = nlohmann::ordered_json::object();
        for (json_member m : *v.object()) all[std::string(m.name)] = tree_of(m.value);
        return all;
    }
    default: return nullptr;
    }
}

nlohmann::ordered_json some_tree(counter_random& random, int depth) {
    switch (random.below(depth > 4 ? 6 : 8)) {
    case 0: return nullptr;
    case 1: return random.below(2) == 0;
    case 2: return random.below(1u << 30);
    case 3: return -static_cast<std::int64_t>(random.below(1u << 30)) - 1;
    case 4: return static_cast<double>(2 * random.below(1u << 30) + 1) / 6;
    case 5: return std::string("\xC3\xA4\"\\\n\x01 x").substr(0, 2 + random.below(6));
    case 6: {
        auto all = nlohmann::ordered_json::array();
        for (auto n = random.below(6); n > 0; --n) all.push_back(some_tree(random, depth + 1));
        return all;
    }
    default:
        auto all = nlohmann::ordered_json::object();
        for (auto n = random.below(20); n > 0; --n)
            all["k" + std::to_string(random.below(1000))] = some_tree(random, depth + 1);
        return all;
    }
}

} // namespace

TEST_CASE("json: names are followed, values read by type, in the order of the text") {
    const auto read = parse_json(R"( {"model": {"type": "BPE", "vocab": {"b": 1, "a": 0}, "merges": [["a", "b"], []]},
                                      "eps": 1e-12, "n": null, "yes": true} )",
                                 "t.json");
    REQUIRE(read);
    const json_value root = read->root(), model = root.at("model");
    CHECK(read->name() == "t.json");
    CHECK(model.at("type").text().value() == "BPE");
    CHECK(root.at("eps").number<double>().value() == 1e-12);
    CHECK(root.at("yes").boolean().value());
    CHECK(root.at("n").kind() == json_kind::null);
    CHECK_FALSE(root.at("n").given());
    CHECK_FALSE(root.at("none").given());
    CHECK(root.at("none").number_or(7).value() == 7);
    CHECK(root.at("n").text_or("x").value() == "x");
    CHECK(root.at("yes").boolean_or(false).value());
    CHECK_FALSE(root.at("eps").boolean_or(false)); // another kind is never passed over
    std::string names;
    for (const auto [name, value] : *model.at("vocab").object())
        names += std::string(name) + std::to_string(*value.number<int>());
    CHECK(names == "b1a0");
    CHECK(model.at("merges").size() == 2);
    CHECK(model.at("merges")[0][1].text().value() == "b");
    CHECK(model.at("merges")[1].array()->empty());
    CHECK(model.size() == 3);
}

TEST_CASE("json: an error names the file and the place") {
    const auto read = parse_json(R"({"model": {"vocab": [1, {"a.b": "x"}]}, "list": [[], [3, [4]]]})", "t.json");
    REQUIRE(read);
    const auto said = [](const auto& refused) { return describe(refused.error()); };
    CHECK(said(read->at("model").at("merges").at("deeper").text()) ==
          "t.json: model.merges: " + std::string(explain(fault::absent)));
    CHECK(said(read->at("model").at("vocab")[1].at("a.b").number<int>()) ==
          "t.json: model.vocab[1].a.b: a line or field cannot be parsed");
    CHECK(said(read->at("model").at("vocab")[7].text()) ==
          "t.json: model.vocab[7]: " + std::string(explain(fault::absent)));
    CHECK(said(read->at("list")[1][1][0].text()) == "t.json: list[1][1][0]: a line or field cannot be parsed");
    CHECK(said(read->at("list").at("x").text()) == "t.json: list.x: " + std::string(explain(fault::absent)));
    CHECK(describe(read->root().refuse(fault::unsupported)) == "t.json: " + std::string(explain(fault::unsupported)));
    CHECK(json_value().text().error().what == fault::absent);
}

TEST_CASE("json: numbers are exact or refused") {
    const auto read = parse_json(
        R"([18446744073709551615, -9223372036854775808, 10.0, 10.5, 1e300, 18446744073709551616, -1, 3e9, 255, 0.1])");
    REQUIRE(read);
    const auto x = [&](std::size_t i) { return read->root()[i]; };
    CHECK(x(0).number<std::uint64_t>().value() == 18446744073709551615u);
    CHECK(x(0).number<std::int64_t>().error().what == fault::too_large);
    CHECK(x(1).number<std::int64_t>().value() == std::numeric_limits<std::int64_t>::min());
    CHECK(x(2).number<std::uint32_t>().value() == 10);
    CHECK(x(3).number<int>().error().what == fault::bad_format);
    CHECK(x(4).number<float>().error().what == fault::too_large);
    CHECK(x(4).number<double>().value() == 1e300);
    CHECK(x(5).number<std::uint64_t>().error().what == fault::too_large);
    CHECK(x(5).number<double>().value() == 0x1p64);
    CHECK(x(6).number<std::uint64_t>().error().what == fault::too_large);
    CHECK(x(6).number<float>().value() == -1.f);
    CHECK(x(7).number<std::uint32_t>().value() == 3000000000u);
    CHECK(x(7).number<std::int32_t>().error().what == fault::too_large);
    CHECK(x(8).number<std::uint8_t>().value() == 255);
    CHECK(x(8).number<std::int8_t>().error().what == fault::too_large);
    CHECK(x(9).number<float>().value() == .1f);
}

TEST_CASE("json: what is no JSON is refused") {
    for (const char* text :
         {"{\"a\":1,}", "[1,]",       "{a:1}", "'x'",       "[1] 2",   "01",     "1.",          ".5",
          "+1",         "NaN",        "[1 2]", "{\"a\" 1}", "\"\\x\"", "\"\n\"", "\"\\ud800\"", "// a\n1",
          "tru",        "{\"a\":1}}", "]",     "[1,2}",     "1e",      "-"})
        CHECK_MESSAGE((why(text) == fault::bad_format || why(text) == fault::truncated), text);
    for (const char* text : {"", "  ", "[", "{\"a\":", "\"a", "[1,", "{\"a\":1"})
        CHECK_MESSAGE(why(text) == fault::truncated, text);
    CHECK(why("\"a\xC3\"") == fault::bad_utf8);
    CHECK(why("\"\xED\xA0\x80\"") == fault::bad_utf8);
    CHECK(why(std::string_view("{}\0{", 4)) == fault::bad_format);
    CHECK(why("1e999") == fault::too_large);
    const auto late = parse_json("[1, 2, x]", "a.json");
    CHECK(late.error() == error{fault::bad_format, unit::byte, 7, "a.json"});
    const auto same = parse_json(R"({"a": {"k": [1, {"b": 1, "c": 2, "b": 3}]}})", "a.json");
    CHECK(same.error() == error{fault::duplicate_id, unit::none, 0, "a.json: a.k[1].b"});
}

TEST_CASE("json: limits") {
    const std::string deep = std::string(64, '[') + std::string(64, ']');
    CHECK(parse_json(deep));
    CHECK(why("[" + deep + "]") == fault::too_large);
    CHECK(why("{\"a\":[1]}", {.depth = 1}) == fault::too_large);
    CHECK(why("[1,2]", {.bytes = 4}) == fault::too_large);
    CHECK(why(std::string(1 << 20, '[')) == fault::too_large); // no stack to run over
    test::memory_files fs;
    REQUIRE(write_new_file(fs, "x.json", std::as_bytes(std::span("{\"a\": 1}", 8))));
    CHECK(load_json(fs, "x.json")->at("a").number<int>().value() == 1);
    CHECK(load_json(fs, "x.json", {.bytes = 7}).error() == error{fault::too_large, unit::byte, 8, "x.json"});
    CHECK(load_json(fs, "y.json").error().what == fault::not_found);
}

TEST_CASE("json: the same tree as nlohmann's own, whatever the text") {
    counter_random random(1, 77);
    for (int round = 0; round < 300; ++round) {
        const auto tree = some_tree(random, 0);
        const auto read = parse_json(tree.dump(round % 2 == 0 ? -1 : 2));
        REQUIRE(read);
        CHECK(tree_of(read->root()) == tree);
        CHECK(tree_of(read->root()).dump() == tree.dump());
    }
}

TEST_CASE("json: two equal keys are found among many, and only they") {
    counter_random random(1, 78);
    for (int round = 0; round < 200; ++round) {
        const std::size_t n = 2 + random.below(300), first = random.below(n), second = random.below(n);
        std::string       text = "{";
        for (std::size_t i = 0; i < n; ++i) {
            const bool other = i == second && first != second;
            text += (i == 0 ? "" : ",");
            text += "\"k" + std::to_string(other ? first : i) + "\":[" + std::to_string(i) + "]";
        }
        text += "}";
        const auto read = parse_json(text);
        CHECK(static_cast<bool>(read) == (first == second));
        if (!read) CHECK(read.error().subject == "k" + std::to_string(first));
    }
}

TEST_CASE("json: edited texts end in an error or a document") {
    const std::string good = R"({"a":[1,-2,3.5e2,"\u00e4\ud83d\ude00",true,null],"b":{"c":"d","e":[[]],"f":{}}})";
    REQUIRE(parse_json(good));
    counter_random random(1, 79);
    int            read = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text = good;
        for (auto edits = 1 + random.below(3); edits > 0; --edits) {
            const auto at = random.below(text.size());
            if (random.below(8) == 0) text.resize(1 + at);
            else if (random.below(2) == 0) text[at] = "{}[],:\"\\e0-"[random.below(11)];
            else text[at] = static_cast<char>(random.below(256));
        }
        const auto ours = parse_json(text);
        if (ours) ++read;
        const auto theirs = nlohmann::ordered_json::parse(text, nullptr, false);
        if (ours) CHECK(tree_of(ours->root()) == theirs);
        else if (ours.error().what == fault::bad_format || ours.error().what == fault::truncated)
            CHECK((theirs.is_discarded() || text.find('\0') != std::string::npos));
    }
    CHECK(read > 500);
}

TEST_CASE("json: the real files of models") {
    NEEDS_SHARED(folder, "fixtures");
    const auto tokenizer = load_json(posix_files{}, (folder / "tiny_bert/hf/tokenizer.json").string());
    REQUIRE(tokenizer);
    CHECK(tokenizer->at("model").at("type").text().value() == "WordPiece");
    CHECK(tokenizer->at("model").at("vocab").size() == 200);
    const auto config = load_json(posix_files{}, (folder / "tiny_llama/config.json").string());
    REQUIRE(config);
    CHECK(config->at("hidden_size").number<int>().value() == 64);
    CHECK(config->at("rope_parameters").at("rope_theta").number<double>().value() == 1e4);
}
