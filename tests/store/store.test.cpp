// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/store/posix.hpp>
#include <graft/store/store.hpp>

#include <support/memory_files.hpp>

#include <string>
#include <vector>

#include <sys/stat.h>

using namespace graft;
using test::memory_files;

namespace {

struct note {
    static constexpr std::string_view kind   = "note";
    static constexpr std::uint32_t    format = 2;
    std::string                       text   = {};

    void                save(byte_writer& to) const { to.text(text); }
    static result<note> load(byte_reader& from, std::string_view suffix = "") {
        note it{std::string(from.text()) + std::string(suffix)};
        if (auto all = from.finish(); !all) return all.error();
        return it;
    }
};
struct plain {
    std::uint32_t        x = 0;
    void                 save(byte_writer& to) const { to.u32(x); }
    static result<plain> load(byte_reader& from) {
        return plain{from.u32()};
    } // leaves the rest to the snapshot's check
};

template <class S>
std::uint64_t commit(S& store, std::string_view text, std::uint32_t x) {
    auto next = store.begin();
    next.put("text", note{std::string(text)}).put("number", plain{x});
    const auto generation = next.commit();
    REQUIRE(generation.has_value());
    return *generation;
}

std::vector<std::string> names(const memory_files& fs) {
    std::vector<std::string> all;
    for (const folder_entry& e : *fs.list("d")) all.push_back(e.name);
    return all;
}

void damage(const memory_files& fs, const std::string& file) {
    auto& bytes = fs.it().inodes[fs.it().names.at("d/" + file)];
    bytes[bytes.size() / 2] ^= std::byte{1};
}

} // namespace

TEST_CASE("store: what is committed is read, by readers and by the next writer") {
    memory_files fs;
    CHECK(open_snapshot(fs, "d").error().what == fault::not_found);
    {
        auto it = open_store(fs, "d");
        REQUIRE(it.has_value());
        CHECK(it->generation() == 0);
        CHECK(it->now().empty());
        CHECK(commit(*it, "one", 1) == 1);
        CHECK(it->generation() == 1);
        CHECK(it->has("text"));
        CHECK_FALSE(it->has("none"));
    }
    const auto reader = open_snapshot(fs, "d");
    REQUIRE(reader.has_value());
    CHECK(reader->read<note>("text")->text == "one");
    CHECK(reader->read<note>("text", "!")->text == "one!");
    CHECK(reader->read<plain>("number")->x == 1);
    CHECK(reader->find("text")->about == container_info{"note", 2, 0});
    CHECK(reader->find("number")->about == container_info{"number", 1, 0});
    CHECK(reader->damaged().empty());
    auto it = open_store(fs, "d");
    CHECK(it->read<note>("text")->text == "one");
    CHECK(commit(*it, "two", 1) == 2);
    CHECK(reader->read<note>("text")->text == "one"); // a snapshot does not move
    CHECK(open_snapshot(fs, "d")->read<note>("text")->text == "two");
}

TEST_CASE("store: the errors of a part name what is wrong with it") {
    memory_files fs;
    auto         it = open_store(fs, "d");
    commit(*it, "one", 1);
    const auto reader = open_snapshot(fs, "d");
    CHECK(reader->read<note>("none").error() == error{fault::missing_part, unit::none, 0, "d/none"});
    CHECK(reader->read<note>("number").error().what == fault::foreign);
    CHECK(reader->read<plain>("text").error().what == fault::foreign);

    auto next = it->begin();
    next.put("later", container_info{"note", 3, 0}, std::as_bytes(std::span("abc", 3)));
    next.put("longer", container_info{"longer", 1, 9}, std::as_bytes(std::span("abcde", 5)));
    next.put("wrong", container_info{"note", 2, 0}, std::as_bytes(std::span("abc", 3)));
    REQUIRE(next.commit().has_value());
    auto now = *open_snapshot(fs, "d");
    CHECK(now.read<note>("later").error().what == fault::newer_format);
    CHECK(now.read<plain>("longer").error() ==
          error{fault::malformed, unit::byte, 4, "d/longer-0000000000000002.graft"});
    CHECK(now.read<note>("wrong").error().what == fault::truncated);
    CHECK(now.find("longer")->about.fingerprint == 9);
    CHECK((*now.file("longer"))->block("body")->u8() == 'a');
    now.release("longer");
    CHECK(now.file("longer").error().what == fault::missing_part);
}

TEST_CASE("store: a commit writes what changed, and shares the rest") {
    memory_files fs;
    auto         it = open_store(fs, "d");
    commit(*it, "one", 1);
    commit(*it, "one", 2); // text is equal: shared without being told
    CHECK(names(fs) == std::vector<std::string>{"manifest-0000000000000001", "manifest-0000000000000002",
                                                "number-0000000000000001.graft", "number-0000000000000002.graft",
                                                "text-0000000000000001.graft"});
    auto next = it->begin();
    next.keep("number").put("more", note{"m"});
    CHECK(*next.commit() == 3);
    CHECK(it->read<plain>("number").error().what == fault::missing_part); // it was written by us: the caller has it
    const auto reader = open_snapshot(fs, "d");
    CHECK(reader->read<plain>("number")->x == 2);
    CHECK_FALSE(reader->has("text"));
    // Two generations stay: 2 needs text-1, nothing needs number-1.
    CHECK(names(fs) == std::vector<std::string>{"manifest-0000000000000002", "manifest-0000000000000003",
                                                "more-0000000000000003.graft", "number-0000000000000002.graft",
                                                "text-0000000000000001.graft"});
    const auto calls = fs.it().log.size();
    auto       same  = it->begin();
    same.keep("number").put("more", note{"m"});
    CHECK(*same.commit() == 3); // nothing new
    REQUIRE(fs.it().log.size() == calls + 1);
    CHECK(fs.it().log.back().what == test::disk_call::sync_folder);
}

TEST_CASE("store: a part that was carried over can still be read by the writer") {
    memory_files fs;
    {
        auto it = open_store(fs, "d");
        commit(*it, "one", 1);
    }
    auto it   = open_store(fs, "d");
    auto next = it->begin();
    next.keep("text").put("number", plain{5});
    REQUIRE(next.commit().has_value());
    CHECK(it->read<note>("text")->text == "one");
    CHECK(it->read<plain>("number").error().what == fault::missing_part);
}

TEST_CASE("store: equal digests are not proof enough: the bytes are compared") {
    memory_files fs;
    auto         it = open_store(fs, "d");
    commit(*it, "one", 1);
    damage(fs, "text-0000000000000001.graft"); // behind the writer's back
    commit(*it, "one", 2);
    CHECK(open_snapshot(fs, "d")->read<note>("text")->text == "one");
    CHECK(open_snapshot(fs, "d")->find("text")->written_in == 2);
}

TEST_CASE("store: a draft that is dropped or refused never happened") {
    memory_files fs;
    auto         it = open_store(fs, "d");
    commit(*it, "one", 1);
    const auto before = names(fs);
    {
        auto dropped = it->begin();
        dropped.put("text", note{"never"});
        CHECK(names(fs).size() == before.size() + 1);
    }
    CHECK(names(fs) == before);
    const auto refused = [&](auto&& change) {
        auto next = it->begin();
        next.put("text", note{"never"});
        change(next);
        const bool  knew = !next.check().has_value();
        const auto  end  = next.commit();
        const fault what = end ? fault{} : end.error().what;
        CHECK(knew);
        CHECK(next.commit().error().what == fault::bad_argument); // it is over
        return what;
    };
    CHECK(refused([](auto& n) { n.keep("none").put("more", plain{1}); }) == fault::missing_part);
    CHECK(refused([](auto& n) { n.put("text", note{"again"}); }) == fault::duplicate_id);
    CHECK(refused([](auto& n) { n.keep("text"); }) == fault::duplicate_id);
    CHECK(refused([](auto& n) { n.put("../text", note{"x"}); }) == fault::bad_argument);
    CHECK(refused([](auto& n) { n.put("", note{"x"}); }) == fault::bad_argument);
    CHECK(names(fs) == before);
    CHECK(it->generation() == 1);
    commit(*it, "two", 1);
    CHECK(open_snapshot(fs, "d")->read<note>("text")->text == "two");
}

TEST_CASE("store: one writer") {
    memory_files fs;
    {
        const auto first = open_store(fs, "d");
        REQUIRE(first.has_value());
        CHECK(open_store(fs, "d").error().what == fault::busy);
        CHECK(open_store(fs, "e").has_value());
    }
    CHECK(open_store(fs, "d").has_value());
    // A lock that was not kept: whoever comes second is refused at the last moment.
    auto a = open_store(fs, "d");
    fs.it().held.clear();
    auto b = open_store(fs, "d");
    commit(*b, "b", 2);
    auto next = a->begin();
    next.put("text", note{"a"});
    const auto end = next.commit();
    REQUIRE_FALSE(end.has_value());
    CHECK((end.error().what == fault::changed || end.error().what == fault::write_failed));
    CHECK(open_snapshot(fs, "d")->read<note>("text")->text == "b");
}

TEST_CASE("store: a damaged newest generation is refused, and the one before stays usable") {
    for (const std::string victim : {"manifest-0000000000000003", "text-0000000000000003.graft"})
        for (const int how : {0, 1, 2, 3}) {
            memory_files fs;
            {
                auto it = open_store(fs, "d");
                commit(*it, "one", 1);
                commit(*it, "two", 2);
                commit(*it, "three", 2);
            }
            auto& disk  = fs.it();
            auto& bytes = disk.inodes[disk.names.at("d/" + victim)];
            fault what  = fault::corrupt;
            if (how == 0) damage(fs, victim);
            if (how == 1) {
                bytes.resize(bytes.size() - 1);
                what = fault::truncated;
            }
            if (how == 2) {
                std::fill(bytes.begin(), bytes.end(), std::byte{'x'});
                what = fault::foreign;
            }
            if (how == 3) {
                if (victim[0] == 'm') continue;
                disk.names.erase("d/" + victim);
                what = fault::missing_part;
            }
            const auto files = names(fs);

            const auto newest = open_snapshot(fs, "d");
            REQUIRE_FALSE(newest.has_value());
            CHECK(newest.error().what == what);
            CHECK(newest.error().subject == "d/" + victim);
            CHECK(open_store(fs, "d").error() == newest.error());

            const auto good = open_snapshot(fs, "d", generation_policy::newest_good);
            REQUIRE(good.has_value());
            CHECK(good->generation() == 2);
            CHECK(good->read<note>("text")->text == "two");
            REQUIRE(good->damaged().size() == 1);
            CHECK(good->damaged()[0].generation == 3);
            CHECK(good->damaged()[0].why == newest.error());

            auto writer = open_store(fs, "d", generation_policy::newest_good);
            REQUIRE(writer.has_value());
            CHECK(names(fs) == files); // nothing is swept while something is damaged
            CHECK(writer->now().damaged().size() == 1);
            auto same = writer->begin();
            same.keep("text").keep("number");
            CHECK(*same.commit() == 4); // a new generation, though nothing changed: the damaged one is superseded
            CHECK(open_snapshot(fs, "d")->read<note>("text")->text == "two");
            CHECK(names(fs) == std::vector<std::string>{"manifest-0000000000000002", "manifest-0000000000000004",
                                                        "number-0000000000000002.graft",
                                                        "text-0000000000000002.graft"});
        }
}

TEST_CASE("store: where no generation is whole the newest one's fault is given, and nothing is removed") {
    memory_files fs;
    {
        auto it = open_store(fs, "d");
        commit(*it, "one", 1);
        commit(*it, "two", 1);
    }
    damage(fs, "number-0000000000000001.graft"); // both share it
    const auto files = names(fs);
    CHECK(open_snapshot(fs, "d", generation_policy::newest_good).error() == open_snapshot(fs, "d").error());
    CHECK(open_store(fs, "d", generation_policy::newest_good).error().what == fault::corrupt);
    CHECK(names(fs) == files);
}

TEST_CASE("store: swapped files and a newer manifest are refused") {
    memory_files fs;
    {
        auto it = open_store(fs, "d");
        commit(*it, "one", 1);
        commit(*it, "two", 1);
    }
    auto& names_ = fs.it().names;
    std::swap(names_.at("d/text-0000000000000001.graft"), names_.at("d/text-0000000000000002.graft"));
    CHECK(open_snapshot(fs, "d").error() == error{fault::malformed, unit::none, 0, "d/text-0000000000000002.graft"});
    CHECK_FALSE(open_snapshot(fs, "d", generation_policy::newest_good).has_value());
    std::swap(names_.at("d/text-0000000000000001.graft"), names_.at("d/text-0000000000000002.graft"));
    CHECK(open_snapshot(fs, "d").has_value());

    container_writer later({.kind = "graft.manifest", .version = 2});
    later.block("body").u64(3);
    REQUIRE(write_new_file(fs, "d/manifest-0000000000000003", later.seal().bytes).has_value());
    // Newer is not damaged: passing it over would lead a writer to overwrite what a later graft has made.
    CHECK(open_snapshot(fs, "d", generation_policy::newest_good).error().what == fault::newer_format);
}

TEST_CASE("store: orphans are swept by the next writer, and other people's files are left alone") {
    memory_files fs;
    {
        auto it = open_store(fs, "d");
        commit(*it, "one", 1);
    }
    for (const char* orphan :
         {"text-0000000000000009.graft", "old-0000000000000001.graft", "manifest-0000000000000007.new"})
        REQUIRE(write_new_file(fs, std::string("d/") + orphan, {}).has_value());
    for (const char* foreign : {"notes.txt", "my.graft", "manifest-1"})
        REQUIRE(write_new_file(fs, std::string("d/") + foreign, {}).has_value());
    CHECK(open_snapshot(fs, "d").has_value());
    CHECK(names(fs).size() == 9);
    auto it = open_store(fs, "d");
    CHECK(names(fs) == std::vector<std::string>{"manifest-0000000000000001", "manifest-1", "my.graft", "notes.txt",
                                                "number-0000000000000001.graft", "text-0000000000000001.graft"});
    CHECK(commit(*it, "two", 1) == 10); // no number is used twice
}

TEST_CASE("store: a name with the last number leaves no number for a commit") {
    memory_files fs;
    {
        auto it = open_store(fs, "d");
        commit(*it, "one", 1);
    }
    REQUIRE(write_new_file(fs, "d/text-ffffffffffffffff.graft", {}).has_value());
    auto it   = open_store(fs, "d");
    auto next = it->begin();
    next.put("text", note{"two"});
    CHECK(next.commit().error().what == fault::too_large);
}

TEST_CASE("store: the same on a real disk, and read-only media can be read") {
    std::string name = "/tmp/graft-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    const std::string folder = path_of(name, "index");
    {
        auto it = open_store(posix_files{}, folder);
        REQUIRE(it.has_value());
        for (std::uint32_t i = 1; i <= 5; ++i) CHECK(commit(*it, std::string(100000 * i, 'x'), 7) == i);
        CHECK(open_store(posix_files{}, folder).error().what == fault::busy);
    }
    CHECK(posix_files{}.list(folder)->size() == 2 + 2 + 1 + 1); // manifests, texts, the number, the lock
    REQUIRE(::chmod(folder.c_str(), 0555) == 0);
    const auto reader = open_snapshot(posix_files{}, folder);
    REQUIRE(reader.has_value());
    CHECK(reader->read<note>("text")->text.size() == 500000);
    REQUIRE(::chmod(folder.c_str(), 0755) == 0);
    CHECK(open_store(posix_files{}, "/proc/none/index").error().what == fault::not_found);
    CHECK(open_snapshot(posix_files{}, name + "/none").error().what == fault::not_found);
    const auto left = posix_files{}.list(folder);
    for (const folder_entry& e : *left) CHECK(posix_files{}.remove(path_of(folder, e.name)).has_value());
    ::rmdir(folder.c_str());
    ::rmdir(name.c_str());
}
