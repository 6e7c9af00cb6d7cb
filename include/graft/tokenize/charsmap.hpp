// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/tokenize/normalised_text.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Strings and what SentencePiece puts in their place: the precompiled map of its models, a double array behind which the replacements lie.
class charsmap {
    std::vector<std::uint32_t> units_;
    std::string                texts_;  // each ends with a NUL
    std::bitset<256>           begins_; // the bytes that a string of the map begins with
    std::bitset<65536>         pairs_;  // the pairs of bytes that a text with a string of the map begins with

    [[nodiscard]] std::string_view text_at(std::uint32_t at) const noexcept {
        if (at >= texts_.size()) return {};
        return {texts_.data() + at}; // the constructor put a NUL at the end
    }
    /// The prefixes of `text` that are in the map, shortest first: f(bytes, replacement) says whether to go on.
    template <class F>
    void prefixes(std::string_view text, F&& f) const {
        const auto    unit = [&](std::size_t at) { return at < units_.size() ? units_[at] : 0u; };
        std::size_t   node = 0;
        std::uint32_t u    = unit(0);
        node ^= std::size_t{u >> 10} << ((u & 0x200u) >> 6);
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto c = static_cast<unsigned char>(text[i]);
            if (c == 0) return;
            node ^= c;
            u = unit(node);
            if ((u & 0x800000FFu) != c) return;
            node ^= std::size_t{u >> 10} << ((u & 0x200u) >> 6);
            if ((u & 0x100u) != 0 && !f(i + 1, text_at(unit(node) & 0x7FFFFFFFu))) return;
        }
    }

public:
    charsmap() = default;

    /// Reads the map as a model file holds it: the bytes of the double array, the double array, the replacements.
    ///
    /// Fails    fault::malformed where the sizes do not fit.
    [[nodiscard]] static result<charsmap> of(std::string_view bytes) {
        const auto    bad = error{fault::malformed, unit::none, 0, "precompiled_charsmap"};
        std::uint64_t n   = 0;
        if (bytes.size() < 4) return bad;
        for (unsigned i = 0; i < 4; ++i) n |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        if (n % 4 != 0 || n < 4 || n > bytes.size() - 4) return bad;
        charsmap m;
        m.units_.resize(static_cast<std::size_t>(n / 4));
        for (std::size_t i = 0; i < m.units_.size(); ++i)
            for (unsigned k = 0; k < 4; ++k)
                m.units_[i] |= std::uint32_t{static_cast<unsigned char>(bytes[4 + 4 * i + k])} << (8 * k);
        m.texts_ = bytes.substr(4 + static_cast<std::size_t>(n));
        m.texts_.push_back('\0');
        const std::uint32_t root = m.units_[0];
        for (std::size_t b = 1; b < 256; ++b) {
            const std::size_t at = (std::size_t{root >> 10} << ((root & 0x200u) >> 6)) ^ b;
            if (at >= m.units_.size() || (m.units_[at] & 0x800000FFu) != b) continue;
            m.begins_.set(b);
            const std::uint32_t first = m.units_[at];
            const std::size_t   child = at ^ (std::size_t{first >> 10} << ((first & 0x200u) >> 6));
            for (std::size_t c = 0; c < 256; ++c)
                m.pairs_[b << 8 | c] = (first & 0x100u) != 0 || (c != 0 && (child ^ c) < m.units_.size() &&
                                                                 (m.units_[child ^ c] & 0x800000FFu) == c);
        }
        return m;
    }

    [[nodiscard]] bool empty() const noexcept { return units_.empty(); }

    /// Whether the map may replace something that begins with this byte.
    [[nodiscard]] bool begins(char byte) const noexcept { return begins_[static_cast<unsigned char>(byte)]; }
    /// The same of a byte of a text and the one behind it, of which the last has none.
    [[nodiscard]] bool begins(std::string_view text, std::size_t at) const noexcept {
        if (at + 1 == text.size()) return begins(text[at]);
        return pairs_[std::size_t{static_cast<unsigned char>(text[at])} << 8 |
                      static_cast<unsigned char>(text[at + 1])];
    }

    /// The longest prefix of `text` that the map replaces; length 0 where there is none.
    [[nodiscard]] std::pair<std::size_t, std::string_view> longest(std::string_view text) const {
        std::pair<std::size_t, std::string_view> best{0, {}};
        prefixes(text, [&](std::size_t n, std::string_view to) { return best = {n, to}, true; });
        return best;
    }

    /// The map as the reference library for tokenizer.json applies it: to a cluster of up to five bytes at once, where the shortest prefix
    /// decides for the whole of it, otherwise to each character.
    [[nodiscard]] normalised by_clusters(const normalised& in, arena& a) const {
        arena_list<flowing> all(a, in.text.size() + 16);
        bool                changed = false;
        const auto          replace = [&](std::string_view old) {
            std::string_view to;
            bool             found = false;
            prefixes(old, [&](std::size_t, std::string_view t) { return to = t, found = true, false; });
            if (!found) return false;
            changed               = true;
            const std::size_t was = scalars_of(old), is = scalars_of(to), begin = all.size();
            for (std::size_t at = 0; at < to.size();) {
                const unicode::decoded d = scalar_at(to, at);
                all.push_back({d.scalar, all.size() - begin < was ? 1u : 0u});
                at += d.length;
            }
            if (is < was && !all.empty()) all.back().takes += static_cast<std::uint32_t>(was - is);
            return true;
        };
        for (std::size_t at = 0; at < in.text.size();) {
            const auto byte = static_cast<unsigned char>(in.text[at]);
            if (byte < 0x80 && !begins_[byte] &&
                (at + 1 == in.text.size() || static_cast<unsigned char>(in.text[at + 1]) < 0xCC)) {
                all.push_back({byte, 1}); // a character by itself that nothing replaces
                ++at;
                continue;
            }
            const std::size_t n = cluster(in.text.substr(at));
            if (n < 6 && replace(in.text.substr(at, n))) {
                at += n;
                continue;
            }
            for (const std::size_t end = at + n; at < end;) {
                const unicode::decoded d = scalar_at(in.text, at);
                if (!replace(in.text.substr(at, d.length))) all.push_back({d.scalar, 1});
                at += d.length;
            }
        }
        return changed ? settle(in, all.items(), a) : in;
    }

private:
    [[nodiscard]] static std::size_t scalars_of(std::string_view text) noexcept {
        std::size_t n = 0;
        for (std::size_t at = 0; at < text.size(); ++n) at += scalar_at(text, at).length;
        return n;
    }
    /// The bytes of a character and of the marks behind it.
    [[nodiscard]] static std::size_t cluster(std::string_view text) noexcept {
        const unicode::decoded first = scalar_at(text, 0);
        if (first.scalar == '\r' && text.size() > 1 && text[1] == '\n') return 2;
        std::size_t n = first.length;
        if (first.scalar < 0x20 || (first.scalar >= 0x7F && first.scalar < 0xA0) || first.scalar == 0x2028 ||
            first.scalar == 0x2029)
            return n;
        while (n < text.size()) {
            const unsigned char next = static_cast<unsigned char>(text[n]);
            if (next < 0xCC) break; // below U+0300 nothing extends
            const unicode::decoded d = scalar_at(text, n);
            const scalar_class     k = class_of(d.scalar);
            if (!k.is_mark() && d.scalar != 0x200C && d.scalar != 0x200D && d.scalar != 0xE33 && d.scalar != 0xEB3)
                break;
            n += d.length;
        }
        return n;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
