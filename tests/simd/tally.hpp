// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/simd/kernels.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

// Comparisons by the million, of which one line each is left.

namespace test {

/// Counts what differs, and keeps words about the first.
struct tally {
    const char* name;
    std::size_t tried = 0, differ = 0;
    std::string first = {};

    template <class... Words>
    void check(bool good, const graft::kernels& k, const Words&... about) {
        ++tried;
        if (good || differ++ != 0) return;
        first = std::string(k.name) + " " + name;
        ((first += " ", first += say(about)), ...);
    }
    ~tally() { CHECK_MESSAGE(differ == 0, differ << " of " << tried << " differ, first: " << first); }

private:
    static std::string say(const char* x) { return x; }
    static std::string say(std::size_t x) { return std::to_string(x); }
};

/// The table of tolerances: of each kernel in the tables that are exact and in those that are not.
class tolerances {
    struct line {
        std::string kernel, tables, tolerance;
        double      largest; ///< difference seen, as a share of the tolerance
    };
    std::vector<line> lines_;

public:
    /// What is seen of one kernel.
    struct seen {
        bool   any[2]     = {false, false}; ///< of tables that are not exact, and that are
        double largest[2] = {0, 0};

        /// Whether a value is off no more than it may.
        bool within(const graft::kernels& k, double off, double tolerance) {
            any[k.exact] = true;
            if (tolerance > 0) largest[k.exact] = std::max(largest[k.exact], off / tolerance);
            return off <= tolerance;
        }
    };
    void add(const char* kernel, const char* tolerance, const seen& s) {
        for (const bool exact : {true, false})
            if (s.any[exact]) lines_.push_back({kernel, exact ? "exact" : "not exact", tolerance, s.largest[exact]});
    }
    void print() const {
        std::string table;
        const auto  row = [&](const char* a, const char* b, const char* c, const char* d, const char* e) {
            char text[160];
            std::snprintf(text, sizeof text, "\n%-24s %-10s %-18s %-46s %s", a, b, c, d, e);
            table += text;
        };
        row("kernel", "tables", "compared with", "tolerance", "largest difference");
        row("all", "exact", "the scalar truth", "0", "0");
        for (const auto& [kernel, of, tolerance, largest] : lines_) {
            char share[32];
            std::snprintf(share, sizeof share, "%.2f of it", largest);
            row(kernel.c_str(), of.c_str(), "double precision", tolerance.c_str(), tolerance == "0" ? "0" : share);
        }
        MESSAGE(table);
    }
};

} // namespace test
