// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/store/container.hpp>
#include <graft/store/io.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// Saves one value as a file of its own, in one step: a reader sees the old file or the new one, whole. `T` says what it is by
/// `static constexpr std::string_view kind` and `std::uint32_t format`, and writes itself by `save(byte_writer&)`.
///
/// Takes    `fingerprint`, of whatever the content depends on (an adapter: its embedder).
/// Fails    as `replace_file`.
template <class T, file_system F>
[[nodiscard]] result<void> save_file(const F& fs, const std::string& path, const T& value,
                                     std::uint64_t fingerprint = 0) {
    container_writer file({std::string(T::kind), T::format, fingerprint});
    value.save(file.block("body"));
    const auto                       sealed   = file.seal();
    const std::span<const std::byte> pieces[] = {sealed.bytes};
    return replace_file(fs, path, pieces);
}

/// The value of a file that `save_file` wrote.
///
/// Fails    as `container::open`; `foreign` for a file of another kind, `newer_format`; what `T::load` finds.
template <class T, readable_files F>
[[nodiscard]] result<T> load_file(const F& fs, const std::string& path) {
    auto bytes = read_file(fs, path);
    if (!bytes) return bytes.error();
    const auto file = container::open(std::move(*bytes), path);
    if (!file) return file.error();
    return file->expect(T::kind, T::format)
        .and_then([&] { return file->block("body"); })
        .and_then([](byte_reader body) { return T::load(body); });
}

} // namespace graft::inline GRAFT_ABI
