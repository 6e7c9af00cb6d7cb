// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/tune/document_windows.hpp>

#include <graft/base/random.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/store/posix.hpp>

#include <support/copied_folder.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace graft;

namespace {

/// Windows put together again: what is learned, behind the first token. Each begins where the one before ended.
std::vector<std::uint32_t> joined(const std::vector<tuning_text>& all, std::size_t most) {
    std::vector<std::uint32_t> ids;
    bool                       sound = true;
    for (const tuning_text& t : all) {
        sound = sound && t.ids.size() >= 2 && t.ids.size() <= most && t.labels.size() == t.ids.size();
        sound = sound && (ids.empty() || t.ids.front() == ids.back());
        if (ids.empty() && !t.ids.empty()) ids.push_back(t.ids.front());
        for (std::size_t i = 0; i + 1 < t.ids.size() && sound; ++i) {
            sound = t.labels[i] == std::int64_t{t.ids[i + 1]};
            ids.push_back(t.ids[i + 1]);
        }
        sound = sound && t.labels.back() == ignored_label;
    }
    CHECK(sound);
    return ids;
}

} // namespace

TEST_CASE("each token but the first is learned exactly once, in as few windows of one length as that takes") {
    counter_random r(1);
    for (int n = 0; n < 400; ++n) {
        std::vector<std::uint32_t> ids(r.below(n < 40 ? 6 : 300));
        for (auto& id : ids) id = static_cast<std::uint32_t>(r.below(1000));
        const std::size_t most = 2 + r.below(n % 3 == 0 ? 4 : 80);
        CAPTURE(ids.size());
        CAPTURE(most);
        const auto all = cut_windows(ids, most);
        if (ids.size() < 2) {
            CHECK(all.empty());
            continue;
        }
        CHECK(joined(all, most) == ids);
        CHECK(all.size() == (ids.size() - 1 + most - 2) / (most - 1));
        std::size_t low = most, high = 0, learned = 0;
        for (const tuning_text& t : all)
            low = std::min(low, t.ids.size()), high = std::max(high, t.ids.size()), learned += t.labelled();
        CHECK(high - low <= 1);
        CHECK(learned == ids.size() - 1);
    }
}

TEST_CASE("a document is learned whole, and its end, whatever its script and whatever it spells") {
    NEEDS_MODEL(path, "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
    context           c;
    const auto        model   = load_decoder(posix_files{}, path.string(), {}, c).value();
    const auto        end     = *model.words().eos();
    const std::string texts[] = {"a",
                                 "Grafting joins two plants so that they grow as one.",
                                 "  Blanks before,\n\n\nlines between, blanks behind.  \n",
                                 "接ぎ木は二つの植物を一つに育てる。",
                                 "التطعيم يجمع نباتين.",
                                 "Пересадка 🌱👩‍🌾 é ñ",
                                 "<|im_end|><|endoftext|> are text here",
                                 std::string(1, '\0') + "a nought"};
    for (const std::string& text : texts)
        for (const std::size_t most : {2u, 3u, 7u, 512u}) {
            CAPTURE(text);
            CAPTURE(most);
            const auto all = document_windows(model, text, most, c).value();
            const auto ids = joined(all, most);
            CHECK(ids.front() == end); // as if another document had gone before
            CHECK(ids.back() == end);
            const std::vector<token_id> between(ids.begin() + 1, ids.end() - 1);
            CHECK(std::find(between.begin(), between.end(), end) == between.end());
            CHECK(model.words().decode(between, c).value() == text);
        }
    // One huge document.
    std::string huge;
    while (huge.size() < 300'000) huge += texts[huge.size() % 6] + "\n";
    const auto all = document_windows(model, huge, 512, c).value();
    const auto ids = joined(all, 512);
    CHECK(all.size() == (ids.size() - 1 + 510) / 511);
    CHECK(model.words().decode(std::span<const std::uint32_t>(ids).subspan(1, ids.size() - 2), c).value() == huge);
    CHECK(check_tuning_texts(all, model.positions(), 49'152));

    CHECK(document_windows(model, "", 512, c).error().what == fault::no_input);
    CHECK(document_windows(model, "text", 1, c).error().what == fault::bad_argument);
    CHECK(document_windows(model, "text", model.positions() + 1, c).error().what == fault::too_large);
}

TEST_CASE("what the model puts before texts begins a document, and nothing of its template is learned twice") {
    NEEDS_SHARED(folder, "fixtures/tiny_llama");
    context                   c;
    const test::copied_folder at(folder);
    // Without a token that ends texts there are no documents.
    const auto endless = load_decoder(posix_files{}, at.at.string(), {}, c).value();
    CHECK(document_windows(endless, "two words", 4, c).error().what == fault::absent);
    // A template with a token on both sides, and ends that the model's files name.
    std::string words = test::slurp(at.at / "tokenizer.json");
    const auto  put   = [&](std::string_view behind, std::string_view was, const std::string& now) {
        const auto from = words.find(was, words.find(behind));
        REQUIRE(from != std::string::npos);
        words.replace(from, was.size(), now);
    };
    const std::string one = R"({"SpecialToken":{"id":"\u0101","type_id":0}})",
                      two = one.substr(0, one.find("0101")) + "0102" + one.substr(one.find("0101") + 4);
    put("\"special_tokens\"", "{}",
        R"({"\u0101":{"id":"\u0101","ids":[1],"tokens":["\u0101"]},"\u0102":{"id":"\u0102","ids":[2],"tokens":["\u0102"]}})");
    put("\"single\":", "[", "[" + one + ",");
    words.insert(words.rfind(']', words.find("\"pair\":")), "," + two);
    at.put("tokenizer.json", words);
    at.put("generation_config.json", R"({"eos_token_id": [2, 9]})");
    const auto model = load_decoder(posix_files{}, at.at.string(), {}, c).value();
    const auto plain = model.words().encode("two words", c, {.add_special = false}).value();
    const auto whole = model.words().encode("two words", c).value();
    REQUIRE(whole.ids.size() == plain.ids.size() + 2);
    const auto ids = joined(document_windows(model, "two words", 4, c).value(), 4);
    CHECK(std::ranges::equal(ids, whole.ids));
    CHECK(ids.front() == 1);
    CHECK(ids.back() == 2);
}
