// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/flow/flow.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/chunk_source.hpp>
#include <graft/schema/ingest.hpp>

#include <map>
#include <string>
#include <vector>

// Small roles written as a user would, in a namespace of their own: enough to run every joint without the real parts.
namespace toys {

using namespace graft;

/// One chunk a line; the document's id is 7.
class store {
    std::vector<chunk> all_;
    std::string        text_;

public:
    explicit store(std::string text) : text_(std::move(text)) {
        for (std::size_t b = 0; b < text_.size();) {
            const std::size_t e = std::min(text_.find('\n', b), text_.size() - 1) + 1;
            all_.push_back({chunk_id{all_.size() + 1},
                            document_id{7},
                            b,
                            e,
                            {"toy", std::string_view(text_).substr(b, e - b)},
                            1});
            b = e;
        }
    }
    store(store&&) = delete;
    chunks        all() const { return all_; }
    result<chunk> find(chunk_id id) const {
        const std::uint64_t n = to_underlying(id);
        if (n - 1 < all_.size()) return all_[n - 1];
        return error{fault::unknown_id, unit::id, n};
    }
    graft::source_name label(const chunk&) const { return {"toy.txt", "Toy"}; }
};

/// Counts of the letters a … a + dims. Move-only: it must be named, and is borrowed.
struct letters {
    std::size_t width;
    explicit letters(std::size_t dims) : width(dims) {}
    letters(letters&&) = default;

    std::size_t   dims() const { return width; }
    std::uint64_t fingerprint() const { return 1000 + width; }
    result<void>  encode(std::span<const text_view> in, matrix_view<float> out, context&) const {
        for (std::size_t i = 0; i < in.size(); ++i)
            for (char c : in[i].body)
                if (c >= 'a' && c < 'a' + static_cast<int>(width)) out.row(i)[static_cast<std::size_t>(c - 'a')] += 1;
        return done;
    }
};

inline std::span<const hit> best(std::vector<hit> all, std::size_t k, context& w) {
    std::sort(all.begin(), all.end(), better);
    all.resize(std::min(k, all.size()));
    return w.keep(std::span<const hit>(all));
}

/// An exact index over dot products.
class vectors {
    std::map<chunk_id, std::vector<float>> now_;
    std::uint64_t                          by_ = 0;

public:
    std::size_t refuse_after = 1000; ///< to make a draft fail half way

    struct draft {
        std::map<chunk_id, std::vector<float>> next;
        std::uint64_t                          by;
        std::size_t                            room;

        result<void> made_by(std::uint64_t fingerprint) {
            if (by != 0 && by != fingerprint) return error{fault::other_embedder};
            by = fingerprint;
            return done;
        }
        result<void> add(std::span<const chunk_id> ids, std::span<const vector_view> rows) {
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if (next.size() == room) return error{fault::too_large, unit::row, room};
                if (!next.emplace(ids[i], std::vector<float>(rows[i].begin(), rows[i].end())).second)
                    return error{fault::duplicate_id, unit::id, to_underlying(ids[i])};
            }
            return done;
        }
        result<std::size_t> remove(std::span<const chunk_id> ids) {
            std::size_t n = 0;
            for (chunk_id id : ids) n += next.erase(id);
            return n;
        }
        result<void> prepare(context&) { return done; }
    };
    draft         begin() const { return {now_, by_, refuse_after}; }
    void          commit(draft&& d) noexcept { now_.swap(d.next), by_ = d.by; }
    std::uint64_t made_by() const { return by_; }
    std::size_t   size() const { return now_.size(); }

    template <class Keep>
    result<std::span<const hit>> search(vector_view q, std::size_t k, const Keep& keep, context& w) const {
        std::vector<hit> all;
        for (const auto& [id, row] : now_) {
            float s = 0;
            for (std::size_t i = 0; i < q.size(); ++i) s += q[i] * row[i];
            if (s > 0 && keep(id)) all.push_back({id, s});
        }
        return best(all, k, w);
    }
};

/// Finds the chunks that contain the whole question.
class lines {
    std::map<chunk_id, std::string> now_;

public:
    struct draft {
        std::map<chunk_id, std::string> next;
        result<void>                    add(std::span<const chunk_id> ids, std::span<const text_view> texts) {
            for (std::size_t i = 0; i < ids.size(); ++i)
                if (!next.emplace(ids[i], texts[i].body).second)
                    return error{fault::duplicate_id, unit::id, to_underlying(ids[i])};
            return done;
        }
        result<std::size_t> remove(std::span<const chunk_id> ids) {
            std::size_t n = 0;
            for (chunk_id id : ids) n += next.erase(id);
            return n;
        }
        result<void> prepare(context&) { return done; }
    };
    draft       begin() const { return {now_}; }
    void        commit(draft&& d) noexcept { now_.swap(d.next); }
    std::size_t size() const { return now_.size(); }

    template <class Keep>
    result<std::span<const hit>> search(std::string_view q, std::size_t k, const Keep& keep, context& w) const {
        std::vector<hit> all;
        for (const auto& [id, text] : now_)
            if (keep(id) && text.find(q) != text.npos) all.push_back({id, 1.f / static_cast<float>(text.size())});
        return best(all, k, w);
    }
};

} // namespace toys
