// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/docs/corpus.hpp>
#include <graft/load/formats.hpp>
#include <graft/load/front_matter.hpp>
#include <graft/store/io.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What happens to a text file that is not all UTF-8 (or UTF-16, UTF-32, where its mark names these); it is reported in any
/// case.
enum class utf8_policy : std::uint8_t {
    repair, ///< each ill-formed sequence becomes U+FFFD, and `document::origin` maps back to the file's bytes
    skip,   ///< the file is left out
};

/// The extensions, in any case, of files that are read as Markdown. Everything else that is text is plain text.
inline constexpr std::string_view markdown_extensions[] = {".md", ".markdown", ".mdown", ".mkd", ".mkdn"};

namespace detail {

[[nodiscard]] inline text_format media_of(std::string_view name) noexcept {
    for (const std::string_view extension : markdown_extensions)
        if (ends_with(name, extension)) return text_format::markdown;
    return text_format::plain;
}

/// The bytes as valid UTF-8, in `d` with all that says where they came from.
///
/// Fails    `not_text` and `other_encoding` with a byte; with `skip`, what would have been reported.
[[nodiscard]] inline result<void> read_characters(document& d, std::string bytes, utf8_policy policy,
                                                  std::vector<error>& reports) {
    d.written        = unicode::encoding_of(bytes);
    const bool  utf8 = d.written == unicode::encoding::utf8;
    const fault bad  = utf8 ? fault::bad_utf8 : fault::bad_encoding;
    std::size_t at   = std::string_view::npos;
    const auto  here = [&](fault what, std::size_t byte) { return error{what, unit::byte, byte, d.name}; };
    if (utf8) {
        const auto* nul = bytes.empty() ? nullptr : std::memchr(bytes.data(), 0, bytes.size());
        if (nul != nullptr && unicode::look_at(bytes) == unicode::content::other_encoding)
            return here(fault::other_encoding, 0);
        if (nul != nullptr)
            return here(fault::not_text, static_cast<std::size_t>(static_cast<const char*>(nul) - bytes.data()));
        if (at = unicode::first_invalid(bytes); at == std::string_view::npos) {
            // Seven bits, and yet no UTF-8: ISO-2022 tells by its escapes.
            const std::size_t escape = bytes.find("\x1B$");
            if (escape != std::string::npos && bytes.find_first_of("B@A)(", escape + 2) == escape + 2)
                return here(fault::other_encoding, escape);
            d.text = std::move(bytes);
            return done;
        }
    }
    unicode::repaired better = unicode::to_utf8(bytes, d.written);
    if (!utf8) {
        if (const std::size_t nul = better.text.find('\0'); nul != std::string::npos)
            return here(fault::not_text, unicode::origin(better.text, d.written, {}, bytes.size(), {nul, nul}).begin);
        at = better.patches.empty() ? 0 : better.patches.front().original;
    }
    std::size_t damaged = 0;
    for (const unicode::patch& p : better.patches) damaged += p.length;
    if (damaged > bytes.size() / 8) {
        const bool text = utf8 && file_format_of(d.name) == file_format::text &&
                          unicode::look_at(bytes) == unicode::content::other_encoding;
        return here(text ? fault::other_encoding : fault::not_text, at);
    }
    if (damaged > 0 && policy == utf8_policy::skip) return here(bad, at);
    if (damaged > 0) reports.push_back(here(bad, at));
    d.text    = std::move(better.text);
    d.patches = std::move(better.patches);
    d.steps   = unicode::unit_steps(d.text, d.written);
    return done;
}

/// Reports the line of the front matter that cannot be read.
inline void report_front_matter(const document& d, const front_matter& head, std::vector<error>& reports) {
    if (head.unread > 0) reports.push_back({fault::bad_format, unit::line, head.unread, d.name});
}

/// Turns the bytes of a file into a document without an id.
///
/// Fails    `not_text` with the byte of the first NUL, or where more than one byte in eight is bad and it does not look like
///          text; `other_encoding` where it does; `not_read` for a document of another format; `bad_utf8` or `bad_encoding`
///          with the byte of the first bad one, if it is to be skipped.
[[nodiscard]] inline result<document> read_document(const folder_entry& file, std::string bytes, text_format kind,
                                                    utf8_policy policy, bool read_markup, std::vector<error>& reports) {
    document d;
    d.name             = file.name;
    d.size             = file.size;
    d.mtime            = file.mtime;
    d.stamp            = file.stamp;
    d.kind             = kind;
    const auto refused = [&](std::string_view text) -> result<void> {
        const file_format format = file_format_of(d.name, text, d.kind == text_format::markdown);
        if (is_unread_document(format) && !(read_markup && is_markup(format)))
            return error{fault::not_read, unit::none, static_cast<std::uint64_t>(format), d.name};
        return done;
    };
    if (auto ok = refused(bytes); !ok) return ok.error();
    if (auto ok = read_characters(d, std::move(bytes), policy, reports); !ok) return ok.error();
    if (d.written != unicode::encoding::utf8)
        if (auto ok = refused(d.text); !ok) return ok.error();
    // A drawing that is written as text is a drawing.
    if (file_format_of(d.name) == file_format::picture) return error{fault::not_text, unit::none, 0, d.name};
    front_matter head = read_front_matter(d.text);
    report_front_matter(d, head, reports);
    d.body   = head.body;
    d.fields = std::move(head.fields);
    give_title(d);
    d.digest = sha256(d.text);
    return d;
}

/// Says again of a document that is not read again what was said when it was.
inline void report_again(const document& d, std::vector<error>& reports) {
    if (!d.patches.empty())
        reports.push_back({d.written == unicode::encoding::utf8 ? fault::bad_utf8 : fault::bad_encoding, unit::byte,
                           d.patches.front().original, d.name});
    if (d.damaged > 0) reports.push_back({fault::bad_encoding, unit::byte, d.damaged - 1, d.name});
    if (d.origins.empty() && d.body <= 3 && !d.text.empty()) report_front_matter(d, read_front_matter(d.text), reports);
}

} // namespace detail

/// Makes a document of the bytes of a text that is in no folder, as `load_folder` does with a file of that name: what the bytes
/// are, repairs, front matter, title. It has no id yet: `corpus::add` gives one.
///
/// Gives    in `reports`: `bad_utf8` or `bad_encoding` with the first bad byte where it was repaired, and then
///          `document::origin` maps back; `bad_format` with the line of front matter that cannot be read.
/// Fails    `not_text` and `other_encoding` with a byte; `not_read` with its format; `bad_utf8` and `bad_encoding`, if it is
///          to be skipped.
[[nodiscard]] inline result<document> read_text(std::string_view name, std::string bytes, std::vector<error>& reports,
                                                utf8_policy policy = utf8_policy::repair) {
    const folder_entry entry{.name = std::string(name), .kind = entry_kind::file, .size = bytes.size()};
    return detail::read_document(entry, std::move(bytes), detail::media_of(name), policy, false, reports);
}

} // namespace graft::inline GRAFT_ABI
