// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/base/bytes.hpp>
#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/base/hash_sort.hpp>
#include <graft/base/matrix.hpp>
#include <graft/base/progress_steps.hpp>
#include <graft/base/result.hpp>
#include <graft/embed/term_weights.hpp>
#include <graft/embed/vocabulary.hpp>
#include <graft/linalg/sparse.hpp>
#include <graft/linalg/truncated_svd.hpp>
#include <graft/schema/chunk.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/simd/kernels.hpp>
#include <graft/simd/norm.hpp>
#include <graft/words/analysis.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a latent semantic model is fitted with.
struct lsa_params {
    std::uint32_t dims          = 256;  ///< directions kept: the rank of the SVD
    bool          clamp         = true; ///< take fewer dims where the chunk store cannot give so many; false: an error
    std::uint32_t min_documents = 1;    ///< words of fewer chunks than this are left out
    /// Passes of the SVD, 1 to 64. More bring it closer to the exact one, which no collection that we measured rewards.
    std::uint32_t power_iterations = 2;
    std::uint32_t oversample       = 16; ///< directions the SVD carries along and drops, at most 1,024
    std::uint64_t seed             = 0;

    bool operator==(const lsa_params&) const = default;

    /// Whether every number is in its range.
    [[nodiscard]] constexpr bool valid() const noexcept {
        return dims > 0 && dims <= 4096 && min_documents > 0 && power_iterations > 0 && power_iterations <= 64 &&
               oversample <= 1024;
    }
};

namespace detail {

/// The distinct words of some chunks and how often each stands there.
struct word_counts {
    std::vector<std::size_t>   ends; // of chunk i's words
    std::vector<std::uint64_t> terms;
    std::vector<std::uint32_t> times;
};
template <class Analyser>
word_counts count_terms(chunks some, const Analyser& analyse) {
    word_counts                out;
    std::vector<std::uint64_t> terms;
    for (const chunk& c : some) {
        terms.clear();
        const auto word = [&](const auto& token) { terms.push_back(token.term); };
        analyse(c.text.prefix, word);
        analyse(c.text.body, word);
        std::sort(terms.begin(), terms.end());
        for (std::size_t i = 0, next = 0; i < terms.size(); i = next) {
            while (next < terms.size() && terms[next] == terms[i]) ++next;
            out.terms.push_back(terms[i]);
            out.times.push_back(static_cast<std::uint32_t>(next - i));
        }
        out.ends.push_back(out.terms.size());
    }
    return out;
}

/// Whether all are between -limit and limit: for bits of floats a comparison of integers, which NaN does not pass either.
inline bool within(std::span<const float> all, float limit) noexcept {
    const std::uint32_t most    = std::bit_cast<std::uint32_t>(limit);
    std::uint32_t       over[8] = {};
    std::size_t         i       = 0;
    for (; i + 8 <= all.size(); i += 8)
        for (std::size_t l = 0; l < 8; ++l) over[l] |= most - (std::bit_cast<std::uint32_t>(all[i + l]) & 0x7fffffffu);
    for (; i < all.size(); ++i) over[0] |= most - (std::bit_cast<std::uint32_t>(all[i]) & 0x7fffffffu);
    return ((over[0] | over[1] | over[2] | over[3] | over[4] | over[5] | over[6] | over[7]) >> 31) == 0;
}

/// A chunk store as LSA sees it.
struct weighted_words {
    vocabulary         words;
    std::vector<float> idf;
    sparse_matrix      weights; // [chunks that have a word, words]
};
template <class Analyser>
result<weighted_words> weigh(chunks all, std::uint32_t min_documents, const Analyser& analyse, context& c) {
    constexpr std::size_t    block = 64;
    progress_steps           told(c, 3);
    std::vector<word_counts> parts((all.size() + block - 1) / block);
    told.next(1);
    auto counted = each_block(c, all.size(), block, [&](std::size_t begin, std::size_t end, context&) {
        parts[begin / block] = count_terms(all.subspan(begin, end - begin), analyse);
    });
    if (!counted) return counted.error();

    std::size_t elements = 0;
    for (const word_counts& part : parts) elements += part.terms.size();
    std::vector<std::uint64_t> terms;
    terms.reserve(elements);
    for (const word_counts& part : parts) terms.insert(terms.end(), part.terms.begin(), part.terms.end());
    told.next(1);
    if (auto ok = hash_sort(terms, std::identity{}, c); !ok) return ok.error();
    told.next(1);
    weighted_words out;
    std::size_t    kept = 0;
    for (std::size_t i = 0, next = 0; i < terms.size(); i = next) {
        while (next < terms.size() && terms[next] == terms[i]) ++next;
        if (next - i < min_documents) continue;
        out.idf.push_back(inverse_document_frequency(all.size(), next - i));
        terms[kept++] = terms[i];
    }
    terms.resize(kept);
    terms.shrink_to_fit();
    out.words = vocabulary(std::move(terms));

    sparse_matrix& a = out.weights;
    a.width          = out.words.size();
    a.reserve(all.size(), elements);
    for (const word_counts& part : parts) {
        if (auto ok = c.alive(); !ok) return ok.error();
        for (std::size_t row = 0, i = 0; row < part.ends.size(); ++row) {
            double sum = 0;
            for (; i < part.ends[row]; ++i) {
                const std::uint32_t column = out.words.find(part.terms[i]);
                if (column == vocabulary::unknown) continue;
                const float weight = sublinear_tf(part.times[i]) * out.idf[column];
                a.columns.push_back(column);
                a.values.push_back(weight);
                sum += static_cast<double>(weight) * static_cast<double>(weight);
            }
            if (a.columns.size() == a.begins.back()) continue;
            const double scale = 1 / std::sqrt(sum);
            for (std::size_t j = a.begins.back(); j < a.values.size(); ++j)
                a.values[j] = static_cast<float>(a.values[j] * scale);
            a.begins.push_back(a.columns.size());
        }
    }
    told.all();
    return out;
}

} // namespace detail

/// Latent semantic analysis: a text as the direction in which its words point, learnt from the chunk store itself. The embedder
/// that needs no model file.
///
/// A word of a text weighs (1 + ln tf) · ln(1 + (N - df + ½) / (df + ½)). To fit, the weights of the chunks, each row brought
/// to length 1, are factorised as U S Vᵀ, and the `dims` strongest columns of V kept. A text with weights x becomes x V,
/// brought to length 1: for a chunk of the chunk store that is its row of U S, and any other text is folded in by the same line.
///
/// `Analyser` makes words of texts, as in `basic_bm25`. Text of prefix and body counts alike.
///
/// Costs    4 · words · dims bytes. To fit: five passes over the words of the chunks, and about twice the memory. To
///          encode: one multiply-add of `dims` for each distinct word, no allocation with a warm context.
/// Source   Deerwester and others, JASIS 41, 1990; the factorisation: `decompose`.
template <class Analyser = analyzer>
class basic_lsa {
    lsa_params          params_;
    Analyser            analyse_;
    vocabulary          words_;
    std::vector<float>  idf_;
    std::vector<double> strength_;
    matrix<float>       basis_; // [words, dims]
    std::uint64_t       fingerprint_ = 0;

    explicit basic_lsa(Analyser analyse) : analyse_(std::move(analyse)) {}

    void sign() noexcept {
        const auto bytes = [](const auto& all) {
            return std::string_view(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(*all.data()));
        };
        std::uint64_t h = mix64(0x6c7361, analyse_.fingerprint());
        for (const std::uint64_t x :
             {std::uint64_t{params_.dims}, std::uint64_t{params_.min_documents},
              std::uint64_t{params_.power_iterations}, std::uint64_t{params_.oversample}, params_.seed})
            h = mix64(h, x);
        h            = mix64(h, hash64(bytes(words_.terms())));
        h            = mix64(h, hash64(bytes(idf_)));
        h            = mix64(h, hash64(bytes(strength_)));
        fingerprint_ = mix64(h, hash64(bytes(basis_.flat())));
    }

public:
    static constexpr std::uint32_t format = 2; ///< of what `save` writes

    basic_lsa(const basic_lsa&)                = delete;
    basic_lsa& operator=(const basic_lsa&)     = delete;
    basic_lsa(basic_lsa&&) noexcept            = default;
    basic_lsa& operator=(basic_lsa&&) noexcept = default;
    ~basic_lsa()                               = default;

    /// Learns from chunks. The rank of an SVD is bounded by the data: `dims` must be below the number of chunks that have a
    /// word, and below the number of words; 1 is always possible.
    ///
    /// Gives    the same bytes for any number of threads, and on every machine whose kernels are `exact`.
    /// Borrows  nothing.
    /// Fails    bad_argument for parameters out of range; no_input without a chunk or without a word; where `clamp` is off,
    ///          rank_too_high with the largest rank in `where`. With it `dims()` is that rank then. stopped, timed_out.
    [[nodiscard]] static result<basic_lsa> fit(chunks from, lsa_params params, Analyser analyse, context& c) {
        if (!params.valid()) return error{fault::bad_argument, unit::none, 0, "lsa"};
        progress_steps told(c, 100);
        told.next(30);
        auto words = detail::weigh(from, params.min_documents, analyse, c);
        if (!words) return words.error();
        if (words->weights.columns.empty()) return error{fault::no_input, unit::none, 0, "lsa"};
        const std::size_t most = largest(words->weights);
        if (params.dims > most) {
            if (!params.clamp) return error{fault::rank_too_high, unit::none, most, "lsa"};
            params.dims = static_cast<std::uint32_t>(most);
        }
        params.clamp = lsa_params{}.clamp; // a wish, not a property of what was fitted: no file keeps it
        told.next(70);
        auto found = decompose(words->weights,
                               {.rank       = params.dims,
                                .oversample = params.oversample,
                                .iterations = params.power_iterations,
                                .seed       = params.seed},
                               c);
        if (!found) return found.error();
        basic_lsa it(std::move(analyse));
        it.params_   = params;
        it.words_    = std::move(words->words);
        it.idf_      = std::move(words->idf);
        it.strength_ = std::move(found->values);
        it.basis_    = std::move(found->right);
        it.sign();
        told.all();
        return it;
    }
    [[nodiscard]] static result<basic_lsa> fit(chunks from, lsa_params params, context& c) {
        return fit(from, params, Analyser{}, c);
    }
    [[nodiscard]] static result<basic_lsa> fit(chunks from, lsa_params params, Analyser analyse, context&& c = {}) {
        return fit(from, params, std::move(analyse), c);
    }
    [[nodiscard]] static result<basic_lsa> fit(chunks from, lsa_params params = {}, context&& c = {}) {
        return fit(from, params, Analyser{}, c);
    }
    /// Learns from a chunk store.
    template <lists_chunks Store, class... Rest>
    [[nodiscard]] static result<basic_lsa> fit(const Store& from, lsa_params params = {}, Rest&&... rest) {
        return fit(chunks(from.all()), params, std::forward<Rest>(rest)...);
    }
    /// The most dims that chunks can be fitted with, 0 where they hold no word.
    ///
    /// Costs    one analysis of all texts.
    /// Fails    stopped, timed_out.
    [[nodiscard]] static result<std::size_t> largest_rank(chunks from, std::uint32_t min_documents,
                                                          const Analyser& analyse, context& c) {
        const auto words = detail::weigh(from, min_documents, analyse, c);
        if (!words) return words.error();
        return words->weights.columns.empty() ? std::size_t{0} : largest(words->weights);
    }
    [[nodiscard]] static result<std::size_t> largest_rank(chunks from, std::uint32_t min_documents = 1,
                                                          const Analyser& analyse = {}, context&& c = {}) {
        return largest_rank(from, min_documents, analyse, c);
    }

    [[nodiscard]] std::size_t   dims() const noexcept { return basis_.dims(); }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }
    /// Its share in a hybrid search: measured, lexical search knows better on most collections.
    [[nodiscard]] static constexpr float dense_weight() noexcept { return .2f; }

    [[nodiscard]] const lsa_params& params() const noexcept { return params_; }
    /// The words it knows.
    [[nodiscard]] const vocabulary& words() const noexcept { return words_; }
    /// The singular values, falling; a value of 0 is a direction that the chunk store does not have, and its column of every
    /// vector is 0.
    [[nodiscard]] std::span<const double> singular_values() const noexcept { return strength_; }
    /// Row i belongs to word i.
    [[nodiscard]] matrix_view<const float> basis() const noexcept { return basis_.view(); }

    /// Row i from text i alone, of length 1; a zero row for a text without a known word.
    ///
    /// Fails    wrong_shape; stopped, timed_out, asked before each text.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& w) const {
        if (out.rows != in.size() || out.dims != dims()) return error{fault::wrong_shape, unit::row, out.rows, "lsa"};
        const kernels&            with = best_kernels<need::chains>();
        arena_list<std::uint32_t> columns(w, 256);
        for (std::size_t r = 0; r < in.size(); ++r) {
            if (auto ok = w.alive(); !ok) return ok;
            columns.clear();
            const auto word = [&](const auto& token) {
                if (const std::uint32_t at = words_.find(token.term); at != vocabulary::unknown) columns.push_back(at);
            };
            analyse_(in[r].prefix, word);
            analyse_(in[r].body, word);
            const auto found = columns.items();
            std::sort(found.begin(), found.end()); // one order of addition, whatever the order of the words
            const auto row = out.row(r);
            std::fill(row.begin(), row.end(), 0.f);
            for (std::size_t i = 0, next = 0; i < found.size(); i = next) {
                while (next < found.size() && found[next] == found[i]) ++next;
                with.axpy(detail::sublinear_tf(static_cast<std::uint32_t>(next - i)) * idf_[found[i]],
                          basis_.data() + found[i] * dims(), row.data(), dims());
            }
            normalise(row);
        }
        return done;
    }

    void save(byte_writer& w) const {
        w.reserve(w.size() + words_.size() * (12 + 4 * dims()) + 8 * dims() + 128);
        w.header("lsa", format);
        w.u64(analyse_.fingerprint());
        w.u32(params_.dims);
        w.u32(params_.min_documents);
        w.u32(params_.power_iterations);
        w.u32(params_.oversample);
        w.u64(params_.seed);
        words_.save(w);
        w.elements(std::span<const float>(idf_));
        w.elements(std::span<const double>(strength_));
        w.elements(basis_.flat());
    }

    /// Reads back what `save` wrote; the analyser must be the one that it was made with.
    ///
    /// Fails    `newer_format`; `other_embedder` when the analyser's fingerprint is another; `truncated`; `malformed`.
    [[nodiscard]] static result<basic_lsa> load(byte_reader& r, Analyser analyse = {}) {
        basic_lsa it(std::move(analyse));
        if (r.header("lsa", format) == 0 && r.u32() != 1) r.fail(fault::malformed); // 0.1 wrote a number
        if (r.u64() != it.analyse_.fingerprint()) r.fail(fault::other_embedder);
        it.params_.dims             = r.u32();
        it.params_.min_documents    = r.u32();
        it.params_.power_iterations = r.u32();
        it.params_.oversample       = r.u32();
        it.params_.seed             = r.u64();
        if (!it.params_.valid()) r.fail(fault::malformed);
        auto words = vocabulary::load(r);
        if (!words) return words.error();
        const std::size_t n = words->size(), k = it.params_.dims;
        if (n == 0 || k > n) r.fail(fault::malformed);
        if (r.left() / (4 + 4 * k) < n) r.fail(fault::truncated);
        if (!r.ok()) return r.error();
        it.words_ = std::move(*words);
        it.idf_.resize(n);
        it.strength_.resize(k);
        it.basis_ = matrix<float>(n, k);
        r.into(std::span<float>(it.idf_));
        r.into(std::span<double>(it.strength_));
        r.into(it.basis_.flat());
        // Bounds that hold for every fitted model, and within which no sum can overflow.
        bool sound = all_finite(std::span<const double>(it.strength_)) && detail::within(it.idf_, 64) &&
                     detail::within(it.basis_.flat(), 1.01f);
        for (const float x : it.idf_) sound = sound && x > 0;
        if (!sound) r.fail(fault::malformed);
        if (!r.ok()) return r.error();
        it.sign();
        return it;
    }

private:
    static std::size_t largest(const sparse_matrix& a) noexcept {
        return std::max<std::size_t>(1, std::min(a.rows(), a.width) - 1);
    }
};

/// LSA over graft's own analyser.
using lsa = basic_lsa<>;

} // namespace graft::inline GRAFT_ABI
