// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/store/file.hpp>

#include <graft/store/posix.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>

using namespace graft;

namespace {
struct number {
    static constexpr std::string_view kind   = "number";
    static constexpr std::uint32_t    format = 1;

    std::uint64_t         it = 0;
    void                  save(byte_writer& to) const { to.u64(it); }
    static result<number> load(byte_reader& from) {
        const number n{from.u64()};
        if (auto ok = from.finish(); !ok) return ok.error();
        return n;
    }
};
struct other : number {
    static constexpr std::string_view kind = "other";
};
} // namespace

TEST_CASE("a value comes back from its file, and a second save replaces the first") {
    const auto folder = std::filesystem::temp_directory_path() / "graft-file-test";
    std::filesystem::create_directories(folder);
    const std::string path = folder / "n";
    const posix_files fs;
    for (std::uint64_t n : {7u, 8u}) {
        save_file(fs, path, number{n}).value();
        CHECK(load_file<number>(fs, path).value().it == n);
    }
    CHECK(!std::filesystem::exists(path + ".new"));
    std::filesystem::remove_all(folder);
    CHECK(load_file<number>(fs, path).error().what == fault::not_found);
    CHECK(!save_file(fs, path, number{1}));
}

TEST_CASE("a file of another kind is foreign") {
    const auto        path = (std::filesystem::temp_directory_path() / "graft-file-kind").string();
    const posix_files fs;
    save_file(fs, path, other{}).value();
    CHECK(load_file<number>(fs, path).error().what == fault::foreign);
    std::filesystem::remove(path);
}
