// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "records.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tool {

std::size_t nesting(std::string_view line) {
    std::size_t depth = 0, deepest = 0;
    bool        quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '\\') ++i;
        else if (c == '"') quoted = !quoted;
        else if (quoted) continue;
        else if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        else if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    return deepest;
}

std::optional<record> parse_record(std::string_view line) {
    if (nesting(line) > 100) return std::nullopt;
    auto j = nlohmann::json::parse(line, nullptr, false);
    if (!j.is_object()) return std::nullopt;
    bool       good = true;
    const auto take = [&](const char* key, bool number_too = false) -> std::string {
        const auto it = j.find(key);
        if (it == j.end() || it->is_null()) return {};
        if (it->is_string()) return std::move(it->get_ref<std::string&>());
        good = good && number_too && it->is_number();
        return good ? it->dump() : std::string();
    };
    const char* const text = j.contains("text") ? "text" : "question";
    if (const auto it = j.find(text); it == j.end() || !it->is_string()) return std::nullopt;
    const auto as_given = [&](const char* key) -> std::string {
        const auto it = j.find(key);
        return it != j.end() && !it->is_null() ? it->dump() : std::string();
    };
    record r;
    r.given_id = as_given("id");
    r.id       = take("id", true);
    if (r.id.empty()) {
        r.given_id = as_given("_id");
        r.id       = take("_id", true);
    }
    r.title = take("title");
    r.label = take("label", true);
    r.text  = take(text);
    if (const auto it = j.find("metadata"); it != j.end() && !it->is_null()) {
        good       = good && it->is_object();
        r.metadata = std::move(*it);
    }
    if (!good) return std::nullopt;
    return r;
}

graft::metadata metadata_of(const record& r) {
    const auto scalar = [](const nlohmann::json& value) -> std::optional<graft::scalar_value> {
        if (value.is_boolean()) return value.get<bool>();
        if (value.is_string()) return value.get<std::string>();
        if (value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>()))
            return value.get<double>();
        if (value.is_number_integer()) return value.get<std::int64_t>();
        if (value.is_number()) return value.get<double>();
        return std::nullopt;
    };
    graft::metadata fields;
    for (const auto& it : r.metadata.items())
        if (it.value().is_array()) {
            graft::value_list list;
            for (const auto& item : it.value())
                if (auto one = scalar(item)) list.push_back(std::move(*one));
            fields.set(it.key(), std::move(list));
        } else if (const auto one = scalar(it.value()))
            std::visit([&](const auto& x) { fields.set(it.key(), x); }, *one);
    return fields;
}

} // namespace tool
