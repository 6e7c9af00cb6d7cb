// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/chunk/markdown.hpp>
#include <graft/embed/lsa.hpp>
#include <graft/index/bm25.hpp>
#include <graft/index/hnsw.hpp>
#include <graft/knowledge/index_folder.hpp>
#include <graft/knowledge/knowledge.hpp>
#include <graft/store/store.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// Documents that answer questions: loaded from a folder or given as records, cut, embedded, indexed by vectors and by words,
/// stored, and brought up to date.
///
///     auto kb = knowledge_base<>::open("kb", {.folder = "handbook"}).value();   // made when absent, else brought up to date
///     auto a  = kb.ask("How much paid leave do I get?").value();                // with citations
///     kb.refresh().value();                                                     // what changed in the folder
///     auto mine = kb.retrieve() | threshold{} | top(4) | prompt_from(kb.chunks(), {.budget = 800}) | my_model;
///
/// Of your own: `knowledge_base<my_chunker, my_embedder, flat<cosine>>`, whose values go into the parameters. An embedder that
/// learns from the chunks, as LSA does, is fitted by the rule of `embedder_fit`.
///
/// Threads: any number ask (whatever is const) while one changes (`refresh`, `add`, `replace`, `remove`, `keep_in`); changes wait
/// for one another. A question is answered from one generation (documents, chunks, vectors, words and embedder that belong
/// together), whatever is changed meanwhile: `ask` and `each` take a pin, which is the copy of a pointer, and what they give
/// borrows nothing of it. `retrieve()` keeps its own pin, and so goes on asking what it was made from. What `chunks()`,
/// `documents()`, `words()`, `vectors()`, `embedder()` and `fields()` refer to is good until the next change, or as long as
/// somebody holds `pin()`: where another thread may change it, take `const auto now = kb.pin();` and all parts from `now`.
///
/// A filter holds for every branch of the search: `query q = "…"`, `q.only = &filter`, `kb.ask(q, c)`. It knows the metadata of the
/// documents and `name`, `path`, `type`, `modified`: see `fields_of_chunks`.
///
/// Costs    a change is linear in the number of documents and chunks; cutting and embedding are paid only for what is new. While
///          a change is made there are two generations, which share what stayed.
/// Fails    a change that fails, is stopped or cannot be saved leaves everything as it was, in memory and on the disk.
template <chunker Chunker = markdown, graft::embedder Embedder = lsa, indexes<vector_view> Vectors = hnsw<cosine>,
          indexes<text_view> Words = bm25, class Disk = posix_disk>
class knowledge_base {
    using files = decltype(Disk::index);
    using parts = knowledge_parts<Embedder, Vectors, Words>;

public:
    using params     = knowledge_params<Chunker, Embedder, Disk>;
    using changes    = knowledge_changes;
    using generation = knowledge<Embedder, Vectors, Words>;

    static constexpr std::string_view last_part = parts::last_part; ///< of a stored one: see `look_at_index`

    /// One that is stored in the folder `where`: made when there is none, else opened and brought up to its folder.
    ///
    /// Gives    the knowledge base, which holds the lock of `where` until it is gone.
    /// Takes    `how`: `folder` as in `load_folder`; without one, what was stored, or records alone.
    /// Fails    `busy` where another has it open: `read` needs no lock. Damage of the newest generation, by its file: with
    ///          `generation_policy::newest_good` the newest that is whole is taken, and `damaged()` says what was not. `foreign` where
    ///          `where` holds other files; `missing_part` where the manifests of an index are gone. As `load_folder`: `no_input`
    ///          for a folder without a document, also where there were some (is it mounted?). As the chunker, the embedder.
    [[nodiscard]] static result<knowledge_base> open(const std::string& where, params how, context& c);
    [[nodiscard]] static result<knowledge_base> open(const std::string& where, params how = {}, context&& c = {}) {
        return open(where, std::move(how), c);
    }

    /// One that was stored, without its lock: changes of it are not saved.
    ///
    /// Fails    as `open`; `not_found` where nothing is stored.
    [[nodiscard]] static result<knowledge_base> read(const std::string& where, params how, context& c);
    [[nodiscard]] static result<knowledge_base> read(const std::string& where, params how = {}, context&& c = {}) {
        return read(where, std::move(how), c);
    }

    /// One in memory.
    ///
    /// Fails    as `load_folder`, the chunker, the embedder.
    [[nodiscard]] static result<knowledge_base> make(params how, context& c);
    [[nodiscard]] static result<knowledge_base> make(params how = {}, context&& c = {}) {
        return make(std::move(how), c);
    }

    /// The answer, with its citations.
    ///
    /// Borrows  the context until its reset, and nothing else.
    /// Costs    no allocation in a warm context.
    /// Fails    as the embedder; stopped, timed_out.
    [[nodiscard]] result<answer> ask(const query& q, context& c) const;
    /// The same, with memory of its own.
    [[nodiscard]] result<owned<answer>> ask(const query& q) const;
    /// Many questions, on the executor of the context, all of one generation. Element i is as `ask` gives it.
    [[nodiscard]] std::vector<result<owned<answer>>> each(std::span<const query> questions, context& c) const;
    template <class Texts>
        requires std::convertible_to<decltype(*std::begin(std::declval<const Texts&>())), query>
    [[nodiscard]] std::vector<result<owned<answer>>> each(const Texts& questions, context& c) const {
        return each(std::span<const query>(std::vector<query>(std::begin(questions), std::end(questions))), c);
    }
    template <class Texts>
    [[nodiscard]] std::vector<result<owned<answer>>> each(const Texts& questions, context&& c = {}) const {
        return each(questions, c);
    }

    /// The standard way from a question to hits, which stays with the generation of now.
    [[nodiscard]] pinned_flow<retrieved> retrieve() const { return pin()->retrieve(); }

    /// The generation of now, with its parts, for as long as the pointer is held.
    [[nodiscard]] std::shared_ptr<const generation> pin() const {
        const std::lock_guard lock(it_->swapping);
        return it_->now;
    }
    [[nodiscard]] const corpus&           documents() const { return pin()->documents(); }
    [[nodiscard]] const chunk_store&      chunks() const { return pin()->chunks(); }
    [[nodiscard]] const fields_of_chunks& fields() const { return pin()->fields(); }
    [[nodiscard]] const Words&            words() const { return pin()->words(); }
    [[nodiscard]] const Vectors&          vectors() const { return pin()->vectors(); }
    /// Null where it is fitted to the documents, and they hold no word.
    [[nodiscard]] const Embedder* embedder() const { return pin()->embedder(); }
    /// How many documents there are.
    [[nodiscard]] std::size_t size() const { return pin()->documents().size(); }
    /// Which files were left out or repaired when the folder was read last, and why: see `load_folder`.
    [[nodiscard]] std::vector<error> report() const {
        const auto now = pin();
        const auto all = now->documents().reports();
        return {all.begin(), all.end()};
    }
    /// What was stored and could not be used when this was opened.
    [[nodiscard]] std::span<const damaged_generation> damaged() const noexcept { return it_->damaged; }
    /// Where the documents come from; empty: from nowhere, there are records alone.
    [[nodiscard]] std::string folder() const {
        const std::lock_guard lock(it_->swapping);
        return it_->how.folder;
    }

    /// Reads what changed in the folder.
    ///
    /// Gives    what changed. Records stay; a file with the name of one is left out, and reported.
    /// Fails    as `load_folder`; then, and where it is stopped or cannot be saved, nothing has changed.
    result<changes> refresh(context& c);
    result<changes> refresh(context&& c = {}) { return refresh(c); }

    /// Takes in records: documents that are in no folder. The name of each is its id.
    ///
    ///     kb.add({{.name = "ticket 4711", .text = "The projector on floor 2 is broken.", .fields = {{"team", "it"}}}}).value();
    ///
    /// All of a call are one change.
    /// Fails    `duplicate_id` where a document has that name; as `corpus::add` and `refresh`.
    result<changes> add(std::vector<document> some, context& c) { return put(std::move(some), false, c); }
    result<changes> add(std::vector<document> some, context&& c = {}) { return put(std::move(some), false, c); }

    /// The same, in the place of records with the same names, where there are any.
    ///
    /// Fails    `bad_argument` where a file has the name.
    result<changes> replace(std::vector<document> some, context& c) { return put(std::move(some), true, c); }
    result<changes> replace(std::vector<document> some, context&& c = {}) { return put(std::move(some), true, c); }

    /// Forgets records.
    ///
    /// Fails    `not_found` where there is no such document; `bad_argument` where it is a file of the folder.
    result<changes> remove(const std::vector<std::string>& names, context& c);
    result<changes> remove(const std::vector<std::string>& names, context&& c = {}) { return remove(names, c); }

    /// The number of the generation that is stored; 0: it is in memory alone. Waits for a change that is being made.
    [[nodiscard]] std::uint64_t stored() const {
        const std::lock_guard lock(it_->writing);
        return it_->kept ? it_->kept->generation() : 0;
    }
    /// From the next refresh on, the documents come from another folder.
    void follow(std::string folder) {
        const std::scoped_lock lock(it_->writing, it_->swapping);
        it_->how.folder = std::move(folder);
    }
    /// Stores it in a folder, and each change from now on.
    ///
    /// Fails    `changed` where something is stored there already; as `open`. It is in memory as before.
    result<void> keep_in(const std::string& where);

private:
    struct state {
        params                            how;
        std::shared_ptr<const Embedder>   ready; // empty where the embedder is fitted
        std::optional<store<files>>       kept;
        std::vector<damaged_generation>   damaged;
        std::mutex                        writing;  // one change at a time
        std::mutex                        swapping; // held for the copy of a pointer
        std::shared_ptr<const generation> now;
    };
    std::unique_ptr<state> it_; // stays where it is, though this may be moved

    explicit knowledge_base(params how) : it_(std::make_unique<state>()) {
        it_->how = std::move(how);
        if constexpr (!embedder_fit<Embedder>::fitted)
            it_->ready = std::make_shared<const Embedder>(std::move(it_->how.embedder));
        show(parts::nothing(it_->ready));
    }

    void show(parts next) {
        auto                  made = std::make_shared<const generation>(std::move(next), it_->how);
        const std::lock_guard lock(it_->swapping);
        it_->now.swap(made);
    }

    /// Shows what was stored.
    result<void> take(const snapshot& from);
    /// After `take`: brings it up to its folder, if that is wanted.
    result<void> settle(context& c);

    /// Makes the next generation, saves it and shows it.
    result<changes> become(const parts& before, corpus docs, std::vector<document_id> records, context& c);

    /// A corpus that gives no id again, with the same reports.
    [[nodiscard]] static corpus empty_like(const corpus& docs) {
        corpus made;
        made.reserve_ids(docs.next_id());
        for (const error& e : docs.reports()) made.report(e);
        return made;
    }

    /// The documents of the folder as they are today, and the records.
    [[nodiscard]] result<corpus> documents_of_now(const generation& now, context& c) const;

    result<changes> put(std::vector<document> some, bool instead, context& c);
};

#if GRAFT_KERNELS_COMPILED
extern template class knowledge_base<>;
#endif

} // namespace graft::inline GRAFT_ABI

#include <graft/knowledge/knowledge_base_body.hpp>
