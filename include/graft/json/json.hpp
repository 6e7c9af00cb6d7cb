// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/json/json_value.hpp>
#include <graft/store/io.hpp>
#include <graft/unicode/utf8.hpp>

#if !GRAFT_JSON_COMPILED
#    include <nlohmann/json.hpp>
#endif

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The one header of graft that includes nlohmann/json: the optional part graft::json. Its lexer and grammar are nlohmann's;
// what it reads is kept in graft's own rows (json_value.hpp), because a tree of maps and strings takes three times as long.

namespace graft::inline GRAFT_ABI {

/// What a JSON text may be at most.
struct json_limits {
    std::uint64_t bytes = std::uint64_t{1} << 30; ///< of the text; never more than 2^32 - 2
    std::size_t   depth = 64;                     ///< of arrays and objects within each other
};

namespace detail {

/// `parse_json`, as `graft::kernels` has compiled it.
[[nodiscard]] result<json_document> compiled_json(std::string_view bytes, std::string name, const json_limits& limits);

#if !GRAFT_JSON_COMPILED
/// Takes what nlohmann's parser tells, one value after the other, into rows.
class json_builder {
    using json = nlohmann::json;

    json_rows&                 out_;
    std::size_t                depth_;
    std::vector<std::uint32_t> open_; // the arrays and objects that are not closed
    json_keys                  keys_;

public:
    fault         why   = fault::bad_format;
    std::size_t   at    = std::string_view::npos; ///< the byte where nlohmann's parser stopped
    std::uint32_t twice = json_keys::none;        ///< the row of a key that was there before

    json_builder(json_rows& out, std::size_t depth) : out_(out), depth_(depth) {}

    bool null() { return row({json_kind::null}); }
    bool boolean(bool x) { return row({json_kind::boolean, json_number::none, 0, x ? 1u : 0u}); }
    bool number_integer(json::number_integer_t x) {
        return row({json_kind::number, json_number::negative, 0, static_cast<std::uint64_t>(x)});
    }
    bool number_unsigned(json::number_unsigned_t x) { return row({json_kind::number, json_number::natural, 0, x}); }
    bool number_float(json::number_float_t x, const json::string_t&) {
        return row({json_kind::number, json_number::real, 0, std::bit_cast<std::uint64_t>(x)});
    }
    bool string(json::string_t& x) { return row(text(x)); }
    bool binary(json::binary_t&) { return false; }
    bool key(json::string_t& x) {
        out_.rows.push_back(text(x));
        return true;
    }
    bool start_object(std::size_t) { return open(json_kind::object); }
    bool start_array(std::size_t) { return open(json_kind::array); }
    bool end_array() { return close(); }
    bool end_object() {
        twice = keys_.twice(out_, open_.back());
        if (twice == json_keys::none) return close();
        why = fault::duplicate_id;
        while (!open_.empty()) close(); // so that the key's place can be told
        return false;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) {
        at = position == 0 ? 0 : position - 1;
        if (e.id == 406) why = fault::too_large; // a number beyond the largest double
        return false;
    }

private:
    json_row text(const std::string& x) {
        const std::uint64_t begin = out_.texts.size();
        out_.texts.insert(out_.texts.end(), x.begin(), x.end());
        return {json_kind::text, json_number::none, static_cast<std::uint32_t>(x.size()), begin};
    }
    bool row(json_row it) {
        if (!open_.empty()) ++out_.rows[open_.back()].size;
        out_.rows.push_back(it);
        return true;
    }
    bool open(json_kind kind) {
        if (open_.size() >= depth_) return why = fault::too_large, false;
        row({kind});
        open_.push_back(static_cast<std::uint32_t>(out_.rows.size() - 1));
        return true;
    }
    bool close() {
        out_.rows[open_.back()].bits = out_.rows.size();
        open_.pop_back();
        return true;
    }
};

[[nodiscard]] inline result<json_document> built_json(std::string_view bytes, std::string name,
                                                      const json_limits& limits) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - 1;
    if (bytes.size() > limits.bytes || bytes.size() > most)
        return error{fault::too_large, unit::byte, bytes.size(), std::move(name)};
    if (const std::size_t bad = unicode::first_invalid(bytes); bad != std::string_view::npos)
        return error{fault::bad_utf8, unit::byte, bad, std::move(name)};
    // nlohmann's lexer takes a zero byte for the end.
    if (const std::size_t zero = bytes.find('\0'); zero != std::string_view::npos)
        return error{fault::bad_format, unit::byte, zero, std::move(name)};

    json_rows rows;
    rows.rows.reserve(bytes.size() / 8 + 8);
    rows.texts.reserve(bytes.size());
    rows.name = std::move(name);
    json_builder builder(rows, limits.depth);
    const bool   good = nlohmann::json::sax_parse(bytes.data(), bytes.data() + bytes.size(), &builder);
    if (good) return json_document(std::move(rows));
    if (builder.twice != json_keys::none) return error{builder.why, unit::none, 0, rows.place(builder.twice + 1)};
    if (builder.at == std::string_view::npos) return error{builder.why, unit::none, 0, std::move(rows.name)};
    if (builder.at >= bytes.size()) return error{fault::truncated, unit::byte, bytes.size(), std::move(rows.name)};
    return error{builder.why, unit::byte, builder.at, std::move(rows.name)};
}
#endif

} // namespace detail

/// Reads one JSON text (RFC 8259), and nothing but it: no comments, no trailing commas, no second value behind.
///
/// Takes    `name`, of the file, which errors carry.
/// Gives    objects and arrays in the order of the text.
/// Costs    a copy of all texts and 16 bytes a value.
/// Fails    `bad_utf8` and `bad_format` at a byte, `truncated`; `too_large` for a text, a depth or a number beyond the limits;
///          `duplicate_id` for a key that an object has twice, which the subject names.
[[nodiscard]] inline result<json_document> parse_json(std::string_view bytes, std::string name = {},
                                                      const json_limits& limits = {}) {
#if GRAFT_JSON_COMPILED
    return detail::compiled_json(bytes, std::move(name), limits);
#else
    return detail::built_json(bytes, std::move(name), limits);
#endif
}
/// The same for bytes.
[[nodiscard]] inline result<json_document> parse_json(std::span<const std::byte> bytes, std::string name = {},
                                                      const json_limits& limits = {}) {
    return parse_json(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), std::move(name),
                      limits);
}

/// Reads a JSON file.
///
/// Fails    as `parse_json`; whatever the file system gives.
template <readable_files F>
[[nodiscard]] result<json_document> load_json(const F& fs, const std::string& path, const json_limits& limits = {}) {
    auto bytes = read_file(fs, path, limits.bytes);
    if (!bytes) return bytes.error();
    return parse_json(bytes->all(), path, limits);
}

} // namespace graft::inline GRAFT_ABI
