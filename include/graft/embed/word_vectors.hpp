// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/embed/static_table.hpp>
#include <graft/store/mapped.hpp>
#include <graft/weights/decode.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a file of word vectors is read.
struct word_vectors_params {
    std::size_t most = static_cast<std::size_t>(-1); ///< of its words, the first ones, which are the most frequent
    bool        map  = false;                        ///< map the file while it is read: see `open_weights`
};

namespace detail {

/// Reads GloVe's text, and text and binary files of word2vec.
class word_vectors_reader {
    std::string_view              bytes_;
    const std::string&            name_;
    std::size_t                   most_;
    std::size_t                   at_ = 0, line_ = 0;
    std::vector<std::string_view> words_;
    matrix<float>                 rows_;

    [[nodiscard]] error refuse(fault what, unit of, std::uint64_t where) const { return {what, of, where, name_}; }
    [[nodiscard]] static bool blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

    /// The line at `at`, without blanks at its end.
    [[nodiscard]] std::string_view line_at(std::size_t at) const noexcept {
        std::string_view line = bytes_.substr(at, bytes_.find('\n', at) - at);
        while (!line.empty() && blank(line.back())) line.remove_suffix(1);
        return line;
    }
    void next_line() noexcept {
        const std::size_t end = bytes_.find('\n', at_);
        at_                   = end == bytes_.npos ? bytes_.size() : end + 1;
        ++line_;
    }
    /// The last field of a line, which is taken off.
    [[nodiscard]] static std::string_view last_field(std::string_view& line) noexcept {
        while (!line.empty() && blank(line.back())) line.remove_suffix(1);
        std::size_t begin = line.size();
        while (begin > 0 && !blank(line[begin - 1])) --begin;
        const std::string_view field = line.substr(begin);
        line.remove_suffix(field.size());
        return field;
    }
    template <class T>
    [[nodiscard]] static bool number(std::string_view text, T& to) noexcept {
        const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), to);
        return why == std::errc() && end == text.data() + text.size();
    }
    /// A word and its numbers, the last ones of the line: a word may hold blanks itself.
    [[nodiscard]] static bool read_line(std::string_view line, std::span<float> to, std::string_view& word) noexcept {
        for (std::size_t i = to.size(); i-- > 0;)
            if (!number(last_field(line), to[i])) return false;
        if (line.empty() || !blank(line.back())) return false;
        line.remove_suffix(1);
        word = line;
        return true;
    }
    /// The first line of word2vec: how many words, how many numbers each.
    [[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> header() const noexcept {
        std::string_view line  = line_at(0);
        std::uint64_t    words = 0, dims = 0;
        const auto       second = last_field(line), first = last_field(line);
        if (!line.empty() || !number(first, words) || !number(second, dims)) return std::nullopt;
        return std::pair(words, dims);
    }

    [[nodiscard]] result<void> text(std::size_t dims, std::optional<std::uint64_t> wanted) {
        std::uint64_t lines = 0;
        for (std::size_t at = at_; at < bytes_.size(); ++lines) {
            const std::size_t end = bytes_.find('\n', at);
            at                    = end == bytes_.npos ? bytes_.size() : end + 1;
        }
        if (wanted && lines < *wanted) return refuse(fault::truncated, unit::line, line_ + lines);
        if (wanted && lines > *wanted) return refuse(fault::malformed, unit::line, line_ + *wanted + 1);
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(lines, most_));
        if (dims > bytes_.size()) return refuse(fault::malformed, unit::line, 1); // each number takes a byte
        if (lines > 0 && n > bytes_.size() / dims) return refuse(fault::bad_format, unit::line, line_ + 1);
        rows_ = matrix<float>(n, dims);
        words_.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (!read_line(line_at(at_), rows_.row(i), words_[i]))
                return refuse(fault::bad_format, unit::line, line_ + 1);
            next_line();
        }
        return done;
    }
    [[nodiscard]] result<void> binary(std::uint64_t words, std::uint64_t dims) {
        const std::size_t left = bytes_.size() - at_;
        if (dims > left / sizeof(float) || words > left / (dims * sizeof(float)))
            return refuse(fault::truncated, unit::byte, bytes_.size());
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(words, most_));
        rows_        = matrix<float>(n, static_cast<std::size_t>(dims));
        words_.resize(n);
        const std::size_t width = rows_.dims() * sizeof(float);
        for (std::size_t i = 0; i < words; ++i) {
            if (at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
            const std::size_t end = bytes_.find(' ', at_);
            if (end == bytes_.npos || bytes_.size() - end - 1 < width)
                return refuse(fault::truncated, unit::byte, bytes_.size());
            if (i < n) {
                words_[i]       = bytes_.substr(at_, end - at_);
                const auto from = reinterpret_cast<const std::byte*>(bytes_.data() + end + 1);
                for (std::size_t j = 0; j < rows_.dims(); ++j) rows_.row(i)[j] = load_number<float>(from + 4 * j);
            }
            at_ = end + 1 + width;
        }
        if (at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
        if (at_ != bytes_.size()) return refuse(fault::unexpected, unit::byte, at_);
        return done;
    }

public:
    word_vectors_reader(std::span<const std::byte> bytes, const std::string& name, std::size_t most)
        : bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), name_(name), most_(most) {}

    [[nodiscard]] result<static_table_parts> read() {
        if (bytes_.empty()) return refuse(fault::no_input, unit::none, 0);
        while (bytes_.ends_with("\n\n")) bytes_.remove_suffix(1);
        result<void> ok = done;
        if (const auto head = header()) {
            next_line();
            const auto [words, dims] = *head;
            if (words == 0 || dims == 0) return refuse(fault::malformed, unit::line, 1);
            std::vector<float> first(static_cast<std::size_t>(std::min<std::uint64_t>(dims, bytes_.size())));
            std::string_view   word;
            if (read_line(line_at(at_), first, word)) ok = text(first.size(), words);
            else ok = binary(words, dims);
        } else {
            std::string_view line   = line_at(0);
            std::size_t      fields = 0;
            while (!line.empty() && !last_field(line).empty()) ++fields;
            if (fields < 2) return refuse(fault::bad_format, unit::line, 1);
            ok = text(fields - 1, std::nullopt);
        }
        if (!ok) return ok.error();
        auto words = word_vocabulary::of(words_);
        if (!words) return words.error();
        return static_table_parts{std::move(*words), std::move(rows_)};
    }
};

} // namespace detail

/// A static table from a file of word vectors: GloVe's text (a word and its numbers a line), or word2vec's, text or binary (a line with two
/// counts before them). A text is read word by word, see `word_vocabulary`; its vector is the mean, scaled to length 1.
///
/// Costs    a copy of the numbers. Of equal words the first counts.
/// Fails    `bad_format` (line), `truncated`, `malformed` or `unexpected` for another number of words than the file says; `not_finite` (row); `no_input`;
///          whatever the file system gives
template <readable_files F>
[[nodiscard]] result<static_table> load_word_vectors(const F& fs, const std::string& path,
                                                     const word_vectors_params& with = {}) {
    const auto bytes = load_bytes(fs, path, with.map);
    if (!bytes) return bytes.error();
    auto parts = detail::word_vectors_reader(bytes->all(), path, with.most).read();
    if (!parts) return parts.error();
    auto made = static_table::of(std::move(*parts));
    if (!made) {
        auto why    = made.error();
        why.subject = path + ": " + why.subject;
        return why;
    }
    return made;
}

} // namespace graft::inline GRAFT_ABI
