// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/executor.hpp>
#include <graft/schema/roles.hpp>

#include <optional>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A flow value with memory of its own: what `ask(query)` gives when no workspace is passed.
template <class T>
struct owned : T {
    context memory;
};

namespace detail {

/// A value that may borrow becomes `owned`; a number or an owner of its own stays itself.
template <class T>
[[nodiscard]] auto own(const T& value) {
    if constexpr (requires(context& w) { copy(value, w); }) {
        owned<T> mine;
        static_cast<T&>(mine) = copy(value, mine.memory);
        return mine;
    } else {
        static_assert(!std::is_trivially_destructible_v<T> || std::is_arithmetic_v<T> || std::is_enum_v<T>,
                      "this value may borrow: give it a copy(value, workspace&), or pass a workspace");
        return value;
    }
}
template <class T>
[[nodiscard]] auto own(const result<T>& r) {
    using out = result<decltype(own(*r))>;
    return r ? out(own(*r)) : out(r.error());
}

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
/// fault stays with its own item.
template <class S, class In>
[[nodiscard]] std::vector<result_t<S, In>> call_each(const S& stage, std::span<const In> in, context& w) {
    if constexpr (requires { stage.run_each(in, w); }) return stage.run_each(in, w);
    else {
        if constexpr (requires { stage.each(in, w); })
            if (auto all = stage.each(in, w)) return {all->begin(), all->end()};
        std::vector<result_t<S, In>> out;
        out.reserve(in.size());
        for (const In& x : in) out.push_back(call(stage, x, w));
        return out;
    }
}

} // namespace detail

/// What a caller may do with every pipeline. `Self` brings `run(in, context&)`.
///
///     ask(q, w)            borrows w until its reset: no heap allocation once w is warm
///     ask(q)               owns its memory, allocates
///     ask.each(qs, ex)     many: element i is bit-equal to ask(qs[i])
template <class Self, class Inputs>
struct pipeline {
    using stage_concept = stage_tag;
    using inputs        = Inputs;

    template <class Arg, class In = typename detail::pick<Arg, Inputs>::type>
    [[nodiscard]] auto operator()(const Arg& arg, context& w) const {
        if constexpr (std::same_as<Arg, In>) return self().run(arg, w);
        else {
            static_assert(flow_value<In>,
                          "a converted owner would die before its result is read: pass the owner itself");
            return self().run(In(arg), w);
        }
    }

    template <class Arg, class In = typename detail::pick<Arg, Inputs>::type>
    [[nodiscard]] auto operator()(const Arg& arg) const {
        context w;
        return detail::own(self().run(In(arg), w));
    }

    /// Memory is bounded by the block: 64 questions a thread.
    template <class In, executor Ex = sequential>
    [[nodiscard]] auto each(std::span<const In> in, const Ex& ex = {}) const {
        using out                              = decltype(detail::own(std::declval<result_t<Self, In>>()));
        constexpr std::size_t           block  = 64;
        const std::size_t               blocks = (in.size() + block - 1) / block;
        std::vector<std::optional<out>> made(in.size());
        ex.run(blocks, [&](std::size_t b) {
            context    w;
            const auto mine = in.subspan(b * block, std::min(block, in.size() - b * block));
            auto       to   = made.begin() + static_cast<std::ptrdiff_t>(b * block);
            for (auto& r : detail::call_each(self(), mine, w)) *to++ = detail::own(r);
        });
        std::vector<out> all;
        all.reserve(in.size());
        for (auto& one : made) all.push_back(std::move(*one));
        return all;
    }
    template <class In, executor Ex = sequential>
    [[nodiscard]] auto each(const std::vector<In>& in, const Ex& ex = {}) const {
        return each(std::span<const In>(in), ex);
    }

private:
    const Self& self() const noexcept { return static_cast<const Self&>(*this); }
};

/// Two stages joined: runs `a`, then `b` on what it gave. Stops at the first fault, and between the two when the workspace's
/// deadline has passed or a stop was requested.
template <class A, class B>
struct chain : pipeline<chain<A, B>, passing_t<A, B>> {
    A a;
    B b;
    constexpr chain(A first, B second) : a(std::move(first)), b(std::move(second)) {}

    template <class In>
    [[nodiscard]] result_t<B, output_t<A, In>> run(const In& in, context& w) const {
        const auto between = call(a, in, w);
        if (!between) return between.error();
        if (auto ok = w.alive(); !ok) return ok.error();
        return call(b, *between, w);
    }

    template <class In>
    [[nodiscard]] std::vector<result_t<B, output_t<A, In>>> run_each(std::span<const In> in, context& w) const {
        const auto                   between = detail::call_each(a, in, w);
        std::vector<output_t<A, In>> good;
        good.reserve(between.size());
        for (const auto& one : between)
            if (one) good.push_back(*one);
        auto next = detail::call_each(b, std::span<const output_t<A, In>>(good), w);
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

} // namespace graft::inline GRAFT_ABI
