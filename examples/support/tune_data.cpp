// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "tune_data.hpp"

#include "json_line.hpp"
#include "left_out.hpp"
#include "records.hpp"

#include <graft/base/executor.hpp>
#include <graft/load/folder.hpp>
#include <graft/records/lineage.hpp>
#include <graft/records/near_duplicates.hpp>
#include <graft/records/read_records.hpp>
#include <graft/records/record_rules.hpp>
#include <graft/records/scrub.hpp>
#include <graft/records/split_records.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Compiled once for `tune`.
namespace tool {

using namespace graft;

namespace {

/// Whether a path is of documents, which are learned whole, and not of records.
bool names_documents(const std::string& path) {
    std::error_code ignored;
    return path.ends_with(".txt") || detail::media_of(path) == text_format::markdown ||
           std::filesystem::is_directory(path, ignored);
}
/// Each text of a folder, or of a file, behind its front matter, as a record.
tuning_records read_documents(const console& say, const std::string& path) {
    const auto         docs = say.need(load_folder(path, {.empty_is_fine = true}));
    tuning_records     out{.format = record_format::text, .all = {}, .refused = {}};
    std::vector<error> left_out;
    for (error why : docs.reports()) {
        const bool by_rule = !left_out_as(why).empty() || why.what == fault::not_read;
        if (!by_rule) why.subject = path + ": " + why.subject;
        (by_rule ? left_out : out.refused).push_back(std::move(why));
    }
    (void)tell_left_out(say, left_out, false, path);
    for (const document& d : docs) {
        std::string text = d.text.substr(d.body);
        if (text.find_first_not_of(" \t\r\n") == std::string::npos)
            out.refused.push_back({fault::no_input, unit::none, 0, path + ": " + d.name});
        else
            out.all.push_back(
                {.answer = std::move(text), .id = d.name, .source = path, .row = std::uint64_t{out.all.size()} + 1});
    }
    return out;
}
tuning_records read_reported(const console& say, const std::string& file, const record_params& p = {}) {
    auto all = names_documents(file) ? read_documents(say, file)
                                     : say.need(parse_records(say.need(read_text_input(file)), file, p));
    for (const error& why : all.refused) say.report(why);
    return all;
}

duplicate_clusters duplicates_of(const arguments& args, const console& say, const std::vector<tuning_record>& all) {
    context c{threads(args.threads())};
    return say.need(find_duplicates(std::span<const tuning_record>(all), {}, c));
}

json counted(const scrub_report& report) {
    json all = json::object();
    for (std::size_t k = 0; k < sensitive_kinds; ++k)
        if (report.found[k] > 0) all[std::string(name(static_cast<sensitive>(k)))] = report.found[k];
    return all;
}

std::string format_of(const tuning_records& all) { return all.format ? std::string(name(*all.format)) : "no format"; }

} // namespace

std::string listed(const scrub_report& report) {
    std::string all;
    for (std::size_t k = 0; k < sensitive_kinds; ++k)
        if (report.found[k] > 0)
            all.append(all.empty() ? "" : ", ")
                .append(std::to_string(report.found[k]))
                .append(" ")
                .append(name(static_cast<sensitive>(k)));
    return all;
}

tuning_data read_tuning_data(const arguments& args, const console& say) {
    tuning_data                        out;
    scrub_report                       report;
    std::size_t                        unapproved = 0;
    std::map<std::string, std::size_t> flaws;
    const record_rules                 rules;
    const auto                         read_file = [&](const std::string& file, bool old) {
        auto read = read_reported(say, file);
        out.refused += read.refused.size(), unapproved += read.unapproved;
        for (tuning_record& r : read.all) {
            if (args.has("scrub")) scrub_record(r, report);
            if (const auto flaw = args.has("rules") ? rules.flaw(r) : std::nullopt) {
                ++flaws[std::string(name(*flaw))], ++out.flawed;
                continue;
            }
            out.records.push_back(std::move(r));
            out.old.push_back(old);
        }
        return format_of(read);
    };
    const std::string format = read_file(args.text("data"), false);
    const auto        fresh  = out.records.size();
    if (args.has("rehearse")) read_file(args.text("rehearse"), true);
    const auto same = duplicates_of(args, say, out.records);
    out.clusters    = say.need(record_clusters(out.records, same));
    if (args.json()) {
        json line{{"event", "data"},        {"format", format},         {"records", fresh},
                  {"refused", out.refused}, {"unapproved", unapproved}, {"repeats", same.repeats()}};
        if (args.has("scrub")) line["scrubbed"] = counted(report);
        if (args.has("rules")) line["flaws"] = flaws;
        if (args.has("rehearse")) line["old"] = out.records.size() - fresh;
        print_line(line);
    } else {
        std::string line = std::to_string(fresh) + " records of " + format;
        if (args.has("rehearse")) line += ", " + std::to_string(out.records.size() - fresh) + " old ones to draw from";
        if (out.refused > 0) line += ", " + std::to_string(out.refused) + " refused";
        if (unapproved > 0) line += ", " + std::to_string(unapproved) + " left out that nobody approved";
        for (const auto& [flaw, n] : flaws) line += ", " + std::to_string(n) + " left out for " + flaw;
        if (same.repeats() > 0)
            line += ", " + std::to_string(same.repeats()) + " near repeats, kept on one side of the split";
        if (report.total() > 0) line += "; scrubbed " + listed(report);
        if (format == name(record_format::preference) && args.text("loss") != "dpo")
            line += "; of preferences what was chosen is learned";
        say.note(line);
    }
    return out;
}

void save_lineage(const console& say, const std::string& folder, std::span<const tuning_record> train,
                  std::span<const tuning_record> held_out) {
    lineage of;
    of.add(train, record_use::trained);
    of.add(held_out, record_use::held_out);
    say.need(graft::save_lineage(posix_files{}, folder, of));
}

int check_tuning_data(const arguments& args, const console& say) {
    args.require(args.words().size() == 1, "there is a word too many");
    args.require(args.has("data"), "name --data");
    const auto                         read = read_reported(say, args.text("data"));
    const auto                         same = duplicates_of(args, say, read.all);
    std::map<std::string, std::size_t> flaws;
    std::map<std::size_t, std::size_t> clusters;
    scrub_report                       report;
    const record_rules                 rules;
    std::size_t                        characters = 0, pairs = 0, good = 0, bad = 0; // characters of answers
    for (std::size_t i = 0; i < read.all.size(); ++i) {
        tuning_record r = read.all[i];
        characters += unicode::count_scalars(r.text());
        if (r.rejected) {
            ++pairs, good += unicode::count_scalars(r.answer), bad += unicode::count_scalars(*r.rejected);
            characters += unicode::count_scalars(*r.rejected);
        }
        if (const auto flaw = rules.flaw(r)) {
            ++flaws[std::string(name(*flaw))];
            if (!args.json())
                std::printf("row %llu: %s\n", static_cast<unsigned long long>(r.row), std::string(name(*flaw)).c_str());
        }
        ++clusters[same.cluster[i]];
        const auto before = report.found;
        scrub_record(r, report);
        for (std::size_t k = 0; k < sensitive_kinds && !args.json(); ++k)
            if (report.found[k] > before[k])
                std::printf("row %llu: %zu %s\n", static_cast<unsigned long long>(r.row), report.found[k] - before[k],
                            std::string(name(static_cast<sensitive>(k))).c_str());
    }
    const auto several = std::count_if(clusters.begin(), clusters.end(), [](const auto& c) { return c.second > 1; });
    if (args.json()) {
        json line{{"event", "check"},
                  {"file", args.text("data")},
                  {"format", format_of(read)},
                  {"records", read.all.size()},
                  {"characters", characters},
                  {"refused", read.refused.size()},
                  {"unapproved", read.unapproved},
                  {"repeats", same.repeats()},
                  {"exact", same.exact},
                  {"clusters", several},
                  {"flaws", flaws},
                  {"sensitive", counted(report)},
                  {"sensitive_records", report.texts}};
        if (pairs > 0) line["pairs"] = pairs, line["chosen_characters"] = good, line["rejected_characters"] = bad;
        print_line(line);
    } else {
        for (const duplicate_pair& p : same.pairs)
            std::printf("row %llu: repeats row %llu (%.2f)\n", static_cast<unsigned long long>(read.all[p.b].row),
                        static_cast<unsigned long long>(read.all[p.a].row), p.jaccard);
        std::printf("%zu records of %s, %zu characters; %zu refused, %zu not approved\n", read.all.size(),
                    format_of(read).c_str(), characters, read.refused.size(), read.unapproved);
        if (pairs > 0) // a model may learn the length alone
            std::printf("%zu pairs: %.1f characters in a chosen answer, %.1f in a rejected one\n", pairs,
                        static_cast<double>(good) / static_cast<double>(pairs),
                        static_cast<double>(bad) / static_cast<double>(pairs));
        std::printf("%zu repeat another, %zu to the letter, in %zu clusters\n", same.repeats(), same.exact,
                    static_cast<std::size_t>(several));
        const std::string found = listed(report);
        std::printf("%zu hold what should be scrubbed%s\n", report.texts, found.empty() ? "" : (": " + found).c_str());
    }
    return read.refused.empty() ? exit_done : exit_some_refused;
}

int ask_lineage(const arguments& args, const console& say) {
    args.require(args.has("record"), "name --record, a file of records or a hash");
    args.require(args.words().size() > 1, "name the folders of adapters");
    struct question {
        std::string id;
        digest256   record;
        bool        scrubbed;
    };
    std::vector<question> asked;
    std::size_t           refused = 0, records = 1;
    if (const auto hash = parse_digest(args.text("record"))) asked.push_back({hex(*hash), *hash, false});
    else {
        // Whoever asks whether a record was learned need not have it approved.
        auto read = read_reported(say, args.text("record"), {.approval = false});
        refused = read.refused.size(), records = read.all.size();
        for (tuning_record& r : read.all) {
            asked.push_back({r.id, r.digest(), false});
            scrub_report found;
            scrub_record(r, found); // `--scrub` may have stood between the record and the adapter
            if (found.total() > 0) asked.push_back({r.id, r.digest(), true});
        }
    }
    for (std::size_t i = 1; i < args.words().size(); ++i) {
        const std::string& folder = args.words()[i];
        const auto         known  = load_lineage(posix_files{}, folder);
        if (!known) {
            say.report(known.error());
            ++refused;
            continue;
        }
        std::set<std::string> seen;
        for (const question& q : asked)
            for (const lineage_entry& e : known->of(q.record)) {
                seen.insert(q.id);
                if (args.json())
                    print_line({{"event", "seen"},
                                {"adapter", folder},
                                {"record", q.id},
                                {"sha256", hex(q.record)},
                                {"scrubbed", q.scrubbed},
                                {"use", std::string(name(e.use))}});
                else
                    std::printf("%s: %s %s%s\n", folder.c_str(), q.id.c_str(),
                                e.use == record_use::trained ? "was trained on" : "judged it",
                                q.scrubbed ? ", scrubbed" : "");
            }
        if (args.json())
            print_line({{"event", "asked"}, {"adapter", folder}, {"records", records}, {"seen", seen.size()}});
        else if (seen.empty()) std::printf("%s: none of %zu\n", folder.c_str(), records);
    }
    return refused > 0 ? exit_some_refused : exit_done;
}

} // namespace tool
