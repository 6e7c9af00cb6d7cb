// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/eval/ranking.hpp>
#include <graft/eval/trec.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// One line of a report.
struct trec_row {
    std::string measure;
    std::string question;  ///< "all" for the mean, sum or geometric mean over questions
    std::string text;      ///< the value as trec_eval prints it
    double      value = 0; ///< 0 where the value is a text
};

/// How to evaluate; the letter is trec_eval's.
struct trec_options {
    bool complete = false; ///< -c: every question of the qrels counts, one that the run leaves out with 0
    bool each     = false; ///< -q: rows for each question too
    bool official = false; ///< only the measures of trec_eval's default, instead of all
    int  level    = 1; ///< -l: the grade from which on something is relevant; nDCG goes by grades whatever the level
};

/// All rows in the order in which trec_eval prints them.
struct trec_report {
    std::vector<trec_row> rows;

    /// The value of a measure, as `value("ndcg_cut_10")`; NaN-free: 0 when there is no such row.
    [[nodiscard]] double value(std::string_view measure, std::string_view question = "all") const noexcept {
        for (const trec_row& r : rows)
            if (r.measure == measure && r.question == question) return r.value;
        return 0;
    }
    /// Byte for byte what trec_eval writes.
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const trec_row& r : rows) {
            out += r.measure;
            out.append(r.measure.size() < 22 ? 22 - r.measure.size() : 0, ' ');
            out.append("\t").append(r.question).append("\t").append(r.text).append("\n");
        }
        return out;
    }
};

namespace detail::trec {

enum class summary : std::uint8_t { sum, mean, geometric_mean, text };

// A family of measures: one function, and the numbers that are put behind its name.
struct family {
    std::string_view name;
    summary          over;
    bool             official;
    double (*of)(const ranked&, double);
    std::span<const double> numbers  = {};
    int                     decimals = 0;
};

inline constexpr double no_number[] = {0}, cuts[] = {5, 10, 15, 20, 30, 100, 200, 500, 1000}, few[] = {1, 5, 10},
                        heads[] = {5, 10, 20}, tenths[] = {0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1},
                        times[] = {.2, .4, .6, .8, 1, 1.2, 1.4, 1.6, 1.8, 2};

inline std::size_t rank(double k) noexcept { return static_cast<std::size_t>(k); }
inline double      share(double part, double of) noexcept { return of > 0 ? part / of : 0; }
inline double      set_precision(const ranked& r, double) {
    return share(static_cast<double>(r.found()), static_cast<double>(r.grades.size()));
}

inline constexpr family families[] = {
    {"num_ret", summary::sum, true, [](const ranked& r, double) { return static_cast<double>(r.grades.size()); }},
    {"num_rel", summary::sum, true, [](const ranked& r, double) { return static_cast<double>(r.relevant()); }},
    {"num_rel_ret", summary::sum, true, [](const ranked& r, double) { return static_cast<double>(r.found()); }},
    {"map", summary::mean, true, [](const ranked& r, double) { return average_precision(r); }},
    {"gm_map", summary::geometric_mean, true, [](const ranked& r, double) { return average_precision(r); }},
    {"Rprec", summary::mean, true, [](const ranked& r, double) { return r_precision(r); }},
    {"bpref", summary::mean, true, [](const ranked& r, double) { return bpref(r); }},
    {"recip_rank", summary::mean, true, [](const ranked& r, double) { return reciprocal_rank(r); }},
    {"iprec_at_recall", summary::mean, true, [](const ranked& r, double x) { return interpolated_precision(r, x); },
     tenths, 2},
    {"P", summary::mean, true, [](const ranked& r, double k) { return precision(r, rank(k)); }, cuts},
    {"relstring", summary::text, false, nullptr},
    {"recall", summary::mean, false, [](const ranked& r, double k) { return recall(r, rank(k)); }, cuts},
    {"infAP", summary::mean, false, [](const ranked& r, double) { return inferred_ap(r); }},
    {"gm_bpref", summary::geometric_mean, false, [](const ranked& r, double) { return bpref(r); }},
    {"Rprec_mult", summary::mean, false, [](const ranked& r, double x) { return r_precision(r, x); }, times, 2},
    {"utility", summary::mean, false,
     [](const ranked& r, double) {
         return 2. * static_cast<double>(r.found()) - static_cast<double>(r.grades.size());
     }},
    {"11pt_avg", summary::mean, false,
     [](const ranked& r, double) {
         double sum = 0;
         for (const double x : tenths) sum += interpolated_precision(r, x);
         return sum / 11;
     }},
    {"binG", summary::mean, false, [](const ranked& r, double) { return discounted_gain(r, true); }},
    {"G", summary::mean, false, [](const ranked& r, double) { return discounted_gain(r); }},
    {"ndcg", summary::mean, false, [](const ranked& r, double) { return ndcg(r); }},
    {"ndcg_rel", summary::mean, false, [](const ranked& r, double) { return ndcg_at_relevant(r); }},
    {"Rndcg", summary::mean, false, [](const ranked& r, double) { return r_ndcg(r); }},
    {"ndcg_cut", summary::mean, false, [](const ranked& r, double k) { return ndcg(r, rank(k)); }, cuts},
    {"map_cut", summary::mean, false, [](const ranked& r, double k) { return average_precision(r, rank(k)); }, cuts},
    {"relative_P", summary::mean, false, [](const ranked& r, double k) { return relative_precision(r, rank(k)); },
     cuts},
    {"success", summary::mean, false, [](const ranked& r, double k) { return success(r, rank(k)); }, few},
    {"set_P", summary::mean, false, set_precision},
    {"set_relative_P", summary::mean, false,
     [](const ranked& r, double) { return relative_precision(r, r.grades.size()); }},
    {"set_recall", summary::mean, false, [](const ranked& r, double) { return recall(r); }},
    {"set_map", summary::mean, false, [](const ranked& r, double) { return set_precision(r, 0) * recall(r); }},
    {"set_F", summary::mean, false,
     [](const ranked& r, double) {
         const double p = set_precision(r, 0), q = recall(r);
         return share(2 * p * q, p + q);
     }},
    {"num_nonrel_judged_ret", summary::sum, false,
     [](const ranked& r, double) {
         double n = 0;
         for (const int g : r.grades) n += g >= 0 && g < r.level ? 1 : 0;
         return n;
     }},
    {"rbp", summary::mean, false, [](const ranked& r, double) { return rank_biased_precision(r); }},
    {"rbp_resid", summary::mean, false, [](const ranked& r, double) { return rank_biased_residual(r); }},
    {"unj", summary::mean, false,
     [](const ranked& r, double k) {
         double n = 0;
         for (std::size_t i = 0; i < r.depth(rank(k)); ++i) n += r.grades[i] < 0 ? 1 : 0;
         return n / k;
     },
     heads},
};

// As printf("%.*f"), but with a point in every locale.
inline std::string printed(double x, int decimals) {
    char       text[400];
    const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::fixed, decimals).ptr;
    return {text, end};
}

// One question: its grades by rank and those judged, and whether the run has it at all.
struct one_question {
    std::string      name;
    std::vector<int> grades, judged;
    bool             missing = false;
};

inline std::vector<one_question> questions_of(const trec_run& run, std::span<const trec_judgement> qrels,
                                              bool complete) {
    std::vector<const trec_judgement*> judged;
    std::vector<const trec_hit*>       hits;
    for (const auto& j : qrels) judged.push_back(&j);
    for (const auto& h : run.hits) hits.push_back(&h);
    std::sort(judged.begin(), judged.end(), [](const auto* a, const auto* b) {
        return a->question != b->question ? a->question < b->question : a->document < b->document;
    });
    // trec_eval's order: score, then the name of the document, both falling; the rank column says nothing.
    std::sort(hits.begin(), hits.end(), [](const auto* a, const auto* b) {
        if (a->question != b->question) return a->question < b->question;
        return a->score != b->score ? a->score > b->score : a->document > b->document;
    });
    std::vector<one_question> out;
    std::size_t               h = 0;
    for (std::size_t first = 0, last = 0; first < judged.size(); first = last) {
        const std::string& name = judged[first]->question;
        while (last < judged.size() && judged[last]->question == name) ++last;
        while (h < hits.size() && hits[h]->question < name) ++h;
        one_question q{name, {}, {}, h == hits.size() || hits[h]->question != name};
        if (q.missing && !complete) continue;
        for (; h < hits.size() && hits[h]->question == name; ++h) {
            const auto at = std::lower_bound(
                judged.begin() + static_cast<std::ptrdiff_t>(first), judged.begin() + static_cast<std::ptrdiff_t>(last),
                hits[h]->document, [](const auto* j, const std::string& document) { return j->document < document; });
            const bool known =
                at != judged.begin() + static_cast<std::ptrdiff_t>(last) && (*at)->document == hits[h]->document;
            q.grades.push_back(known ? (*at)->grade : unjudged);
        }
        for (std::size_t i = first; i < last; ++i) q.judged.push_back(judged[i]->grade);
        std::sort(q.judged.begin(), q.judged.end(), std::greater<>());
        out.push_back(std::move(q));
    }
    return out;
}

} // namespace detail::trec

/// Evaluates a run as trec_eval does: the same measures under the same names, in the same order, to the printed digit.
///
/// Only questions that have judgements count. Hits of one question are ranked by score, equal scores by the name of the
/// document backwards, which is trec_eval's rule and not graft's; `write_run` keeps graft's.
///
/// Costs    a sort of the run and of the judgements.
[[nodiscard]] inline trec_report evaluate(const trec_run& run, std::span<const trec_judgement> qrels,
                                          trec_options o = {}) {
    using detail::trec::summary;
    const auto  questions = detail::trec::questions_of(run, qrels, o.complete);
    trec_report report;
    const auto  row = [&](std::string measure, std::string_view question, double value, bool whole) {
        report.rows.push_back(
            {std::move(measure), std::string(question), detail::trec::printed(value, whole ? 0 : 4), value});
    };
    const auto each = [&](auto&& use) { // use(family, its name with the number, the number)
        for (const auto& f : detail::trec::families) {
            if (o.official && !f.official) continue;
            if (f.numbers.empty()) use(f, std::string(f.name), 0.);
            for (const double x : f.numbers)
                use(f, std::string(f.name) + "_" + detail::trec::printed(x, f.decimals), x);
        }
    };
    const auto value = [&](const detail::trec::family& f, const detail::trec::one_question& q, double x) {
        const double v = f.of({q.grades, q.judged, o.level}, x);
        return q.missing && f.over == summary::mean ? 0. : v;
    };
    if (o.each)
        for (const auto& q : questions)
            each([&](const auto& f, std::string measure, double x) {
                if (f.over == summary::geometric_mean) return;
                if (f.over != summary::text)
                    return row(std::move(measure), q.name, value(f, q, x), f.over == summary::sum);
                std::string text = "'";
                for (std::size_t i = 0; i < std::min<std::size_t>(10, q.grades.size()); ++i) {
                    const int g = q.grades[i];
                    text += g == unjudged ? '-' : g < 0 ? '.' : g > 9 ? '>' : static_cast<char>('0' + g);
                }
                report.rows.push_back({std::move(measure), q.name, text + "'", 0});
            });
    report.rows.push_back({"runid", "all", run.tag, 0});
    row("num_q", "all", static_cast<double>(questions.size()), true);
    const auto n = std::max(1., static_cast<double>(questions.size()));
    each([&](const auto& f, std::string measure, double x) {
        if (f.over == summary::text) return;
        double sum = 0;
        for (const auto& q : questions) {
            const double v = value(f, q, x);
            sum += f.over == summary::geometric_mean ? std::log(std::max(v, .00001)) : v;
        }
        if (f.over == summary::mean) sum /= n;
        if (f.over == summary::geometric_mean) sum = questions.empty() ? 0 : std::exp(sum / n);
        row(std::move(measure), "all", sum, f.over == summary::sum);
    });
    return report;
}

} // namespace graft::inline GRAFT_ABI
