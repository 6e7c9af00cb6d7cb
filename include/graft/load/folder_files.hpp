// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace graft::inline GRAFT_ABI {

enum class entry_kind : std::uint8_t { file, folder, symlink, other };

/// What a folder says of one of its names.
struct folder_entry {
    std::string   name  = {};
    entry_kind    kind  = entry_kind::other;
    std::uint64_t size  = 0;
    std::int64_t  mtime = 0; ///< nanoseconds since 1970
    std::uint64_t stamp =
        0; ///< of what the system says besides: another file, or one written again with its time put back, has another
};

/// What the folder loader asks of a disk, so that a test can stand in for one:
///  1. `look(path)`: what the path is; a symbolic link is followed;
///  2. `list(path)`: the names in a folder, in any order, links not followed;
///  3. `read(entry, path, index_into)`: all bytes of a file, links not followed; `entry` becomes what the file is now.
template <class F>
concept folder_files = requires(const F& f, const std::string& path, folder_entry& entry, std::string& into) {
    { f.look(path) } -> std::same_as<result<folder_entry>>;
    { f.list(path) } -> std::same_as<result<std::vector<folder_entry>>>;
    { f.read(entry, path, into) } -> std::same_as<result<void>>;
};

/// The disk, by POSIX calls.
struct posix_folder {
    /// Fails    `not_found`, `unreadable`.
    [[nodiscard]] result<folder_entry> look(const std::string& path) const {
        struct stat s = {};
        if (::stat(path.c_str(), &s) != 0) return refusal(path);
        return entry(path, s);
    }

    /// Fails    `not_found`, `not_a_folder`, `unreadable`.
    [[nodiscard]] result<std::vector<folder_entry>> list(const std::string& path) const {
        DIR* const folder = ::opendir(path.c_str());
        if (folder == nullptr) return refusal(path);
        std::vector<folder_entry> all;
        for (;;) {
            errno                  = 0;
            const dirent* const it = ::readdir(folder);
            if (it == nullptr) break;
            std::string name(it->d_name);
            if (name == "." || name == "..") continue;
            struct stat s = {};
            if (::fstatat(::dirfd(folder), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0)
                all.push_back(entry(std::move(name), s));
            else if (errno != ENOENT) break; // a folder whose names can be read and nothing else
            // A name that is gone by now was never there.
        }
        const int why = errno;
        ::closedir(folder);
        errno = why;
        if (why != 0) return refusal(path);
        return all;
    }

    /// Fails    `changed` where size or time differ before and after, `symlink`, `not_found`, `not_a_file`, `unreadable`.
    [[nodiscard]] result<void> read(folder_entry& it, const std::string& path, std::string& into) const {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file < 0) return refusal(path);
        auto done_or = read_open(file, it, path, into);
        ::close(file);
        return done_or;
    }

private:
    static error refusal(const std::string& path) {
        const int   why  = errno;
        const fault what = why == ENOENT    ? fault::not_found
                           : why == ENOTDIR ? fault::not_a_folder
                           : why == ELOOP   ? fault::symlink
                                            : fault::unreadable;
        return error{what, unit::none, 0, path, why};
    }
    static folder_entry entry(std::string name, const struct stat& s) {
        const entry_kind kind  = S_ISREG(s.st_mode)   ? entry_kind::file
                                 : S_ISDIR(s.st_mode) ? entry_kind::folder
                                 : S_ISLNK(s.st_mode) ? entry_kind::symlink
                                                      : entry_kind::other;
        const auto nanoseconds = [](const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
        const auto changed     = static_cast<std::uint64_t>(nanoseconds(s.st_ctim));
        return {std::move(name), kind, static_cast<std::uint64_t>(s.st_size), nanoseconds(s.st_mtim),
                mix64(mix64(changed, static_cast<std::uint64_t>(s.st_ino)), static_cast<std::uint64_t>(s.st_dev))};
    }
    static result<void> read_open(int file, folder_entry& it, const std::string& path, std::string& into) {
        struct stat s = {};
        if (::fstat(file, &s) != 0) return refusal(path);
        const folder_entry before = entry(it.name, s);
        if (before.kind != entry_kind::file) return error{fault::not_a_file, unit::none, 0, path};
        // One byte more than there should be: a file that grew tells so.
        into.resize(static_cast<std::size_t>(before.size) + 1);
        std::size_t have = 0;
        for (;;) {
            if (have == into.size()) break;
            const ssize_t n = ::read(file, into.data() + have, into.size() - have);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return refusal(path);
            if (n == 0) break;
            have += static_cast<std::size_t>(n);
        }
        if (::fstat(file, &s) != 0) return refusal(path);
        it = entry(it.name, s);
        if (it.size != before.size || it.mtime != before.mtime || it.stamp != before.stamp || have != before.size)
            return error{fault::changed, unit::none, 0, path};
        into.resize(have);
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
