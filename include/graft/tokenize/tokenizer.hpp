// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena.hpp>
#include <graft/base/result.hpp>
#include <graft/schema/message.hpp>
#include <graft/schema/token_counter.hpp>
#include <graft/tokenize/added_tokens.hpp>
#include <graft/tokenize/bpe.hpp>
#include <graft/tokenize/pre_tokenizer.hpp>
#include <graft/tokenize/sequence_template.hpp>
#include <graft/tokenize/token_decoder.hpp>
#include <graft/tokenize/unigram.hpp>
#include <graft/tokenize/wordpiece.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Text of the program's own making, such as a chat template: special tokens that are typed in it are read as such.
///
/// Never wrap in it what came from a user or a document.
struct trusted_text {
    std::string_view text = {};
};

/// What a tokenizer is made of; the readers of model files fill it.
struct tokenizer_parts {
    graft::normaliser                                             normaliser = {};
    graft::pre_tokenizer                                          cutting    = {};
    std::variant<detail::bpe, detail::wordpiece, detail::unigram> model      = {};
    std::vector<added_token>                                      added      = {};
    sequence_template                                             around     = {};
    graft::token_decoder                                          decoder    = {};
    std::optional<token_id>                                       bos = {}, eos = {}, unknown = {}, pad = {}, mask = {};
};

/// Turns text into the numbers that a model reads, and back: normaliser, pre-tokenizer, model, template.
///
///     auto read = load_tokenizer("model/tokenizer.json");     // or from vocab.txt, .tiktoken, .model, a GGUF vocabulary
///     context c;
///     tokens t = read->encode("A sentence.", c).value();      // t.ids, t.spans: bytes of the given text
///
/// Special tokens that are typed in a text are text: only a `trusted_text` may hold them. Bytes that are not UTF-8 are taken as they are by a
/// byte-level model, and as U+FFFD by the others. Immutable: threads may share one.
class tokenizer {
    tokenizer_parts      it_;
    detail::added_tokens added_;

    explicit tokenizer(tokenizer_parts parts, detail::added_tokens added)
        : it_(std::move(parts)), added_(std::move(added)) {}

    template <class Sink>
    void read(std::string_view text, bool trusted, bool fresh, Sink& sink, arena& a) const;
    template <class Model, class Sink>
    void read_with(const Model& model, std::string_view text, bool trusted, bool fresh, Sink& sink, arena& a) const {
        const auto& early = trusted ? added_.trusted_raw : added_.data_raw;
        const auto& late  = trusted ? added_.trusted_normal : added_.data_normal;
        double      sum   = 0;
        const auto  piece = [&](const detail::normalised& n) {
            it_.cutting(
                n, a, [&](const detail::normalised& t) { sink.on(t); },
                [&](std::string_view t, std::size_t begin, std::size_t end) {
                    if constexpr (std::is_same_v<Model, detail::unigram>) model.encode(t, begin, end, sum, sink, a);
                    else model.encode(t, begin, end, sink, a);
                    return !sink.full();
                });
        };
        const auto between = [&](std::size_t begin, std::size_t end) {
            if (sink.full()) return;
            const auto n = it_.normaliser(detail::as_it_stands(text, begin, end, fresh), a);
            if (late.empty()) return piece(n);
            late.cut(
                n.text, [&](std::size_t b, std::size_t e) { piece(n.part(b, e)); },
                [&](token_id id, std::size_t b, std::size_t e) {
                    sink.added(id, detail::span_in(text, n, b, e, detail::span_rule::characters));
                });
        };
        if (early.empty()) return between(0, text.size());
        early.cut(text, between, [&](token_id id, std::size_t b, std::size_t e) {
            sink.added(id, {b, e});
            fresh = is_special(id);
        });
    }

    [[nodiscard]] detail::span_rule span_rule() const {
        return std::visit([](const auto& m) { return m.spans(); }, it_.model);
    }
    [[nodiscard]] const token_vocabulary& texts() const {
        return std::visit([](const auto& m) -> const token_vocabulary& { return m.texts(); }, it_.model);
    }
    [[nodiscard]] const added_token* added(token_id id) const {
        const auto it = std::lower_bound(it_.added.begin(), it_.added.end(), id,
                                         [](const added_token& t, token_id i) { return t.id < i; });
        return it != it_.added.end() && it->id == id ? &*it : nullptr;
    }

    [[nodiscard]] result<tokens> encode(std::string_view first, const std::string_view* second, bool trusted, arena& a,
                                        const encode_options& o) const;

public:
    /// Puts the parts together.
    ///
    /// Fails    fault::malformed where an added token or the template names a token that is not there.
    [[nodiscard]] static result<tokenizer> of(tokenizer_parts parts);

    tokenizer(tokenizer&&) noexcept            = default;
    tokenizer& operator=(tokenizer&&) noexcept = default;

    /// The tokens of a text, the model's own round it.
    ///
    /// Borrows  the arena, which keeps the tokens and what it took to find them: up to some 40 bytes a byte of text that had to be rewritten.
    /// Costs    one pass; no heap in a warm arena. With `max_tokens` it stops early where the end is cut off.
    /// Fails    fault::too_large for texts of 1 GiB; fault::bad_argument where `max_tokens` leaves no room for the special tokens.
    [[nodiscard]] result<tokens> encode(std::string_view text, arena& a, const encode_options& o = {}) const {
        return encode(text, nullptr, false, a, o);
    }
    /// The same of a text of the program's own: special tokens typed in it count as such.
    [[nodiscard]] result<tokens> encode(trusted_text text, arena& a, const encode_options& o = {}) const {
        return encode(text.text, nullptr, true, a, o);
    }
    /// The tokens of two texts together, as cross-encoders read them.
    [[nodiscard]] result<tokens> encode(std::string_view first, std::string_view second, arena& a,
                                        const encode_options& o = {}) const {
        return encode(first, &second, false, a, o);
    }
    [[nodiscard]] result<tokens> encode(trusted_text first, trusted_text second, arena& a,
                                        const encode_options& o = {}) const {
        return encode(first.text, &second.text, true, a, o);
    }
    /// The ids of the segments of a prompt, one after another, each by itself: no token crosses a border, and what is not trusted is text.
    [[nodiscard]] result<std::span<const token_id>> encode(std::span<const segment> segments, arena& a) const;

    /// How many tokens a text is, without those that the template adds.
    ///
    /// Costs    as `encode`, without keeping anything but in the arena.
    [[nodiscard]] std::size_t count(std::string_view text, arena& a) const {
        detail::counting_sink n;
        read(text, false, true, n, a);
        return n.size;
    }
    /// The same, with memory of its own: makes a tokenizer a `token_counter`.
    [[nodiscard]] std::size_t count(std::string_view text) const {
        arena a;
        return count(text, a);
    }
    /// How many tokens the template adds to a text, or to a pair.
    [[nodiscard]] std::size_t added_by_template(bool pair = false) const noexcept { return it_.around.added(pair); }

    /// The text that tokens stand for.
    ///
    /// Takes    whether special tokens are written too.
    /// Fails    fault::unknown_id, with its place in the list.
    [[nodiscard]] result<std::string_view> decode(std::span<const token_id> ids, arena& a,
                                                  bool keep_special = false) const;

    /// One more than the largest id.
    [[nodiscard]] std::size_t size() const {
        const std::size_t n = texts().size();
        return it_.added.empty() ? n : std::max<std::size_t>(n, it_.added.back().id + std::size_t{1});
    }
    /// The text of a token: bytes for a byte-level model, with U+2581 or ## where the model has them; "" for an id that is not there.
    [[nodiscard]] std::string_view text_of(token_id id) const {
        if (const added_token* t = added(id)) return t->content;
        return id < texts().size() ? texts().text(id) : std::string_view();
    }
    /// The bytes that a token adds to a text behind another one.
    [[nodiscard]] std::string_view written(token_id id, arena& a) const {
        detail::token_joiner out(it_.decoder, a);
        out.put("x");
        out.put(text_of(id));
        return out.text().substr(1);
    }
    /// How the texts of its tokens are put together.
    [[nodiscard]] const token_decoder& joining() const noexcept { return it_.decoder; }
    /// The token with this text, special ones included.
    [[nodiscard]] std::optional<token_id> find(std::string_view text) const {
        for (const added_token& t : it_.added)
            if (t.content == text) return t.id;
        const token_id id = texts().find(text);
        return id == no_token ? std::nullopt : std::optional(id);
    }
    /// Whether a token is one that text never becomes.
    [[nodiscard]] bool is_special(token_id id) const {
        const added_token* t = added(id);
        return t != nullptr && t->special;
    }
    /// The tokens that were added to the model's vocabulary or are special in it, by id.
    [[nodiscard]] std::span<const added_token> added_list() const noexcept { return it_.added; }

    [[nodiscard]] std::optional<token_id> bos() const noexcept { return it_.bos; }
    [[nodiscard]] std::optional<token_id> eos() const noexcept { return it_.eos; }
    [[nodiscard]] std::optional<token_id> unknown() const noexcept { return it_.unknown; }
    [[nodiscard]] std::optional<token_id> pad() const noexcept { return it_.pad; }
    [[nodiscard]] std::optional<token_id> mask() const noexcept { return it_.mask; }

    /// Bytes of memory that it holds, roughly.
    [[nodiscard]] std::size_t bytes() const {
        return std::visit([](const auto& m) { return m.bytes(); }, it_.model) + added_.data_raw.bytes() +
               added_.data_normal.bytes() + added_.trusted_raw.bytes() + added_.trusted_normal.bytes();
    }
};

template <class Sink>
void tokenizer::read(std::string_view text, bool trusted, bool fresh, Sink& sink, arena& a) const {
    std::visit([&](const auto& model) { read_with(model, text, trusted, fresh, sink, a); }, it_.model);
}

#if GRAFT_KERNELS_COMPILED
extern template void tokenizer::read(std::string_view, bool, bool, detail::token_sink&, arena&) const;
extern template void tokenizer::read(std::string_view, bool, bool, detail::counting_sink&, arena&) const;
#endif

inline result<tokenizer> tokenizer::of(tokenizer_parts parts) {
    std::stable_sort(parts.added.begin(), parts.added.end(),
                     [](const added_token& x, const added_token& y) { return x.id < y.id; });
    for (std::size_t i = 0; i < parts.added.size(); ++i) {
        if (parts.added[i].id >= (1u << 28))
            return error{fault::malformed, unit::id, parts.added[i].id, "added_tokens"};
        if (i > 0 && parts.added[i].id == parts.added[i - 1].id)
            return error{fault::duplicate_id, unit::id, parts.added[i].id, "added_tokens"};
    }
    auto added = detail::added_tokens::of(parts.added, parts.normaliser);
    if (!added) return added.error();
    tokenizer t(std::move(parts), std::move(*added));
    for (const auto* items : {&t.it_.around.single, &t.it_.around.pair})
        for (const auto& item : *items)
            if (item.side == token_side::added && t.text_of(item.id).empty())
                return error{fault::malformed, unit::id, item.id, "template"};
    return t;
}

inline result<tokens> tokenizer::encode(std::string_view first, const std::string_view* second, bool trusted, arena& a,
                                        const encode_options& o) const {
    constexpr std::size_t most  = std::size_t{1} << 30;
    const auto&           items = second != nullptr ? it_.around.pair : it_.around.single;
    const std::size_t     extra = o.add_special ? it_.around.added(second != nullptr) : 0;
    if (first.size() >= most || (second != nullptr && second->size() >= most))
        return error{fault::too_large, unit::byte, most, "text"};
    if (o.max_tokens < extra) return error{fault::bad_argument, unit::none, 0, "max_tokens"};
    const std::size_t  budget = o.max_tokens - extra;
    const bool         early  = second == nullptr && o.cut == truncation::right;
    detail::token_sink x(a, first, span_rule(), it_.around.trims_blanks, early ? budget : static_cast<std::size_t>(-1));
    read(first, trusted, !o.goes_on, x, a);
    detail::token_sink y(a, second != nullptr ? *second : std::string_view(), span_rule(), it_.around.trims_blanks,
                         static_cast<std::size_t>(-1));
    if (second != nullptr) read(*second, trusted, true, y, a);

    tokens out;
    out.truncated = x.size() + y.size() > budget;
    std::size_t n = std::min(x.size(), budget), m = 0;
    if (second != nullptr || (out.truncated && o.of != shorten::longest)) {
        const auto k = detail::kept(x.size(), y.size(), budget,
                                    second == nullptr && o.of == shorten::second ? shorten::second : o.of);
        if (!k) return k.error();
        n = k->first, m = k->second;
    }
    const auto  total = n + m + extra;
    auto        ids   = a.take_raw<token_id>(total);
    auto        spans = a.take_raw<byte_span>(total);
    auto        types = a.take_raw<std::uint8_t>(total);
    auto        sides = a.take_raw<token_side>(total);
    std::size_t at    = 0;
    for (const auto& item : items) {
        if (item.side == token_side::added) {
            if (!o.add_special) continue;
            ids[at] = item.id, spans[at] = {}, types[at] = item.type, sides[at++] = token_side::added;
            continue;
        }
        const auto& from = item.side == token_side::first ? x : y;
        const auto  keep = item.side == token_side::first ? n : m;
        std::ranges::copy(detail::kept_part(from.ids(), keep, o.cut), ids.begin() + static_cast<std::ptrdiff_t>(at));
        std::ranges::copy(detail::kept_part(from.spans(), keep, o.cut),
                          spans.begin() + static_cast<std::ptrdiff_t>(at));
        std::fill_n(types.begin() + static_cast<std::ptrdiff_t>(at), keep, item.type);
        std::fill_n(sides.begin() + static_cast<std::ptrdiff_t>(at), keep, item.side);
        at += keep;
    }
    out.ids = ids, out.spans = spans, out.types = types, out.sides = sides;
    return out;
}

inline result<std::span<const token_id>> tokenizer::encode(std::span<const segment> segments, arena& a) const {
    arena_list<token_id> all(a, 64);
    for (const segment& s : segments) {
        encode_options o;
        o.add_special  = false;
        const auto one = encode(s.text, nullptr, s.trusted, a, o);
        if (!one) return one.error();
        all.append(one->ids);
    }
    return std::span<const token_id>(all.items());
}

inline result<std::string_view> tokenizer::decode(std::span<const token_id> ids, arena& a, bool keep_special) const {
    detail::token_joiner out(it_.decoder, a);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!keep_special && is_special(ids[i])) continue;
        if (ids[i] >= size()) return error{fault::unknown_id, unit::row, i, "ids"};
        out.put(text_of(ids[i]));
    }
    return out.done(a);
}

} // namespace graft::inline GRAFT_ABI
