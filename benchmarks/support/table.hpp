// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// Which way a figure is good.
enum class better { higher, lower };

/// One figure: ours, and what it is held against (a peer library, a bar, an older version). NaN: there is none.
struct row {
    std::string name;
    std::string unit;
    double      ours = 0;
    double      peer = std::nan("");
    std::string peer_name;
    better      way      = better::higher;
    double      paired   = std::nan(""); ///< the ratio, where it was taken slice by slice
    double      low      = std::nan(""); ///< of it, 95 % interval
    double      high     = std::nan("");
    double      quietest = std::nan(""); ///< the ratio of the quietest slices
    double      bar      = std::nan(""); ///< what the ratio should reach
    std::string others   = {};           ///< what else was measured

    /// Above 1 when ours is better; NaN without a peer.
    [[nodiscard]] double ratio() const {
        return std::isfinite(paired) ? paired : way == better::higher ? ours / peer : peer / ours;
    }
};

/// Collects the figures of a suite, prints them as an aligned table, and writes them as JSON lines where the command
/// line says `--json FILE`.
///
///     int main(int argc, char** argv) {
///         bench::report report("flat", argc, argv);
///         report.add("10,000 x 256, k = 10", "us", ours, faiss, "faiss 1.7.3", bench::better::lower);
///         return report.finish();
///     }
class report {
    std::string                   suite_;
    std::string                   json_;
    std::vector<std::string_view> arguments_;
    std::vector<row>              rows_;

public:
    report(std::string suite, int argc, char** argv) : suite_(std::move(suite)) {
        for (int i = 1; i < argc; ++i) {
            const std::string_view flag = argv[i];
            if (flag != "--json") {
                arguments_.push_back(flag);
            } else if (i + 1 < argc) {
                json_ = argv[++i];
            } else {
                std::fprintf(stderr, "%s: --json needs a file\n", suite_.c_str());
                std::exit(2);
            }
        }
    }

    /// What else stood on the command line, for the suite itself.
    [[nodiscard]] const std::vector<std::string_view>& arguments() const { return arguments_; }
    [[nodiscard]] bool                                 has(std::string_view flag) const {
        for (const std::string_view a : arguments_)
            if (a == flag) return true;
        return false;
    }

    /// A figure with a peer.
    void add(std::string name, std::string unit, double ours, double peer, std::string peer_name,
             better way = better::higher) {
        add({std::move(name), std::move(unit), ours, peer, std::move(peer_name), way});
    }
    void add(row r) {
        rows_.push_back(std::move(r));
        std::fprintf(stderr, "  %s\n", rows_.back().name.c_str()); // something moves while a suite runs for minutes
    }
    /// A figure that stands alone.
    void add(std::string name, std::string unit, double ours) {
        add(std::move(name), std::move(unit), ours, std::nan(""), "");
    }

    /// Prints the table, writes the rows; the exit status of main. Columns that no row fills are left out.
    [[nodiscard]] int finish() const {
        struct column {
            std::string_view title;
            std::string (*cell)(const row&);
            bool is_number = true;
        };
        static constexpr column all[] = {
            {"ours", [](const row& r) { return number(r.ours); }},
            {"peer", [](const row& r) { return number(r.peer); }},
            {"ratio", [](const row& r) { return number(r.ratio(), 3); }},
            {"95 %",
             [](const row& r) { return std::isfinite(r.low) ? number(r.low, 3) + "-" + number(r.high, 3) : "-"; }},
            {"quietest", [](const row& r) { return number(r.quietest, 3); }},
            {"bar", [](const row& r) { return number(r.bar, 3); }},
            {"unit", [](const row& r) { return r.unit; }, false},
            {"peer is",
             [](const row& r) {
                 return r.peer_name + (r.peer_name.empty() || r.others.empty() ? "" : "; ") + r.others;
             },
             false},
        };
        const auto some = [&](double row::* figure) {
            return std::any_of(rows_.begin(), rows_.end(), [&](const row& r) { return std::isfinite(r.*figure); });
        };
        std::vector<column> columns{{suite_, [](const row& r) { return r.name; }, false}};
        for (const column& c : all)
            if ((c.title != "95 %" || some(&row::low)) && (c.title != "quietest" || some(&row::quietest)) &&
                (c.title != "bar" || some(&row::bar)))
                columns.push_back(c);
        std::vector<std::vector<std::string>> cells(1);
        for (const column& c : columns) cells[0].emplace_back(c.title);
        for (const row& r : rows_) {
            auto& line = cells.emplace_back();
            for (const column& c : columns) line.push_back(c.cell(r));
        }
        std::vector<std::size_t> width(columns.size(), 0);
        for (const auto& line : cells)
            for (std::size_t i = 0; i < line.size(); ++i) width[i] = std::max(width[i], characters(line[i]));
        for (const auto& line : cells) {
            std::string out;
            for (std::size_t i = 0; i < line.size(); ++i) {
                const std::string gap(width[i] - characters(line[i]), ' ');
                out += (i > 0 ? "  " : "") + (columns[i].is_number ? gap + line[i] : line[i] + gap);
            }
            out.resize(out.find_last_not_of(' ') + 1);
            std::printf("%s\n", out.c_str());
        }
        return json_.empty() || write() ? 0 : 1;
    }

    /// As the table prints it.
    [[nodiscard]] static std::string number(double x, int digits = 4) {
        if (!std::isfinite(x)) return "-";
        char      text[64];
        const int whole = x == 0 ? 1 : static_cast<int>(std::floor(std::log10(std::fabs(x)))) + 1;
        std::snprintf(text, sizeof text, "%.*f", whole >= digits ? 0 : std::min(digits - std::max(whole, 0), 6), x);
        return text;
    }

private:
    [[nodiscard]] bool write() const {
        std::FILE* file = std::fopen(json_.c_str(), "wb");
        bool       good = file != nullptr;
        for (const row& r : rows_) {
            if (!good) break;
            const std::string line =
                R"({"suite":)" + quoted(suite_) + R"(,"name":)" + quoted(r.name) + R"(,"unit":)" + quoted(r.unit) +
                R"(,"ours":)" + json(r.ours) + R"(,"peer":)" + json(r.peer) + R"(,"peer_name":)" +
                (r.peer_name.empty() ? "null" : quoted(r.peer_name)) + R"(,"ratio":)" + json(r.ratio()) +
                optional("low", r.low) + optional("high", r.high) + optional("quietest", r.quietest) +
                optional("bar", r.bar) + (r.others.empty() ? "" : R"(,"others":)" + quoted(r.others)) + "}\n";
            good = std::fwrite(line.data(), 1, line.size(), file) == line.size();
        }
        if (file != nullptr) good = std::fclose(file) == 0 && good;
        if (!good) std::fprintf(stderr, "%s: %s cannot be written\n", suite_.c_str(), json_.c_str());
        return good;
    }

    static std::string json(double x) {
        if (!std::isfinite(x)) return "null";
        char text[64];
        std::snprintf(text, sizeof text, "%.9g", x);
        return text;
    }
    static std::string optional(std::string_view name, double x) {
        return std::isfinite(x) ? "," + quoted(name) + ":" + json(x) : "";
    }
    static std::string quoted(std::string_view s) {
        std::string out = "\"";
        for (const char c : s) {
            char code[8];
            if (c == '"' || c == '\\') out.append(1, '\\').append(1, c);
            else if (static_cast<unsigned char>(c) >= 0x20) out += c;
            else if (std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c)) > 0) out += code;
        }
        return out + '"';
    }
    /// Characters, not bytes, so that a table with `µs` stays straight.
    static std::size_t characters(std::string_view s) {
        std::size_t n = 0;
        for (const char c : s) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
        return n;
    }
};

} // namespace bench
