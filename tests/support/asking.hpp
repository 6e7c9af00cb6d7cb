// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/query.hpp>

#include <span>
#include <string_view>

namespace test {

/// What stages before a tested one would have learned of a question.
struct learned {
    float                               lexical      = -1;
    float                               support      = -1;
    float                               dense_weight = -1;
    std::span<const graft::term_weight> terms        = {};
    std::span<const graft::respelling>  respelled    = {};
};

inline graft::query asking(std::string_view text, const learned& what = {}) {
    graft::query q = text;
    q.lexical      = what.lexical;
    q.support      = what.support;
    q.dense_weight = what.dense_weight;
    q.terms        = what.terms;
    q.respelled    = what.respelled;
    return q;
}

} // namespace test
