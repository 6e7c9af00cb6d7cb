// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_classifier.hpp"

#include "json_line.hpp"
#include "models.hpp"
#include "printable.hpp"
#include "records.hpp"
#include "tuning.hpp"

#include <graft/base/executor.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/embed/text_classifier.hpp>
#include <graft/eval/bootstrap.hpp>
#include <graft/eval/classification.hpp>
#include <graft/linalg/product.hpp>
#include <graft/models/peft.hpp>
#include <graft/nn/pooling.hpp>
#include <graft/store/file.hpp>
#include <graft/store/posix.hpp>
#include <graft/tune/choose_label_head.hpp>
#include <graft/tune/fit_encoder_lora.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// The records of `--data`; one that says nothing is reported and counted.
std::vector<record> read_texts(const arguments& args, const console& say, std::size_t& refused) {
    auto       all   = say.need(read_records(args.text("data"), say, refused));
    const auto empty = [&](const record& r) {
        if (!r.text.empty() || !r.title.empty()) return false;
        say.report({fault::no_input, unit::line, r.line, args.text("data") + ": text"});
        return ++refused, true;
    };
    std::erase_if(all, empty);
    return all;
}

/// The texts with a label on one side of the split.
struct labelled_texts {
    std::vector<const record*> records;
    std::vector<std::uint32_t> labels;

    void add(const record& r, std::uint32_t label) { records.push_back(&r), labels.push_back(label); }
};

matrix<float> encoded(const console& say, const sentence_encoder& embed, const labelled_texts& of, context& c) {
    std::vector<text_view> in;
    for (const record* r : of.records) in.push_back({r->title, r->text});
    matrix<float> rows(in.size(), embed.dims());
    say.need(embed.encode(in, rows.view(), c));
    return rows;
}

/// In each row the place of the greatest, of several the first.
std::vector<std::uint32_t> greatest(matrix_view<const float> rows) {
    std::vector<std::uint32_t> all;
    for (std::size_t i = 0; i < rows.rows; ++i)
        all.push_back(
            static_cast<std::uint32_t>(std::max_element(rows.row(i).begin(), rows.row(i).end()) - rows.row(i).begin()));
    return all;
}
/// The label whose mean vector is nearest: what an encoder can do that nobody taught.
std::vector<std::uint32_t> by_nearest_mean(matrix_view<const float> train, const std::vector<std::uint32_t>& labels,
                                           std::size_t classes, matrix_view<const float> asked) {
    matrix<float> means(classes, train.dims), scores(asked.rows, classes);
    for (std::size_t i = 0; i < train.rows; ++i)
        for (std::size_t d = 0; d < train.dims; ++d) means.row(labels[i])[d] += train.row(i)[d];
    normalise_rows<float>(means.view(), means.view());
    multiply_abt(asked, matrix_view<const float>(means.view()), scores.view());
    return greatest(scores.view());
}
std::vector<std::uint32_t> by_head(const console& say, const label_head& head, matrix_view<const float> asked,
                                   context& c) {
    matrix<float> p(asked.rows, head.labels.size());
    say.need(head.probabilities(asked, p.view(), c));
    return greatest(p.view());
}

/// The updates of a sentence encoder that learned which of the texts have one label: each text is to find another of its label among all that is in
/// the batch.
///
/// Source   Tunstall et al. 2022, arXiv 2209.11055 (SetFit): pairs by label first, a head over the vectors then
fitted_lora contrasted(const arguments& args, const console& say, const sentence_encoder& embed,
                       const labelled_texts& train, context& c) {
    encoder_task task{.model = &embed.model(), .pooled = {embed.pooled().begin(), embed.pooled().end()}, .texts = {}};
    for (const record* r : train.records)
        task.texts.push_back(say.need(embed.token_ids({r->title, r->text}, false, 0, c)));
    task.kinds = train.labels;
    // A tenth of the texts says which state is the best; each text stands with another of its label and side.
    counter_random draw(args.seed(), 0x6c6162656c73 /* "labels" */);
    std::map<std::pair<bool, std::uint32_t>, std::vector<std::uint32_t>> of; // texts by side and label
    std::vector<bool>                                                    chooses(train.labels.size());
    for (std::uint32_t i = 0; i < train.labels.size(); ++i) {
        chooses[i] = !args.has("keep-last") && draw.below(10) == 0;
        of[{chooses[i], train.labels[i]}].push_back(i);
    }
    std::vector<encoder_pair> learn, choose;
    for (std::uint32_t i = 0; i < train.labels.size(); ++i) {
        const auto& alike = of[{chooses[i], train.labels[i]}];
        const auto  other = alike[draw.below(alike.size())];
        if (other != i) (chooses[i] ? choose : learn).push_back({i, other});
    }
    args.require(learn.size() > 1, "there are no two texts of one label to learn from");
    args.require(!choose.empty() || args.has("keep-last"),
                 "too few texts to hold some out and choose the best state by them: --keep-last keeps the last");
    task.make_ready(learn), task.make_ready(choose);
    auto       how   = asked_params(args, {.rate = 3e-4, .batch = 32, .least_batch = 2, .together = 4096});
    auto       set   = say.need(lora_set<float>::make(lora_places(embed.model()), asked_plan(args, 16)));
    const auto steps = how.run_steps(learn.size());
    how.rate.warmup  = steps / 10;
    return run_to_its_end(args, say, {args, steps, false}, [&](context& in) {
        return encoder_lora_run::make(task, std::move(set), learn, choose, how, in);
    });
}

} // namespace

int tune_classifier(const arguments& args, const console& say) {
    args.require(args.has("base") && args.has("data") && args.has("out"), "name --base, --data and --out");
    args.require(args.words().empty(), "there is a word too many");
    const bool   lora     = args.choice("method", {"lora", "head"}) == "lora";
    const double hold_out = asked_hold_out(args);
    for (const char* flag :
         {"targets", "rank", "alpha", "lr", "batch", "epochs", "checkpoint", "save-each", "keep-last"})
        args.require(lora || !args.has(flag), "--" + std::string(flag) + " has no meaning with --method head");
    const auto path = model_path(args, say, "base");
    need_folder_place(args, say);
    const posix_files fs;
    context           c{threads(args.threads())};
    auto              embed   = say.need(load_sentence_encoder(fs, path, c));
    std::size_t       refused = 0;
    const auto        all     = read_texts(args, say, refused);
    if (lora && !embed.plain()) {
        say.report({fault::unsupported, unit::none, 0, path + ": dense layers, or prompts that do not count"});
        return exit_failed;
    }

    std::map<std::string, std::uint32_t> known; // labels to learn, in the order of their names
    labelled_texts                       train, judges;
    const auto                           held = [&](const record& r) {
        return counter_random(args.seed(), hash64(r.text)).unit64() <
               hold_out; // those that say the same are on one side
    };
    for (const record& r : all)
        if (!r.label.empty() && !held(r)) known.emplace(r.label, 0);
    std::vector<std::string> names;
    for (auto& [name, number] : known) number = static_cast<std::uint32_t>(names.size()), names.push_back(name);
    for (const record& r : all) {
        const auto at = known.find(r.label);
        if (r.label.empty() || at == known.end()) { // one that no text to learn from has cannot be told
            say.report({fault::absent, unit::line, r.line, args.text("data") + ": label"});
            ++refused;
        } else (held(r) ? judges : train).add(r, at->second);
    }
    args.require(names.size() > 1, "there are not two labels to learn");
    if (args.json())
        print_line({{"event", "plan"},
                    {"labels", names.size()},
                    {"texts", train.records.size()},
                    {"held_out", judges.records.size()}});
    else
        std::printf("%zu labels, %zu texts, %zu held out\n", names.size(), train.records.size(), judges.records.size());
    std::fflush(stdout);

    const auto before = encoded(say, embed, train, c), asked = encoded(say, embed, judges, c);
    const auto fitted_head = [&](matrix_view<const float> rows) {
        auto made = say.need(choose_label_head(rows, train.labels, names, embed.fingerprint(), {}, c));
        if (args.json()) print_line({{"event", "head"}, {"c", made.c}});
        else std::printf("a head with c = %g, which did best on fifths of the texts taught\n", made.c);
        return std::move(made.head);
    };
    label_head                                                      head = fitted_head(before.view());
    std::vector<std::pair<const char*, std::vector<std::uint32_t>>> given;
    const bool                                                      judged = !judges.records.empty();
    if (judged) {
        given.emplace_back("means", by_nearest_mean(before.view(), train.labels, names.size(), asked.view()));
        given.emplace_back("head", by_head(say, head, asked.view(), c));
    }
    std::optional<fitted_lora> tuned;
    if (lora) {
        const auto& fitted = tuned.emplace(contrasted(args, say, embed, train, c));
        if (!args.json()) tell_end(args, fitted, {.saved = false});
        write_folder(args, say, [&] {
            return save_peft_lora(fs, args.text("out"), embed.model(), fitted.updates, args.text("base"));
        });
        say.need(embed.adapt(fitted.updates));
        const auto after = encoded(say, embed, train, c);
        head             = fitted_head(after.view());
        if (judged) {
            const auto told = encoded(say, embed, judges, c);
            given.emplace_back("lora means", by_nearest_mean(after.view(), train.labels, names.size(), told.view()));
            given.emplace_back("lora", by_head(say, head, told.view(), c));
        }
    }
    std::error_code ignored;
    if (!lora) // of an earlier run, whose vectors the head would not fit
        for (const char* of : {"adapter_config.json", "adapter_model.safetensors"})
            std::filesystem::remove(path_of(args.text("out"), of), ignored);
    write_folder(args, say,
                 [&] { return save_file(fs, path_of(args.text("out"), "head.graft"), head, embed.fingerprint()); });
    if (args.json()) print_line({{"event", "saved"}, {"folder", args.text("out")}});
    std::vector<double> first;
    for (const auto& [how, labels] : given) {
        const auto          scores = say.need(score_labels(judges.labels, labels, names.size()));
        std::vector<double> right;
        for (std::size_t i = 0; i < labels.size(); ++i) right.push_back(labels[i] == judges.labels[i] ? 1 : 0);
        if (first.empty()) first = right;
        const interval gain = say.need(paired_bootstrap(first, right, {.seed = args.seed()}));
        if (args.json())
            print_line({{"event", "judged"},
                        {"by", how},
                        {"accuracy", scores.accuracy},
                        {"macro_f1", scores.macro_f1},
                        {"gain", gain.mean},
                        {"low", gain.low},
                        {"high", gain.high}});
        else {
            std::printf("%s: accuracy %.4f, macro F1 %.4f", how, scores.accuracy, scores.macro_f1);
            if (how != given[0].first)
                std::printf("; over the %s %+.4f [%+.4f, %+.4f]", given[0].first, gain.mean, gain.low, gain.high);
            std::printf("\n");
        }
    }
    if (tuned && args.json()) tell_end(args, *tuned, {.saved = false}); // which is the last event
    return refused > 0 ? exit_some_refused : exit_done;
}

int classify_texts(const arguments& args, const console& say) {
    args.require(args.words().size() == 1, "there is a word too many");
    args.require(args.has("base") && args.has("adapter") && args.has("data"), "name --base, --adapter and --data");
    const posix_files fs;
    context           c{threads(args.threads())};
    const std::string folder = args.text("adapter");
    auto              head   = say.need(load_file<label_head>(fs, path_of(folder, "head.graft")));
    std::error_code   ignored;
    const bool        lora  = std::filesystem::exists(path_of(folder, "adapter_config.json"), ignored);
    const auto        embed = say.need(
        load_sentence_encoder(fs, model_path(args, say, "base"), c, {.adapter = lora ? folder : std::string()}));
    const auto  sort    = say.need(text_classifier<sentence_encoder>::make(embed, std::move(head)));
    std::size_t refused = 0;
    const auto  all     = read_texts(args, say, refused);
    for (std::size_t at = 0; at < all.size(); at += 256) {
        std::vector<text_view> in;
        for (std::size_t i = at; i < std::min(at + 256, all.size()); ++i) in.push_back({all[i].title, all[i].text});
        matrix<float> p(in.size(), sort.head().labels.size());
        say.need(sort.classify(in, p.view(), c));
        const auto best = greatest(p.view());
        for (std::size_t i = 0; i < in.size(); ++i) {
            const std::string& label = sort.head().labels[best[i]];
            const float        share = p.row(i)[best[i]];
            if (args.json()) print_line({{"id", all[at + i].id}, {"label", label}, {"probability", number(share)}});
            else
                std::printf("%s %s %.4f\n", printable(all[at + i].id).c_str(), printable(label).c_str(),
                            static_cast<double>(share));
        }
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
