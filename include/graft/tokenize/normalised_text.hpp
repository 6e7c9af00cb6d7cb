// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/tokenize/scalars.hpp>
#include <graft/tokenize/tokens.hpp>

#include <algorithm>
#include <cstring>

namespace graft::inline GRAFT_ABI::detail {

/// Writes a normalised text. As long as every byte stands for the byte at the same place, no origins are kept.
class normalised_text {
    arena*                   home_;
    const normalised*        in_;
    std::span<char>          text_ = {};
    std::span<std::uint32_t> from_ = {};
    std::size_t              size_ = 0;

    void grow(std::size_t n) {
        auto text = home_->take_raw<char>(n);
        if (size_ > 0) std::memcpy(text.data(), text_.data(), size_);
        text_ = text;
        if (!from_.empty()) {
            auto from = home_->take_raw<std::uint32_t>(n);
            if (size_ > 0) std::memcpy(from.data(), from_.data(), size_ * sizeof(std::uint32_t));
            from_ = from;
        }
    }

public:
    normalised_text(arena& home, const normalised& in) : home_(&home), in_(&in) {
        grow(in.text.size() + in.text.size() / 8 + 64);
    }

    /// Room for `n` more bytes.
    void reserve(std::size_t n) {
        if (text_.size() - size_ < n) grow(2 * text_.size() + n);
    }
    /// From here on bytes may come from anywhere.
    void keep_origins() {
        if (!from_.empty()) return;
        from_ = home_->take_raw<std::uint32_t>(text_.size());
        for (std::size_t i = 0; i < size_; ++i) from_[i] = in_->source(i);
    }
    [[nodiscard]] bool keeps_origins() const noexcept { return !from_.empty(); }

    /// A byte for the byte at the same place of the input. Only while no origins are kept, and with room.
    void same(char c) noexcept { text_[size_++] = c; }
    /// A byte of the character that began at `from` of the original. With origins and room.
    void byte(char c, std::uint32_t from) noexcept {
        text_[size_]   = c;
        from_[size_++] = from;
    }
    void scalar(char32_t c, std::uint32_t from) {
        reserve(4);
        const unsigned n = unicode::encode(c, text_.data() + size_);
        for (unsigned i = 0; i < n; ++i) from_[size_ + i] = from;
        size_ += n;
    }
    void bytes(std::string_view text, std::uint32_t from) {
        reserve(text.size());
        if (!text.empty()) std::memcpy(text_.data() + size_, text.data(), text.size());
        std::fill_n(from_.data() + size_, text.size(), from);
        size_ += text.size();
    }
    /// Bytes [begin, end) of the input as they are.
    void copy(std::size_t begin, std::size_t end) {
        reserve(end - begin);
        if (end > begin) std::memcpy(text_.data() + size_, in_->text.data() + begin, end - begin);
        for (std::size_t i = begin; i < end; ++i) from_[size_ + i - begin] = in_->source(i);
        size_ += end - begin;
    }
    void cut(std::size_t size) noexcept { size_ = size; }

    [[nodiscard]] std::size_t      size() const noexcept { return size_; }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
    [[nodiscard]] normalised       done() const noexcept {
        normalised n = *in_;
        n.text       = text();
        n.from       = from_.empty() ? nullptr : from_.data();
        return n;
    }
};

/// Whether all of a text is ASCII below `limit` when taken byte by byte.
[[nodiscard]] inline bool all_below(std::string_view text, unsigned char limit) noexcept {
    std::size_t at = 0;
    if (limit == 0x80)
        for (; at + 8 <= text.size(); at += 8)
            if ((load8(text.data() + at) & high_bits) != 0) return false;
    for (; at < text.size(); ++at)
        if (static_cast<unsigned char>(text[at]) >= limit) return false;
    return true;
}

/// A character of a text that is being decomposed or composed: it stands for the next `takes` characters of the input.
struct flowing {
    char32_t      scalar;
    std::uint32_t takes;
};

/// The text with those characters; each has the origin of the first one that it stands for, or of the last one that was used up.
[[nodiscard]] inline normalised settle(const normalised& in, std::span<const flowing> all, arena& a) {
    normalised_text out(a, in);
    out.keep_origins();
    std::size_t   at   = 0;
    std::uint32_t last = in.source(0) | normalised::inserted;
    for (const flowing& f : all) {
        const std::uint32_t from = f.takes > 0 && at < in.text.size() ? in.source(at) : last;
        out.scalar(f.scalar, from);
        for (std::uint32_t k = 0; k < f.takes && at < in.text.size(); ++k) {
            last = in.source(at);
            at += scalar_at(in.text, at).length;
        }
    }
    return out.done();
}

/// Sorts marks into canonical order, stably.
inline void order_marks(std::span<flowing> marks, arena& a) {
    const auto before = [](const flowing& x, const flowing& y) {
        return combining_class(x.scalar) < combining_class(y.scalar);
    };
    if (marks.size() < 2 || std::is_sorted(marks.begin(), marks.end(), before)) return;
    if (marks.size() <= 32) {
        for (std::size_t i = 1; i < marks.size(); ++i)
            for (std::size_t k = i; k > 0 && before(marks[k], marks[k - 1]); --k) std::swap(marks[k], marks[k - 1]);
        return;
    }
    arena::scope           scratch(a);
    std::span<std::size_t> first = a.take<std::size_t>(257);
    const auto             copy  = a.keep(std::span<const flowing>(marks));
    for (const flowing& m : copy) ++first[combining_class(m.scalar) + 1];
    for (std::size_t k = 1; k < first.size(); ++k) first[k] += first[k - 1];
    for (const flowing& m : copy) marks[first[combining_class(m.scalar)]++] = m;
}

/// The normal forms of Unicode.
enum class normal_form : std::uint8_t { nfd, nfc, nfkd, nfkc };

[[nodiscard]] inline normalised to_normal_form(normal_form form, const normalised& in, arena& a) {
    const bool composes = form == normal_form::nfc || form == normal_form::nfkc;
    if (all_below(in.text, form == normal_form::nfc ? 0xCC : 0x80))
        return in; // nothing below U+0300 composes by itself
    arena_list<flowing> all(a, in.text.size() + 16);
    const bool          compatibly = form == normal_form::nfkd || form == normal_form::nfkc;
    for (std::size_t at = 0; at < in.text.size();) {
        const unicode::decoded d = scalar_at(in.text, at);
        at += d.length;
        if (d.scalar < 0x80) {
            all.push_back({d.scalar, 1});
        } else if (d.scalar >= hangul_first && d.scalar <= hangul_last) {
            const char32_t i = d.scalar - hangul_first;
            all.push_back({0x1100 + i / 588, 1});
            all.push_back({0x1161 + i % 588 / 28, 0});
            if (i % 28 != 0) all.push_back({0x11A7 + i % 28, 0});
        } else if (const auto to = compatibly ? compatible(d.scalar) : canonical(d.scalar); !to.empty()) {
            for (std::size_t k = 0; k < to.size(); ++k) all.push_back({to[k], k == 0 ? 1u : 0u});
        } else {
            all.push_back({d.scalar, 1});
        }
    }
    const auto items = all.items();
    for (std::size_t i = 0; i < items.size();) {
        std::size_t end = i;
        while (end < items.size() && combining_class(items[end].scalar) != 0) ++end;
        order_marks(items.subspan(i, end - i), a);
        i = end + 1;
    }
    if (!composes) return settle(in, items, a);
    std::size_t n = 0, starter = items.size(); // [0, n) is written; a starter there that may still compose
    unsigned    last = 0;                      // the class of what stands behind it
    for (const flowing& f : items) {
        const unsigned k = combining_class(f.scalar);
        if (starter < n && (n - 1 == starter || last < k)) {
            if (const char32_t whole = composed(items[starter].scalar, f.scalar); whole != 0) {
                items[starter].scalar = whole;
                items[starter].takes += f.takes;
                continue;
            }
        }
        last     = k;
        items[n] = f;
        if (k == 0) starter = n;
        ++n;
    }
    return settle(in, items.first(n), a);
}

} // namespace graft::inline GRAFT_ABI::detail
