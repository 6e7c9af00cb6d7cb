// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/pages.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What stands behind a name in a folder.
enum class entry_kind : std::uint8_t { file, folder, symlink, other };

/// What a file system says of one name.
struct folder_entry {
    std::string   name  = {};
    entry_kind    kind  = entry_kind::other;
    std::uint64_t size  = 0;
    std::int64_t  mtime = 0; ///< nanoseconds since 1970
    std::uint64_t stamp =
        0; ///< of what the system says besides: another file, or one written again with its time put back, has another
};

/// Whether the last name of a path may be a symbolic link.
enum class links : std::uint8_t { followed, refused };

/// The seam between graft and a file system, of which this is what reading takes: a test can stand in for the disk, the power
/// supply and the kernel. A file system is a handle, cheap to copy.
///
///     file           an open file, closed by its destructor where nobody closed it
///     open           an existing regular file, to read; `not_found`, `unreadable`, `not_a_file`; `symlink` where links are refused
///     about          what an open file is now; its name is the path
///     read           all bytes of `into`, from byte `at`; `truncated` where the file ends before
///     look           what a path is, links followed; its name is the path
///     names          of what a folder holds, in byte order, without `.` and `..`, read in one go: what is replaced meanwhile has its old
///                    name or its new one
///     list           what a folder holds, as `names`, links not followed; without what is gone when it is looked at
///
/// Every error names its path as `subject` and the system's number as `host`.
template <class F>
concept readable_files = std::copyable<F> && requires(const F& fs, const std::string& path, typename F::file& file,
                                                      std::span<std::byte> into) {
    { fs.open(path) } -> std::same_as<result<typename F::file>>;
    { fs.open(path, links::refused) } -> std::same_as<result<typename F::file>>;
    { fs.about(file) } -> std::same_as<result<folder_entry>>;
    { fs.read(file, std::uint64_t{}, into) } -> std::same_as<result<void>>;
    { fs.look(path) } -> std::same_as<result<folder_entry>>;
    { fs.names(path) } -> std::same_as<result<std::vector<std::string>>>;
    { fs.list(path) } -> std::same_as<result<std::vector<folder_entry>>>;
};

/// The whole seam: whatever is written durably goes through it too.
///
///     guard          holds a lock for as long as it lives
///     create         a new file, to write; `write_failed` where the name is taken
///     write          all bytes, behind those already written; `disk_full`, `write_failed`
///     sync           the file's bytes are on the device when it returns; `sync_failed`, and then they never may be
///     close          `write_failed` where the system reports a late failure
///     rename         replaces `to` in one step
///     sync_folder    creations, renames and removals in the folder are on the device when it returns
///     remove         a file; `not_found` is a failure too
///     make_folder    one that exists is no failure
///     lock           the exclusive lock of that name; `busy` where another holds it
template <class F>
concept file_system = readable_files<F> && requires(const F& fs, const std::string& path, typename F::file& file,
                                                    std::span<const std::byte> bytes) {
    typename F::guard;
    { fs.create(path) } -> std::same_as<result<typename F::file>>;
    { fs.write(file, bytes) } -> std::same_as<result<void>>;
    { fs.sync(file) } -> std::same_as<result<void>>;
    { fs.close(file) } -> std::same_as<result<void>>;
    { fs.rename(path, path) } -> std::same_as<result<void>>;
    { fs.sync_folder(path) } -> std::same_as<result<void>>;
    { fs.remove(path) } -> std::same_as<result<void>>;
    { fs.make_folder(path) } -> std::same_as<result<void>>;
    { fs.lock(path) } -> std::same_as<result<typename F::guard>>;
};

/// Bytes whose first lies on a 64-byte boundary, not filled at birth: what a file is read into.
class aligned_bytes {
    std::byte*  data_ = nullptr;
    std::size_t size_ = 0;

public:
    aligned_bytes() = default;
    aligned_bytes(aligned_bytes&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    aligned_bytes& operator=(aligned_bytes&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~aligned_bytes() {
        if (data_ != nullptr) detail::release(data_, size_);
    }

    /// Fails    `too_large` where there is no such memory.
    [[nodiscard]] static result<aligned_bytes> of_size(std::uint64_t bytes, std::string_view subject = {}) {
        aligned_bytes it;
        if (bytes == 0) return it;
        if (bytes <= std::numeric_limits<std::size_t>::max()) {
            it.size_ = static_cast<std::size_t>(bytes);
            it.data_ = static_cast<std::byte*>(detail::allocate(it.size_));
        }
        if (it.data_ == nullptr) return error{fault::too_large, unit::byte, bytes, std::string(subject)};
        return it;
    }

    [[nodiscard]] std::size_t                size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte>       all() noexcept { return {data_, size_}; }
    [[nodiscard]] std::span<const std::byte> all() const noexcept { return {data_, size_}; }
};

/// `folder/name`.
[[nodiscard]] inline std::string path_of(std::string_view folder, std::string_view name) {
    std::string path(folder);
    if (!path.empty() && path.back() != '/') path += '/';
    return path.append(name);
}

/// The folder that holds `path`, `.` where it has none.
[[nodiscard]] inline std::string folder_of(std::string_view path) {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t cut = path.rfind('/');
    if (cut == std::string_view::npos) return ".";
    return std::string(path.substr(0, cut == 0 ? 1 : cut));
}

/// A whole file.
///
/// Costs    one read into memory that nobody touched before.
/// Fails    `too_large` above `limit`, before anything is allocated; whatever the file system gives.
template <readable_files F>
[[nodiscard]] result<aligned_bytes> read_file(const F& fs, const std::string& path,
                                              std::uint64_t limit = std::numeric_limits<std::uint64_t>::max()) {
    auto file = fs.open(path);
    if (!file) return file.error();
    const auto is = fs.about(*file);
    if (!is) return is.error();
    if (is->size > limit) return error{fault::too_large, unit::byte, is->size, path};
    auto bytes = aligned_bytes::of_size(is->size, path);
    if (!bytes) return bytes;
    if (auto read = fs.read(*file, 0, bytes->all()); !read) return read.error();
    return bytes;
}

/// Writes a new file, and returns when it is on the device. Its name is so only after `sync_folder`.
///
/// Takes    the bytes in pieces, one behind the other.
/// Fails    whatever the file system gives; then the file is removed again, as well as that goes.
template <file_system F>
[[nodiscard]] result<void> write_new_pieces(const F& fs, const std::string& path,
                                            std::span<const std::span<const std::byte>> pieces) {
    auto file = fs.create(path);
    if (!file) return file.error();
    result<void> done_ = done;
    for (const auto piece : pieces)
        if (done_) done_ = fs.write(*file, piece);
    if (done_) done_ = fs.sync(*file);
    if (auto closed = fs.close(*file); done_ && !closed) done_ = closed;
    if (!done_) static_cast<void>(fs.remove(path));
    return done_;
}
/// The same from one piece.
template <file_system F>
[[nodiscard]] result<void> write_new_file(const F& fs, const std::string& path, std::span<const std::byte> bytes) {
    return write_new_pieces(fs, path, std::span<const std::span<const std::byte>>(&bytes, 1));
}

/// Puts a file in the place of another, or of none, in one step: a reader sees the old file or the new one, whole.
///
/// Takes    `path`, where `path.graft-new` beside it is graft's while it writes. A symbolic link is replaced by the file.
/// Fails    `not_a_file` for a device or a folder; whatever the file system gives; then the file at `path` is what it was. `sync_failed` for the folder: the new
///          file stands but may not survive a power cut.
template <file_system F>
[[nodiscard]] result<void> replace_file(const F& fs, const std::string& path,
                                        std::span<const std::span<const std::byte>> pieces) {
    if (const auto old = fs.open(path); !old && old.error().what != fault::not_found) return old.error();
    const std::string beside = path + ".graft-new";
    static_cast<void>(fs.remove(beside)); // left by a crash
    if (auto ok = write_new_pieces(fs, beside, pieces); !ok) return ok;
    if (auto ok = fs.rename(beside, path); !ok) {
        static_cast<void>(fs.remove(beside));
        return ok;
    }
    return fs.sync_folder(folder_of(path));
}

} // namespace graft::inline GRAFT_ABI
