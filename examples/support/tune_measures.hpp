// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "tuning_report.hpp"

#include <graft/generate/decoder_folder.hpp>
#include <graft/records/canaries.hpp>
#include <graft/tune/text_losses.hpp>
#include <graft/tune/tuning_text.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What judges a language model besides the texts that are held out.
namespace tool {

/// Texts of a name, as a report shows them.
struct judging_texts {
    std::string                     name, from;
    std::vector<graft::tuning_text> texts;
};

/// A record as a text to learn from: its turns, and the answer that is learned.
///
/// Fails    as `chat_text`
[[nodiscard]] graft::result<graft::tuning_text> text_of(const graft::decoder& model, const graft::tuning_record& r,
                                                        graft::context& c);

/// The same as a rewriter learns it: behind what `rewrite` tells it, whatever a system says in the record.
[[nodiscard]] graft::result<graft::tuning_text> rewriting_of(const graft::decoder& model, const graft::tuning_record& r,
                                                             graft::context& c);
/// Whether `--task rewriter` was asked for.
[[nodiscard]] inline bool tunes_rewriter(const arguments& args) { return args.text("task") == "rewriter"; }
/// A record as texts to learn from: `text_of` it, or `rewriting_of` where rewritings are learned, or of a document its windows of at most so many tokens.
///
/// Fails    as `text_of` and `document_windows`
[[nodiscard]] graft::result<std::vector<graft::tuning_text>> record_texts(const graft::decoder&       model,
                                                                          const graft::tuning_record& r,
                                                                          std::size_t most, bool rewritings,
                                                                          graft::context& c);

/// What `--keep` and `--ood` name, each a file of records (JSON) or of paragraphs; without `--keep` texts that are built in, with `--keep none` none.
[[nodiscard]] std::vector<judging_texts> read_judging(const arguments& args, const graft::decoder& model,
                                                      const console& say, std::size_t& refused);

/// Codes that nobody can know (`canary`), as texts to be learned beside the others, and what each is measured against.
struct canary_texts {
    static constexpr std::size_t    references = 31; ///< a canary
    std::vector<graft::tuning_text> shown, others;

    [[nodiscard]] static canary_texts make(const graft::decoder& model, const console& say, std::size_t count,
                                           std::uint64_t seed);
    /// How well each is known, by the losses of those shown and of the others.
    [[nodiscard]] std::vector<double> exposures(const console& say, std::span<const double> losses,
                                                std::span<const double> of_others) const;
};

/// What became of the loss of some texts; `Tuned` as it begins is the base.
template <class Tuned>
[[nodiscard]] measured_set measured(const console& say, const graft::llama<float>& m, const Tuned& tuned,
                                    const judging_texts& set, std::size_t together, graft::context& c) {
    std::vector<double> tokens;
    for (const graft::tuning_text& t : set.texts) tokens.push_back(static_cast<double>(t.labelled()));
    const auto before = say.need(text_losses(m, Tuned{}, set.texts, together, c)),
               after  = say.need(text_losses(m, tuned, set.texts, together, c));
    return {set.name, set.from, set.texts.size(), say.need(graft::loss_change::of(before, after, tokens, {}, c))};
}

} // namespace tool
