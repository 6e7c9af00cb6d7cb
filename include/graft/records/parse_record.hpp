// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail::record_rows {

/// A text that says something.
[[nodiscard]] inline result<std::string> said(json_value from) {
    const auto text = from.text();
    if (!text) return text.error();
    if (text->find_first_not_of(" \t\r\n") == std::string_view::npos) return from.refuse(fault::no_input);
    return std::string(*text);
}

/// `system`, `user`, `assistant`, `tool` of chats; `human`, `gpt`, `observation` of ShareGPT, and what others call them.
[[nodiscard]] inline std::optional<speaker> speaker_of(std::string_view role, bool sharegpt) noexcept {
    if (role == "system") return speaker::system;
    if (role == "user") return speaker::user;
    if (role == "assistant") return speaker::assistant;
    if (role == "tool") return speaker::tool;
    if (!sharegpt) return role == "developer" ? std::optional(speaker::system) : std::nullopt;
    if (role == "human") return speaker::user;
    if (role == "gpt" || role == "model" || role == "bot" || role == "chatgpt") return speaker::assistant;
    if (role == "observation") return speaker::tool;
    return std::nullopt;
}

/// What a message says: a text, or parts of which all are texts.
[[nodiscard]] inline result<std::string> content(json_value from) {
    if (from.kind() != json_kind::array) return said(from);
    std::string all;
    for (const json_value part : *from.array()) {
        const auto kind = part.at("type").text();
        if (!kind) return kind.error();
        if (*kind != "text") return part.at("type").refuse(fault::unsupported);
        const auto text = part.at("text").text();
        if (!text) return text.error();
        all += *text;
    }
    if (all.find_first_not_of(" \t\r\n") == std::string::npos) return from.refuse(fault::no_input);
    return all;
}

/// The key of who speaks in a turn: `from`, or `role` as some files have it below `conversations` too.
[[nodiscard]] inline const char* who_speaks(json_value turn, bool sharegpt) noexcept {
    return sharegpt && (turn.at("from").given() || !turn.at("role").given()) ? "from" : "role";
}

[[nodiscard]] inline result<std::vector<record_turn>> turns(json_value from, bool sharegpt) {
    const auto all = from.array();
    if (!all) return all.error();
    if (all->empty()) return from.refuse(fault::no_input);
    std::vector<record_turn> out;
    for (const json_value one : *all) {
        const char* const key  = who_speaks(one, sharegpt);
        const json_value  who  = one.at(key);
        const auto        role = who.text();
        if (!role) return role.error();
        const auto speaks = speaker_of(*role, sharegpt);
        if (!speaks) return who.refuse(fault::unsupported);
        for (const char* name : {"tool_calls", "function_call"}) {
            const json_value call  = one.at(name);
            const bool       empty = call.kind() == json_kind::array && call.size() == 0;
            if (call.given() && !empty) return call.refuse(fault::unsupported);
        }
        auto text = content(one.at(key == std::string_view("from") ? "value" : "content"));
        if (!text) return text.error();
        out.push_back({*speaks, *std::move(text)});
    }
    return out;
}

/// Turns that end in what is learned.
[[nodiscard]] inline result<void> take_turns(json_value from, bool sharegpt, tuning_record& into) {
    auto all = turns(from, sharegpt);
    if (!all) return all.error();
    const json_value last = from[all->size() - 1];
    if (all->back().from != speaker::assistant) return last.at(who_speaks(last, sharegpt)).refuse(fault::unexpected);
    into.answer = std::move(all->back().text);
    all->pop_back();
    if (std::none_of(all->begin(), all->end(), [](const record_turn& t) { return t.from == speaker::user; }))
        return from.refuse(fault::no_input);
    into.given = *std::move(all);
    return done;
}

/// A question that is a text, or turns.
[[nodiscard]] inline result<void> take_prompt(json_value from, tuning_record& into) {
    if (from.kind() == json_kind::array) {
        auto all = turns(from, false);
        if (!all) return all.error();
        into.given = *std::move(all);
        return done;
    }
    auto text = said(from);
    if (!text) return text.error();
    into.given.push_back({speaker::user, *std::move(text)});
    return done;
}
/// An answer that is a text, or one turn of the assistant.
[[nodiscard]] inline result<std::string> answer_text(json_value from) {
    if (from.kind() != json_kind::array) return said(from);
    auto all = turns(from, false);
    if (!all) return all.error();
    if (all->size() != 1) return from.refuse(fault::wrong_shape);
    if ((*all)[0].from != speaker::assistant) return from[0].at("role").refuse(fault::unexpected);
    return std::move((*all)[0].text);
}

[[nodiscard]] inline result<void> take_answer(json_value from, tuning_record& into) {
    auto text = answer_text(from);
    if (!text) return text.error();
    into.answer = *std::move(text);
    return done;
}
[[nodiscard]] inline result<void> take_pair(json_value row, const char* asked, const char* told, tuning_record& into) {
    if (auto ok = take_prompt(row.at(asked), into); !ok) return ok;
    return take_answer(row.at(told), into);
}

/// `history` of questions and answers, `instruction` and `input`.
[[nodiscard]] inline result<void> take_instruction(json_value row, tuning_record& into) {
    const json_value history = row.at("history"), more = row.at("input");
    if (history.given()) {
        const auto all = history.array();
        if (!all) return all.error();
        for (const json_value pair : *all) {
            if (pair.kind() != json_kind::array || pair.size() != 2) return pair.refuse(fault::wrong_shape);
            auto asked = said(pair[0]), told = said(pair[1]);
            if (!asked) return asked.error();
            if (!told) return told.error();
            into.given.push_back({speaker::user, *std::move(asked)});
            into.given.push_back({speaker::assistant, *std::move(told)});
        }
    }
    auto text = said(row.at("instruction"));
    if (!text) return text.error();
    const auto input = more.text_or({});
    if (!input) return input.error();
    if (!input->empty()) text->append("\n\n").append(*input);
    into.given.push_back({speaker::user, *std::move(text)});
    return done;
}

/// `chosen` and `rejected`: texts or one turn behind a prompt, or whole turns, of which both begin with the same and, where there is one, with the prompt.
[[nodiscard]] inline result<void> take_preference(json_value row, tuning_record& into) {
    const json_value good = row.at("chosen"), bad = row.at("rejected"), prompt = row.at("prompt");
    const bool       asked = prompt.given() || row.at("instruction").given();
    tuning_record    question;
    if (asked) {
        auto ok = prompt.given() ? take_prompt(prompt, question) : take_instruction(row, question);
        if (!ok) return ok;
    }
    if (good.kind() == json_kind::array && (!asked || good.size() != 1)) {
        tuning_record against;
        if (auto ok = take_turns(good, false, into); !ok) return ok;
        if (auto ok = take_turns(bad, false, against); !ok) return ok;
        if (into.given != against.given) return bad.refuse(fault::malformed);
        // A prompt that is a text may stand behind a system's turn, or be the last of several questions.
        const auto& all = into.given;
        if (prompt.kind() == json_kind::text ? std::find(all.begin(), all.end(), question.given[0]) == all.end()
                                             : asked && all != question.given)
            return good.refuse(fault::malformed);
        into.rejected = std::move(against.answer);
    } else if (!asked) return prompt.refuse(fault::absent);
    else {
        auto chosen = answer_text(good), other = answer_text(bad);
        if (!chosen) return chosen.error();
        if (!other) return other.error();
        into.given  = std::move(question.given);
        into.answer = *std::move(chosen), into.rejected = *std::move(other);
    }
    if (into.answer == *into.rejected) return bad.refuse(fault::malformed);
    return done;
}

/// A `system` beside the turns stands before them.
[[nodiscard]] inline result<void> take_system(json_value row, tuning_record& into) {
    const json_value system = row.at("system");
    const auto       text   = system.text_or({});
    if (!text) return text.error();
    if (text->find_first_not_of(" \t\r\n") == std::string_view::npos) return done;
    const record_turn first{speaker::system, std::string(*text)};
    if (into.given.front() == first) return done;
    if (into.given.front().from == speaker::system) return system.refuse(fault::malformed);
    into.given.insert(into.given.begin(), first);
    return done;
}

/// A name or number that a row, or its `metadata`, may carry.
[[nodiscard]] inline result<std::string> label(json_value row, std::string_view key) {
    json_value at = row.at(key);
    if (!at.given()) at = row.at("metadata").at(key);
    if (!at.given()) return std::string();
    if (at.kind() == json_kind::number) {
        if (const auto n = at.number<std::int64_t>()) return std::to_string(*n);
        if (const auto n = at.number<std::uint64_t>()) return std::to_string(*n);
        const auto x = at.number<double>();
        if (!x) return x.error();
        char       room[32];
        const auto end = std::to_chars(std::begin(room), std::end(room), *x).ptr;
        return std::string(room, static_cast<std::size_t>(end - room));
    }
    const auto text = at.text();
    if (!text) return text.error();
    return std::string(*text);
}

} // namespace detail::record_rows

/// The format that a row is in, by its keys; nothing where it has none of them.
[[nodiscard]] inline std::optional<record_format> record_format_of(json_value row) noexcept {
    const auto has = [&](std::string_view key) { return row.at(key).kind() != json_kind::absent; };
    if (has("chosen") || has("rejected")) return record_format::preference;
    if (has("messages")) return record_format::chat;
    if (has("conversations")) return record_format::sharegpt;
    if (has("prompt") || has("completion")) return record_format::completion;
    if (has("instruction") || has("output")) return record_format::alpaca;
    if (has("disfluent") && has("original")) return record_format::rewriting;
    if (has("text")) return record_format::text;
    return std::nullopt;
}

/// A row as a record. `id`, `group`, `source`, `reviewed_by` and `approved` may stand in it or in its `metadata`; a `system` beside the turns is their first; other
/// keys are let alone.
///
/// Gives    for `instruction` and `input` one turn, with an empty line between
/// Fails    each with the place in the row: `absent` for a field that is needed, `bad_format` for one of another kind, `no_input` for a text or
///          turns that say nothing, `unsupported` for a role that is none, for calls of tools and for content that is no text, `unexpected` where the
///          assistant does not have the last word, `malformed` for a preference whose turns differ before the last or from its prompt, or whose answers are
///          equal, and for two systems that differ, `wrong_shape` for an answer of several turns
[[nodiscard]] inline result<tuning_record> parse_record(json_value row, record_format format) {
    using namespace detail::record_rows;
    if (row.kind() != json_kind::object) return row.refuse(fault::bad_format);
    tuning_record out;
    result<void>  ok = done;
    switch (format) {
    case record_format::chat: ok = take_turns(row.at("messages"), false, out); break;
    case record_format::sharegpt: ok = take_turns(row.at("conversations"), true, out); break;
    case record_format::preference: ok = take_preference(row, out); break;
    case record_format::text: {
        auto text = said(row.at("text"));
        if (!text) return text.error();
        out.answer = *std::move(text);
        break;
    }
    case record_format::completion: ok = take_pair(row, "prompt", "completion", out); break;
    case record_format::rewriting: ok = take_pair(row, "disfluent", "original", out); break;
    case record_format::alpaca:
        ok = take_instruction(row, out);
        if (ok) ok = take_answer(row.at("output"), out);
        break;
    }
    if (ok && format != record_format::text) ok = take_system(row, out);
    if (!ok) return ok.error();
    const std::pair<const char*, std::string*> labels[] = {
        {"id", &out.id}, {"group", &out.group}, {"source", &out.source}, {"reviewed_by", &out.reviewed_by}};
    for (const auto& [key, into] : labels) {
        auto text = label(row, key);
        if (!text) return text.error();
        *into = *std::move(text);
    }
    json_value approved = row.at("approved");
    if (!approved.given()) approved = row.at("metadata").at("approved");
    const auto yes = approved.boolean_or(!out.reviewed_by.empty());
    if (!yes) return yes.error();
    out.approved = *yes;
    return out;
}

} // namespace graft::inline GRAFT_ABI
