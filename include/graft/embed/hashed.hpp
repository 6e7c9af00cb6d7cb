// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/parallel.hpp>
#include <graft/base/result.hpp>
#include <graft/embed/term_weights.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/simd/norm.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a hashed embedder makes of words.
struct hashed_params {
    std::uint32_t dims     = 512;      ///< any number from 1 to 65,536
    bool          words    = true;     ///< whole words are features
    std::uint32_t min_gram = 3;        ///< the shortest run of letters that is a feature
    std::uint32_t max_gram = 5;        ///< the longest, at most 16; 0 (and min_gram 0): no runs, words alone
    std::uint32_t buckets  = 1u << 17; ///< places of the idf table that `fit` makes, 1 to 2^24
    std::uint64_t seed     = 0;        ///< another seed is another embedder

    bool operator==(const hashed_params&) const = default;

    /// Whether every number is in its range and at least one kind of feature is left.
    [[nodiscard]] constexpr bool valid() const noexcept {
        const bool runs = min_gram > 0 && min_gram <= max_gram && max_gram <= 16;
        const bool none = min_gram == 0 && max_gram == 0;
        return dims > 0 && dims <= 65536 && buckets > 0 && buckets <= 1u << 24 && (runs || (none && words));
    }
};

namespace detail {

/// Calls f(hash) for every feature of a word: the word itself, and its runs of letters. A hash is that of the letters, seeded by
/// the kind of the feature and by which ends of the word it touches.
template <class F>
void each_feature(std::string_view word, const hashed_params& p, F&& f) {
    if (p.words) f(hash64(word, p.seed));
    if (p.max_gram == 0) return;
    // Symbol 0 and the last one are marks, symbol l + 1 is letter l. No run reaches further back than 16 symbols.
    std::size_t start[32]; // where letter l begins: start[l % 32]
    const auto  ending_at = [&](std::size_t symbol, std::size_t end, bool last) {
        for (std::size_t g = p.min_gram; g <= p.max_gram && g <= symbol + 1; ++g) {
            const std::size_t first = symbol + 1 - g;
            if (last && first == symbol) continue; // a mark alone
            const std::size_t from = first <= 1 ? 0 : start[(first - 1) % 32];
            const unsigned    ends = (first == 0 ? 1u : 0u) | (last ? 2u : 0u);
            f(hash64(word.substr(from, end - from), mix64(p.seed, 0x6772616du + ends)));
        }
    };
    std::size_t letters = 0;
    for (std::size_t at = 0; at < word.size();) {
        start[letters++ % 32] = at++;
        while (at < word.size() && (static_cast<unsigned char>(word[at]) & 0xc0u) == 0x80u) ++at;
        ending_at(letters, at, false);
    }
    if (letters > 0) ending_at(letters + 1, word.size(), true);
}

} // namespace detail

/// Embeds without a model: each word and each run of letters in it is a feature, and every feature has a place and a sign by
/// two independent hashes. The dot product of two texts is that of their features, up to noise of 1 / √dims.
///
/// Runs are taken from the word as the analyser spells it, with a mark before and behind that counts as a letter: those of
/// length 3 in `wind` are ‹wi, win, ind, nd›. So words that are misspelt or inflected come out alike, in any script. A
/// feature weighs 1 + ln(its count in the text); once fitted, times ln(1 + (N - df + ½) / (df + ½)), with df counted in
/// `buckets` by hash.
///
/// `Analyser` makes words of texts, as in `basic_bm25`. A copy shares the table of idf.
///
/// Costs    4 · buckets bytes once fitted. To encode: 16 to 64 bytes of the context for each feature of the longest text, some
///          15 features a word.
/// Source   Weinberger and others, "Feature hashing for large scale multitask learning", ICML 2009.
template <class Analyser = analyzer>
class basic_hashed {
    hashed_params                             params_;
    Analyser                                  analyse_;
    std::shared_ptr<const std::vector<float>> idf_; // by bucket; null: 1 for all
    std::uint64_t                             fingerprint_ = 0;

    struct counted {
        std::uint64_t feature = 0;
        std::uint32_t times   = 0; // 0: the place is free
    };
    static std::size_t below(std::uint64_t hash, std::uint32_t n) noexcept {
        return static_cast<std::size_t>(((hash >> 32) * n) >> 32);
    }
    std::size_t bucket(std::uint64_t feature) const noexcept {
        return below(mix64(feature, 0x6275636bu), params_.buckets);
    }

    void sign() noexcept {
        fingerprint_ = mix64(0x686173686564u, analyse_.fingerprint());
        for (const std::uint64_t x :
             {std::uint64_t{params_.dims}, std::uint64_t{params_.words}, std::uint64_t{params_.min_gram},
              std::uint64_t{params_.max_gram}, std::uint64_t{params_.buckets}, params_.seed})
            fingerprint_ = mix64(fingerprint_, x);
        if (idf_)
            fingerprint_ = mix64(fingerprint_,
                                 hash64({reinterpret_cast<const char*>(idf_->data()), idf_->size() * sizeof(float)}));
    }

    template <class F>
    void each(const text_view& text, F&& f) const {
        const auto word = [&](const auto& token) { detail::each_feature(token.word, params_, f); };
        analyse_(text.prefix, word);
        analyse_(text.body, word);
    }

public:
    static constexpr std::uint32_t format = 2; ///< of what `save` writes

    /// Without idf. Invalid parameters are refused by `fit` and `encode`.
    explicit basic_hashed(hashed_params params = {})
        requires std::default_initializable<Analyser>
        : basic_hashed(params, Analyser{}) {}
    basic_hashed(hashed_params params, Analyser analyse) : params_(params), analyse_(std::move(analyse)) { sign(); }

    /// Learns how rare features are.
    ///
    /// Gives    the same bytes for any number of threads and any order of the chunks.
    /// Fails    bad_argument for parameters out of range; no_input without chunks; stopped, timed_out.
    [[nodiscard]] static result<basic_hashed> fit(chunks from, hashed_params params, Analyser analyse, context& c) {
        if (!params.valid()) return error{fault::bad_argument, unit::none, 0, "hashed"};
        if (from.empty()) return error{fault::no_input, unit::none, 0, "hashed"};
        basic_hashed               it(params, std::move(analyse));
        std::vector<std::uint64_t> with_it(params.buckets);
        auto                       ok = in_order(
            c, from.size(), 64,
            [&](std::size_t begin, std::size_t end, context& w) {
                arena_list<std::uint32_t> touched(w, 4096); // buckets, each once a chunk
                for (const chunk& one : from.subspan(begin, end - begin)) {
                    const std::size_t before = touched.size();
                    it.each(one.text, [&](std::uint64_t feature) {
                        touched.push_back(static_cast<std::uint32_t>(it.bucket(feature)));
                    });
                    const auto mine = touched.items().subspan(before);
                    std::sort(mine.begin(), mine.end());
                    const auto distinct = std::unique(mine.begin(), mine.end()) - mine.begin();
                    while (touched.size() > before + static_cast<std::size_t>(distinct)) touched.pop_back();
                }
                return std::span<const std::uint32_t>(touched.items());
            },
            [&](std::span<const std::uint32_t> touched) {
                for (const std::uint32_t b : touched) ++with_it[b];
            });
        if (!ok) return ok.error();
        std::vector<float> idf(params.buckets);
        for (std::size_t b = 0; b < idf.size(); ++b)
            idf[b] = detail::inverse_document_frequency(from.size(), with_it[b]);
        it.idf_ = std::make_shared<const std::vector<float>>(std::move(idf));
        it.sign();
        return it;
    }
    [[nodiscard]] static result<basic_hashed> fit(chunks from, hashed_params params, context& c) {
        return fit(from, params, Analyser{}, c);
    }
    [[nodiscard]] static result<basic_hashed> fit(chunks from, hashed_params params, Analyser analyse,
                                                  context&& c = {}) {
        return fit(from, params, std::move(analyse), c);
    }
    [[nodiscard]] static result<basic_hashed> fit(chunks from, hashed_params params = {}, context&& c = {}) {
        return fit(from, params, Analyser{}, c);
    }
    /// Learns from a chunk store.
    template <lists_chunks Store, class... Rest>
    [[nodiscard]] static result<basic_hashed> fit(const Store& from, hashed_params params = {}, Rest&&... rest) {
        return fit(chunks(from.all()), params, std::forward<Rest>(rest)...);
    }

    [[nodiscard]] std::size_t   dims() const noexcept { return params_.dims; }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }
    /// Its share in a hybrid search: it knows no more than the words, and less exactly.
    [[nodiscard]] static constexpr float dense_weight() noexcept { return .1f; }

    [[nodiscard]] const hashed_params& params() const noexcept { return params_; }
    [[nodiscard]] bool                 fitted() const noexcept { return idf_ != nullptr; }

    /// Row i from text i alone, of length 1; a zero row for a text without a word, or one whose features cancel.
    ///
    /// Fails    bad_argument for parameters out of range; wrong_shape; stopped, timed_out, asked before each text.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        if (!params_.valid()) return error{fault::bad_argument, unit::none, 0, "hashed"};
        if (out.rows != in.size() || out.dims != dims())
            return error{fault::wrong_shape, unit::row, out.rows, "hashed"};
        arena_list<std::uint64_t> features(w, 4096);
        std::span<counted>        room;
        for (std::size_t r = 0; r < in.size(); ++r) {
            if (auto ok = w.alive(); !ok) return ok;
            const auto row = out.row(r);
            std::fill(row.begin(), row.end(), 0.f);
            features.clear();
            each(in[r], [&](std::uint64_t feature) { features.push_back(feature); });
            if (features.empty()) continue;
            const std::size_t places = std::bit_ceil(2 * features.size());
            if (places > room.size()) room = w.take_raw<counted>(places);
            const auto table = room.first(places);
            std::fill(table.begin(), table.end(), counted{});
            for (const std::uint64_t feature : features.items()) {
                auto at = static_cast<std::size_t>(feature) & (places - 1);
                while (table[at].times != 0 && table[at].feature != feature) at = (at + 1) & (places - 1);
                table[at] = {feature, table[at].times + 1};
            }
            for (const counted& c : table) {
                if (c.times == 0) continue;
                const float weight = detail::sublinear_tf(c.times) * (idf_ ? (*idf_)[bucket(c.feature)] : 1.f);
                const bool  minus  = mix64(c.feature, 0x7369676eu) >> 63 != 0;
                row[below(mix64(c.feature, 0x706c6163u), params_.dims)] += minus ? -weight : weight;
            }
            normalise(row);
        }
        return done;
    }

    void save(byte_writer& w) const {
        w.header("hashed", format);
        w.u64(analyse_.fingerprint());
        w.u32(params_.dims);
        w.u8(params_.words ? 1 : 0);
        w.u32(params_.min_gram);
        w.u32(params_.max_gram);
        w.u32(params_.buckets);
        w.u64(params_.seed);
        w.u8(idf_ ? 1 : 0);
        if (idf_) w.elements(std::span<const float>(*idf_));
    }

    /// Reads back what `save` wrote; the analyser must be the one that it was made with.
    ///
    /// Fails    `newer_format`; `other_embedder` when the analyser's fingerprint is another; `truncated`; `malformed`.
    [[nodiscard]] static result<basic_hashed> load(byte_reader& r, Analyser analyse = {}) {
        if (r.header("hashed", format) == 0 && r.u32() != 1) r.fail(fault::malformed); // 0.1 wrote a number
        if (r.u64() != analyse.fingerprint()) r.fail(fault::other_embedder);
        hashed_params p;
        p.dims                   = r.u32();
        const std::uint8_t words = r.u8();
        p.words                  = words != 0;
        p.min_gram               = r.u32();
        p.max_gram               = r.u32();
        p.buckets                = r.u32();
        p.seed                   = r.u64();
        const std::uint8_t table = r.u8();
        if (!p.valid() || words > 1 || table > 1) r.fail(fault::malformed);
        if (r.ok() && table == 1 && r.left() / sizeof(float) < p.buckets) r.fail(fault::truncated);
        if (!r.ok()) return r.error();
        basic_hashed it(p, std::move(analyse));
        if (table == 1) {
            std::vector<float> idf(p.buckets);
            r.into(std::span<float>(idf));
            bool sound = all_finite(std::span<const float>(idf));
            for (const float x : idf) sound = sound && x > 0 && x < 64;
            if (!sound) r.fail(fault::malformed);
            if (!r.ok()) return r.error();
            it.idf_ = std::make_shared<const std::vector<float>>(std::move(idf));
            it.sign();
        }
        return it;
    }
};

/// The hashed embedder over graft's own analyser.
using hashed = basic_hashed<>;

} // namespace graft::inline GRAFT_ABI
