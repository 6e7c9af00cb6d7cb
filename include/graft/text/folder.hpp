// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/text/corpus.hpp>
#include <graft/text/folder_files.hpp>
#include <graft/text/front_matter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace graft::inline v0_1 {

/// What happens to a text file that is not all UTF-8; it is reported in any case.
enum class utf8_policy : std::uint8_t {
    repair, ///< each ill-formed sequence becomes U+FFFD, and `document::origin` maps back to the file's bytes
    skip,   ///< the file is left out
};

struct folder_options {
    utf8_policy   bad_utf8 = utf8_policy::repair;
    std::uint64_t largest  = std::uint64_t{2} << 30; ///< bytes; a larger file is reported as `too_large` and left out
};

/// The extensions, in any case, of files that are read as Markdown. Everything else that is text is plain text.
inline constexpr std::string_view markdown_extensions[] = {".md", ".markdown", ".mdown", ".mkd", ".mkdn"};

namespace detail {

[[nodiscard]] inline media media_of(std::string_view name) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (const std::string_view extension : markdown_extensions) {
        if (name.size() <= extension.size()) continue;
        const std::string_view end = name.substr(name.size() - extension.size());
        if (std::equal(end.begin(), end.end(), extension.begin(), [&](char a, char b) { return lower(a) == b; }))
            return media::markdown;
    }
    return media::plain;
}

/// Everything below a folder: the files in the byte order of their relative paths, and what was left out.
template <folder_files Files>
[[nodiscard]] result<std::vector<folder_entry>> walk(const std::string& root, const Files& files,
                                                     std::vector<error>& reports) {
    std::vector<folder_entry> found;
    std::vector<std::string>  open{""};
    while (!open.empty()) {
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
            if (first_invalid(it.name) != std::string_view::npos) {
                reports.push_back({fault::bad_utf8, unit::none, 0, repair(path).text});
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
    std::sort(found.begin(), found.end(), [](const folder_entry& a, const folder_entry& b) { return a.name < b.name; });
    return found;
}

/// Turns the bytes of a file into a document without an id.
///
/// Fails    `not_text` with the byte of the first NUL, for a PDF, or where more than one byte in eight is bad; `bad_utf8`
///          with the byte of the first bad one, if it is to be skipped.
[[nodiscard]] inline result<document> read_document(const folder_entry& file, std::string bytes, utf8_policy policy,
                                                    std::vector<error>& reports) {
    if (const auto* nul = bytes.empty() ? nullptr : std::memchr(bytes.data(), 0, bytes.size()); nul != nullptr)
        return error{fault::not_text, unit::byte,
                     static_cast<std::uint64_t>(static_cast<const char*>(nul) - bytes.data()), file.name};
    if (bytes.starts_with("%PDF-")) return error{fault::not_text, unit::byte, 0, file.name}; // some have no NUL
    document d;
    d.name  = file.name;
    d.size  = file.size;
    d.mtime = file.mtime;
    d.stamp = file.stamp;
    d.kind  = media_of(file.name);
    if (const std::size_t bad = first_invalid(bytes); bad == std::string_view::npos) {
        d.text = std::move(bytes);
    } else {
        repaired    better  = repair(bytes);
        std::size_t damaged = 0;
        for (const patch& p : better.patches) damaged += p.length;
        if (damaged > bytes.size() / 8) return error{fault::not_text, unit::byte, bad, file.name};
        if (policy == utf8_policy::skip) return error{fault::bad_utf8, unit::byte, bad, file.name};
        reports.push_back({fault::bad_utf8, unit::byte, bad, file.name});
        d.text    = std::move(better.text);
        d.patches = std::move(better.patches);
    }
    front_matter head = read_front_matter(d.text);
    d.body            = head.body;
    d.fields          = std::move(head.fields);
    give_title(d);
    d.digest = sha256(d.text);
    return d;
}

} // namespace detail

/// Makes a document of the bytes of a text that is in no folder, as `load_folder` does with a file of that name: what the bytes
/// are, repairs, front matter, title. It has no id yet: `corpus::add` gives one.
///
/// Gives    `bad_utf8` with the first bad byte in `reports` where it was repaired; then `document::origin` maps back.
/// Fails    `not_text` with a byte; `bad_utf8`, if it is to be skipped.
[[nodiscard]] inline result<document> read_text(std::string_view name, std::string bytes, std::vector<error>& reports,
                                                utf8_policy policy = utf8_policy::repair) {
    const folder_entry entry{.name = std::string(name), .kind = entry_kind::file, .size = bytes.size()};
    return detail::read_document(entry, std::move(bytes), policy, reports);
}

/// Loads every text below a folder, or one file, as a corpus.
///
/// Gives    documents in the byte order of their relative paths ('/' between folders); of a single file, one named like it.
///          Front matter becomes `fields`, the title is given (`give_title`). What is text is decided by content: no NUL and at
///          most one byte in eight that is not UTF-8. A file of 0 bytes is a document without chunks.
///          `reports()` names what was left out, in byte order: `hidden` names (a folder's content is not named), `symlink`,
///          `not_a_file`, `not_text`, `unreadable`, `too_large`, `changed` (while it was read, twice), `not_found` (it
///          vanished), and `bad_utf8` with the byte in the file, repaired or skipped as `options` says; without a byte: the
///          name itself is not UTF-8. A PDF is no text either.
/// Takes    `before`, an earlier corpus of the same folder. A file with the same name, size, times and inode is not read: the
///          same object is shared. One with the same name keeps its document id, and so does one that has the content of a name that is
///          gone: it moved. Ids that are gone are never given again.
/// Costs    one read of each file; the memory of its bytes, twice that while bad UTF-8 is repaired.
/// Fails    `not_found`, `unreadable`, `not_a_file` for the path itself, `bad_argument` where it holds a NUL; `no_input` where no
///          document is left, however many were reported; of a single file, what would have been reported.
template <folder_files Files = posix_folder>
[[nodiscard]] result<corpus> load_folder(std::string_view path, const folder_options& options = {},
                                         const corpus* before = nullptr, const Files& files = {}) {
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
        if (first_invalid(it.name) != std::string_view::npos) it.name = repair(it.name).text;
        found.push_back(std::move(it));
    } else {
        auto all = detail::walk(root, files, reports);
        if (!all) return all.error();
        found = std::move(*all);
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
    for (folder_entry& it : found) {
        const document* old = before != nullptr ? before->find(std::string_view(it.name)) : nullptr;
        if (old != nullptr && old->size == it.size && old->mtime == it.mtime && old->stamp == it.stamp &&
            (old->patches.empty() || options.bad_utf8 == utf8_policy::repair)) {
            if (!old->patches.empty())
                reports.push_back({fault::bad_utf8, unit::byte, old->patches.front().original, it.name});
            if (auto ok = docs.share(before->owner(old->id)); !ok) return ok.error();
            continue;
        }
        const std::string place = one ? root : root + "/" + it.name;
        std::string       bytes;
        result<void>      read = done;
        if (it.size > options.largest) {
            read = error{fault::too_large, unit::byte, it.size};
        } else {
            read = files.read(it, place, bytes);
            if (!read && read.error().what == fault::changed) read = files.read(it, place, bytes);
        }
        auto d = read ? detail::read_document(it, std::move(bytes), options.bad_utf8, reports)
                      : result<document>(read.error());
        if (!d) {
            error e   = d.error();
            e.subject = it.name;
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
    if (docs.empty() && one && reports.size() == 1) return reports.front();
    if (docs.empty()) return error{fault::no_input, unit::none, 0, root};
    std::stable_sort(reports.begin(), reports.end(),
                     [](const error& a, const error& b) { return a.subject < b.subject; });
    for (error& e : reports) docs.report(std::move(e));
    return docs;
}

} // namespace graft::inline v0_1
