// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/base/result.hpp>
#include <graft/load/formats.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tool {

/// What a file is that is left out by rule, in one word; empty for anything else.
inline std::string_view left_out_as(const graft::error& e) {
    switch (e.what) {
    case graft::fault::hidden: return "hidden";
    case graft::fault::symlink: return "link";
    case graft::fault::not_a_file: return "special file";
    case graft::fault::not_text: {
        const auto format = graft::file_format_of(std::string_view(e.subject));
        return format == graft::file_format::text || graft::is_unread_document(format) ? "binary" : name(format);
    }
    default: return {};
    }
}

/// `3 pictures`, `1 hidden`.
inline std::string counted(std::size_t n, std::string_view word) {
    std::string out = std::to_string(n) + " " + std::string(word);
    if (n == 1 || word == "hidden") return out;
    if (word == "binary" || word == "library") return out.erase(out.size() - 1) + "ies";
    return out + "s";
}

/// Says what was left out when documents were read: what is no text by rule in one line with counts, documents in formats that
/// are not read in a line for each format, and the rest as errors.
///
/// Takes    the folder, if names are to stand below it; whether every name is to be listed.
/// Gives    how many errors there were.
inline std::size_t tell_left_out(const console& say, std::span<const graft::error> reports, bool verbose,
                                 const std::string& folder = {}) {
    std::size_t                                            errors = 0, by_rule = 0;
    std::map<std::string_view, std::size_t>                kinds;
    std::map<graft::file_format, std::vector<std::string>> formats;
    for (graft::error e : reports) {
        const std::string_view kind = left_out_as(e);
        if (!folder.empty()) e.subject = folder + (folder.ends_with('/') ? "" : "/") + e.subject;
        if (!kind.empty()) {
            ++by_rule, ++kinds[kind];
            if (verbose) say.note("left out: " + describe(e));
        } else if (e.what == graft::fault::not_read) {
            formats[graft::file_format_of(e)].push_back(std::move(e.subject));
        } else {
            say.report(e), ++errors;
        }
    }
    for (const auto& [format, names] : formats) {
        const std::size_t shown = verbose || names.size() <= 3 ? names.size() : 2;
        std::string       line  = "not read: " + std::string(name(format)) + ": ";
        for (std::size_t i = 0; i < shown; ++i) line += (i > 0 ? ", " : "") + names[i];
        if (shown < names.size())
            line += " and " + std::to_string(names.size() - shown) + " more; --verbose lists them";
        say.note(line);
    }
    if (by_rule > 0) {
        std::string line = counted(by_rule, "file") + " left out: ", between;
        for (const auto& [kind, n] : kinds) line += std::exchange(between, ", ") + counted(n, kind);
        say.note(line + (verbose ? "" : "; --verbose lists them"));
    }
    return errors;
}

} // namespace tool
