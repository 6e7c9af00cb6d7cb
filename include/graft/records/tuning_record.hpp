// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/sha256.hpp>
#include <graft/json/json_text.hpp>
#include <graft/schema/message.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a file writes what a model is to learn.
enum class record_format : std::uint8_t {
    completion, ///< `prompt` and `completion`
    chat,       ///< `messages` of `role` and `content`
    alpaca,     ///< `instruction`, `input` and `output`
    sharegpt,   ///< `conversations` of `from` and `value`
    preference, ///< `chosen` and `rejected`, behind a `prompt`, an `instruction`, or turns that both begin with
    rewriting,  ///< `disfluent` and `original`: a question as it was spoken, and as it was meant
    text,       ///< `text` alone: a document, all of which is learned
};

/// The word for a format, as reports have it.
[[nodiscard]] constexpr std::string_view name(record_format of) noexcept {
    switch (of) {
    case record_format::completion: return "completion";
    case record_format::chat: return "chat";
    case record_format::alpaca: return "alpaca";
    case record_format::sharegpt: return "sharegpt";
    case record_format::preference: return "preference";
    case record_format::rewriting: return "rewriting";
    case record_format::text: return "text";
    }
    return "unknown";
}

/// What somebody says in a record.
struct record_turn {
    speaker     from = speaker::user;
    std::string text = {};

    bool operator==(const record_turn&) const = default;
};

/// One example to learn from, whatever format it came in: turns that are given, and what is to be answered.
struct tuning_record {
    std::vector<record_turn> given = {}; ///< at least one; none of a document
    std::string answer = {}; ///< what the assistant is to say next: the completion, what was chosen; all of a document
    std::optional<std::string> rejected = {}; ///< what it is not to say, of a preference

    std::string id =
        {}; ///< as the file has it, else the number of the row, behind as many `#` as keep it from the ids of others
    std::string   group       = {}; ///< records of one group stay on one side of a split
    std::string   source      = {}; ///< where it came from, as the file says
    std::string   reviewed_by = {}; ///< who approved it
    bool          approved    = false;
    std::uint64_t row         = 0; ///< its line, from 1; in a JSON array or object its place, from 0

    bool operator==(const tuning_record&) const = default;

    /// What is learned and nothing else, as one JSON text: the same lesson has the same form in every format and file.
    [[nodiscard]] std::string canonical() const {
        static constexpr const char* who[] = {"system", "user", "assistant", "tool"};
        std::string                  text  = "{\"given\":[";
        for (std::size_t i = 0; i < given.size(); ++i) {
            text.append(i == 0 ? "[\"" : ",[\"").append(who[static_cast<std::size_t>(given[i].from)]).append("\",");
            append_json_text(text, given[i].text);
            text += ']';
        }
        text += "],\"answer\":";
        append_json_text(text, answer);
        if (rejected) {
            text += ",\"rejected\":";
            append_json_text(text, *rejected);
        }
        return text += '}';
    }
    /// SHA-256 of `canonical()`: the name under which lineage knows the record.
    [[nodiscard]] digest256 digest() const { return sha256(canonical()); }

    /// All that is said, a turn a line.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const record_turn& t : given) all.append(t.text).append("\n");
        return all.append(answer);
    }
    /// The same without what the system says, which many records share word for word: what duplicates are looked for in.
    [[nodiscard]] std::string exchange() const {
        std::string all;
        for (const record_turn& t : given)
            if (t.from != speaker::system) all.append(t.text).append("\n");
        return all.append(answer);
    }
};

} // namespace graft::inline GRAFT_ABI
