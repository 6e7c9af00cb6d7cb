// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/sheet.hpp>
#include <graft/docs/corpus.hpp>
#include <graft/schema/chunk_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// The chunk store: every chunk by its id, with the bytes it stands for. Made by `split_documents`, changed by `update`.
///
/// Ids are never reused, whatever is removed. Move-only; views and addresses survive a move.
///
/// Borrows  nothing: it keeps the documents alive that its chunks point into.
/// Costs    a look-up is a binary search; 130 bytes a chunk, besides headings, prefixes and leaves (24 bytes each).
class chunk_store {
    struct row { // of a document
        document_id id            = {};
        std::size_t place         = 0; // in documents_
        std::size_t first         = 0; // in all_
        std::size_t count         = 0;
        std::size_t first_heading = 0; // in headings_
        std::size_t headings      = 0;
        std::size_t first_leaf    = 0; // in leaves_
        std::size_t leaves        = 0;
        text_form   form          = text_form::unknown;
    };

    std::vector<std::shared_ptr<const document>>     documents_;
    std::vector<row>                                 rows_;   // in the order of the documents
    std::vector<std::pair<document_id, std::size_t>> row_of_; // sorted: document id, place in rows_
    std::vector<chunk>                               all_;
    std::vector<std::uint32_t>                       section_;  // of each chunk
    std::vector<std::uint32_t>                       prefix_;   // of each chunk, into prefix_end_
    std::vector<heading>                             headings_; // of all documents
    std::vector<leaf>                                leaves_;   // of all documents
    std::vector<char>                                prefixes_;
    std::vector<std::uint64_t>                       prefix_end_;
    std::vector<std::pair<chunk_id, std::size_t>>    by_id_; // sorted: id, place in all_
    chunk_id                                         next_id_{1};
    std::uint64_t                                    recipe_ = 0;
    metadata                                         none_;

    static constexpr std::size_t   nowhere = ~std::size_t{0};
    static constexpr std::uint64_t second =
        0x67726166'74730002; // how version 2 began; the first one began with its next id

    [[nodiscard]] std::size_t place(chunk_id id) const noexcept {
        const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair<chunk_id, std::size_t>{id, 0});
        return at != by_id_.end() && at->first == id ? at->second : nowhere;
    }
    [[nodiscard]] const row* row_of(document_id document) const noexcept {
        const auto at =
            std::lower_bound(row_of_.begin(), row_of_.end(), std::pair<document_id, std::size_t>{document, 0});
        return at != row_of_.end() && at->first == document ? &rows_[at->second] : nullptr;
    }

    /// Puts the views in place, once nothing grows any more.
    void settle() {
        for (const row& r : rows_)
            for (std::size_t i = r.first; i < r.first + r.count; ++i) {
                chunk&              c     = all_[i];
                const std::uint64_t begin = prefix_[i] == 0 ? 0 : prefix_end_[prefix_[i] - 1];
                c.text.body   = std::string_view(documents_[r.place]->text).substr(c.begin, c.end - c.begin);
                c.text.prefix = {prefixes_.data() + begin, static_cast<std::size_t>(prefix_end_[prefix_[i]] - begin)};
            }
        for (const row& r : rows_) lend_leaves(r);
        by_id_.resize(all_.size());
        for (std::size_t i = 0; i < all_.size(); ++i) by_id_[i] = {all_[i].id, i};
        if (!std::is_sorted(by_id_.begin(), by_id_.end())) std::sort(by_id_.begin(), by_id_.end());
        row_of_.resize(rows_.size());
        for (std::size_t i = 0; i < rows_.size(); ++i) row_of_[i] = {rows_[i].id, i};
        std::sort(row_of_.begin(), row_of_.end());
    }

    /// Gives the chunks of a document their leaves, and the head of a table that they begin in.
    void lend_leaves(const row& r) noexcept {
        const auto             own  = leaves_of(r);
        const std::string_view text = documents_[r.place]->text;
        std::string_view       head;
        std::size_t            seen = 0;
        for (std::size_t i = r.first; i < r.first + r.count; ++i) {
            chunk& c = all_[i];
            c.form   = r.form;
            c.leaves = leaves_within(own, c.begin, c.end);
            if (c.leaves.empty()) continue;
            const leaf& first = c.leaves.front();
            for (const auto end = static_cast<std::size_t>(&first - own.data()) + 1; seen < end; ++seen)
                if (own[seen].kind == leaf_kind::table_head)
                    head = text.substr(own[seen].begin, own[seen].end - own[seen].begin);
            if (first.kind == leaf_kind::table_row || (first.kind == leaf_kind::table_head && first.begin < c.begin))
                c.head = head;
        }
    }
    [[nodiscard]] std::span<const leaf> leaves_of(const row& r) const noexcept {
        return std::span(leaves_).subspan(r.first_leaf, r.leaves);
    }

public:
    static constexpr std::uint32_t format = 3; ///< of what `save` writes

    chunk_store()                                  = default;
    chunk_store(chunk_store&&) noexcept            = default;
    chunk_store& operator=(chunk_store&&) noexcept = default;
    chunk_store(const chunk_store&)                = delete;
    chunk_store& operator=(const chunk_store&)     = delete;

    /// Puts sheets on a chunk store, one a document and in their order. Items without an id get new ones, from `next_id` on.
    ///
    /// `split_documents` and `update` call it. `recipe` says how the sheets were made; 0: unknown.
    [[nodiscard]] static chunk_store shelve(std::span<const std::shared_ptr<const document>> documents,
                                            std::vector<sheet> sheets, chunk_id next_id, std::uint64_t recipe) {
        chunk_store p;
        p.next_id_ = next_id;
        p.recipe_  = recipe;
        p.documents_.assign(documents.begin(), documents.end());
        std::size_t total = 0, leaves = 0;
        for (const sheet& s : sheets) {
            total += s.items.size();
            leaves += s.leaves.size();
        }
        p.all_.reserve(total);
        p.leaves_.reserve(leaves);
        p.section_.reserve(total);
        p.prefix_.reserve(total);
        for (std::size_t d = 0; d < documents.size(); ++d) {
            sheet& s = sheets[d];
            p.rows_.push_back({documents[d]->id, d, p.all_.size(), s.items.size(), p.headings_.size(), s.outline.size(),
                               p.leaves_.size(), s.leaves.size(), s.form});
            p.headings_.insert(p.headings_.end(), s.outline.begin(), s.outline.end());
            p.leaves_.insert(p.leaves_.end(), s.leaves.begin(), s.leaves.end());
            const std::size_t known = p.prefix_end_.size();
            for (const std::string& prefix : s.prefixes) {
                p.prefixes_.insert(p.prefixes_.end(), prefix.begin(), prefix.end());
                p.prefix_end_.push_back(p.prefixes_.size());
            }
            for (std::size_t i = 0; i < s.items.size(); ++i) {
                const chunk_span& x        = s.items[i];
                const bool        known_id = i < s.ids.size() && s.ids[i] != chunk_id{};
                const chunk_id    id       = known_id ? s.ids[i] : p.next_id_;
                if (!known_id) p.next_id_ = detail::next_id(id);
                p.all_.push_back({id, documents[d]->id, x.begin, x.end, {}, x.tokens});
                p.section_.push_back(x.section);
                p.prefix_.push_back(static_cast<std::uint32_t>(known + s.prefix[i]));
            }
            s = {};
        }
        p.settle();
        return p;
    }

    /// All chunks: in the order of the documents, then of their bytes.
    [[nodiscard]] chunks      all() const noexcept { return all_; }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] bool        empty() const noexcept { return all_.empty(); }

    /// The chunk of that id.
    ///
    /// Fails    `unknown_id`.
    [[nodiscard]] result<chunk> find(chunk_id id) const {
        const std::size_t at = place(id);
        if (at == nowhere) return error{fault::unknown_id, unit::id, to_underlying(id), "passages"};
        return all_[at];
    }
    /// The chunk `step` places behind (before, where negative) another one of the same document.
    ///
    /// Fails    `unknown_id` for an unknown chunk, and beyond the ends of its document.
    [[nodiscard]] result<chunk> neighbour(chunk_id id, int step) const {
        const std::size_t at = place(id);
        if (at == nowhere) return error{fault::unknown_id, unit::id, to_underlying(id), "passages"};
        const row*           r    = row_of(all_[at].document);
        const std::ptrdiff_t next = static_cast<std::ptrdiff_t>(at - r->first) + step;
        if (next < 0 || next >= static_cast<std::ptrdiff_t>(r->count))
            return error{fault::unknown_id, unit::id, to_underlying(id), "neighbour"};
        return all_[r->first + static_cast<std::size_t>(next)];
    }

    /// Name and title of the document that a chunk came from; empty for a foreign chunk.
    [[nodiscard]] graft::source_name label(const chunk& c) const noexcept {
        const document* d = document_by(c.document);
        return d == nullptr ? graft::source_name{} : graft::source_name{d->name, d->title};
    }
    /// The document of that id, or nullptr.
    [[nodiscard]] const document* document_by(document_id id) const noexcept {
        const row* r = row_of(id);
        return r == nullptr ? nullptr : documents_[r->place].get();
    }
    /// The document that a chunk came from, or nullptr.
    [[nodiscard]] const document* document_of(chunk_id id) const noexcept {
        const std::size_t at = place(id);
        return at == nowhere ? nullptr : document_by(all_[at].document);
    }
    /// The text of a document, empty for an unknown one.
    [[nodiscard]] std::string_view text_of(document_id document) const noexcept {
        const auto* d = document_by(document);
        return d == nullptr ? std::string_view{} : std::string_view(d->text);
    }
    /// The metadata of the document that a chunk came from, empty for an unknown one.
    [[nodiscard]] const metadata& fields_of(chunk_id id) const noexcept {
        const document* d = document_of(id);
        return d == nullptr ? none_ : d->fields;
    }
    /// The headings above a chunk's first byte, outermost first; those without words are left out.
    [[nodiscard]] std::vector<std::string_view> section(chunk_id id) const {
        const std::size_t at = place(id);
        if (at == nowhere) return {};
        const row* r = row_of(all_[at].document);
        return detail::section_path(std::span(headings_).subspan(r->first_heading, r->headings), section_[at],
                                    documents_[r->place]->text);
    }
    /// The leaves of a document, in order; of a plain text, none.
    [[nodiscard]] std::span<const leaf> leaves_of(document_id document) const noexcept {
        const row* r = row_of(document);
        return r == nullptr ? std::span<const leaf>{} : leaves_of(*r);
    }
    /// The chunks of a document, in order.
    [[nodiscard]] chunks of(document_id document) const noexcept {
        const row* r = row_of(document);
        return r == nullptr ? chunks{} : chunks(all_).subspan(r->first, r->count);
    }

    /// The documents, kept alive; in the order of the corpus that was cut.
    [[nodiscard]] std::span<const std::shared_ptr<const document>> documents() const noexcept { return documents_; }
    [[nodiscard]] chunk_id                                         next_id() const noexcept { return next_id_; }
    /// How it was cut: changes with the chunker, its sizes and counter, and the prefix. 0: unknown.
    [[nodiscard]] std::uint64_t recipe() const noexcept { return recipe_; }

    /// What `shelve` was given for a document, ids included; empty for an unknown one.
    [[nodiscard]] sheet sheet_of(document_id document) const {
        sheet      s;
        const row* r = row_of(document);
        if (r == nullptr) return s;
        const auto own = std::span(headings_).subspan(r->first_heading, r->headings);
        s.outline.assign(own.begin(), own.end());
        const auto leaves = leaves_of(*r);
        s.leaves.assign(leaves.begin(), leaves.end());
        s.form = r->form;
        for (std::size_t i = r->first; i < r->first + r->count; ++i) {
            const chunk& c = all_[i];
            s.items.push_back({c.begin, c.end, c.tokens, section_[i]});
            s.ids.push_back(c.id);
            if (s.prefixes.empty() || s.prefixes.back() != c.text.prefix) s.prefixes.emplace_back(c.text.prefix);
            s.prefix.push_back(s.prefixes.size() - 1);
        }
        return s;
    }

    void save(byte_writer& w) const {
        w.header("passages", format);
        w.u64(to_underlying(next_id_));
        w.u64(recipe_);
        w.u64(rows_.size());
        for (const row& r : rows_) {
            w.u64(to_underlying(r.id));
            for (const std::uint8_t byte : documents_[r.place]->digest.bytes) w.u8(byte);
            w.u64(r.count);
            w.u64(r.headings);
            w.u64(r.leaves);
        }
        std::vector<std::uint64_t> column;
        const auto                 numbers = [&](const auto& of, auto&& get) {
            column.clear();
            for (const auto& x : of) column.push_back(get(x));
            w.array(column);
        };
        numbers(all_, [](const chunk& c) { return to_underlying(c.id); });
        numbers(all_, [](const chunk& c) { return c.begin; });
        numbers(all_, [](const chunk& c) { return c.end; });
        numbers(all_, [](const chunk& c) { return std::uint64_t{c.tokens}; });
        w.array(section_);
        w.array(prefix_);
        w.array(prefix_end_);
        w.text({prefixes_.data(), prefixes_.size()});
        numbers(headings_, [](const heading& h) { return h.begin; });
        numbers(headings_, [](const heading& h) { return h.text_begin; });
        numbers(headings_, [](const heading& h) { return h.text_end; });
        numbers(headings_, [](const heading& h) { return std::uint64_t{h.level} << 32 | h.parent; });
        detail::leaf_columns columns;
        for (const row& r : rows_) columns.add(leaves_of(r));
        columns.save(w);
    }

    /// Takes     the corpus that was cut: every document has to be there, with the same text.
    /// Costs     one pass over the chunk table.
    /// Fails     `foreign` for what is no chunk store; `older_format` for one of version 1; `newer_format`; `missing_part` for a document that the corpus lacks or that has another text, `malformed` where a span
    ///           leaves its document or cuts a code point, ids repeat, or the parts do not fit together; `truncated`.
    [[nodiscard]] static result<chunk_store> load(byte_reader& r, const corpus& docs) {
        chunk_store p;
        const bool  old = r.header("passages", format) == 0;
        if (const std::uint64_t tag = old ? r.u64() : second; tag != second)
            return r.error(tag >> 40 == 0 ? fault::older_format : fault::foreign);
        if (!r.ok()) return r.error();
        p.next_id_              = chunk_id{r.u64()};
        p.recipe_               = r.u64();
        const std::size_t n     = r.count(8 + 32 + 8 + 8 + 8);
        std::size_t       total = 0, headings = 0, leaves = 0;
        for (std::size_t d = 0; d < n && r.ok(); ++d) {
            const document_id id{r.u64()};
            digest256         digest;
            for (std::uint8_t& byte : digest.bytes) byte = r.u8();
            const std::uint64_t count = r.u64(), below = r.u64(), ends = r.u64();
            if (!r.ok() || count > r.left() || below > r.left() || ends > r.left()) return r.error(fault::truncated);
            const document* it = docs.find(id);
            if (it == nullptr || it->digest != digest) return r.error(fault::missing_part);
            const text_form form = it->kind == text_format::plain  ? text_form::plain
                                   : it->text.size() < 0xFFFFFFFFu ? text_form::markdown
                                                                   : text_form::unknown;
            if (form != text_form::markdown && ends != 0) return r.error(fault::malformed);
            p.rows_.push_back({id, d, total, static_cast<std::size_t>(count), headings, static_cast<std::size_t>(below),
                               leaves, static_cast<std::size_t>(ends), form});
            total += static_cast<std::size_t>(count);
            headings += static_cast<std::size_t>(below);
            leaves += static_cast<std::size_t>(ends);
        }
        const auto ids    = r.array<chunk_id>();
        const auto begins = r.array<std::uint64_t>(), ends = r.array<std::uint64_t>(),
                   tokens   = r.array<std::uint64_t>();
        p.section_          = r.array<std::uint32_t>();
        p.prefix_           = r.array<std::uint32_t>();
        p.prefix_end_       = r.array<std::uint64_t>();
        const auto prefixes = r.text();
        const auto lines = r.array<std::uint64_t>(), words = r.array<std::uint64_t>(),
                   words_end = r.array<std::uint64_t>(), levels = r.array<std::uint64_t>();
        const auto columns = detail::leaf_columns::load(r);
        if (!r.ok()) return r.error();
        const auto malformed = [&] { return r.error(fault::malformed); };
        for (const std::size_t size :
             {ids.size(), begins.size(), ends.size(), tokens.size(), p.section_.size(), p.prefix_.size()})
            if (size != total) return malformed();
        for (const std::size_t size : {lines.size(), words.size(), words_end.size(), levels.size()})
            if (size != headings) return malformed();
        if (columns.gaps.size() != leaves || columns.sizes.size() != leaves || columns.traits.size() != leaves)
            return malformed();
        std::uint64_t before = 0;
        for (const std::uint64_t end : p.prefix_end_) {
            if (end < before || end > prefixes.size()) return malformed();
            before = end;
        }
        if (before != prefixes.size() || unicode::first_invalid(prefixes) != std::string_view::npos) return malformed();
        p.prefixes_.assign(prefixes.begin(), prefixes.end());

        const auto                                       owners = docs.documents();
        std::vector<std::pair<document_id, std::size_t>> owner_of;
        for (std::size_t i = 0; i < owners.size(); ++i) owner_of.emplace_back(owners[i]->id, i);
        std::sort(owner_of.begin(), owner_of.end());
        p.all_.reserve(total);
        p.headings_.reserve(headings);
        p.leaves_.reserve(leaves);
        for (const row& d : p.rows_) {
            const auto at =
                std::lower_bound(owner_of.begin(), owner_of.end(), std::pair<document_id, std::size_t>{d.id, 0});
            p.documents_.push_back(owners[at->second]);
            const document& of = *p.documents_.back();
            for (std::size_t h = d.first_heading; h < d.first_heading + d.headings; ++h) {
                const heading x{lines[h], words[h], words_end[h], static_cast<std::uint32_t>(levels[h] >> 32),
                                static_cast<std::uint32_t>(levels[h])};
                const bool    first = h == d.first_heading;
                if (x.text_begin > x.text_end || x.text_end > of.text.size() || x.begin > x.text_begin || x.level < 1 ||
                    x.level > 6 || x.parent > h - d.first_heading || (!first && x.begin <= p.headings_.back().begin) ||
                    !unicode::is_boundary(of.text, static_cast<std::size_t>(x.text_begin)) ||
                    !unicode::is_boundary(of.text, static_cast<std::size_t>(x.text_end)))
                    return malformed();
                p.headings_.push_back(x);
            }
            if (!columns.take(d.first_leaf, d.leaves, of, p.leaves_)) return malformed();
            for (std::size_t i = d.first; i < d.first + d.count; ++i) {
                const bool first = i == d.first;
                if (begins[i] < of.body || begins[i] >= ends[i] || ends[i] > of.text.size() || ids[i] == chunk_id{} ||
                    ids[i] >= p.next_id_ || tokens[i] > 0xFFFFFFFFu || p.section_[i] > d.headings ||
                    p.prefix_[i] >= p.prefix_end_.size() ||
                    (!first && (begins[i] <= begins[i - 1] || ends[i] <= ends[i - 1])) ||
                    !unicode::is_boundary(of.text, static_cast<std::size_t>(begins[i])) ||
                    !unicode::is_boundary(of.text, static_cast<std::size_t>(ends[i])))
                    return malformed();
                p.all_.push_back({ids[i], d.id, begins[i], ends[i], {}, static_cast<std::uint32_t>(tokens[i])});
            }
        }
        p.settle();
        for (std::size_t i = 1; i < p.by_id_.size(); ++i)
            if (p.by_id_[i].first == p.by_id_[i - 1].first) return malformed();
        for (std::size_t i = 1; i < p.row_of_.size(); ++i)
            if (p.row_of_[i].first == p.row_of_[i - 1].first) return malformed();
        return p;
    }
};

} // namespace graft::inline GRAFT_ABI
