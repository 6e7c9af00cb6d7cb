// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/store/manifest.hpp>

#include <support/memory_files.hpp>

#include <string>
#include <vector>

using namespace graft;

namespace {

manifest sample() {
    manifest it;
    it.generation = 0x2a;
    it.parts = {{"embedder", {"lsa", 1, 7}, 3, 1000, sha256("e")}, {"text", {"passages", 2, 0}, 0x2a, 10, sha256("t")}};
    return it;
}

result<manifest> loaded(const manifest& from) {
    byte_writer w;
    from.save(w);
    byte_reader r(w.bytes(), "manifest");
    return manifest::load(r);
}

fault why(const manifest& from) {
    const auto it = loaded(from);
    return it ? fault{} : it.error().what;
}

} // namespace

TEST_CASE("manifest: what is saved is loaded") {
    const auto it = loaded(sample());
    REQUIRE(it.has_value());
    CHECK(*it == sample());
    CHECK(it->find("text")->size == 10);
    CHECK(it->find("nothing") == nullptr);
    CHECK(file_of(it->parts[1]) == "text-000000000000002a.graft");
    CHECK(manifest_of(it->generation) == "manifest-000000000000002a");
}

TEST_CASE("manifest: one that contradicts itself, or would lead out of its folder, is malformed") {
    auto it = sample();
    for (const char* name :
         {"", "../../etc/passwd", "a/b", ".", "A", "a b", "text-1", "a.graft", "abcdefghijklmnopqrstuvwxy"}) {
        it.parts[0].name = name;
        CHECK(why(it) == fault::malformed);
    }
    const auto with = [](auto&& change) {
        auto bad = sample();
        change(bad);
        return why(bad);
    };
    CHECK(with([](auto& m) { m.generation = 0; }) == fault::malformed);
    CHECK(with([](auto& m) { m.generation = 0x29; }) == fault::malformed); // a part from the future
    CHECK(with([](auto& m) { m.parts[0].written_in = 0; }) == fault::malformed);
    CHECK(with([](auto& m) { m.parts[1].name = "embedder"; }) == fault::malformed); // twice
    CHECK(with([](auto& m) { std::swap(m.parts[0], m.parts[1]); }) == fault::malformed);
    CHECK(with([](auto& m) { m.parts[0].about.kind = ""; }) == fault::malformed);
    CHECK(with([](auto& m) { m.parts[0].about.kind = std::string(25, 'k'); }) == fault::malformed);
    CHECK(with([](auto& m) { m.parts.clear(); }) == fault{});

    byte_writer w;
    sample().save(w);
    for (std::size_t n = 0; n < w.size(); ++n) {
        byte_reader r(w.bytes().first(n));
        CHECK(manifest::load(r).has_value() == false);
    }
    w.u8(0);
    byte_reader r(w.bytes());
    CHECK(manifest::load(r).error().what == fault::malformed);
}

TEST_CASE("manifest: names in a store's folder are told apart, and nothing else is taken for graft's") {
    using detail::store_name;
    const auto is = [](std::string_view file) { return detail::store_name_of(file); };
    CHECK(is("text-000000000000002a.graft").what == store_name::part);
    CHECK(is("text-000000000000002a.graft").generation == 0x2a);
    CHECK(is("manifest-00000000000000ff").what == store_name::manifest);
    CHECK(is("manifest-00000000000000ff.new").what == store_name::pending);
    CHECK(is("manifest-ffffffffffffffff").generation == ~std::uint64_t{0});
    for (const char* other :
         {"", "text", "text-2a.graft", "-000000000000002a.graft", "text-000000000000002A.graft",
          "text-000000000000002a.graft.bak", "Text-000000000000002a.graft", "manifest-", "manifest-1",
          "manifest-00000000000000ff.bak", "writer.lock", "notes.graft", "0000000000000000.graft"})
        CHECK(is(other).what == store_name::other);
}

TEST_CASE("manifest: one under another generation's name is malformed") {
    test::memory_files fs;
    const auto         bytes = detail::seal_manifest(sample()).bytes;
    REQUIRE(write_new_file(fs, "d/manifest-000000000000002a", bytes).has_value());
    REQUIRE(write_new_file(fs, "d/manifest-000000000000002b", bytes).has_value());
    CHECK(*detail::read_manifest(fs, "d", 0x2a) == sample());
    CHECK(detail::read_manifest(fs, "d", 0x2b).error().what == fault::malformed);
    CHECK(detail::read_manifest(fs, "d", 0x2c).error().what == fault::not_found);
}
