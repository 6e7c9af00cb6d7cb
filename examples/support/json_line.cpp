// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "json_line.hpp"

#include <cstdio>

namespace tool {

namespace {

void append(std::string& out, const json& value) {
    if (value.is_object()) {
        out += '{';
        for (const auto& [key, held] : value.get_ref<const json::object_t&>()) {
            if (out.back() != '{') out += ',';
            append(out, json(key));
            out += ':';
            append(out, held);
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        for (const json& held : value) {
            if (out.back() != '[') out += ',';
            append(out, held);
        }
        out += ']';
    } else if (value.is_number_float() && std::isfinite(value.get<double>())) {
        out += shortest(value.get<double>());
    } else {
        out += value.dump(-1, ' ', false, json::error_handler_t::replace);
    }
}

} // namespace

std::string line_of(const json& value) {
    std::string line;
    append(line, value);
    return line += '\n';
}

void print_line(const json& value) {
    const std::string line = line_of(value);
    std::fwrite(line.data(), 1, line.size(), stdout);
}

} // namespace tool
