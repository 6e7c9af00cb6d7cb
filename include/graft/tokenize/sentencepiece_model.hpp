// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/tokenize/sentencepiece.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

namespace detail {

/// The fields of a protocol buffer, one after another. Every length is held against what is left.
class proto_fields {
    std::string_view left_;
    std::size_t      at_; // of the whole file, for errors
    bool             good_ = true;

    std::uint64_t varint() noexcept {
        std::uint64_t x = 0;
        for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
            const auto b = static_cast<unsigned char>(left_.front());
            left_.remove_prefix(1);
            ++at_;
            x |= std::uint64_t{b & 0x7Fu} << shift;
            if (b < 0x80) return x;
        }
        good_ = false;
        return 0;
    }

public:
    std::uint32_t    field = 0;  ///< its number
    std::uint64_t    whole = 0;  ///< its value, where it is a number: of a float, the bits
    std::string_view bytes = {}; ///< its value, where it is a text or a message

    explicit proto_fields(std::string_view all, std::size_t at = 0) noexcept : left_(all), at_(at) {}

    /// Whether there was one more field. False at the end, and where the bytes are no fields: then `good` says no.
    [[nodiscard]] bool next() noexcept {
        if (left_.empty() || !good_) return false;
        const std::uint64_t tag = varint();
        field                   = static_cast<std::uint32_t>(tag >> 3);
        bytes                   = {};
        whole                   = 0;
        std::uint64_t n         = 0;
        switch (tag & 7) {
        case 0: whole = varint(); return good_;
        case 1: n = 8; break;
        case 2: n = varint(); break;
        case 5: n = 4; break;
        default: return good_ = false;
        }
        if (!good_ || n > left_.size()) return good_ = false;
        bytes = left_.substr(0, static_cast<std::size_t>(n));
        if ((tag & 7) != 2)
            for (std::size_t i = 0; i < bytes.size(); ++i)
                whole |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        left_.remove_prefix(bytes.size());
        at_ += bytes.size();
        return true;
    }
    [[nodiscard]] bool        good() const noexcept { return good_; }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
};

} // namespace detail

/// A tokenizer from a SentencePiece model, of byte pairs or unigrams.
///
/// Takes    the bytes of a `.model` file. Control tokens are found in no text, user-defined ones in any. The model says nothing of tokens round
///          a text, so the template adds none: what a model of T5 or Llama wants is in the files beside it.
/// Fails    fault::malformed at a byte where it is no protocol buffer or lies about its sizes; fault::bad_format with the name of a setting that
///          is not known: other kinds of model, white space as a suffix or not escaped, unused tokens of byte pairs.
[[nodiscard]] inline result<tokenizer> read_sentencepiece(std::string_view bytes) {
    using detail::proto_fields;
    const auto bad = [](std::size_t at) { return error{fault::malformed, unit::byte, at, "sentencepiece model"}; };
    const auto odd = [](const char* what) { return error{fault::bad_format, unit::none, 0, what}; };
    std::vector<std::string_view>  texts;
    std::vector<double>            scores;
    std::vector<int>               types;
    detail::sentencepiece_settings s;
    tokenizer_parts                p;
    std::uint64_t                  kind = 1, bos = 1, eos = 2, pad = ~std::uint64_t{0};
    s.clean.squeeze = true;
    proto_fields model(bytes);
    while (model.next()) {
        proto_fields in(model.bytes, model.at() - model.bytes.size());
        switch (model.field) {
        case 1: {
            texts.emplace_back();
            scores.push_back(0);
            types.push_back(1);
            while (in.next()) {
                if (in.field == 1) texts.back() = in.bytes;
                if (in.field == 2)
                    scores.back() = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(in.whole)));
                if (in.field == 3) types.back() = static_cast<int>(in.whole & 0xFF);
            }
            if (texts.size() > (std::size_t{1} << 24)) return bad(model.at());
            break;
        }
        case 2:
            while (in.next()) switch (in.field) {
                case 3: kind = in.whole; break;
                case 24:
                    if (in.whole != 0) return odd("treat_whitespace_as_suffix");
                    break;
                case 35: s.byte_fallback = in.whole != 0; break;
                case 41: bos = in.whole; break;
                case 42: eos = in.whole; break;
                case 43: pad = in.whole; break;
                default: break;
                }
            break;
        case 3:
            while (in.next()) switch (in.field) {
                case 2:
                    if (!in.bytes.empty()) {
                        auto map = detail::charsmap::of(in.bytes);
                        if (!map) return map.error();
                        s.clean.map = std::move(*map);
                    }
                    break;
                case 3: s.clean.dummy_prefix = in.whole != 0; break;
                case 4: s.clean.squeeze = in.whole != 0; break;
                case 5:
                    if (in.whole == 0) return odd("escape_whitespaces");
                    break;
                default: break;
                }
            break;
        default: break;
        }
        if (!in.good() && model.field <= 3) return bad(in.at());
    }
    if (!model.good()) return bad(model.at());
    if (texts.empty()) return bad(0);
    if (kind != 1 && kind != 2) return odd("model_type");
    s.unigram = kind == 1;
    std::vector<bool> hidden(texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (unicode::first_invalid(texts[i]) != std::string_view::npos)
            return error{fault::bad_utf8, unit::id, i, "sentencepiece model"};
        const bool special = types[i] == 2 || types[i] == 3;
        if (types[i] == 2) {
            if (s.unknown != no_token)
                return error{fault::malformed, unit::id, i, "sentencepiece model"}; // two of them
            s.unknown = static_cast<token_id>(i);
        }
        if (types[i] == 5 && !s.unigram) return odd("unused pieces");
        hidden[i] = special || types[i] == 4 || types[i] == 5;
        if ((special || types[i] == 4) && !texts[i].empty())
            p.added.push_back(
                {std::string(texts[i]), static_cast<token_id>(i), special, false, false, false, !special});
        if (special && s.unigram) scores[i] = 0;
    }
    if (s.unknown == no_token) return error{fault::missing_part, unit::none, 0, "unknown piece"};
    const auto there = [&](std::uint64_t id) {
        return id < texts.size() ? std::optional(static_cast<token_id>(id)) : std::nullopt;
    };
    p.bos = there(bos), p.eos = there(eos), p.pad = there(pad), p.unknown = s.unknown;
    if (auto made = detail::sentencepiece_parts(p, texts, std::move(hidden), std::move(scores), std::move(s)); !made)
        return made.error();
    return tokenizer::of(std::move(p));
}

} // namespace graft::inline GRAFT_ABI
