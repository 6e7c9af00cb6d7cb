// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_export.hpp"

#include "json_line.hpp"
#include "models.hpp"
#include "records.hpp"
#include "tokenizers.hpp"
#include "tune_data.hpp"
#include "tuning.hpp"

#include <graft/records/chat_rows.hpp>
#include <graft/records/split_records.hpp>
#include <graft/records/upload_terms.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

constexpr std::size_t characters_a_token = 4; // of English, about
constexpr std::size_t usual_least        = 10;

/// The terms of `--price`, those of `--host` where it holds several.
std::optional<upload_terms> asked_terms(const arguments& args, const console& say) {
    args.require(args.has("price") || !args.has("host"), "--host has no meaning without --price");
    if (!args.has("price")) return std::nullopt;
    const auto all = say.need(parse_upload_terms(say.need(read_text_input(args.text("price"))), args.text("price")));
    if (!args.has("host")) return all.front();
    std::string names;
    for (const upload_terms& t : all) {
        if (t.name == args.text("host")) return t;
        names += (names.empty() ? "" : ", ") + t.name;
    }
    args.require(false, "--host is one of " + names);
    return std::nullopt;
}

/// Tokens of a row: of its texts by a tokenizer, or about; and what a host puts around them.
class row_tokens {
    std::optional<model_words> by_;
    std::size_t                a_turn_ = 0, a_row_ = 0;

    std::size_t of(std::string_view text) const {
        if (!by_) return (unicode::count_scalars(text) + characters_a_token - 1) / characters_a_token;
        return by_->words.count(text);
    }

public:
    row_tokens(const arguments& args, const console& say, const std::optional<upload_terms>& terms) {
        if (args.has("model")) by_ = say.need(open_tokenizer(model_path(args, say, "model")));
        if (terms) a_turn_ = terms->tokens_a_turn, a_row_ = terms->tokens_a_row;
    }
    [[nodiscard]] bool        exact() const { return by_.has_value(); }
    [[nodiscard]] std::size_t operator()(const tuning_record& r) const {
        std::size_t n = a_row_ + of(r.answer) + a_turn_;
        for (const record_turn& t : r.given) n += of(t.text) + a_turn_;
        return n;
    }
};

/// Where the rows that judge go: `train.jsonl`, `train.test.jsonl`.
std::string test_file(std::string out) {
    if (out.ends_with(".jsonl")) out.resize(out.size() - 6);
    return out + ".test.jsonl";
}

struct side {
    std::string file, text;
    std::size_t rows = 0, tokens = 0, longest = 0;
};
side side_of(std::string file, const std::vector<tuning_record>& records, const chat_rows& rows,
             const std::vector<std::uint32_t>& chosen) {
    side s{std::move(file), {}};
    for (const std::uint32_t i : chosen) {
        const ready_row& r = rows.ready[i];
        s.text.append(chat_row(records[r.record])).append("\n");
        ++s.rows, s.tokens += r.tokens, s.longest = std::max(s.longest, r.tokens);
    }
    return s;
}

/// Dollars, of which small ones are cents and less.
std::string dollars(double usd) {
    char room[40];
    std::snprintf(room, sizeof room, usd < 1 ? "%.4f USD" : "%.2f USD", usd);
    return room;
}

std::string why_left_out(const left_out_row& l, const std::vector<tuning_record>& records) {
    std::string why(name(l.why));
    if (l.why == chat_flaw::repeat) why += " of row " + std::to_string(records[l.first].row);
    if (l.why == chat_flaw::too_long) why += ", " + std::to_string(l.tokens) + " tokens";
    if (l.why != chat_flaw::sensitive) return why;
    scrub_report  found;
    tuning_record copy = records[l.record];
    scrub_record(copy, found);
    return why + ", " + listed(found);
}

void tell_sides(const arguments& args, const std::vector<side>& sides, bool exact,
                const std::optional<upload_terms>& terms, std::size_t epochs) {
    if (args.json()) {
        json line{{"event", "export"}, {"tokens_are", exact ? "counted" : "estimated"}};
        for (const side& s : sides)
            line[&s == &sides[0] ? "train" : "test"] = json{{"file", s.file},
                                                            {"rows", s.rows},
                                                            {"tokens", s.tokens},
                                                            {"longest", s.longest},
                                                            {"bytes", s.text.size()}};
        if (terms)
            line["price"] = json{{"host", terms->name},     {"date", terms->date},
                                 {"source", terms->source}, {"usd_per_epoch", terms->price(sides[0].tokens)},
                                 {"epochs", epochs},        {"usd", terms->price(sides[0].tokens, epochs)}};
        return print_line(line);
    }
    for (const side& s : sides)
        std::printf("%s: %zu rows, %s%zu tokens, %zu in the longest, %zu bytes\n", printable(s.file).c_str(), s.rows,
                    exact ? "" : "about ", s.tokens, s.longest, s.text.size());
    if (exact) std::printf("tokens are those of %s\n", printable(args.text("model")).c_str());
    else std::printf("tokens are estimated, %zu characters each; --model counts them\n", characters_a_token);
    if (terms)
        std::printf("%s as of %s: %s an epoch, %s for %zu (%s)\n", terms->name.c_str(), terms->date.c_str(),
                    dollars(terms->price(sides[0].tokens)).c_str(),
                    dollars(terms->price(sides[0].tokens, epochs)).c_str(), epochs, terms->source.c_str());
}

} // namespace

int export_chat_rows(const arguments& args, const console& say) {
    args.require(args.words().size() == 1, "there is a word too many");
    args.require(args.has("data") && args.has("out"), "name --data and --out");
    args.require(!args.has("scrub") || !args.has("unscrubbed"), "--scrub or --unscrubbed");
    args.require_one_stdin({args.text("data"), args.text("price")});
    const auto        terms  = asked_terms(args, say);
    const std::size_t epochs = or_else<std::size_t>(args, "epochs", 3, 1);
    const double      share  = args.has("hold-out") ? asked_hold_out(args) : 0;
    const std::string system = args.text("system"), out = args.text("out"), test = test_file(out);
    args.require(!args.has("system") || (system.find_first_not_of(" \t\r\n") != system.npos &&
                                         unicode::first_invalid(system) == system.npos),
                 "--system takes a text that says something");
    std::error_code ignored;
    for (const std::string& file : {out, test}) {
        say.need_place(file);
        args.require(!std::filesystem::equivalent(file, args.text("data"), ignored), "--out would replace --data");
    }
    const row_tokens count(args, say, terms);

    auto data = read_tuning_data(args, say);
    if (!system.empty())
        for (tuning_record& r : data.records) add_system_turn(r, system);
    const auto rows =
        ready_rows(data.records, count, {terms ? terms->row_tokens : 0, args.has("repeats"), args.has("unscrubbed")});
    for (const left_out_row& l : rows.left_out) {
        const auto row = static_cast<unsigned long long>(data.records[l.record].row);
        if (args.json()) print_line({{"event", "left_out"}, {"row", row}, {"why", why_left_out(l, data.records)}});
        else std::printf("row %llu: left out: %s\n", row, why_left_out(l, data.records).c_str());
    }
    std::vector<std::uint32_t> clusters;
    std::vector<tuning_record> ready;
    for (const ready_row& r : rows.ready)
        clusters.push_back(data.clusters[r.record]), ready.push_back(data.records[r.record]);
    const auto        by = say.need(split_clusters(clusters, record_hashes(ready), share, args.seed()));
    std::vector<side> sides{side_of(out, data.records, rows, by.train)};
    if (share > 0) sides.push_back(side_of(test, data.records, rows, by.held_out));

    // What the host would refuse is not written.
    const std::size_t least = terms ? terms->rows_least : 0;
    if (sides[0].rows < std::max<std::size_t>(least, 1)) {
        say.report({fault::no_input, unit::none, 0, args.text("data")},
                   args.text("data") + ": " + std::to_string(sides[0].rows) + " rows to upload" +
                       (terms ? ", where " + terms->name + " wants " + std::to_string(least) : "") +
                       ": nothing is written");
        return exit_failed;
    }
    if (!terms && sides[0].rows < usual_least)
        say.note("hosts want " + std::to_string(usual_least) + " rows or more, and these are " +
                 std::to_string(sides[0].rows));
    for (const side& s : sides)
        if (terms && terms->file_bytes > 0 && s.text.size() > terms->file_bytes)
            say.fail({fault::too_large, unit::byte, s.text.size(), s.file});
    for (const side& s : sides) write_text(say, s.file, s.text);
    if (sides.size() == 1 && std::filesystem::exists(test, ignored))
        say.note(test + " is of before: its rows may be among those that train now");
    tell_sides(args, sides, count.exact(), terms, epochs);
    return data.refused > 0 || !rows.left_out.empty() ? exit_some_refused : exit_done;
}

} // namespace tool
