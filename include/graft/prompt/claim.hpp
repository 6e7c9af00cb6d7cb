// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/prompt/claim_source.hpp>
#include <graft/prompt/lead_in.hpp>
#include <graft/prompt/quote.hpp>
#include <graft/prompt/turning_words.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// The word that ends before `at`.
[[nodiscard]] inline std::u32string_view word_before(std::u32string_view s, std::size_t at) noexcept {
    std::size_t begin = at;
    while (begin > 0 && word_sign(s[begin - 1])) --begin;
    return s.substr(begin, at - begin);
}
[[nodiscard]] inline bool begins_number(std::u32string_view word) noexcept {
    return !word.empty() && (numeral(word.front()) || has(roles_of(word), word_role::number));
}
[[nodiscard]] inline bool ends_number(std::u32string_view word) noexcept {
    return !word.empty() && (numeral(word.back()) || has(roles_of(word), word_role::number));
}
[[nodiscard]] inline bool upper_at(std::string_view text, std::size_t byte) noexcept {
    return unicode::is_upper(unicode::decode(text, byte).scalar);
}

/// Signs [begin, end) of a claim, without what says nothing at its ends: white space, list marks, quotation marks, full stops. What
/// belongs to a word (`-5`, `.NET`, `C#`, `sql!`) or asks (`?`) stays.
[[nodiscard]] inline folded_text trim_claim(folded_text t) noexcept {
    const std::u32string_view s(t.signs.data(), t.signs.size());
    while (t.begin < t.end && !word_sign(s[t.begin])) {
        const char32_t c = s[t.begin], next = t.begin + 1 < t.end ? s[t.begin + 1] : U' ';
        if (!punctuation(c) && !(bullet(c) && (next == ' ' || bullet(next)))) break;
        if (c == '-' || c == '.' || c == '!') {
            const auto from = std::span<const char32_t>(t.signs).subspan(t.begin, t.end - t.begin);
            if (from.size() > 1 && splits_word(from, 1)) break;
        }
        ++t.begin;
    }
    while (t.begin < t.end && !word_sign(s[t.end - 1])) {
        const char32_t c      = s[t.end - 1];
        const char32_t before = t.end - t.begin > 1 ? s[t.end - 2] : U' ';
        if ((c == ':' && before == ':') || (c == ')' && before == '(') || (c == ']' && before == '[') ||
            (c == '}' && before == '{'))
            break; // std::, main()
        if (!punctuation(c) || c == '!' || (c == '-' && spaced(before))) break;
        --t.end;
    }
    return t;
}

/// Behind `1. ` or `a) `, when no ordinal number (`3. Mai`) can be meant.
[[nodiscard]] inline std::size_t skip_item(std::u32string_view s) noexcept {
    std::size_t at = 0;
    while (at < s.size() && at < 3 && s[at] >= '0' && s[at] <= '9') ++at;
    if (at == 0 && s.size() > 2 && s[0] >= 'a' && s[0] <= 'z') at = 1;
    if (at == 0 || at + 2 >= s.size() || (s[at] != '.' && s[at] != ')') || s[at + 1] != ' ') return 0;
    return s[at] == ')' || has(roles_of(word_from(s, at + 2)), word_role::opens) ? at + 2 : 0;
}

/// A trimmed claim, and what is known of its ends.
struct claim_core {
    std::u32string_view            signs       = {};
    std::span<const std::uint32_t> failure     = {};    // of Knuth, Morris and Pratt
    bool                           single      = false; // one word
    bool                           begins      = false; // with a word that begins a phrase
    bool                           number_last = false, number_first = false;
    bool                           closed = false; // it ends like a sentence
    bool                           entire = false; // only a whole sentence will do

    claim_core() = default;
    claim_core(std::u32string_view s, bool ends, context& w) : signs(s), closed(ends) {
        const auto next = w.take_raw<std::uint32_t>(s.size());
        for (std::size_t i = 0, k = 0; i < s.size(); ++i) {
            if (i == 0) {
                next[0] = 0;
                continue;
            }
            while (k > 0 && s[i] != s[k]) k = next[k - 1];
            if (s[i] == s[k]) ++k;
            next[i] = static_cast<std::uint32_t>(k);
        }
        failure = next;
        if (s.empty()) return;
        std::size_t first = 0, last = s.size();
        while (first < s.size() && !word_sign(s[first])) ++first;
        while (last > 0 && !word_sign(s[last - 1])) --last;
        const std::u32string_view one = word_from(s, first);
        const bool spaced_only        = std::all_of(one.begin(), one.end(), [](char32_t c) { return spaced(c); });
        single                        = first + one.size() == last && spaced_only;
        number_first                  = begins_number(one);
        number_last                   = ends_number(word_before(s, last));
        begins                        = number_first || has(roles_of(one), word_role::opens);
    }
};

/// Words that add to a number.
[[nodiscard]] inline bool is_and(std::u32string_view word) noexcept {
    return word == U"and" || word == U"und" || word == U"et" || word == U"y" || word == U"e" || word == U"en" ||
           word == U"и";
}
/// Whether a claim may begin at sign `a` of a sentence whose first word is at `head`.
[[nodiscard]] inline bool opens_at(const claim_source& in, const claim_core& claim, std::size_t head,
                                   std::size_t a) noexcept {
    const std::u32string_view s = in.signs();
    if (a <= head) return true;
    const std::size_t at = a - (s[a - 1] == ' ' ? 1 : 0); // behind what stands before
    const char32_t    c  = s[at - 1];
    if (!word_sign(c) && c != ',' && c != '.') return punctuation(c); // € | 30
    if (a - head <= 80 && skip_lead_in(s.substr(head, a - head)) == a - head) return true;
    const std::u32string_view before = word_before(s, at - (word_sign(c) ? 0 : 1));
    if (claim.number_first && (ends_number(before) || is_and(before))) return false; // one hundred | thirty
    return claim.single || (claim.begins && !claim.closed && !has(roles_of(before), word_role::joins));
}
/// Whether a claim that is the run [a, b) may end there, in a sentence whose last word ends at `tail`.
[[nodiscard]] inline bool closes_at(const claim_source& in, const claim_core& claim, std::size_t a, std::size_t b,
                                    std::size_t tail) noexcept {
    const std::u32string_view s = in.signs();
    if (b >= tail) return true;
    const std::size_t at = b + (s[b] == ' ' ? 1 : 0); // what stands behind
    const char32_t    c  = s[at];
    if (!word_sign(c)) {
        if (!punctuation(c) || c == '.') return false;                       // 30 | %, the U.S. | Army
        if (c == '-' && at + 1 < s.size() && s[at + 1] != ' ') return false; // rm | -rf
        std::size_t digit = at + 1;
        if (digit < s.size() && s[digit] == ' ') ++digit;
        return c != ',' || claim.single || digit >= s.size() || !numeral(s[digit]); // 5 May | , 2024
    }
    const std::u32string_view next = word_from(s, at);
    if (claim.number_last && !claim.single) return false; // thirty | days
    if (begins_number(next) && at > b) return false;      // May | 2024
    if (has(roles_of(next), word_role::joins)) return false;
    if (is_and(next) && at + next.size() + 1 < s.size() && begins_number(word_from(s, at + next.size() + 1)))
        return false; // 80 euros | and 50 cents
    std::size_t last = b;
    while (last > a && word_sign(s[last - 1])) --last;
    return last == b || !upper_at(in.text(), in.folded().at[last].begin) ||
           !upper_at(in.text(), in.folded().at[at].begin); // New | York
}
/// Whether the run [a, b) of a source says what it says alone.
[[nodiscard]] inline bool stands_alone(const claim_source& in, const claim_core& claim, std::size_t a,
                                       std::size_t b) noexcept {
    const std::u32string_view s     = in.signs();
    const folded_text&        whole = in.folded();
    if (splits_word(whole.signs, a) || splits_word(whole.signs, b)) return false;
    // `sql!`: a code span ends behind the sign.
    if (b < s.size() && s[b] == '!' && whole.at[b].end < in.text().size() && in.text()[whole.at[b].end] == '`')
        return false;
    const auto [begin, head, tail, end, known] = in.around(a, b);
    if (a <= head && b >= tail) return true;
    if (claim.entire) return false;
    if (in.turns(begin, a) || in.turns(b, end) || in.hedges(begin, a)) return false;
    if (!known && !claim.single) return false;

    return opens_at(in, claim, head, a) && closes_at(in, claim, a, b, tail);
}

/// The first place of a claim's core in a source where nothing turns it.
[[nodiscard]] inline quote_place find_core(const claim_core& claim, const claim_source& in) noexcept {
    const std::u32string_view s = in.signs(), q = claim.signs;
    if (q.empty() || q.size() > s.size() || std::none_of(q.begin(), q.end(), word_sign)) return {};
    for (std::size_t i = 0, k = 0; i < s.size(); ++i) {
        while (k > 0 && s[i] != q[k]) k = claim.failure[k - 1];
        if (s[i] == q[k]) ++k;
        if (k < q.size()) continue;
        const std::size_t a = i + 1 - k;
        if (stands_alone(in, claim, a, i + 1)) return {true, a, i + 1};
        k = claim.failure[k - 1];
    }
    return {};
}

/// A claim to be looked for in sources: as it stands, and without the harmless words around it.
///
/// Borrows  the context.
/// Costs    linear.
class claim_words {
    folded_text text_ = {};
    claim_core  plain_, bare_;

public:
    claim_words() = default;
    /// `closed`: it ends like a sentence, even where its full stop is not part of the text.
    claim_words(std::string_view text, bool closed, context& w) : text_(trim_claim(fold_quote(text, w))) {
        const std::u32string_view s(text_.signs.data() + text_.begin, text_.size());
        plain_                 = claim_core(s, closed, w);
        const std::size_t item = skip_item(s), from = item + skip_lead_in(s.substr(item)),
                          to = from + cut_referral(s.substr(from));
        // "… a year!" says what "… a year." says; but `sql!` is not SQL.
        const bool exclaims = to == s.size() && from < to && s.back() == '!' &&
                              (text_.at[text_.end - 1].end >= text.size() || text[text_.at[text_.end - 1].end] != '`');
        if (from == 0 && to == s.size() && !exclaims) return;
        folded_text inner = text_;
        inner.end         = text_.begin + to - (exclaims ? 1 : 0);
        inner.begin       = text_.begin + from;
        inner             = trim_claim(inner);
        bare_             = claim_core({inner.signs.data() + inner.begin, inner.size()}, closed, w);
        bare_.entire      = exclaims;
    }

    [[nodiscard]] bool empty() const noexcept { return plain_.signs.empty(); }

    /// Where the claim stands in a source so that nothing around it turns its meaning.
    ///
    /// The claim's words and signs must stand there in one run of whole words, all of them but a lead-in (`skip_lead_in`, as in
    /// "So, …" or "According to the handbook, …"). Of the sentence around the run
    ///  1. nothing may turn it: no negation, exception, condition, doubt, "some", "at least", no question;
    ///  2. the run begins where the sentence does, behind a lead-in, or behind `;`, `:`, a dash or a bracket; a claim that does
    ///     not end like a sentence may also begin at a word that begins a phrase ("the", "thirty", "with"), a single word anywhere;
    ///  3. what follows does not go on with a number, a name, a measure, a comparison or a clause. It may be left out otherwise:
    ///     "The shop is open" is verified by "The shop is open on Mondays."
    /// In a sentence of a language whose words are not known (all but en, de, fr, es, it, pt, nl, ru, zh) the run is the whole
    /// sentence. In a list its items stand under what leads into it.
    /// Gives    the first such place, in bytes; punctuation around it that the claim has too belongs to it, white space does not.
    /// Costs    linear in the source (times a logarithm where the claim stands many times and is turned).
    [[nodiscard]] quote_place find_in(const claim_source& source) const noexcept {
        quote_place       place = find_core(plain_, source);
        const claim_core* core  = &plain_;
        if (!place.found) place = find_core(*(core = &bare_), source);
        if (!place.found) return {};
        const std::u32string_view s    = source.signs();
        std::size_t               from = place.begin, to = place.end;
        // The signs of the claim around its core.
        const char32_t *const first = text_.signs.data(), *const last = first + text_.signs.size();
        for (const char32_t* p = core->signs.data(); p > first && from > 0 && p[-1] != ' ' && p[-1] == s[from - 1]; --p)
            --from;
        for (const char32_t* p = core->signs.data() + core->signs.size();
             p < last && to < s.size() && *p != ' ' && *p == s[to]; ++p)
            ++to;
        return {true, source.folded().at[from].begin, source.folded().at[to - 1].end};
    }
};

} // namespace graft::inline GRAFT_ABI::detail
