// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/schema/message.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tool {

/// Turns that own their texts. What they say is text, whatever it spells.
class conversation {
    std::deque<std::string>     texts_;
    std::deque<graft::segment>  segments_;
    std::vector<graft::message> turns_;

public:
    conversation()                                   = default;
    conversation(conversation&&) noexcept            = default;
    conversation& operator=(conversation&&) noexcept = default;

    void say(graft::speaker from, std::string text) {
        segments_.push_back({texts_.emplace_back(std::move(text)), true, 0});
        turns_.push_back({from, {&segments_.back(), 1}});
    }
    [[nodiscard]] std::span<const graft::message> turns() const { return turns_; }
    [[nodiscard]] std::string_view                last() const { return texts_.back(); }
};

inline std::optional<graft::speaker> speaker_named(std::string_view role) {
    if (role == "system") return graft::speaker::system;
    if (role == "user") return graft::speaker::user;
    if (role == "assistant") return graft::speaker::assistant;
    if (role == "tool") return graft::speaker::tool;
    return std::nullopt;
}

/// `messages` of a JSON line, [{"role", "content"}, …]; nothing where it is none.
template <class Json>
std::optional<conversation> parse_messages(const Json& all) {
    if (!all.is_array() || all.empty()) return std::nullopt;
    conversation with;
    for (const auto& one : all) {
        if (!one.is_object() || !one.contains("role") || !one.contains("content")) return std::nullopt;
        if (!one["role"].is_string() || !one["content"].is_string()) return std::nullopt;
        const auto from = speaker_named(one["role"].template get<std::string>());
        if (!from) return std::nullopt;
        with.say(*from, one["content"].template get<std::string>());
    }
    return with;
}

} // namespace tool
