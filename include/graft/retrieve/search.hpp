// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/index.hpp>

#include <algorithm>
#include <cstddef>
#include <graft/flow/pipe.hpp>
#include <graft/schema/embedder.hpp>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The stage that asks an index. Made by `search`. Over vectors it takes embedded<query>, over words query; it gives what was
/// retrieved, with the question, so that later stages have it.
///
/// What a question is narrowed to holds beside `keep`. Questions over vectors that come together are asked together, where the
/// index can (`each`).
/// Borrows  the index.
/// Fails    `fault::other_embedder` when the index was made by another embedder than the question's; `fault::bad_argument` for a
///          question whose filter nobody turned into ids: put `narrow(chunks)` before the search.
template <class X, class Keep>
struct searching {
    using stage_concept                    = stage_tag;
    static constexpr bool dense            = searcher<X, vector_view, Keep>;
    using takes                            = std::conditional_t<dense, embedded<query>, query>;
    static constexpr std::string_view name = "search";

    const X*    in;
    std::size_t k;
    Keep        keep;

    [[nodiscard]] result<retrieved> operator()(const takes& q, context& c) const {
        if (auto ok = fits(q); !ok) return ok.error();
        if constexpr (dense) return answered(q, asked(vector_view(q.rows.row(0)), q.of, c));
        else {
            auto hits = asked(q.text, q, c);
            if (!hits) return hits.error();
            retrieved f{.asked = q, .hits = *hits};
            if constexpr (requires { in->evidence(q.text, c); }) {
                const lexical_evidence known = in->evidence(q.text, c);
                f.asked.terms                = known.terms;
                f.asked.analyser             = known.analyser;
                f.asked.respelled            = known.respelled;
                f.asked.lexical =
                    hits->empty() || !(known.ceiling > 0) ? 0.f : std::min(1.f, hits->front().score / known.ceiling);
            }
            return f;
        }
    }

    /// Element i is bit-equal to one by one.
    [[nodiscard]] std::vector<result<retrieved>> run_each(std::span<const takes> q, context& c) const {
        std::vector<result<retrieved>> out;
        out.reserve(q.size());
        if constexpr (dense && requires(matrix_view<const float> rows) { in->each(rows, k, keep, c); }) {
            const auto alike = [&](const takes& x) {
                return !x.of.narrowed && fits(x) && x.rows.dims == q[0].rows.dims;
            };
            if (q.size() > 1 && std::all_of(q.begin(), q.end(), alike)) {
                const std::size_t  dims = q[0].rows.dims;
                matrix_view<float> rows{c.template take_raw<float>(q.size() * dims).data(), q.size(), dims};
                for (std::size_t i = 0; i < q.size(); ++i) std::copy_n(q[i].rows.data, dims, rows.row(i).data());
                // A batch that fails is asked one by one, so that a fault stays with its own question.
                if (auto all = in->each(matrix_view<const float>(rows), k, keep, c)) {
                    for (std::size_t i = 0; i < q.size(); ++i) out.push_back(answered(q[i], (*all).of[i]));
                    return out;
                }
            }
        }
        for (const takes& x : q) out.push_back((*this)(x, c));
        return out;
    }

private:
    [[nodiscard]] result<void> fits(const takes& q) const {
        const query* of = nullptr;
        if constexpr (dense) {
            of = &q.of;
            if (in->made_by() != 0 && in->made_by() != q.by) return error{fault::other_embedder};
        } else of = &q;
        if (of->only != nullptr && !of->narrowed)
            return error{fault::bad_argument, unit::none, 0, "a filter: put narrow(chunks) before the search"};
        return done;
    }
    template <class What>
    [[nodiscard]] result<std::span<const hit>> asked(What what, const query& q, context& c) const {
        if (!q.narrowed) return in->search(what, k, keep, c);
        const auto both = [&](chunk_id id) { return q.among(id) && keep(id); };
        return in->search(what, k, both, c);
    }
    [[nodiscard]] static result<retrieved> answered(const takes& q, result<std::span<const hit>> hits)
        requires dense
    {
        if (!hits) return hits.error();
        retrieved f{.asked = q.of, .hits = *hits};
        f.asked.dense_weight = q.weight;
        if (!hits->empty()) f.asked.nearest = hits->front().score;
        return f;
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
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "top";
    std::size_t                       k;

    constexpr explicit top(std::size_t n) noexcept : k(n) {}
    [[nodiscard]] constexpr retrieved operator()(retrieved f) const noexcept {
        f.hits = f.hits.first(std::min(k, f.hits.size()));
        return f;
    }
};

namespace flow {
using graft::search;
using graft::top;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
