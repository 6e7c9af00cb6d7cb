// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/scan_text.hpp>
#include <graft/records/sensitive.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Keys and tokens, by the shapes that their makers publish.
namespace graft::inline GRAFT_ABI::detail::scanning {

/// A token of a maker: what it begins with, and what may stand behind that.
struct token_shape {
    sensitive        kind;
    std::string_view prefix;
    std::size_t      least, most; ///< characters behind the prefix
    bool             dashes;      ///< whether `-` and `_` belong to it, besides letters and digits
};

/// The shapes that are looked for; of several that begin alike, the first that fits.
inline constexpr token_shape token_shapes[] = {
    {sensitive::aws_key, "AKIA", 16, 16, false},       {sensitive::aws_key, "ASIA", 16, 16, false},
    {sensitive::github_token, "ghp_", 36, 255, false}, {sensitive::github_token, "gho_", 36, 255, false},
    {sensitive::github_token, "ghu_", 36, 255, false}, {sensitive::github_token, "ghs_", 36, 255, false},
    {sensitive::github_token, "ghr_", 36, 255, false}, {sensitive::github_token, "github_pat_", 40, 255, true},
    {sensitive::slack_token, "xoxb-", 20, 255, true},  {sensitive::slack_token, "xoxp-", 20, 255, true},
    {sensitive::slack_token, "xoxa-", 20, 255, true},  {sensitive::slack_token, "xoxr-", 20, 255, true},
    {sensitive::slack_token, "xoxs-", 20, 255, true},  {sensitive::slack_token, "xapp-", 20, 255, true},
    {sensitive::api_key, "sk-", 20, 255, true},        {sensitive::api_key, "AIza", 35, 35, true},
    {sensitive::api_key, "sk_live_", 16, 255, false},  {sensitive::api_key, "sk_test_", 16, 255, false},
    {sensitive::api_key, "rk_live_", 16, 255, false},  {sensitive::api_key, "hf_", 30, 64, false},
    {sensitive::api_key, "glpat-", 20, 64, true},      {sensitive::api_key, "npm_", 36, 36, false},
};

[[nodiscard]] constexpr bool in_token(char c, bool dashes) noexcept {
    return ascii_alnum(c) || (dashes && (c == '-' || c == '_'));
}
/// Whether characters look drawn, and not written: with a digit, and with capitals or as hexadecimal of some length.
[[nodiscard]] constexpr bool drawn(std::string_view body) noexcept {
    bool digit = false, big = false, hex = body.size() >= 32;
    for (const char c : body) {
        digit = digit || ascii_digit(c);
        big   = big || ascii_upper(c);
        hex   = hex && (ascii_digit(c) || (c >= 'a' && c <= 'f'));
    }
    return digit && (big || hex);
}

/// Whether characters only show where a secret goes: few different ones, one six times in a row, or a word that says so.
[[nodiscard]] inline bool placeholder(std::string_view body) noexcept {
    std::size_t   run  = 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        seen |= std::uint64_t{1} << (static_cast<unsigned char>(ascii_lowered(body[i])) & 63u);
        run = i > 0 && body[i] == body[i - 1] ? run + 1 : 1;
        if (run >= 6) return true;
    }
    if (std::popcount(seen) < 6) return true;
    for (const std::string_view word : {"example", "your", "placeholder", "xxxx", "redacted", "123456789"})
        for (std::size_t i = 0; i + word.size() <= body.size(); ++i)
            if (same_letters(body.substr(i, word.size()), word)) return true;
    return false;
}

/// A run of base64url from `i`; its end.
[[nodiscard]] constexpr std::size_t token_end(std::string_view text, std::size_t i) noexcept {
    while (in_token(at(text, i), true)) ++i;
    return i;
}

[[nodiscard]] inline std::optional<sensitive_span> find_token(std::string_view text, std::size_t i) noexcept {
    const std::string_view rest = text.substr(i);
    if (std::string_view("AeghnrsSx").find(at(text, i)) == std::string_view::npos) return std::nullopt;
    for (const token_shape& shape : token_shapes) {
        if (!rest.starts_with(shape.prefix)) continue;
        const std::size_t begin = i + shape.prefix.size();
        std::size_t       end   = begin;
        while (end - begin <= shape.most && in_token(at(text, end), shape.dashes)) ++end;
        if (end - begin < shape.least || end - begin > shape.most) continue;
        const auto body = text.substr(begin, end - begin);
        if (placeholder(body)) continue;
        if (shape.kind == sensitive::aws_key) {
            if (std::any_of(body.begin(), body.end(), [](char c) { return !ascii_upper(c) && !ascii_digit(c); }))
                continue;
        } else if (shape.dashes && shape.most > 64 && !drawn(body)) continue; // words with hyphens
        return sensitive_span{shape.kind, i, end};
    }
    if (rest.starts_with("eyJ") && before(text, i) != '-') { // header.payload.signature, the first two `{"` in base64
        const std::size_t one = token_end(text, i);
        if (one - i >= 12 && text.substr(one).starts_with(".eyJ")) {
            const std::size_t two = token_end(text, one + 1), three = token_end(text, std::min(two + 1, text.size()));
            if (at(text, two) == '.' && three - two > 16) return sensitive_span{sensitive::jwt, i, three};
        }
    }
    if (rest.starts_with("SG.")) { // SendGrid
        const std::size_t one = token_end(text, i + 3), two = token_end(text, std::min(one + 1, text.size()));
        if (one - i - 3 == 22 && at(text, one) == '.' && two - one - 1 == 43)
            return sensitive_span{sensitive::api_key, i, two};
    }
    for (const std::string_view hook : {"https://hooks.slack.com/services/T", "hooks.slack.com/services/T"})
        if (rest.starts_with(hook)) {
            std::size_t end = i + hook.size();
            while (in_token(at(text, end), true) || at(text, end) == '/') ++end;
            if (end - i > hook.size() + 24) return sensitive_span{sensitive::slack_token, i, end};
        }
    return std::nullopt;
}

/// Forty characters of base64 behind a name that says whose secret it is.
[[nodiscard]] inline std::optional<sensitive_span> find_aws_secret(std::string_view text, std::size_t i) noexcept {
    const auto  is  = [](char c) { return ascii_alnum(c) || c == '/' || c == '+'; };
    std::size_t end = i;
    while (end - i <= 40 && is(at(text, end))) ++end;
    if (end - i != 40 || is(before(text, i)) || !drawn(text.substr(i, 40)) || placeholder(text.substr(i, 40)))
        return std::nullopt;
    constexpr std::string_view names[] = {"aws_secret",         "secret_access_key", "secretaccesskey",
                                          "awssecretaccesskey", "aws secret",        "secret access key"};
    if (!cued(text, i, names, 40)) return std::nullopt;
    return sensitive_span{sensitive::aws_key, i, end};
}

/// A block of PEM that holds a private key, from its first dash to the end that is labelled as its beginning; without one, as far as base64 goes.
///
/// Gives    nothing where too little of base64 stands there for a key: a text about such files, or a place that is to be filled
[[nodiscard]] inline std::optional<sensitive_span> find_private_key(std::string_view text, std::size_t i) noexcept {
    constexpr std::string_view begin = "-----BEGIN ", tail = "PRIVATE KEY", close = "-----";
    if (!text.substr(i).starts_with(begin)) return std::nullopt;
    const std::size_t dashes = text.substr(i, 80).find(close, begin.size());
    if (dashes == std::string_view::npos) return std::nullopt;
    const auto label = text.substr(i + begin.size(), dashes - begin.size());
    if (!label.ends_with(tail) && !label.ends_with("PRIVATE KEY BLOCK")) return std::nullopt;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return ascii_upper(c) || c == ' '; }))
        return std::nullopt;
    const std::size_t most = std::min(text.size(), i + (std::size_t{1} << 14)); // a key of 16,384 bits is no longer
    std::size_t       k = i + dashes + close.size(), last = k, run = 0, longest = 0;
    while (k < most) {
        const char c = text[k];
        if (ascii_alnum(c) || c == '+' || c == '/' || c == '=') {
            ++k, longest = std::max(longest, ++run);
            if (run >= 20) last = k;
            continue;
        }
        run = 0;
        if (c == '-') {
            const auto rest = text.substr(k);
            if (longest >= 40 && rest.starts_with("-----END ") && rest.substr(9).starts_with(label) &&
                rest.substr(9 + label.size()).starts_with(close))
                return sensitive_span{sensitive::private_key, i, k + 9 + label.size() + close.size()};
            break;
        }
        if (c == '\n' && longest == 0) { // `Proc-Type: 4,ENCRYPTED` and the like
            const auto line  = text.substr(k + 1, std::min(text.find('\n', k + 1), most) - k - 1);
            const auto colon = line.substr(0, 32).find(": ");
            if (colon != std::string_view::npos && line.find('[') == std::string_view::npos) {
                k += 1 + line.size();
                continue;
            }
        }
        // Ends of lines, also as a string of a program has them.
        if (c == '\\' && (at(text, k + 1) == 'n' || at(text, k + 1) == 'r')) k += 2;
        else if (std::string_view("\n\r \t\"'\\").find(c) != std::string_view::npos) ++k;
        else break;
    }
    if (longest < 40) return std::nullopt;
    return sensitive_span{sensitive::private_key, i, last};
}

/// The same block in base64 once more, as files of settings hold it, from `LS0tLS1CRUdJTi`.
[[nodiscard]] inline std::optional<sensitive_span> find_wrapped_key(std::string_view text, std::size_t i) noexcept {
    if (!text.substr(i).starts_with("LS0tLS1CRUdJTi")) return std::nullopt;
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<char, 60>       head{};
    std::size_t                n    = 0;
    std::uint32_t              bits = 0;
    for (std::size_t k = 0; k < 80 && i + k < text.size(); ++k) {
        const auto value = digits.find(text[i + k]);
        if (value == std::string_view::npos) break;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        if (k % 4 != 0) head[n++] = static_cast<char>(bits >> (6 - k % 4 * 2) & 0xFFu);
    }
    if (std::string_view(head.data(), n).find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
    const std::size_t most = std::min(text.size(), i + (std::size_t{1} << 15)); // twice what a block may have
    std::size_t       end  = i;
    while (end < most && (ascii_alnum(text[end]) || std::string_view("+/=").find(text[end]) != std::string_view::npos))
        ++end;
    if (end - i < 100) return std::nullopt;
    return sensitive_span{sensitive::private_key, i, end};
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
