// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <graft/version.hpp>

namespace graft::inline GRAFT_ABI {

/// A piece of a prompt. Untrusted text came from a document or a user: a decoder tokenises it alone, a text renderer
/// seals it.
struct segment {
    std::string_view text    = {};
    bool             trusted = false;
    std::uint32_t    mark    = 0; ///< the source that it belongs to, from 1; 0: none

    template <class F>
    constexpr void each_view(F&& f) {
        f(text);
    }
};

/// Who says a message. What a tool gave is a turn of its own where a chat format has one, the user's elsewhere.
enum class speaker : std::uint8_t { system, user, assistant, tool };

/// One turn of a conversation, in pieces.
struct message {
    speaker                  from     = speaker::user;
    std::span<const segment> segments = {};

    template <class F>
    constexpr void each_view(F&& f) {
        f(segments);
    }
};

} // namespace graft::inline GRAFT_ABI
