// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/sha256.hpp>
#include <graft/embed/vector_cache.hpp>
#include <graft/schema/embedder.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// An embedder that remembers: a text that was encoded before is looked up, and only the others go to the base, together, each of them once.
///
///     vector_cache memory(encoder.dims(), 100'000);
///     const auto embed = cached<sentence_encoder>::make(encoder, memory).value();
///     ingest(embed | index_into(nearest))(chunks);     // a second time: nothing is encoded
///
/// What is looked up is a text, prefix and body, under the fingerprint of the base, questions apart from passages: one cache may serve
/// several embedders of one size. The vectors are the base's, to the bit, and so is the fingerprint.
/// Borrows  the cache, which it fills, and the base, if it cannot be copied.
/// Costs    a SHA-256 of each text, and a copy of its vector.
template <embedder E>
class cached {
    stored<E>     base_;
    vector_cache* memory_;

    cached(stored<E> base, vector_cache& memory) : base_(std::move(base)), memory_(&memory) {}

    enum class kind : std::uint8_t { passage, question };

public:
    /// Fails    `wrong_shape` where the cache is for vectors of another size.
    [[nodiscard]] static result<cached> make(const E& base, vector_cache& memory) {
        if (memory.dims() != base.dims()) return error{fault::wrong_shape, unit::none, memory.dims(), "vector_cache"};
        return cached(stored<E>{base}, memory);
    }
    static result<cached> make(const E&& base, vector_cache& memory)
        requires(!std::copy_constructible<E>)
    = delete;

    [[nodiscard]] std::size_t   dims() const { return base_->dims(); }
    [[nodiscard]] std::uint64_t fingerprint() const { return base_->fingerprint(); }
    [[nodiscard]] std::uint64_t query_fingerprint() const { return detail::query_fingerprint_of(*base_); }
    [[nodiscard]] float         dense_weight() const { return detail::dense_weight_of(*base_); }

    /// Fails    `wrong_shape`; as the base.
    [[nodiscard]] result<void> encode(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        return look_up(in, out, kind::passage, c);
    }
    [[nodiscard]] result<void> encode_query(std::span<const text_view> in, matrix_view<float> out, context& c) const {
        constexpr bool apart = requires { base_->encode_query(in, out, c); };
        return look_up(in, out, apart ? kind::question : kind::passage, c);
    }

    /// Under what a text is kept.
    [[nodiscard]] digest256 key_of(const text_view& text, bool question) const {
        return key(text, question ? kind::question : kind::passage);
    }

private:
    [[nodiscard]] digest256 key(const text_view& text, kind is) const {
        std::array<std::byte, 17> head; // numbers in one order on every machine
        const std::uint64_t       numbers[] = {is == kind::question ? query_fingerprint() : fingerprint(),
                                         text.prefix.size()};
        for (std::size_t i = 0; i < 16; ++i) head[i] = static_cast<std::byte>(numbers[i / 8] >> (8 * (i % 8)));
        head[16] = static_cast<std::byte>(is);
        sha256_sum sum;
        sum.add(head);
        sum.add(text.prefix);
        sum.add(text.body);
        return sum.digest();
    }

    result<void> look_up(std::span<const text_view> in, matrix_view<float> out, kind is, context& c) const {
        if (out.rows != in.size() || out.dims != dims())
            return error{fault::wrong_shape, unit::row, out.rows, "cached"};
        const arena::scope mine(c);
        const auto         keys = c.take<digest256>(in.size());
        const auto  miss = c.take_raw<std::size_t>(in.size()); // texts that are not there, equal ones side by side
        std::size_t n    = 0;
        for (std::size_t i = 0; i < in.size(); ++i) {
            keys[i] = key(in[i], is);
            if (!memory_->find(keys[i], out.row(i))) miss[n++] = i;
        }
        if (n == 0) return done;
        const auto missing = miss.first(n);
        std::sort(missing.begin(), missing.end(),
                  [&](std::size_t a, std::size_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
        const auto  first = c.take_raw<std::size_t>(n); // of each text that is asked for, in the order of `in`
        std::size_t texts = 0;
        for (std::size_t i = 0; i < n; ++i)
            if (i == 0 || keys[missing[i]] != keys[missing[i - 1]]) first[texts++] = missing[i];
        std::sort(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(texts));
        const auto ask = c.take_raw<text_view>(texts);
        for (std::size_t i = 0; i < texts; ++i) ask[i] = in[first[i]];
        const matrix_view<float> rows{c.take<float>(texts * dims()).data(), texts, dims()};
        const auto               ok =
            is == kind::question ? detail::encode_questions(*base_, ask, rows, c) : base_->encode(ask, rows, c);
        if (!ok) {
            auto why = ok.error();
            if (why.of == unit::row && why.where < texts) why.where = first[static_cast<std::size_t>(why.where)];
            return why;
        }
        for (std::size_t i = 0; i < texts; ++i) {
            memory_->put(keys[first[i]], rows.row(i));
            std::copy_n(rows.row(i).data(), dims(), out.row(first[i]).data());
        }
        for (std::size_t i = 1; i < n; ++i) // equal texts, behind the first of them
            if (keys[missing[i]] == keys[missing[i - 1]])
                std::copy_n(out.row(missing[i - 1]).data(), dims(), out.row(missing[i]).data());
        return done;
    }
};

} // namespace graft::inline GRAFT_ABI
