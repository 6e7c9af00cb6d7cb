// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/container.hpp>
#include <graft/store/io.hpp>
#include <graft/store/manifest.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which generation of a store to open.
enum class generation_policy : std::uint8_t {
    newest,      ///< the last one committed; if it is damaged, its fault
    newest_good, ///< the last one that is whole; `snapshot::damaged()` says what was passed over
};

/// A generation that could not be used, and why.
struct damaged_generation {
    std::uint64_t generation = 0;
    error         why;
};

/// True for a fault that lies in the bytes of a file: another try would meet it again, and an older generation would
/// not.
[[nodiscard]] constexpr bool is_damage(fault what) noexcept {
    return what == fault::foreign || what == fault::truncated || what == fault::corrupt || what == fault::malformed ||
           what == fault::missing_part || what == fault::not_a_file;
}

namespace detail {

/// A type says what its files are by `static constexpr std::string_view kind` and `static constexpr std::uint32_t
/// format`. A type that does not is kept under the part's name, as version 1.
template <class T>
constexpr std::string_view kind_of(std::string_view part) {
    if constexpr (requires { std::string_view(T::kind); }) return T::kind;
    else return part;
}
template <class T>
constexpr std::uint32_t format_of() {
    if constexpr (requires { std::uint32_t(T::format); }) return T::format;
    else return 1;
}

} // namespace detail

class snapshot;

/// Opens a generation to read. Needs no lock and writes nothing: any number may read while one writes, and read-only
/// media will do.
///
/// Gives    the generation, checked to the last bit.
/// Costs    one read of every file and one pass of CRC-32C over it.
/// Fails    `not_found` where nothing was ever committed; `newer_format`, which is never passed over; under `newest`
///          also `foreign`, `truncated`, `corrupt`, `malformed`, `missing_part` of the newest generation, and under
///          `newest_good` those of the newest where no other is whole; what the file system gives.
template <readable_files F>
[[nodiscard]] result<snapshot> open_snapshot(const F& fs, const std::string& folder,
                                             generation_policy policy = generation_policy::newest);

/// One generation of a store, read whole and checked to the last bit. It does not change, whatever a writer does
/// meanwhile, and holds no file open.
///
/// Borrows  nothing; it holds the bytes of every part until `release`, and what `read` gives has its own.
class snapshot {
    struct loaded {
        part_record record;
        container   file;
    };
    std::string                     folder_;
    std::uint64_t                   generation_ = 0;
    std::vector<part_record>        parts_;
    std::vector<loaded>             files_;
    std::vector<damaged_generation> damaged_;

public:
    /// An empty one, of a store in which nothing was committed yet.
    explicit snapshot(std::string folder = {}) : folder_(std::move(folder)) {}

    /// From 1; 0: nothing was committed.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    [[nodiscard]] bool          empty() const noexcept { return generation_ == 0; }
    /// What belongs to it, by name.
    [[nodiscard]] std::span<const part_record> parts() const noexcept { return parts_; }
    /// Newer generations that were passed over: worth a warning. Empty under `generation_policy::newest`.
    [[nodiscard]] std::span<const damaged_generation> damaged() const noexcept { return damaged_; }

    [[nodiscard]] const part_record* find(std::string_view name) const noexcept {
        for (const part_record& p : parts_)
            if (p.name == name) return &p;
        return nullptr;
    }
    [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

    /// The part as the checked file that holds it, for those who keep several blocks in one.
    ///
    /// Fails    `missing_part` where there is none, or where it was released.
    [[nodiscard]] result<const container*> file(std::string_view name) const {
        for (const loaded& l : files_)
            if (l.record.name == name) return &l.file;
        return error{fault::missing_part, unit::none, 0, path_of(folder_, name)};
    }

    /// The part as a value: `T::load(byte_reader&, args…)`, whose whole content must be used up.
    ///
    /// Fails    `missing_part`, `foreign` (of another kind), `newer_format`, and whatever `load` finds.
    template <class T, class... Args>
    [[nodiscard]] result<T> read(std::string_view name, Args&&... args) const {
        const auto it = file(name);
        if (!it) return it.error();
        if (auto fits = (*it)->expect(detail::kind_of<T>(name), detail::format_of<T>()); !fits) return fits.error();
        auto body = (*it)->block("body");
        if (!body) return body.error();
        result<T> value = T::load(*body, std::forward<Args>(args)...);
        if (!value) return value;
        if (auto all = body->finish(); !all) return all.error();
        return value;
    }

    /// Gives back the memory of a part that is not read again.
    void release(std::string_view name) {
        std::erase_if(files_, [&](const loaded& l) { return l.record.name == name; });
    }

private:
    template <file_system F>
    friend class store;
    template <readable_files F>
    friend result<snapshot> open_snapshot(const F&, const std::string&, generation_policy);

    /// After a commit: the same store, a later generation. Bytes of parts that were carried over stay.
    void becomes(manifest next) {
        generation_ = next.generation;
        parts_      = std::move(next.parts);
        damaged_.clear();
        std::erase_if(files_, [&](const loaded& l) {
            const part_record* same = find(l.record.name);
            return same == nullptr || *same != l.record;
        });
    }

    template <readable_files F>
    static result<snapshot> read_generation(const F& fs, const std::string& folder, std::uint64_t generation) {
        auto listed = detail::read_manifest(fs, folder, generation);
        if (!listed) return listed.error();
        snapshot it(folder);
        it.generation_ = generation;
        it.parts_      = std::move(listed->parts);
        for (const part_record& p : it.parts_) {
            const std::string path = path_of(folder, file_of(p));
            auto              file = fs.open(path);
            if (!file)
                return file.error().what == fault::not_found ? error{fault::missing_part, unit::none, 0, path}
                                                             : file.error();
            const auto is = fs.about(*file);
            if (!is) return is.error();
            if (is->size != p.size) // before anything is allocated
                return error{is->size < p.size ? fault::truncated : fault::malformed, unit::byte, is->size, path};
            auto bytes = aligned_bytes::of_size(is->size, path);
            if (!bytes) return bytes.error();
            if (auto read = fs.read(*file, 0, bytes->all()); !read) return read.error();
            auto whole = container::open(std::move(*bytes), path);
            if (!whole) return whole.error();
            if (whole->digest() != p.digest || whole->about() != p.about) // another good file under this name
                return error{fault::malformed, unit::none, 0, path};
            it.files_.push_back({p, std::move(*whole)});
        }
        return it;
    }
};

namespace detail {

template <readable_files F>
result<std::vector<std::uint64_t>> generations_in(const F& fs, const std::string& folder) {
    const auto there = fs.names(folder);
    if (!there) return there.error();
    std::vector<std::uint64_t> found;
    for (const std::string& name : *there)
        if (const auto it = store_name_of(name); it.what == store_name::manifest) found.push_back(it.generation);
    std::sort(found.begin(), found.end());
    std::reverse(found.begin(), found.end());
    return found;
}

} // namespace detail

template <readable_files F>
result<snapshot> open_snapshot(const F& fs, const std::string& folder, generation_policy policy) {
    for (int tries = 0;; ++tries) {
        auto all = detail::generations_in(fs, folder);
        if (!all) return all.error();
        if (all->empty()) return error{fault::not_found, unit::none, 0, path_of(folder, "manifest")};
        std::vector<damaged_generation> damaged;
        bool                            overtaken = false;
        for (const std::uint64_t generation : *all) {
            auto it = snapshot::read_generation(fs, folder, generation);
            if (it) {
                it->damaged_ = std::move(damaged);
                return it;
            }
            // A file that is not there may have been removed by a writer who committed twice since the folder was
            // listed.
            if (it.error().what == fault::not_found || it.error().what == fault::missing_part) {
                const auto now = detail::generations_in(fs, folder);
                if (!now) return now.error();
                overtaken = tries < 16 && *now != *all;
                if (overtaken) break;
            }
            if (policy == generation_policy::newest || !is_damage(it.error().what)) return it.error();
            damaged.push_back({generation, it.error()});
        }
        if (!overtaken) return damaged.front().why;
    }
}

} // namespace graft::inline GRAFT_ABI
