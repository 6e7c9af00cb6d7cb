// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/arena_list.hpp>
#include <graft/flow/stage.hpp>
#include <graft/metadata/metadata.hpp>
#include <graft/prompt/prompt_params.hpp>
#include <graft/prompt/segments.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/prompt.hpp>
#include <graft/schema/token_counter.hpp>
#include <graft/sentences/sentence.hpp>
#include <graft/words/count_words.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// The stage that builds the prompt. Made by `prompt_from`.
///
/// Takes sources by rank. One that lies inside a kept source of the same document is merged into it. One that does not fit
/// beside the better ones already kept is dropped (or cut), and the next is tried: a smaller one may still fit. So what is
/// evicted first is what ranks last. At most four times `sources` (and at least 16) are considered.
/// Gives    marks 1 … n in the order of the prompt; an audit of all that were considered, the kept ones first. Nothing
///          found, or what was found refused (`threshold`): a prompt without sources, whose audit shows what is nearest. The counter saw render(p, nonce_of(p)); another nonce has the same length.
/// Borrows  the chunk store, its texts, the parameters' texts.
/// Costs    one count of the prompt if everything fits, else one a source.
/// Fails    `fault::too_large` when the instruction and the question alone pass the budget; when the chunk store lacks a hit.
template <chunk_source Store, token_counter Counter>
struct prompt_builder {
    using stage_concept                    = stage_tag;
    using inputs                           = types<retrieved, passages>;
    static constexpr std::string_view name = "prompt_from";

    const Store*  store;
    prompt_params with;
    Counter       counter;

    [[nodiscard]] result<prompt> operator()(const retrieved& f, context& w) const {
        const auto items = read_hits(*store, f.hits, f.refused ? with.sources : most_considered(), w);
        if (!items) return items.error();
        return build(f, *items, {}, w);
    }
    [[nodiscard]] result<prompt> operator()(const passages& e, context& w) const {
        // Hits that a wider passage took in have a row of their own in the audit.
        const auto          hits = e.of.hits.first(std::min(e.of.hits.size(), most_considered()));
        arena_list<passage> inside(w);
        for (const hit& h : hits) {
            if (std::any_of(e.items.begin(), e.items.end(), [&](const passage& x) { return x.from.id == h.id; }))
                continue;
            auto c = store->find(h.id);
            if (!c) return c.error();
            inside.push_back({*c, h.score});
        }
        return build(e.of, e.items.first(std::min(e.items.size(), most_considered())), inside.items(), w);
    }

private:
    struct candidate {
        passage          it;
        source_name      of;
        std::string_view head;  ///< a line on where it comes from
        std::string_view table; ///< where it begins in a table: the head row's line
    };
    /// Everything that one prompt needs while it is built.
    struct desk {
        arena_list<segment>         segments;
        arena_text                  text;
        std::span<candidate>        all;
        std::span<std::size_t>      kept; ///< candidates, by rank
        std::size_t                 n = 0;
        std::span<std::string_view> marks;
        std::string_view            opening, asked;
        std::span<const message>    history; ///< the turns that are in it
    };

    [[nodiscard]] std::size_t most_considered() const noexcept {
        return with.sources > 0x10000 ? with.sources : std::max<std::size_t>(16, 4 * with.sources);
    }

    /// Which of the kept stands at place i of n.
    [[nodiscard]] std::size_t rank_at(std::size_t i, std::size_t n) const noexcept {
        if (with.order == source_order::best_first) return i;
        if (with.order == source_order::best_last) return n - 1 - i;
        const std::size_t odd = (n + 1) / 2;
        return i < odd ? 2 * i : 2 * (n - i) - 1;
    }

    /// Whether `with.metadata` names a key.
    [[nodiscard]] bool asked_for(std::string_view key) const noexcept {
        for (std::string_view rest = with.metadata; !rest.empty();) {
            const std::size_t end = std::min(rest.find(','), rest.size());
            std::string_view  one = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            while (one.starts_with(' ')) one.remove_prefix(1);
            while (one.ends_with(' ')) one.remove_suffix(1);
            if (one == key || one == "*") return true;
        }
        return false;
    }

    /// One line on where a source comes from: name (title: …; section: …; key: value).
    [[nodiscard]] std::string_view describe_source(const chunk& c, const source_name& of, context& w) const {
        if (with.plain && (c.text.prefix.empty() || c.text.body.starts_with('#'))) return {};
        arena_text out(w, 128);
        bool       open  = false;
        const auto plain = [&](std::string_view text) {
            for (const char x : text) out.push_back(static_cast<unsigned char>(x) < ' ' || x == 0x7f ? ' ' : x);
        };
        const auto attribute = [&](std::string_view key, std::string_view value) {
            while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
            if (value.empty()) return;
            out.append(open ? "; " : " (");
            open = true;
            plain(key);
            out.append(": ");
            plain(value);
        };
        if (with.plain) {
            plain(c.text.prefix);
            while (out.size() > 0 && out.back() == ' ') out.pop_back();
            out.push_back('\n');
            return out.text();
        }
        plain(of.name);
        if (c.text.prefix.substr(0, of.title.size()) != of.title) attribute("title", of.title);
        attribute("section", c.text.prefix);
        if constexpr (knows_fields<Store, graft::metadata>)
            if (!with.metadata.empty())
                for (const field& f : static_cast<const graft::metadata&>(store->fields_of(c.id)).fields())
                    if (f.key != "title" && asked_for(f.key))
                        each_text(f.value, [&](std::string_view value) { attribute(f.key, value); });
        if (open) out.push_back(')');
        out.push_back('\n');
        return out.text();
    }

    [[nodiscard]] static std::string_view table_line(const chunk& c, context& w) {
        if (c.head.empty()) return {};
        arena_text out(w, c.head.size() + 1);
        out.append(c.head);
        if (c.head.back() != '\n') out.push_back('\n');
        return out.text();
    }

    void lay_source(desk& d, const candidate& c, std::size_t mark, const candidate* before = nullptr) const {
        const auto m = static_cast<std::uint32_t>(mark);
        d.segments.push_back({d.marks[mark - 1], true, m});
        const bool said =
            with.plain && before != nullptr && before->it.from.document == c.it.from.document && before->head == c.head;
        d.segments.push_back({said ? std::string_view() : c.head, false, m});
        if (!c.table.empty()) d.segments.push_back({c.table, false, m});
        d.segments.push_back({c.it.from.text.body, false, m});
    }
    /// Lays out the kept sources and counts the whole.
    [[nodiscard]] std::size_t lay(desk& d) const {
        d.segments.clear();
        d.segments.push_back({d.opening, true, 0});
        for (const message& turn : d.history) {
            d.segments.push_back({label_of(turn.from), true, 0});
            d.segments.append(turn.segments);
        }
        const candidate* before = nullptr;
        for (std::size_t i = 0; i < d.n; ++i) {
            const candidate& c = d.all[d.kept[rank_at(i, d.n)]];
            lay_source(d, c, i + 1, before);
            before = &c;
        }
        d.segments.push_back({"\n\nQuestion: ", true, 0});
        d.segments.push_back({d.asked, false, 0});
        if (!with.plain) d.segments.push_back({"\n\nAnswer:", true, 0});
        d.text.clear();
        detail::append_rendered(d.text, d.segments.items(), nonce_of(std::span<const segment>(d.segments.items())));
        return counter.count(d.text.text());
    }
    [[nodiscard]] static constexpr std::string_view label_of(speaker from) noexcept {
        return from == speaker::assistant ? "\n\nAnswer: " : from == speaker::user ? "\n\nQuestion: " : "\n\n";
    }
    /// The segments by who says them: the instruction, the turns before, and the sources with the question.
    [[nodiscard]] std::span<const message> by_speaker(desk& d, arena& a) const {
        const std::span<const segment> all = d.segments.items();
        auto                           out = a.take<message>(d.history.size() + 2);
        auto told      = a.take<segment>(1); // without the blank line that only parts it from what follows
        told[0]        = {d.opening.substr(0, d.opening.size() - 2), true, 0};
        out[0]         = {speaker::system, told};
        std::size_t at = 1;
        for (std::size_t i = 0; i < d.history.size(); ++i) {
            const std::size_t n = d.history[i].segments.size();
            out[i + 1]          = {d.history[i].from, all.subspan(at + 1, n)};
            at += n + 1;
        }
        out.back() = {speaker::user, all.subspan(at)};
        return out;
    }
    [[nodiscard]] std::size_t count_alone(desk& d, const candidate& c) const {
        d.segments.clear();
        lay_source(d, c, 1);
        d.text.clear();
        for (const segment& s : d.segments.items())
            detail::append_sealed(d.text, s, detail::nonce_text(nonce{}).view());
        return counter.count(d.text.text());
    }
    [[nodiscard]] static bool inside(const chunk& a, const chunk& b) noexcept {
        return a.document == b.document && a.begin >= b.begin && a.end <= b.end;
    }
    [[nodiscard]] bool is_merged(const desk& d, std::size_t i) const noexcept {
        return std::any_of(d.kept.begin(), d.kept.begin() + static_cast<std::ptrdiff_t>(d.n),
                           [&](std::size_t k) { return inside(d.all[i].it.from, d.all[k].it.from); });
    }
    /// Cuts candidate `i`, the last of the kept, to as many whole sentences as fit; false when not one does.
    [[nodiscard]] bool cut_to_fit(desk& d, std::size_t i, context& w) const {
        chunk&                  c     = d.all[i].it.from;
        const chunk             whole = c;
        arena_list<std::size_t> ends(w);
        each_sentence(whole.text.body, [&](std::size_t, std::size_t end) { ends.push_back(end); });
        std::size_t fits = 0, low = 0,
                    high = ends.empty() ? 0 : ends.size() - 1; // sentences: the last one is not for keeping
        while (low < high) {
            const std::size_t n = low + (high - low + 1) / 2;
            c.text.body         = whole.text.body.substr(0, ends[n - 1]);
            if (lay(d) <= with.budget) fits = low = n;
            else high = n - 1;
        }
        if (fits == 0) return c = whole, false;
        c.text.body = whole.text.body.substr(0, ends[fits - 1]);
        c.end       = c.begin + ends[fits - 1];
        c.tokens    = 0;
        return true;
    }

    [[nodiscard]] result<prompt> build(const retrieved& f, std::span<const passage> items,
                                       std::span<const passage> swallowed, context& w) const {
        desk       d{arena_list<segment>(w, 3 * items.size() + 4),
               arena_text(w, 4096),
               w.take<candidate>(items.size()),
               w.take<std::size_t>(items.size()),
               0,
               w.take<std::string_view>(items.size() + 1),
                     {},
               f.asked.text,
               f.asked.history};
        arena_text opening(w, with.instruction.size() + with.refusal.size() + 8);
        opening.append(with.instruction);
        opening.append(with.refusal);
        opening.append("\n\n");
        d.opening = opening.text();
        for (std::size_t i = 0; i < d.marks.size(); ++i) {
            arena_text head(w, 24);
            head.append(i == 0 ? "[" : "\n\n[");
            detail::append_number(head, i + 1);
            head.append("] ");
            d.marks[i] = !with.plain ? head.text() : i == 0 ? std::string_view() : std::string_view("\n\n");
        }
        auto rows = w.take<source>(items.size() + swallowed.size());
        for (std::size_t i = 0; i < items.size(); ++i) {
            const source_name of = store->label(items[i].from);
            d.all[i]             = {items[i], of, describe_source(items[i].from, of, w), table_line(items[i].from, w)};
            rows[i]              = {.from   = items[i].from,
                                    .name   = of.name,
                                    .title  = of.title,
                                    .score  = items[i].score,
                                    .tokens = count_alone(d, d.all[i])};
        }

        // Of a conversation the newest turns stay, within half of the budget.
        if (!d.history.empty())
            while (!d.history.empty() && lay(d) > with.budget / 2) d.history = d.history.subspan(1);

        // Usually all fit: then one count is enough.
        const bool  shares = with.share > 0 && !items.empty() && items[0].score > 0;
        const float least =
            shares ? std::min(with.share, 1.f) * items[0].score : -std::numeric_limits<float>::infinity();
        const auto among = [&](std::size_t i) {
            return is_merged(d, i)          ? kept_because::merged
                   : d.n == with.sources    ? kept_because::over_count
                   : items[i].score < least ? kept_because::far_behind
                                            : kept_because::fits;
        };
        for (std::size_t i = 0; i < items.size(); ++i) {
            rows[i].why = f.refused ? kept_because::unsupported : among(i);
            if (rows[i].why == kept_because::fits) d.kept[d.n++] = i;
        }
        std::size_t tokens = lay(d);
        if (tokens > with.budget) {
            d.n = 0;
            if (tokens = lay(d); tokens > with.budget)
                return error{fault::too_large, unit::none, tokens, "prompt budget"};
            for (std::size_t i = 0; i < items.size() && !f.refused; ++i) {
                rows[i].why = among(i);
                if (rows[i].why != kept_because::fits) continue;
                d.kept[d.n++] = i;
                if (lay(d) <= with.budget) continue;
                if (with.cut && cut_to_fit(d, i, w)) {
                    rows[i].from   = d.all[i].it.from;
                    rows[i].tokens = count_alone(d, d.all[i]);
                    continue;
                }
                rows[i].why = kept_because::over_budget;
                --d.n;
            }
            tokens = lay(d);
        }
        for (std::size_t i = 0; i < swallowed.size(); ++i) {
            const source_name of   = store->label(swallowed[i].from);
            rows[items.size() + i] = {.from  = swallowed[i].from,
                                      .name  = of.name,
                                      .title = of.title,
                                      .score = swallowed[i].score,
                                      .why   = kept_because::merged};
        }

        auto        audit = w.take<source>(rows.size());
        std::size_t n     = 0;
        for (std::size_t i = 0; i < d.n; ++i) {
            audit[n]      = rows[d.kept[rank_at(i, d.n)]];
            audit[n].mark = static_cast<std::uint32_t>(n + 1);
            ++n;
        }
        for (const source& row : rows)
            if (row.why != kept_because::fits) audit[n++] = row;
        return prompt{.asked    = f.asked,
                      .segments = d.segments.items(),
                      .messages = by_speaker(d, w),
                      .sources  = audit.first(d.n),
                      .audit    = audit,
                      .tokens   = tokens};
    }
};

namespace detail {

/// A counter that is too large to copy, by its name.
template <class Counter>
struct borrowed_counter {
    const Counter*            by;
    [[nodiscard]] std::size_t count(std::string_view text) const { return by->count(text); }
};

} // namespace detail

/// Builds a prompt with numbered sources from what was found, within a budget. See `prompt_builder` for what is kept and what is dropped.
template <chunk_source Store, token_counter Counter = count_words>
    requires std::copy_constructible<Counter>
[[nodiscard]] constexpr auto prompt_from(const Store& store, prompt_params with = {}, Counter counter = {}) {
    return prompt_builder<Store, Counter>{&store, with, std::move(counter)};
}
/// A counter that cannot be copied, such as a language model, is borrowed.
template <chunk_source Store, token_counter Counter>
    requires(!std::copy_constructible<Counter>)
[[nodiscard]] constexpr auto prompt_from(const Store& store, prompt_params with, const Counter& counter) {
    return prompt_builder<Store, detail::borrowed_counter<Counter>>{&store, with, {&counter}};
}
template <chunk_source Store, token_counter Counter,
          class Why = typename a_temporary<Counter>::would_dangle__give_it_a_name>
    requires(!std::copy_constructible<Counter>)
void prompt_from(const Store&, prompt_params, const Counter&&) = delete;
template <chunk_source Store, token_counter Counter = count_words,
          class Why = typename a_temporary<Store>::would_dangle__give_it_a_name>
void prompt_from(const Store&&, prompt_params = {}, Counter = {}) = delete;

namespace flow {
using graft::prompt_from;
} // namespace flow

} // namespace graft::inline GRAFT_ABI
