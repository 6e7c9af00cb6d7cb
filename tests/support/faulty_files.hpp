// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/store/io.hpp>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// How a call fails.
enum class mishap { io_error, no_space, short_write };

/// A file system whose n-th call fails, once or from then on, or where files and folders of certain names do.
template <graft::file_system Inner>
class faulty_files {
    struct plan {
        std::size_t           calls = 0, fail_at = std::numeric_limits<std::size_t>::max();
        bool                  sticky = false, hit = false;
        mishap                how = mishap::io_error;
        std::set<std::string> failed_syncs;
        std::size_t           retried_syncs = 0;

        std::map<std::string, std::vector<graft::fault>> by_name; // what the next calls of `open` give, by file name
        std::string                                      closed;  // a folder that cannot be read
        std::size_t                                      opened = 0;
    };
    Inner                 inner_;
    std::shared_ptr<plan> plan_ = std::make_shared<plan>();

    [[nodiscard]] bool fails() const {
        const std::size_t n = plan_->calls++;
        if (n != plan_->fail_at && !(plan_->sticky && n > plan_->fail_at)) return false;
        plan_->hit = true;
        return true;
    }
    [[nodiscard]] graft::error why(graft::fault otherwise, const std::string& path) const {
        if (plan_->how != mishap::io_error && otherwise == graft::fault::write_failed)
            return {graft::fault::disk_full, graft::unit::none, 0, path, ENOSPC};
        return {otherwise, graft::unit::none, 0, path, EIO};
    }
    graft::result<void> synced(const std::string& path, bool failing) const {
        if (plan_->failed_syncs.count(path) != 0) ++plan_->retried_syncs;
        if (!failing) return graft::done;
        plan_->failed_syncs.insert(path);
        return why(graft::fault::sync_failed, path);
    }

public:
    struct file {
        typename Inner::file inner;
        std::string          path;
    };
    using guard = typename Inner::guard;

    explicit faulty_files(Inner inner) : inner_(std::move(inner)) {}

    void arm(std::size_t at, mishap how, bool sticky) const {
        plan_->calls   = 0;
        plan_->fail_at = at;
        plan_->how     = how;
        plan_->sticky  = sticky;
        plan_->hit     = false;
    }
    void                      disarm() const { arm(std::numeric_limits<std::size_t>::max(), mishap::io_error, false); }
    [[nodiscard]] bool        hit() const { return plan_->hit; }
    [[nodiscard]] std::size_t calls() const { return plan_->calls; }
    /// Syncs of a path after one of it had failed.
    [[nodiscard]] std::size_t retried_syncs() const { return plan_->retried_syncs; }
    /// What the next calls of `open` give for files of that name.
    void opens_as(const std::string& name, std::vector<graft::fault> next) const {
        plan_->by_name[name] = std::move(next);
    }
    void close_folder(const std::string& path) const { plan_->closed = path; }
    /// How many files were to be opened since it was asked last.
    [[nodiscard]] std::size_t opened() const { return std::exchange(plan_->opened, 0); }

    graft::result<file> open(const std::string& path, graft::links at_end = graft::links::followed) const {
        ++plan_->opened;
        if (fails()) return why(graft::fault::unreadable, path);
        if (const auto planned = plan_->by_name.find(path.substr(path.rfind('/') + 1));
            planned != plan_->by_name.end() && !planned->second.empty()) {
            const graft::fault what = planned->second.front();
            planned->second.erase(planned->second.begin());
            return graft::error{what, graft::unit::none, 0, path, EACCES};
        }
        auto it = inner_.open(path, at_end);
        if (!it) return it.error();
        return file{std::move(*it), path};
    }
    graft::result<file> create(const std::string& path) const {
        if (fails()) return why(graft::fault::write_failed, path);
        auto it = inner_.create(path);
        if (!it) return it.error();
        plan_->failed_syncs.erase(path); // another file of that name
        return file{std::move(*it), path};
    }
    graft::result<graft::folder_entry> about(file& of) const {
        if (fails()) return why(graft::fault::unreadable, of.path);
        return inner_.about(of.inner);
    }
    graft::result<graft::folder_entry> look(const std::string& path) const {
        if (fails()) return why(graft::fault::unreadable, path);
        return inner_.look(path);
    }
    graft::result<void> read(file& from, std::uint64_t at, std::span<std::byte> into) const {
        if (fails()) return why(graft::fault::unreadable, from.path);
        return inner_.read(from.inner, at, into);
    }
    graft::result<void> write(file& to, std::span<const std::byte> bytes) const {
        if (!fails()) return inner_.write(to.inner, bytes);
        if (plan_->how == mishap::short_write) static_cast<void>(inner_.write(to.inner, bytes.first(bytes.size() / 2)));
        return why(graft::fault::write_failed, to.path);
    }
    graft::result<void> sync(file& of) const {
        const bool failing = fails();
        auto       it      = synced(of.path, failing);
        return it ? inner_.sync(of.inner) : it;
    }
    graft::result<void> close(file& it) const {
        const bool failing = fails();
        auto       closed  = inner_.close(it.inner);
        return failing ? graft::result<void>(why(graft::fault::write_failed, it.path)) : closed;
    }
    graft::result<void> rename(const std::string& from, const std::string& to) const {
        if (fails()) return why(graft::fault::write_failed, to);
        return inner_.rename(from, to);
    }
    graft::result<void> sync_folder(const std::string& path) const {
        const bool failing = fails();
        if (failing) return why(graft::fault::sync_failed, path);
        return inner_.sync_folder(path);
    }
    graft::result<void> remove(const std::string& path) const {
        if (fails()) return why(graft::fault::write_failed, path);
        return inner_.remove(path);
    }
    graft::result<std::vector<std::string>> names(const std::string& path) const {
        if (path == plan_->closed) return graft::error{graft::fault::unreadable, graft::unit::none, 0, path, EACCES};
        if (fails()) return why(graft::fault::unreadable, path);
        return inner_.names(path);
    }
    graft::result<std::vector<graft::folder_entry>> list(const std::string& path) const {
        if (path == plan_->closed) return graft::error{graft::fault::unreadable, graft::unit::none, 0, path, EACCES};
        if (fails()) return why(graft::fault::unreadable, path);
        return inner_.list(path);
    }
    graft::result<void> make_folder(const std::string& path) const {
        if (fails()) return why(graft::fault::write_failed, path);
        return inner_.make_folder(path);
    }
    graft::result<guard> lock(const std::string& path) const {
        if (fails()) return why(graft::fault::write_failed, path);
        return inner_.lock(path);
    }
};

} // namespace test
