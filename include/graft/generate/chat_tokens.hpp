// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/generate/chat.hpp>
#include <graft/tokenize/tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The tokens of a conversation, as its model reads them.
///
/// Control pieces become one token each, and only they become control tokens. Texts that stand beside each other are read as one, but for
/// those that stand alone: no token holds a part of such a text and a part of another.
/// Fails    `absent`: the tokenizer lacks a control token, which the subject names; as `encode`
[[nodiscard]] inline result<std::span<const token_id>> encode_chat(const tokenizer&            words,
                                                                   std::span<const chat_piece> pieces, arena& a) {
    arena_list<token_id> ids(a, 256);
    arena_text           text(a, 256);
    bool                 goes_on = false; // behind text: not at the beginning, nor behind a control token
    const auto           read    = [&](std::string_view some) -> result<void> {
        if (some.empty()) return done;
        const auto part = words.encode(some, a, {.add_special = false, .goes_on = goes_on});
        if (!part) return part.error();
        ids.append(part->ids);
        goes_on = true;
        return done;
    };
    const auto read_joined = [&] {
        auto ok = read(text.text());
        text.clear();
        return ok;
    };
    for (const chat_piece& p : pieces) {
        if (!p.control && !p.alone) {
            text.append(p.text);
            continue;
        }
        if (auto ok = read_joined(); !ok) return ok.error();
        if (p.alone) {
            if (auto ok = read(p.text); !ok) return ok.error();
            continue;
        }
        const auto id = words.find(p.text);
        if (!id || !words.is_special(*id)) return error{fault::absent, unit::none, 0, "token " + std::string(p.text)};
        ids.push_back(*id);
        goes_on = false;
    }
    if (auto ok = read_joined(); !ok) return ok.error();
    return std::span<const token_id>(ids.items());
}

/// The tokens that end a text of a model: those given, its own, what ends a turn, and control tokens that are known to end texts.
[[nodiscard]] inline std::vector<token_id> end_tokens(const tokenizer& words, chat_format format,
                                                      std::vector<token_id> all = {}) {
    const auto add = [&](std::optional<token_id> id) {
        if (id && words.is_special(*id) && std::find(all.begin(), all.end(), *id) == all.end()) all.push_back(*id);
    };
    add(words.eos());
    for (const std::string_view text :
         {end_of_turn(format), std::string_view("<|endoftext|>"), std::string_view("</s>"),
          std::string_view("<|im_end|>"), std::string_view("<|eot_id|>"), std::string_view("<|end_of_text|>")})
        if (!text.empty()) add(words.find(text));
    return all;
}

} // namespace graft::inline GRAFT_ABI
