// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/html/html_bytes.hpp>
#include <graft/html/html_tags.hpp>
#include <graft/html/html_tree.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// From the bytes of a thinned page back to those of its file.
class html_places {
    const thin_html*                thin_;
    const std::vector<text_origin>* file_;
    std::size_t                     size_; // of the page in UTF-8

    [[nodiscard]] std::size_t in_page(std::size_t at) const noexcept {
        const auto behind = std::upper_bound(thin_->cuts.begin(), thin_->cuts.end(), at,
                                             [](std::size_t x, const html_cut& c) { return x < c.at; });
        if (behind == thin_->cuts.begin()) return 0;
        return std::min<std::size_t>(behind[-1].from + (at - behind[-1].at), size_);
    }

public:
    html_places(const thin_html& thin, const std::vector<text_origin>& file, std::size_t size)
        : thin_(&thin), file_(&file), size_(size) {}

    /// The bytes of the file of bytes [begin, end) of the thinned page, which are not cut.
    [[nodiscard]] byte_span of(std::size_t begin, std::size_t end) const noexcept {
        const std::size_t from = in_page(begin), to = std::min(end > begin ? in_page(end - 1) + 1 : from, size_);
        if (file_->empty()) return {from, to};
        return origin_in(*file_, size_, {from, to});
    }
    /// Where the bytes of a text node stand in the thinned page; `npos` where gumbo made them.
    [[nodiscard]] std::size_t place(const GumboStringPiece& raw) const noexcept {
        const char* const first = thin_->text.data();
        if (raw.data == nullptr || raw.data < first || raw.data > first + thin_->text.size())
            return std::string_view::npos;
        return static_cast<std::size_t>(raw.data - first);
    }
};

/// Goes over a text as gumbo decoded it, beside the bytes that it decoded: which of these each character came from.
class html_alignment {
    std::string_view text_, raw_;
    std::size_t      at_ = 0;

    /// The bytes of the entity at `at_` that became `length` bytes of the text at `i`; 1 where `&` is a sign.
    [[nodiscard]] std::size_t entity(std::size_t i, std::size_t length) const noexcept {
        std::size_t n = at_ + 1;
        if (n < raw_.size() && raw_[n] == '#') {
            ++n;
            const bool hex = n < raw_.size() && (raw_[n] | 32) == 'x';
            n += hex ? 1 : 0;
            while (n < raw_.size() && (ascii_digit(raw_[n]) || (hex && (raw_[n] | 32) >= 'a' && (raw_[n] | 32) <= 'f')))
                ++n;
        } else {
            while (n < raw_.size() && n - at_ < 33 && ascii_alnum(raw_[n])) ++n;
        }
        if (n < raw_.size() && raw_[n] == ';') ++n;
        const std::string_view behind = text_.substr(i + length, 4);
        for (; n > at_ + 1; --n) {
            const std::string_view rest = raw_.substr(n, behind.size());
            const std::size_t      sure = rest.find_first_of("&<\r");
            if (rest.substr(0, sure) == behind.substr(0, std::min(sure, rest.size()))) break;
        }
        const bool sign = text_[i] == '&' && !raw_.substr(at_).starts_with("&amp") &&
                          !raw_.substr(at_).starts_with("&AMP") && !raw_.substr(at_).starts_with("&#");
        return sign ? 1 : n - at_;
    }

public:
    html_alignment(std::string_view text, std::string_view raw) : text_(text), raw_(raw) {}

    /// The bytes, counted in the raw ones, of the character of `length` bytes at `i` of the text. To be asked in order.
    [[nodiscard]] byte_span next(std::size_t i, std::size_t length) noexcept {
        while (at_ < raw_.size() && raw_[at_] == '<' && text_[i] != '<') // a tag that the parser did not take
            at_ = std::min(raw_.find('>', at_), raw_.size() - 1) + 1;
        if (at_ >= raw_.size()) return {raw_.size(), raw_.size()};
        std::size_t took = 0;
        if (raw_[at_] == '&') took = entity(i, length);
        else if (raw_.substr(at_, length) == text_.substr(i, length)) took = length;
        else if (raw_[at_] == '\r') took = at_ + 1 < raw_.size() && raw_[at_ + 1] == '\n' ? 2 : 1;
        else if (const std::size_t again = raw_.substr(at_, 64).find(text_.substr(i, length)); again != raw_.npos) {
            at_ += again;
            took = length;
        }
        const byte_span out{at_, at_ + took};
        at_ += took;
        return out;
    }
};

} // namespace graft::inline GRAFT_ABI::detail
