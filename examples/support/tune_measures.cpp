// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_measures.hpp"

#include "conversation.hpp"
#include "keep_texts.hpp"
#include "records.hpp"

#include <graft/records/read_records.hpp>
#include <graft/retrieve/rewrite.hpp>
#include <graft/tune/chat_text.hpp>
#include <graft/tune/document_windows.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

constexpr std::size_t most = 256; ///< tokens of a text that judges

/// The paragraphs of a text, all of which are judged.
std::vector<tuning_text> paragraphs(const decoder& model, const console& say, std::string_view text) {
    std::vector<tuning_text> out;
    context                  c;
    std::string              paragraph;
    for (std::size_t at = 0; at < text.size();) {
        paragraph.clear();
        while (at < text.size()) { // lines up to a blank one
            const std::size_t end  = std::min(text.find('\n', at), text.size());
            const auto        line = text.substr(at, end - at);
            at                     = end + 1;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) break;
            if (!paragraph.empty()) paragraph += '\n';
            paragraph += line.substr(0, line.find_last_not_of('\r') + 1);
        }
        const auto ids = say.need(model.words().encode(paragraph, c)).ids;
        if (const auto some = ids.first(std::min({ids.size(), most, model.positions()})); some.size() > 1)
            out.push_back(tuning_text::of({}, std::vector<std::uint32_t>(some.begin(), some.end())));
        c.reset();
    }
    return out;
}
judging_texts read_file(const decoder& model, const console& say, const std::string& name, const std::string& file,
                        bool rewritings, std::size_t& refused) {
    judging_texts out{name, {}, {}};
    const auto    text = say.need(read_text_input(file));
    if (file.ends_with(".json") || file.ends_with(".jsonl")) {
        const auto read = say.need(parse_records(text, file));
        context    c;
        for (const error& why : read.refused) say.report(why), ++refused;
        for (const tuning_record& r : read.all) {
            auto made = record_texts(model, r, std::min(most, model.positions()), rewritings, c);
            c.reset();
            if (made) {
                for (tuning_text& t : *made) out.texts.push_back(std::move(t));
                continue;
            }
            error why = made.error();
            why.of = unit::line, why.where = r.row, why.subject = file;
            say.report(why), ++refused;
        }
    } else out.texts = paragraphs(model, say, text);
    if (out.texts.empty()) say.fail({fault::no_input, unit::none, 0, file});
    out.from = std::to_string(out.texts.size()) + " texts of " + file;
    return out;
}

} // namespace

result<tuning_text> text_of(const decoder& model, const tuning_record& r, context& c) {
    conversation given;
    for (const record_turn& t : r.given) given.say(t.from, t.text);
    return chat_text(model, given.turns(), r.answer, c);
}

result<tuning_text> rewriting_of(const decoder& model, const tuning_record& r, context& c) {
    conversation given;
    given.say(speaker::system, std::string(rewriting_instruction));
    for (const record_turn& t : r.given)
        if (t.from != speaker::system) given.say(t.from, t.text);
    return chat_text(model, given.turns(), r.answer, c);
}
result<std::vector<tuning_text>> record_texts(const decoder& model, const tuning_record& r, std::size_t tokens,
                                              bool rewritings, context& c) {
    if (r.given.empty() && rewritings) return error{fault::absent, unit::none, 0, "question"};
    if (r.given.empty()) return document_windows(model, r.answer, tokens, c);
    auto one = rewritings ? rewriting_of(model, r, c) : text_of(model, r, c);
    if (!one) return one.error();
    std::vector<tuning_text> alone;
    alone.push_back(std::move(*one));
    return alone;
}

std::vector<judging_texts> read_judging(const arguments& args, const decoder& model, const console& say,
                                        std::size_t& refused) {
    std::vector<judging_texts> all;
    if (!args.has("keep")) {
        auto texts = paragraphs(model, say, keep_texts);
        all.push_back({"keep", std::to_string(texts.size()) + " texts that are built in", std::move(texts)});
    } else if (args.text("keep") != "none")
        all.push_back(read_file(model, say, "keep", args.text("keep"), false, refused));
    if (args.has("ood")) all.push_back(read_file(model, say, "ood", args.text("ood"), tunes_rewriter(args), refused));
    return all;
}

canary_texts canary_texts::make(const decoder& model, const console& say, std::size_t count, std::uint64_t seed) {
    canary_texts out;
    context      c;
    for (std::size_t n = 0; n < count; ++n) {
        out.shown.push_back(say.need(text_of(model, canary(seed, n), c)));
        for (std::size_t i = 0; i < references; ++i)
            out.others.push_back(say.need(text_of(model, canary_reference(seed, n, i), c)));
        c.reset();
    }
    return out;
}
std::vector<double> canary_texts::exposures(const console& say, std::span<const double> losses,
                                            std::span<const double> of_others) const {
    std::vector<double> bits;
    for (std::size_t n = 0; n < shown.size(); ++n)
        bits.push_back(say.need(exposure(losses[n], of_others.subspan(n * references, references))));
    return bits;
}

} // namespace tool
