// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/sort_records.hpp>
#include <graft/chunk/chunk_store.hpp>
#include <graft/docs/document.hpp>
#include <graft/metadata/metadata.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// A moment as text, to the second and in UTC: `2026-11-28T23:03:35Z`. Its bytes are in the order of time.
///
/// Takes    nanoseconds since 1970, as `document::mtime`.
[[nodiscard]] inline std::string utc_text(std::int64_t nanoseconds) {
    using namespace std::chrono;
    const auto           at = floor<seconds>(sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(nanoseconds)));
    const auto           day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss       time(at - day);
    std::string          text;
    const auto           put = [&](std::int64_t number, std::size_t digits, char behind) {
        const std::string all = std::to_string(number);
        text.append(digits > all.size() ? digits - all.size() : 0, '0').append(all).push_back(behind);
    };
    put(static_cast<int>(date.year()), 4, '-');
    put(static_cast<unsigned>(date.month()), 2, '-');
    put(static_cast<unsigned>(date.day()), 2, 'T');
    put(time.hours().count(), 2, ':');
    put(time.minutes().count(), 2, ':');
    put(time.seconds().count(), 2, 'Z');
    return text;
}

/// What is known of a document besides its own metadata.
///
/// Gives    `path`, its name in the corpus; `name`, what stands behind the last `/` of it; `type`, `markdown` or `plain`; and
///          `modified` (`utc_text`), where it came from a file.
[[nodiscard]] inline metadata known_fields(const document& d) {
    std::vector<field> known;
    if (d.mtime != 0) known.push_back({"modified", utc_text(d.mtime)});
    known.push_back({"name", d.name.substr(d.name.rfind('/') + 1)});
    known.push_back({"path", d.name});
    known.push_back({"type", std::string(d.kind == text_format::markdown ? "markdown" : "plain")});
    return metadata(std::move(known));
}

/// The fields of a document as filters see them: its own metadata, and for keys that these lack, what is known of it.
///
/// Borrows  both.
struct document_fields {
    const metadata* own   = nullptr;
    const metadata* known = nullptr; ///< `known_fields`

    /// What `key` holds, or nullptr.
    [[nodiscard]] const field_value* find(std::string_view key) const noexcept {
        const field_value* it = own == nullptr ? nullptr : own->find(key);
        return it != nullptr || known == nullptr ? it : known->find(key);
    }
    /// Calls f(key, value) for each field.
    template <class F>
    void each(F&& f) const {
        if (own != nullptr)
            for (const field& x : own->fields()) f(std::string_view(x.key), x.value);
        if (known != nullptr)
            for (const field& x : known->fields())
                if (own == nullptr || own->find(x.key) == nullptr) f(std::string_view(x.key), x.value);
    }
};

/// A chunk store for `narrow` and `matching`, whose filters also know `name`, `path`, `type` and `modified` of a document.
///
///     const fields_of_chunks fields(chunks);
///     auto ask = narrow(fields) | hybrid(…) | …;
///     const filter recent = where("modified") >= "2026-01-01" && where("path").starts_with("people/");
///
/// Borrows  the chunk store.
/// Costs    four fields a document.
class fields_of_chunks {
    const chunk_store*                            of_ = nullptr;
    std::vector<std::pair<document_id, metadata>> known_; // by document

public:
    fields_of_chunks() = default;
    explicit fields_of_chunks(const chunk_store& of) : of_(&of) {
        known_.reserve(of.documents().size());
        for (const auto& d : of.documents()) known_.emplace_back(d->id, known_fields(*d));
        sort_records(known_, [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    fields_of_chunks(const chunk_store&&) = delete;

    [[nodiscard]] chunks all() const noexcept { return of_->all(); }

    /// Those of the document that a chunk came from; none of an unknown one.
    [[nodiscard]] document_fields fields_of(chunk_id id) const noexcept {
        const document* d = of_->document_of(id);
        return d == nullptr ? document_fields{} : fields_of(*d);
    }
    [[nodiscard]] document_fields fields_of(const document& d) const noexcept {
        const auto at = std::lower_bound(known_.begin(), known_.end(), d.id,
                                         [](const auto& a, const auto& id) { return a.first < id; });
        return {&d.fields, at != known_.end() && at->first == d.id ? &at->second : nullptr};
    }
};

} // namespace graft::inline GRAFT_ABI
