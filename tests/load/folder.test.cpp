// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "support/faulty_files.hpp"
#include "support/ids.hpp"
#include "support/shared.hpp"
#include "support/traps.hpp"

#include <graft/load/folder.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace graft;
using test::operator""_d;
namespace fs = std::filesystem;

namespace {

/// A folder for one test, gone afterwards.
struct folder {
    fs::path at;
    folder() {
        std::string name = (fs::temp_directory_path() / "graft-folder-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        at = name;
    }
    ~folder() { fs::remove_all(at); }
    folder(const folder&)            = delete;
    folder& operator=(const folder&) = delete;

    void put(const std::string& name, std::string_view bytes) const {
        fs::create_directories((at / name).parent_path());
        std::ofstream(at / name, std::ios::binary) << bytes;
    }
    [[nodiscard]] std::string path() const { return at.string(); }
};

std::vector<std::string> names(const corpus& docs) {
    std::vector<std::string> all;
    for (const document& d : docs) all.push_back(d.name);
    return all;
}

/// The disk, with a plan of what goes wrong.
using faulty = test::faulty_files<posix_files>;

} // namespace

TEST_CASE("a folder gives its texts in the byte order of their paths, and names what it leaves out") {
    const folder f;
    f.put("b.md", "# B\n\ntext");
    f.put("B.txt", "upper case sorts first");
    f.put("a/z.txt", "below a");
    f.put("a.txt", "a file beside the folder a");
    f.put("a/b/c.rst", "deep");
    f.put("empty.txt", "");
    f.put(".hidden", "x");
    f.put(".git/config", "x");
    f.put("a/.swp", "x");
    f.put("image.png", std::string_view("\x89PNG\0\1", 6));
    f.put("paper.pdf", "%PDF-1.4 looks like text");
    f.put("latin1.dat", std::string_view("\xE4\xF6\xFC\xE9\xE8", 5));
    fs::create_symlink("b.md", f.at / "link.md");
    fs::create_directory_symlink(f.at / "a", f.at / "loop");
    REQUIRE(::mkfifo((f.at / "pipe").c_str(), 0600) == 0);

    const corpus docs = load_folder(f.path() + "//").value();
    CHECK(names(docs) == std::vector<std::string>{"B.txt", "a.txt", "a/b/c.rst", "a/z.txt", "b.md", "empty.txt"});
    CHECK(docs[4].kind == text_format::markdown);
    CHECK(docs[4].title == "B");
    CHECK(docs[4].titled);
    CHECK(docs[0].kind == text_format::plain);
    CHECK(docs[0].title == "B");
    CHECK(!docs[0].titled);
    CHECK(docs[5].text.empty());
    CHECK(docs[0].digest == sha256("upper case sorts first"));
    for (std::size_t i = 0; i < docs.size(); ++i) CHECK(docs[i].id == document_id{i + 1});

    const std::vector<error> expected = {
        {fault::hidden, unit::none, 0, ".git"},
        {fault::hidden, unit::none, 0, ".hidden"},
        {fault::hidden, unit::none, 0, "a/.swp"},
        {fault::not_text, unit::byte, 4, "image.png"},
        {fault::other_encoding, unit::byte, 0, "latin1.dat"},
        {fault::symlink, unit::none, 0, "link.md"},
        {fault::symlink, unit::none, 0, "loop"},
        {fault::not_read, unit::none, static_cast<std::uint64_t>(file_format::pdf), "paper.pdf"},
        {fault::not_a_file, unit::none, 0, "pipe"},
    };
    REQUIRE(docs.reports().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(docs.reports()[i] == expected[i]);
}

TEST_CASE("a path that is no folder of texts has a defined answer") {
    const folder f;
    CHECK(load_folder(f.path()).error() == error{fault::no_input, unit::none, 0, f.path()});
    CHECK(load_folder(f.path() + "/missing").error().what == fault::not_found);
    CHECK(load_folder("").error().what == fault::not_found);
    f.put("x.bin", std::string_view("\0", 1));
    CHECK(load_folder(f.path()).error().what == fault::no_input);
    const corpus none = load_folder(f.path(), {.empty_is_fine = true}).value();
    CHECK(none.empty());
    CHECK(none.reports().size() == 1);
    CHECK(load_folder("/dev/null").error().what == fault::not_a_file);
    f.put("one.md", "---\ntitle: One\ntags: [a, b]\n---\n# Not this\n");
    const corpus one = load_folder(f.path() + "/one.md").value();
    REQUIRE(one.size() == 1);
    CHECK(one[0].name == "one.md");
    CHECK(one[0].title == "One");
    CHECK(one[0].text.substr(one[0].body) == "# Not this\n");
    CHECK(*one[0].fields.find("tags") == field_value(value_list{std::string("a"), std::string("b")}));
}

TEST_CASE("bad UTF-8 is reported with file and byte, then repaired or left out") {
    const folder f;
    f.put("bad.txt", "Stra\xDF"
                     "e is latin, the rest is fine. \xE2\x82 cut.");
    f.put("good.txt", "Straße");
    const corpus repaired_docs = load_folder(f.path()).value();
    REQUIRE(repaired_docs.size() == 2);
    const document& d = repaired_docs[0];
    CHECK(unicode::first_invalid(d.text) == std::string_view::npos);
    CHECK(d.text.starts_with("Stra\uFFFDe is"));
    REQUIRE(repaired_docs.reports().size() == 1);
    CHECK(repaired_docs.reports()[0] == error{fault::bad_utf8, unit::byte, 4, "bad.txt"});
    const std::size_t at = d.text.find("cut.");
    CHECK(d.origin(at, at + 4) == byte_span{d.size - 4, d.size});
    CHECK(d.origin(4, 7) == byte_span{4, 5});

    const corpus skipped = load_folder(f.path(), {.bad_utf8 = utf8_policy::skip}, &repaired_docs).value();
    CHECK(names(skipped) == std::vector<std::string>{"good.txt"});
    CHECK(skipped.reports()[0] == error{fault::bad_utf8, unit::byte, 4, "bad.txt"});
    // A later loading says it again, though it does not read the file.
    const corpus again = load_folder(f.path(), {}, &repaired_docs).value();
    CHECK(&again[0] == &repaired_docs[0]);
    REQUIRE(again.reports().size() == 1);
    CHECK(again.reports()[0] == repaired_docs.reports()[0]);
}

TEST_CASE("a name that is not UTF-8 is reported") {
    const folder f;
    f.put("ok.txt", "x");
    std::ofstream(f.path() + "/\xFF\xFE.txt") << "y";
    const corpus docs = load_folder(f.path()).value();
    CHECK(docs.size() == 1);
    REQUIRE(docs.reports().size() == 1);
    CHECK(docs.reports()[0] == error{fault::bad_utf8, unit::none, 0, "\uFFFD\uFFFD.txt"});
}

TEST_CASE("what did not change is shared unread, what moved keeps its id, and ids never come back") {
    const folder f;
    f.put("a.txt", "first");
    f.put("b.txt", "second");
    f.put("c.txt", "third");
    f.put("d.txt", "twin");
    f.put("e.txt", "twin");
    const faulty disk{posix_files{}};
    const corpus one = load_folder(f.path(), {}, nullptr, disk).value();
    CHECK(disk.opened() == 5);

    f.put("b.txt", "second, longer");
    fs::remove(f.at / "c.txt");
    f.put("sub/moved.txt", "third");
    fs::remove(f.at / "d.txt");
    f.put("twin2.txt", "twin");
    f.put("z.txt", "new");
    const corpus two = load_folder(f.path(), {}, &one, disk).value();
    CHECK(disk.opened() == 4); // not a.txt, not e.txt
    CHECK(names(two) == std::vector<std::string>{"a.txt", "b.txt", "e.txt", "sub/moved.txt", "twin2.txt", "z.txt"});
    CHECK(&two[0] == &one[0]);
    CHECK(two[1].id == 2_d);
    CHECK(two[1].text == "second, longer");
    CHECK(two[3].id == 3_d); // moved
    CHECK(two[4].id == 4_d); // d.txt, under a new name; e.txt stayed
    CHECK(two[5].id == 6_d);

    // Gone and back again is new.
    fs::remove(f.at / "z.txt");
    const corpus three = load_folder(f.path(), {}, &two).value();
    f.put("z.txt", "new");
    const corpus four = load_folder(f.path(), {}, &three).value();
    CHECK(four.find("z.txt")->id == 7_d);
    // The old corpus is as it was.
    CHECK(one[1].text == "second");

    // Touched, but the same: the id stays.
    fs::last_write_time(f.at / "a.txt", fs::last_write_time(f.at / "a.txt") + std::chrono::seconds(5));
    const corpus five = load_folder(f.path(), {}, &four).value();
    CHECK(five[0].id == 1_d);
    CHECK(five[0].mtime != four[0].mtime);
}

TEST_CASE("a file that cannot be read, or changes while it is read, is reported and the rest goes on") {
    const folder f;
    f.put("a.txt", "a");
    f.put("b.txt", "b");
    f.put("c.txt", "c");
    f.put("d.txt", "d");
    const faulty disk{posix_files{}};
    disk.opens_as("a.txt", {fault::unreadable});
    disk.opens_as("b.txt", {fault::changed}); // once: read again
    disk.opens_as("c.txt", {fault::changed, fault::changed});
    const corpus docs = load_folder(f.path(), {}, nullptr, disk).value();
    CHECK(names(docs) == std::vector<std::string>{"b.txt", "d.txt"});
    REQUIRE(docs.reports().size() == 2);
    CHECK(docs.reports()[0] == error{fault::unreadable, unit::none, 0, "a.txt", 13});
    CHECK(docs.reports()[1] == error{fault::changed, unit::none, 0, "c.txt", 13});

    const corpus small = load_folder(f.path(), {.largest = 0}).error().what == fault::no_input ? corpus{} : corpus{};
    CHECK(small.empty());
    f.put("big.txt", "123456");
    const corpus limited = load_folder(f.path(), {.largest = 5}).value();
    CHECK(limited.reports()[0] == error{fault::too_large, unit::byte, 6, "big.txt"});
}

TEST_CASE("what cannot be seen now stays as it was before: of a file, of all below a folder") {
    const folder f;
    f.put("a.txt", "a");
    f.put("b/c.txt", "c");
    f.put("b/d/e.txt", "e");
    f.put("b.txt", "beside b");
    f.put("z.txt", "z");
    const corpus one = load_folder(f.path()).value();
    REQUIRE(one.size() == 5);

    f.put("new.txt", "new");
    f.put("z.txt", "zz");
    const faulty disk{posix_files{}};
    disk.opens_as("z.txt", {fault::unreadable});
    disk.close_folder(f.path() + "/b");
    const corpus two = load_folder(f.path(), {}, &one, disk).value();
    CHECK(names(two) == std::vector<std::string>{"a.txt", "b.txt", "b/c.txt", "b/d/e.txt", "new.txt", "z.txt"});
    CHECK(two.find("b/d/e.txt") == one.find("b/d/e.txt"));
    CHECK(two.find("z.txt") == one.find("z.txt"));
    REQUIRE(two.reports().size() == 2);
    CHECK(two.reports()[0] == error{fault::unreadable, unit::none, 0, "b", 13});
    CHECK(two.reports()[1].subject == "z.txt");
    // Where nothing was before, nothing is there; and a folder that can be read again is as it is now.
    CHECK(names(load_folder(f.path(), {}, nullptr, disk).value()) ==
          std::vector<std::string>{"a.txt", "b.txt", "new.txt", "z.txt"});
    fs::remove(f.at / "b/c.txt");
    CHECK(names(load_folder(f.path(), {}, &two).value()) ==
          std::vector<std::string>{"a.txt", "b.txt", "b/d/e.txt", "new.txt", "z.txt"});
    // The folder itself.
    disk.close_folder(f.path());
    CHECK(load_folder(f.path(), {}, &one, disk).error().what == fault::unreadable);
}

TEST_CASE("documents in formats that are not read are named, never taken for text") {
    const folder f;
    const auto   format = [](file_format x) { return static_cast<std::uint64_t>(x); };
    f.put("a.html", "<p>An otter.</p>");
    f.put("b.txt", "<!-- made by hand -->\n<!DOCTYPE HTML>\n<title>x</title>");
    f.put("c.md", "<html>\n\nMarkdown may begin so.\n");
    f.put("d.DOCX", std::string_view("PK\3\4\0\0", 6));
    f.put("e.rtf", "{\\rtf1 An otter.}");
    f.put("f.ipynb", "{}");
    f.put("g.svg", "<svg>otter</svg>");
    f.put("h.doc", "A letter of 1990, as plain text.");
    f.put("i.doc", std::string_view("\xD0\xCF\x11\xE0\0\0", 6));
    f.put("j", "%PDF-1.7");
    f.put("k.html.txt", "About <html> and others.");
    const corpus docs = load_folder(f.path()).value();
    CHECK(names(docs) == std::vector<std::string>{"c.md", "h.doc", "k.html.txt"});
    const std::vector<error> expected = {
        {fault::not_read, unit::none, format(file_format::html), "a.html"},
        {fault::not_read, unit::none, format(file_format::html), "b.txt"},
        {fault::not_read, unit::none, format(file_format::docx), "d.DOCX"},
        {fault::not_read, unit::none, format(file_format::rtf), "e.rtf"},
        {fault::not_read, unit::none, format(file_format::ipynb), "f.ipynb"},
        {fault::not_text, unit::none, 0, "g.svg"},
        {fault::not_read, unit::none, format(file_format::doc), "i.doc"},
        {fault::not_read, unit::none, format(file_format::pdf), "j"},
    };
    CHECK(std::vector<error>(docs.reports().begin(), docs.reports().end()) == expected);
    CHECK(name(file_format_of(docs.reports()[2])) == "DOCX");
    const corpus more = load_folder(f.path(), {.read_markup = true}).value();
    CHECK(names(more) ==
          std::vector<std::string>{"a.html", "b.txt", "c.md", "e.rtf", "f.ipynb", "h.doc", "k.html.txt"});
    for (const auto& known : detail::known_extensions) {
        CHECK(file_format_of("x" + std::string(known.extension)) == known.format);
        CHECK(name(known.format) != "unknown");
        CHECK(name(known.format) != "text");
    }
}

TEST_CASE("real documents of other formats are named") {
    NEEDS_SHARED(documents, "data/documents");
    for (const auto& [folder, kind] : {std::pair{"pdf", ".pdf"}, {"docx", ".docx"}, {"udhr", ".html"}}) {
        const auto docs = load_folder((documents / folder).string(), {.empty_is_fine = true});
        REQUIRE(docs.has_value());
        std::size_t named = 0;
        for (const error& e : docs->reports())
            if (e.what == fault::not_read) ++named;
        CHECK(named > 0);
        for (const document& d : *docs) CHECK(!d.name.ends_with(kind));
    }
}

TEST_CASE("front matter that cannot be read is reported by line at every loading, and its document is there whole") {
    const folder f;
    f.put("a.md", "---\ntitle: T\ntags: [a, b\n---\nBody.\n");
    const corpus one = load_folder(f.path()).value();
    REQUIRE(one.size() == 1);
    CHECK(one[0].body == 0);
    CHECK(one[0].title == "T");
    REQUIRE(one.reports().size() == 1);
    CHECK(one.reports()[0] == error{fault::bad_format, unit::line, 3, "a.md"});
    const corpus two = load_folder(f.path(), {}, &one).value();
    CHECK(&two[0] == &one[0]);
    REQUIRE(two.reports().size() == 1);
    CHECK(two.reports()[0] == one.reports()[0]);
}

TEST_CASE("the reader notices a file that changes under it") {
    // Files of /proc report 0 bytes and give more: to the reader they grew while it read.
    folder_entry it;
    std::string  bytes;
    const auto   read = [&](const std::string& path) { return detail::read_unchanged(posix_files{}, path, it, bytes); };
    const auto   grown = read("/proc/self/status");
    REQUIRE(!grown);
    CHECK(grown.error().what == fault::changed);
    CHECK(read("/proc").error().what == fault::not_a_file);
    const folder f;
    fs::create_symlink("nowhere", f.at / "dangling");
    CHECK(read(f.path() + "/dangling").error().what == fault::symlink);
    CHECK(read(f.path() + "/none").error().what == fault::not_found);
}

TEST_CASE("real folders load whole") {
    NEEDS_SHARED(book, "data/documents/rust-book/src");
    const corpus docs = load_folder(book.string()).value();
    CHECK(docs.size() == 112);
    CHECK(docs.reports().empty());
    std::size_t titled = 0;
    for (const document& d : docs) {
        titled += d.titled ? 1 : 0;
        CHECK(d.text == test::slurp(book / d.name));
    }
    CHECK(titled >= 20);
}

TEST_CASE("folder: a path with a NUL in it is no path") {
    CHECK(load_folder(std::string_view("/tmp\0x", 6)).error().what == fault::bad_argument);
}

TEST_CASE("a folder that is loaded can be stopped between two files, timed out, and watched") {
    const folder f;
    for (int i = 0; i < 20; ++i) f.put("f" + std::to_string(100 + i) + ".txt", "text " + std::to_string(i));
    test::watched_progress seen;
    context                c;
    c.progress       = seen;
    const corpus all = load_folder(f.path(), {}, nullptr, c).value();
    CHECK(all.size() == 20);
    CHECK(seen.whole());
    CHECK(seen.total == 20);
    std::stop_source stop;
    c.stop            = stop.get_token();
    std::size_t last  = 0;
    const auto  after = [&](std::size_t now, std::size_t) {
        last = now;
        if (now == 5) stop.request_stop();
    };
    c.progress = after;
    CHECK(load_folder(f.path(), {}, nullptr, posix_files{}, c).error().what == fault::stopped);
    CHECK(last == 5); // no other file began
    CHECK(load_folder(f.path(), {}, &all, c).error().what == fault::stopped);
    context late;
    late.deadline = context::clock::now();
    CHECK(load_folder(f.path(), {}, nullptr, late).error().what == fault::timed_out);
}
