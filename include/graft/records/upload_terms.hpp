// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a host that tunes takes and asks for, as somebody read it somewhere on a day. Prices and limits change: they are data of the user's, never graft's own.
struct upload_terms {
    std::string   name              = {};
    std::string   date              = {}; ///< when it was so: a year, a month or a day
    std::string   source            = {}; ///< who says so
    double        price_per_million = 0;  ///< USD for 1,000,000 tokens trained on; of each epoch
    std::size_t   rows_least        = 0;  ///< of a file
    std::size_t   row_tokens        = 0;  ///< of a row, at most; 0: not said
    std::uint64_t file_bytes        = 0;  ///< of a file, at most; 0: not said
    std::size_t   tokens_a_turn     = 0;  ///< that the host puts around each turn
    std::size_t   tokens_a_row      = 0;  ///< and around each row

    /// USD for some tokens, seen so many times.
    [[nodiscard]] double price(std::size_t tokens, std::size_t epochs = 1) const noexcept {
        return price_per_million * 1e-6 * static_cast<double>(tokens) * static_cast<double>(epochs);
    }

    bool operator==(const upload_terms&) const = default;
};

/// Reads a table of terms: `{"terms": [{"name": "…", "date": "…", "source": "…", "usd_per_million_tokens": 8, …}, …]}`, further keys of a row being
/// `rows_least`, `row_tokens`, `file_bytes`, `tokens_a_turn` and `tokens_a_row`.
///
/// Gives    at least one
/// Fails    as `parse_json`; `absent` and `bad_format` for a row without name, date, source or price, or one of another kind; `bad_argument` for a price that is
///          none; `duplicate_id` for a name that was there before; `unexpected` for a key that is none of these; `no_input` for no row
[[nodiscard]] inline result<std::vector<upload_terms>> parse_upload_terms(std::string_view text,
                                                                          std::string      name = {}) {
    const auto file = parse_json(text, std::move(name), {.bytes = std::uint64_t{1} << 20, .depth = 8});
    if (!file) return file.error();
    const auto rows = file->at("terms").array();
    if (!rows) return rows.error();
    std::vector<upload_terms> all;
    for (const json_value row : *rows) {
        upload_terms t;
        const auto   keys = row.object();
        if (!keys) return keys.error();
        for (const json_member& m : *keys) {
            static constexpr std::string_view known[] = {
                "name",       "date",          "source",      "usd_per_million_tokens", "rows_least", "row_tokens",
                "file_bytes", "tokens_a_turn", "tokens_a_row"};
            if (std::find(std::begin(known), std::end(known), m.name) == std::end(known))
                return m.value.refuse(fault::unexpected);
        }
        for (const auto& [key, into] :
             {std::pair("name", &t.name), std::pair("date", &t.date), std::pair("source", &t.source)}) {
            const auto said = row.at(key).text();
            if (!said) return said.error();
            if (said->empty()) return row.at(key).refuse(fault::no_input);
            *into = *said;
        }
        const auto price = row.at("usd_per_million_tokens").number<double>();
        if (!price) return price.error();
        if (!(*price >= 0)) return row.at("usd_per_million_tokens").refuse(fault::bad_argument);
        t.price_per_million = *price;
        const auto take     = [&](const char* key, auto& into) -> result<void> {
            const auto n = row.at(key).number_or<std::uint64_t>(0);
            if (!n) return n.error();
            into = static_cast<std::decay_t<decltype(into)>>(*n);
            return done;
        };
        for (const auto& ok :
             {take("rows_least", t.rows_least), take("row_tokens", t.row_tokens), take("file_bytes", t.file_bytes),
              take("tokens_a_turn", t.tokens_a_turn), take("tokens_a_row", t.tokens_a_row)})
            if (!ok) return ok.error();
        if (std::any_of(all.begin(), all.end(), [&](const upload_terms& before) { return before.name == t.name; }))
            return row.at("name").refuse(fault::duplicate_id);
        all.push_back(std::move(t));
    }
    if (all.empty()) return file->at("terms").refuse(fault::no_input);
    return all;
}

} // namespace graft::inline GRAFT_ABI
