// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

namespace tool {

/// Bytes of memory that this process has now, and had at most; 0 where the system does not say it as Linux does.
struct process_memory {
    std::size_t now = 0, most = 0;

    [[nodiscard]] static process_memory read() {
        process_memory told;
        std::ifstream  from("/proc/self/status");
        for (std::string line; std::getline(from, line);) {
            const auto kilobytes = [&] { return std::size_t{1024} * std::strtoull(line.c_str() + 6, nullptr, 10); };
            if (line.starts_with("VmRSS:")) told.now = kilobytes();
            if (line.starts_with("VmHWM:")) told.most = kilobytes();
        }
        return told;
    }
};

} // namespace tool
