// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/digest.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/container.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// One part of a generation: its name, what it is, and the file that holds it.
struct part_record {
    std::string    name       = {}; ///< `a` to `z`, `0` to `9`, `_`; 1 to 24 of them
    container_info about      = {};
    std::uint64_t  written_in = 0;  ///< the generation that wrote the file: later ones may share it
    std::uint64_t  size       = 0;  ///< bytes of the file
    digest256      digest     = {}; ///< of the file, as its footer has it

    bool operator==(const part_record&) const = default;
};

/// True where a part, and so a file, may have this name: a hostile manifest must not lead out of its folder.
[[nodiscard]] constexpr bool is_part_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > detail::container_layout::kind) return false;
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

namespace detail {

inline constexpr std::string_view part_suffix = ".graft", manifest_prefix = "manifest-", pending_suffix = ".new";
inline constexpr std::string_view writer_lock    = "writer.lock";
inline constexpr std::size_t      most_parts     = 4096;
inline constexpr std::uint64_t    manifest_limit = std::uint64_t{1} << 20;

inline std::string hex16(std::uint64_t x) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; x >>= 4) text[i] = "0123456789abcdef"[x & 15];
    return text;
}

constexpr std::optional<std::uint64_t> from_hex16(std::string_view text) {
    if (text.size() != 16) return {};
    std::uint64_t x = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9') x = x << 4 | static_cast<std::uint64_t>(c - '0');
        else if (c >= 'a' && c <= 'f') x = x << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
        else return {};
    }
    return x;
}

/// What a name in a store's folder is.
struct store_name {
    enum { other, part, manifest, pending } what = other;
    std::uint64_t generation                     = 0;
};

inline store_name store_name_of(std::string_view file) {
    if (file.starts_with(manifest_prefix)) {
        std::string_view rest    = file.substr(manifest_prefix.size());
        const bool       pending = rest.ends_with(pending_suffix);
        if (pending) rest.remove_suffix(pending_suffix.size());
        if (const auto g = from_hex16(rest)) return {pending ? store_name::pending : store_name::manifest, *g};
        return {};
    }
    if (!file.ends_with(part_suffix)) return {};
    file.remove_suffix(part_suffix.size());
    if (file.size() < 18 || file[file.size() - 17] != '-' || !is_part_name(file.substr(0, file.size() - 17))) return {};
    if (const auto g = from_hex16(file.substr(file.size() - 16))) return {store_name::part, *g};
    return {};
}

} // namespace detail

/// The name of a part's file: `bm25-000000000000002a.graft`.
[[nodiscard]] inline std::string file_of(const part_record& part) {
    return part.name + "-" + detail::hex16(part.written_in) + std::string(detail::part_suffix);
}

/// The name of a generation's manifest: `manifest-000000000000002a`.
[[nodiscard]] inline std::string manifest_of(std::uint64_t generation) {
    return std::string(detail::manifest_prefix) + detail::hex16(generation);
}

/// What belongs to one generation of a store.
struct manifest {
    std::uint64_t            generation = 0;  ///< from 1; 0: nothing was ever committed
    std::vector<part_record> parts      = {}; ///< by name, in byte order

    bool operator==(const manifest&) const = default;

    [[nodiscard]] const part_record* find(std::string_view name) const noexcept {
        for (const part_record& p : parts)
            if (p.name == name) return &p;
        return nullptr;
    }

    void save(byte_writer& to) const {
        to.u64(generation);
        to.u64(parts.size());
        for (const part_record& p : parts) {
            to.text(p.name);
            to.text(p.about.kind);
            to.u32(p.about.version);
            to.u64(p.about.fingerprint);
            to.u64(p.written_in);
            to.u64(p.size);
            to.elements(std::span<const std::uint8_t>(p.digest.bytes));
        }
    }
    [[nodiscard]] static result<manifest> load(byte_reader& from) {
        manifest it;
        it.generation           = from.u64();
        const std::size_t parts = from.count(8 + 8 + 4 + 3 * 8 + 32);
        if (it.generation == 0 || parts > detail::most_parts) from.fail(fault::malformed);
        for (std::size_t i = 0; i < parts && from.ok(); ++i) {
            part_record p;
            p.name              = from.text();
            p.about.kind        = from.text();
            p.about.version     = from.u32();
            p.about.fingerprint = from.u64();
            p.written_in        = from.u64();
            p.size              = from.u64();
            from.into(std::span<std::uint8_t>(p.digest.bytes));
            if (!is_part_name(p.name) || p.about.kind.empty() || p.about.kind.size() > detail::container_layout::kind ||
                p.written_in == 0 || p.written_in > it.generation || (i > 0 && !(it.parts.back().name < p.name)))
                from.fail(fault::malformed);
            it.parts.push_back(std::move(p));
        }
        if (auto all = from.finish(); !all) return all.error();
        return it;
    }
};

namespace detail {

inline constexpr std::string_view manifest_kind = "graft.manifest";

inline sealed_container seal_manifest(const manifest& it) {
    container_writer file({.kind = std::string(manifest_kind)});
    it.save(file.block("body"));
    return file.seal();
}

/// Reads the manifest of a generation and holds its content against its name.
template <readable_files F>
result<manifest> read_manifest(const F& fs, const std::string& folder, std::uint64_t generation) {
    const std::string path = path_of(folder, manifest_of(generation));
    auto              file = read_container(fs, path, manifest_limit);
    if (!file) return file.error();
    if (auto kind = file->expect(manifest_kind, 1); !kind) return kind.error();
    auto body = file->block("body");
    if (!body) return body.error();
    auto it = manifest::load(*body);
    if (it && it->generation != generation) return error{fault::malformed, unit::none, 0, path};
    return it;
}

} // namespace detail

} // namespace graft::inline GRAFT_ABI
