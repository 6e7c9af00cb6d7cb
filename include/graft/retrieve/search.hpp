// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/pipe.hpp>

namespace graft::inline GRAFT_ABI {

/// The stage that asks an index. Made by `search`. Over vectors it takes embedded<question>, over words question; it gives
/// found, with the question, so that later stages have it.
///
/// Borrows  the index.
/// Fails    `fault::other_embedder` when the index was made by another embedder than the question's.
template <class X, class Keep>
struct searching {
    using stage_concept                    = stage_tag;
    using takes                            = std::conditional_t<searcher<X, vector_view, Keep>, embedded<query>, query>;
    static constexpr std::string_view name = "search";

    const X*    in;
    std::size_t k;
    Keep        keep;

    [[nodiscard]] result<retrieved> operator()(const takes& q, context& w) const {
        if constexpr (searcher<X, vector_view, Keep>) {
            if (in->made_by() != 0 && in->made_by() != q.by) return error{fault::other_embedder};
            auto hits = in->search(vector_view(q.rows.row(0)), k, keep, w);
            if (!hits) return hits.error();
            return retrieved{.asked = q.of, .hits = *hits, .dense_weight = q.weight};
        } else {
            auto hits = in->search(q.text, k, keep, w);
            if (!hits) return hits.error();
            retrieved f{.asked = q, .hits = *hits};
            if constexpr (requires { in->evidence(q.text, w); }) {
                const lexical_evidence known = in->evidence(q.text, w);
                f.terms                      = known.terms;
                f.respelled                  = known.respelled;
                f.lexical =
                    hits->empty() || !(known.ceiling > 0) ? 0.f : std::min(1.f, hits->front().score / known.ceiling);
            }
            return f;
        }
    }
};

/// Asks an index for the best `k` chunks among those that `keep` keeps.
template <class X, class Keep = keep_all>
    requires searcher<X, vector_view, Keep> || searcher<X, std::string_view, Keep>
[[nodiscard]] constexpr auto search(const X& x, std::size_t k = 200, Keep keep = {}) {
    return searching<X, Keep>{&x, k, std::move(keep)};
}
template <class X, class Keep = keep_all, class Why = typename a_temporary<X>::would_dangle__give_it_a_name>
void search(const X&&, std::size_t = 0, Keep = {}) = delete;

/// The stage that keeps the first `k` hits. `top(6)`.
struct top {
    using stage_concept = stage_tag;
    std::size_t k;

    constexpr explicit top(std::size_t n) noexcept : k(n) {}
    [[nodiscard]] constexpr retrieved operator()(retrieved f) const noexcept {
        f.hits = f.hits.first(std::min(k, f.hits.size()));
        return f;
    }
};

} // namespace graft::inline GRAFT_ABI
