// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/sort_records.hpp>
#include <graft/docs/corpus.hpp>
#include <graft/load/formats.hpp>
#include <graft/load/loader.hpp>
#include <graft/load/read_text.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Which files a folder gives, and what of them.
struct folder_options {
    utf8_policy   bad_utf8 = utf8_policy::repair;
    std::uint64_t largest  = std::uint64_t{2} << 30; ///< bytes; a larger file is reported as `too_large` and left out
    bool          read_markup   = false; ///< HTML, RTF, notebooks are read as plain text, marks and all, not left out
    bool          empty_is_fine = false; ///< no document at all is an empty corpus with its reports, not `no_input`
    loaders with = {}; ///< who reads what is not written as text; what none takes is read, or reported, as text is
};

namespace detail {

inline bool by_name(const folder_entry& a, const folder_entry& b) noexcept { return a.name < b.name; }

/// Everything below a folder: the files in the byte order of their relative paths, and what was left out.
template <readable_files Files>
[[nodiscard]] result<std::vector<folder_entry>> walk(const std::string& root, const Files& files,
                                                     std::vector<error>& reports, const context& c) {
    std::vector<folder_entry> found;
    std::vector<std::string>  open{""};
    while (!open.empty()) {
        if (auto ok = c.alive(); !ok) return ok.error();
        const std::string below = std::move(open.back());
        open.pop_back();
        auto names = files.list(below.empty() ? root : root + "/" + below);
        if (!names) {
            error e = names.error();
            if (below.empty()) return e;
            e.subject = below;
            reports.push_back(std::move(e));
            continue;
        }
        for (folder_entry& it : *names) {
            const std::string path = below.empty() ? it.name : below + "/" + it.name;
            if (unicode::first_invalid(it.name) != std::string_view::npos) {
                reports.push_back({fault::bad_utf8, unit::none, 0, unicode::repair(path).text});
            } else if (it.name.starts_with('.')) {
                reports.push_back({fault::hidden, unit::none, 0, path});
            } else if (it.kind == entry_kind::symlink) {
                reports.push_back({fault::symlink, unit::none, 0, path});
            } else if (it.kind == entry_kind::folder) {
                open.push_back(path);
            } else if (it.kind == entry_kind::other) {
                reports.push_back({fault::not_a_file, unit::none, 0, path});
            } else {
                it.name = path;
                found.push_back(std::move(it));
            }
        }
    }
    sort_records(found, by_name);
    return found;
}

/// All bytes of a file that is there without a link; `it` becomes what the file is now.
///
/// Fails    `changed` where it is another one, or has other times or another size, than before it was read; as `open`.
template <readable_files Files>
[[nodiscard]] result<void> read_unchanged(const Files& files, const std::string& path, folder_entry& it,
                                          std::string& into) {
    auto file = files.open(path, links::refused);
    if (!file) return file.error();
    const auto before = files.about(*file);
    if (!before) return before.error();
    into.resize(static_cast<std::size_t>(before->size));
    const auto read = files.read(*file, 0, std::as_writable_bytes(std::span(into)));
    if (!read && read.error().what != fault::truncated) return read.error();
    std::byte  more[1]; // a byte behind the last: a file that grew tells so
    const auto grew  = files.read(*file, before->size, more);
    const auto after = files.about(*file);
    if (!after) return after.error();
    it = {std::move(it.name), after->kind, after->size, after->mtime, after->stamp};
    if (!read || grew || it.size != before->size || it.mtime != before->mtime || it.stamp != before->stamp)
        return error{fault::changed, unit::none, 0, path};
    if (grew.error().what != fault::truncated) return grew.error();
    return done;
}

/// The document that a file becomes, without an id: made by the first loader that takes it, else read as text.
///
/// Fails    as the loader; `malformed` where what it made is not sound; as `read_document`.
[[nodiscard]] inline result<document> load_file(const folder_entry& file, std::string bytes,
                                                const folder_options& options, std::vector<error>& reports,
                                                context& c) {
    const std::uint64_t by = options.with.taking(file.name, bytes);
    if (by == 0)
        return read_document(file, std::move(bytes), media_of(file.name), options.bad_utf8, options.read_markup,
                             reports);
    loading how{c, reports, options.bad_utf8};
    auto    d = options.with.read(by, file.name, std::move(bytes), how);
    if (!d) return d;
    d->name   = file.name;
    d->size   = file.size;
    d->mtime  = file.mtime;
    d->stamp  = file.stamp;
    d->loader = by;
    if (d->damaged > 0) {
        const error bad{fault::bad_encoding, unit::byte, d->damaged - 1, file.name};
        if (options.bad_utf8 == utf8_policy::skip) return bad;
        reports.push_back(bad);
    }
    if (d->body > d->text.size() || d->damaged > d->size || !are_origins(d->origins, d->text.size(), d->size) ||
        unicode::first_invalid(d->text) != std::string_view::npos || !unicode::is_boundary(d->text, d->body) ||
        unicode::first_invalid(d->title) != std::string_view::npos)
        return error{fault::malformed, unit::none, 0, file.name};
    d->titled = !d->title.empty();
    if (!d->titled) give_title(*d);
    d->digest = sha256(d->text);
    return d;
}

/// Whether a document is what its unchanged file would become again.
[[nodiscard]] inline bool is_current(const document& d, const folder_entry& file, const folder_options& options) {
    const bool whole = d.patches.empty() && d.damaged == 0;
    return d.size == file.size && d.mtime == file.mtime && d.stamp == file.stamp &&
           (whole || options.bad_utf8 == utf8_policy::repair) &&
           (d.loader == 0 ? options.with.taking(d.name, d.text) == 0 : options.with.has(d.loader));
}

} // namespace detail

/// Loads every text below a folder, or one file, as a corpus.
///
/// Gives    documents in the byte order of their relative paths ('/' between folders); of a single file, one named like it.
///          Front matter becomes `fields`, the title is given (`give_title`). What is text is decided by content: UTF-8 (no NUL and
///          at most one byte in eight that is not), or UTF-16 and UTF-32 with a byte-order mark, which become UTF-8:
///          `document::origin` maps back to the file's bytes. A file of 0 bytes is a document without chunks.
///          `reports()` names what was left out or repaired, in byte order: `hidden` names (a folder's content is not named),
///          `symlink`, `not_a_file`, `not_text` (pictures, archives, programs, whatever their content says), `not_read` with the
///          `file_format` of a document in a format that is not read, `other_encoding`, `unreadable` (also of a folder, whose
///          content is not named), `too_large`, `changed` (while it was read, twice), `not_found` (it vanished), `bad_utf8` and
///          `bad_encoding` with the byte in the file, repaired or skipped as `options` says, without a byte: the name itself is
///          not UTF-8; and `bad_format` with the line of front matter that cannot be read, whose document is there. A file
///          that a loader of `options.with` takes is read by that; where it cannot, its error is reported.
/// Takes    `before`, an earlier corpus of the same folder. A file with the same name, size, times and inode, read by the same loader, is not read: the
///          same object is shared. One with the same name keeps its document id, and so does one that has the content of a name that is
///          gone: it moved. Ids that are gone are never given again. What is `unreadable` or `changed` now, and what lies in
///          a folder that is unreadable now, stays as it was before.
/// Costs    one read of each file, on this thread; the memory of its bytes, twice that while bad UTF-8 is repaired. Stop and
///          deadline are asked before each folder and file; progress is told in files.
/// Fails    `not_found`, `unreadable`, `not_a_file` for the path itself, `bad_argument` where it holds a NUL; `no_input` where no
///          document is left, however many were reported; of a single file, what would have been reported; stopped,
///          timed_out.
template <readable_files Files>
[[nodiscard]] result<corpus> load_folder(std::string_view path, const folder_options& options, const corpus* before,
                                         const Files& files, context& c) {
    if (path.find('\0') != path.npos)
        return error{fault::bad_argument, unit::none, 0, "folder"}; // C would cut it there
    std::string root(path);
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    const auto what = files.look(root);
    if (!what) return what.error();
    const bool one = what->kind == entry_kind::file;
    if (!one && what->kind != entry_kind::folder) return error{fault::not_a_file, unit::none, 0, root};

    std::vector<error>        reports;
    std::vector<folder_entry> found;
    if (one) {
        folder_entry it = *what;
        it.name         = root.substr(root.rfind('/') + 1);
        if (unicode::first_invalid(it.name) != std::string_view::npos) it.name = unicode::repair(it.name).text;
        found.push_back(std::move(it));
    } else {
        auto all = detail::walk(root, files, reports, c);
        if (!all) return all.error();
        found = std::move(*all);
    }

    // Nobody knows what an unreadable folder holds: what was there before stays.
    std::vector<std::string> closed;
    if (before != nullptr)
        for (const error& e : reports)
            if (e.what == fault::unreadable) closed.push_back(e.subject + "/");
    if (!closed.empty()) {
        for (const document& d : *before)
            if (std::any_of(closed.begin(), closed.end(),
                            [&](const std::string& at) { return d.name.starts_with(at); }))
                found.push_back({.name = d.name, .kind = entry_kind::other});
        sort_records(found, detail::by_name);
    }

    // Documents of before whose names are gone, by content: the first of a content is the first to be found again.
    std::multimap<digest256, const document*> gone;
    if (before != nullptr)
        for (const document& d : *before) {
            const auto at =
                std::lower_bound(found.begin(), found.end(), d.name,
                                 [](const folder_entry& e, const std::string& name) { return e.name < name; });
            if (at == found.end() || at->name != d.name) gone.emplace(d.digest, &d);
        }

    corpus docs;
    if (before != nullptr) docs.reserve_ids(before->next_id());
    for (std::size_t file = 0; file < found.size(); ++file) {
        folder_entry& it = found[file];
        if (auto ok = c.alive(); !ok) return ok.error();
        if (file > 0) c.progress(file, found.size());
        const document* old   = before != nullptr ? before->find(std::string_view(it.name)) : nullptr;
        const auto      share = [&] { return docs.share(before->owner(old->id)).transform([](auto) {}); };
        if (old != nullptr && (it.kind == entry_kind::other || detail::is_current(*old, it, options))) {
            detail::report_again(*old, reports);
            if (auto ok = share(); !ok) return ok.error();
            continue;
        }
        const std::string place = one ? root : root + "/" + it.name;
        std::string       bytes;
        result<void>      read = done;
        if (it.size > options.largest) {
            read = error{fault::too_large, unit::byte, it.size};
        } else {
            read = detail::read_unchanged(files, place, it, bytes);
            if (!read && read.error().what == fault::changed) read = detail::read_unchanged(files, place, it, bytes);
        }
        auto d = read ? detail::load_file(it, std::move(bytes), options, reports, c) : result<document>(read.error());
        if (!d) {
            error e   = d.error();
            e.subject = it.name;
            if (old != nullptr && (e.what == fault::unreadable || e.what == fault::changed))
                if (auto ok = share(); !ok) return ok.error();
            reports.push_back(std::move(e));
            continue;
        }
        if (old != nullptr) d->id = old->id;
        else if (const auto moved = gone.find(d->digest); moved != gone.end()) {
            d->id = moved->second->id;
            gone.erase(moved);
        } else d->id = docs.next_id();
        if (auto ok = docs.share(std::make_shared<const document>(std::move(*d))); !ok) return ok.error();
    }
    if (!found.empty()) c.progress(found.size(), found.size());
    if (docs.empty() && one && reports.size() == 1) return reports.front();
    if (docs.empty() && !options.empty_is_fine) return error{fault::no_input, unit::none, 0, root};
    sort_records(reports, [](const error& a, const error& b) { return a.subject < b.subject; });
    for (error& e : reports) docs.report(std::move(e));
    return docs;
}
/// The same in a context of its own.
template <readable_files Files>
[[nodiscard]] result<corpus> load_folder(std::string_view path, const folder_options& options, const corpus* before,
                                         const Files& files, context&& c = {}) {
    return load_folder(path, options, before, files, c);
}
/// The same for a folder on this machine's disk.
[[nodiscard]] inline result<corpus> load_folder(std::string_view path, const folder_options& options,
                                                const corpus* before, context& c) {
    return load_folder(path, options, before, posix_files{}, c);
}
/// The same for a folder on this machine's disk, in a context of its own.
[[nodiscard]] inline result<corpus> load_folder(std::string_view path, const folder_options& options = {},
                                                const corpus* before = nullptr, context&& c = {}) {
    return load_folder(path, options, before, posix_files{}, c);
}

#if GRAFT_KERNELS_COMPILED
extern template result<corpus> load_folder(std::string_view, const folder_options&, const corpus*, const posix_files&,
                                           context&);
#endif

} // namespace graft::inline GRAFT_ABI
