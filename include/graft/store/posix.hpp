// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>
#include <graft/base/sort_records.hpp>
#include <graft/config.hpp>
#include <graft/store/io.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The fault behind an errno; `otherwise` where the number says nothing more exact.
[[nodiscard]] constexpr fault fault_of(int number, fault otherwise) noexcept {
    switch (number) {
    case ENOENT: return fault::not_found;
    case ENOTDIR: return fault::not_a_folder;
    case EISDIR: return fault::not_a_file;
    case ELOOP: return fault::symlink;
    case ENOSPC:
    case EDQUOT: return fault::disk_full;
    default: return otherwise;
    }
}

/// Calls `some(at, left)`, which takes a part of `n` bytes and says how many, until all are taken. A signal that came
/// between is no failure; a call that takes nothing is the end.
///
/// Gives    how many bytes were taken; fewer than `n` with errno set, or 0 there at the end.
template <class Some>
std::size_t take_all(std::size_t n, Some&& some) {
    std::size_t taken = 0;
    while (taken < n) {
        errno          = 0;
        const auto got = some(taken, std::min<std::size_t>(n - taken, std::size_t{1} << 30));
        if (got > 0) taken += static_cast<std::size_t>(got);
        else if (got == 0 || errno != EINTR) break;
    }
    return taken;
}

/// A file descriptor that closes itself.
class descriptor {
    int         fd_ = -1;
    std::string path_;

public:
    descriptor(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(path_, other.path_);
        return *this;
    }
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int                number() const noexcept { return fd_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int                release() noexcept { return std::exchange(fd_, -1); }
};

/// A file in the address space, read-only; unmapped by its destructor.
class file_mapping {
    void*       at_   = nullptr;
    std::size_t size_ = 0;

public:
    file_mapping() = default;
    file_mapping(void* at, std::size_t size) : at_(at), size_(size) {}
    file_mapping(file_mapping&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    file_mapping& operator=(file_mapping&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~file_mapping() {
        if (at_ != nullptr) ::munmap(at_, size_);
    }
    [[nodiscard]] std::span<const std::byte> all() const noexcept {
        return {static_cast<const std::byte*>(at_), size_};
    }
};

} // namespace detail

/// The file system of a POSIX machine: Linux, macOS, the BSDs.
struct posix_files {
    using file    = detail::descriptor;
    using guard   = detail::descriptor;
    using mapping = detail::file_mapping;

    [[nodiscard]] result<file> open(const std::string& path, links at_end = links::followed) const {
        // Without O_NONBLOCK a named pipe in the folder would hold the call for ever.
        const int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (at_end == links::refused ? O_NOFOLLOW : 0);
        const int fd  = again([&] { return ::open(path.c_str(), how); });
        if (fd < 0) return refused(fault::unreadable, path);
        file        opened(fd, path);
        struct stat about{};
        if (::fstat(fd, &about) != 0) return refused(fault::unreadable, path);
        if (!S_ISREG(about.st_mode)) return error{fault::not_a_file, unit::none, 0, path};
        return opened;
    }
    [[nodiscard]] result<file> create(const std::string& path) const {
        const int fd = again([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
        if (fd < 0) return refused(fault::write_failed, path);
        return file(fd, path);
    }
    [[nodiscard]] result<folder_entry> about(file& of) const {
        struct stat is{};
        if (::fstat(of.number(), &is) != 0) return refused(fault::unreadable, of.path());
        return entry(of.path(), is);
    }
    [[nodiscard]] result<folder_entry> look(const std::string& path) const {
        struct stat is{};
        if (::stat(path.c_str(), &is) != 0) return refused(fault::unreadable, path);
        return entry(path, is);
    }
    [[nodiscard]] result<void> read(file& from, std::uint64_t at, std::span<std::byte> into) const {
        const std::size_t got = detail::take_all(into.size(), [&](std::size_t done_, std::size_t left) {
            return ::pread(from.number(), into.data() + done_, left, static_cast<off_t>(at + done_));
        });
        if (got == into.size()) return done;
        if (errno != 0) return refused(fault::unreadable, from.path());
        return error{fault::truncated, unit::byte, at + got, from.path()};
    }
    /// All bytes of an open file in the address space (`mapping_files` in mapped.hpp says at whose risk).
    [[nodiscard]] result<mapping> map(file& from) const {
        struct stat is{};
        if (::fstat(from.number(), &is) != 0) return refused(fault::unreadable, from.path());
        const auto size = static_cast<std::size_t>(is.st_size);
        if (size == 0) return mapping();
        void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, from.number(), 0);
        if (at == MAP_FAILED) return refused(fault::unreadable, from.path());
        return mapping(at, size);
    }
    [[nodiscard]] result<void> write(file& to, std::span<const std::byte> bytes) const {
        const std::size_t put = detail::take_all(bytes.size(), [&](std::size_t done_, std::size_t left) {
            return ::write(to.number(), bytes.data() + done_, left);
        });
        if (put == bytes.size()) return done;
        return refused(fault::write_failed, to.path());
    }
    /// A failed sync is not tried again: Linux drops the pages that it could not write, so that a second sync would
    /// succeed over lost bytes.
    [[nodiscard]] result<void> sync(file& of) const {
        if (to_device(of.number()) != 0) return refused(fault::sync_failed, of.path());
        return done;
    }
    [[nodiscard]] result<void> close(file& it) const {
        // After EINTR the descriptor is gone on Linux, and the bytes were synced before: not a failure.
        if (::close(it.release()) != 0 && errno != EINTR) return refused(fault::write_failed, it.path());
        return done;
    }
    [[nodiscard]] result<void> rename(const std::string& from, const std::string& to) const {
        if (::rename(from.c_str(), to.c_str()) != 0) return refused(fault::write_failed, to);
        return done;
    }
    /// File systems that cannot sync a folder say so with EINVAL or ENOTSUP; there is nothing more to be done there.
    [[nodiscard]] result<void> sync_folder(const std::string& path) const {
        const int fd = again([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY); });
        if (fd < 0) return refused(fault::sync_failed, path);
        file folder(fd, path);
        if (to_device(fd) != 0 && errno != EINVAL && errno != ENOTSUP) return refused(fault::sync_failed, path);
        return done;
    }
    [[nodiscard]] result<void> remove(const std::string& path) const {
        if (::unlink(path.c_str()) != 0) return refused(fault::write_failed, path);
        return done;
    }
    [[nodiscard]] result<std::vector<std::string>> names(const std::string& path) const {
        DIR* folder = ::opendir(path.c_str());
        if (folder == nullptr) return refused(fault::unreadable, path);
        std::vector<std::string> all;
        errno = 0;
        while (const dirent* it = ::readdir(folder)) {
            std::string name = it->d_name;
            if (name != "." && name != "..") all.push_back(std::move(name));
            errno = 0;
        }
        const int number = errno;
        ::closedir(folder);
        if (number != 0) return error{detail::fault_of(number, fault::unreadable), unit::none, 0, path, number};
        sort_records(all, std::less<>());
        return all;
    }
    [[nodiscard]] result<std::vector<folder_entry>> list(const std::string& path) const {
        auto there = names(path);
        if (!there) return there.error();
        std::vector<folder_entry> all;
        all.reserve(there->size());
        for (std::string& name : *there) {
            struct stat is{};
            if (::lstat(path_of(path, name).c_str(), &is) == 0) all.push_back(entry(std::move(name), is));
            else if (errno != ENOENT) return refused(fault::unreadable, path); // names can be read, and nothing else
        }
        return all;
    }
    [[nodiscard]] result<void> make_folder(const std::string& path) const {
        if (::mkdir(path.c_str(), 0777) == 0) return done;
        const int   number = errno;
        struct stat about{};
        if (number == EEXIST && ::stat(path.c_str(), &about) == 0) {
            if (S_ISDIR(about.st_mode)) return done;
            return error{fault::not_a_folder, unit::none, 0, path};
        }
        return error{detail::fault_of(number, fault::write_failed), unit::none, 0, path, number};
    }
    /// An advisory lock that the kernel drops when the process ends, however it ends. A process that has it once does
    /// not get it twice.
    [[nodiscard]] result<guard> lock(const std::string& path) const {
        const int fd = again([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666); });
        if (fd < 0) return refused(fault::write_failed, path);
        guard held(fd, path);
        if (again([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0)
            return refused(errno == EWOULDBLOCK ? fault::busy : fault::write_failed, path);
        return held;
    }

private:
    template <class Call>
    static int again(Call&& call) {
        int got = call();
        while (got < 0 && errno == EINTR) got = call();
        return got;
    }
    static int to_device(int fd) {
#ifdef F_FULLFSYNC
        if (::fcntl(fd, F_FULLFSYNC) == 0) return 0; // macOS: fsync alone stops at the drive's own memory
#endif
        return ::fsync(fd);
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
    static error refused(fault otherwise, const std::string& path) {
        return {detail::fault_of(errno, otherwise), unit::none, 0, path, errno};
    }
};
static_assert(file_system<posix_files>);

} // namespace graft::inline GRAFT_ABI
