// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "coprocess.hpp"
#include "table.hpp"
#include "timing.hpp"

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// The peers that live in Python, one line of answer for each line of command; see the suite's peers.py.
class python_peers {
    std::optional<coprocess> it_;
    std::string              versions_;

public:
    /// Those that the peers.sh of a suite has put into a folder.
    python_peers(const std::string& folder, const std::string& suite) {
        const std::string python = folder + "/" + suite + "/bin/python", script = folder + "/" + suite + ".py";
        if (!std::filesystem::exists(python)) return;
        it_.emplace(std::vector{python, script},
                    std::vector<std::pair<std::string, std::string>>{{"OMP_WAIT_POLICY", "passive"},
                                                                     {"TOKENIZERS_PARALLELISM", "false"}});
        versions_ = it_->hear().value_or("");
    }
    /// The packages that are there, with their versions.
    [[nodiscard]] const std::string& versions() const noexcept { return versions_; }
    /// The answer, or nothing where the peer is not there or says `no`.
    [[nodiscard]] std::optional<std::string> ask(const std::string& question) {
        if (!it_) return std::nullopt;
        auto answer = it_->ask(question);
        if (!answer || answer->starts_with("no")) return std::nullopt;
        return answer;
    }
    /// A contender whose slices it takes: `command` and a number of times gives the seconds.
    [[nodiscard]] contender contend(std::string name, std::string command) {
        return {std::move(name), [this, command = std::move(command)](std::size_t n) {
                    const auto seconds = ask(command + " " + std::to_string(n));
                    return seconds ? std::strtod(seconds->c_str(), nullptr) : std::nan("");
                }};
    }
};

/// One row: the first contender against the quickest of the others, what one call does being `amount` of `unit`. `besides` is what else
/// is to be said of it.
inline void hold(report& to, std::string name, std::string unit, double amount, double bar, std::span<const timed> all,
                 std::string besides = {}) {
    row r;
    r.name = std::move(name), r.unit = std::move(unit), r.ours = amount / all[0].quietest, r.bar = bar;
    r.others          = std::move(besides);
    const timed* best = nullptr;
    for (const timed& t : all.subspan(1))
        if (std::isfinite(t.quietest) && t.quietest > 0 && (best == nullptr || t.quietest < best->quietest)) best = &t;
    for (const timed& t : all.subspan(1))
        if (&t != best) {
            r.others += (r.others.empty() ? "" : ", ") + t.name + " " + report::number(amount / t.quietest, 3);
        }
    if (best != nullptr) {
        const interval ratio = speed(all[0], *best);
        r.peer = amount / best->quietest, r.peer_name = best->name;
        r.paired = ratio.middle, r.low = ratio.low, r.high = ratio.high, r.quietest = best->quietest / all[0].quietest;
    }
    to.add(std::move(r));
}

} // namespace bench
