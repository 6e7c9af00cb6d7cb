// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What a place in a JSON text holds; `absent` where there is no such place.
enum class json_kind : std::uint8_t { absent, null, boolean, number, text, array, object };

namespace detail {

/// How a number was written: without sign and point, with a sign, or as anything else.
enum class json_number : std::uint8_t { none, natural, negative, real };

/// One value. A key is a text; its value is the row behind it.
struct json_row {
    json_kind     kind   = json_kind::null;
    json_number   number = json_number::none;
    std::uint32_t size   = 0; ///< bytes of a text, values of an array or object
    std::uint64_t bits   = 0; ///< the number or truth itself; where a text begins; the row behind an array or object
};

/// A JSON text as rows in its own order: an array or object, then what it holds, each followed by what *it* holds.
struct json_rows {
    std::vector<json_row> rows;
    std::vector<char>     texts;
    std::string           name; ///< of the file

    [[nodiscard]] std::string_view text(std::size_t row) const noexcept {
        return {texts.data() + rows[row].bits, rows[row].size};
    }
    /// The row behind a value and all that it holds.
    [[nodiscard]] std::size_t behind(std::size_t row) const noexcept {
        const json_row& r = rows[row];
        return r.kind == json_kind::array || r.kind == json_kind::object ? static_cast<std::size_t>(r.bits) : row + 1;
    }
    /// `name: model.vocab[3]`: the place of a value, as errors tell it; `below` is what is looked for there, `.key` or `[7]`.
    [[nodiscard]] std::string place(std::size_t row, std::string_view below = {}) const {
        std::string path;
        for (std::size_t at = 0; at != row && rows[at].size > 0;) {
            const bool  object = rows[at].kind == json_kind::object;
            std::size_t child = at + (object ? 2 : 1), ordinal = 0;
            for (; behind(child) <= row; ++ordinal) child = behind(child) + (object ? 1 : 0);
            if (object) path.append(path.empty() ? "" : ".").append(text(child - 1));
            else path.append("[").append(std::to_string(ordinal)).append("]");
            at = child;
        }
        path.append(path.empty() && below.starts_with('.') ? below.substr(1) : below);
        return name.empty() ? path : path.empty() ? name : name + ": " + path;
    }
};

/// Finds a key that an object has twice.
class json_keys {
    std::vector<std::uint64_t> table_; // upper half of the hash, and the key's row

public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    /// The row of the second of two equal keys, `none` where all differ. The object is complete but for its end.
    ///
    /// Costs    one pass over the keys; a table of twice their number where there are more than a few.
    [[nodiscard]] std::uint32_t twice(const json_rows& in, std::uint32_t object) {
        const std::size_t n    = in.rows[object].size;
        const auto        each = [&](auto&& f) {
            std::size_t key = object + 1;
            for (std::size_t i = 0; i < n; ++i, key = in.behind(key + 1))
                if (!f(static_cast<std::uint32_t>(key), i)) return static_cast<std::uint32_t>(key);
            return none;
        };
        if (n <= 8)
            return each([&](std::uint32_t key, std::size_t i) {
                std::size_t other = object + 1;
                for (std::size_t j = 0; j < i; ++j, other = in.behind(other + 1))
                    if (in.text(key) == in.text(other)) return false;
                return true;
            });
        const std::size_t mask = std::bit_ceil(2 * n) - 1;
        table_.assign(mask + 1, 0); // 0 is free: row 0 is no key
        return each([&](std::uint32_t key, std::size_t) {
            const std::uint64_t h = hash64(in.text(key));
            for (std::size_t at = h & mask;; at = (at + 1) & mask) {
                const std::uint64_t there = table_[at];
                if (there == 0) return table_[at] = (h >> 32 << 32) | key, true;
                if (there >> 32 == h >> 32 && in.text(static_cast<std::uint32_t>(there)) == in.text(key)) return false;
            }
        });
    }
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
