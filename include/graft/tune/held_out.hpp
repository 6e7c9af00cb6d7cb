// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/tune/training_pairs.hpp>

#include <graft/adapt/lora.hpp>
#include <graft/base/finite.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/random.hpp>
#include <graft/schema/ndcg.hpp>

#include <algorithm>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Questions that train and questions that judge, split at random by question or, where groups are given, by group.
struct held_out_split {
    std::vector<query_pair>    train;
    std::vector<std::uint32_t> held_out; ///< question rows, ascending
    std::size_t                train_questions = 0;
    std::size_t                skipped         = 0; ///< questions with pairs whose vector is zero

    /// Fails    `no_input` with fewer than two questions, or only one passage, left to train on.
    [[nodiscard]] static result<held_out_split> make(const training_pairs& judged, double share, std::uint64_t seed) {
        held_out_split             made;
        std::vector<std::uint8_t>  usable(judged.questions.rows);
        std::vector<std::uint64_t> groups;
        for (const query_pair& pair : judged.pairs) {
            std::uint8_t& state = usable[pair.question];
            if (state == 0) {
                const auto row = judged.questions.row(pair.question);
                state          = std::any_of(row.begin(), row.end(), [](float x) { return x != 0; }) ? 1 : 2;
                if (state == 2) ++made.skipped;
                else groups.push_back(judged.group(pair.question));
            }
        }
        std::sort(groups.begin(), groups.end());
        groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
        counter_random(seed, 0x73706c6974 /* "split" */).shuffle(std::span(groups));
        auto hold = static_cast<std::size_t>(share * static_cast<double>(groups.size()) + .5);
        if (share > 0 && hold == 0 && groups.size() > 2) hold = 1;
        std::vector<std::uint64_t> away(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(hold));
        std::sort(away.begin(), away.end());
        for (std::uint32_t q = 0; q < usable.size(); ++q)
            if (usable[q] == 1) {
                const bool out = std::binary_search(away.begin(), away.end(), judged.group(q));
                if (out) made.held_out.push_back(q), usable[q] = 3;
                else ++made.train_questions;
            }
        bool several = false;
        for (const query_pair& pair : judged.pairs)
            if (usable[pair.question] == 1) {
                made.train.push_back(pair);
                several = several || pair.passage != made.train.front().passage;
            }
        if (made.train_questions < 2 || !several)
            return error{fault::no_input, unit::none, made.train.size(), "pairs to train on"};
        return made;
    }
};

/// For every train pair's question, the passages that the base ranks just below the top.
struct mined_negatives {
    std::vector<std::uint32_t> question_row; ///< row of `chunk_store` below, by question; ~0: none
    std::vector<std::uint32_t> passages;     ///< `width` a row
    std::size_t                width = 0;
};

/// Judges a state of the adapter on held-out questions: nDCG@10 over all passages, ties by row.
class held_out_judge {
    const training_pairs*      judged_;
    std::vector<std::uint32_t> questions_;

public:
    held_out_judge(const training_pairs& judged, std::span<const std::uint32_t> questions)
        : judged_(&judged), questions_(questions.begin(), questions.end()) {}

    /// The mean over the held-out questions; binary gains.
    ///
    /// Fails    stopped, timed_out.
    template <class Layer>
    [[nodiscard]] result<double> ndcg(const Layer& layer, context& c) const {
        std::vector<double> each(questions_.size());
        auto ok = each_block(c, questions_.size(), block(), [&](std::size_t first, std::size_t last, context& w) {
            const std::size_t        n = last - first;
            const matrix_view<float> x = gathered(std::span(questions_).subspan(first, n), w);
            const matrix_view<float> y{w.take_raw<float>(n * x.dims).data(), n, x.dims};
            (void)layer.forward(x, y, w);
            const matrix_view<float> scores{w.take_raw<float>(n * judged_->passages.rows).data(), n,
                                            judged_->passages.rows};
            multiply_abt(y, judged_->passages, scores);
            for (std::size_t i = 0; i < n; ++i) each[first + i] = one(questions_[first + i], scores.row(i));
        });
        if (!ok) return ok.error();
        double sum = 0;
        for (double x : each) sum += x;
        return sum / static_cast<double>(std::max<std::size_t>(1, each.size()));
    }

    /// Mines hard negatives with the bare vectors: ranks from … to (from 1), without the question's own positives.
    ///
    /// Fails    stopped, timed_out.
    [[nodiscard]] result<mined_negatives> mine(std::span<const query_pair> train, std::size_t from, std::size_t to,
                                               context& c) const {
        std::vector<std::uint32_t> asked;
        for (const query_pair& pair : train) asked.push_back(pair.question);
        std::sort(asked.begin(), asked.end());
        asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
        const std::size_t last = std::min(to, judged_->passages.rows);
        mined_negatives   made{std::vector<std::uint32_t>(judged_->questions.rows, ~std::uint32_t{0}),
                               {},
                             last >= from ? last - from + 1 : 0};
        made.passages.assign(asked.size() * made.width, ~std::uint32_t{0});
        if (made.width == 0) return made;
        auto ok = each_block(c, asked.size(), 1, [&](std::size_t i, std::size_t, context& w) {
            const auto               x = gathered(std::span(asked).subspan(i, 1), w);
            const matrix_view<float> scores{w.take_raw<float>(judged_->passages.rows).data(), 1,
                                            judged_->passages.rows};
            const auto               rows = w.take_raw<std::uint32_t>(judged_->passages.rows);
            multiply_abt(x, judged_->passages, scores);
            for (std::uint32_t r = 0; r < rows.size(); ++r) rows[r] = r;
            const auto nearer = [&](std::uint32_t a, std::uint32_t b) {
                return scores.data[a] != scores.data[b] ? scores.data[a] > scores.data[b] : a < b;
            };
            std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(last), rows.end(), nearer);
            made.question_row[asked[i]] = static_cast<std::uint32_t>(i);
            const auto  positives       = judged_->positives(asked[i]);
            std::size_t n               = 0;
            for (std::size_t r = from - 1; r < last; ++r)
                if (!std::binary_search(positives.begin(), positives.end(), rows[r]))
                    made.passages[i * made.width + n++] = rows[r];
        });
        if (!ok) return ok.error();
        return made;
    }
    template <class Layer>
    [[nodiscard]] result<double> ndcg(const Layer& layer, context&& c = {}) const {
        return ndcg(layer, c);
    }
    [[nodiscard]] result<mined_negatives> mine(std::span<const query_pair> train, std::size_t from, std::size_t to,
                                               context&& c = {}) const {
        return mine(train, from, to, c);
    }

private:
    /// Questions that are judged at a time: fewer where there is so much to compare with that a stop would wait.
    [[nodiscard]] std::size_t block() const noexcept {
        const std::size_t one = judged_->passages.rows * judged_->passages.dims;
        return std::clamp<std::size_t>((std::size_t{1} << 26) / std::max<std::size_t>(1, one), 1, 16);
    }
    matrix_view<float> gathered(std::span<const std::uint32_t> rows, context& w) const {
        const matrix_view<float> x{w.take_raw<float>(rows.size() * judged_->questions.dims).data(), rows.size(),
                                   judged_->questions.dims};
        for (std::size_t i = 0; i < rows.size(); ++i)
            std::copy_n(judged_->questions.row(rows[i]).data(), x.dims, x.row(i).data());
        return x;
    }

    /// What is relevant has grade 1, the rest 0.
    double one(std::uint32_t q, std::span<const float> scores) const {
        constexpr std::size_t deep         = 10;
        int                   grades[deep] = {}, ideal[deep] = {};
        const auto            relevant = judged_->positives(q);
        std::fill_n(ideal, std::min(deep, relevant.size()), 1);
        for (std::uint32_t r : relevant) {
            if (!is_finite(scores[r])) continue; // a state that has diverged finds nothing
            std::size_t before = 0;
            for (std::uint32_t p = 0; p < scores.size(); ++p)
                before += !(scores[p] <= scores[r]) || (scores[p] == scores[r] && p < r);
            if (before < deep) grades[before] = 1;
        }
        return graft::ndcg({grades, ideal}, deep);
    }
};

} // namespace graft::inline GRAFT_ABI
