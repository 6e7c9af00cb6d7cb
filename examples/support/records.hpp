// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"

#include <graft/base/result.hpp>
#include <graft/metadata/metadata.hpp>
#include <graft/unicode/encoding.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tool {

/// A record of a JSON Lines file: `id` (or BEIR's `_id`), `text` (or `query`), optional `title`, `label` and `metadata`.
struct record {
    std::string    id, title, text, label;
    std::string    given_id; ///< the id as the line has it, in JSON; empty where there was none
    nlohmann::json metadata = nlohmann::json::object();
    std::uint64_t  line     = 0; ///< in its file, from 1
};

/// A file to read from, or stdin for "-".
class input {
    struct closer {
        void operator()(std::FILE* f) const {
            if (f != stdin) std::fclose(f);
        }
    };
    std::unique_ptr<std::FILE, closer> from_;
    std::string                        name_;
    std::uint64_t                      lines_ = 0;
    std::optional<std::string>         decoded_; // all of it, where it was no UTF-8
    std::size_t                        at_ = 0;  // in it

    explicit input(const std::string& file)
        : from_(file == "-" ? stdin : std::fopen(file.c_str(), "rb")), name_(file) {}

    graft::error refusal() const {
        const auto what = errno == ENOENT || errno == ENOTDIR ? graft::fault::not_found
                          : errno == EISDIR                   ? graft::fault::not_a_file
                                                              : graft::fault::unreadable;
        return {what, graft::unit::none, 0, name_, errno};
    }

public:
    static graft::result<input> open(const std::string& file) {
        input in(file);
        if (in.from_ == nullptr) return in.refusal();
        return in;
    }

    /// The number of the line last read, and its place for errors.
    [[nodiscard]] std::uint64_t lines() const { return lines_; }
    [[nodiscard]] graft::error  here(graft::fault what) const { return {what, graft::unit::line, lines_, name_}; }

    /// Reads a line, without its end, the first one without a byte-order mark; false behind the last. UTF-16 and UTF-32 with
    /// a mark become UTF-8, and are read whole for it.
    graft::result<bool> line(std::string& into) {
        if (lines_ == 0 && !decoded_) {
            const int c = getc_unlocked(from_.get());
            if (c != EOF) std::ungetc(c, from_.get());
            if (c == 0xFF || c == 0xFE) {
                auto all = rest();
                if (!all) return all.error();
                decoded_ = graft::unicode::to_utf8(*all, graft::unicode::encoding_of(*all)).text;
            }
        }
        auto more = decoded_ ? line_of(*decoded_, into) : line_as_it_is(into);
        if (more && lines_ == 1 && into.starts_with("\xEF\xBB\xBF")) into.erase(0, 3);
        return more;
    }
    /// Reads all that is left.
    graft::result<std::string> rest() {
        std::string all;
        char        room[1 << 16];
        for (std::size_t n; (n = std::fread(room, 1, sizeof room, from_.get())) > 0;) all.append(room, n);
        if (std::ferror(from_.get()) != 0) return refusal();
        return all;
    }

private:
    bool line_of(std::string& text, std::string& into) {
        if (text.size() == at_) return false;
        const std::size_t end = std::min(text.find('\n', at_), text.size());
        into                  = text.substr(at_, end - at_);
        at_                   = std::min(end + 1, text.size());
        return ++lines_, true;
    }
    graft::result<bool> line_as_it_is(std::string& into) {
        into.clear();
        for (int c; (c = getc_unlocked(from_.get())) != EOF;) {
            if (c == '\n') return ++lines_, true;
            into += static_cast<char>(c);
        }
        if (std::ferror(from_.get()) != 0) return refusal();
        if (!into.empty()) ++lines_;
        return !into.empty();
    }
};

/// All bytes of a file, or of stdin for "-".
inline graft::result<std::string> read_input(const std::string& file) {
    return input::open(file).and_then([](input in) { return in.rest(); });
}

/// The same as UTF-8, where a byte-order mark says that it is UTF-16 or UTF-32.
inline graft::result<std::string> read_text_input(const std::string& file) {
    auto bytes = read_input(file);
    if (!bytes || graft::unicode::encoding_of(*bytes) == graft::unicode::encoding::utf8) return bytes;
    return graft::unicode::to_utf8(*bytes, graft::unicode::encoding_of(*bytes)).text;
}

/// How deep brackets stand in a line of JSON: what a parser's values would be nested in.
std::size_t nesting(std::string_view line);

/// A line as a record; nothing where it is none: no object, a `text` that is no string, brackets more than 100 deep.
std::optional<record> parse_record(std::string_view line);

/// Reads a JSON Lines file a line at a time and calls f(record&&). A line that is none, and one whose id was there before, is
/// reported, counted in `refused`, and left out. A line without an id gets its line number.
template <class F>
graft::result<void> each_record(const std::string& file, const console& say, std::size_t& refused, F&& f) {
    auto in = input::open(file);
    if (!in) return in.error();
    std::unordered_set<std::string> ids;
    for (std::string line;;) {
        const auto more = in->line(line);
        if (!more) return more.error();
        if (!*more) return graft::done;
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        auto r = parse_record(line);
        if (r && r->id.empty()) r->id = std::to_string(in->lines());
        if (!r || !ids.insert(r->id).second) {
            say.report(in->here(r ? graft::fault::duplicate_id : graft::fault::bad_format));
            ++refused;
            continue;
        }
        r->line = in->lines();
        f(std::move(*r));
    }
}

/// All records of a JSON Lines file, as `each_record` gives them.
inline graft::result<std::vector<record>> read_records(const std::string& file, const console& say,
                                                       std::size_t& refused) {
    std::vector<record> all;
    auto                ok = each_record(file, say, refused, [&](record&& r) { all.push_back(std::move(r)); });
    if (!ok) return ok.error();
    return all;
}

/// A record's metadata as filters ask for it. Values that are objects or null are left out.
graft::metadata metadata_of(const record& r);

} // namespace tool
