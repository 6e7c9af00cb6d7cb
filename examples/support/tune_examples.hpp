// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.hpp"
#include "console.hpp"
#include "tune_data.hpp"

#include <graft/base/context.hpp>
#include <graft/records/rehearsal.hpp>
#include <graft/records/split_records.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

// From records to what a language model learns from, and what judges it: texts, or pairs of them.
namespace tool {

/// Examples to learn from, and the records that they say: of a document several.
template <class Example>
struct tuning_examples {
    std::vector<Example>              all;
    std::vector<std::uint32_t>        of; ///< the record of each
    std::vector<graft::tuning_record> records;
    std::vector<std::uint32_t>        clusters; ///< of records, those that are nearly the same
    std::vector<bool>                 old;      ///< of records, those of `--rehearse`
    std::size_t                       flawed = 0;
};

/// Records as examples, made by `make(record, context)`, which gives a vector of them; what cannot be one is reported and counted.
template <class Example, class Make>
tuning_examples<Example> examples_of(const arguments& args, const console& say, tuning_data data, const Make& make,
                                     std::size_t& refused) {
    tuning_examples<Example> out;
    graft::context           c;
    refused += data.refused, out.flawed = data.flawed;
    for (std::size_t i = 0; i < data.records.size(); ++i) {
        graft::tuning_record&               r    = data.records[i];
        graft::result<std::vector<Example>> made = make(r, c);
        if (made) {
            for (Example& one : *made) {
                out.all.push_back(std::move(one));
                out.of.push_back(static_cast<std::uint32_t>(out.records.size()));
            }
            out.records.push_back(std::move(r));
            out.clusters.push_back(data.clusters[i]);
            out.old.push_back(data.old[i]);
        } else {
            graft::error why = made.error();
            why.of = graft::unit::line, why.where = r.row;
            why.subject =
                args.text(data.old[i] ? "rehearse" : "data") + (why.subject.empty() ? "" : ": " + why.subject);
            say.report(why), ++refused;
        }
        c.reset();
    }
    return out;
}

template <class T>
std::vector<T> rows_of(const std::vector<T>& from, const std::vector<std::uint32_t>& rows) {
    std::vector<T> some;
    for (const std::uint32_t r : rows) some.push_back(from[r]);
    return some;
}

/// A text that does not train, because it is among the worst.
struct dropped_text {
    std::uint64_t row; ///< of its file
    std::string   why; ///< its flaw, or its `record_standing`
    double        difficulty, asked, alone;
};
/// Examples to learn from, and those that judge, with their records.
template <class Example>
struct tuning_sides {
    std::vector<Example>              train, held_out;
    std::vector<graft::tuning_record> train_records, held_out_records;
    std::size_t                       old = 0, flawed = 0; ///< of those that train, and left out by rules
    std::vector<dropped_text>         dropped = {};        ///< by `--drop-worst`, the worst first
};
/// Some of the new records judge instead of training, drawn by what they say, so that no tokeniser moves one: those that are nearly the same stay on one side, and so
/// do all examples of one. Of the old ones that are like none that judges, a share trains too.
template <class Example>
tuning_sides<Example> split_examples(const arguments& args, const console& say, const tuning_examples<Example>& of) {
    std::vector<std::uint32_t> fresh, clusters, pool;
    const auto                 hashes = graft::record_hashes(of.records);
    std::vector<std::uint64_t> of_fresh;
    for (std::uint32_t i = 0; i < of.all.size(); ++i)
        if (const std::uint32_t r = of.of[i]; !of.old[r])
            fresh.push_back(i), clusters.push_back(of.clusters[r]), of_fresh.push_back(hashes[r]);
    auto by = say.need(graft::split_clusters(clusters, of_fresh, args.number<double>("hold-out"), args.seed()));
    for (auto* side : {&by.train, &by.held_out})
        for (std::uint32_t& row : *side) row = fresh[row];
    std::set<std::uint32_t> judging;
    for (const std::uint32_t i : by.held_out) judging.insert(of.clusters[of.of[i]]);
    for (std::uint32_t i = 0; i < of.all.size(); ++i)
        if (const std::uint32_t r = of.of[i]; of.old[r] && !judging.contains(of.clusters[r])) pool.push_back(i);
    const std::size_t new_ones = by.train.size();
    if (args.has("rehearse"))
        for (const std::uint32_t row :
             say.need(graft::rehearsed(new_ones, pool.size(), args.number<double>("rehearse-share"), args.seed())))
            by.train.push_back(pool[row]);
    // The records of some examples, each once, in their order.
    const auto records = [&](const std::vector<std::uint32_t>& rows) {
        std::vector<std::uint32_t> some;
        std::set<std::uint32_t>    seen;
        for (const std::uint32_t row : rows)
            if (seen.insert(of.of[row]).second) some.push_back(of.of[row]);
        return rows_of(of.records, some);
    };
    tuning_sides<Example> data{rows_of(of.all, by.train), rows_of(of.all, by.held_out), records(by.train),
                               records(by.held_out),      by.train.size() - new_ones,   of.flawed};
    args.require(!data.train.empty(), "there is nothing to learn from");
    args.require(!data.held_out.empty() || args.has("keep-last") || !args.words().empty(),
                 "too few examples to hold one out and choose the best state by it: --keep-last keeps the last");
    return data;
}

} // namespace tool
