// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <stdlib.h> // mkdtemp

namespace test {

/// A folder of the disk for as long as it lives.
class scratch_folder {
    std::filesystem::path at_;

public:
    scratch_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "graft-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        at_ = name;
    }
    scratch_folder(scratch_folder&&) = delete;
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(at_, ignored);
    }
    [[nodiscard]] std::string path() const { return at_.string(); }
    void                      write(std::string_view name, std::string_view text) const {
        std::ofstream(at_ / name, std::ios::binary) << text;
    }
    void copy(const std::filesystem::path& from) const {
        std::filesystem::copy_file(from, at_ / from.filename(), std::filesystem::copy_options::overwrite_existing);
    }
    void remove(std::string_view name) const { std::filesystem::remove(at_ / name); }
};

} // namespace test
