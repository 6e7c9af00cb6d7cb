// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

#include "arguments.hpp"

#include "json_line.hpp"

#include <graft/version.hpp>

#if !__has_include(<CLI/CLI.hpp>)
#    error "The tools need CLI11 2.1 or newer (Debian: libcli11-dev)."
#endif
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iterator>

namespace tool {

namespace {

constexpr flag common[] = {
    {"json", "", "", "one JSON object a line"},
    {"threads", "N", "1", "threads for work in blocks; changes no byte of the output"},
    {"seed", "N", "0", "of everything random"},
    {"kernel", "best|portable|scalar", "best", "which arithmetic vector search runs"},
    {"timing", "", "", "add times to the output"},
    {"quiet", "", "", "no progress and no notes on stderr"},
    {"help", "", "", "this text"},
    {"version", "", "", "the version"},
};

/// A descriptor that is closed would be given to the next file that is opened. Opened the wrong way round, it fails as a closed
/// one does.
void occupy_standard_streams() {
    for (int d = 0; d < 3; ++d)
        if (fcntl(d, F_GETFD) == -1) (void)open("/dev/null", d == 0 ? O_WRONLY : O_RDONLY);
}

/// One line a flag, whatever the version of CLI11; a long one has its sentence below it.
struct layout : CLI::Formatter {
    std::string make_option(const CLI::Option* o, bool) const override {
        constexpr std::size_t width = 44;
        std::string           left  = "  " + o->get_name() + make_option_opts(o);
        left.append(left.size() < width ? width - left.size() : 1 + width, ' ');
        if (left.size() > width) left[left.find_last_not_of(' ') + 1] = '\n';
        return left + o->get_description() + "\n";
    }
};

/// CLI11 takes `--name=` for one whose value follows, and `--switch=true` for the switch. Here a value may be empty, and a switch
/// has none.
///
/// Gives    the words behind the program's name, from the last to the first, as CLI11 reads them.
template <class Find, class Refuse>
std::vector<std::string> words_for_parser(int argc, char** argv, const Find& find, const Refuse& refuse) {
    std::vector<std::string> words;
    bool                     flags = true;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word   = argv[i];
        const auto             equals = word.find('=');
        flags                         = flags && word != "--";
        const flag* known =
            flags && equals != word.npos && word.starts_with("--") ? find(word.substr(2, equals - 2)) : nullptr;
        if (known != nullptr && known->value.empty()) refuse("--" + std::string(known->name) + " takes no value");
        if (known != nullptr && equals + 1 == word.size()) {
            words.emplace_back(word.substr(0, equals));
            words.emplace_back();
        } else words.emplace_back(word);
    }
    std::reverse(words.begin(), words.end());
    return words;
}

} // namespace

arguments::arguments(int argc, char** argv, std::string_view name, std::string_view usage, std::string_view about,
                     std::initializer_list<flag> own, std::string_view notes)
    : name_(name), flags_(own) {
    occupy_standard_streams();
    flags_.insert(flags_.end(), std::begin(common), std::end(common));
    for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i)
        json_ = json_ || std::string_view(argv[i]) == "--json"; // known before the first error
    parse(argc, argv, usage, about, notes);
    if (graft::kernels_named(text("kernel")) == nullptr) usage_error("--kernel takes best, portable or scalar");
    (void)threads(), (void)seed();
}

void arguments::parse(int argc, char** argv, std::string_view usage, std::string_view about, std::string_view notes) {
    CLI::App app;
    app.set_help_flag(); // ours stands with the others, and a wrong command line is told first
    app.allow_extras();
    std::vector<CLI::Option*> options;
    for (const flag& f : flags_) {
        const std::string dashed = "--" + std::string(f.name);
        auto* const       o      = f.value.empty() ? app.add_flag(dashed) : app.add_option(dashed);
        o->description(std::string(f.help))->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        if (!f.value.empty())
            o->option_text(std::string(f.value) + " (" + std::string(f.fallback.empty() ? "none" : f.fallback) + ")");
        options.push_back(o);
    }
    try {
        app.parse(words_for_parser(
            argc, argv, [&](std::string_view word) { return find(word); },
            [&](const std::string& why) { usage_error(why); }));
    } catch (const CLI::ArgumentMismatch&) {
        usage_error(std::string(argv[argc - 1]) + " needs a value"); // only the last can lack it
    } catch (const CLI::Error& e) {
        usage_error(e.what());
    }
    bool only_words = false;
    for (std::string& word : app.remaining()) {
        if (!only_words && word == "--") {
            only_words = true;
            continue;
        }
        if (!only_words && word != "-" && word.starts_with('-'))
            usage_error("unknown flag " + word.substr(0, word.find('=')) + "; behind -- it would be a word");
        words_.push_back(std::move(word));
    }
    for (std::size_t i = 0; i < options.size(); ++i) {
        const auto& values = options[i]->results();
        if (values.size() > 1) usage_error("--" + std::string(flags_[i].name) + " is given twice");
        if (!values.empty()) given_.emplace(flags_[i].name, values.front());
    }
    if (has("help")) {
        const auto                            own = options.end() - std::ssize(common);
        const std::vector<const CLI::Option*> first(options.begin(), own), shared(own, options.end());
        std::printf("%s\n\nusage: %s %s\n%s%s", std::string(about).c_str(), name_.c_str(), std::string(usage).c_str(),
                    layout().make_group("Flags", false, first).c_str(),
                    layout().make_group("Flags of every tool", false, shared).c_str());
        if (!notes.empty()) std::printf("\n%s", std::string(notes).c_str());
        std::exit(finish(exit_done));
    }
    if (has("version")) {
        std::printf("%s (graft) %d.%d.%d\n", name_.c_str(), GRAFT_VERSION_MAJOR, GRAFT_VERSION_MINOR,
                    GRAFT_VERSION_PATCH);
        std::exit(finish(exit_done));
    }
}

void arguments::usage_error(const std::string& why) const {
    report({graft::fault::bad_argument}, why + " (see --help)");
    std::exit(exit_usage);
}

const flag* arguments::find(std::string_view name) const {
    const auto at = std::find_if(flags_.begin(), flags_.end(), [&](const flag& f) { return f.name == name; });
    return at != flags_.end() ? &*at : nullptr;
}

void arguments::report(const graft::error& e, std::string_view what) const {
    std::fflush(stdout);
    std::string line;
    if (json_) {
        const tool::json told{{"fault", graft::name(e.what)},
                              {"file", e.subject},
                              {"unit", graft::name(e.of)},
                              {"where", e.where},
                              {"what", what.empty() ? graft::explain(e.what) : what}};
        line = line_of(tool::json::object({{"error", told}}));
    } else line = name_ + ": " + printable(what.empty() ? graft::describe(e) : std::string(what)) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

int arguments::finish(int code) const {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    report({graft::fault::write_failed, graft::unit::none, 0, "stdout"});
    return exit_failed;
}

std::string arguments::text(std::string_view flag) const {
    const auto at = given_.find(std::string(flag));
    return at != given_.end() ? at->second : std::string(find(flag)->fallback);
}

std::string arguments::choice(std::string_view flag, std::initializer_list<std::string_view> choices) const {
    const std::string it = text(flag);
    std::string       all;
    for (std::string_view c : choices) {
        if (c == it) return it;
        all.append(all.empty() ? "" : ", ").append(c);
    }
    usage_error("--" + std::string(flag) + " takes one of " + all);
}

} // namespace tool
