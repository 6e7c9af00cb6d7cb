// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Appends what base64 stands for. Gives whether it was base64.
[[nodiscard]] inline bool append_base64(std::string_view text, std::string& out) {
    static constexpr auto values = [] {
        std::array<signed char, 256> of{};
        of.fill(-1);
        constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (std::size_t i = 0; i < letters.size(); ++i)
            of[static_cast<unsigned char>(letters[i])] = static_cast<signed char>(i);
        return of;
    }();
    if (text.size() % 4 != 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
    text.remove_suffix(padding);
    unsigned bits = 0, have = 0;
    for (const char c : text) {
        const int v = values[static_cast<unsigned char>(c)];
        if (v < 0) return false;
        bits = (bits << 6 | static_cast<unsigned>(v)) & 0xFFFFFu;
        have += 6;
        if (have >= 8) out.push_back(static_cast<char>(bits >> (have -= 8)));
    }
    return (bits & ((1u << have) - 1)) == 0;
}

} // namespace detail

/// A tokenizer from the ranks of tiktoken: a line is a token in base64, a blank, and its number.
///
/// Takes    the bytes of a `.tiktoken` file, the rule that its encoding cuts text with (it is not in the file), and the special tokens.
/// Fails    fault::bad_format with the line; fault::malformed where two tokens have one number or a byte has none.
[[nodiscard]] inline result<tokenizer> read_tiktoken(std::string_view bytes, split_rule rule,
                                                     std::vector<added_token> special = {}) {
    std::string                                      pool;
    std::vector<std::pair<std::size_t, std::size_t>> place; // of each number
    std::size_t                                      line_number = 0;
    pool.reserve(bytes.size());
    while (!bytes.empty()) {
        ++line_number;
        const std::size_t end  = std::min(bytes.find('\n'), bytes.size());
        std::string_view  line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        const auto        bad   = error{fault::bad_format, unit::line, line_number, "tiktoken"};
        const std::size_t blank = line.find(' ');
        std::uint32_t     rank  = 0;
        const std::size_t begin = pool.size();
        if (blank == std::string_view::npos || !detail::append_base64(line.substr(0, blank), pool) ||
            pool.size() == begin)
            return bad;
        const auto [last, why] = std::from_chars(line.data() + blank + 1, line.data() + line.size(), rank);
        if (why != std::errc{} || last != line.data() + line.size() || rank >= (1u << 24)) return bad;
        if (rank >= place.size()) place.resize(rank + std::size_t{1});
        if (place[rank].second != 0) return error{fault::malformed, unit::line, line_number, "tiktoken"};
        place[rank] = {begin, pool.size() - begin};
    }
    std::vector<std::string_view> texts;
    std::vector<std::uint32_t>    ranks;
    std::array<token_id, 256>     single;
    single.fill(no_token);
    for (std::size_t i = 0; i < place.size(); ++i) {
        texts.push_back(std::string_view(pool).substr(place[i].first, place[i].second));
        ranks.push_back(static_cast<std::uint32_t>(i));
        if (texts.back().size() == 1) single[static_cast<unsigned char>(texts.back()[0])] = static_cast<token_id>(i);
    }
    if (std::find(single.begin(), single.end(), no_token) != single.end())
        return error{fault::malformed, unit::none, 0, "tiktoken"};
    tokenizer_parts p;
    auto            model = detail::bpe::of(texts, {}, single, {}, std::move(ranks),
                                            {.whole_first = true, .spans = detail::span_rule::bytes});
    if (!model) return model.error();
    p.model         = std::move(*model);
    p.cutting.rules = {rule};
    p.added         = std::move(special);
    for (added_token& t : p.added) t.special = true;
    for (const added_token& t : p.added)
        if (t.content == "<|endoftext|>") p.eos = t.id;
    return tokenizer::of(std::move(p));
}

} // namespace graft::inline GRAFT_ABI
