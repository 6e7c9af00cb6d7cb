// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../support/python_peers.hpp"
#include "../support/table.hpp"
#include "../support/timing.hpp"

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What the parts of the suite share.

namespace bench {

struct suite {
    report&       out;
    python_peers& python;
    bool          quick  = false; ///< few slices: to see whether it runs
    std::string   peers  = {};    ///< the folder of the peers
    std::string   models = {};    ///< the folder of real models

    [[nodiscard]] timing_params timing(double slice, std::size_t slices) const {
        return {.slice = slice, .slices = quick ? 3 : slices};
    }
};

/// One row of the suite.
inline void hold(suite& s, std::string name, std::string unit, double amount, double bar, std::span<const timed> all,
                 std::string besides = {}) {
    hold(s.out, std::move(name), std::move(unit), amount, bar, all, std::move(besides));
}

/// `87 % of the peak`.
[[nodiscard]] inline std::string of_peak(double reached, double peak) {
    return report::number(100 * reached / peak, 3) + " % of the peak";
}

void products(suite& s);
void tokenizers(suite& s);
void encoders(suite& s);
void decoders(suite& s);

} // namespace bench
