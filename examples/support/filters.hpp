// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/knowledge/document_fields.hpp>
#include <graft/metadata/filter.hpp>
#include <graft/metadata/metadata.hpp>

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tool {

/// What the help of a tool with --filter says of it.
inline constexpr std::string_view filter_help =
    "Filters: KEY == VALUE, also != < <= > >=, KEY contains VALUE, KEY starts_with TEXT, KEY in [VALUE, …], KEY "
    "exists, joined\n"
    "by && || ! and parentheses. A test of a field that a document does not have is false, != too: !(lang == de) keeps "
    "documents\n"
    "without a lang, lang != de does not. Of a list only contains and exists can be true: tags contains draft, never\n"
    "tags == draft; !(tags contains draft) keeps the others. A field that no document has is an error, and the exit "
    "status 3.\n";

/// What a document says of itself, which is what a message about fields lists.
inline std::span<const graft::field> own_fields(const graft::metadata& of) { return of.fields(); }
inline std::span<const graft::field> own_fields(const graft::document_fields& of) { return of.own->fields(); }

/// Holds a filter against the fields of all documents: reports a field that none of them has, and notes a test that is never
/// true because the field is a list.
///
/// Takes    each_fields(f), which calls f(metadata or document_fields) for each document.
/// Gives    how many errors there were.
template <class Each>
[[nodiscard]] std::size_t check_filter(const console& say, const graft::filter& filter, Each&& each_fields) {
    struct asked {
        std::string        key;
        graft::filter_test what;
        std::size_t        has = 0, lists = 0;
    };
    std::vector<asked> tests;
    filter.each_test([&](std::string_view key, graft::filter_test what) {
        for (const asked& a : tests)
            if (a.key == key && a.what == what) return;
        tests.push_back({std::string(key), what});
    });
    if (tests.empty()) return 0;
    std::set<std::string> known;
    each_fields([&](const auto& fields) {
        for (asked& a : tests)
            if (const auto* value = fields.find(a.key); value != nullptr) {
                ++a.has;
                a.lists += std::holds_alternative<graft::value_list>(*value) ? 1u : 0u;
            }
        for (const graft::field& f : own_fields(fields))
            if (known.size() < 1000) known.insert(f.key);
    });
    std::size_t           errors = 0;
    std::set<std::string> said;
    for (const asked& a : tests) {
        if (a.has == 0 && said.insert(a.key).second) {
            std::string there;
            std::size_t n = 0;
            for (const std::string& key : known)
                if (++n <= 12) there += (n > 1 ? ", " : "") + key;
            if (n > 12) there += ", …";
            say.report({graft::fault::bad_argument, graft::unit::none, 0, a.key},
                       "--filter: no document has the field " + a.key +
                           (there.empty() ? " (they have none at all)" : " (there are: " + there + ")"));
            ++errors;
        }
        if (a.lists > 0 && a.what != graft::filter_test::contains && a.what != graft::filter_test::exists)
            say.note("--filter: the field " + a.key + " is a list in " + std::to_string(a.lists) +
                     (a.lists == 1 ? " document" : " documents") + ", of which only contains and exists can be true");
    }
    return errors;
}

} // namespace tool
