// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/digest.hpp>
#include <graft/store/io.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

// A disk in memory that remembers, call by call, what a real one may lose. `after_crash` gives what a power cut after
// the first n calls may leave: un-synced writes kept, dropped, torn, zeroed or garbled, each on its own, and un-synced
// names kept or lost, each on its own and in any combination. That is more than any file system does, so it is on the
// safe side.

namespace test {

struct disk_call {
    enum { create, write, sync, rename, sync_folder, remove } what = create;
    std::size_t            inode                                   = 0;
    std::string            path = {}, to = {};
    std::vector<std::byte> bytes = {};
};

struct disk {
    std::vector<std::vector<std::byte>> inodes;
    std::map<std::string, std::size_t>  names; // full path to inode
    std::set<std::string>               held;  // locks
    std::vector<disk_call>              log;

    [[nodiscard]] std::uint64_t state() const {
        std::uint64_t h = 1;
        for (const auto& [name, inode] : names) {
            const auto& b = inodes[inode];
            h             = graft::hash64(name, h);
            h             = graft::hash64({reinterpret_cast<const char*>(b.data()), b.size()}, h);
        }
        return h;
    }
};

class memory_files {
    std::shared_ptr<disk> disk_ = std::make_shared<disk>();

    graft::folder_entry entry(std::string name, std::size_t inode) const {
        return {std::move(name), graft::entry_kind::file, disk_->inodes[inode].size(), 0, inode};
    }
    static graft::error refused(graft::fault what, const std::string& path) {
        return {what, graft::unit::none, 0, path, what == graft::fault::not_found ? 2 : 5};
    }

public:
    struct file {
        std::size_t inode = 0;
        std::string path  = {};
    };
    struct unlock {
        std::shared_ptr<disk> of;
        void                  operator()(std::string* path) const {
            of->held.erase(*path);
            delete path;
        }
    };
    using guard = std::unique_ptr<std::string, unlock>;

    memory_files() = default;
    explicit memory_files(disk of) : disk_(std::make_shared<disk>(std::move(of))) {}
    [[nodiscard]] disk& it() const { return *disk_; }

    graft::result<file> open(const std::string& path, graft::links = graft::links::followed) const {
        const auto at = disk_->names.find(path);
        if (at == disk_->names.end()) return refused(graft::fault::not_found, path);
        return file{at->second, path};
    }
    graft::result<file> create(const std::string& path) const {
        if (disk_->names.count(path) != 0) return refused(graft::fault::write_failed, path);
        disk_->inodes.emplace_back();
        disk_->names[path] = disk_->inodes.size() - 1;
        disk_->log.push_back({disk_call::create, disk_->inodes.size() - 1, path});
        return file{disk_->inodes.size() - 1, path};
    }
    graft::result<graft::folder_entry> about(file& of) const { return entry(of.path, of.inode); }
    graft::result<graft::folder_entry> look(const std::string& path) const {
        if (const auto at = disk_->names.find(path); at != disk_->names.end()) return entry(path, at->second);
        return refused(graft::fault::not_found, path);
    }
    graft::result<void> read(file& from, std::uint64_t at, std::span<std::byte> into) const {
        const auto& bytes = disk_->inodes[from.inode];
        if (at > bytes.size() || into.size() > bytes.size() - at) return refused(graft::fault::truncated, from.path);
        if (!into.empty()) std::memcpy(into.data(), bytes.data() + at, into.size());
        return graft::done;
    }
    graft::result<void> write(file& to, std::span<const std::byte> bytes) const {
        auto& all = disk_->inodes[to.inode];
        all.insert(all.end(), bytes.begin(), bytes.end());
        disk_->log.push_back({disk_call::write, to.inode, to.path, {}, {bytes.begin(), bytes.end()}});
        return graft::done;
    }
    graft::result<void> sync(file& of) const {
        disk_->log.push_back({disk_call::sync, of.inode, of.path});
        return graft::done;
    }
    graft::result<void> close(file&) const { return graft::done; }
    graft::result<void> rename(const std::string& from, const std::string& to) const {
        const auto at = disk_->names.find(from);
        if (at == disk_->names.end()) return refused(graft::fault::not_found, from);
        const std::size_t inode = at->second;
        disk_->names.erase(at);
        disk_->names[to] = inode;
        disk_->log.push_back({disk_call::rename, inode, from, to});
        return graft::done;
    }
    graft::result<void> sync_folder(const std::string& path) const {
        disk_->log.push_back({disk_call::sync_folder, 0, path});
        return graft::done;
    }
    graft::result<void> remove(const std::string& path) const {
        if (disk_->names.erase(path) == 0) return refused(graft::fault::not_found, path);
        disk_->log.push_back({disk_call::remove, 0, path});
        return graft::done;
    }
    graft::result<std::vector<std::string>> names(const std::string& path) const {
        return list(path).transform([](const auto& there) {
            std::vector<std::string> all;
            for (const graft::folder_entry& e : there) all.push_back(e.name);
            return all;
        });
    }
    graft::result<std::vector<graft::folder_entry>> list(const std::string& path) const {
        std::vector<graft::folder_entry> all;
        const std::string                below = path + "/";
        for (const auto& [name, inode] : disk_->names)
            if (name.starts_with(below)) all.push_back(entry(name.substr(below.size()), inode));
        return all;
    }
    graft::result<void>  make_folder(const std::string&) const { return graft::done; }
    graft::result<guard> lock(const std::string& path) const {
        if (!disk_->held.insert(path).second) return refused(graft::fault::busy, path);
        return guard(new std::string(path), unlock{disk_});
    }
};
static_assert(graft::file_system<memory_files>);

/// How many independent choices a crash after `calls` calls leaves: one of five for each un-synced write, one of two
/// for each un-synced change of a name.
struct crash_choices {
    std::size_t writes = 0, names = 0;
};

/// The disk after a power cut. `choose(n)` picks one of n; the choices are asked for writes first, then for names.
template <class Choose>
disk after_crash(const disk& before, const std::vector<disk_call>& log, std::size_t calls, Choose&& choose) {
    disk                                                 out = before;
    std::vector<const disk_call*>                        names;  // not synced
    std::map<std::size_t, std::vector<const disk_call*>> writes; // not synced, by inode
    out.held.clear();
    out.log.clear();
    const auto apply_name = [&](const disk_call& c) {
        if (c.what == disk_call::create) out.names[c.path] = c.inode;
        if (c.what == disk_call::remove) out.names.erase(c.path);
        if (c.what == disk_call::rename) {
            out.names.erase(c.path);
            out.names[c.to] = c.inode;
        }
    };
    const auto keep_write = [&](const disk_call& c) {
        out.inodes[c.inode].insert(out.inodes[c.inode].end(), c.bytes.begin(), c.bytes.end());
    };
    for (std::size_t i = 0; i < calls; ++i) {
        const disk_call& c = log[i];
        if (out.inodes.size() <= c.inode) out.inodes.resize(c.inode + 1);
        switch (c.what) {
        case disk_call::write: writes[c.inode].push_back(&c); break;
        case disk_call::sync:
            for (const disk_call* w : writes[c.inode]) keep_write(*w);
            writes.erase(c.inode);
            break;
        case disk_call::sync_folder:
            for (const disk_call* n : names) apply_name(*n);
            names.clear();
            break;
        default: names.push_back(&c);
        }
    }
    for (const auto& [inode, lost] : writes)
        for (const disk_call* w : lost) {
            disk_call torn = *w;
            switch (choose(5)) {
            case 0: break;
            case 1: torn.bytes.clear(); break;
            case 2: torn.bytes.resize(choose(torn.bytes.size() / 512 + 1) * 512); break;
            case 3: std::fill(torn.bytes.begin(), torn.bytes.end(), std::byte{0}); break;
            default: // a run of sectors holds something else
                const std::size_t sectors = torn.bytes.size() / 512 + 1, from = choose(sectors);
                const std::size_t to = std::min(torn.bytes.size(), 512 * (from + 1 + choose(sectors - from)));
                for (std::size_t i = 512 * from; i < to; ++i) torn.bytes[i] = static_cast<std::byte>(choose(256));
            }
            keep_write(torn);
        }
    for (const disk_call* n : names)
        if (choose(2) == 0) apply_name(*n);
    return out;
}

inline crash_choices choices_after(const std::vector<disk_call>& log, std::size_t calls) {
    crash_choices                      left;
    std::map<std::size_t, std::size_t> writes;
    for (std::size_t i = 0; i < calls; ++i) {
        if (log[i].what == disk_call::write) ++writes[log[i].inode];
        else if (log[i].what == disk_call::sync) writes.erase(log[i].inode);
        else if (log[i].what == disk_call::sync_folder) left.names = 0;
        else ++left.names;
    }
    for (const auto& [inode, n] : writes) left.writes += n;
    return left;
}

} // namespace test
