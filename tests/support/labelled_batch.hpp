// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/models/packed_tokens.hpp>
#include <graft/nn/cross_entropy.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace test {

/// Texts one behind the other, each row with the label of the token behind it: rows of its tokens, or of virtual ones before them too.
struct labelled_batch {
    std::vector<std::uint32_t> ids;
    std::vector<std::int64_t>  labels;
    std::vector<std::size_t>   ends;
    double                     labelled = 0;

    labelled_batch() = default;
    /// Those of a fixture: `0.ids` and `0.labels`, `1.ids`, …, behind a prefix.
    explicit labelled_batch(const std::map<std::string, reference_tensor>& io, const std::string& prefix = {},
                            std::size_t rows = 0) {
        for (int n = 0; io.contains(prefix + std::to_string(n) + ".ids"); ++n) {
            const auto at = [&](const char* what) { return io.at(prefix + std::to_string(n) + what); };
            add(at(".ids").list<std::uint32_t>(), at(".labels").list<std::int64_t>(), rows);
        }
    }
    /// Takes    labels as the model is told them: of each token its own; `rows` that stand before
    void add(const std::vector<std::uint32_t>& text, const std::vector<std::int64_t>& own, std::size_t rows = 0) {
        ids.insert(ids.end(), text.begin(), text.end());
        ends.push_back(ids.size());
        std::vector<std::int64_t> all(rows, graft::ignored_label);
        all.insert(all.end(), own.begin(), own.end());
        for (std::size_t i = 1; i <= all.size(); ++i) {
            labels.push_back(i < all.size() ? all[i] : graft::ignored_label);
            labelled += labels.back() != graft::ignored_label;
        }
    }
    [[nodiscard]] graft::packed_tokens view() const { return {ids, {}, ends}; }
};

} // namespace test
