// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/schema/message.hpp>

#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// Conversations as the fixtures have them.

namespace test {

[[nodiscard]] inline graft::speaker speaker_named(std::string_view role) {
    return role == "system" ? graft::speaker::system
           : role == "user" ? graft::speaker::user
           : role == "tool" ? graft::speaker::tool
                            : graft::speaker::assistant;
}

/// Turns that own their texts.
class chat {
    std::deque<std::string>     texts_;
    std::deque<graft::segment>  segments_;
    std::vector<graft::message> turns_;

public:
    chat() = default;
    /// From [{"role", "content"}, …].
    explicit chat(graft::json_value messages) {
        for (const graft::json_value m : *messages.array())
            say(speaker_named(*m.at("role").text()), std::string(*m.at("content").text()));
    }
    chat(chat&&) = delete;
    chat& say(graft::speaker from, std::string text, bool trusted = true) {
        segments_.push_back({texts_.emplace_back(std::move(text)), trusted, 0});
        turns_.push_back({from, {&segments_.back(), 1}});
        return *this;
    }
    [[nodiscard]] std::span<const graft::message> turns() const { return turns_; }
    [[nodiscard]] bool                            spells(std::string_view text) const {
        return std::any_of(texts_.begin(), texts_.end(),
                                                      [&](const std::string& t) { return t.find(text) != std::string::npos; });
    }
};

/// Calls f with each line of a file of JSON lines.
template <class F>
void each_json_line(const std::filesystem::path& path, const F& f) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        const auto json = graft::parse_json(line);
        f(json->root());
    }
}

} // namespace test
