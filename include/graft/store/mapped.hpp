// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/io.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// A file system that also maps files: `map(file)` gives all bytes of an open file, read-only, for as long as its value lives. The
/// file must stay as it is until then: where another program shortens it, a look at what is gone ends the process (SIGBUS).
template <class F>
concept mapping_files =
    readable_files<F> && requires(const F& fs, typename F::file& file, const typename F::mapping& mapped) {
        { fs.map(file) } -> std::same_as<result<typename F::mapping>>;
        { mapped.all() } -> std::same_as<std::span<const std::byte>>;
    };

/// Bytes of a file, read or mapped. Copies share them; they lie where they are until the last is gone.
class file_bytes {
    std::shared_ptr<const void> owner_;
    std::span<const std::byte>  all_;

public:
    file_bytes() = default;
    /// Takes over what owns bytes: `aligned_bytes`, a mapping, a test's vector.
    template <class Owner>
        requires(!std::same_as<Owner, file_bytes>) && std::move_constructible<Owner> && requires(const Owner& o) {
            { o.all() } -> std::same_as<std::span<const std::byte>>;
        }
    explicit file_bytes(Owner owner) {
        auto kept = std::make_shared<const Owner>(std::move(owner));
        all_      = kept->all();
        owner_    = std::move(kept);
    }

    [[nodiscard]] std::span<const std::byte> all() const noexcept { return all_; }
    [[nodiscard]] std::size_t                size() const noexcept { return all_.size(); }
};

/// A whole file, mapped where that is asked for and the file system can.
///
/// Fails    `too_large` above `limit`; whatever the file system gives.
template <readable_files F>
[[nodiscard]] result<file_bytes> load_bytes(const F& fs, const std::string& path, bool map = false,
                                            std::uint64_t limit = std::numeric_limits<std::uint64_t>::max()) {
    if constexpr (mapping_files<F>)
        if (map) {
            auto file = fs.open(path);
            if (!file) return file.error();
            const auto is = fs.about(*file);
            if (!is) return is.error();
            if (is->size > limit) return error{fault::too_large, unit::byte, is->size, path};
            auto mapped = fs.map(*file);
            if (!mapped) return mapped.error();
            return file_bytes(std::move(*mapped));
        }
    auto bytes = read_file(fs, path, limit);
    if (!bytes) return bytes.error();
    return file_bytes(std::move(*bytes));
}

} // namespace graft::inline GRAFT_ABI
