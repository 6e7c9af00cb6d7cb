// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/sha256.hpp>
#include <graft/json/json_text.hpp>
#include <graft/records/scrub.hpp>
#include <graft/records/tuning_record.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Why a record is no row that a host should be given.
enum class chat_flaw : std::uint8_t {
    system_turn, ///< the system speaks elsewhere than first, or twice
    tool_turn,   ///< a tool speaks: what it was called with is not in a record
    turn_order,  ///< user and assistant do not alternate, from a user's turn to the answer
    empty_turn,  ///< a turn says nothing
    not_utf8,    ///< a turn is not valid UTF-8
    sensitive,   ///< it holds what `find_sensitive` finds
    repeat,      ///< it says what a row before it says, to the byte
    too_long,    ///< it has more tokens than the host takes
};

/// The word for a flaw, as reports have it.
[[nodiscard]] constexpr std::string_view name(chat_flaw of) noexcept {
    switch (of) {
    case chat_flaw::system_turn: return "system_turn";
    case chat_flaw::tool_turn: return "tool_turn";
    case chat_flaw::turn_order: return "turn_order";
    case chat_flaw::empty_turn: return "empty_turn";
    case chat_flaw::not_utf8: return "not_utf8";
    case chat_flaw::sensitive: return "sensitive";
    case chat_flaw::repeat: return "repeat";
    case chat_flaw::too_long: return "too_long";
    }
    return "unknown";
}

/// What is wrong with the turns of a record as a row of a chat: at most one of the system, first, then user and assistant in turn. A host refuses the file, or
/// worse, learns from it. The first thing that is wrong.
[[nodiscard]] inline std::optional<chat_flaw> chat_flaw_of(const tuning_record& r) {
    const auto wrong = [](std::string_view text) -> std::optional<chat_flaw> {
        if (unicode::first_invalid(text) != text.npos) return chat_flaw::not_utf8;
        if (text.find_first_not_of(" \t\r\n") == text.npos) return chat_flaw::empty_turn;
        return std::nullopt;
    };
    speaker next = speaker::user;
    for (std::size_t i = 0; i < r.given.size(); ++i) {
        const record_turn& t = r.given[i];
        if (t.from == speaker::tool) return chat_flaw::tool_turn;
        if (t.from == speaker::system && i > 0) return chat_flaw::system_turn;
        if (t.from != speaker::system) {
            if (t.from != next) return chat_flaw::turn_order;
            next = next == speaker::user ? speaker::assistant : speaker::user;
        }
        if (const auto flaw = wrong(t.text)) return flaw;
    }
    if (next != speaker::assistant) return chat_flaw::turn_order;
    return wrong(r.answer);
}

/// Lets the system say something first in a record in which it says nothing.
inline void add_system_turn(tuning_record& r, std::string_view text) {
    const bool says =
        std::any_of(r.given.begin(), r.given.end(), [](const auto& t) { return t.from == speaker::system; });
    if (!says) r.given.insert(r.given.begin(), {speaker::system, std::string(text)});
}

/// A record as hosts take it, one line of JSON without its end: `{"messages":[{"role":"user","content":"…"},…]}`, the answer last. Of a preference what was
/// chosen is the answer.
///
/// Takes    a record without a `chat_flaw_of`
[[nodiscard]] inline std::string chat_row(const tuning_record& r) {
    std::string row = "{\"messages\":[";
    const auto  say = [&](std::string_view role, std::string_view text, std::string_view end) {
        row.append("{\"role\":\"").append(role).append("\",\"content\":");
        append_json_text(row, text);
        row.append("}").append(end);
    };
    static constexpr std::string_view who[] = {"system", "user", "assistant", "tool"};
    for (const record_turn& t : r.given) say(who[static_cast<std::size_t>(t.from)], t.text, ",");
    say("assistant", r.answer, "]}");
    return row;
}

/// What a host takes of a row, and what the sender wants to give.
struct chat_rows_params {
    std::size_t  row_tokens = 0;     ///< of a row, at most; 0: any
    bool         repeats    = false; ///< whether a row may say what one before it says
    bool         sensitive  = false; ///< whether a row may hold what `find_sensitive` finds
    scrub_params scrub      = {};    ///< what that looks for
};

/// A record that becomes a row.
struct ready_row {
    std::uint32_t record = 0; ///< which
    std::size_t   tokens = 0; ///< as they were counted

    bool operator==(const ready_row&) const = default;
};
/// A record that becomes none.
struct left_out_row {
    std::uint32_t record = 0; ///< which
    chat_flaw     why    = chat_flaw::turn_order;
    std::uint32_t first  = 0; ///< of a repeat: the record that it repeats
    std::size_t   tokens = 0; ///< of one that is too long

    bool operator==(const left_out_row&) const = default;
};
/// Which records become rows, in their order, and which do not.
struct chat_rows {
    std::vector<ready_row>    ready    = {};
    std::vector<left_out_row> left_out = {};

    [[nodiscard]] std::size_t tokens() const noexcept {
        std::size_t n = 0;
        for (const ready_row& r : ready) n += r.tokens;
        return n;
    }
    /// The longest row.
    [[nodiscard]] std::size_t most_tokens() const noexcept {
        std::size_t n = 0;
        for (const ready_row& r : ready) n = std::max(n, r.tokens);
        return n;
    }
};

/// Chooses the records that a host can be given.
///
/// Takes    `count(record)`, the tokens of a record's row in whatever unit the limit is meant
/// Gives    each record once, in `ready` or in `left_out`, for the first flaw in the order of `chat_flaw`
/// Costs    a look for what is sensitive, a hash and a count each
template <class Count>
[[nodiscard]] chat_rows ready_rows(std::span<const tuning_record> all, const Count& count,
                                   const chat_rows_params& p = {}) {
    chat_rows                          out;
    std::map<digest256, std::uint32_t> firsts;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        const auto found = [&](std::string_view text) { return !find_sensitive(text, p.scrub).empty(); };
        const auto holds = [&] {
            return found(all[i].answer) || std::any_of(all[i].given.begin(), all[i].given.end(),
                                                       [&](const record_turn& t) { return found(t.text); });
        };
        if (const auto flaw = chat_flaw_of(all[i])) {
            out.left_out.push_back({i, *flaw});
            continue;
        }
        if (!p.sensitive && holds()) {
            out.left_out.push_back({i, chat_flaw::sensitive});
            continue;
        }
        if (!p.repeats) {
            const auto [first, is_new] = firsts.emplace(sha256(chat_row(all[i])), i);
            if (!is_new) {
                out.left_out.push_back({i, chat_flaw::repeat, first->second});
                continue;
            }
        }
        const std::size_t tokens = count(all[i]);
        if (p.row_tokens > 0 && tokens > p.row_tokens) out.left_out.push_back({i, chat_flaw::too_long, 0, tokens});
        else out.ready.push_back({i, tokens});
    }
    return out;
}

} // namespace graft::inline GRAFT_ABI
