// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>
#include <graft/nn/cross_entropy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A text that a language model learns from: its tokens, and for each the token behind it that is to be said there, or `ignored_label`.
struct tuning_text {
    std::vector<std::uint32_t> ids;
    std::vector<std::int64_t>  labels; ///< as many as ids; the last has nothing behind it and is ignored

    /// A prompt and what is to be answered: only the answer's tokens are learned.
    ///
    /// Takes    the answer with the token that ends it
    [[nodiscard]] static tuning_text of(std::span<const std::uint32_t> prompt, std::span<const std::uint32_t> answer) {
        tuning_text t;
        t.ids.assign(prompt.begin(), prompt.end());
        t.ids.insert(t.ids.end(), answer.begin(), answer.end());
        t.labels.assign(t.ids.size(), ignored_label);
        for (std::size_t i = std::max<std::size_t>(prompt.size(), 1); i < t.ids.size(); ++i) t.labels[i - 1] = t.ids[i];
        return t;
    }

    /// How many tokens are learned.
    [[nodiscard]] std::size_t labelled() const noexcept {
        return static_cast<std::size_t>(
            std::count_if(labels.begin(), labels.end(), [](std::int64_t l) { return l != ignored_label; }));
    }
    [[nodiscard]] std::uint64_t hash() const noexcept {
        std::uint64_t h = ids.size();
        for (const std::uint32_t id : ids) h = mix64(h, id);
        for (const std::int64_t l : labels) h = mix64(h, static_cast<std::uint64_t>(l));
        return h;
    }
};

/// Whether texts can be learned from.
///
/// Takes    how many tokens a text may have, and how many there are to say
/// Fails    `no_input` without texts; `wrong_shape` (row) for a text without tokens, or labels that are not one for each; `no_input` (row) for one of
///          which nothing is learned; `too_large` (row) for one that is too long; `unknown_id` (row) for a token or label that is none
[[nodiscard]] inline result<void> check_tuning_texts(std::span<const tuning_text> all, std::size_t positions,
                                                     std::size_t vocabulary) {
    if (all.empty()) return error{fault::no_input, unit::none, 0, "texts to learn from"};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const tuning_text& t = all[i];
        if (t.ids.empty() || t.labels.size() != t.ids.size()) return error{fault::wrong_shape, unit::row, i, "labels"};
        if (t.ids.size() > positions) return error{fault::too_large, unit::row, i, "tokens of a text"};
        if (t.labelled() == 0) return error{fault::no_input, unit::row, i, "labels"};
        for (const std::uint32_t id : t.ids)
            if (id >= vocabulary) return error{fault::unknown_id, unit::row, i, "token"};
        for (const std::int64_t l : t.labels)
            if (l != ignored_label && (l < 0 || static_cast<std::uint64_t>(l) >= vocabulary))
                return error{fault::unknown_id, unit::row, i, "label"};
    }
    return done;
}

/// Texts that are read together, one behind the other without padding. The memory stays from one reading to the next.
struct packed_texts {
    std::vector<std::uint32_t> ids    = {};
    std::vector<std::int64_t>  labels = {}; ///< of each row: those before a text are ignored
    std::vector<std::size_t>   ends   = {}; ///< of each text, among the ids

    /// Where the texts that are read together end that begin at text i: they have at most so many rows, or are one group that has more.
    ///
    /// Takes    `before`: rows that stand before each text; `group`: how many of them stay in one run, which divides their number
    /// Gives    the number behind the last of them, and their rows
    [[nodiscard]] static std::pair<std::size_t, std::size_t> run_end(std::span<const tuning_text* const> texts,
                                                                     std::size_t i, std::size_t rows,
                                                                     std::size_t before, std::size_t group = 1) {
        std::size_t sum = 0;
        for (const std::size_t begin = i; i < texts.size(); i += group) {
            std::size_t more = group * before;
            for (std::size_t t = i; t < i + group; ++t) more += texts[t]->ids.size();
            if (i > begin && sum + more > rows) break;
            sum += more;
        }
        return {i, sum};
    }
    /// Gathers runs of texts, each as far as `run_end` goes, and calls f() for each.
    template <class F>
    [[nodiscard]] result<void> each_run(std::span<const tuning_text* const> texts, std::size_t rows, std::size_t before,
                                        const F& f, std::size_t group = 1) {
        GRAFT_ASSERT(group > 0 && texts.size() % group == 0, "whole groups");
        for (std::size_t i = 0; i < texts.size();) {
            ids.clear(), labels.clear(), ends.clear();
            for (const std::size_t end = run_end(texts, i, rows, before, group).first; i < end; ++i) {
                ids.insert(ids.end(), texts[i]->ids.begin(), texts[i]->ids.end());
                labels.insert(labels.end(), before, ignored_label);
                labels.insert(labels.end(), texts[i]->labels.begin(), texts[i]->labels.end());
                ends.push_back(ids.size());
            }
            if (auto ok = f(); !ok) return ok;
        }
        return done;
    }
    /// The run that has the most rows.
    struct largest_run {
        std::size_t begin = 0, end = 0, rows = 0; ///< the first text, that behind the last
    };
    [[nodiscard]] static largest_run largest(std::span<const tuning_text* const> texts, std::size_t rows,
                                             std::size_t before) {
        largest_run most;
        for (std::size_t i = 0; i < texts.size();) {
            const auto [end, n] = run_end(texts, i, rows, before);
            if (n > most.rows) most = {i, end, n};
            i = end;
        }
        return most;
    }
};

} // namespace graft::inline GRAFT_ABI
