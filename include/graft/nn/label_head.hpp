// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/finite.hpp>
#include <graft/nn/cross_entropy.hpp>
#include <graft/nn/linear.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How likely each label is for the vector of a text:  softmax(W v + b). Plain data; fitted by `fit_label_head`.
struct label_head {
    static constexpr std::string_view kind   = "label-head";
    static constexpr std::uint32_t    format = 1;

    std::vector<std::string> labels;   ///< their names, one a row of W
    linear<float>            layer;    ///< W [labels, dims], b [1, labels]
    std::uint64_t            base = 0; ///< fingerprint of the embedder whose vectors it was fitted on

    [[nodiscard]] std::size_t dims() const noexcept { return layer.in(); }

    /// Takes    vectors [n, dims], out [n, labels]
    /// Fails    `not_finite` (row) where a sum overflows; stopped, timed_out
    [[nodiscard]] result<void> probabilities(matrix_view<const float> vectors, matrix_view<float> out,
                                             context& c) const {
        if (auto ok = layer.forward(vectors, out, c); !ok) return ok;
        for (std::size_t i = 0; i < out.rows; ++i)
            if (!all_finite(std::span<const float>(out.row(i)))) return error{fault::not_finite, unit::row, i, "label"};
        return softmax<float>(out, out, c);
    }

    void save(byte_writer& to) const {
        to.header(kind, format);
        to.u64(base);
        to.u64(labels.size());
        for (const std::string& name : labels) to.text(name);
        to.u64(dims());
        to.array(std::span<const float>(layer.W.flat()));
        to.array(std::span<const float>(layer.b.flat()));
    }
    /// Fails    `foreign`, `truncated`; `malformed` for no label, names that are not each another, or shapes that contradict; `not_finite`
    [[nodiscard]] static result<label_head> load(byte_reader& from) {
        label_head made;
        if (from.header(kind, format) == 0) return from.error(fault::foreign);
        made.base = from.u64();
        for (std::size_t n = from.count(8); n > 0 && from.ok(); --n) made.labels.emplace_back(from.text());
        const std::uint64_t dims = from.u64();
        const auto          w = from.array<float>(), b = from.array<float>();
        if (auto ok = from.finish(); !ok) return ok.error();
        auto names = made.labels;
        std::sort(names.begin(), names.end());
        if (names.empty() || std::adjacent_find(names.begin(), names.end()) != names.end() || dims == 0 ||
            b.size() != names.size() || w.size() / dims != names.size() || w.size() % dims != 0)
            return from.error(fault::malformed);
        if (!all_finite(std::span<const float>(w)) || !all_finite(std::span<const float>(b)))
            return from.error(fault::not_finite);
        made.layer.W = matrix<float>(matrix_view<const float>{w.data(), names.size(), dims});
        made.layer.b = matrix<float>(matrix_view<const float>{b.data(), 1, names.size()});
        return made;
    }
};

} // namespace graft::inline GRAFT_ABI
