// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/result.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// One line of a run: a question found a document.
struct trec_hit {
    std::string question;
    std::string document;
    float       score = 0;
};

/// What a system found for every question, in any order: evaluation goes by score, as trec_eval does, never by the rank
/// column.
struct trec_run {
    std::string           tag;
    std::vector<trec_hit> hits;
};

/// One line of qrels.
struct trec_judgement {
    std::string question;
    std::string document;
    int         grade = 0;
};

namespace detail::trec {

struct fields {
    std::string_view at[6];
    std::size_t      count = 0;
};

// Up to `most` fields; what stands behind the last one is ignored.
inline fields split_blank(std::string_view line, std::size_t most) noexcept {
    fields f;
    for (std::size_t i = 0; f.count < most;) {
        const std::size_t begin = line.find_first_not_of(" \t", i);
        if (begin == std::string_view::npos) break;
        i               = std::min(line.find_first_of(" \t", begin), line.size());
        f.at[f.count++] = line.substr(begin, i - begin);
    }
    return f;
}

template <class Number>
bool parse_number(std::string_view text, Number& out) noexcept {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), out);
    return why == std::errc{} && end == text.data() + text.size();
}

// Calls f(line, number from 1) for lines that are not blank, until f gives an error. A carriage return at the end belongs
// to the line's end, and a byte-order mark at the beginning to none.
template <class F>
result<void> each_line(std::string_view text, F&& f) {
    std::uint64_t number = 0;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
        const std::size_t end  = std::min(text.find('\n'), text.size());
        std::string_view  line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        if (auto ok = f(line, number); !ok) return ok;
    }
    return done;
}

// The first line that repeats a (question, document) of a line before it.
template <class Item>
result<void> refuse_twins(const std::vector<Item>& items, const std::vector<std::uint64_t>& lines,
                          std::string_view subject) {
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (const int c = items[a].question.compare(items[b].question); c != 0) return c < 0;
        if (const int c = items[a].document.compare(items[b].document); c != 0) return c < 0;
        return a < b;
    });
    std::uint64_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        const Item &a = items[order[i - 1]], &b = items[order[i]];
        if (a.question == b.question && a.document == b.document && (first == 0 || lines[order[i]] < first))
            first = lines[order[i]];
    }
    if (first != 0) return error{fault::duplicate_id, unit::line, first, std::string(subject)};
    return done;
}

inline bool one_word(std::string_view name) noexcept {
    return !name.empty() && name.find_first_of(std::string_view(" \t\r\n\v\f\0", 7)) == std::string_view::npos;
}

} // namespace detail::trec

/// Reads a run: `query Q0 document rank score tag`, blanks between; more behind the tag is ignored.
///
/// Takes    the text of the file, and its name for errors.
/// Fails    with the line: `bad_format` (fewer than six fields, no number), `not_finite`, `duplicate_id` (a document twice
///          for one question).
[[nodiscard]] inline result<trec_run> read_run(std::string_view text, std::string_view subject = "run") {
    trec_run                   run;
    std::vector<std::uint64_t> lines;
    auto ok = detail::trec::each_line(text, [&](std::string_view line, std::uint64_t number) -> result<void> {
        const auto f     = detail::trec::split_blank(line, 6);
        double     score = 0;
        if (f.count < 6 || !detail::trec::parse_number(f.at[4], score))
            return error{fault::bad_format, unit::line, number, std::string(subject)};
        if (!is_finite(static_cast<float>(score)))
            return error{fault::not_finite, unit::line, number, std::string(subject)};
        if (run.hits.empty()) run.tag = f.at[5];
        run.hits.push_back({std::string(f.at[0]), std::string(f.at[2]), static_cast<float>(score)});
        lines.push_back(number);
        return done;
    });
    if (ok) ok = detail::trec::refuse_twins(run.hits, lines, subject);
    if (!ok) return std::move(ok).error();
    return run;
}

/// Reads TREC qrels: `query 0 document grade`, blanks between.
///
/// Fails    with the line: `bad_format`, `duplicate_id`.
[[nodiscard]] inline result<std::vector<trec_judgement>> read_qrels(std::string_view text,
                                                                    std::string_view subject = "qrels") {
    std::vector<trec_judgement> out;
    std::vector<std::uint64_t>  lines;
    auto ok = detail::trec::each_line(text, [&](std::string_view line, std::uint64_t number) -> result<void> {
        const auto f     = detail::trec::split_blank(line, 5);
        int        grade = 0;
        if (f.count != 4 || !detail::trec::parse_number(f.at[3], grade))
            return error{fault::bad_format, unit::line, number, std::string(subject)};
        out.push_back({std::string(f.at[0]), std::string(f.at[2]), grade});
        lines.push_back(number);
        return done;
    });
    if (ok) ok = detail::trec::refuse_twins(out, lines, subject);
    if (!ok) return std::move(ok).error();
    return out;
}

/// Reads BEIR qrels: a header line, then `query<tab>document<tab>grade`. Names may hold blanks.
///
/// Fails    with the line: `bad_format` (a first line that is not a header included), `duplicate_id`.
[[nodiscard]] inline result<std::vector<trec_judgement>> read_beir_qrels(std::string_view text,
                                                                         std::string_view subject = "qrels.tsv") {
    std::vector<trec_judgement> out;
    std::vector<std::uint64_t>  lines;
    bool                        header = true;
    auto ok = detail::trec::each_line(text, [&](std::string_view line, std::uint64_t number) -> result<void> {
        const auto        refused = error{fault::bad_format, unit::line, number, std::string(subject)};
        const std::size_t a = line.find('\t'), b = line.find('\t', std::min(a, line.size() - 1) + 1);
        int               grade = 0;
        if (a == std::string_view::npos || b == std::string_view::npos || a == 0 || b == a + 1) return refused;
        const bool number_there = detail::trec::parse_number(line.substr(b + 1), grade);
        if (header == number_there) return refused;
        if (!std::exchange(header, false)) {
            out.push_back({std::string(line.substr(0, a)), std::string(line.substr(a + 1, b - a - 1)), grade});
            lines.push_back(number);
        }
        return done;
    });
    if (ok) ok = detail::trec::refuse_twins(out, lines, subject);
    if (!ok) return std::move(ok).error();
    return out;
}

/// Appends one question's ranking to a run. Scores are written so that they fall strictly: trec_eval breaks ties by the name
/// of the document, and this ranking's order is meant.
///
/// Takes    hits of one question, best first.
/// Fails    `bad_argument` (a name or tag that is empty or holds white space, which the format cannot say; scores that
///          rise), `not_finite`; then nothing was appended.
[[nodiscard]] inline result<void> write_run(std::string& out, std::span<const trec_hit> ranking, std::string_view tag) {
    std::string lines;
    float       before = std::numeric_limits<float>::infinity(), given = before;
    if (!detail::trec::one_word(tag)) return error{fault::bad_argument, unit::none, 0, std::string(tag)};
    for (std::size_t i = 0; i < ranking.size(); ++i) {
        const trec_hit& h = ranking[i];
        if (!detail::trec::one_word(h.question) || !detail::trec::one_word(h.document) || h.score > given)
            return error{fault::bad_argument, unit::row, i, h.document};
        given = h.score;
        if (!(h.score < before)) before = std::nextafter(before, -std::numeric_limits<float>::infinity());
        else before = h.score;
        if (!is_finite(h.score) || !is_finite(before)) return error{fault::not_finite, unit::row, i, h.document};
        char       digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, before).ptr;
        lines.append(h.question)
            .append(" Q0 ")
            .append(h.document)
            .append(" ")
            .append(std::to_string(i + 1))
            .append(" ");
        lines.append(digits, end).append(" ").append(tag).append("\n");
    }
    out += lines;
    return done;
}

/// Appends judgements as TREC qrels.
///
/// Fails    `bad_argument` for a name that is empty or holds white space; then nothing was appended.
[[nodiscard]] inline result<void> write_qrels(std::string& out, std::span<const trec_judgement> judged) {
    std::string lines;
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const trec_judgement& j = judged[i];
        if (!detail::trec::one_word(j.question) || !detail::trec::one_word(j.document))
            return error{fault::bad_argument, unit::row, i, j.document};
        lines.append(j.question)
            .append(" 0 ")
            .append(j.document)
            .append(" ")
            .append(std::to_string(j.grade))
            .append("\n");
    }
    out += lines;
    return done;
}

} // namespace graft::inline GRAFT_ABI
