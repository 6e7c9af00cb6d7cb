// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
// by itself: it specialises a template of graft's.

#include <graft/flow/stage_of.hpp>

#include "support/toys.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <string>
#include <type_traits>

using namespace graft;

// A role that graft does not know, as a host writes it: its concept, its stage, and which it becomes.
namespace mine {

template <class T>
concept rewriter = requires(const T& t, std::string_view text, arena& a) {
    { t.rewrite(text, a) } -> std::same_as<std::string_view>;
};

template <rewriter R>
struct rewriting {
    using stage_concept                    = stage_tag;
    static constexpr std::string_view name = "rewrite";
    stored<R>                         by;

    query operator()(query q, arena& a) const { return q.text = by->rewrite(q.text, a), q; }
};

/// Small: it goes into a pipeline by value.
struct lower_case {
    std::string_view rewrite(std::string_view text, arena& a) const {
        auto out = a.take_raw<char>(text.size());
        for (std::size_t i = 0; i < text.size(); ++i)
            out[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
        return {out.data(), out.size()};
    }
};
/// Owns much: it has a name, and is borrowed.
struct dictionary : lower_case {
    std::string words        = std::string(1000, 'w');
    dictionary()             = default;
    dictionary(dictionary&&) = default;
};

} // namespace mine

template <mine::rewriter R>
struct graft::stage_of<R> {
    using type = mine::rewriting<R>;
};

TEST_CASE(
    "a role of a host's own stands in a pipeline, by value or borrowed, and joins what it must and nothing else") {
    toys::store store("a cab\nbad dad\n");
    toys::lines words;
    REQUIRE(ingest(index_into(words))(store));
    const mine::dictionary big;
    context                c;
    CHECK((mine::lower_case{} | search(words))("CAB", c)->hits.size() == 1);
    CHECK((big | search(words))("DAD", c)->hits.size() == 1);
    CHECK((mine::lower_case{} | search(words))("CAB", c)->asked.text == "cab");
    static_assert(sizeof(stage_for<const mine::dictionary&>) == sizeof(void*));
    static_assert(std::same_as<stage_for<mine::lower_case>, mine::rewriting<mine::lower_case>>);
    static_assert(feeds<mine::rewriting<mine::lower_case>, searching<toys::lines, keep_all>>);
    static_assert(!feeds<top, mine::rewriting<mine::lower_case>>);
    static_assert(detail::dangling<mine::dictionary> && !detail::dangling<const mine::dictionary&>);
}
