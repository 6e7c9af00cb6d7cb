// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/records/tuning_record.hpp>

#include <algorithm>
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

[[nodiscard]] inline result<std::vector<record_turn>> turns(json_value from, bool sharegpt) {
    const auto all = from.array();
    if (!all) return all.error();
    if (all->empty()) return from.refuse(fault::no_input);
    std::vector<record_turn> out;
    for (const json_value one : *all) {
        const json_value who  = one.at(sharegpt ? "from" : "role");
        const auto       role = who.text();
        if (!role) return role.error();
        const auto speaks = speaker_of(*role, sharegpt);
        if (!speaks) return who.refuse(fault::unsupported);
        for (const char* call : {"tool_calls", "function_call"})
            if (one.at(call).given()) return one.at(call).refuse(fault::unsupported);
        auto text = content(one.at(sharegpt ? "value" : "content"));
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
    if (all->back().from != speaker::assistant) return last.at(sharegpt ? "from" : "role").refuse(fault::unexpected);
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

/// `system`, `history` of questions and answers, `instruction` and `input`.
[[nodiscard]] inline result<void> take_instruction(json_value row, tuning_record& into) {
    const json_value system = row.at("system"), history = row.at("history"), more = row.at("input");
    if (system.given()) {
        const auto text = system.text();
        if (!text) return text.error();
        if (!text->empty()) into.given.push_back({speaker::system, std::string(*text)});
    }
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

/// `chosen` and `rejected`, texts or turns; without a prompt the turns that both begin with are what is given.
[[nodiscard]] inline result<void> take_preference(json_value row, tuning_record& into) {
    const json_value good = row.at("chosen"), bad = row.at("rejected");
    if (row.at("prompt").given() || row.at("instruction").given()) {
        auto ok = row.at("prompt").given() ? take_prompt(row.at("prompt"), into) : take_instruction(row, into);
        if (!ok) return ok;
        auto chosen = answer_text(good), other = answer_text(bad);
        if (!chosen) return chosen.error();
        if (!other) return other.error();
        into.answer = *std::move(chosen), into.rejected = *std::move(other);
    } else {
        tuning_record against;
        if (good.kind() != json_kind::array) return row.at("prompt").refuse(fault::absent);
        if (auto ok = take_turns(good, false, into); !ok) return ok;
        if (auto ok = take_turns(bad, false, against); !ok) return ok;
        if (into.given != against.given) return bad.refuse(fault::malformed);
        into.rejected = std::move(against.answer);
    }
    if (into.answer == *into.rejected) return bad.refuse(fault::duplicate_id);
    return done;
}

/// A name or number that a row, or its `metadata`, may carry.
[[nodiscard]] inline result<std::string> label(json_value row, std::string_view key) {
    json_value at = row.at(key);
    if (!at.given()) at = row.at("metadata").at(key);
    if (!at.given()) return std::string();
    if (at.kind() == json_kind::number) {
        const auto n = at.number<std::int64_t>();
        if (!n) return n.error();
        return std::to_string(*n);
    }
    const auto text = at.text();
    if (!text) return text.error();
    return std::string(*text);
}

} // namespace detail::record_rows

/// The format that a row is in, by its keys; nothing where it has none of them.
[[nodiscard]] inline std::optional<record_format> format_of(json_value row) noexcept {
    const auto has = [&](std::string_view key) { return row.at(key).kind() != json_kind::absent; };
    if (has("chosen") || has("rejected")) return record_format::preference;
    if (has("messages")) return record_format::chat;
    if (has("conversations")) return record_format::sharegpt;
    if (has("prompt") || has("completion")) return record_format::completion;
    if (has("instruction") || has("output")) return record_format::alpaca;
    return std::nullopt;
}

/// A row as a record. `id`, `group`, `source`, `reviewed_by` and `approved` may stand in it or in its `metadata`; other keys are let alone.
///
/// Gives    for `instruction` and `input` one turn, with an empty line between
/// Fails    each with the place in the row: `absent` for a field that is needed, `bad_format` for one of another kind, `no_input` for a text or
///          turns that say nothing, `unsupported` for a role that is none, for calls of tools and for content that is no text, `unexpected` where the
///          assistant does not have the last word, `malformed` for a preference whose turns differ before the last, `duplicate_id` for one whose answers
///          are equal, `wrong_shape` for an answer of several turns
[[nodiscard]] inline result<tuning_record> parse_record(json_value row, record_format format) {
    using namespace detail::record_rows;
    if (row.kind() != json_kind::object) return row.refuse(fault::bad_format);
    tuning_record out;
    result<void>  ok = done;
    switch (format) {
    case record_format::chat: ok = take_turns(row.at("messages"), false, out); break;
    case record_format::sharegpt: ok = take_turns(row.at("conversations"), true, out); break;
    case record_format::preference: ok = take_preference(row, out); break;
    case record_format::completion:
    case record_format::alpaca: {
        const bool plain = format == record_format::completion;
        ok               = plain ? take_prompt(row.at("prompt"), out) : take_instruction(row, out);
        if (!ok) break;
        auto text = answer_text(row.at(plain ? "completion" : "output"));
        if (!text) return text.error();
        out.answer = *std::move(text);
    }
    }
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
