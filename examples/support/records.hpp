// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/core/result.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace tool {

/// A record of a JSON Lines file: `id` (or BEIR's `_id`), `text`, optional `title` and `metadata`.
struct record {
    std::string    id, title, text;
    nlohmann::json metadata = nlohmann::json::object();
};

/// All bytes of a file, or of stdin for "-".
inline graft::result<std::string> read_input(const std::string& file) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(file == "-" ? stdin : std::fopen(file.c_str(), "rb"),
                                                       [](std::FILE* f) { return f == stdin ? 0 : std::fclose(f); });
    if (in == nullptr) return graft::error{graft::fault::not_found, graft::unit::none, 0, file};
    std::string all;
    char        room[1 << 16];
    for (std::size_t n; (n = std::fread(room, 1, sizeof room, in.get())) > 0;) all.append(room, n);
    if (std::ferror(in.get()) != 0) return graft::error{graft::fault::unreadable, graft::unit::none, 0, file};
    return all;
}

/// The records of a JSON Lines file. A line that is none is reported, counted in `refused`, and left out. A line without an id
/// gets its line number.
inline graft::result<std::vector<record>> read_records(const std::string& file, const console& say,
                                                       std::size_t& refused) {
    const auto all = read_input(file);
    if (!all) return all.error();
    std::vector<record> records;
    std::uint64_t       line = 0;
    for (std::size_t at = 0; at < all->size();) {
        const std::size_t end = std::min(all->find('\n', at), all->size());
        const std::string one = all->substr(at, end - at);
        at                    = end + 1;
        ++line;
        if (one.find_first_not_of(" \t\r") == one.npos) continue;
        const auto j  = nlohmann::json::parse(one, nullptr, false);
        const auto of = [&](const char* key) -> std::string {
            const auto it = j.find(key);
            if (it == j.end() || it->is_null()) return {};
            return it->is_string() ? it->get<std::string>() : it->dump();
        };
        if (!j.is_object() || (!j.contains("text") && !j.contains("question"))) {
            say.report({graft::fault::bad_format, graft::unit::line, line, file});
            ++refused;
            continue;
        }
        record r{of("id"), of("title"), j.contains("text") ? of("text") : of("question")};
        if (r.id.empty()) r.id = of("_id");
        if (r.id.empty()) r.id = std::to_string(line);
        if (const auto it = j.find("metadata"); it != j.end() && it->is_object()) r.metadata = *it;
        records.push_back(std::move(r));
    }
    return records;
}

} // namespace tool
