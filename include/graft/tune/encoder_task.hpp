// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/finite.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>
#include <graft/models/bert.hpp>
#include <graft/nn/pooling.hpp>
#include <graft/simd/norm.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What the vectors of an encoder are to learn.
enum class encoder_loss : std::uint8_t {
    multiple_negatives, ///< an anchor finds its positive among all that is in the batch
    symmetric,          ///< and the positive its anchor
    cosent,             ///< cosines of anchor and positive in the order of the labels
    cosine,             ///< a cosine is its label
    triplet,            ///< the positive is nearer than the first negative
    margin,             ///< the positive is by so much better than the first negative as the label says
};

/// Texts that belong together, by their place in the pool of a task.
struct encoder_pair {
    std::uint32_t              anchor = 0, positive = 0;
    std::vector<std::uint32_t> negatives = {}; ///< hard ones: near the anchor, and not what answers it
    float                      label     = 1;  ///< where the loss has one

    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = mix64(mix64(anchor, positive), std::bit_cast<std::uint32_t>(label));
        for (const std::uint32_t n : negatives) h = mix64(h, n);
        return h;
    }
};

/// An encoder that is tuned, and the pool of texts that it is tuned on.
///
/// Borrows  the model.
struct encoder_task {
    const bert<float>*                      model     = nullptr;
    std::vector<pooling>                    pooled    = {pooling::mean}; ///< side by side
    bool                                    normalise = true;            ///< rows of length 1 come out of it
    encoder_loss                            loss      = encoder_loss::multiple_negatives;
    double                                  scale     = 20; ///< of cosines under a softmax
    double                                  margin    = 5;  ///< of triplets
    std::vector<std::vector<std::uint32_t>> texts = {}; ///< as the model reads them, special tokens and prompt included
    /// Vectors that do not move, such as those of an index: places texts.size() and on of the pool.
    matrix<float> fixed = {};
    /// What answers what, (anchor, text): never a negative of it, nor is what says the same. Sorted by `make_ready`.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> answers = {};
    std::vector<std::uint32_t> kinds = {}; ///< where given, of each text: those of one kind count as saying the same
    std::vector<std::uint32_t> first_alike = {}; ///< for each of the pool the first that says the same: by `make_ready`

    [[nodiscard]] std::size_t size() const noexcept { return texts.size() + fixed.rows(); }        ///< of the pool
    [[nodiscard]] std::size_t dims() const noexcept { return pooled.size() * model->config.dims; } ///< of a vector

    /// Finds texts that say the same, and sorts the answers with those that pairs say: to be called when the pool is whole, with all pairs that
    /// will be learned from or judged by, together or one list after the other.
    void make_ready(std::span<const encoder_pair> pairs) {
        find_alike();
        for (const encoder_pair& p : pairs) answers.emplace_back(p.anchor, p.positive);
        for (auto& [anchor, text] : answers) anchor = alike(anchor), text = alike(text);
        std::sort(answers.begin(), answers.end());
        answers.erase(std::unique(answers.begin(), answers.end()), answers.end());
    }
    /// Whether a text must not count as a negative of an anchor with such a positive: it answers it too, or says the same.
    [[nodiscard]] bool no_negative(std::uint32_t anchor, std::uint32_t positive, std::uint32_t text) const {
        const std::uint32_t is = alike(text);
        return is == alike(positive) || is == alike(anchor) || answers_it(anchor, text);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = mix64(static_cast<std::uint64_t>(loss), normalise ? 1 : 0);
        for (const double x : {scale, margin}) h = mix64(h, std::bit_cast<std::uint64_t>(x));
        for (const pooling p : pooled) h = mix64(h, static_cast<std::uint64_t>(p));
        for (const auto& t : texts) {
            h = mix64(h, t.size());
            for (const std::uint32_t id : t) h = mix64(h, id);
        }
        for (const float x : fixed.flat()) h = mix64(h, std::bit_cast<std::uint32_t>(x));
        for (const auto& [a, p] : answers) h = mix64(h, std::uint64_t{a} << 32 | p);
        return h;
    }

    /// Whether the task can be done, and learned from pairs.
    ///
    /// Fails    `absent` without a model or a pooling; `bad_argument` for a scale or a margin that cannot be; `wrong_shape` for fixed vectors of other dims, or kinds of other texts,
    ///          `not_finite` (row) for one that is not, `bad_argument` for one that has no cosine; `no_input` for an empty text (row), without pairs, or for a pair (row) without the negative
    ///          that its loss needs; `unknown_id` (row) for a token or a place of the pool that is not there, or an anchor that does not move; `too_large` (row) for a text;
    ///          `unexpected` for a pool, or a pair (row), that `make_ready` has not seen
    [[nodiscard]] result<void> check(std::span<const encoder_pair> pairs) const {
        if (model == nullptr || pooled.empty()) return error{fault::absent, unit::none, 0, "model and pooling"};
        if (!(scale > 0) || !is_finite(scale) || !(margin >= 0) || !is_finite(margin))
            return error{fault::bad_argument, unit::none, 0, "encoder loss"};
        if (fixed.rows() > 0 && fixed.dims() != dims())
            return error{fault::wrong_shape, unit::none, fixed.dims(), "fixed"};
        for (std::size_t i = 0; i < fixed.rows(); ++i) {
            if (!all_finite(std::span<const float>(fixed.row(i))))
                return error{fault::not_finite, unit::row, i, "fixed"};
            if (by_cosine() && all_zero(fixed.row(i)))
                return error{fault::bad_argument, unit::row, i, "fixed: no cosine with zero"};
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (texts[i].empty()) return error{fault::no_input, unit::row, i, "text"};
            if (texts[i].size() > model->config.positions)
                return error{fault::too_large, unit::row, i, "tokens of a text"};
            for (const std::uint32_t id : texts[i])
                if (id >= model->config.vocabulary) return error{fault::unknown_id, unit::row, i, "token"};
        }
        if (!kinds.empty() && kinds.size() != texts.size())
            return error{fault::wrong_shape, unit::none, kinds.size(), "kinds"};
        if (first_alike.size() != size()) return error{fault::unexpected, unit::none, size(), "pool: see make_ready"};
        if (pairs.empty()) return error{fault::no_input, unit::none, 0, "pairs to learn from"};
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const encoder_pair& p = pairs[i];
            if (p.anchor >= texts.size() || p.positive >= size() ||
                std::any_of(p.negatives.begin(), p.negatives.end(), [&](std::uint32_t n) { return n >= size(); }))
                return error{fault::unknown_id, unit::row, i, "text of a pair"};
            if (!by_cosine() && p.negatives.empty()) return error{fault::no_input, unit::row, i, "negative"};
            if (!is_finite(p.label)) return error{fault::not_finite, unit::row, i, "label"};
            if (!answers_it(p.anchor, p.positive))
                return error{fault::unexpected, unit::row, i, "pair: see make_ready"};
        }
        return done;
    }

private:
    [[nodiscard]] bool by_cosine() const noexcept {
        return loss != encoder_loss::triplet && loss != encoder_loss::margin;
    }
    [[nodiscard]] std::uint32_t alike(std::uint32_t text) const noexcept {
        return text < first_alike.size() ? first_alike[text] : text;
    }
    [[nodiscard]] bool answers_it(std::uint32_t anchor, std::uint32_t text) const {
        return std::binary_search(answers.begin(), answers.end(), std::pair(alike(anchor), alike(text)));
    }
    void find_alike() {
        first_alike.resize(size());
        std::iota(first_alike.begin(), first_alike.end(), 0u);
        const auto each_run = [&](auto first, auto last, const auto& less) {
            std::vector<std::uint32_t> order(first, last);
            std::stable_sort(order.begin(), order.end(), less);
            for (std::size_t i = 1; i < order.size(); ++i)
                if (!less(order[i - 1], order[i])) first_alike[order[i]] = first_alike[order[i - 1]];
        };
        const auto middle = first_alike.begin() + static_cast<std::ptrdiff_t>(texts.size());
        each_run(first_alike.begin(), middle, [&](std::uint32_t a, std::uint32_t b) {
            return kinds.size() == texts.size() ? kinds[a] < kinds[b] : texts[a] < texts[b];
        });
        each_run(middle, first_alike.end(), [&](std::uint32_t a, std::uint32_t b) {
            return std::ranges::lexicographical_compare(fixed.row(a - texts.size()), fixed.row(b - texts.size()));
        });
    }
};

} // namespace graft::inline GRAFT_ABI
