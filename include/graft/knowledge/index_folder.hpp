// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/store/manifest.hpp>
#include <graft/store/snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What lies where an index is to be, before anything is written there.
enum class index_state : std::uint8_t {
    none,       ///< nothing, or a folder without a visible file: an index may be made there
    there,      ///< an index, whole or damaged; or something that opening it will name
    unfinished, ///< what a first commit leaves that was cut short
    headless,   ///< parts of an index whose manifests are gone
    foreign,    ///< other files
};

/// Looks at the names in a folder, and at the newest manifest where no part lies beside it: what calls itself so may be
/// anybody's. Writes nothing.
///
/// Takes    the part that is written last. Where it is there and no manifest is even pending, a commit had its manifest.
template <readable_files F>
[[nodiscard]] index_state look_at_index(const F& fs, const std::string& folder, std::string_view last_part) {
    const auto names = fs.names(folder);
    if (!names) return names.error().what == fault::not_found ? index_state::none : index_state::there;
    bool          manifests = false, parts = false, others = false, pending = false, whole = false, first = true;
    std::uint64_t newest = 0;
    for (const std::string& n : *names) {
        const auto is = detail::store_name_of(n);
        if (is.what == is.manifest) manifests = true, newest = is.generation > newest ? is.generation : newest;
        else if (is.what == is.part) {
            parts = true;
            first = first && is.generation == 1;
            whole = whole || (n.starts_with(last_part) && n.substr(last_part.size()).starts_with('-'));
        } else if (is.what == is.pending) pending = true;
        else if (is.what == is.other && n != detail::writer_lock && !n.starts_with('.') && n != "lost+found")
            others = true;
    }
    if (manifests && !parts) {
        const auto read = detail::read_manifest(fs, folder, newest);
        if (!read && read.error().what == fault::foreign) return index_state::foreign;
    }
    if (manifests) return index_state::there;
    if (parts) return first && (pending || !whole) ? index_state::unfinished : index_state::headless;
    return others ? index_state::foreign : index_state::none;
}

} // namespace graft::inline GRAFT_ABI
