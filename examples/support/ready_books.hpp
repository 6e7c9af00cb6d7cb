// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "console.hpp"
#include "left_out.hpp"
#include "loaders.hpp"

#include <graft/knowledge/knowledge_base.hpp>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

// How `ask` comes to its books: made, or opened from an index, brought up to their folder and saved.
namespace tool {

using namespace graft;

/// The books to ask, and how many inputs were refused on the way.
template <class Books>
struct ready_books {
    Books       books;
    std::size_t refused = 0;
};

/// Says what was left out; gives how many errors there were.
inline std::size_t tell(const arguments& args, const console& say, const std::vector<error>& reports) {
    return tell_left_out(say, reports, args.has("verbose"));
}
/// The same of a folder in which no document was found.
inline void tell_why_empty(const arguments& args, const console& say, const std::string& folder) {
    folder_options how = reads();
    how.empty_is_fine  = true;
    if (const auto none = load_folder(folder, how))
        (void)tell(args, say, {none->reports().begin(), none->reports().end()});
}

/// Makes the books in memory, as `how` says.
template <class Books>
ready_books<Books> build(const arguments& args, const console& say, const std::string& folder,
                         typename Books::params how, context& c) {
    how.folder = folder;
    auto made  = Books::make(std::move(how), c);
    if (!made && made.error().what == fault::no_input) {
        tell_why_empty(args, say, folder);
        say.report(made.error(), folder + ": it holds no document");
        std::exit(exit_failed);
    }
    auto       books   = say.need(std::move(made));
    const auto refused = tell(args, say, books.report());
    return {std::move(books), refused};
}

/// The books that an index holds, or the end of the program.
template <class Books>
[[nodiscard]] Books need_books(const console& say, result<Books> books, const std::string& where) {
    if (!books && books.error().what == fault::older_format) {
        say.report(books.error(), where +
                                      ": this index was made by an older version, in a form that is no longer read; "
                                      "remove it, and it is made anew");
        std::exit(exit_failed);
    }
    return say.need(std::move(books));
}

/// The folder cannot be seen: it is gone, closed, or as empty as the place where a disk is mounted.
inline bool is_gone(fault what) {
    return what == fault::not_found || what == fault::unreadable || what == fault::not_a_file ||
           what == fault::not_a_folder || what == fault::no_input;
}

/// Brings opened books up to their folder. What cannot be saved is in memory all the same: it is reported, and the answers come.
template <class Books>
ready_books<Books> refreshed(const arguments& args, const console& say, Books books, const std::string& where,
                             const typename Books::params& as_saved, context& c) {
    std::size_t refused = 0;
    auto        now     = books.refresh(c);
    if (!now && !is_gone(now.error().what)) {
        auto       unsaved = Books::read(where, as_saved, c);
        const auto folder  = books.folder();
        if (unsaved) unsaved->follow(folder);
        if (auto again = unsaved ? unsaved->refresh(c) : now; again) {
            say.report(now.error()), ++refused;
            books = std::move(*unsaved), now = std::move(again);
        }
    }
    if (!now && is_gone(now.error().what)) { // answered from the index alone, and the exit status says so
        if (now.error().what != fault::no_input) {
            say.report(now.error());
        } else {
            tell_why_empty(args, say, books.folder());
            say.report(now.error(), books.folder() +
                                        ": it holds no document now (is it mounted?); answered from the index, "
                                        "which stays as it was. To forget its " +
                                        counted(books.size(), "document") + ", remove the index");
        }
        return {std::move(books), 1};
    }
    const auto seen = say.need(std::move(now));
    if (seen.any())
        say.note(std::to_string(seen.added) + " chunks added, " + std::to_string(seen.removed) + " removed, " +
                 std::to_string(seen.moved) + " moved, " + std::to_string(seen.reused) + " reused" +
                 (seen.refitted ? ", embedder fitted anew" : ""));
    refused += tell(args, say, books.report());
    return {std::move(books), refused};
}

/// The folder of the documents: --folder; or the first word, which is taken, where there is no index yet or where it names the
/// folder that the index was made from. Empty: as the index has it. Any other word is a question, unless it is a folder.
inline std::string choose_folder(const arguments& args, std::vector<std::string>& words, const std::string& made_from) {
    std::error_code ignored;
    const auto      whole = [&](const std::string& path) {
        auto all = std::filesystem::absolute(path, ignored).lexically_normal().string();
        while (all.size() > 1 && all.back() == '/') all.pop_back();
        return all;
    };
    if (args.has("folder")) return whole(args.text("folder"));
    if (made_from.empty()) {
        args.require(!words.empty() && !words.front().empty(), "name the FOLDER that holds the documents");
        const auto folder = whole(words.front());
        words.erase(words.begin());
        return folder;
    }
    if (words.empty() || words.front().empty()) return {};
    const auto folder = whole(words.front());
    if (folder == made_from) {
        words.erase(words.begin());
        return folder;
    }
    args.require(!std::filesystem::is_directory(folder, ignored),
                 "this index was made from " + made_from + "; --folder makes it follow another");
    return {};
}

/// Opens, refreshes and saves the index, or builds it, as `how` says. Takes the FOLDER out of the words.
template <class Books>
ready_books<Books> ready(const arguments& args, const console& say, std::vector<std::string>& words,
                         typename Books::params how) {
    how.files = reads();
    progress_bar bar(args, "embedding");
    context      c{threads(args.threads())};
    c.progress = bar;
    if (!args.has("index")) return build<Books>(args, say, choose_folder(args, words, ""), how, c);
    const auto where = args.text("index");
    args.require(!where.empty(), "--index needs a folder");
    const auto made_new = [&] { // made before anything of it is on the disk
        auto made = build<Books>(args, say, choose_folder(args, words, ""), how, c);
        if (auto ok = made.books.keep_in(where);
            !ok && ok.error().what != fault::busy && ok.error().what != fault::changed) // another made it meanwhile
            say.report(ok.error()), ++made.refused;
        return made;
    };
    const auto state = look_at_index(posix_files{}, where, Books::last_part);
    if (state == index_state::none) return made_new();
    if (state == index_state::foreign) {
        say.report({fault::foreign, unit::none, 0, where},
                   where + ": it holds other files and no index; --index takes a new or an empty folder");
        std::exit(exit_failed);
    }
    if (state != index_state::there) {
        const auto held = open_store(posix_files{}, where);
        const bool busy = !held && held.error().what == fault::busy; // it is being made now
        if (!busy && state == index_state::headless) {
            say.report({fault::missing_part, unit::none, 0, where},
                       where + ": the manifests of this index are gone, and nothing tells which of its parts belong "
                               "together: nothing is read or saved there; with another --index it is made anew");
            auto made = build<Books>(args, say, choose_folder(args, words, ""), how, c);
            ++made.refused;
            return made;
        }
        if (!busy) say.note("the index was not finished when it was made: it is made anew");
    }
    if (state == index_state::unfinished) return made_new();
    const auto policy   = args.has("previous") ? generation_policy::newest_good : generation_policy::newest;
    auto       as_saved = how;
    as_saved.generation = policy;
    as_saved.refresh    = false;
    auto       index    = Books::open(where, as_saved, c);
    const bool held     = index.has_value();
    if (!index && (index.error().what == fault::busy || index.error().what == fault::write_failed ||
                   index.error().what == fault::disk_full)) {
        // Another writer, or a place that cannot be written: what is there is read, brought up to date in memory, and not saved.
        say.note("the index cannot be written now (" + std::string(explain(index.error().what)) +
                 "): nothing is saved");
        index = Books::read(where, as_saved, c);
        if (!index && index.error().what == fault::not_found)
            return build<Books>(args, say, choose_folder(args, words, ""), how, c);
    } else if (!index && policy == generation_policy::newest) {
        const auto whole = open_snapshot(posix_files{}, where, policy);
        if (!whole && is_damage(whole.error().what))
            say.note("the index is damaged: --previous takes the newest generation that is whole; without the folder " +
                     where + " it is made anew");
    }
    auto opened = need_books<Books>(say, std::move(index), where);
    for (const auto& d : held ? opened.damaged() : std::span<const damaged_generation>())
        say.note("generation " + std::to_string(d.generation) + " passed over: " + printable(describe(d.why)));
    if (auto folder = choose_folder(args, words, opened.folder()); !folder.empty()) opened.follow(folder);
    return refreshed<Books>(args, say, std::move(opened), where, as_saved, c);
}

} // namespace tool
