// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_names.hpp>

#include <gumbo.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

// The one header of graft that includes gumbo: the optional part graft::html.

namespace graft::inline GRAFT_ABI::detail {

/// Memory of one tree, given back at once: gumbo's own way of freeing a tree calls itself for each level of it. What gumbo gives
/// back before is used again.
class html_memory {
    using block                       = std::unique_ptr<char[]>;
    static constexpr std::size_t size = 1 << 18, small = 512, head = 8;
    std::vector<block>           blocks_;
    std::size_t                  used_                = size;
    void*                        free_[small / 8 + 1] = {}; // of each size, one behind the other
    std::vector<block>           large_;

public:
    static void* give(void* self, std::size_t n) noexcept { // gumbo, in C, takes no exception
        auto&             my    = *static_cast<html_memory*>(self);
        const std::size_t bytes = std::max<std::size_t>((n + 7) / 8 * 8, 8);
        if (bytes > small) return my.large_.emplace_back(new char[bytes + head]()).get() + head;
        if (void*& first = my.free_[bytes / 8]; first != nullptr) {
            void* const out = first;
            std::memcpy(&first, out, sizeof first);
            return out;
        }
        if (my.used_ + bytes + head > size) my.blocks_.emplace_back(new char[size]), my.used_ = 0;
        char* const at = my.blocks_.back().get() + my.used_;
        my.used_ += bytes + head;
        const std::uint64_t written = bytes;
        std::memcpy(at, &written, sizeof written);
        return at + head;
    }
    static void take(void* self, void* at) noexcept {
        if (at == nullptr) return;
        auto&         my    = *static_cast<html_memory*>(self);
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, static_cast<char*>(at) - head, sizeof bytes);
        if (bytes > 0) {
            void*& first = my.free_[bytes / 8];
            std::memcpy(at, &first, sizeof first);
            first = at;
            return;
        }
        for (std::size_t i = my.large_.size(), looks = 0; i-- > 0 && looks < 8; ++looks)
            if (my.large_[i].get() + head == at) {
                my.large_.erase(my.large_.begin() + static_cast<std::ptrdiff_t>(i));
                return;
            }
    }
};

/// A page as gumbo's tree.
class html_tree {
    std::unique_ptr<html_memory> memory_ = std::make_unique<html_memory>();
    GumboOutput*                 output_ = nullptr;

public:
    /// Borrows  the page.
    explicit html_tree(std::string_view page) {
        GumboOptions how = kGumboDefaultOptions;
        how.allocator    = html_memory::give;
        how.deallocator  = html_memory::take;
        how.userdata     = memory_.get();
        how.max_errors   = 0;
        output_          = gumbo_parse_with_options(&how, page.data(), page.size());
    }
    [[nodiscard]] const GumboNode* root() const noexcept { return output_->root; }
};

[[nodiscard]] inline bool is_element(const GumboNode* n) noexcept { return n->type == GUMBO_NODE_ELEMENT; }
[[nodiscard]] inline bool is_text(const GumboNode* n) noexcept {
    return n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA;
}
[[nodiscard]] inline std::string_view text_of(const GumboNode* n) noexcept { return n->v.text.text; }
[[nodiscard]] inline bool             is_tag(const GumboNode* n, GumboTag tag) noexcept {
    return is_element(n) && n->v.element.tag == tag;
}
[[nodiscard]] inline std::string_view attribute_of(const GumboNode* n, const char* name) noexcept {
    const GumboAttribute* a = gumbo_get_attribute(&n->v.element.attributes, name);
    return a != nullptr ? std::string_view(a->value) : std::string_view();
}
[[nodiscard]] inline bool has_attribute(const GumboNode* n, const char* name) noexcept {
    return gumbo_get_attribute(&n->v.element.attributes, name) != nullptr;
}
[[nodiscard]] inline std::string_view name_of(const GumboNode* n) noexcept {
    return gumbo_normalized_tagname(n->v.element.tag); // empty for one that HTML does not have
}

/// Calls f(child) for each child of an element.
template <class F>
void each_child(const GumboNode* n, F&& f) {
    const GumboVector& all = n->v.element.children;
    for (unsigned i = 0; i < all.length; ++i) f(static_cast<const GumboNode*>(all.data[i]));
}

} // namespace graft::inline GRAFT_ABI::detail
