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
/// Takes    `fingerprint`, of whatever the content depends on (an adapter: its embedder); `path`, where `path.graft-new` beside
///          it is graft's while it writes. A symbolic link is replaced by the file.
/// Fails    `not_a_file` for a device or a folder; whatever the file system gives; then the file at `path` is what it was. `sync_failed` for the folder: the new
///          file stands but may not survive a power cut.
template <class T, file_system F>
[[nodiscard]] result<void> save_file(const F& fs, const std::string& path, const T& value,
                                     std::uint64_t fingerprint = 0) {
    container_writer file({std::string(T::kind), T::format, fingerprint});
    value.save(file.block("body"));
    if (const auto old = fs.open(path); !old && old.error().what != fault::not_found) return old.error();
    const std::string beside = path + ".graft-new";
    static_cast<void>(fs.remove(beside)); // left by a crash
    if (auto ok = write_new_file(fs, beside, file.seal().bytes); !ok) return ok;
    if (auto ok = fs.rename(beside, path); !ok) {
        static_cast<void>(fs.remove(beside));
        return ok;
    }
    return fs.sync_folder(folder_of(path));
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
