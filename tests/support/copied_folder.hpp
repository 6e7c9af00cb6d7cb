// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/shared.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h> // getpid

namespace test {

/// A copy of a folder in which files may be changed.
struct copied_folder {
    std::filesystem::path at;

    /// An empty one.
    copied_folder() {
        at = std::filesystem::temp_directory_path() / ("graft_copy_" + std::to_string(::getpid()) + "_" +
                                                       std::to_string(reinterpret_cast<std::uintptr_t>(this)));
        std::filesystem::remove_all(at);
        std::filesystem::create_directory(at);
    }
    explicit copied_folder(const std::filesystem::path& from) : copied_folder() {
        for (const auto& e : std::filesystem::recursive_directory_iterator(from)) {
            const auto to = at / std::filesystem::relative(e.path(), from);
            if (e.is_directory()) std::filesystem::create_directory(to);
            else std::ofstream(to, std::ios::binary) << slurp(e.path());
        }
    }
    copied_folder(const copied_folder&)            = delete;
    copied_folder& operator=(const copied_folder&) = delete;
    ~copied_folder() { std::filesystem::remove_all(at); }

    void put(const char* file, const std::string& bytes) const { std::ofstream(at / file, std::ios::binary) << bytes; }
    void add(const std::filesystem::path& file) const {
        std::filesystem::copy_file(file, at / file.filename(), std::filesystem::copy_options::overwrite_existing);
    }
    void remove(const char* file) const { std::filesystem::remove(at / file); }
    void replace(const char* file, const std::string& what, const std::string& by) const {
        auto       all   = slurp(at / file);
        const auto where = all.find(what);
        REQUIRE(where != all.npos);
        put(file, all.replace(where, what.size(), by));
    }
};

} // namespace test
