// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/parse_record.hpp>
#include <graft/store/io.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How records are read.
struct record_params {
    std::uint64_t file_bytes = std::uint64_t{1} << 30; ///< of a file, at most
    std::uint64_t row_bytes  = std::uint64_t{1} << 24; ///< of a line, at most
    std::size_t   depth      = 64;                     ///< of arrays and objects within each other
    bool          approval =
        true; ///< whether rows that nobody approved are dropped where others are approved; false where records are asked about, not learned
};

/// What a file holds to learn from, and what of it is left out.
struct tuning_records {
    std::optional<record_format> format     = {}; ///< of all rows; nothing where none is sound
    std::vector<tuning_record>   all        = {}; ///< in the order of the file
    std::vector<error>           refused    = {}; ///< a row each, with file, line and place
    std::size_t                  unapproved = 0;  ///< sound, and dropped because somebody has yet to approve them
};

namespace detail {

/// Takes rows, one after the other.
class record_taker {
    tuning_records                  out_;
    std::string                     name_;
    unit                            of_;
    bool                            approval_;
    std::uint64_t                   first_ = 0;     // the row that set the format
    bool                            asks_  = false; // some row says who approved it
    std::unordered_set<std::string> ids_;

    void refuse(error why, std::uint64_t at) {
        why.of = of_, why.where = at;
        out_.refused.push_back(std::move(why));
    }
    [[nodiscard]] static bool says_approval(json_value row) {
        const auto in = [](json_value at) { return at.at("approved").given() || at.at("reviewed_by").given(); };
        return in(row) || in(row.at("metadata"));
    }

public:
    record_taker(std::string name, unit of, bool approval) : name_(std::move(name)), of_(of), approval_(approval) {}

    /// Takes    `id`: of the row, where it brings none
    /// Fails    `malformed` for a sound row in another format than those before.
    [[nodiscard]] result<void> take(json_value row, std::uint64_t at, std::string_view id = {}) {
        asks_             = asks_ || says_approval(row); // sound or not: whoever writes it wants an approval
        const auto format = row.kind() == json_kind::object ? record_format_of(row) : std::nullopt;
        if (!format) return refuse(row.refuse(fault::bad_format), at), done;
        auto made = parse_record(row, *format);
        if (!made) return refuse(made.error(), at), done;
        if (made->id.empty()) made->id = id;
        if (!out_.format) out_.format = format, first_ = at;
        if (*out_.format != *format)
            return error{fault::malformed, of_, at,
                         name_ + ": " + std::string(graft::name(*format)) + ", where " + std::string(graft::name(of_)) +
                             " " + std::to_string(first_) + " is " + std::string(graft::name(*out_.format))};
        if (!made->id.empty() && !ids_.insert(made->id).second)
            return refuse(row.at("id").refuse(fault::duplicate_id), at), done;
        made->row = at;
        out_.all.push_back(*std::move(made));
        return done;
    }
    void take(error broken, std::uint64_t at) { refuse(std::move(broken), at); }

    [[nodiscard]] tuning_records finish() && {
        for (tuning_record& r : out_.all) // those of the file are known now
            if (r.id.empty())
                for (r.id = std::to_string(r.row); ids_.contains(r.id);) r.id.insert(0, "#");
        if (asks_ && approval_) {
            const auto rest =
                std::remove_if(out_.all.begin(), out_.all.end(), [](const auto& r) { return !r.approved; });
            out_.unapproved = static_cast<std::size_t>(out_.all.end() - rest);
            out_.all.erase(rest, out_.all.end());
        }
        return std::move(out_);
    }
};

/// Whether a text is one object of rows by their ids, and no line of JSON Lines: its first member is a row.
[[nodiscard]] inline bool holds_named_rows(json_value root) {
    const auto all = root.object();
    if (!all || all->empty() || record_format_of(root)) return false;
    const json_value first = (*all->begin()).value;
    return first.kind() == json_kind::object && record_format_of(first);
}

} // namespace detail

/// Reads what a model is to learn: JSON Lines, one JSON array of the same rows, or one object of them by their ids, all in one `record_format`, which the first sound row sets.
///
/// Where any row has `reviewed_by` or `approved`, and `record_params::approval` holds, only rows that are approved are kept: `approved` decides, and where it is absent a
/// `reviewed_by` that names somebody.
///
/// Takes    `name`, of the file, which errors carry
/// Gives    a row that is none in `refused`, as `parse_json` and `parse_record` say why; the other rows are kept. A second row of an `id` is
///          refused as `duplicate_id`.
/// Costs    the texts, and a row's JSON at a time; of an array all at once
/// Fails    `malformed` for a file in two formats, with both rows; `too_large` for a file beyond the limit; for an array as `parse_json`
[[nodiscard]] inline result<tuning_records> parse_records(std::string_view text, std::string name = {},
                                                          const record_params& p = {}) {
    if (text.size() > p.file_bytes) return error{fault::too_large, unit::byte, text.size(), std::move(name)};
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (const auto begin = text.find_first_not_of(" \t\r\n"); begin != text.npos && text[begin] == '[') {
        const auto all = parse_json(text, name, {.bytes = p.file_bytes, .depth = p.depth});
        if (!all) return all.error();
        detail::record_taker take(std::move(name), unit::row, p.approval);
        std::uint64_t        at = 0;
        for (const json_value row : *all->root().array())
            if (auto ok = take.take(row, at++); !ok) return ok.error();
        return std::move(take).finish();
    }
    if (const auto all = parse_json(text, name, {.bytes = p.file_bytes, .depth = p.depth});
        all && detail::holds_named_rows(all->root())) {
        detail::record_taker take(std::move(name), unit::row, p.approval);
        std::uint64_t        at   = 0;
        const auto           rows = all->root().object();
        for (const json_member row : *rows)
            if (auto ok = take.take(row.value, at++, row.name); !ok) return ok.error();
        return std::move(take).finish();
    }
    detail::record_taker take(name, unit::line, p.approval);
    std::uint64_t        line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto        row = text.substr(at, end - at);
        ++line, at = end + 1;
        if (row.find_first_not_of(" \t\r") == row.npos) continue;
        const auto json = parse_json(row, name, {.bytes = p.row_bytes, .depth = p.depth});
        if (!json) take.take(json.error(), line);
        else if (auto ok = take.take(json->root(), line); !ok) return ok.error();
    }
    return std::move(take).finish();
}

/// Reads a file of records.
///
/// Fails    as `parse_records`; whatever the file system gives
template <readable_files F>
[[nodiscard]] result<tuning_records> load_records(const F& fs, const std::string& path, const record_params& p = {}) {
    const auto bytes = read_file(fs, path, p.file_bytes);
    if (!bytes) return bytes.error();
    const auto all = bytes->all();
    return parse_records({reinterpret_cast<const char*>(all.data()), all.size()}, path, p);
}

} // namespace graft::inline GRAFT_ABI
