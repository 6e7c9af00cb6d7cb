// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/tune/held_out.hpp>

namespace graft::inline GRAFT_ABI {

/// One step of query tuning: the loss of a batch of pairs and the gradient of its mean, by fixed blocks of 16 pairs whose gradients
/// are added in block order, so the threads change nothing.
class query_step {
    static constexpr std::size_t block = 16;

    const training_pairs*                   judged_;
    float                                   scale_;
    lora<float>::grads                      sum_;
    std::vector<lora<float>::grads>         parts_;
    std::vector<double>                     losses_;
    std::vector<std::uint32_t>              columns_; // distinct passages of the batch, ascending
    std::vector<contrastive_row>            rows_;
    std::vector<std::vector<std::uint32_t>> hidden_;
    matrix<float>                           passages_;

public:
    query_step(const training_pairs& judged, float scale) : judged_(&judged), scale_(scale) {}

    /// Of the mean loss of the last batch.
    [[nodiscard]] const lora<float>::grads& gradient() const noexcept { return sum_; }

    /// Gives    the sum of the losses of the pairs.
    /// Fails    stopped, timed_out; the gradient means nothing then.
    [[nodiscard]] result<double> run(const with_lora<identity<float>>& layer, std::span<const query_pair> pairs,
                                     const mined_negatives& hard, std::size_t hard_each, counter_random& draw,
                                     context& c) {
        gather(pairs, hard, hard_each, draw);
        const std::size_t blocks = (pairs.size() + block - 1) / block, dims = judged_->questions.dims;
        const auto        weight = 1 / static_cast<float>(pairs.size());
        while (parts_.size() < blocks) parts_.push_back(layer.update.zero_grads());
        losses_.assign(blocks, 0);
        auto ok = each_block(c, pairs.size(), block, [&](std::size_t first, std::size_t last, context& w) {
            const std::size_t b    = first / block;
            const auto        mine = pairs.subspan(first, last - first);
            const auto        room = [&] {
                return matrix_view<float>{w.take_raw<float>(mine.size() * dims).data(), mine.size(), dims};
            };
            const matrix_view<float> x = room(), y = room(), dy = room();
            for (std::size_t i = 0; i < mine.size(); ++i)
                std::copy_n(judged_->questions.row(mine[i].question).data(), dims, x.row(i).data());
            const auto saved = layer.forward(x, y, w);
            losses_[b]       = info_nce<float>(y, passages_.view(),
                                               std::span<const contrastive_row>(rows_).subspan(b * block, mine.size()),
                                               scale_, weight, dy, w);
            std::fill_n(parts_[b].A.data(), parts_[b].A.flat().size(), 0.f);
            std::fill_n(parts_[b].B.data(), parts_[b].B.flat().size(), 0.f);
            layer.backward(x, saved, dy, parts_[b], {}, w);
        });
        if (!ok) return ok.error();
        sum_        = parts_[0];
        double loss = losses_[0];
        for (std::size_t b = 1; b < blocks; ++b) {
            for (std::size_t i = 0; i < sum_.A.flat().size(); ++i) sum_.A.data()[i] += parts_[b].A.data()[i];
            for (std::size_t i = 0; i < sum_.B.flat().size(); ++i) sum_.B.data()[i] += parts_[b].B.data()[i];
            loss += losses_[b];
        }
        return loss;
    }

private:
    /// The batch's passages, each once, and what every pair must not see: the other positives of its question.
    void gather(std::span<const query_pair> pairs, const mined_negatives& hard, std::size_t hard_each,
                counter_random& draw) {
        columns_.clear();
        for (const query_pair& p : pairs) {
            columns_.push_back(p.passage);
            if (hard_each == 0 || hard.width == 0 || hard.question_row[p.question] == ~std::uint32_t{0}) continue;
            const auto near = std::span(hard.passages).subspan(hard.question_row[p.question] * hard.width, hard.width);
            for (std::size_t i = 0; i < hard_each; ++i)
                if (const std::uint32_t one = near[draw.below(hard.width)]; one != ~std::uint32_t{0})
                    columns_.push_back(one);
        }
        std::sort(columns_.begin(), columns_.end());
        columns_.erase(std::unique(columns_.begin(), columns_.end()), columns_.end());
        const auto column = [&](std::uint32_t passage) {
            return static_cast<std::uint32_t>(std::lower_bound(columns_.begin(), columns_.end(), passage) -
                                              columns_.begin());
        };
        passages_ = matrix<float>(columns_.size(), judged_->passages.dims);
        for (std::size_t c = 0; c < columns_.size(); ++c)
            std::copy_n(judged_->passages.row(columns_[c]).data(), passages_.dims(), passages_.row(c).data());
        rows_.resize(pairs.size());
        if (hidden_.size() < pairs.size()) hidden_.resize(pairs.size());
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            hidden_[i].clear();
            for (std::uint32_t other : judged_->positives(pairs[i].question))
                if (other != pairs[i].passage && std::binary_search(columns_.begin(), columns_.end(), other))
                    hidden_[i].push_back(column(other));
            rows_[i] = {column(pairs[i].passage), hidden_[i]};
        }
    }
};

} // namespace graft::inline GRAFT_ABI
