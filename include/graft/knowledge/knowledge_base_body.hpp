// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/sort_records.hpp>
#include <graft/knowledge/knowledge_base.hpp>

// What stands behind the larger members of `knowledge_base`. A unit that links `graft::kernels` finds them compiled for the default
// types; none of them is inline, so that the compiler leaves them there.

namespace graft::inline GRAFT_ABI {

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::open(const std::string& where, params how, context& c)
    -> result<knowledge_base> {
    const index_state there = look_at_index(how.disk.index, where, parts::last_part);
    if (there == index_state::foreign) return error{fault::foreign, unit::none, 0, where};
    knowledge_base kb(std::move(how));
    if (there == index_state::none || there == index_state::unfinished) { // nothing is written before it is made
        if (auto ok = kb.refresh(c); !ok) return ok.error();
    }
    auto kept = open_store(kb.it_->how.disk.index, where, kb.it_->how.generation);
    if (!kept) return kept.error();
    if (there == index_state::headless && kept->generation() == 0)
        return error{fault::missing_part, unit::none, 0, path_of(where, "manifest")};
    if (kept->generation() == 0) {
        if (auto ok = kb.pin()->all().save(*kept); !ok) return ok.error();
        kb.it_->kept.emplace(std::move(*kept));
        return kb;
    }
    if (auto ok = kb.take(kept->now()); !ok) return ok.error();
    for (const part_record& p : std::vector<part_record>(kept->now().parts().begin(), kept->now().parts().end()))
        kept->release(p.name);
    kb.it_->kept.emplace(std::move(*kept));
    if (auto ok = kb.settle(c); !ok) return ok.error();
    return kb;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::read(const std::string& where, params how, context& c)
    -> result<knowledge_base> {
    const auto stored = open_snapshot(how.disk.index, where, how.generation);
    if (!stored) return stored.error();
    knowledge_base kb(std::move(how));
    if (auto ok = kb.take(*stored); !ok) return ok.error();
    if (auto ok = kb.settle(c); !ok) return ok.error();
    return kb;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::make(params how, context& c) -> result<knowledge_base> {
    knowledge_base kb(std::move(how));
    if (auto ok = kb.refresh(c); !ok) return ok.error();
    return kb;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::ask(const query& q, context& c) const -> result<answer> {
    const auto now = pin();
    const auto a   = now->ask(q, c);
    if (!a) return a;
    return copy(*a, c);
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::ask(const query& q) const -> result<owned<answer>> {
    context c;
    return detail::own(pin()->ask(q, c));
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::each(std::span<const query> questions, context& c) const
    -> std::vector<result<owned<answer>>> {
    return pin()->ask().each(questions, c);
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::refresh(context& c) -> result<changes> {
    const std::lock_guard lock(it_->writing);
    const auto            now = pin();
    auto                  all = documents_of_now(*now, c);
    if (!all) return all.error();
    return become(now->all(), std::move(*all), now->all().records, c);
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::remove(const std::vector<std::string>& names, context& c)
    -> result<changes> {
    const std::lock_guard lock(it_->writing);
    const auto            now = pin();
    for (const std::string& name : names) {
        const document* d = now->documents().find(std::string_view(name));
        if (d == nullptr) return error{fault::not_found, unit::none, 0, name};
        if (!now->is_record(*d)) return error{fault::bad_argument, unit::none, 0, name};
    }
    const std::unordered_set<std::string_view> gone(names.begin(), names.end());
    corpus                                     after   = empty_like(now->documents());
    auto                                       records = now->all().records;
    std::erase_if(records, [&](auto id) { return gone.contains(now->documents().find(id)->name); });
    for (const auto& d : now->documents().documents())
        if (!gone.contains(d->name))
            if (auto ok = after.share(d); !ok) return ok.error();
    return become(now->all(), std::move(after), std::move(records), c);
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::keep_in(const std::string& where) -> result<void> {
    const std::lock_guard lock(it_->writing);
    if (look_at_index(it_->how.disk.index, where, parts::last_part) == index_state::foreign)
        return error{fault::foreign, unit::none, 0, where};
    auto kept = open_store(it_->how.disk.index, where);
    if (!kept) return kept.error();
    if (kept->generation() != 0) return error{fault::changed, unit::none, 0, where};
    if (auto ok = pin()->all().save(*kept); !ok) return ok.error();
    it_->kept.emplace(std::move(*kept));
    return done;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::take(const snapshot& from) -> result<void> {
    auto opened = parts::open(from, it_->ready);
    if (!opened) return opened.error();
    it_->damaged.assign(from.damaged().begin(), from.damaged().end());
    if (it_->how.folder.empty()) it_->how.folder = opened->folder;
    show(std::move(*opened));
    return done;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::settle(context& c) -> result<void> {
    if (it_->how.refresh) {
        if (auto ok = refresh(c); !ok) return ok.error();
    } else if (pin()->all().stale) return error{fault::other_embedder, unit::none, 0, "vectors"};
    return done;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::become(const parts& before, corpus docs,
                                                                     std::vector<document_id> records, context& c)
    -> result<changes> {
    auto next = before.next(std::move(docs), std::move(records), it_->how, c);
    if (!next) return next.error();
    const auto was = before.docs.reports(), is = next->parts.docs.reports();
    if (!next->seen.any() && next->parts.folder == before.folder &&
        std::equal(was.begin(), was.end(), is.begin(), is.end()))
        return next->seen; // nothing to show
    if (it_->kept && next->seen.any())
        if (auto ok = next->parts.save(*it_->kept); !ok) return ok.error();
    show(std::move(next->parts));
    return next->seen;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::documents_of_now(const generation& now, context& c) const
    -> result<corpus> {
    const auto before = now.documents().documents();
    corpus     all    = empty_like(now.documents());
    if (it_->how.folder.empty()) {
        for (const auto& d : before)
            if (auto ok = all.share(d); !ok) return ok.error();
        return all;
    }
    corpus filed;
    filed.reserve_ids(now.documents().next_id());
    for (const auto& d : before)
        if (!now.is_record(*d))
            if (auto ok = filed.share(d); !ok) return ok.error();
    auto today = load_folder(it_->how.folder, it_->how.files, &filed, it_->how.disk.documents, c);
    if (!today || now.all().records.empty()) return today;
    corpus both;
    both.reserve_ids(today->next_id());
    std::vector<error> reports(today->reports().begin(), today->reports().end());
    for (const auto& d : today->documents()) {
        const document* same = now.documents().find(std::string_view(d->name));
        if (same != nullptr && now.is_record(*same)) {
            reports.push_back({fault::duplicate_id, unit::none, 0, d->name});
        } else if (auto ok = both.share(d); !ok) return ok.error();
    }
    for (const auto& d : before)
        if (now.is_record(*d))
            if (auto ok = both.share(d); !ok) return ok.error();
    sort_records(reports, [](const error& a, const error& b) { return a.subject < b.subject; });
    for (error& e : reports) both.report(std::move(e));
    return both;
}

template <chunker Chunker, graft::embedder Embedder, indexes<vector_view> Vectors, indexes<text_view> Words, class Disk>
auto knowledge_base<Chunker, Embedder, Vectors, Words, Disk>::put(std::vector<document> some, bool instead, context& c)
    -> result<changes> {
    const std::lock_guard                        lock(it_->writing);
    const auto                                   now     = pin();
    auto                                         records = now->all().records;
    corpus                                       after   = empty_like(now->documents());
    std::unordered_map<std::string, std::size_t> place; // in `some`, of what takes the place of another
    for (std::size_t i = 0; i < some.size() && instead; ++i)
        if (now->documents().find(std::string_view(some[i].name)) != nullptr) place.emplace(some[i].name, i);
    std::vector<bool> placed(some.size());
    for (const auto& d : now->documents().documents()) {
        const auto at = place.find(d->name);
        if (at == place.end()) {
            if (auto ok = after.share(d); !ok) return ok.error();
            continue;
        }
        if (!now->is_record(*d)) return error{fault::bad_argument, unit::none, 0, d->name};
        placed[at->second]  = true;
        some[at->second].id = d->id;
        if (auto ok = after.add(std::move(some[at->second])); !ok) return ok.error();
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
        if (placed[i]) continue;
        some[i].id = {};
        auto id    = after.add(std::move(some[i])); // refuses a name that is there
        if (!id) return id.error();
        records.push_back(*id); // the greatest so far
    }
    return become(now->all(), std::move(after), std::move(records), c);
}

} // namespace graft::inline GRAFT_ABI
