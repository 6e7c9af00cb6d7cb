// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/docs/document.hpp>
#include <graft/docs/title.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Owns documents, in a fixed order: that of `add`, or of the paths where a folder was loaded.
///
/// Documents are shared: a later corpus holds the same object for what did not change, and passages keep alive what they
/// point into. So an address stays good as long as anybody needs it. Move-only.
///
/// Costs    `find` is constant by name and logarithmic by id.
class corpus {
    std::vector<std::shared_ptr<const document>>      documents_;
    std::vector<std::pair<document_id, std::size_t>>  by_id_;   // sorted: id, place in documents_
    std::unordered_map<std::string_view, std::size_t> by_name_; // views into the documents' names
    std::vector<error>                                reports_;
    document_id                                       next_id_{1};

    void index(std::shared_ptr<const document> d) {
        const std::pair<document_id, std::size_t> entry{d->id, documents_.size()};
        by_id_.insert(std::upper_bound(by_id_.begin(), by_id_.end(), entry), entry);
        by_name_.emplace(d->name, documents_.size());
        next_id_ = std::max(next_id_, detail::next_id(d->id));
        documents_.push_back(std::move(d));
    }

public:
    static constexpr std::uint32_t format = 3; ///< of what `save` writes

    corpus()                             = default;
    corpus(corpus&&) noexcept            = default;
    corpus& operator=(corpus&&) noexcept = default;
    corpus(const corpus&)                = delete;
    corpus& operator=(const corpus&)     = delete;

    /// Takes a document in: gives it an id, a digest and, where it has none, a title.
    ///
    /// Gives    the id. An `id` of another than 0 in the document is kept.
    /// Fails    `duplicate_id` for a name or id that is there, `bad_argument` without a name, with a body behind the
    ///          text or origins behind the file, `bad_utf8` with the byte where name, title or text are not UTF-8: repair it first.
    result<document_id> add(document d) {
        if (d.name.empty() || d.body > d.text.size()) return error{fault::bad_argument, unit::none, 0, d.name};
        if (const std::size_t bad = unicode::first_invalid(d.text); bad != std::string_view::npos)
            return error{fault::bad_utf8, unit::byte, bad, d.name};
        if (unicode::first_invalid(d.name) != std::string_view::npos)
            return error{fault::bad_utf8, unit::none, 0, "name"};
        if (unicode::first_invalid(d.title) != std::string_view::npos)
            return error{fault::bad_utf8, unit::none, 0, d.name};
        if (!unicode::is_boundary(d.text, d.body)) return error{fault::bad_argument, unit::byte, d.body, d.name};
        if (!detail::are_origins(d.origins, d.text.size(), d.size))
            return error{fault::bad_argument, unit::none, 0, d.name};
        if (by_name_.contains(d.name) || (d.id != document_id{} && find(d.id) != nullptr))
            return error{fault::duplicate_id, unit::none, 0, d.name};
        // A document that comes from another corpus says itself whether its title is more than a stem.
        if (!d.title.empty() && (d.titled || d.id == document_id{})) d.titled = true;
        else detail::give_title(d);
        if (d.id == document_id{}) d.id = next_id_;
        if (d.id == document_id{~std::uint64_t{0}}) return error{fault::too_large, unit::id, ~std::uint64_t{0}, d.name};
        d.digest             = sha256(d.text);
        const document_id id = d.id;
        index(std::make_shared<const document>(std::move(d)));
        return id;
    }

    /// Takes in a document that another corpus holds too; its id, title and digest stay as they are.
    ///
    /// Fails    `duplicate_id` for a name or id that is there, `bad_argument` for none or one without an id.
    result<document_id> share(std::shared_ptr<const document> d) {
        if (d == nullptr || d->id == document_id{}) return error{fault::bad_argument, unit::none, 0, "document"};
        if (by_name_.contains(d->name) || find(d->id) != nullptr)
            return error{fault::duplicate_id, unit::none, 0, d->name};
        const document_id id = d->id;
        index(std::move(d));
        return id;
    }

    [[nodiscard]] std::size_t size() const noexcept { return documents_.size(); }
    [[nodiscard]] bool        empty() const noexcept { return documents_.empty(); }

    /// Document `i`, in order.
    [[nodiscard]] const document& operator[](std::size_t i) const noexcept {
        GRAFT_ASSERT(i < size(), "a document beyond the end");
        return *documents_[i];
    }
    /// The owners, in order.
    [[nodiscard]] std::span<const std::shared_ptr<const document>> documents() const noexcept { return documents_; }

    /// The document of that id, or nullptr.
    [[nodiscard]] const document* find(document_id id) const noexcept {
        const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair<document_id, std::size_t>{id, 0});
        return at != by_id_.end() && at->first == id ? documents_[at->second].get() : nullptr;
    }
    /// The document of that name, or nullptr.
    [[nodiscard]] const document* find(std::string_view name) const noexcept {
        const auto at = by_name_.find(name);
        return at != by_name_.end() ? documents_[at->second].get() : nullptr;
    }

    /// The owner of the document of that id, to share it; empty for an unknown one.
    [[nodiscard]] std::shared_ptr<const document> owner(document_id id) const {
        const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), std::pair<document_id, std::size_t>{id, 0});
        return at != by_id_.end() && at->first == id ? documents_[at->second] : nullptr;
    }

    /// Goes over the documents in order: `for (const document& d : docs)`.
    class iterator {
        const std::shared_ptr<const document>* at_ = nullptr;

    public:
        using value_type      = document;
        using difference_type = std::ptrdiff_t;
        iterator()            = default;
        explicit iterator(const std::shared_ptr<const document>* at) noexcept : at_(at) {}
        const document& operator*() const noexcept { return **at_; }
        const document* operator->() const noexcept { return at_->get(); }
        iterator&       operator++() noexcept {
            ++at_;
            return *this;
        }
        iterator operator++(int) noexcept { return iterator(at_++); }
        bool     operator==(const iterator&) const = default;
    };
    [[nodiscard]] iterator begin() const noexcept { return iterator(documents_.data()); }
    [[nodiscard]] iterator end() const noexcept { return iterator(documents_.data() + documents_.size()); }

    /// What was left out or repaired when the corpus was made, in the byte order of the names.
    [[nodiscard]] std::span<const error> reports() const noexcept { return reports_; }
    void                                 report(error e) { reports_.push_back(std::move(e)); }

    /// The id that the next new document gets. Ids of documents that are gone stay below it.
    [[nodiscard]] document_id next_id() const noexcept { return next_id_; }
    /// Keeps ids below `id` from being given.
    void reserve_ids(document_id id) noexcept { next_id_ = std::max(next_id_, id); }

    /// Everything but the reports, which belong to one loading.
    void save(byte_writer& w) const {
        w.header("corpus", format);
        w.u64(to_underlying(next_id_));
        w.u64(documents_.size());
        for (const auto& d : documents_) d->save(w);
    }

    /// Costs    one copy of the texts.
    /// Fails    `malformed` where ids or names are not distinct, zero or beyond the next id; `foreign`, `newer_format`; what `document::load` says.
    [[nodiscard]] static result<corpus> load(byte_reader& r) {
        corpus              docs;
        const std::uint32_t made = r.header("corpus", format); // 0.1 wrote none, and the same behind it as 2
        const document_id   next{r.u64()};
        const std::size_t   n = r.count(8 * 6 + 2 + 32);
        docs.documents_.reserve(n);
        docs.by_id_.reserve(n);
        docs.by_name_.reserve(n);
        for (std::size_t i = 0; i < n && r.ok(); ++i) {
            auto d = document::load(r, made);
            if (!d) return d.error();
            if (d->id == document_id{} || d->id >= next || docs.by_name_.contains(d->name))
                return r.error(fault::malformed);
            auto shared = std::make_shared<const document>(std::move(*d));
            docs.by_id_.emplace_back(shared->id, i);
            docs.by_name_.emplace(shared->name, i);
            docs.documents_.push_back(std::move(shared));
        }
        if (!r.ok()) return r.error();
        std::sort(docs.by_id_.begin(), docs.by_id_.end());
        for (std::size_t i = 1; i < docs.by_id_.size(); ++i)
            if (docs.by_id_[i].first == docs.by_id_[i - 1].first) return r.error(fault::malformed);
        docs.next_id_ = std::max(next, document_id{1});
        return docs;
    }
};

} // namespace graft::inline GRAFT_ABI
