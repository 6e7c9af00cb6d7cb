// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "printable.hpp"

#include <graft/base/result.hpp>
#include <graft/simd/kernels.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// What every tool shares on its command line: one way to declare flags, the common ones, help, and the exit codes
// 0 done (also "no answer") · 1 failed · 2 usage · 3 some inputs refused, each reported, the rest done.
namespace tool {

enum exit_code : int { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_some_refused = 3 };

/// A flag of a tool. `value` is the placeholder in the help, empty for a switch; `fallback` is the default, which the help names.
struct flag {
    std::string_view name;
    std::string_view value;
    std::string_view fallback;
    std::string_view help;
};

/// The parsed command line. Ends the program with a sentence on stderr and code 2 when it is wrong. CLI11 reads it, in
/// arguments.cpp alone: a tool compiles without it.
class arguments {
    std::string                        name_;
    std::map<std::string, std::string> given_;
    std::vector<flag>                  flags_;
    std::vector<std::string>           words_;
    bool                               json_ = false;

    [[noreturn]] void usage_error(const std::string& why) const;
    const flag*       find(std::string_view name) const;
    void parse(int argc, char** argv, std::string_view usage, std::string_view about, std::string_view notes);

public:
    /// Takes    the flags of the tool's own, and what stands below all flags in the help.
    arguments(int argc, char** argv, std::string_view name, std::string_view usage, std::string_view about,
              std::initializer_list<flag> own, std::string_view notes = {});

    /// An error as one line on stderr, with --json as one object. `what` stands in place of the fault's own sentence.
    void report(const graft::error& e, std::string_view what = {}) const;
    /// The exit code, after the last of stdout was written: `exit_failed`, reported, where that went wrong.
    [[nodiscard]] int finish(int code) const;

    [[nodiscard]] const std::string&              name() const { return name_; }
    [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
    [[nodiscard]] bool has(std::string_view flag) const { return given_.count(std::string(flag)) > 0; }

    /// The value that was given, or the default.
    [[nodiscard]] std::string text(std::string_view flag) const;
    /// One of the words in `choices`.
    [[nodiscard]] std::string choice(std::string_view flag, std::initializer_list<std::string_view> choices) const;
    template <class T>
    [[nodiscard]] T number(std::string_view flag) const {
        const std::string it = text(flag);
        T                 x{};
        const auto [end, bad] = std::from_chars(it.data(), it.data() + it.size(), x);
        if (bad != std::errc() || end != it.data() + it.size())
            usage_error("--" + std::string(flag) + " takes a number, not \"" + it + "\"");
        return x;
    }
    /// A number from `low` to `high`, both included.
    template <class T>
    [[nodiscard]] T number_in(std::string_view flag, std::type_identity_t<T> low,
                              std::type_identity_t<T> high = std::numeric_limits<T>::max()) const {
        const T x = number<T>(flag);
        if (x >= low && x <= high) return x;
        const std::string range = high == std::numeric_limits<T>::max()
                                      ? "of at least " + shortest(low)
                                      : "from " + shortest(low) + " to " + shortest(high);
        usage_error("--" + std::string(flag) + " takes a number " + range + ", not " + text(flag));
    }
    /// Ends the program unless the condition holds.
    void require(bool holds, const std::string& sentence) const {
        if (!holds) usage_error(sentence);
    }
    /// Ends the program where more than one of some inputs is stdin.
    void require_one_stdin(const std::vector<std::string>& inputs) const {
        require(std::count(inputs.begin(), inputs.end(), "-") <= 1, "only one input can be stdin");
    }

    [[nodiscard]] std::size_t           threads() const { return number_in<std::size_t>("threads", 1, 1024); }
    [[nodiscard]] std::uint64_t         seed() const { return number<std::uint64_t>("seed"); }
    [[nodiscard]] const graft::kernels& kernel() const { return *graft::kernels_named(text("kernel")); }
    [[nodiscard]] bool                  json() const { return json_; }
    [[nodiscard]] bool                  quiet() const { return has("quiet"); }
    [[nodiscard]] bool                  timing() const { return has("timing"); }
};

/// How a main ends: `return finish(args, code);`.
[[nodiscard]] inline int finish(const arguments& args, int code) { return args.finish(code); }

/// Runs the body of a main, which gives the exit code, and ends it. Memory that is not there is an error like any other.
template <class F>
[[nodiscard]] int guarded(const arguments& args, F&& body) {
    const auto too_large = [&] {
        args.report({graft::fault::too_large}, "there is not enough memory");
        return int{exit_failed};
    };
    try {
        return args.finish(body());
    } catch (const std::bad_alloc&) {
        return too_large();
    } catch (const std::length_error&) {
        return too_large();
    }
}

} // namespace tool
