// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/charsmap.hpp>
#include <graft/tokenize/normalised_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What BERT does to a text before it is cut into words.
///
/// Source   the BERT repository's tokenization.py, with the tables of the reference library (see `detail::scalar_class`).
struct bert_cleaning {
    bool clean         = true; ///< drop controls, make every white space a blank
    bool space_han     = true; ///< put blanks round Chinese characters
    bool strip_accents = true; ///< decompose, and drop the marks
    bool lower         = true; ///< lower case
};

/// Lower case, character by character.
struct lower_casing {};
/// Drops marks; a decomposition goes before it.
struct accent_dropping {};
/// Drops white space at the ends.
struct trimming {
    bool left = true, right = true;
};
/// Puts one string in the place of another.
struct replacing {
    std::string what = " ";
    std::string with = "\u2581";
    bool        runs = false; ///< two or more of `what` in a row, and not one alone
};
/// Puts a string in the place of each run of white space.
struct space_replacing {
    std::string with = " ";
};
/// Puts a string in front of a text that is not empty.
struct prepending {
    std::string what = "\u2581";
};
/// SentencePiece's rule for controls and odd blanks.
struct control_dropping {};
/// What a SentencePiece model does to a text: its map, then blanks as U+2581.
struct sentencepiece_cleaning {
    detail::charsmap map          = {};
    bool             dummy_prefix = true;  ///< a blank in front of the text
    bool             squeeze      = false; ///< blanks at the ends go, and of several in a row all but one
};

namespace detail {

/// The blocks that BERT takes for Chinese.
[[nodiscard]] constexpr bool spaced_han(char32_t c) noexcept {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

/// What becomes of an ASCII byte; `high` for a byte that is not ASCII, 0 for one that is dropped.
struct ascii_cleaning {
    static constexpr unsigned char high = 0x80;
    std::array<unsigned char, 256> to   = {};

    constexpr explicit ascii_cleaning(const bert_cleaning& how) noexcept {
        for (unsigned b = 0; b < 256; ++b) {
            unsigned out = b < 0x80 ? b : high;
            if (how.clean && (b < 0x20 || b == 0x7F)) out = b == '\t' || b == '\n' || b == '\r' ? ' ' : 0;
            if (how.lower && b >= 'A' && b <= 'Z') out = b + 32;
            to[b] = static_cast<unsigned char>(out);
        }
    }
};

[[nodiscard]] inline normalised clean(const bert_cleaning& how, const ascii_cleaning& ascii, const normalised& in,
                                      arena& a, bool ordered = false) {
    normalised_text out(a, in);
    const auto      text = in.text;
    std::size_t     at   = 0;
    const auto      put  = [&](char32_t c, std::uint32_t from) {
        if (how.strip_accents && class_of(c).is_accent()) return;
        if (how.lower) {
            if (const auto to = lower_case(c); !to.empty()) {
                for (const char32_t x : to) out.scalar(x, from);
                return;
            }
        }
        out.scalar(c, from);
    };
    while (at < text.size()) {
        if (!out.keeps_origins()) { // byte for byte
            for (; at < text.size(); ++at) {
                const unsigned char to = ascii.to[static_cast<unsigned char>(text[at])];
                if (to == 0 ? how.clean || text[at] != 0 : to == ascii_cleaning::high) break;
                out.same(static_cast<char>(to));
            }
            if (at == text.size()) break;
            out.keep_origins();
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            if (const unsigned char to = ascii.to[byte]; to != 0 || !how.clean) {
                out.reserve(1);
                out.byte(static_cast<char>(to), in.source(at));
            }
            ++at;
            continue;
        }
        const unicode::decoded d    = scalar_at(text, at);
        const std::uint32_t    from = in.source(at);
        at += d.length;
        if (how.clean) {
            if (class_of(d.scalar).is_dropped()) continue; // U+0085 too, though it is white space
            if (white_space(d.scalar)) {
                out.scalar(' ', from);
                continue;
            }
        }
        if (how.space_han && spaced_han(d.scalar)) {
            out.scalar(' ', from);
            if (how.strip_accents && !canonical(d.scalar).empty()) put(canonical(d.scalar)[0], from);
            else out.scalar(d.scalar, from);
            out.scalar(' ', from);
            continue;
        }
        if (!how.strip_accents) {
            put(d.scalar, from);
            continue;
        }
        if (d.scalar >= hangul_first && d.scalar <= hangul_last) {
            const char32_t i = d.scalar - hangul_first;
            out.scalar(0x1100 + i / 588, from);
            out.scalar(0x1161 + i % 588 / 28, from);
            if (i % 28 != 0) out.scalar(0x11A7 + i % 28, from);
            continue;
        }
        const auto parts = canonical(d.scalar);
        for (std::size_t k = 0; k < parts.size() || k == 0; ++k) {
            const char32_t c = parts.empty() ? d.scalar : parts[k];
            // A mark that stays must be put into its order among the others: the long way, one step after another.
            if (!ordered && c >= 0x300 && combining_class(c) != 0 && !class_of(c).is_accent()) {
                const bert_cleaning front{how.clean, how.space_han, false, false}, back{false, false, true, how.lower};
                const normalised    first = clean(front, ascii_cleaning(front), in, a);
                return clean(back, ascii_cleaning(back), to_normal_form(normal_form::nfd, first, a), a, true);
            }
            put(c, from);
        }
    }
    return out.done();
}

/// Rewrites a text character by character: `f(scalar, from, out)` says what becomes of one.
template <class F>
[[nodiscard]] normalised rewrite(const normalised& in, arena& a, F&& f) {
    normalised_text out(a, in);
    out.keep_origins();
    for (std::size_t at = 0; at < in.text.size();) {
        const unicode::decoded d = scalar_at(in.text, at);
        f(d.scalar, in.source(at), out);
        at += d.length;
    }
    return out.done();
}

[[nodiscard]] inline normalised normalise_text(const lower_casing&, const normalised& in, arena& a) {
    return rewrite(in, a, [](char32_t c, std::uint32_t from, normalised_text& out) {
        const auto to = lower_case(c);
        if (to.empty()) out.scalar(c, from);
        for (const char32_t x : to) out.scalar(x, from);
    });
}
[[nodiscard]] inline normalised normalise_text(const accent_dropping&, const normalised& in, arena& a) {
    return rewrite(in, a, [](char32_t c, std::uint32_t from, normalised_text& out) {
        if (!stripped_mark(c)) out.scalar(c, from);
    });
}
[[nodiscard]] inline normalised normalise_text(const trimming& how, const normalised& in, arena&) {
    std::size_t begin = 0, end = in.text.size();
    while (how.left && begin < end) {
        const unicode::decoded d = scalar_at(in.text, begin);
        if (!white_space(d.scalar)) break;
        begin += d.length;
    }
    while (how.right && end > begin) {
        std::size_t last = unicode::boundary_before(in.text, end - 1);
        if (last < begin) last = end - 1;
        if (!white_space(scalar_at(in.text, last).scalar)) break;
        end = last;
    }
    return in.part(begin, end);
}
[[nodiscard]] inline normalised normalise_text(const replacing& how, const normalised& in, arena& a) {
    const auto text = in.text;
    const auto find = [&](std::size_t at) {
        if (!how.runs) return text.find(how.what, at);
        for (at = text.find(how.what, at); at != std::string_view::npos; at = text.find(how.what, at + how.what.size()))
            if (text.substr(at + how.what.size()).starts_with(how.what)) break;
        return at;
    };
    std::size_t next = how.what.empty() ? std::string_view::npos : find(0);
    if (next == std::string_view::npos) return in;
    normalised_text out(a, in);
    out.keep_origins();
    std::size_t at = 0;
    while (next != std::string_view::npos) {
        out.copy(at, next);
        at = next + how.what.size();
        while (how.runs && text.substr(at).starts_with(how.what)) at += how.what.size();
        out.bytes(how.with, in.source(at - 1)); // all of it stands for the last character that it replaces
        next = find(at);
    }
    out.copy(at, text.size());
    return out.done();
}
[[nodiscard]] inline normalised normalise_text(const space_replacing& how, const normalised& in, arena& a) {
    normalised_text out(a, in);
    out.keep_origins();
    for (std::size_t at = 0, from = 0;;) {
        unicode::decoded d = scalar_at(in.text, at);
        while (at < in.text.size() && !white_space(d.scalar)) at += d.length, d = scalar_at(in.text, at);
        out.copy(from, at);
        if (at == in.text.size()) return out.done();
        while (at < in.text.size() && white_space(d.scalar)) from = at, at += d.length, d = scalar_at(in.text, at);
        out.bytes(how.with, in.source(from)); // all of it stands for the last character that it replaces
        from = at;
    }
}
[[nodiscard]] inline normalised prepended(std::string_view what, const normalised& in, arena& a) {
    normalised_text out(a, in);
    out.keep_origins();
    out.bytes(what, in.source(0)); // as the reference library has it: the first character's
    out.copy(0, in.text.size());
    return out.done();
}
[[nodiscard]] inline normalised normalise_text(const prepending& how, const normalised& in, arena& a) {
    return in.text.empty() ? in : prepended(how.what, in, a);
}
[[nodiscard]] inline normalised normalise_text(const control_dropping&, const normalised& in, arena& a) {
    const auto odd = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F;
    };
    if (std::find_if(in.text.begin(), in.text.end(), odd) == in.text.end()) return in;
    return rewrite(in, a, [](char32_t c, std::uint32_t from, normalised_text& out) {
        if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) return;
        const bool blank = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                           c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
        out.scalar(blank ? U' ' : c, from);
    });
}
[[nodiscard]] inline normalised normalise_text(normal_form form, const normalised& in, arena& a) {
    return to_normal_form(form, in, a);
}
[[nodiscard]] inline normalised normalise_text(const charsmap& map, const normalised& in, arena& a) {
    return map.by_clusters(in, a);
}

[[nodiscard]] inline normalised normalise_text(const sentencepiece_cleaning& how, const normalised& in, arena& a) {
    const auto text   = in.text;
    const auto prefix = [&](std::size_t at) -> std::pair<std::size_t, std::string_view> {
        if (how.map.begins(text, at) && text[at] != ' ')
            if (const auto found = how.map.longest(text.substr(at)); found.first > 0) return found;
        const unicode::decoded d = scalar_at(text, at);
        return {d.length, d.valid ? text.substr(at, d.length) : std::string_view("\uFFFD")};
    };
    std::size_t at = 0;
    while (how.squeeze && in.fresh && at < text.size()) {
        const auto [n, to] = prefix(at);
        if (to != " ") break;
        at += n;
    }
    normalised_text out(a, in);
    out.keep_origins();
    if (at == text.size()) return out.done();
    const std::string_view mark = "\u2581";
    if (how.dummy_prefix && in.fresh) out.bytes(mark, in.source(at) | normalised::inserted);
    bool       blank = how.squeeze && in.fresh; // one went before
    const auto plain = [&](std::size_t i) {
        return static_cast<unsigned char>(text[i]) < 0x80 && text[i] != ' ' && !how.map.begins(text, i);
    };
    while (at < text.size()) {
        if (plain(at)) { // as it stands
            std::size_t end = at + 1;
            while (end < text.size() && plain(end)) ++end;
            out.copy(at, end);
            at = end, blank = false;
            continue;
        }
        auto [n, to] = prefix(at);
        while (blank && to.starts_with(' ')) to.remove_prefix(1);
        const std::uint32_t from = in.source(at);
        if (to == " ") {
            out.bytes(mark, from);
        } else if (to.find(' ') == std::string_view::npos) {
            out.bytes(to, from);
        } else {
            for (const char c : to) out.bytes(c == ' ' ? mark : std::string_view(&c, 1), from);
        }
        if (!to.empty()) blank = to.ends_with(' ');
        if (!how.squeeze) blank = false;
        at += n;
    }
    auto done = out.done();
    while (how.squeeze && in.closing && done.text.ends_with(mark)) done = done.part(0, done.text.size() - mark.size());
    return done;
}

/// BERT's cleaning with its table of ASCII bytes.
struct bert_step {
    bert_cleaning  how   = {};
    ascii_cleaning ascii = ascii_cleaning(bert_cleaning{});

    explicit bert_step(const bert_cleaning& h) : how(h), ascii(h) {}
};
[[nodiscard]] inline normalised normalise_text(const bert_step& step, const normalised& in, arena& a) {
    return clean(step.how, step.ascii, in, a);
}

} // namespace detail

/// The steps that a text goes through before it is cut, in order.
class normaliser {
    using step =
        std::variant<detail::bert_step, detail::normal_form, lower_casing, accent_dropping, trimming, replacing,
                     space_replacing, prepending, control_dropping, detail::charsmap, sentencepiece_cleaning>;
    std::vector<step> steps_;

public:
    template <class S>
    void add(S s) {
        if constexpr (std::is_same_v<S, bert_cleaning>) steps_.emplace_back(detail::bert_step(s));
        else steps_.emplace_back(std::move(s));
    }
    [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

    [[nodiscard]] detail::normalised operator()(detail::normalised text, arena& a) const {
        for (const step& s : steps_)
            text = std::visit([&](const auto& how) { return detail::normalise_text(how, text, a); }, s);
        return text;
    }
};

} // namespace graft::inline GRAFT_ABI
