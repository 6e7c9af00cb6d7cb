// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace test {

/// A folder that is gone with the test.
struct scratch_folder {
    std::filesystem::path at;

    explicit scratch_folder(const std::string& name)
        : at(std::filesystem::temp_directory_path() / ("graft_" + name + "_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(at);
    }
    scratch_folder(const scratch_folder&)            = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder() { std::filesystem::remove_all(at); }

    [[nodiscard]] std::string path() const { return at.string(); }
    void write(const char* name, const std::string& text) const { std::ofstream(at / name, std::ios::binary) << text; }
};

} // namespace test
