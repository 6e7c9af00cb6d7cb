// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/faulty_files.hpp"
#include "support/memory_files.hpp"

#include <graft/knowledge/knowledge_base.hpp>

#include <graft/index/flat.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A folder of documents in memory, and embedders and chunkers to put into a knowledge base.

namespace test {

/// Documents by path below `docs`, as a disk would show them. Copies share it.
class memory_folder {
    struct entry {
        std::string   bytes;
        std::int64_t  mtime = 0;
        std::uint64_t stamp = 0;
    };
    struct state {
        std::map<std::string, entry>                 files;
        std::uint64_t                                clock = 0;
        std::vector<std::string>                     reads;
        std::function<void(const std::string& path)> before_read;
        graft::fault                                 closed = graft::fault::not_text; // not_text: it is open
    };
    std::shared_ptr<state> it_ = std::make_shared<state>();

    [[nodiscard]] static graft::error refused(graft::fault what, const std::string& path) {
        return {what, graft::unit::none, 0, path, 2};
    }
    [[nodiscard]] graft::folder_entry said(std::string name, const entry& e) const {
        return {std::move(name), graft::entry_kind::file, e.bytes.size(), e.mtime, e.stamp};
    }

public:
    /// Writes a file; its time is a second later than that of the one before, from 2024-01-01 on.
    void put(const std::string& name, std::string bytes) const {
        const auto tick            = static_cast<std::int64_t>(++it_->clock);
        it_->files["docs/" + name] = {std::move(bytes), (1'704'067'200 + tick) * 1'000'000'000, it_->clock};
    }
    void                                    erase(const std::string& name) const { it_->files.erase("docs/" + name); }
    void                                    close(graft::fault why) const { it_->closed = why; }
    [[nodiscard]] std::vector<std::string>& reads() const { return it_->reads; }
    void before_read(std::function<void(const std::string&)> f) const { it_->before_read = std::move(f); }

    struct file {
        std::string path;
    };
    [[nodiscard]] graft::result<file> open(const std::string& path, graft::links = graft::links::followed) const {
        if (it_->before_read) it_->before_read(path);
        if (it_->files.count(path) == 0) return refused(graft::fault::not_found, path);
        it_->reads.push_back(path);
        return file{path};
    }
    [[nodiscard]] graft::result<graft::folder_entry> about(file& of) const {
        return said(of.path, it_->files[of.path]);
    }
    [[nodiscard]] graft::result<void> read(file& of, std::uint64_t at, std::span<std::byte> into) const {
        const std::string& bytes = it_->files[of.path].bytes;
        if (at > bytes.size() || into.size() > bytes.size() - at) return refused(graft::fault::truncated, of.path);
        if (!into.empty()) std::memcpy(into.data(), bytes.data() + at, into.size());
        return graft::done;
    }
    [[nodiscard]] graft::result<graft::folder_entry> look(const std::string& path) const {
        if (it_->closed != graft::fault::not_text) return refused(it_->closed, path);
        if (const auto at = it_->files.find(path); at != it_->files.end()) return said(path, at->second);
        if (path != "docs") return refused(graft::fault::not_found, path);
        return graft::folder_entry{path, graft::entry_kind::folder};
    }
    [[nodiscard]] graft::result<std::vector<std::string>> names(const std::string& path) const {
        return list(path).transform([](const auto& there) {
            std::vector<std::string> all;
            for (const graft::folder_entry& e : there) all.push_back(e.name);
            return all;
        });
    }
    [[nodiscard]] graft::result<std::vector<graft::folder_entry>> list(const std::string& path) const {
        std::map<std::string, graft::folder_entry> found;
        const std::string                          below = path + "/";
        for (const auto& [full, e] : it_->files) {
            if (!full.starts_with(below)) continue;
            const std::string name  = full.substr(below.size());
            const auto        slash = name.find('/');
            if (slash == std::string::npos) found[name] = said(name, e);
            else found[name.substr(0, slash)] = {name.substr(0, slash), graft::entry_kind::folder};
        }
        std::vector<graft::folder_entry> entries;
        for (auto& [name, e] : found) entries.push_back(e);
        return entries;
    }
};
static_assert(graft::readable_files<memory_folder>);

/// A disk for indices whose calls fail when they are told to, and one for documents.
struct disk_in_memory {
    faulty_files<memory_files> index{memory_files{}};
    memory_folder              documents;
};

/// How often each letter stands in a text.
struct letter_counts {
    std::uint64_t         print = 26;
    std::function<void()> at_each_text; ///< of chunks and of questions

    [[nodiscard]] std::size_t   dims() const { return 26; }
    [[nodiscard]] std::uint64_t fingerprint() const { return print; }
    graft::result<void>         encode(std::span<const graft::text_view> in, graft::matrix_view<float> out,
                                       graft::context&) const {
        for (std::size_t i = 0; i < in.size(); ++i) {
            if (at_each_text) at_each_text();
            for (const auto text : {in[i].prefix, in[i].body})
                for (const char c : text)
                    if (c >= 'a' && c <= 'z') out.row(i)[static_cast<std::size_t>(c - 'a')] += 1;
        }
        return graft::done;
    }
};

/// A chunk a line; nobody can tell how it cuts.
struct line_chunks {
    std::function<void()> at_each_document;

    void operator()(graft::chunk_writer& out) const {
        if (at_each_document) at_each_document();
        for (std::size_t at = out.begin(), next; at < out.end(); at = next) {
            next = std::min(out.text().find('\n', at), out.end() - 1) + 1;
            out.emit(at, next);
        }
    }
};

using words_base =
    graft::knowledge_base<graft::markdown, graft::lsa, graft::hnsw<graft::cosine>, graft::bm25, disk_in_memory>;
using lines_base =
    graft::knowledge_base<line_chunks, letter_counts, graft::flat<graft::cosine>, graft::bm25, disk_in_memory>;

inline void put_handbook(const memory_folder& to) {
    to.put("leave.md", "---\nteam: people\n---\n# Leave\n\nEvery employee has thirty days of paid leave a year.\n\n## "
                       "Parents\n\nParents may take three years of unpaid leave.\n");
    to.put("travel/hotels.md", "---\nteam: finance\n---\n# Hotels\n\nA hotel costs at most ninety euros a night.\n");
    to.put("travel/trains.txt", "Trains are booked in second class.\n");
    to.put("sick.md",
           "---\nteam: people\n---\n# Illness\n\nTell your manager on the first morning. A note from a doctor "
           "is due on day four.\n");
}

/// All of an answer, to the bit.
inline std::string all_of(const graft::answer& a) {
    std::string all(a.text);
    const auto  number = [&](auto x) { all.append("|").append(std::to_string(x)); };
    const auto  bits   = [&](float x) { number(std::bit_cast<std::uint32_t>(x)); };
    bits(a.asked.support);
    bits(a.asked.lexical);
    for (const graft::citation& c : a.citations) {
        all.append("|").append(c.name).append("|").append(c.quote);
        number(c.begin), number(c.end), number(c.mark), number(c.verified);
    }
    for (const graft::source& s : a.sources)
        all.append("|").append(s.name), number(to_underlying(s.from.id)), bits(s.score);
    return all;
}
inline const std::vector<std::string>& questions() {
    static const std::vector<std::string> all = {
        "How many days of paid leave are there?", "What may a hotel cost?", "Which class are trains booked in?",
        "When is a note from a doctor due?",      "Who won the cup final?", ""};
    return all;
}
/// What it answers to `questions`.
template <class Base>
std::string all_answers(const Base& kb) {
    std::string    all;
    graft::context c;
    for (const std::string& q : questions()) all += all_of(kb.ask(q, c).value()) + "\n";
    return all;
}

} // namespace test
