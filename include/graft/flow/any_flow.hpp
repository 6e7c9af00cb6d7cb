// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/pipe.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A pipeline from In to Out whose plan is chosen at run time: a member of a class, an entry of a configuration.
///
///     any_flow<query, answer> ask = fast ? any_flow<query, answer>(search(words) | top(6) | …)
///                                        : any_flow<query, answer>(hybrid(…) | rerank(chunks) | …);
///
/// It is a stage like any other, so it also stands in a `|`. What its parts borrow, it borrows.
/// Costs    one allocation when it is made; one indirect call a question or a batch.
template <class In, class Out>
class any_flow : public pipeline<any_flow<In, Out>, types<In>> {
    struct table {
        result<Out> (*run)(const void*, const In&, context&);
        std::vector<result<Out>> (*run_each)(const void*, std::span<const In>, context&);
        void (*end)(const void*) noexcept;
    };
    template <class S>
    static constexpr table of{
        [](const void* s, const In& in, context& c) -> result<Out> { return call(*static_cast<const S*>(s), in, c); },
        [](const void* s, std::span<const In> in, context& c) {
            return detail::call_each(*static_cast<const S*>(s), in, c);
        },
        [](const void* s) noexcept { delete static_cast<const S*>(s); }};

    struct ending {
        const table* by = nullptr;
        void         operator()(const void* s) const noexcept { by->end(s); }
    };
    std::unique_ptr<const void, ending> it_;

public:
    static constexpr std::string_view name = "any_flow";

    /// Takes    a stage or a pipeline, by value.
    template <class S>
        requires(!std::same_as<std::remove_cvref_t<S>, any_flow> && runs<std::decay_t<S>, In> &&
                 std::same_as<output_t<std::decay_t<S>, In>, Out>)
    any_flow(S&& stage) : it_(new std::decay_t<S>(std::forward<S>(stage)), ending{&of<std::decay_t<S>>}) {}

    [[nodiscard]] result<Out> run(const In& in, context& c) const {
        return it_.get_deleter().by->run(it_.get(), in, c);
    }
    [[nodiscard]] std::vector<result<Out>> run_each(std::span<const In> in, context& c) const {
        return it_.get_deleter().by->run_each(it_.get(), in, c);
    }
};

} // namespace graft::inline GRAFT_ABI
