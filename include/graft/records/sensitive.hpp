// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace graft::inline GRAFT_ABI {

/// What a model should not learn by heart.
enum class sensitive : std::uint8_t {
    email,
    phone,
    iban,         ///< bank account, by its check digits
    card,         ///< payment card, by issuer and Luhn's digit
    ip_address,   ///< a public one
    private_key,  ///< a PEM block
    jwt,          ///< a signed JSON web token
    aws_key,      ///< access key id, or a secret behind its name
    github_token, ///< of GitHub
    slack_token,  ///< of Slack, and addresses of its hooks
    api_key,      ///< of OpenAI, Anthropic, Google, Stripe, Hugging Face, GitLab, npm, SendGrid
    us_ssn,       ///< United States: social security number
    uk_nino,      ///< United Kingdom: national insurance number
    de_tax_id,    ///< Germany: Steuer-Identifikationsnummer
    fr_nir,       ///< France: numéro de sécurité sociale
    es_dni,       ///< Spain: DNI and NIE
    it_fiscal,    ///< Italy: codice fiscale
    ch_ahv,       ///< Switzerland: AHV number
};

/// How many kinds there are.
inline constexpr std::size_t sensitive_kinds = 18;

/// The word for a kind, as reports have it; in a scrubbed text it stands in capitals: `[EMAIL]`.
[[nodiscard]] constexpr std::string_view name(sensitive of) noexcept {
    constexpr std::array<std::string_view, sensitive_kinds> names = {
        "email",   "phone",     "iban",         "card",        "ip_address", "private_key",
        "jwt",     "aws_key",   "github_token", "slack_token", "api_key",    "us_ssn",
        "uk_nino", "de_tax_id", "fr_nir",       "es_dni",      "it_fiscal",  "ch_ahv"};
    return names[static_cast<std::size_t>(of)];
}

/// Something found in a text: bytes [begin, end).
struct sensitive_span {
    sensitive   kind  = sensitive::email;
    std::size_t begin = 0;
    std::size_t end   = 0;

    bool operator==(const sensitive_span&) const = default;
};

} // namespace graft::inline GRAFT_ABI
