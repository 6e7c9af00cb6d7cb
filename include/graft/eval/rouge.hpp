// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/eval/common_subsequence.hpp>
#include <graft/eval/metric_text.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/unicode/ascii.hpp>
#include <graft/unicode/unicode.hpp>
#include <graft/unicode/utf8.hpp>
#include <graft/words/porter.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What ROUGE takes for a word.
enum class rouge_words : std::uint8_t {
    latin, ///< runs of a to z and digits, as it is reported: texts in other scripts have no words and score 0
    every_script, ///< letters, digits and marks of every script; where no spaces stand between words, each character with its marks
};

/// How ROUGE is counted. The defaults are those of rouge-score.
struct rouge_params {
    bool        stem  = false; ///< words of more than three letters by their stem (`stem_porter`)
    rouge_words words = rouge_words::latin;
};

/// What ROUGE is made of, for one text. What is reported of many texts is the mean of `f1()` over them; of the sum, it is F over all their words.
struct rouge_counts {
    text_overlap one; ///< ROUGE-1: words
    text_overlap two; ///< ROUGE-2: pairs of words
    text_overlap l;   ///< ROUGE-L: the longest common subsequence
    text_overlap
        lsum; ///< ROUGE-Lsum: that of each line of the reference with all lines of the candidate, what ROUGE-1.5.5 calls ROUGE-L

    rouge_counts& operator+=(const rouge_counts& o) noexcept {
        one += o.one, two += o.two, l += o.l, lsum += o.lsum;
        return *this;
    }
    bool operator==(const rouge_counts&) const = default;
};

namespace detail {

/// A text as ROUGE compares it: its words, and where its lines end.
struct rouge_text {
    token_names              words;
    std::vector<std::size_t> ends; // of lines with words
};

class rouge_reader {
    rouge_params how_;
    word_names   names_;
    rouge_text   out_;
    std::string  word_;

    void end_word() {
        if (word_.empty()) return;
        if (how_.stem && word_.size() > 3) word_ = stem_porter(word_);
        if (!word_.empty()) out_.words.push_back(names_.name(names_.keep(std::move(word_))));
        word_.clear();
    }
    void end_line() {
        end_word();
        if (out_.words.size() > (out_.ends.empty() ? 0 : out_.ends.back())) out_.ends.push_back(out_.words.size());
    }
    void latin(char32_t c) {
        if (c == 0x212A) c = U'k'; // the kelvin and the dotted I are the capitals whose lower case is Latin
        if (c == 0x130) word_ += 'i', c = U' ';
        if (c < 0x80 && ascii_alnum(static_cast<char>(c))) word_ += ascii_lowered(static_cast<char>(c));
        else end_word();
    }
    void every(char32_t c) {
        const scalar_class k = class_of(c);
        if (k.is_mark() && !word_.empty()) return unicode::append_utf8(word_, c);
        if (c == 0xAD || c == 0x200C || c == 0x200D) return; // seen by nobody
        if (!k.is_letter() && !k.is_number()) return end_word();
        const auto script = unicode::script_kind(c);
        if (script == unicode::script::ideographic || script == unicode::script::unspaced) end_word(), alone_ = true;
        else if (alone_) end_word(), alone_ = false;
        const auto to = lower_case(c);
        if (to.empty()) unicode::append_utf8(word_, c == U'ς' ? U'σ' : c);
        for (const char32_t l : to) unicode::append_utf8(word_, l);
    }
    bool alone_ = false; // the word is a character of a script without spaces

public:
    explicit rouge_reader(rouge_params how) : how_(how) {}

    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
    [[nodiscard]] rouge_text  read(std::string_view text) {
        out_ = {};
        for (std::size_t at = 0; at < text.size();) {
            const auto step = scalar_at(text, at);
            at += step.length;
            if (step.scalar == U'\n') end_line();
            else if (how_.words == rouge_words::latin) latin(step.scalar);
            else every(step.scalar);
        }
        end_line();
        return std::move(out_);
    }
};

/// The lines of a text, each different one once.
[[nodiscard]] inline std::vector<std::span<const std::uint32_t>> lines_once(const rouge_text& text) {
    std::vector<std::span<const std::uint32_t>> lines;
    for (std::size_t begin = 0; const std::size_t end : text.ends) {
        lines.emplace_back(text.words.data() + begin, end - begin);
        begin = end;
    }
    const auto less = [](auto a, auto b) {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    };
    const auto same = [](auto a, auto b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
    std::sort(lines.begin(), lines.end(), less);
    lines.erase(std::unique(lines.begin(), lines.end(), same), lines.end());
    return lines;
}

/// Words of the reference that a line of it has in common with some line of the candidate, in order; each at most as often as both texts have it.
[[nodiscard]] inline std::uint64_t union_hits(const rouge_text& candidate, const rouge_text& reference,
                                              std::size_t words, common_subsequence& common) {
    std::vector<std::uint8_t> in(reference.words.size());
    for (const auto line : lines_once(candidate)) {
        common.compare_with(line);
        for (std::size_t begin = 0; const std::size_t end : reference.ends) {
            common.mark(std::span(reference.words).subspan(begin, end - begin),
                        std::span(in).subspan(begin, end - begin));
            begin = end;
        }
    }
    std::vector<std::size_t> left(words);
    for (const std::uint32_t word : candidate.words) ++left[word];
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i < in.size(); ++i)
        if (in[i] != 0 && left[reference.words[i]] > 0) --left[reference.words[i]], ++hits;
    return hits;
}

} // namespace detail

/// Counts what ROUGE compares: words, pairs of words, and common subsequences, of the whole texts and line by line.
///
/// Takes    texts with a line a sentence where ROUGE-Lsum shall mean anything else than ROUGE-L. Of several references each measure takes the one
///          with its highest F.
/// Gives    0 where a text has no words. Bytes that are no UTF-8 separate words. Composed and decomposed letters differ.
/// Costs    words of the one times words of the other over 64, and for texts of several lines as many bits of memory (a line at a time)
/// Fails    `no_input` without a reference (an empty one is one), `too_large` where two texts would take more than 2^33 cells: some 90,000 words each
/// Source   Lin 2004, ROUGE: equal to rouge-score 0.1.2; without stems also to ROUGE-1.5.5 -a, whose -m looks irregular words up first
[[nodiscard]] inline result<rouge_counts>
rouge(std::string_view candidate, std::span<const std::string_view> references, const rouge_params& how = {}) {
    constexpr std::uint64_t most = std::uint64_t{1} << 33;
    if (references.empty()) return error{fault::no_input, unit::none, 0, "references"};
    detail::rouge_reader            reader(how);
    const auto                      given = reader.read(candidate);
    std::vector<detail::rouge_text> known;
    for (std::size_t i = 0; i < references.size(); ++i) {
        known.push_back(reader.read(references[i]));
        if (!given.words.empty() && known[i].words.size() > most / given.words.size())
            return error{fault::too_large, unit::row, i, "references"};
    }
    detail::common_subsequence common(reader.size());
    rouge_counts               best;
    const auto                 take = [](text_overlap& of, const text_overlap& here, bool first) {
        if (first || here.f1() > of.f1()) of = here;
    };
    for (const auto& reference : known) {
        const bool                  first = &reference == known.data();
        std::array<text_overlap, 2> grams;
        detail::count_ngrams(given.words, {&reference.words, 1}, grams);
        common.compare_with(given.words);
        text_overlap l = grams[0];
        l.shared       = common.length(reference.words);
        take(best.one, grams[0], first), take(best.two, grams[1], first), take(best.l, l, first);
        if (given.ends.size() > 1 || reference.ends.size() > 1)
            l.shared = detail::union_hits(given, reference, reader.size(), common);
        take(best.lsum, l, first);
    }
    return best;
}
/// The same with one reference.
[[nodiscard]] inline result<rouge_counts> rouge(std::string_view candidate, std::string_view reference,
                                                const rouge_params& how = {}) {
    return rouge(candidate, std::span<const std::string_view>(&reference, 1), how);
}

} // namespace graft::inline GRAFT_ABI
