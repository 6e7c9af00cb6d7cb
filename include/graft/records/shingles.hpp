// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/unicode/lower.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a shingle is made of.
enum class shingle_unit : std::uint8_t { character, word };

/// How a text is taken apart before it is compared.
///
/// A word that is changed takes `size` shingles with it: of three words, one changed word leaves texts of 29 words and more at a Jaccard of .8 or above, of five
/// words texts of 49.
struct shingle_params {
    shingle_unit unit = shingle_unit::word;
    std::size_t  size = 3; ///< units of a shingle; a shorter text is one shingle
};

namespace detail {

[[nodiscard]] inline bool shingle_space(char32_t c) noexcept {
    return unicode::is_space(c) || (c >= 0x1C && c <= 0x1F);
}

/// A character of a script that puts no spaces between words.
[[nodiscard]] inline bool unspaced_scalar(char32_t c) noexcept {
    if (c < 0xE00) return false;
    const auto of = unicode::classify(c).script_kind();
    return of == unicode::script::ideographic || of == unicode::script::unspaced;
}

/// Lower case with what Greek adds: the accented capitals, and the sigma that ends a word.
[[nodiscard]] inline char32_t shingle_lower(char32_t c) noexcept {
    if (c == 0x386) return 0x3AC;
    if (c >= 0x388 && c <= 0x38A) return c + 37;
    if (c == 0x38C) return 0x3CC;
    if (c == 0x38E || c == 0x38F) return c + 63;
    return c == 0x3AA || c == 0x3AB ? c + 32 : c == 0x178 ? 0xFF : c == 0x1E9E ? 0xDF : lower(c);
}

} // namespace detail

/// The form in which texts are compared: lower case, white space as single spaces, nothing at the ends. `Straße` and `STRASSE` stay different, as do
/// composed and decomposed letters. Cased scripts other than Latin, Greek, Cyrillic and Armenian stay as they are.
[[nodiscard]] inline std::string comparable_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool space = false, cased = false; // a letter stands before, in this word
    for (std::size_t at = 0; at < text.size();) {
        const auto step = unicode::decode(text, at);
        at += step.length;
        if (detail::shingle_space(step.scalar)) {
            space = true, cased = false;
            continue;
        }
        if (space && !out.empty()) out += ' ';
        space = false;
        if (step.scalar == 0x130) out.append("i\u0307"); // İ
        else if (step.scalar == 0x3A3) {
            const bool more = unicode::is_letter(unicode::decode(text, at).scalar) && at < text.size();
            unicode::append_utf8(out, cased && !more ? 0x3C2 : 0x3C3);
        } else unicode::append_utf8(out, detail::shingle_lower(step.scalar));
        cased = unicode::is_letter(step.scalar);
    }
    return out;
}

/// Calls f with each shingle of a text, in order, as it stands there.
///
/// Takes    a text as `comparable_text` gives it. Words stand between single spaces; of scripts without spaces (Han, kana, Thai, Lao, Khmer, Burmese) each
///          scalar is one.
template <class F>
void each_shingle(std::string_view text, const shingle_params& p, const F& f) {
    std::vector<byte_span> units;
    bool                   open = false; // a word, which goes on
    for (std::size_t at = 0; at < text.size();) {
        const auto        step  = unicode::decode(text, at);
        const std::size_t end   = at + step.length;
        const bool        space = p.unit == shingle_unit::word && step.scalar == ' ';
        const bool        alone = p.unit == shingle_unit::character || detail::unspaced_scalar(step.scalar);
        if (!space && open && !alone) units.back().end = end;
        else if (!space) units.push_back({at, end});
        open = !space && !alone;
        at   = end;
    }
    if (units.empty() || p.size == 0) return;
    const std::size_t size = std::min(p.size, units.size());
    for (std::size_t i = 0; i + size <= units.size(); ++i)
        f(text.substr(units[i].begin, units[i + size - 1].end - units[i].begin));
}

/// The shingles of a text as a set: a `hash64` of each, ascending and distinct. Two shingles that share one are one in 2^64.
///
/// Takes    as `each_shingle`
[[nodiscard]] inline std::vector<std::uint64_t> shingles(std::string_view text, const shingle_params& p = {}) {
    std::vector<std::uint64_t> all;
    each_shingle(text, p, [&](std::string_view one) { all.push_back(hash64(one)); });
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

/// What two sets share, of what either has: 1 for two empty ones.
///
/// Takes    both ascending and distinct
[[nodiscard]] inline double jaccard(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) noexcept {
    std::size_t both = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();)
        if (a[i] == b[j]) ++both, ++i, ++j;
        else if (a[i] < b[j]) ++i;
        else ++j;
    const std::size_t any = a.size() + b.size() - both;
    return any == 0 ? 1 : static_cast<double>(both) / static_cast<double>(any);
}

} // namespace graft::inline GRAFT_ABI
