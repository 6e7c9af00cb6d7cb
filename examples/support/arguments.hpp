// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/math/kernels.hpp>
#include <graft/version.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What every tool shares on its command line: one way to declare flags, the common ones, help, and the exit codes
// 0 done (also "no answer") · 1 failed · 2 usage · 3 some inputs refused, each reported, the rest done.
namespace tool {

enum exit_code : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_some_refused = 3 };

/// A flag of a tool. `value` is the placeholder in the help, empty for a switch.
struct flag {
    std::string_view name;
    std::string_view value;
    std::string_view fallback;
    std::string_view help;
};

/// The parsed command line. Ends the program with a sentence on stderr and code 2 when it is wrong.
class arguments {
    std::string                        name_;
    std::map<std::string, std::string> given_;
    std::vector<flag>                  flags_;
    std::vector<std::string>           words_;

    static constexpr flag common[] = {
        {"json", "", "", "one JSON object a line"},
        {"threads", "N", "1", "threads for work in blocks; changes no byte of the output"},
        {"seed", "N", "0", "of everything random"},
        {"kernel", "best|portable|scalar", "best", "which arithmetic runs"},
        {"timing", "", "", "add times to the output"},
        {"quiet", "", "", "no progress and no notes on stderr"},
        {"help", "", "", "this text"},
        {"version", "", "", "the version"},
    };

    [[noreturn]] void usage_error(const std::string& why) const {
        std::fprintf(stderr, "%s: %s (see --help)\n", name_.c_str(), why.c_str());
        std::exit(exit_usage);
    }
    const flag* find(std::string_view name) const {
        for (const flag& f : flags_)
            if (f.name == name) return &f;
        return nullptr;
    }
    void print_help(std::string_view usage, std::string_view about) const {
        std::printf("%.*s\n\nusage: %s %.*s\n\n", static_cast<int>(about.size()), about.data(), name_.c_str(),
                    static_cast<int>(usage.size()), usage.data());
        for (const flag& f : flags_) {
            std::string left = "  --" + std::string(f.name);
            if (!f.value.empty()) left.append(" ").append(f.value);
            if (!f.fallback.empty()) left.append(" (").append(f.fallback).append(")");
            std::printf("%-44s %.*s\n", left.c_str(), static_cast<int>(f.help.size()), f.help.data());
        }
    }

public:
    arguments(int argc, char** argv, std::string_view name, std::string_view usage, std::string_view about,
              std::initializer_list<flag> own)
        : name_(name), flags_(own) {
        flags_.insert(flags_.end(), std::begin(common), std::end(common));
        bool only_words = false;
        for (int i = 1; i < argc; ++i) {
            std::string_view arg = argv[i];
            if (only_words || arg == "-" || arg.substr(0, 2) != "--") {
                words_.emplace_back(arg);
                continue;
            }
            if (arg == "--") {
                only_words = true;
                continue;
            }
            arg.remove_prefix(2);
            const auto  equals = arg.find('=');
            const flag* known  = find(arg.substr(0, equals));
            if (known == nullptr) usage_error("unknown flag --" + std::string(arg.substr(0, equals)));
            std::string value = "yes";
            if (known->value.empty()) {
                if (equals != arg.npos) usage_error("--" + std::string(known->name) + " takes no value");
            } else if (equals != arg.npos) value = arg.substr(equals + 1);
            else if (i + 1 < argc) value = argv[++i];
            else usage_error("--" + std::string(known->name) + " needs a value");
            given_[std::string(known->name)] = value;
        }
        if (has("help")) {
            print_help(usage, about);
            std::exit(exit_done);
        }
        if (has("version")) {
            std::printf("%s (graft) %d.%d.%d\n", name_.c_str(), GRAFT_VERSION_MAJOR, GRAFT_VERSION_MINOR,
                        GRAFT_VERSION_PATCH);
            std::exit(exit_done);
        }
        if (graft::kernels_named(text("kernel")) == nullptr) usage_error("--kernel takes best, portable or scalar");
    }

    [[nodiscard]] const std::string&              name() const { return name_; }
    [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
    [[nodiscard]] bool has(std::string_view flag) const { return given_.count(std::string(flag)) > 0; }

    [[nodiscard]] std::string text(std::string_view flag) const {
        const auto at = given_.find(std::string(flag));
        return at != given_.end() ? at->second : std::string(find(flag)->fallback);
    }
    /// One of the words in `choices`.
    [[nodiscard]] std::string choice(std::string_view flag, std::initializer_list<std::string_view> choices) const {
        const std::string it = text(flag);
        std::string       all;
        for (std::string_view c : choices) {
            if (c == it) return it;
            all.append(all.empty() ? "" : ", ").append(c);
        }
        usage_error("--" + std::string(flag) + " takes one of " + all);
    }
    template <class T>
    [[nodiscard]] T number(std::string_view flag) const {
        const std::string it = text(flag);
        T                 x{};
        const auto [end, bad] = std::from_chars(it.data(), it.data() + it.size(), x);
        if (bad != std::errc() || end != it.data() + it.size())
            usage_error("--" + std::string(flag) + " takes a number, not \"" + it + "\"");
        return x;
    }
    /// Ends the program unless the condition holds.
    void require(bool holds, const std::string& sentence) const {
        if (!holds) usage_error(sentence);
    }

    [[nodiscard]] std::size_t           threads() const { return number<std::size_t>("threads"); }
    [[nodiscard]] std::uint64_t         seed() const { return number<std::uint64_t>("seed"); }
    [[nodiscard]] const graft::kernels& kernel() const { return *graft::kernels_named(text("kernel")); }
    [[nodiscard]] bool                  json() const { return has("json"); }
    [[nodiscard]] bool                  quiet() const { return has("quiet"); }
    [[nodiscard]] bool                  timing() const { return has("timing"); }
};

} // namespace tool
