// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/chunk/counters.hpp>
#include <graft/docs/document.hpp>
#include <graft/docs/outline.hpp>
#include <graft/docs/title.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What travels beside the body of a chunk, is embedded with it and counts in its limit.
enum class prefix_kind : std::uint8_t {
    none,  ///< nothing
    title, ///< the document's title, where the text or its giver names one
    path,  ///< title > section > subsection
};

/// Bytes that a prefix may have: a document of 100,000 sections costs linear space.
inline constexpr std::size_t longest_prefix = 1024;

/// A chunk as a chunker gives it.
struct chunk_span {
    std::uint64_t begin   = 0;
    std::uint64_t end     = 0;
    std::uint32_t tokens  = 0; ///< of prefix and body together
    std::uint32_t section = 0; ///< that of the first byte, as `section_at`

    bool operator==(const chunk_span&) const = default;
};

/// A token counter of any type, for what is asked once a chunk.
///
/// Borrows  the counter.
class counter_view {
    const void* it_                                      = nullptr;
    std::size_t (*count_)(const void*, std::string_view) = nullptr;
    std::size_t special_                                 = 0;
    bool        additive_                                = false;

public:
    template <token_counter C>
    explicit counter_view(const C& c) noexcept
        : it_(&c), count_([](const void* it, std::string_view text) -> std::size_t {
              return static_cast<const C*>(it)->count(text);
          }),
          special_(special_tokens(c)), additive_(additive_counter<C>) {}

    [[nodiscard]] std::size_t count(std::string_view text) const { return count_(it_, text); }
    [[nodiscard]] std::size_t special() const noexcept { return special_; }
    [[nodiscard]] bool        additive() const noexcept { return additive_; }
};

/// One document on the table of a chunker: what it may read, what it may spend, and where it puts the chunks.
///
/// A chunker of your own walks from `begin()` to `end()` and emits spans, in order:
///
///     struct lines {
///         void operator()(pieces& out) const {
///             for (std::size_t at = out.begin(), next; at < out.end(); at = next) {
///                 next = std::min(out.text().find('\n', at), out.end() - 1) + 1;
///                 out.emit(at, next);
///             }
///         }
///     };
///
/// With a member `size` it is held to that many tokens, with a member `count` in that counter's unit (else `count_words`).
///
/// Borrows  the document and the counter.
/// Fails    the first refusal sticks; `emit` gives false from then on.
class chunk_writer {
    struct prefix_of {
        std::string text   = {};
        std::size_t tokens = 0;
        bool        made   = false;
    };

    const graft::document*  of_;
    counter_view            counter_;
    std::size_t             size_;
    prefix_kind             kind_;
    detail::structure       structure_;
    std::vector<prefix_of>  prefixes_; // by section
    std::vector<chunk_span> items_;
    std::string             scratch_;
    error                   why_{fault::bad_argument};
    bool                    failed_ = false;

    const prefix_of& prefix_in(std::uint32_t section) {
        prefix_of& it = prefixes_[section];
        if (it.made) return it;
        it.made = true;
        if (kind_ == prefix_kind::none) return it;
        std::vector<std::string> parts;
        if (of_->titled && !of_->title.empty()) parts.push_back(detail::one_line(detail::short_heading(of_->title)));
        if (kind_ == prefix_kind::path)
            for (const std::string_view words : detail::section_path(structure_.outline, section, of_->text)) {
                std::string part = detail::one_line(words);
                if (parts.empty() || parts.back() != part) parts.push_back(std::move(part));
            }
        // From the outermost part on, until it is short enough, and half of the limit is left for the body.
        const std::size_t budget = (size_ - counter_.special()) / 2;
        for (std::size_t first = 0; first < parts.size(); ++first) {
            std::string text;
            for (std::size_t i = first; i < parts.size(); ++i) text.append(text.empty() ? "" : " > ").append(parts[i]);
            text += '\n';
            if (text.size() > longest_prefix) continue;
            if (const std::size_t n = counter_.count(text); n <= budget) {
                it.text   = std::move(text);
                it.tokens = n;
                break;
            }
        }
        return it;
    }

public:
    chunk_writer(const graft::document& of, counter_view counter, std::size_t size, prefix_kind kind)
        : of_(&of), counter_(counter), size_(size), kind_(kind), structure_(detail::structure_of(of)),
          prefixes_(structure_.outline.size() + 1) {
        if (counter_.special() >= size_) fail(error{fault::bad_argument, unit::none, 0, "size"});
    }

    [[nodiscard]] const graft::document& of() const noexcept { return *of_; }
    /// The whole text; chunks lie in [begin(), end()) of it.
    [[nodiscard]] std::string_view         text() const noexcept { return of_->text; }
    [[nodiscard]] std::size_t              begin() const noexcept { return of_->body; }
    [[nodiscard]] std::size_t              end() const noexcept { return of_->text.size(); }
    [[nodiscard]] std::span<const heading> headings() const noexcept { return structure_.outline; }
    [[nodiscard]] std::span<const leaf>    leaves() const noexcept { return structure_.leaves; }

    /// The tokens that the body of a chunk which begins at `at` may have: what prefix and special tokens leave.
    [[nodiscard]] std::size_t limit(std::size_t at) {
        if (failed_) return 0;
        return size_ - counter_.special() - prefix_in(detail::section_at(structure_.outline, at)).tokens;
    }
    /// The prefix of a chunk that begins at `at`. It ends with a line feed, so that prefix and body read as one text.
    [[nodiscard]] std::string_view prefix(std::size_t at) {
        return prefix_in(detail::section_at(structure_.outline, at)).text;
    }
    [[nodiscard]] std::string_view prefix_of_section(std::uint32_t section) { return prefix_in(section).text; }

    /// The tokens of a chunk [begin, end), prefix included, special tokens not.
    [[nodiscard]] std::size_t tokens(std::size_t begin, std::size_t end) {
        const prefix_of&       p    = prefix_in(detail::section_at(structure_.outline, begin));
        const std::string_view body = text().substr(begin, end - begin);
        if (p.text.empty() || counter_.additive()) return p.tokens + counter_.count(body);
        scratch_.assign(p.text).append(body);
        return counter_.count(scratch_);
    }
    /// What special tokens leave of the size.
    [[nodiscard]] std::size_t room() const noexcept { return size_ - counter_.special(); }

    /// Gives bytes [begin, end) out as the next chunk, whose tokens are counted, or known to the caller.
    ///
    /// Fails    `bad_argument` with the byte, where the span is empty, leaves the body, cuts a code point, or does not begin
    ///          and end behind the one before; `too_large` where it has more tokens than the limit.
    bool emit(std::size_t begin, std::size_t end) {
        return emit(begin, end, begin < end && end <= text().size() ? tokens(begin, end) : 0);
    }
    bool emit(std::size_t begin, std::size_t end, std::size_t tokens) {
        if (failed_) return false;
        const bool inside = begin >= this->begin() && begin < end && end <= this->end();
        if (!inside || !unicode::is_boundary(text(), begin) || !unicode::is_boundary(text(), end) ||
            (!items_.empty() && (begin <= items_.back().begin || end <= items_.back().end)))
            return fail(error{fault::bad_argument, unit::byte, begin, of_->name});
        if (tokens > room() || tokens > std::numeric_limits<std::uint32_t>::max())
            return fail(error{fault::too_large, unit::byte, begin, of_->name});
        items_.push_back(
            {begin, end, static_cast<std::uint32_t>(tokens), detail::section_at(structure_.outline, begin)});
        return true;
    }

    /// Gives up on the document.
    bool fail(error why) {
        if (!failed_) why_ = std::move(why);
        failed_ = true;
        return false;
    }
    [[nodiscard]] bool                        ok() const noexcept { return !failed_; }
    [[nodiscard]] const error&                why() const noexcept { return why_; }
    [[nodiscard]] std::span<const chunk_span> items() const noexcept { return items_; }

    [[nodiscard]] std::vector<chunk_span> take_items() noexcept { return std::move(items_); }
    [[nodiscard]] detail::structure       take_structure() noexcept { return std::move(structure_); }
};

/// Cuts a document: called with `chunk_writer&`, it emits spans. It may bring `size` and `count` (see `chunk_writer`), and
/// `fingerprint()`, which changes when its cuts would; without one an update cuts every document again.
template <class C>
concept chunker = requires(const C& c, chunk_writer& out) { c(out); };

} // namespace graft::inline GRAFT_ABI
