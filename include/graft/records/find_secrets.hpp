// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/finding.hpp>
#include <graft/records/scan_text.hpp>

#include <algorithm>
#include <cstddef>
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

/// A run of base64url from `i`; its end.
[[nodiscard]] constexpr std::size_t token_end(std::string_view text, std::size_t i) noexcept {
    while (in_token(at(text, i), true)) ++i;
    return i;
}

[[nodiscard]] inline std::optional<finding> find_token(std::string_view text, std::size_t i) noexcept {
    const std::string_view rest = text.substr(i);
    for (const token_shape& shape : token_shapes) {
        if (!rest.starts_with(shape.prefix)) continue;
        const std::size_t begin = i + shape.prefix.size();
        std::size_t       end   = begin;
        while (end - begin <= shape.most && in_token(at(text, end), shape.dashes)) ++end;
        if (end - begin < shape.least || end - begin > shape.most) continue;
        const auto body = text.substr(begin, end - begin);
        if (shape.kind == sensitive::aws_key) {
            if (std::any_of(body.begin(), body.end(), [](char c) { return !ascii_upper(c) && !ascii_digit(c); }))
                continue;
        } else if (shape.dashes && shape.most > 64 && !drawn(body)) continue; // words with hyphens
        return finding{shape.kind, i, end};
    }
    if (rest.starts_with("eyJ") && before(text, i) != '-') { // header.payload.signature, the first two `{"` in base64
        const std::size_t one = token_end(text, i);
        if (one - i >= 12 && text.substr(one).starts_with(".eyJ")) {
            const std::size_t two = token_end(text, one + 1), three = token_end(text, std::min(two + 1, text.size()));
            if (at(text, two) == '.' && three - two > 16) return finding{sensitive::jwt, i, three};
        }
    }
    if (rest.starts_with("SG.")) { // SendGrid
        const std::size_t one = token_end(text, i + 3), two = token_end(text, std::min(one + 1, text.size()));
        if (one - i - 3 == 22 && at(text, one) == '.' && two - one - 1 == 43)
            return finding{sensitive::api_key, i, two};
    }
    for (const std::string_view hook : {"https://hooks.slack.com/services/T", "hooks.slack.com/services/T"})
        if (rest.starts_with(hook)) {
            std::size_t end = i + hook.size();
            while (in_token(at(text, end), true) || at(text, end) == '/') ++end;
            if (end - i > hook.size() + 24) return finding{sensitive::slack_token, i, end};
        }
    return std::nullopt;
}

/// Forty characters of base64 behind a name that says whose secret it is.
[[nodiscard]] inline std::optional<finding> find_aws_secret(std::string_view text, std::size_t i) noexcept {
    const auto  is  = [](char c) { return ascii_alnum(c) || c == '/' || c == '+'; };
    std::size_t end = i;
    while (end - i <= 40 && is(at(text, end))) ++end;
    if (end - i != 40 || is(before(text, i)) || !drawn(text.substr(i, 40))) return std::nullopt;
    constexpr std::string_view names[] = {"aws_secret",         "secret_access_key", "secretaccesskey",
                                          "awssecretaccesskey", "aws secret",        "secret access key"};
    if (!cued(text, i, names, 40)) return std::nullopt;
    return finding{sensitive::aws_key, i, end};
}

/// A block of PEM that holds a private key, from its first dash; to its end, or as far as it goes.
[[nodiscard]] inline std::optional<finding> find_private_key(std::string_view text, std::size_t i) noexcept {
    constexpr std::string_view begin = "-----BEGIN ", tail = "PRIVATE KEY";
    if (!text.substr(i).starts_with(begin)) return std::nullopt;
    const std::size_t label = text.substr(i, 80).find("-----", begin.size());
    if (label == std::string_view::npos) return std::nullopt;
    const std::size_t dashes = i + label;
    if (text.substr(i, dashes - i).find(tail) == std::string_view::npos) return std::nullopt;
    const auto body = text.substr(dashes, std::size_t{1} << 14); // a key of 16,384 bits is no longer
    if (const std::size_t last = body.find("-----END "); last != std::string_view::npos) {
        const std::size_t close = body.substr(last, 96).find("-----", 9);
        if (close != std::string_view::npos) return finding{sensitive::private_key, i, dashes + last + close + 5};
    }
    std::size_t end = dashes + 5; // no end: what looks like base64
    while (ascii_alnum(at(text, end)) ||
           (at(text, end) != '\0' && std::string_view("+/=\r\n\\").find(text[end]) != std::string_view::npos))
        ++end;
    return finding{sensitive::private_key, i, end};
}

} // namespace graft::inline GRAFT_ABI::detail::scanning
