// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 23: from PEFT and back.
//
// PEFT is what most adapters were made with: a folder of adapter_config.json and adapter_model.safetensors. graft reads and writes such folders,
// so an adapter may be tuned there and used here, or the other way round. Two things must arrive: the matrices, and the scale, which no file
// holds. It follows from the config, and one word of that (use_rslora) changes it.
// needs: nlohmann-json3-dev
// model: minilm

#include <graft/base/random.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/models/bert_lora.hpp>
#include <graft/models/peft.hpp>
#include <graft/simd/dot.hpp>
#include <graft/store/posix.hpp>
#include <graft/weights/safetensors.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

int main() {
    const graft::posix_files fs;
    graft::context           c;
    auto                     read = graft::load_sentence_encoder(fs, "build/models/minilm", c);
    if (!read) {
        std::fprintf(stderr, "%s\nexamples/models.sh minilm brings it\n", describe(read.error()).c_str());
        return 1;
    }
    graft::sentence_encoder& encoder = *read;

    // An adapter as somebody might have tuned it: all layers' queries and values. Here B is drawn, since at birth it is 0 and changes nothing.
    auto set = graft::lora_set<float>::make(graft::lora_places(encoder.model()),
                                            {.targets = {"query", "value"}, .params = {.rank = 4, .alpha = 8}})
                   .value();
    graft::counter_random draw(23);
    for (auto& e : set.entries)
        for (float& b : e.update.B.flat()) b = static_cast<float>(.2 * draw.unit64() - .1);

    // Out: a folder that `PeftModel.from_pretrained(base, "peft")` takes.
    std::filesystem::create_directories("peft");
    graft::save_peft_lora(fs, "peft", encoder.model(), set, "sentence-transformers/all-MiniLM-L6-v2").value();
    const auto file = graft::load_safetensors(fs, "peft/adapter_model.safetensors").value();
    std::printf("%zu tensors, of %zu updates; the first two:\n", file.list().size(), set.entries.size());
    for (std::size_t i = 0; i < 2; ++i)
        std::printf("  %s [%zu, %zu]\n", std::string(file.list()[i].name).c_str(), file.list()[i].rows(),
                    file.list()[i].columns());

    // And in again: every number has its bits, and the scale is alpha / rank.
    const auto same = [](const graft::lora_set<float>& a, const graft::lora_set<float>& b) {
        return graft::lora_hash(a) == graft::lora_hash(b);
    };
    const auto back = graft::load_peft_lora(fs, "peft", encoder.model()).value();
    std::printf("read again, every bit is the same: %s; scale %g\n", same(set, back) ? "yes" : "no",
                static_cast<double>(back.entries[0].update.scale));

    // What the config says counts. With rsLoRA the scale is alpha / sqrt(rank): readers that miss it serve another model.
    const auto rewrite = [&](const std::string& from, const std::string& to) {
        std::ifstream in("peft/adapter_config.json");
        std::string   text((std::istreambuf_iterator<char>(in)), {});
        const auto    at = text.find(from);
        if (at != text.npos) text.replace(at, from.size(), to);
        std::ofstream("peft/adapter_config.json") << text;
        return at != text.npos;
    };
    if (rewrite("\"use_rslora\": false", "\"use_rslora\": true"))
        std::printf(
            "with rsLoRA, scale %g\n",
            static_cast<double>(graft::load_peft_lora(fs, "peft", encoder.model()).value().entries[0].update.scale));
    rewrite("\"use_rslora\": true", "\"use_rslora\": false");
    // A config that asks for mathematics that is not here is refused, not half read.
    rewrite("\"peft_type\": \"LORA\"", "\"peft_type\": \"LOHA\"");
    std::printf("another kind of adapter: %s\n\n",
                describe(graft::load_peft_lora(fs, "peft", encoder.model()).error()).c_str());

    // Three ways to have the same vectors: no adapter, one beside the weights, one within them.
    const graft::text_view text{{}, "The river flows through three cities."};
    const auto             encoded = [&] {
        graft::matrix<float> row(1, encoder.dims());
        encoder.encode({&text, 1}, row.view(), c).value();
        return row;
    };
    const auto near = [](const auto& a, const auto& b) { return static_cast<double>(graft::dot(a.row(0), b.row(0))); };
    const auto base = encoded();
    encoder.adapt(back).value();
    const auto beside = encoded();
    encoder.adapt({}).value();
    const auto without = encoded();
    encoder.merge(back).value();
    const auto within = encoded();
    std::printf("beside the weights it turns a vector to a cosine of %.3f\n", near(base, beside));
    std::printf("taken away, the base is there again to the bit: %s\n",
                std::ranges::equal(base.flat(), without.flat()) ? "yes" : "no");
    std::printf("merged into the weights it does the same, to a cosine of %.5f\n", near(beside, within));
    std::filesystem::remove_all("peft");
}
