// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/result.hpp>
#include <graft/base/sort_records.hpp>
#include <graft/config.hpp>
#include <graft/store/container.hpp>
#include <graft/store/io.hpp>
#include <graft/store/manifest.hpp>
#include <graft/store/snapshot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

template <file_system F>
class store;

/// Opens a store to write, making its folder where there is none. The lock is held until the store is gone.
///
/// Gives    the store, its current generation checked to the last bit. What no generation needs is swept away, unless a
///          damaged generation was passed over: then all files stay until the next commit.
/// Fails    `busy` where another writer has it; as `open_snapshot`, but that nothing committed is no failure.
template <file_system F>
[[nodiscard]] result<store<F>> open_store(F fs, std::string folder,
                                          generation_policy policy = generation_policy::newest);

/// A folder of generations, open to its one writer. Whoever only reads takes `open_snapshot`.
///
///     auto index = open_store(posix_files{}, "handbook.index");
///     auto next  = index->begin();
///     next.put("text", passages);                    // written now
///     next.put("words", bm25);                       // a part that did not change is not written again
///     next.keep("embedder");                         // carried over by reference
///     auto generation = next.commit();               // all of it or nothing
///
/// Gives    after `commit` has returned a number, that generation survives a crash and a power cut; before, a crash
///          leaves the one before. Two generations are kept, so that a reader and a damaged file have one to fall to.
/// Fails    after `sync_failed`, or once the last step of a commit has failed, nobody knows what is on the device: the
///          store takes no more commits and says so with the same error. Open it again.
template <file_system F>
class store {
    F                       fs_;
    std::string             folder_;
    typename F::guard       lock_;
    snapshot                now_;
    std::uint64_t           last_   = 0;  // the highest generation that any name in the folder has used
    std::uint64_t           newest_ = 0;  // the highest that is committed, whole or not
    std::optional<manifest> before_ = {}; // the generation before `now_`, whose files stay
    std::optional<error>    broken_ = {};

    store(F fs, std::string folder, typename F::guard lock)
        : fs_(std::move(fs)), folder_(std::move(folder)), lock_(std::move(lock)), now_(folder_) {}

    template <file_system G>
    friend result<store<G>> open_store(G, std::string, generation_policy);

public:
    class draft;

    /// The generation that was opened, or committed last. A committed one holds no bytes: it was in the caller's
    /// memory.
    [[nodiscard]] const snapshot&    now() const noexcept { return now_; }
    [[nodiscard]] std::uint64_t      generation() const noexcept { return now_.generation(); }
    [[nodiscard]] bool               has(std::string_view name) const noexcept { return now_.has(name); }
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

    /// As `snapshot::read`, of the generation that was opened.
    template <class T, class... Args>
    [[nodiscard]] result<T> read(std::string_view name, Args&&... args) const {
        return now_.template read<T>(name, std::forward<Args>(args)...);
    }
    /// As `snapshot::release`.
    void release(std::string_view name) { now_.release(name); }

    /// The next generation, empty at first. One at a time; the store must outlive it and stay where it is.
    [[nodiscard]] draft begin() { return draft(*this); }

private:
    /// Removes what neither the current generation nor the one before it names. A removal that fails leaves a file for
    /// the next sweep, no more.
    void sweep() const {
        const auto there = fs_.names(folder_);
        if (!there) return;
        const auto listed = [&](const std::string& file, std::span<const part_record> parts) {
            return std::any_of(parts.begin(), parts.end(), [&](const part_record& p) { return file_of(p) == file; });
        };
        // Manifests first: a crash between must not leave one that names files that are gone.
        for (const bool manifests : {true, false})
            for (const std::string& file : *there) {
                const auto it = detail::store_name_of(file);
                if (it.what == detail::store_name::other || (it.what == detail::store_name::part) == manifests)
                    continue;
                if (it.what == detail::store_name::manifest &&
                    (it.generation == now_.generation() || (before_ && it.generation == before_->generation)))
                    continue;
                if (it.what == detail::store_name::part &&
                    (listed(file, now_.parts()) || (before_ && listed(file, before_->parts))))
                    continue;
                static_cast<void>(fs_.remove(path_of(folder_, file)));
            }
    }
};

/// A generation in the making. Dropped without `commit`, it never happened.
///
/// Fails    the first failure sticks: later calls do nothing, and `commit` gives it.
template <file_system F>
class store<F>::draft {
    store*                   of_;
    manifest                 next_;
    std::vector<std::string> written_; // paths
    std::optional<error>     why_;
    bool                     over_ = false;

    explicit draft(store& of) : of_(&of), why_(of.broken_) {
        next_.generation = ++of.last_;
        if (next_.generation == 0) why_ = error{fault::too_large, unit::none, 0, of.folder_};
    }
    friend class store;

public:
    draft(draft&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), next_(std::move(other.next_)), written_(std::move(other.written_)),
          why_(std::move(other.why_)), over_(std::exchange(other.over_, true)) {}
    draft& operator=(draft&&) = delete;
    ~draft() { undo(); }

    /// Writes a part. One that equals the current generation's byte for byte is shared with it instead.
    ///
    /// Takes    `fingerprint`, of whatever the content depends on (an index: its embedder).
    template <storable T>
    draft& put(std::string_view name, const T& value, std::uint64_t fingerprint = 0) {
        if (refuses(name)) return *this;
        container_writer file({std::string(detail::kind_of<T>(name)), detail::format_of<T>(), fingerprint});
        value.save(file.block("body"));
        return put(name, std::move(file));
    }
    /// The same for content that is bytes already.
    draft& put(std::string_view name, container_info about, std::span<const std::byte> body) {
        if (refuses(name)) return *this;
        container_writer file(std::move(about));
        file.block("body").elements(std::span(reinterpret_cast<const std::uint8_t*>(body.data()), body.size()));
        return put(name, std::move(file));
    }
    /// The same for a file of several blocks.
    draft& put(std::string_view name, container_writer file) {
        if (refuses(name)) return *this;
        const sealed_container sealed = file.seal();
        part_record part{std::string(name), file.about(), next_.generation, sealed.bytes.size(), sealed.digest};
        if (const part_record* same = unchanged(part, sealed.bytes)) {
            part = *same;
        } else {
            const std::string path = path_of(of_->folder_, file_of(part));
            if (auto wrote = write_new_file(of_->fs_, path, sealed.bytes); !wrote) {
                fail(wrote.error());
                return *this;
            }
            written_.push_back(path);
        }
        next_.parts.push_back(std::move(part));
        return *this;
    }
    /// Carries a part over from the current generation: nothing is written.
    ///
    /// Fails    `missing_part`.
    draft& keep(std::string_view name) {
        if (refuses(name)) return *this;
        const part_record* part = of_->now_.find(name);
        if (part == nullptr) fail({fault::missing_part, unit::none, 0, path_of(of_->folder_, name)});
        else next_.parts.push_back(*part);
        return *this;
    }

    /// What went wrong so far.
    [[nodiscard]] result<void> check() const {
        if (why_) return *why_;
        return done;
    }

    /// Makes it the current generation. A draft that changes nothing writes nothing.
    ///
    /// Gives    the generation's number, when it is on the device.
    /// Fails    the first failure of the draft; `changed` where somebody else has committed (the lock was not kept);
    ///          what the file system gives. Unless the store is broken now, the current generation is what it was.
    [[nodiscard]] result<std::uint64_t> commit() {
        if (over_) return error{fault::bad_argument, unit::none, 0, "a draft that is over"};
        if (!why_) publish();
        undo();
        if (why_) return *why_;
        return of_->generation();
    }

private:
    /// True once nothing more is taken; a bad or repeated name is one reason.
    bool refuses(std::string_view name) {
        if (over_ || why_) return true;
        if (!is_part_name(name)) fail({fault::bad_argument, unit::none, 0, std::string(name)});
        else if (next_.find(name) != nullptr) fail({fault::duplicate_id, unit::none, 0, std::string(name)});
        else if (next_.parts.size() == detail::most_parts) fail({fault::too_large, unit::none, 0, std::string(name)});
        return why_.has_value();
    }
    void fail(error why) {
        if (why.what == fault::sync_failed) of_->broken_ = why;
        why_ = std::move(why);
    }

    /// The current generation's record where its file holds the same bytes. Equal digests are not proof enough to throw
    /// the new bytes away, so the old ones are read and compared.
    const part_record* unchanged(const part_record& part, std::span<const std::byte> bytes) const {
        const part_record* old = of_->now_.find(part.name);
        if (old == nullptr || old->digest != part.digest || old->size != part.size || old->about != part.about)
            return nullptr;
        const auto held = read_file(of_->fs_, path_of(of_->folder_, file_of(*old)), part.size);
        if (!held || held->size() != bytes.size() || std::memcmp(held->all().data(), bytes.data(), bytes.size()) != 0)
            return nullptr;
        return old;
    }

    void publish() {
        const F&          fs      = of_->fs_;
        const auto        old     = of_->now_.parts();
        const std::string path    = path_of(of_->folder_, manifest_of(next_.generation));
        const std::string pending = path + std::string(detail::pending_suffix);
        sort_records(next_.parts, [](const part_record& a, const part_record& b) { return a.name < b.name; });
        // The parts' names reach the device before a manifest that needs them can. So does the current manifest's,
        // which a writer that was killed may have left in memory only.
        if (auto named = fs.sync_folder(of_->folder_); !named) return fail(named.error());
        if (of_->generation() == of_->newest_ && of_->newest_ != 0 &&
            std::equal(next_.parts.begin(), next_.parts.end(), old.begin(), old.end()))
            return;
        if (auto wrote = write_new_file(fs, pending, detail::seal_manifest(next_).bytes); !wrote)
            return fail(wrote.error());
        written_.push_back(pending);
        const auto others = detail::generations_in(fs, of_->folder_);
        if (!others) return fail(others.error());
        if (!others->empty() && others->front() > of_->newest_)
            return fail({fault::changed, unit::none, 0, path_of(of_->folder_, manifest_of(others->front()))});
        // From here on nobody can say what a failure left behind: nothing is undone, and the store is broken.
        auto last = fs.rename(pending, path);
        if (last) last = fs.sync_folder(of_->folder_);
        written_.clear();
        if (!last) {
            of_->broken_ = last.error();
            return fail(last.error());
        }
        of_->newest_ = next_.generation;
        of_->before_.reset();
        if (of_->generation() != 0) of_->before_ = manifest{of_->generation(), {old.begin(), old.end()}};
        of_->now_.becomes(std::move(next_));
        of_->sweep();
    }

    void undo() noexcept {
        if (over_) return;
        over_ = true;
        for (const std::string& path : written_) static_cast<void>(of_->fs_.remove(path));
        written_.clear();
    }
};

template <file_system F>
result<store<F>> open_store(F fs, std::string folder, generation_policy policy) {
    if (auto made = fs.make_folder(folder); !made) return made.error();
    auto lock = fs.lock(path_of(folder, detail::writer_lock));
    if (!lock) return lock.error();
    const auto there = fs.names(folder);
    if (!there) return there.error();
    store<F>                   it(fs, folder, std::move(*lock));
    std::vector<std::uint64_t> manifests;
    for (const std::string& name : *there) {
        const auto is = detail::store_name_of(name);
        it.last_      = std::max(it.last_, is.generation);
        if (is.what == detail::store_name::manifest) manifests.push_back(is.generation);
    }
    std::sort(manifests.begin(), manifests.end());
    it.newest_ = manifests.empty() ? 0 : manifests.back();
    if (manifests.empty()) {
        // The folder's own name must last at least as long as what is committed into it.
        if (auto named = fs.sync_folder(folder_of(folder)); !named) return named.error();
        return it;
    }
    auto opened = open_snapshot(fs, folder, policy);
    if (!opened) return opened.error();
    it.now_           = std::move(*opened);
    const auto beside = std::lower_bound(manifests.begin(), manifests.end(), it.generation());
    bool       sure   = it.now_.damaged().empty();
    if (beside != manifests.begin()) {
        auto older = detail::read_manifest(fs, folder, *(beside - 1));
        sure       = sure && older.has_value();
        if (older) it.before_ = std::move(*older);
    }
    if (sure) it.sweep();
    return it;
}

} // namespace graft::inline GRAFT_ABI
