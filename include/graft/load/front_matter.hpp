// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>
#include <graft/metadata/metadata.hpp>

#if !GRAFT_KERNELS_COMPILED
#    include <graft/load/front_matter_toml.hpp>
#    include <graft/load/front_matter_yaml.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace graft::inline GRAFT_ABI {

/// What stands before the body of a file.
struct front_matter {
    metadata      fields = {};
    std::size_t   body   = 0; ///< the first byte behind it, and behind a byte-order mark
    std::uint64_t unread = 0; ///< the first line of it that cannot be read, from 1; 0: none
};

namespace detail {

/// `find_front_matter`, as `graft::kernels` has compiled it.
[[nodiscard]] front_matter compiled_front_matter(std::string_view text);

#if !GRAFT_KERNELS_COMPILED
[[nodiscard]] inline front_matter find_front_matter(std::string_view text) {
    front_matter      it;
    const std::size_t mark       = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    it.body                      = mark;
    std::string_view       rest  = text.substr(mark);
    const std::string_view first = take_line(rest);
    const std::string_view fence = trimmed(first);
    if ((fence != "---" && fence != "+++") || !first.starts_with(fence)) return it;
    const bool             yaml   = fence == "---";
    const std::string_view inside = rest;
    bool                   blank = false, any = false;
    while (!rest.empty()) {
        const std::size_t      begin = static_cast<std::size_t>(rest.data() - inside.data());
        const std::string_view line  = take_line(rest);
        const std::string_view words = trimmed(line);
        if (yaml && words.empty() && begin == 0) return it;
        const bool closes =
            (line.starts_with(fence) && words == fence) || (yaml && line.starts_with("...") && words == "...");
        if (!closes) {
            any   = true;
            blank = words.empty();
            continue;
        }
        const std::string_view lines = inside.substr(0, begin);
        field_list             found;
        if (yaml) {
            yaml_fields      read(lines);
            std::string_view below   = lines;
            const bool       heading = take_line(below).starts_with("#") && trimmed(take_line(below)).empty();
            if (read.prose() || (read.plain() && (blank || heading))) return it;
            found = read.take();
        } else {
            toml_fields read(lines);
            if (read.prose()) return it;
            found = read.take();
        }
        if (any && !found.keyed) return it; // comments only
        it.fields = metadata(std::move(found.all));
        if (found.unread == std::string_view::npos) {
            it.body = text.size() - rest.size();
        } else {
            it.unread = 2 + static_cast<std::uint64_t>(std::count(
                                lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(found.unread), '\n'));
        }
        return it;
    }
    return it;
}
#endif

} // namespace detail

/// Reads the front matter of a file: between two lines `---` (YAML; `...` closes it too), or `+++` (TOML). The opener is the
/// first line of the file, behind a byte-order mark where there is one.
///
/// A thematic break is none. Behind `---` no blank line may follow, and every line at the margin that is not inside a value must
/// be a `key: value`, an item, a comment or blank, the first a key (pandoc's rule; of TOML: a key, a table, a comment). A
/// block that begins with a heading or ends with a blank line, as text between two breaks does, and in which every key could
/// begin a sentence and every value is words (`Anna: good day.`), is text too. Without a closing line there is no front
/// matter.
///
/// Gives    typed fields: true and false, whole numbers, decimal numbers, texts, lists of these. A value may take several
///          lines: lists and maps in brackets, `- item` lists, texts in quotes, `|` and `>` blocks (without the line ends
///          behind them), indented words. The keys of a map or table stand behind its own and a point: `author.name`. The
///          rest (dates, null, numbers with leading zeros, lists of maps or lists, maps deeper than 64) is the text that
///          stands there. The colon that ends a key is the first one with a blank or the line's end behind it, outside of
///          quotes. Of a key that comes twice the last counts; of TOML's [[table]] too.
///          Where something in it cannot be read (brackets or quotes that do not close, words behind them, a line that
///          belongs to no key), `unread` names the line, `fields` holds what could be read, and the body begins at once:
///          no text is lost.
/// Costs    time and space linear in its bytes, but for the sorting of its keys.
inline front_matter read_front_matter(std::string_view text) {
#if GRAFT_KERNELS_COMPILED
    return detail::compiled_front_matter(text);
#else
    return detail::find_front_matter(text);
#endif
}

} // namespace graft::inline GRAFT_ABI
