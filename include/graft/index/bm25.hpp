// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/context.hpp>
#include <graft/index/bm25_variants.hpp>
#include <graft/index/current.hpp>
#include <graft/index/postings.hpp>
#include <graft/index/top_k.hpp>
#include <graft/schema/index.hpp>
#include <graft/words/analysis.hpp>
#include <graft/words/respell.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Finds the chunks that share the question's words, by BM25.
///
/// The words are what `Analyser` makes of a text: `analyse(text, f)` calls f(token) with a `term` hash for each, and
/// `fingerprint()` names its settings. A chunk's words are those of its prefix and its body together: the title and the
/// headings above a passage often hold the very words that are asked for, and the passage itself need not repeat them.
///
/// Where tokens have a `kind` (`token_kind`), a compound and its parts are one thing in two forms: the form that no chunk holds
/// is no word of the question if some chunk holds the other; a `maybe` that no chunk holds is none either.
/// A word that no chunk holds is respelled, if `bm25_params::respell` says so and the analyser can (`each_respelling`): it is
/// taken for the word one typo away that stands in the most chunks, words with the same ending first, the first by spelling
/// among equals. `query::respelled` says so. A word in capitals is not, if the question has small letters too; nor are more
/// than the first `most_respelled` of a question. Nothing is stored for it: the neighbours are made from the question's word,
/// each found by its hash.
/// Removal and addition leave no trace: the statistics are those of the live chunks, to the bit, and so is a saved file.
///
/// Costs    8 bytes for each different word of a chunk, 16 for each different word, 16 for each chunk.
/// Threads  const calls may run at once. `commit` may run beside `pin`, and beside calls on what `pin` gave; beside other
///          calls on the index itself it may not: readers beside a writer each hold a pin.
/// Source   `bm25_variant` has the formulas and where they come from.
template <class Analyser = analyzer>
class basic_bm25 {
    using postings = detail::postings;
    struct state {
        postings           words;
        std::vector<float> norms; // by row
    };
    /// A distinct word of a question.
    struct asked {
        std::uint64_t term  = 0;
        std::uint32_t at    = detail::no_row; // its number in the postings
        std::uint32_t times = 0;
        float         share = 0; // of a score; less than `times` where the word was respelled
    };
    struct reading {
        std::span<const asked>      words;
        std::span<const respelling> respelled;
    };
    /// A word of a question where it stands.
    struct met {
        std::uint64_t term  = 0;
        std::uint32_t at    = detail::no_row;
        bool          left  = false; // it is none after all
        bool          plain = true;
        float         share = 1;
        std::size_t   begin = 0, end = 0;
    };

    detail::current<state> state_; // never null
    bm25_params            params_;
    Analyser               analyse_;

    basic_bm25(std::shared_ptr<const state> at, const bm25_params& params, Analyser analyse)
        : state_(std::move(at)), params_(params), analyse_(std::move(analyse)) {}

    static std::shared_ptr<const state> finished(postings words, const bm25_params& params) {
        auto         next = std::make_shared<state>();
        const double mean =
            words.words == 0 ? 1. : static_cast<double>(words.words) / static_cast<double>(words.ids.size());
        next->norms.resize(words.lengths.size());
        for (std::size_t row = 0; row < words.lengths.size(); ++row)
            next->norms[row] = detail::bm25_formula{params}.norm(words.lengths[row], mean);
        next->words = std::move(words);
        return next;
    }

public:
    static constexpr std::uint32_t format = 3; ///< of what `save` writes
    /// A question with more unknown words is a text: the others stay as they are.
    static constexpr std::size_t most_respelled = 16;
    /// How much a respelled word counts in a score, beside one that stands there as asked. The ceiling counts it whole: it is
    /// less sure.
    static constexpr float respelled_weight = .7f;

    explicit basic_bm25(bm25_params params = {}, Analyser analyse = {})
        : basic_bm25(std::make_shared<const state>(), params, std::move(analyse)) {
        GRAFT_ASSERT(params.valid(), "a parameter of BM25 outside its range");
    }
    /// The same generation under another name: later changes of this index do not reach it. Copies no posting.
    [[nodiscard]] basic_bm25 pin() const { return basic_bm25(state_.pin(), params_, analyse_); }

    [[nodiscard]] const bm25_params& params() const noexcept { return params_; }
    [[nodiscard]] const Analyser&    analyser() const noexcept { return analyse_; }
    /// Chunks, those without a word included.
    [[nodiscard]] std::size_t size() const noexcept { return state_->words.ids.size(); }
    /// Distinct words.
    [[nodiscard]] std::size_t terms() const noexcept { return state_->words.terms.size(); }
    /// The live chunks, ascending.
    [[nodiscard]] std::span<const chunk_id> ids() const noexcept { return state_->words.ids; }

    /// A change on its way. Searches see nothing of it until it is committed; dropped, it never happened.
    class draft {
        friend basic_bm25;
        std::shared_ptr<const state> before_, after_;
        detail::postings_draft       changes_;
        bm25_params                  params_;
        Analyser                     analyse_;

        draft(std::shared_ptr<const state> before, const bm25_params& params, const Analyser& analyse)
            : before_(std::move(before)), params_(params), analyse_(analyse) {}

    public:
        /// Takes new chunks: `texts[i]` is chunk `ids[i]`.
        ///
        /// Fails    `wrong_shape` for lists of different lengths, `duplicate_id` with the id, `too_large` beyond 2^32 - 2
        ///          chunks; then nothing of the call was taken.
        [[nodiscard]] result<void> add(std::span<const chunk_id> ids, std::span<const text_view> texts) {
            if (ids.size() != texts.size()) return error{fault::wrong_shape, unit::row, texts.size(), "bm25"};
            if (before_->words.ids.size() + changes_.size() + ids.size() >= detail::no_row)
                return error{fault::too_large, unit::row, detail::no_row, "bm25"};
            for (const chunk_id id : ids)
                if (changes_.has(before_->words, id))
                    return error{fault::duplicate_id, unit::id, to_underlying(id), "bm25"};
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if (changes_.has(before_->words, ids[i])) { // twice in this call
                    for (std::size_t j = 0; j < i; ++j) changes_.remove(before_->words, ids[j]);
                    return error{fault::duplicate_id, unit::id, to_underlying(ids[i]), "bm25"};
                }
                changes_.chunk(ids[i]);
                const auto word = [&](const auto& token) { changes_.word(token.term); };
                for (const std::string_view part : {texts[i].prefix, texts[i].body}) analyse_(part, word);
            }
            after_.reset();
            return done;
        }
        /// Takes chunks out, and says how many of them were there.
        [[nodiscard]] result<std::size_t> remove(std::span<const chunk_id> ids) {
            std::size_t n = 0;
            for (const chunk_id id : ids) n += changes_.remove(before_->words, id) ? 1u : 0u;
            after_.reset();
            return n;
        }
        /// Makes the next state, ready to be committed.
        ///
        /// Costs    linear in the index and the change.
        /// Fails    stopped, timed_out: then it can be asked again.
        [[nodiscard]] result<void> prepare(context&& c = {}) { return prepare(c); }
        [[nodiscard]] result<void> prepare(context& c) {
            auto words = changes_.merge(before_->words, c);
            if (!words) return words.error();
            after_ = finished(std::move(*words), params_);
            return done;
        }
    };

    /// A draft over what is there now. One at a time: a draft that begins before another is committed forgets the other.
    [[nodiscard]] draft begin() const { return draft(state_.pin(), params_, analyse_); }

    /// Makes a prepared draft the state that searches see.
    void commit(draft&& d) noexcept {
        GRAFT_ASSERT(d.after_ != nullptr, "a draft was committed that was not prepared after its last change");
        GRAFT_ASSERT(d.before_.get() == &*state_, "a draft was committed that began before another was");
        state_.become(std::move(d.after_));
    }

    /// The best `k` chunks that share a word with the question, among those that `keep` keeps.
    ///
    /// A word that the question repeats counts as often as it stands there, as in Lucene. Only scores above 0 are hits, so
    /// an empty question, one of unknown words, or k = 0 finds nothing.
    ///
    /// Costs    linear in the question and in the postings of its words; 64 KiB of the context and what the question needs.
    /// Fails    `stopped` and `timed_out`, asked for every 16,384 chunks.
    template <class Keep = keep_all>
    [[nodiscard]] result<std::span<const hit>> search(std::string_view question, std::size_t k, const Keep& keep,
                                                      context& w) const {
        const postings& words = state_->words;
        const auto      n     = static_cast<std::uint32_t>(words.ids.size());
        if (k == 0 || n == 0) return std::span<const hit>{};
        struct list {
            std::size_t at, end;
            float       idf;
        };
        arena_list<list> lists(w);
        for (const asked& a : read(question, w).words)
            if (a.at != detail::no_row)
                if (const float idf = idf_of(a.at); idf > 0)
                    lists.push_back({static_cast<std::size_t>(words.begins[a.at]),
                                     static_cast<std::size_t>(words.begins[a.at + 1]), idf * a.share});
        if (lists.empty()) return std::span<const hit>{};

        // Row by row in windows whose sums stay in a near cache; within a stretch, word by word in the order of the question.
        constexpr std::uint32_t    stretch = 16384;
        const detail::bm25_formula formula{params_};
        top_k                      best(std::min<std::size_t>(k, n), w);
        const auto                 sums = w.take<float>(std::min(stretch, n));
        for (std::uint32_t first = 0; first < n; first += std::min(stretch, n - first)) {
            if (auto alive = w.alive(); !alive) return std::move(alive).error();
            const std::uint32_t last    = first + std::min(stretch, n - first);
            bool                touched = false;
            for (list& l : lists.items()) {
                const auto* rows = words.rows.data();
                const auto  to =
                    last == n ? l.end
                               : static_cast<std::size_t>(std::lower_bound(rows + l.at, rows + l.end, last) - rows);
                formula.accumulate(l.idf, rows, words.counts.data(), l.at, to, state_->norms.data(), first,
                                   sums.data());
                touched = touched || to > l.at;
                l.at    = to;
            }
            if (!touched) continue;
            float least = std::max(0.f, best.threshold());
            for (std::uint32_t i = 0; i < last - first; ++i) {
                const float score = std::exchange(sums[i], 0.f);
                if (!(score > least)) continue; // an equal score further on has the greater id, so it loses
                const chunk_id id = words.ids[first + i];
                if (!keep(id)) continue;
                best.push({id, score});
                least = std::max(0.f, best.threshold());
            }
        }
        return std::span<const hit>(best.take());
    }
    [[nodiscard]] result<std::span<const hit>> search(std::string_view question, std::size_t k, context& w) const {
        return search(question, k, keep_all{}, w);
    }

    /// What is known of a question: its distinct words in their order with what they say (those without an idf are left out),
    /// and the score that no chunk can pass. In that ceiling a word that no chunk has counts with the largest idf, that of
    /// df = 0: a question about things that the collection never mentions has a high ceiling and low scores.
    ///
    /// Gives    weights ln((n + 500) / (df + 1)): as idf where there are many chunks, and nearly the same for all words where
    ///          there are few, since five chunks do not tell what is rare. A ceiling in the unit of the scores: best score / ceiling
    ///          is in [0, 1], whatever the variant; `support_model` makes a probability of it.
    [[nodiscard]] graft::lexical_evidence evidence(std::string_view question, context& w) const {
        const detail::bm25_formula formula{params_};
        const float                rarest = formula.idf(std::max<std::size_t>(1, size()), 0);
        arena_list<term_weight>    terms(w);
        float                      ceiling = 0;
        const reading              in      = read(question, w);
        for (const asked& a : in.words) {
            const float idf = a.at == detail::no_row ? rarest : idf_of(a.at);
            if (!(idf > 0)) continue;
            terms.push_back({a.term, weight_of(a.at)});
            ceiling = std::fma(idf * static_cast<float>(a.times), formula.most(), ceiling);
        }
        return {terms.items(), ceiling, in.respelled, analyse_.fingerprint()};
    }

    void save(byte_writer& w) const {
        w.header("bm25", format);
        w.u8(static_cast<std::uint8_t>(params_.variant));
        w.f32(params_.k1);
        w.f32(params_.b);
        w.f32(params_.delta);
        w.u8(params_.respell ? 1 : 0);
        w.u64(analyse_.fingerprint());
        state_->words.save(w);
    }

    /// Reads back what `save` wrote; the analyser must be the one that it was made with.
    ///
    /// Fails    `newer_format`; `other_embedder` when the analyser's fingerprint is another; `truncated`; `malformed`.
    [[nodiscard]] static result<basic_bm25> load(byte_reader& r, Analyser analyse = {}) {
        std::uint32_t version = r.header("bm25", format);
        if (version == 0) version = r.u32(); // 1 and 2 had no more of a header
        if (version == 0 || version > 3) r.fail(fault::malformed);
        bm25_params p;
        p.variant = static_cast<bm25_variant>(r.u8());
        p.k1      = r.f32();
        p.b       = r.f32();
        p.delta   = r.f32();
        if (version > 1) { // 1 did not say
            const std::uint8_t respell = r.u8();
            if (respell > 1) r.fail(fault::malformed);
            p.respell = respell != 0;
        }
        if (!p.valid()) r.fail(fault::malformed);
        if (r.u64() != analyse.fingerprint()) r.fail(fault::other_embedder);
        auto words = postings::load(r);
        if (!words) return std::move(words).error();
        return basic_bm25(finished(std::move(*words), p), p, std::move(analyse));
    }

private:
    /// What a word says, where counts over few chunks say little.
    float weight_of(std::uint32_t term) const noexcept {
        const postings&  p     = state_->words;
        const auto       df    = term == detail::no_row ? 0 : p.begins[term + 1] - p.begins[term];
        constexpr double prior = 500;
        return static_cast<float>(
            std::log((static_cast<double>(p.ids.size()) + prior) / (static_cast<double>(df) + 1)));
    }
    float idf_of(std::uint32_t term) const noexcept {
        const postings& p = state_->words;
        return detail::bm25_formula{params_}.idf(p.ids.size(), p.begins[term + 1] - p.begins[term]);
    }

    /// The distinct words of a question in the order of their first appearance, in time linear in its length.
    reading read(std::string_view question, context& w) const {
        arena_list<met> words(w);
        const auto      take = [&](const auto& token) {
            met m{token.term, state_->words.term_at(token.term)};
            if constexpr (requires { token.kind == token_kind::whole; }) {
                m.begin = token.begin;
                m.end   = token.end;
                m.plain = token.kind == token_kind::word;
                if (m.at == detail::no_row && !m.plain) return;
                if (token.kind == token_kind::whole)
                    for (std::size_t i = words.size(); i-- > 0 && words[i].begin >= token.begin;)
                        words[i].left = words[i].left || words[i].at == detail::no_row;
            }
            words.push_back(m);
        };
        if constexpr (requires { analyse_.asked(question, take); }) analyse_.asked(question, take);
        else analyse_(question, take);
        if (words.empty()) return {};
        const auto        respelled = respell(question, words.items(), w);
        const std::size_t slots     = std::bit_ceil(2 * words.size());
        const int         shift     = 64 - std::countr_zero(slots);
        const auto        table     = w.take_raw<std::uint32_t>(slots);
        const auto        distinct  = w.take_raw<asked>(words.size());
        std::uint32_t     n         = 0;
        std::fill(table.begin(), table.end(), detail::no_row);
        for (const met& m : words.items()) {
            if (m.left) continue;
            auto at = static_cast<std::size_t>((m.term * 0x9e3779b97f4a7c15u) >> shift);
            while (table[at] != detail::no_row && distinct[table[at]].term != m.term) at = (at + 1) & (slots - 1);
            if (table[at] == detail::no_row) {
                distinct[n] = {m.term, m.at, 0, 0};
                table[at]   = n++;
            }
            ++distinct[table[at]].times;
            distinct[table[at]].share += m.share;
        }
        return {distinct.first(n), respelled};
    }

    /// Takes the unknown words of a question for known ones.
    std::span<const respelling> respell(std::string_view question, std::span<met> words, context& w) const {
        if constexpr (requires(bool (*has)(std::uint64_t), void (*f)(std::uint64_t, std::string_view, bool)) {
                          detail::each_respelling(analyse_, question, has, f);
                      }) {
            if (!params_.respell || size() == 0) return {};
            arena_list<respelling> out(w);
            const postings&        known = state_->words;
            const bool             small =
                std::any_of(question.begin(), question.end(), [](char c) { return c >= 'a' && c <= 'z'; });
            std::size_t tried = 0;
            for (met& m : words) {
                if (m.at != detail::no_row || m.left || !m.plain || tried == most_respelled) continue;
                const std::string_view text = question.substr(m.begin, m.end - m.begin);
                if (small && std::none_of(text.begin(), text.end(), [](char c) { return c < 'A' || c > 'Z'; }))
                    continue;
                ++tried;
                respelling    best{m.term, 0, {}};
                std::uint64_t most  = 0;
                bool          close = false;
                char          spelled[longest_word];
                const auto    has = [&](std::uint64_t term) { return known.term_at(term) != detail::no_row; };
                detail::each_respelling(analyse_, text, has, [&](std::uint64_t term, std::string_view word, bool near) {
                    const std::uint32_t at = known.term_at(term);
                    const std::uint64_t n  = known.begins[at + 1] - known.begins[at];
                    if (near != close ? close : n != most ? n < most : word >= best.word) return;
                    close     = near;
                    most      = n;
                    best.used = term;
                    m.at      = at;
                    std::copy(word.begin(), word.end(), spelled);
                    best.word = {spelled, word.size()};
                });
                if (m.at != detail::no_row) {
                    m.term    = best.used;
                    m.share   = respelled_weight;
                    best.word = w.keep(best.word);
                    out.push_back(best);
                } else m.left = detail::is_turned_stop_word(analyse_, text);
            }
            return out.items();
        } else return {};
    }
};

/// BM25 over graft's own analyser.
using bm25 = basic_bm25<>;

} // namespace graft::inline GRAFT_ABI
