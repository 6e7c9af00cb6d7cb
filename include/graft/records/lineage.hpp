// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/json/json.hpp>
#include <graft/records/tuning_record.hpp>
#include <graft/store/io.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// 64 hexadecimal digits as a digest.
///
/// Fails    `bad_format` for anything else
[[nodiscard]] inline result<digest256> parse_digest(std::string_view text) {
    if (text.size() != 64) return error{fault::bad_format, unit::none, 0, "SHA-256"};
    digest256 out;
    for (std::size_t i = 0; i < 64; ++i) {
        const char c     = text[i];
        const int  value = c >= '0' && c <= '9'   ? c - '0'
                           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                  : -1;
        if (value < 0) return error{fault::bad_format, unit::byte, i, "SHA-256"};
        out.bytes[i / 2] = static_cast<std::uint8_t>(out.bytes[i / 2] << 4 | value);
    }
    return out;
}

/// What a record was for.
enum class record_use : std::uint8_t {
    trained,  ///< the weights have seen it
    held_out, ///< it judged, and chose when to stop
};

/// The word for a use, as the file has it.
[[nodiscard]] constexpr std::string_view name(record_use of) noexcept {
    return of == record_use::trained ? "trained" : "held_out";
}

/// A record that an adapter knows.
struct lineage_entry {
    digest256   record = {}; ///< of `tuning_record::digest`
    record_use  use    = record_use::trained;
    std::string id     = {}; ///< in the file that it came from
    std::string source = {};

    bool operator==(const lineage_entry&) const = default;
};

/// Which records an adapter was tuned on, and which it was judged by: the file `lineage.jsonl` beside it. It holds hashes, ids and sources, not texts: who has
/// a record, as it was learned, can ask for it. Whoever can guess a record can ask for their guess too, so that a short answer among few is not hidden by its hash; and a
/// record that was changed by a letter, or scrubbed before it was learned, has another hash.
///
///     {"graft":"lineage","format":1,"records":2,"sum":"…"}
///     {"sha256":"…","use":"trained","id":"7","source":"desk"}
struct lineage {
    static constexpr std::uint32_t    format = 1;
    static constexpr std::string_view file   = "lineage.jsonl";

    std::vector<lineage_entry> entries = {}; ///< ascending by digest

    /// Adds records of one use.
    void add(std::span<const tuning_record> all, record_use use) {
        for (const tuning_record& r : all) entries.push_back({r.digest(), use, r.id, r.source});
        std::stable_sort(entries.begin(), entries.end(),
                         [](const auto& a, const auto& b) { return a.record < b.record; });
    }
    /// Adds what another adapter knows, each entry once: what is made of several knows what any of them does.
    void add(const lineage& other) {
        for (const lineage_entry& e : other.entries)
            if (const auto known = of(e.record); std::find(known.begin(), known.end(), e) == known.end())
                entries.insert(entries.begin() + (known.data() + known.size() - entries.data()), e);
    }
    /// The entries of a record, none where the adapter does not know it.
    [[nodiscard]] std::span<const lineage_entry> of(const digest256& record) const noexcept {
        const auto less  = [](const lineage_entry& e, const digest256& d) { return e.record < d; };
        const auto first = std::lower_bound(entries.begin(), entries.end(), record, less);
        auto       last  = first;
        while (last != entries.end() && last->record == record) ++last;
        return {first, last};
    }
    /// Whether the weights have seen a record.
    [[nodiscard]] bool trained_on(const digest256& record) const noexcept {
        const auto all = of(record);
        return std::any_of(all.begin(), all.end(), [](const auto& e) { return e.use == record_use::trained; });
    }
    /// SHA-256 of all hashes and uses, in order: the name of the data.
    [[nodiscard]] digest256 sum() const {
        sha256_sum all;
        for (const lineage_entry& e : entries) {
            all.add(std::as_bytes(std::span(e.record.bytes)));
            all.add(e.use == record_use::trained ? "t" : "h");
        }
        return all.digest();
    }

    /// As `lineage.jsonl`.
    [[nodiscard]] std::string text() const {
        std::string out = "{\"graft\":\"lineage\",\"format\":" + std::to_string(format) +
                          ",\"records\":" + std::to_string(entries.size()) + ",\"sum\":\"" + hex(sum()) + "\"}\n";
        for (const lineage_entry& e : entries) {
            out += "{\"sha256\":\"" + hex(e.record) + "\",\"use\":\"" + std::string(graft::name(e.use)) + "\"";
            if (!e.id.empty()) append_json_text(out += ",\"id\":", e.id);
            if (!e.source.empty()) append_json_text(out += ",\"source\":", e.source);
            out += "}\n";
        }
        return out;
    }
    /// Reads what `text` wrote.
    ///
    /// Fails    `foreign` for another file, `newer_format`, `truncated` for fewer entries than it says, `corrupt` where the sum is another; for a line as
    ///          `parse_json`, with `bad_format` for a hash or use that is none; each with the file and the line
    [[nodiscard]] static result<lineage> parse(std::string_view text, const std::string& name = {}) {
        lineage       out;
        std::uint64_t line = 0, records = 0;
        digest256     sum;
        const auto    at_line = [&](error why) {
            why.of = unit::line, why.where = line;
            return why;
        };
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const auto        row = parse_json(text.substr(at, end - at), name, {.bytes = 1 << 20, .depth = 4});
            ++line, at = end + 1;
            if (!row) return at_line(line == 1 ? error{fault::foreign, unit::none, 0, name} : row.error());
            const json_value is = row->root();
            if (line == 1) {
                const auto kind = is.at("graft").text();
                if (!kind || *kind != "lineage") return error{fault::foreign, unit::none, 0, name};
                const auto version = is.at("format").number<std::uint32_t>();
                if (!version) return at_line(version.error());
                if (*version > format) return error{fault::newer_format, unit::none, *version, name};
                const auto n = is.at("records").number<std::uint64_t>();
                if (!n) return at_line(n.error());
                const auto digits = is.at("sum").text();
                if (!digits) return at_line(digits.error());
                const auto whole = parse_digest(*digits);
                if (!whole) return at_line(is.at("sum").refuse(whole.error().what));
                records = *n, sum = *whole;
                continue;
            }
            const auto digits = is.at("sha256").text(), use = is.at("use").text(), id = is.at("id").text_or({}),
                       source = is.at("source").text_or({});
            for (const auto* part : {&digits, &use, &id, &source})
                if (!*part) return at_line(part->error());
            const auto record = parse_digest(*digits);
            if (!record) return at_line(is.at("sha256").refuse(record.error().what));
            if (*use != graft::name(record_use::trained) && *use != graft::name(record_use::held_out))
                return at_line(is.at("use").refuse(fault::bad_format));
            if (!out.entries.empty() && *record < out.entries.back().record)
                return at_line(is.at("sha256").refuse(fault::malformed));
            out.entries.push_back(
                {*record, *use == graft::name(record_use::trained) ? record_use::trained : record_use::held_out,
                 std::string(*id), std::string(*source)});
        }
        if (line == 0) return error{fault::foreign, unit::none, 0, name};
        if (out.entries.size() < records) return error{fault::truncated, unit::line, line, name};
        if (out.entries.size() > records || out.sum() != sum) return error{fault::corrupt, unit::none, 0, name};
        return out;
    }
};

/// Writes the lineage into an adapter's folder, in one step.
///
/// Fails    as `replace_file`
template <file_system F>
[[nodiscard]] result<void> save_lineage(const F& fs, const std::string& folder, const lineage& of) {
    const std::string                text     = of.text();
    const std::span<const std::byte> pieces[] = {std::as_bytes(std::span(text))};
    return replace_file(fs, path_of(folder, lineage::file), pieces);
}
/// Reads it from there.
///
/// Fails    `not_found` for an adapter that has none; as `lineage::parse`
template <readable_files F>
[[nodiscard]] result<lineage> load_lineage(const F& fs, const std::string& folder) {
    const std::string path  = path_of(folder, lineage::file);
    const auto        bytes = read_file(fs, path);
    if (!bytes) return bytes.error();
    const auto all = bytes->all();
    return lineage::parse({reinterpret_cast<const char*>(all.data()), all.size()}, path);
}

} // namespace graft::inline GRAFT_ABI
