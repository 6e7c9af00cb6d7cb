// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "json_line.hpp"
#include "printable.hpp"

#include <graft/base/result.hpp>
#include <graft/simd/kernels.hpp>
#include <graft/version.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
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

/// The parsed command line. Ends the program with a sentence on stderr and code 2 when it is wrong.
class arguments {
    std::string                        name_;
    std::map<std::string, std::string> given_;
    std::vector<flag>                  flags_;
    std::vector<std::string>           words_;
    std::string_view                   notes_; ///< below the flags in the help
    bool                               json_ = false;

    static constexpr flag common[] = {
        {"json", "", "", "one JSON object a line"},
        {"threads", "N", "1", "threads for work in blocks; changes no byte of the output"},
        {"seed", "N", "0", "of everything random"},
        {"kernel", "best|portable|scalar", "best", "which arithmetic vector search runs"},
        {"timing", "", "", "add times to the output"},
        {"quiet", "", "", "no progress and no notes on stderr"},
        {"help", "", "", "this text"},
        {"version", "", "", "the version"},
    };

    /// A descriptor that is closed would be given to the next file that is opened. Opened the wrong way round, it fails
    /// as a closed one does.
    static void occupy_standard_streams() {
        for (int d = 0; d < 3; ++d)
            if (fcntl(d, F_GETFD) == -1) (void)open("/dev/null", d == 0 ? O_WRONLY : O_RDONLY);
    }
    [[noreturn]] void usage_error(const std::string& why) const {
        report({graft::fault::bad_argument}, why + " (see --help)");
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
            if (!f.fallback.empty() || !f.value.empty())
                left.append(" (").append(f.fallback.empty() ? "none" : f.fallback).append(")");
            std::printf("%-44s %.*s\n", left.c_str(), static_cast<int>(f.help.size()), f.help.data());
        }
        if (!notes_.empty()) std::printf("\n%.*s", static_cast<int>(notes_.size()), notes_.data());
    }

public:
    arguments(int argc, char** argv, std::string_view name, std::string_view usage, std::string_view about,
              std::initializer_list<flag> own, std::string_view notes = {})
        : name_(name), flags_(own), notes_(notes) {
        occupy_standard_streams();
        flags_.insert(flags_.end(), std::begin(common), std::end(common));
        for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i)
            json_ = json_ || std::string_view(argv[i]) == "--json"; // known before the first error
        bool only_words = false;
        for (int i = 1; i < argc; ++i) {
            std::string_view arg = argv[i];
            if (only_words || arg == "-" || !arg.starts_with('-')) {
                words_.emplace_back(arg);
                continue;
            }
            if (arg == "--") {
                only_words = true;
                continue;
            }
            const auto  equals = arg.find('=');
            const flag* known  = arg.starts_with("--") ? find(arg.substr(2, equals - 2)) : nullptr;
            if (known == nullptr)
                usage_error("unknown flag " + std::string(arg.substr(0, equals)) + "; behind -- it would be a word");
            const std::string flag  = "--" + std::string(known->name);
            std::string       value = "yes";
            if (known->value.empty()) {
                if (equals != arg.npos) usage_error(flag + " takes no value");
            } else if (equals != arg.npos) value = arg.substr(equals + 1);
            else if (i + 1 < argc) value = argv[++i];
            else usage_error(flag + " needs a value");
            if (!given_.emplace(known->name, value).second) usage_error(flag + " is given twice");
        }
        if (has("help")) {
            print_help(usage, about);
            std::exit(finish(exit_done));
        }
        if (has("version")) {
            std::printf("%s (graft) %d.%d.%d\n", name_.c_str(), GRAFT_VERSION_MAJOR, GRAFT_VERSION_MINOR,
                        GRAFT_VERSION_PATCH);
            std::exit(finish(exit_done));
        }
        if (graft::kernels_named(text("kernel")) == nullptr) usage_error("--kernel takes best, portable or scalar");
        (void)threads(), (void)seed();
    }

    /// An error as one line on stderr, with --json as one object. `what` stands in place of the fault's own sentence.
    void report(const graft::error& e, std::string_view what = {}) const {
        std::fflush(stdout);
        std::string line;
        if (json_) {
            json_line j;
            j.open("{").key("error").open("{").key("fault").text(graft::name(e.what)).key("file").text(e.subject);
            j.key("unit").text(graft::name(e.of)).key("where").number(e.where);
            j.key("what").text(what.empty() ? graft::explain(e.what) : what).close("}").close("}");
            line = j.take();
        } else line = name_ + ": " + printable(what.empty() ? graft::describe(e) : std::string(what)) + "\n";
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
    /// The exit code, after the last of stdout was written: `exit_failed`, reported, where that went wrong.
    [[nodiscard]] int finish(int code) const {
        if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
        report({graft::fault::write_failed, graft::unit::none, 0, "stdout"});
        return exit_failed;
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
    /// A number from `low` to `high`, both included.
    template <class T>
    [[nodiscard]] T number_in(std::string_view flag, std::type_identity_t<T> low,
                              std::type_identity_t<T> high = std::numeric_limits<T>::max()) const {
        const T x = number<T>(flag);
        if (x >= low && x <= high) return x;
        const auto  shown = [](T bound) { return json_line().number(bound).take(); };
        std::string range = "from " + shown(low) + " to " + shown(high);
        if (high == std::numeric_limits<T>::max()) range = "of at least " + shown(low);
        range.erase(std::remove(range.begin(), range.end(), '\n'), range.end());
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
