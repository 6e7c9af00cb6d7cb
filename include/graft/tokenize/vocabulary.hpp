// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/base/result.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The number of a token in a model's vocabulary, as its files have it.
using token_id = std::uint32_t;

/// No token: what a search that finds nothing gives.
inline constexpr token_id no_token = 0xFFFFFFFFu;

namespace detail {

/// A hash for short strings in tables that live as long as the process: two loads and one multiplication up to 16 bytes.
[[nodiscard]] inline std::uint64_t short_hash(const char* at, std::size_t n) noexcept {
    if (n > 16) return hash64({at, n});
    std::uint64_t a = 0, b = 0;
    if (n >= 8) {
        std::memcpy(&a, at, 8);
        std::memcpy(&b, at + n - 8, 8);
    } else if (n >= 4) {
        std::uint32_t x = 0, y = 0;
        std::memcpy(&x, at, 4);
        std::memcpy(&y, at + n - 4, 4);
        a = x, b = y;
    } else if (n > 0) {
        a = static_cast<unsigned char>(at[0]);
        b = std::uint64_t{static_cast<unsigned char>(at[n / 2])} << 8 | static_cast<unsigned char>(at[n - 1]);
    }
    const auto wide = static_cast<wide_word>(a ^ 0xa0761d6478bd642fu ^ n << 32) * (b ^ 0xe7037ed1a0b428dbu);
    return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
}

/// Which of many strings one is. The strings lie elsewhere: it keeps hashes and numbers.
class string_index {
    struct slot {
        std::uint32_t tag = 0, id = no_token;
    };
    std::vector<slot> slots_ = std::vector<slot>(1);
    std::uint64_t     mask_  = 0;

public:
    string_index() = default;
    /// For up to `n` strings.
    explicit string_index(std::size_t n) : slots_(std::bit_ceil(n + n / 3 + 2)), mask_(slots_.size() - 1) {}

    /// Puts a string in; of equal ones the last counts. `text_of(id)` gives the string of an id that is in.
    template <class F>
    void put(std::string_view text, token_id id, F&& text_of) noexcept {
        const std::uint64_t h = short_hash(text.data(), text.size());
        for (std::uint64_t at = h & mask_;; at = (at + 1) & mask_) {
            if (slots_[at].id != no_token && !(slots_[at].tag == h >> 32 && text_of(slots_[at].id) == text)) continue;
            slots_[at] = {static_cast<std::uint32_t>(h >> 32), id};
            return;
        }
    }
    template <class F>
    [[nodiscard]] token_id find(std::string_view text, F&& text_of) const noexcept {
        const std::uint64_t h = short_hash(text.data(), text.size());
        for (std::uint64_t at = h & mask_;; at = (at + 1) & mask_) {
            const slot s = slots_[at];
            if (s.id == no_token) return no_token;
            if (s.tag == h >> 32 && text_of(s.id) == text) return s.id;
        }
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(slot); }
};

} // namespace detail

/// The tokens of a model by number, and their numbers by text.
class token_vocabulary {
    std::string                pool_;
    std::vector<std::uint32_t> end_; // of each token's text
    detail::string_index       index_;

public:
    token_vocabulary() = default;

    /// Takes    the text of token 0, 1, …; an empty one is a hole. Of equal texts the last is found, of those that are `hidden` none.
    /// Fails    fault::too_large where the texts pass 1 GiB.
    [[nodiscard]] static result<token_vocabulary> of(std::span<const std::string_view> texts,
                                                     const std::vector<bool>&          hidden = {}) {
        token_vocabulary v;
        std::size_t      bytes = 0;
        for (const auto t : texts) bytes += t.size();
        if (bytes > (std::size_t{1} << 30) || texts.size() > (std::size_t{1} << 28))
            return error{fault::too_large, unit::none, 0, "vocabulary"};
        v.pool_.reserve(bytes);
        v.end_.reserve(texts.size());
        v.index_ = detail::string_index(texts.size());
        for (std::size_t id = 0; id < texts.size(); ++id) {
            v.pool_.append(texts[id]);
            v.end_.push_back(static_cast<std::uint32_t>(v.pool_.size()));
            if (!texts[id].empty() && (id >= hidden.size() || !hidden[id]))
                v.index_.put(texts[id], static_cast<token_id>(id), [&](token_id i) { return v.text(i); });
        }
        return v;
    }

    [[nodiscard]] std::size_t size() const noexcept { return end_.size(); }
    /// The text of a token below `size()`.
    [[nodiscard]] std::string_view text(token_id id) const noexcept {
        const std::uint32_t begin = id == 0 ? 0 : end_[id - 1];
        return {pool_.data() + begin, end_[id] - begin};
    }
    [[nodiscard]] token_id find(std::string_view text) const noexcept {
        return index_.find(text, [this](token_id id) { return this->text(id); });
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return pool_.capacity() + end_.capacity() * sizeof(std::uint32_t) + index_.bytes();
    }
};

} // namespace graft::inline GRAFT_ABI
