// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/parallel.hpp>
#include <graft/flow/copy.hpp>
#include <graft/flow/stage_of.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The first input of a stage that the caller's argument converts to.
template <class Arg, class Inputs>
struct pick {};
template <class Arg, class In, class... Rest>
struct pick<Arg, types<In, Rest...>> : pick<Arg, types<Rest...>> {};
template <class Arg, class In, class... Rest>
    requires std::convertible_to<const Arg&, In>
struct pick<Arg, types<In, Rest...>> {
    using type = In;
};

/// Runs a stage on many inputs. One with `each` runs them as a batch; if the batch fails they run one by one, so that a
/// fault stays with its own item, and none begins after a stop or the deadline.
template <class S, class In>
[[nodiscard]] std::vector<result_t<S, In>> call_each(const S& stage, std::span<const In> in, context& c) {
    if constexpr (requires { stage.run_each(in, c); }) return stage.run_each(in, c);
    else {
        if constexpr (requires { stage.each(in, c); })
            if (auto all = stage.each(in, c)) return {all->begin(), all->end()};
        std::vector<result_t<S, In>> out;
        out.reserve(in.size());
        for (const In& x : in)
            if (auto ok = c.alive(); !ok) out.push_back(ok.error());
            else out.push_back(call(stage, x, c));
        return out;
    }
}

} // namespace detail

/// What a caller may do with every pipeline. `Self` brings `run(in, context&)`.
///
///     ask(q, c)        borrows c until its reset: no heap allocation once c is warm
///     ask(q)           owns its memory, allocates
///     ask.each(qs, c)  many, on the executor of c: element i is bit-equal to ask(qs[i])
template <class Self, class Inputs>
struct pipeline {
    using stage_concept = stage_tag;
    using inputs        = Inputs;

    template <class Arg, class In = typename detail::pick<Arg, Inputs>::type>
    [[nodiscard]] auto operator()(const Arg& arg, context& c) const {
        if constexpr (std::same_as<Arg, In>) return self().run(arg, c);
        else {
            static_assert(flow_value<In>,
                          "a converted owner would die before its result is read: pass the owner itself");
            return self().run(In(arg), c);
        }
    }

    template <class Arg, class In = typename detail::pick<Arg, Inputs>::type>
    [[nodiscard]] auto operator()(const Arg& arg) const {
        context c;
        return detail::own(self().run(In(arg), c));
    }

    /// Gives    a result a question, with memory of its own. A question that fails leaves the others be; a stop or a deadline
    ///          of the context ends all that have not begun.
    /// Costs    memory of a block of 64 to 1,024 questions a thread, beside the results.
    template <class In>
    [[nodiscard]] auto each(std::span<const In> in, context& c) const {
        using out = decltype(detail::own(std::declval<result_t<Self, In>>()));
        std::vector<std::optional<out>> made(in.size());
        const std::size_t               block = std::clamp<std::size_t>(in.size() / c.executor.width(), 64, 1024);
        const auto       ended = each_block(c, in.size(), block, [&](std::size_t begin, std::size_t end, context& w) {
            auto to = made.begin() + static_cast<std::ptrdiff_t>(begin);
            for (auto& r : detail::call_each(self(), in.subspan(begin, end - begin), w)) *to++ = detail::own(r);
        });
        std::vector<out> all;
        all.reserve(in.size());
        for (auto& one : made)
            if (one) all.push_back(std::move(*one));
            else all.push_back(ended.error());
        return all;
    }
    template <class In>
    [[nodiscard]] auto each(std::span<const In> in, context&& c = {}) const {
        return each(in, c);
    }
    template <class In>
    [[nodiscard]] auto each(const std::vector<In>& in, context& c) const {
        return each(std::span<const In>(in), c);
    }
    template <class In>
    [[nodiscard]] auto each(const std::vector<In>& in, context&& c = {}) const {
        return each(std::span<const In>(in), c);
    }

private:
    const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

/// Two stages joined: runs `a`, then `b` on what it gave. Stops at the first fault, and between the two when the deadline of the
/// context has passed or a stop was requested.
template <class A, class B>
struct chain : pipeline<chain<A, B>, passing_t<A, B>> {
    A a;
    B b;
    constexpr chain(A first, B second) : a(std::move(first)), b(std::move(second)) {}

    template <class In>
    [[nodiscard]] result_t<B, output_t<A, In>> run(const In& in, context& c) const {
        const auto between = call(a, in, c);
        if (!between) return between.error();
        if (auto ok = c.alive(); !ok) return ok.error();
        return call(b, *between, c);
    }

    template <class In>
    [[nodiscard]] std::vector<result_t<B, output_t<A, In>>> run_each(std::span<const In> in, context& c) const {
        const auto                   between = detail::call_each(a, in, c);
        std::vector<output_t<A, In>> good;
        good.reserve(between.size());
        for (const auto& one : between)
            if (one) good.push_back(*one);
        auto next = detail::call_each(b, std::span<const output_t<A, In>>(good), c);
        auto from = next.begin();
        std::vector<result_t<B, output_t<A, In>>> out;
        out.reserve(between.size());
        for (const auto& one : between)
            if (one) out.push_back(std::move(*from++));
            else out.emplace_back(one.error());
        return out;
    }

    /// The same plan with every part replaced by f(part): how `traced` wraps a pipeline.
    template <class F>
    [[nodiscard]] auto mapped(const F& f) const {
        return chain<decltype(f(a)), decltype(f(b))>(f(a), f(b));
    }

    /// A chain that ends in a sink is one.
    [[nodiscard]] auto begin() const
        requires requires(const B& sink) { sink.begin(); }
    {
        return b.begin();
    }
};

namespace detail {

template <class T>
concept part = unfit<T> || requires { typename inputs_of<stage_for<T>>; };
template <class T>
concept ours = role<T> || requires { typename std::remove_cvref_t<T>::stage_concept; };

template <class A, class B>
inline constexpr bool fit = false;
template <class A, class B>
    requires(!unfit<A> && !unfit<B>)
inline constexpr bool fit<A, B> = feeds<stage_for<A>, stage_for<B>>;

/// Why two parts do not join; no type for what fits, nor for what is no stage.
template <class A, class B>
struct reason {};
template <class A, class B>
    requires(!unfit<A> && !unfit<B> && part<A> && part<B> && !fit<A, B>)
struct reason<A, B> : misfit<decltype(outputs<stage_for<A>>(inputs_of<stage_for<A>>{})), inputs_of<stage_for<B>>> {};
template <class A, class B>
    requires(unfit<A> || unfit<B>)
struct reason<A, B> : why_unfit<std::conditional_t<unfit<A>, A, B>> {};

template <class A, class B>
    requires fit<A, B>
[[nodiscard]] constexpr auto join(A&& a, B&& b) {
    return chain<stage_for<A>, stage_for<B>>(as_stage(std::forward<A>(a)), as_stage(std::forward<B>(b)));
}
template <class A, class B, class Why = typename reason<A, B>::type>
    requires(!fit<A, B>)
void join(A&&, B&&) = delete;

} // namespace detail

/// `a | b` is `pipe(a, b)`, for two parts of which one is graft's or says `stage_concept`.
template <class A, class B>
    requires(detail::ours<A> || detail::ours<B>) && detail::fit<A, B>
[[nodiscard]] constexpr auto operator|(A&& a, B&& b) {
    return detail::join(std::forward<A>(a), std::forward<B>(b));
}
// A joint that does not fit: the last template argument of the deleted overload is the reason.
template <class A, class B, class Why = typename detail::reason<A, B>::type>
    requires(detail::ours<A> || detail::ours<B>) && detail::part<A> && detail::part<B> && (!detail::fit<A, B>)
void operator|(A&&, B&&) = delete;

/// Joins stages and roles, left to right, into one value whose type is the plan.
///
/// Gives    a `pipeline` that takes what the first takes and gives what the last gives.
/// Fails    to compile when a stage gives what the next does not take; the diagnostic names both types.
template <class A, class B, class... More>
[[nodiscard]] constexpr auto pipe(A&& a, B&& b, More&&... more) {
    if constexpr (sizeof...(More) == 0) return detail::join(std::forward<A>(a), std::forward<B>(b));
    else return pipe(detail::join(std::forward<A>(a), std::forward<B>(b)), std::forward<More>(more)...);
}

/// The words of pipelines, for those who open a namespace: `using namespace graft::flow;` brings these and nothing else of graft.
/// Each header adds its own.
namespace flow {
using graft::pipe;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
