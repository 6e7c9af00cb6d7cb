// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Byte strings with a number each, walked byte by byte: a double array, one load a byte.
///
/// Costs    8 bytes a node, and some percent that stay free.
/// Source   Aoe 1989; children lie at `base ^ byte`, so that they share a block of 256.
class byte_trie {
    struct node {
        std::uint32_t base_label = empty_label
                                   << label_shift; // base in the low 23 bits, above it the byte that leads here
        std::uint32_t value = no_value;
    };
    static constexpr unsigned      label_shift = 23;
    static constexpr std::uint32_t base_mask = (1u << label_shift) - 1, empty_label = 256;

    std::vector<node> nodes_;

    struct builder;
    struct sorted_entry;

public:
    static constexpr std::uint32_t no_value = 0xFFFFFFFFu;
    static constexpr std::uint32_t root = 0, nowhere = 0xFFFFFFFFu;
    using entry = std::pair<std::string_view, std::uint32_t>;

    /// A trie of the entries, in any order; of equal strings the first counts.
    ///
    /// Fails    fault::too_large beyond 8 million nodes.
    [[nodiscard]] static result<byte_trie> of(const std::vector<entry>& entries);

    /// Where the byte leads from a node; `nowhere` if no string goes on so.
    [[nodiscard]] std::uint32_t step(std::uint32_t at, char byte) const noexcept {
        const std::uint32_t b    = static_cast<unsigned char>(byte);
        const std::uint32_t next = (nodes_[at].base_label & base_mask) ^ b;
        return nodes_[next].base_label >> label_shift == b ? next : nowhere;
    }
    /// The number of the string that ends at a node, or `no_value`.
    [[nodiscard]] std::uint32_t value(std::uint32_t at) const noexcept { return nodes_[at].value; }

    /// The number of a string, or `no_value`.
    [[nodiscard]] std::uint32_t find(std::string_view text) const noexcept {
        std::uint32_t at = root;
        if (nodes_.empty()) return no_value;
        for (const char c : text)
            if ((at = step(at, c)) == nowhere) return no_value;
        return value(at);
    }
    [[nodiscard]] bool        empty() const noexcept { return nodes_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return nodes_.capacity() * sizeof(node); }
};

struct byte_trie::builder {
    static constexpr std::uint32_t block = 256, open_blocks = 24, most = 1u << label_shift;

    std::vector<node>          nodes = {};
    std::vector<std::uint32_t> next = {}, before = {}; // the ring of free slots, slot 0 its head
    std::vector<bool>          is_base = {};

    [[nodiscard]] bool is_free(std::uint32_t at) const noexcept {
        return nodes[at].base_label >> label_shift == empty_label && at != 0;
    }
    void leave_ring(std::uint32_t at) noexcept {
        next[before[at]] = next[at];
        before[next[at]] = before[at];
    }
    void add_block() {
        const auto begin = static_cast<std::uint32_t>(nodes.size());
        nodes.resize(begin + block);
        next.resize(begin + block);
        before.resize(begin + block);
        is_base.resize(begin + block, false);
        for (std::uint32_t at = std::max(begin, 1u); at < begin + block; ++at) {
            before[at]       = before[0];
            next[at]         = 0;
            next[before[at]] = at;
            before[0]        = at;
        }
        // Slots of old blocks that no family fitted are given up, so that a search is short.
        if (begin >= open_blocks * block)
            for (std::uint32_t at = begin - open_blocks * block, end = at + block; at < end; ++at)
                if (is_free(at)) leave_ring(at);
    }
    /// A base at which children with these labels find free slots.
    [[nodiscard]] std::uint32_t base_for(const unsigned char* labels, std::size_t n) {
        std::uint32_t steps = 0;
        for (std::uint32_t at = next[0]; at != 0 && steps < 512; at = next[at], ++steps) {
            const std::uint32_t base = at ^ labels[0];
            if (base == 0 || is_base[base]) continue;
            std::size_t k = 1;
            while (k < n && is_free(base ^ labels[k])) ++k;
            if (k == n) return base;
        }
        const auto fresh = static_cast<std::uint32_t>(nodes.size());
        add_block();
        return fresh;
    }
    std::uint32_t take(std::uint32_t base, unsigned char label) noexcept {
        const std::uint32_t at = base ^ label;
        leave_ring(at);
        nodes[at].base_label = std::uint32_t{label} << label_shift;
        return at;
    }
};

/// An entry with its first eight bytes as a number, which is quicker to compare and to read.
struct byte_trie::sorted_entry {
    std::uint64_t    head = 0;
    std::string_view text;
    std::uint32_t    value, place;

    sorted_entry(const entry& e, std::size_t at)
        : text(e.first), value(e.second), place(static_cast<std::uint32_t>(at)) {
        for (std::size_t i = 0; i < 8; ++i)
            head = head << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
    }
    [[nodiscard]] unsigned char label(std::size_t depth) const noexcept {
        return static_cast<unsigned char>(depth < 8 ? head >> (56 - 8 * depth)
                                                    : static_cast<unsigned char>(text[depth]));
    }
    friend bool operator<(const sorted_entry& a, const sorted_entry& b) noexcept {
        if (a.head != b.head) return a.head < b.head;
        const int c = a.text.compare(b.text);
        return c != 0 ? c < 0 : a.place < b.place;
    }
};

inline result<byte_trie> byte_trie::of(const std::vector<entry>& given) {
    std::vector<sorted_entry> entries;
    entries.reserve(given.size());
    for (std::size_t i = 0; i < given.size(); ++i) entries.emplace_back(given[i], i);
    std::sort(entries.begin(), entries.end());
    builder b;
    b.next.assign(1, 0);
    b.before.assign(1, 0);
    b.add_block();
    struct family {
        std::size_t   first, last, depth;
        std::uint32_t at;
    };
    std::vector<family>      todo{{0, entries.size(), 0, root}};
    std::vector<std::size_t> cuts;
    while (!todo.empty()) {
        family f = todo.back();
        todo.pop_back();
        for (; f.first < f.last && entries[f.first].text.size() == f.depth; ++f.first)
            if (b.nodes[f.at].value == no_value) b.nodes[f.at].value = entries[f.first].value;
        if (f.first == f.last) continue;
        unsigned char labels[256];
        std::size_t   n = 0;
        cuts.clear();
        for (std::size_t i = f.first; i < f.last; ++i) {
            const unsigned char label = entries[i].label(f.depth);
            if (n > 0 && labels[n - 1] == label) continue;
            labels[n++] = label;
            cuts.push_back(i);
        }
        cuts.push_back(f.last);
        const std::uint32_t base = b.base_for(labels, n);
        if (b.nodes.size() > builder::most) return error{fault::too_large, unit::none, 0, "vocabulary"};
        b.is_base[base] = true;
        b.nodes[f.at].base_label |= base;
        for (std::size_t k = 0; k < n; ++k) static_cast<void>(b.take(base, labels[k]));
        for (std::size_t k = n; k-- > 0;) todo.push_back({cuts[k], cuts[k + 1], f.depth + 1, base ^ labels[k]});
    }
    // A node without children keeps base 0, and no other has it: what lies at 0 ^ byte must belong to nobody.
    byte_trie out;
    out.nodes_ = std::move(b.nodes);
    out.nodes_.shrink_to_fit();
    return out;
}

} // namespace graft::inline GRAFT_ABI::detail
