// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/normaliser.hpp>
#include <graft/tokenize/split_rule.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How blanks become part of the words behind them: as U+2581, of which a piece gets one in front.
struct metaspace {
    enum class when : std::uint8_t { always, first, never };
    when prepend = when::always; ///< `first`: only at the beginning of the text
    bool split   = true;         ///< cut in front of every U+2581
};

/// How a normalised text is cut into the pieces that the model spells one by one.
struct pre_tokenizer {
    std::vector<split_rule>  rules        = {};    ///< each cuts the pieces of the one before
    std::optional<metaspace> blanks       = {};    ///< behind the rules
    bool                     prefix_blank = false; ///< a piece without a blank in front gets one, before the rules

    /// The pieces of a text, in order: f(text, begin, end) says whether to go on; `on(text)` is told before pieces of another text come.
    template <class On, class F>
    bool operator()(detail::normalised text, arena& a, On&& on, F&& f) const {
        if (text.text.empty()) return true;
        if (prefix_blank && !text.text.starts_with(' ')) text = detail::prepended(" ", text, a);
        if (blanks) {
            text = marked(text, a);
            on(text);
            if (blanks->split)
                return detail::split(split_rule::blank_marks, text.text,
                                     [&](std::size_t b, std::size_t e) { return f(text.text, b, e); });
            return f(text.text, std::size_t{0}, text.text.size());
        }
        on(text);
        return cut(0, text.text, 0, text.text.size(), f);
    }

private:
    template <class F>
    bool cut(std::size_t k, std::string_view text, std::size_t begin, std::size_t end, F& f) const {
        if (k == rules.size()) return f(text, begin, end);
        return detail::split(rules[k], text.substr(begin, end - begin), [&](std::size_t b, std::size_t e) {
            return k + 1 == rules.size() ? f(text, begin + b, begin + e) : cut(k + 1, text, begin + b, begin + e, f);
        });
    }

    /// The text with a U+2581 for each blank, and one in front of each piece.
    [[nodiscard]] detail::normalised marked(const detail::normalised& in, arena& a) const {
        constexpr std::string_view mark = detail::blank_mark_scanner::mark;
        detail::normalised_text    out(a, in);
        out.keep_origins();
        const auto piece = [&](std::string_view text, std::size_t begin, std::size_t end) {
            const bool marked_already = text[begin] == ' ' || text.substr(begin, end - begin).starts_with(mark);
            const bool wanted         = blanks->prepend == metaspace::when::always ||
                                (blanks->prepend == metaspace::when::first && in.source(begin) == 0);
            if (wanted && !marked_already) out.bytes(mark, in.source(begin));
            for (std::size_t at = begin; at < end;) {
                const std::size_t blank = std::min(text.find(' ', at), end);
                out.copy(at, blank);
                if (blank < end) out.bytes(mark, in.source(blank));
                at = blank + 1;
            }
            return true;
        };
        cut(0, in.text, 0, in.text.size(), piece);
        return out.done();
    }
};

} // namespace graft::inline GRAFT_ABI
