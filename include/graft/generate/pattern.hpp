// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/generate/automaton.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// A regular expression while it becomes an automaton: parsed to a tree, the tree to a machine of bytes with free moves
/// (Thompson, 1968), that to sets of its states (Rabin and Scott, 1959).
class pattern_compiler {
    static constexpr std::size_t most_nodes = 200'000, most_states = 20'000, deepest = 200;
    using range = std::pair<char32_t, char32_t>;

    enum class kind : std::uint8_t { empty, set, sequence, either, repeat };
    struct node {
        kind                     what  = kind::empty;
        std::vector<range>       set   = {};
        std::vector<std::size_t> of    = {};
        std::uint32_t            least = 0, most = 0; // of a repeat; most: 0 for no end
        bool                     quoted = false;      // as JSON has it between quotes
    };
    struct move { // of the machine with free moves
        std::uint8_t  from = 0, to = 0;
        bool          free = false;
        std::uint32_t next = 0, other = 0;
    };
    static constexpr std::uint32_t nowhere = ~std::uint32_t{0};

    std::string_view  text_;
    std::size_t       at_ = 0, depth_ = 0;
    bool              quoted_ = false; // within (?j:
    std::vector<node> nodes_;
    std::vector<move> moves_;

    [[nodiscard]] error refused(std::string_view why) const {
        return {fault::bad_format, unit::byte, at_, std::string(why)};
    }
    [[nodiscard]] bool        more() const noexcept { return at_ < text_.size(); }
    [[nodiscard]] bool        take(char c) noexcept { return more() && text_[at_] == c ? ++at_, true : false; }
    [[nodiscard]] std::size_t made(node n) {
        n.quoted = quoted_;
        return nodes_.push_back(std::move(n)), nodes_.size() - 1;
    }

    [[nodiscard]] result<char32_t> code_point() {
        const unicode::decoded c = unicode::decode(text_, at_);
        if (!c.valid) return refused("pattern: invalid UTF-8");
        at_ += c.length;
        return c.scalar;
    }
    /// What \d, \w and \s stand for: those of ASCII.
    [[nodiscard]] static std::vector<range> shorthand(char c) {
        if (c == 'd') return {{'0', '9'}};
        if (c == 'w') return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        return {{'\t', '\r'}, {' ', ' '}};
    }
    [[nodiscard]] static std::vector<range> inverted(std::vector<range> set) {
        std::sort(set.begin(), set.end());
        std::vector<range> out;
        char32_t           next = 0;
        for (const range& r : set) {
            if (r.first > next) out.push_back({next, r.first - 1});
            next = std::max<char32_t>(next, r.second + 1);
        }
        if (next <= 0x10FFFF) out.push_back({next, 0x10FFFF});
        return out;
    }
    /// Behind a backslash: a set, or one code point.
    [[nodiscard]] result<std::vector<range>> escape() {
        if (!more()) return refused("pattern: ends in a backslash");
        const char c = text_[at_++];
        switch (c) {
        case 'd':
        case 'w':
        case 's': return shorthand(c);
        case 'D':
        case 'W':
        case 'S': return inverted(shorthand(static_cast<char>(c | 0x20)));
        case 'n': return std::vector<range>{{'\n', '\n'}};
        case 't': return std::vector<range>{{'\t', '\t'}};
        case 'r': return std::vector<range>{{'\r', '\r'}};
        default: break;
        }
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            return --at_, refused("pattern: an escape that is not known");
        --at_;
        const auto one = code_point();
        if (!one) return one.error();
        return std::vector<range>{{*one, *one}};
    }
    [[nodiscard]] result<std::vector<range>> set_in_brackets() {
        std::vector<range> set;
        const bool         negated = take('^');
        for (bool first = true;; first = false) {
            if (!more()) return refused("pattern: a bracket is not closed");
            if (!first && take(']')) break;
            std::vector<range> low;
            if (take('\\')) {
                auto some = escape();
                if (!some) return some.error();
                low = std::move(*some);
            } else {
                const auto one = code_point();
                if (!one) return one.error();
                low = {{*one, *one}};
            }
            const bool one = low.size() == 1 && low[0].first == low[0].second;
            if (one && at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
                ++at_;
                auto high = take('\\') ? escape() : [&]() -> result<std::vector<range>> {
                    const auto c = code_point();
                    if (!c) return c.error();
                    return std::vector<range>{{*c, *c}};
                }();
                if (!high) return high.error();
                if (high->size() != 1 || (*high)[0].second < low[0].first)
                    return refused("pattern: a range runs backwards");
                low[0].second = (*high)[0].second;
            }
            set.insert(set.end(), low.begin(), low.end());
        }
        return negated ? inverted(std::move(set)) : std::move(set);
    }
    [[nodiscard]] result<std::size_t> atom() {
        if (take('(')) {
            const bool before = quoted_;
            if (take('?')) {
                if (take('j')) quoted_ = true;
                if (!take(':')) return refused("pattern: only (?: and (?j: are known behind a bracket");
            }
            auto inner = alternatives();
            if (!inner) return inner;
            if (!take(')')) return refused("pattern: a bracket is not closed");
            quoted_ = before;
            return inner;
        }
        if (take('[')) {
            auto set = set_in_brackets();
            if (!set) return set.error();
            return made({kind::set, std::move(*set)});
        }
        if (take('.')) return made({kind::set, inverted({{'\n', '\n'}})});
        if (take('\\')) {
            auto set = escape();
            if (!set) return set.error();
            return made({kind::set, std::move(*set)});
        }
        if (const char c = text_[at_]; c == '*' || c == '+' || c == '?' || c == '{' || c == '^' || c == '$')
            return refused("pattern: a sign that stands for something needs a backslash here");
        const auto c = code_point();
        if (!c) return c.error();
        return made({kind::set, {{*c, *c}}});
    }
    [[nodiscard]] result<std::uint32_t> count() {
        if (!more() || text_[at_] < '0' || text_[at_] > '9') return refused("pattern: a number is missing");
        std::uint32_t n = 0;
        for (; more() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
            if ((n = n * 10 + static_cast<std::uint32_t>(text_[at_] - '0')) > 10'000)
                return refused("pattern: too many times");
        return n;
    }
    [[nodiscard]] result<std::size_t> repeated() {
        auto one = atom();
        while (one && more()) {
            node n{kind::repeat, {}, {*one}};
            if (take('*')) n.least = 0, n.most = 0;
            else if (take('+')) n.least = 1, n.most = 0;
            else if (take('?')) n.least = 0, n.most = 1;
            else if (take('{')) {
                const auto least = count();
                if (!least) return least.error();
                n.least = n.most = *least;
                if (take(',')) {
                    n.most = 0;
                    if (more() && text_[at_] != '}') {
                        const auto most = count();
                        if (!most) return most.error();
                        n.most = *most;
                        if (n.most < n.least || n.most == 0) return refused("pattern: a count runs backwards");
                    }
                } else if (n.most == 0) return refused("pattern: zero times");
                if (!take('}')) return refused("pattern: a count is not closed");
            } else break;
            one = made(std::move(n));
        }
        return one;
    }
    [[nodiscard]] result<std::size_t> alternatives() {
        if (++depth_ > deepest) return refused("pattern: too deep");
        node either{kind::either};
        do {
            node sequence{kind::sequence};
            while (more() && text_[at_] != '|' && text_[at_] != ')') {
                const auto part = repeated();
                if (!part) return part.error();
                sequence.of.push_back(*part);
            }
            either.of.push_back(made(std::move(sequence)));
        } while (take('|'));
        --depth_;
        return made(std::move(either));
    }

    // ---- the machine: each emit gives where its part begins, built from its end backwards

    [[nodiscard]] std::uint32_t moved(move m) {
        if (moves_.size() >= most_nodes) return nowhere;
        moves_.push_back(m);
        return static_cast<std::uint32_t>(moves_.size() - 1);
    }
    [[nodiscard]] std::uint32_t split(std::uint32_t a, std::uint32_t b) {
        return a == nowhere ? b : b == nowhere ? a : moved({0, 0, true, a, b});
    }

    /// The bytes of code points low … high, of one length, which differ from byte `from` on.
    [[nodiscard]] std::uint32_t bytes(char32_t low, char32_t high, std::uint32_t next) {
        std::uint32_t entry = nowhere;
        for (const char32_t limit : {U'\x7f', U'\x7ff', U'\xffff', U'\x10ffff'}) {
            if (low > high) break;
            if (low > limit) continue;
            entry = split(entry, of_one_length(low, std::min(high, limit), next));
            low   = limit + 1;
        }
        return entry;
    }
    [[nodiscard]] std::uint32_t of_one_length(char32_t low, char32_t high, std::uint32_t next) {
        // Where all but the last n bits agree, or run from all 0 to all 1, one chain of byte ranges says it; otherwise it is cut.
        for (int tail = 1; tail <= 3; ++tail) {
            const char32_t mask = (char32_t{1} << 6 * tail) - 1;
            if (high <= 0x7f || (low & ~mask) == (high & ~mask)) continue;
            if ((low & mask) != 0)
                return split(of_one_length(low, low | mask, next), of_one_length((low | mask) + 1, high, next));
            if ((high & mask) != mask)
                return split(of_one_length(low, (high & ~mask) - 1, next), of_one_length(high & ~mask, high, next));
        }
        char           a[4], b[4];
        const unsigned n = unicode::encode(low, a);
        (void)unicode::encode(high, b);
        for (unsigned i = n; i-- > 0;)
            next = moved({static_cast<std::uint8_t>(a[i]), static_cast<std::uint8_t>(b[i]), false, next, nowhere});
        return next;
    }
    [[nodiscard]] std::uint32_t scalars(char32_t low, char32_t high, std::uint32_t next) { // surrogates are no text
        std::uint32_t entry = nowhere;
        if (low < 0xD800) entry = bytes(low, std::min<char32_t>(high, 0xD7FF), next);
        if (high > 0xDFFF) entry = split(entry, bytes(std::max<char32_t>(low, 0xE000), high, next));
        return entry;
    }
    [[nodiscard]] std::uint32_t byte(char c, std::uint32_t next) {
        return moved({static_cast<std::uint8_t>(c), static_cast<std::uint8_t>(c), false, next, nowhere});
    }
    /// The same as `append_json_text` writes them.
    [[nodiscard]] std::uint32_t quoted(char32_t low, char32_t high, std::uint32_t next) {
        std::uint32_t entry = nowhere, escaped = nowhere, codes = nowhere;
        for (const range& r : {range{0x20, 0x21}, range{0x23, 0x5B}, range{0x5D, 0x10FFFF}})
            if (std::max(low, r.first) <= std::min(high, r.second))
                entry = split(entry, scalars(std::max(low, r.first), std::min(high, r.second), next));
        constexpr std::pair<char32_t, char> letters[] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\t', 't'},
                                                         {'\n', 'n'}, {'\f', 'f'},  {'\r', 'r'}};
        for (const auto& [c, letter] : letters)
            if (low <= c && c <= high) escaped = split(escaped, byte(letter, next));
        for (char32_t c = low; c <= std::min<char32_t>(high, 0x1F); ++c) {
            const auto same = [c](const auto& l) { return l.first == c; };
            if (std::any_of(std::begin(letters), std::end(letters), same)) continue;
            codes = split(codes, byte(c < 16 ? '0' : '1', byte("0123456789abcdef"[c % 16], next)));
        }
        if (codes != nowhere) escaped = split(escaped, byte('u', byte('0', byte('0', codes))));
        return escaped == nowhere ? entry : split(entry, byte('\\', escaped));
    }
    [[nodiscard]] std::uint32_t emit(std::size_t of, std::uint32_t next) {
        const node n = nodes_[of];
        switch (n.what) {
        case kind::empty: return next;
        case kind::set: {
            std::uint32_t entry = nowhere;
            for (const range& r : n.set)
                entry = split(entry, n.quoted ? quoted(r.first, r.second, next) : scalars(r.first, r.second, next));
            return entry;
        }
        case kind::sequence:
            for (std::size_t i = n.of.size(); i-- > 0 && next != nowhere;) next = emit(n.of[i], next);
            return next;
        case kind::either: {
            std::uint32_t entry = nowhere;
            for (const std::size_t one : n.of) entry = split(entry, emit(one, next));
            return entry;
        }
        case kind::repeat: break;
        }
        std::uint32_t entry = next;
        if (n.most == 0) { // a loop
            const std::uint32_t loop = moved({0, 0, true, nowhere, next});
            if (loop == nowhere) return nowhere;
            const std::uint32_t body = emit(n.of[0], loop);
            moves_[loop].next        = body;
            entry                    = loop;
        } else
            for (std::uint32_t i = n.least; i < n.most && entry != nowhere && moves_.size() < most_nodes; ++i)
                entry = split(emit(n.of[0], entry), next);
        for (std::uint32_t i = 0; i < n.least && entry != nowhere; ++i) entry = emit(n.of[0], entry);
        return entry;
    }

    void close(std::vector<std::uint32_t>& set, std::vector<std::uint8_t>& seen) const {
        for (std::size_t i = 0; i < set.size(); ++i) {
            const move& m = moves_[set[i]];
            if (!m.free) continue;
            for (const std::uint32_t to : {m.next, m.other})
                if (to != nowhere && seen[to] == 0) seen[to] = 1, set.push_back(to);
        }
        for (const std::uint32_t s : set) seen[s] = 0;
        std::erase_if(set, [&](std::uint32_t s) { return moves_[s].free; });
        std::sort(set.begin(), set.end());
    }

public:
    explicit pattern_compiler(std::string_view text) : text_(text) {}

    [[nodiscard]] result<automaton> compile() {
        const auto root = alternatives();
        if (!root) return root.error();
        if (more()) return refused("pattern: a bracket closes that was not open");
        const std::uint32_t end   = moved({1, 0, false, nowhere, nowhere}); // takes no byte
        const std::uint32_t begin = emit(*root, end);
        if (moves_.size() >= most_nodes) return error{fault::too_large, unit::none, most_nodes, "pattern"};
        if (begin == nowhere) return error{fault::no_input, unit::none, 0, "pattern: it matches nothing"};

        std::vector<std::uint8_t>                              seen(moves_.size());
        std::map<std::vector<std::uint32_t>, automaton::state> known;
        std::vector<std::vector<std::uint32_t>>                sets;
        std::vector<std::array<automaton::state, 256>>         next;
        std::vector<std::uint8_t>                              accepting;
        const auto                                             state_of = [&](std::vector<std::uint32_t> set) {
            for (const std::uint32_t s : set) seen[s] = 1;
            close(set, seen);
            const auto [at, fresh] = known.emplace(set, static_cast<automaton::state>(sets.size()));
            if (fresh) {
                accepting.push_back(std::binary_search(set.begin(), set.end(), end) ? 1 : 0);
                sets.push_back(std::move(set));
            }
            return at->second;
        };
        (void)state_of({begin});
        for (std::size_t s = 0; s < sets.size(); ++s) {
            if (sets.size() > most_states) return error{fault::too_large, unit::none, most_states, "pattern"};
            auto row = std::array<automaton::state, 256>{};
            row.fill(automaton::dead);
            // Bytes that every move of the set treats alike lead to the same set: ask at the borders only.
            std::array<bool, 257> border{};
            for (const std::uint32_t m : sets[s])
                if (m != end) border[moves_[m].from] = border[moves_[m].to + 1u] = true;
            for (unsigned byte = 0; byte < 256;) {
                unsigned stop = byte + 1;
                while (stop < 256 && !border[stop]) ++stop;
                std::vector<std::uint32_t> to;
                for (const std::uint32_t m : sets[s])
                    if (m != end && moves_[m].from <= byte && byte <= moves_[m].to) to.push_back(moves_[m].next);
                std::sort(to.begin(), to.end());
                to.erase(std::unique(to.begin(), to.end()), to.end());
                const auto target = to.empty() ? automaton::dead : state_of(std::move(to));
                for (; byte < stop; ++byte) row[byte] = target;
            }
            next.push_back(row);
        }
        return automaton(next, std::move(accepting));
    }
};

} // namespace detail

/// The language of a regular expression, as a whole: literals, the dot (no line's end), `[a-z]`, `[^"]`, `\d \w \s` and their opposites (of
/// ASCII), groups, `|`, `* + ? {2} {2,} {2,5}`. Over code points: what it matches is valid UTF-8. `(?j:…)` is a group of what stands between the
/// quotes of a JSON text: each code point as `append_json_text` writes it, so `"(?j:.{0,20})"` is a text of at most twenty.
///
/// Costs    time and memory exponential in the worst pattern, and bounded: at most 20,000 states.
/// Fails    `bad_format` at a byte of the pattern, also for what no automaton can do (anchors, look-around, back references);
///          `too_large`; `no_input` where it matches nothing.
[[nodiscard]] inline result<automaton> pattern(std::string_view text) {
    return detail::pattern_compiler(text).compile();
}

} // namespace graft::inline GRAFT_ABI
