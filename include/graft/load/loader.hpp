// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>
#include <graft/base/hash.hpp>
#include <graft/docs/document.hpp>
#include <graft/load/read_text.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a loader is given beside the bytes of a file.
struct loading {
    context&            c;       ///< whether to stop, and by when
    std::vector<error>& reports; ///< of what is read all the same
    utf8_policy         bad_utf8 = utf8_policy::repair;
};

/// Turns the files of a format into documents. A loader is a value, and cheap to copy.
///
///     takes          whether a file is one of its own: by its first bytes, or by its name where these tell nothing
///     read           the document that the bytes become: text, `kind`, `body`, title, fields, `origins`, `damaged`. What it leaves
///                    empty is given by whoever asked: the name, what the disk says, a title. Text of `kind` Markdown is cut as
///                    Markdown is, so a heading, a list, a table or code in another format is written as one there
///     fingerprint    of all that decides what it makes of the same bytes, not 0: with another one a file is read again
template <class L>
concept loader = std::copy_constructible<L> &&
                 requires(const L& l, std::string_view name, std::string_view bytes, std::string all, loading& how) {
                     { l.takes(name, bytes) } -> std::same_as<bool>;
                     { l.read(name, std::move(all), how) } -> std::same_as<result<document>>;
                     { l.fingerprint() } -> std::same_as<std::uint64_t>;
                 };

/// Several loaders, in the order in which they are asked: `load_folder(path, {.with = loaders(html_loader{})})`. Which ones stand
/// in a program is decided where it is compiled. Cheap to copy: the copies share them.
class loaders {
    struct one {
        std::shared_ptr<const void> it;
        std::uint64_t               fingerprint;
        bool (*takes)(const void*, std::string_view, std::string_view);
        result<document> (*read)(const void*, std::string_view, std::string, loading&);
    };
    std::vector<one> all_;

    template <class L>
    static one make(L l) {
        const std::uint64_t made = l.fingerprint();
        return {std::make_shared<const L>(std::move(l)), made,
                [](const void* it, std::string_view name, std::string_view bytes) {
                    return static_cast<const L*>(it)->takes(name, bytes);
                },
                [](const void* it, std::string_view name, std::string bytes, loading& how) {
                    return static_cast<const L*>(it)->read(name, std::move(bytes), how);
                }};
    }

public:
    loaders() = default;
    template <class... L>
        requires(sizeof...(L) > 0) && (!std::is_same_v<L, loaders> && ...) && (loader<L> && ...)
    explicit loaders(L... each) {
        (all_.push_back(make(std::move(each))), ...);
    }

    /// The fingerprint of the first one that takes a file; 0: none does.
    [[nodiscard]] std::uint64_t taking(std::string_view name, std::string_view bytes) const {
        for (const one& l : all_)
            if (l.takes(l.it.get(), name, bytes)) return l.fingerprint;
        return 0;
    }
    /// Whether one of them has that fingerprint.
    [[nodiscard]] bool has(std::uint64_t fingerprint) const noexcept {
        for (const one& l : all_)
            if (l.fingerprint == fingerprint) return true;
        return false;
    }
    /// What the one of that fingerprint makes of the bytes.
    ///
    /// Fails    as that loader; `not_read` where there is none.
    [[nodiscard]] result<document> read(std::uint64_t fingerprint, std::string_view name, std::string bytes,
                                        loading& how) const {
        for (const one& l : all_)
            if (l.fingerprint == fingerprint) return l.read(l.it.get(), name, std::move(bytes), how);
        return error{fault::not_read, unit::none, 0, std::string(name)};
    }
};

/// Reads Markdown, as every folder is read, under further names: `markdown_loader{{".mdx", ".qmd"}}`.
struct markdown_loader {
    std::vector<std::string> extensions = {std::begin(markdown_extensions), std::end(markdown_extensions)};

    [[nodiscard]] bool takes(std::string_view name, std::string_view bytes) const {
        if (file_format_of(name, bytes, true) != file_format::text) return false;
        for (const std::string& extension : extensions)
            if (detail::ends_with(name, extension)) return true;
        return false;
    }
    [[nodiscard]] result<document> read(std::string_view name, std::string bytes, loading& how) const {
        const folder_entry file{.name = std::string(name), .kind = entry_kind::file, .size = bytes.size()};
        return detail::read_document(file, std::move(bytes), text_format::markdown, how.bad_utf8, false, how.reports);
    }
    [[nodiscard]] std::uint64_t fingerprint() const {
        std::string all = "markdown";
        for (const std::string& extension : extensions) all += '\0' + extension;
        return hash64(all);
    }
};

} // namespace graft::inline GRAFT_ABI
