// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_merge.hpp"

#include "json_line.hpp"
#include "models.hpp"
#include "tuning.hpp"

#include <graft/adapt/combine_loras.hpp>
#include <graft/adapt/compress_loras.hpp>
#include <graft/base/executor.hpp>
#include <graft/generate/decoder_folder.hpp>
#include <graft/models/gguf_lora.hpp>
#include <graft/models/llama_lora_report.hpp>
#include <graft/models/merged_folder.hpp>
#include <graft/models/peft.hpp>
#include <graft/records/lineage.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

struct named_adapter {
    std::string path;
    double      weight = 1;
};

/// `DIR:WEIGHT,FILE.gguf,…`; a name may hold a colon, where no number is behind it.
std::vector<named_adapter> adapters_said(const arguments& args) {
    std::vector<named_adapter> all;
    const std::string          text = args.text("adapter");
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        named_adapter     one{text.substr(at, end - at)};
        at = end + 1;
        if (one.path.empty()) continue;
        const std::size_t colon = one.path.rfind(':');
        if (colon != std::string::npos && colon > 0) {
            const char* const first = one.path.data() + colon + 1;
            const char* const last  = one.path.data() + one.path.size();
            double            weight{};
            const auto [stop, bad] = std::from_chars(first, last, weight);
            if (bad == std::errc() && stop == last && first != last) one.weight = weight, one.path.resize(colon);
        }
        all.push_back(std::move(one));
    }
    return all;
}

enum class into { peft, gguf, model };

/// How large the updates are beside their weights.
void tell(const arguments& args, const std::vector<lora_effect>& effects, std::size_t parameters, double lost) {
    double      share = 0, rank = 0, directions = 0;
    std::size_t most = 0;
    for (std::size_t i = 0; i < effects.size(); ++i) {
        const lora_effect& e = effects[i];
        const auto         n = static_cast<double>(effects.size());
        share += e.share / n, rank += static_cast<double>(e.rank) / n, directions += e.effective_rank / n;
        if (e.share > effects[most].share) most = i;
        if (args.json())
            print_line({{"event", "place"},
                        {"name", e.name},
                        {"rank", e.rank},
                        {"effective_rank", e.effective_rank},
                        {"norm", e.norm},
                        {"share", e.share}});
    }
    if (args.json()) {
        print_line({{"event", "sum"},
                    {"parameters", parameters},
                    {"layers", effects.size()},
                    {"share", share},
                    {"lost", lost}});
        return;
    }
    std::printf("%zu numbers beside %zu layers, rank %.3g, of which %.2f do the work\n", parameters, effects.size(),
                rank, directions);
    if (!effects.empty())
        std::printf("they change the weights by %.2f %%, by %.2f %% at most, at %s\n", 100 * share,
                    100 * effects[most].share, effects[most].name.c_str());
    if (args.text("how") == "svd") std::printf("%.2f %% of their sum was left out\n", 100 * lost);
}

lora_set<float> combined(const arguments& args, const console& say, const std::vector<lora_set<float>>& sets,
                         const std::vector<named_adapter>& said, double& lost, context& c) {
    std::vector<weighted_loras<float>> all;
    for (std::size_t i = 0; i < sets.size(); ++i) all.push_back({&sets[i], said[i].weight});
    const auto how = args.text("how");
    if (how == "svd") {
        std::size_t rank = 0; // as PEFT: the largest of them
        for (const auto& set : sets)
            for (const auto& e : set.entries) rank = std::max(rank, e.update.rank());
        if (args.has("rank")) rank = args.number_in<std::size_t>("rank", 1);
        auto made = say.need(compress_loras<float>(all, rank, c));
        lost      = made.share;
        return std::move(made.set);
    }
    const auto by = how == "linear"      ? combine_by::linear
                    : how == "ties"      ? combine_by::ties
                    : how == "dare"      ? combine_by::dare_linear
                    : how == "dare_ties" ? combine_by::dare_ties
                    : how == "magnitude" ? combine_by::magnitude_prune
                                         : combine_by::cat;
    return say.need(
        combine_loras<float>(all, {.by = by, .density = args.number<double>("density"), .seed = args.seed()}, c));
}

/// Merges into the folder of the model, and says what rounding took.
result<void> write_model(const arguments& args, const std::string& base, const lora_set<float>& set, context& c) {
    merge_loras_params how;
    if (const auto store = args.text("store"); !store.empty())
        how.as = store == "f32" ? weight_format::f32 : store == "f16" ? weight_format::f16 : weight_format::bf16;
    const auto places = save_merged_folder(posix_files{}, base, set, args.text("out"), how, c);
    if (!places) return places.error();
    double worst = 0;
    for (const merged_place& p : *places) worst = std::max(worst, p.lost);
    if (args.json()) print_line({{"event", "merged"}, {"lost", worst}});
    else if (worst < 1e-4) std::printf("rounding took less than .01 %% of any update\n");
    else std::printf("rounding took up to %.2g %% of an update\n", 100 * worst);
    return done;
}

/// What the parts know of the records that they saw, where they have it written down.
lineage lineage_of(const console& say, const std::vector<named_adapter>& parts) {
    lineage                  all;
    std::vector<std::string> silent;
    for (const named_adapter& one : parts) {
        const auto known = load_lineage(posix_files{}, one.path);
        if (known) all.add(*known);
        else if (known.error().what == fault::not_found || known.error().what == fault::not_a_folder)
            silent.push_back(one.path);
        else say.fail(known.error());
    }
    for (const std::string& path : silent)
        if (!all.entries.empty())
            say.note(path + " does not say which records it saw: the lineage is that of the others");
    return all;
}

} // namespace

int merge_adapters(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("adapter") && args.has("out"), "name --base, --adapter and --out");
    args.require(args.words().size() == 1, "there is a word too many");
    const auto how = args.choice("how", {"cat", "linear", "svd", "ties", "dare", "dare_ties", "magnitude"});
    args.require(how == "svd" || !args.has("rank"), "--rank has no meaning without --how svd");
    args.require((how != "cat" && how != "svd" && how != "linear") || !args.has("density"),
                 "--density has no meaning with --how " + how);
    const double density = args.number<double>("density");
    args.require(density > 0 && density <= 1, "--density takes a number above 0, at most 1");
    const auto said = adapters_said(args);
    args.require(!said.empty(), "--adapter names PEFT folders or GGUF files, each with :WEIGHT if not 1");
    const auto what = args.choice("into", {"peft", "gguf", "model"});
    const into to   = what == "gguf" ? into::gguf : what == "model" ? into::model : into::peft;
    args.require(to == into::model || !args.has("store"), "--store has no meaning without --into model");
    (void)args.choice("store", {"", "f32", "f16", "bf16"});
    const auto        path = model_path(args, say, "base");
    const std::string out  = args.text("out");
    std::error_code   ignored;
    if (to == into::model && !std::filesystem::exists(path_of(path, "config.json"), ignored))
        say.fail({fault::unsupported, unit::none, 0, path + ": weights in blocks keep no update"});
    if (to == into::gguf) say.need_place(out);
    else need_folder_place(args, say);
    const posix_files fs;
    context           c{threads(args.threads())};
    const auto        model = say.need(load_decoder(fs, path, {.weights = {.as = weights_as::filed}}, c));
    const auto*       m     = model.model().get_if<llama<float>>();
    if (m == nullptr) say.fail({fault::unsupported, unit::none, 0, path + ": updates beside this architecture"});
    std::vector<lora_set<float>> sets;
    for (const named_adapter& one : said)
        sets.push_back(say.need(std::filesystem::is_directory(one.path, ignored) ? load_peft_lora(fs, one.path, *m, c)
                                                                                 : load_gguf_lora(fs, one.path, *m)));
    double     lost = 0;
    const auto set  = combined(args, say, sets, said, lost, c);
    tell(args, say.need(lora_effects(*m, set, c)), set.parameters(), lost);
    const auto seen = lineage_of(say, said);
    if (to == into::gguf) {
        say.need(save_gguf_lora(fs, out, *m, set));
        if (!seen.entries.empty()) say.note(out + " has no room for the lineage of its parts: it stays with them");
    } else {
        write_folder(args, say, [&] {
            return to == into::peft ? save_peft_lora(fs, out, *m, set, args.text("base"))
                                    : write_model(args, path, set, c);
        });
        std::filesystem::remove(path_of(out, "lineage.jsonl"), ignored); // of what lay there before
        if (!seen.entries.empty()) say.need(save_lineage(fs, out, seen));
    }
    if (args.json()) print_line({{"event", "saved"}, {"path", out}});
    return exit_done;
}

} // namespace tool
