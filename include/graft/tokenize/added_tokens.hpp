// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/byte_trie.hpp>
#include <graft/tokenize/normaliser.hpp>
#include <graft/tokenize/scalars.hpp>

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A token that is found in a text as it stands, before the model sees it.
struct added_token {
    std::string content     = {};
    token_id    id          = no_token;
    bool        special     = false; ///< a control token: only trusted text may hold it
    bool        single_word = false; ///< not inside a word
    bool        left_blank  = false; ///< takes the white space in front of it along
    bool        right_blank = false; ///< and that behind it
    bool        normalised  = false; ///< is looked for in the normalised text, in its own normalised form
};

namespace detail {

/// Finds added tokens, the longest of those that begin first.
class added_matcher {
    byte_trie                trie_; // to places in the list
    std::bitset<256>         first_;
    std::vector<added_token> list_;

public:
    added_matcher() = default;

    /// Takes    tokens, and what they are looked for as.
    [[nodiscard]] static result<added_matcher> of(std::vector<added_token>        list,
                                                  const std::vector<std::string>& forms) {
        added_matcher                 m;
        std::vector<byte_trie::entry> entries;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (forms[i].empty()) continue;
            entries.emplace_back(forms[i], static_cast<std::uint32_t>(i));
            m.first_.set(static_cast<unsigned char>(forms[i][0]));
        }
        if (entries.empty()) return m;
        auto t = byte_trie::of(std::move(entries));
        if (!t) return t.error();
        m.trie_ = std::move(*t);
        m.list_ = std::move(list);
        return m;
    }
    [[nodiscard]] bool empty() const noexcept { return trie_.empty(); }

    /// Cuts a text at the tokens in it: `between(begin, end)` for what lies between them, `found(id, begin, end)` for each.
    template <class Between, class Found>
    void cut(std::string_view text, Between&& between, Found&& found) const {
        std::size_t done = 0, at = 0;
        while (!empty() && at < text.size()) {
            if (!first_[static_cast<unsigned char>(text[at])]) {
                ++at;
                continue;
            }
            std::uint32_t node = byte_trie::root, which = byte_trie::no_value;
            std::size_t   stop = at;
            for (std::size_t i = at; i < text.size() && (node = trie_.step(node, text[i])) != byte_trie::nowhere;)
                if (const std::uint32_t v = trie_.value(node); ++i, v != byte_trie::no_value) which = v, stop = i;
            if (which == byte_trie::no_value) {
                ++at;
                continue;
            }
            const added_token& t     = list_[which];
            std::size_t        start = at;
            at                       = stop;
            if (t.single_word && ((start > 0 && word_scalar(scalar_before(text, start))) ||
                                  (stop < text.size() && word_scalar(scalar_at(text, stop).scalar))))
                continue;
            if (t.left_blank) {
                while (start > done && white_space(scalar_before(text, start)))
                    start = unicode::boundary_before(text, start - 1);
                start = std::max(start, done);
            }
            if (t.right_blank)
                for (unicode::decoded d = scalar_at(text, stop); d.length > 0 && white_space(d.scalar);
                     d                  = scalar_at(text, stop))
                    stop += d.length;
            if (start > done) between(done, start);
            found(t.id, start, stop);
            done = stop;
            at   = std::max(at, stop);
        }
        if (done < text.size()) between(done, text.size());
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return trie_.bytes() + list_.capacity() * sizeof(added_token); }

private:
    [[nodiscard]] static char32_t scalar_before(std::string_view text, std::size_t at) noexcept {
        return scalar_at(text, unicode::boundary_before(text, at - 1)).scalar;
    }
};

/// What is looked for in data and what in trusted text, before and behind the normaliser.
struct added_tokens {
    added_matcher data_raw = {}, data_normal = {}, trusted_raw = {}, trusted_normal = {};

    [[nodiscard]] static result<added_tokens> of(const std::vector<added_token>& all, const normaliser& normal) {
        added_tokens out;
        arena        a;
        for (const bool trusted : {false, true})
            for (const bool late : {false, true}) {
                std::vector<added_token> list;
                std::vector<std::string> forms;
                for (const added_token& t : all) {
                    if (t.content.empty() || (t.special && !trusted)) continue;
                    if ((t.normalised && !normal.empty()) != late) continue;
                    list.push_back(t);
                    normalised raw = as_it_stands(t.content, 0, t.content.size(), false);
                    raw.closing    = false;
                    forms.emplace_back(late ? normal(raw, a).text : raw.text);
                }
                auto m = added_matcher::of(std::move(list), forms);
                if (!m) return m.error();
                (trusted ? late ? out.trusted_normal : out.trusted_raw
                 : late  ? out.data_normal
                         : out.data_raw) = std::move(*m);
            }
        return out;
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
