// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/json/json.hpp>
#include <graft/store/io.hpp>
#include <graft/store/mapped.hpp>
#include <graft/weights/safetensors_nf4.hpp>
#include <graft/weights/tensors.hpp>

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

namespace detail {

/// The tensors of one file, added to a set.
///
/// The file is a length (u64), that many bytes of JSON, and the numbers, which the header has to cover without a hole and without an
/// overlap, so that no byte of the file is unaccounted for.
[[nodiscard]] inline result<void> add_safetensors(tensors& to, file_bytes bytes, const std::string& path,
                                                  bool describe = true) {
    constexpr std::uint64_t most   = 100'000'000; // of a header, as the reference has it
    const auto              all    = to.keep(std::move(bytes));
    const auto              refuse = [&](fault what, std::uint64_t at) { return error{what, unit::byte, at, path}; };
    if (all.size() < 8) return refuse(fault::truncated, all.size());
    const auto length = load_number<std::uint64_t>(all.data());
    if (length > most) return refuse(fault::too_large, 0);
    if (length > all.size() - 8) return refuse(fault::truncated, all.size());
    const auto text = all.subspan(8, static_cast<std::size_t>(length)), numbers = all.subspan(8 + text.size());
    if (text.empty() || text[0] != std::byte{'{'}) return refuse(fault::foreign, 8);
    const auto header = parse_json(text, path);
    if (!header) {
        error why = header.error();
        if (why.of == unit::byte) why.where += 8;
        return why;
    }

    struct range {
        std::uint64_t begin, end;
        json_value    where;
    };
    std::vector<range> ranges;
    for (const auto [name, value] : *header->root().object()) {
        if (name == "__metadata__") {
            const auto pairs = value.object();
            if (!pairs) return pairs.error();
            for (const auto [key, what] : *pairs) {
                const auto said = what.text();
                if (!said) return said.error();
                if (describe) to.describe(std::string(key), std::string(*said));
            }
            continue;
        }
        tensor     it{.name = to.keep(name)};
        const auto type = value.at("dtype").text();
        if (!type) return type.error();
        const auto format = weight_format_named(*type);
        if (!format || in_blocks(*format)) return value.at("dtype").refuse(fault::unsupported);
        it.format        = *format;
        const auto shape = value.at("shape").array();
        if (!shape) return shape.error();
        for (const json_value size : *shape) {
            const auto n = size.number<std::uint64_t>();
            if (!n) return n.error();
            if (!it.shape.add(*n)) return value.at("shape").refuse(fault::unsupported);
        }
        const json_value place = value.at("data_offsets");
        const auto       begin = place[0].number<std::uint64_t>(), end = place[1].number<std::uint64_t>();
        if (!begin) return begin.error();
        if (!end) return end.error();
        const auto count = it.shape.numbers();
        const auto size  = count ? bytes_of(it.format, *count) : std::nullopt;
        if (!size) return value.at("shape").refuse(fault::too_large);
        if (place.size() != 2 || *begin > *end || *end - *begin != *size) return place.refuse(fault::malformed);
        if (*end > numbers.size()) return place.refuse(fault::truncated);
        it.bytes = numbers.subspan(static_cast<std::size_t>(*begin), static_cast<std::size_t>(*size));
        to.add(it);
        ranges.push_back({*begin, *end, place});
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const range& a, const range& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
    std::uint64_t at = 0;
    for (const range& one : ranges) {
        if (one.begin != at) return one.where.refuse(fault::malformed);
        at = one.end;
    }
    if (at != numbers.size()) return refuse(fault::unexpected, 8 + text.size() + at);
    return done;
}

/// The index of several files: `weight_map` says which tensor lies in which.
template <readable_files F>
[[nodiscard]] result<tensors> load_sharded(const F& fs, const std::string& path, const open_weights& how) {
    const auto index = load_json(fs, path);
    if (!index) return index.error();
    const auto map = index->at("weight_map").object();
    if (!map) return map.error();
    std::vector<std::string_view>                        files; // in the order in which they are first named
    std::vector<std::pair<std::string_view, json_value>> wanted;
    for (const auto [name, value] : *map) {
        const auto file = value.text();
        if (!file) return file.error();
        // Only a name beside the index: whoever wrote it does not choose what else is read.
        if (file->empty() || file->find('/') != std::string_view::npos || *file == "." || *file == "..")
            return value.refuse(fault::malformed);
        if (std::find(files.begin(), files.end(), *file) == files.end()) files.push_back(*file);
        wanted.emplace_back(name, value);
    }
    tensors                  all(path);
    std::vector<std::size_t> first;
    for (const std::string_view file : files) {
        const std::string beside = path_of(folder_of(path), file);
        auto              bytes  = load_bytes(fs, beside, how.map);
        if (!bytes) return bytes.error();
        first.push_back(all.size());
        if (auto ok = add_safetensors(all, std::move(*bytes), beside, first.size() == 1); !ok) return ok.error();
    }
    first.push_back(all.size());
    if (auto ok = all.index(); !ok) return ok.error();
    for (const auto& [name, value] : wanted) {
        const tensor* it = all.find(name);
        if (it == nullptr) return value.refuse(fault::absent);
        const auto where = static_cast<std::size_t>(it - all.list().data());
        const auto file  = std::upper_bound(first.begin(), first.end(), where) - first.begin() - 1;
        if (files[static_cast<std::size_t>(file)] != *value.text()) return value.refuse(fault::malformed);
    }
    std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const tensor& one : all.list()) {
        const auto at = std::lower_bound(wanted.begin(), wanted.end(), one.name,
                                         [](const auto& w, std::string_view n) { return w.first < n; });
        if (at == wanted.end() || at->first != one.name) return all.refuse(fault::unexpected, one.name);
    }
    if (auto ok = find_nf4(all); !ok) return ok.error();
    return all;
}

} // namespace detail

/// Opens the weights of a model in safetensors: one file, or several that an index names.
///
/// Takes    `path`, of a file, of an index (`….index.json`), or of a model's folder, which holds `model.safetensors` or
///          `model.safetensors.index.json`.
/// Gives    every tensor with its name, format and shape, and what the file says of itself in `metadata()`. Nothing is converted. Of a weight that
///          bitsandbytes holds in NF4 `find_nf4` gives the tensors that belong together.
/// Costs    the header, and the file read once, or mapped.
/// Fails    `foreign`, `truncated`, `bad_format`, `too_large`, `duplicate_id`, `unsupported` (a dtype that has no name here), `malformed` for a
///          hole, an overlap or a size that is not the shape's, `unexpected` for bytes and tensors that nothing names, `absent` for a tensor or
///          file that the index names; the same for what is said of NF4, and `wrong_shape` where its tensors do not fit it; the subject says file and tensor. Whatever the file system gives.
/// Source   the safetensors format, as its README states it.
template <readable_files F>
[[nodiscard]] result<tensors> load_safetensors(const F& fs, const std::string& path, const open_weights& how = {}) {
    if (path.ends_with(".json")) return detail::load_sharded(fs, path, how);
    const auto is = fs.look(path);
    if (is && is->kind == entry_kind::folder) {
        const std::string one = path_of(path, "model.safetensors"), many = one + ".index.json";
        if (!fs.look(one) && fs.look(many)) return detail::load_sharded(fs, many, how);
        return load_safetensors(fs, one, how);
    }
    auto bytes = load_bytes(fs, path, how.map);
    if (!bytes) return bytes.error();
    tensors all(path);
    if (auto ok = detail::add_safetensors(all, std::move(*bytes), path); !ok) return ok.error();
    if (auto ok = all.index(); !ok) return ok.error();
    if (auto ok = detail::find_nf4(all); !ok) return ok.error();
    return all;
}

} // namespace graft::inline GRAFT_ABI
