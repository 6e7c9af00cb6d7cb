// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/records/find_addresses.hpp>
#include <graft/records/find_numbers.hpp>
#include <graft/records/find_phone.hpp>
#include <graft/records/find_secrets.hpp>
#include <graft/records/tuning_record.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What is looked for.
struct scrub_params {
    std::uint32_t kinds = (1u << sensitive_kinds) - 1; ///< a bit for each of `sensitive`

    [[nodiscard]] bool wants(sensitive kind) const noexcept { return (kinds >> static_cast<unsigned>(kind) & 1u) != 0; }
};

/// Finds what a model should not learn by heart: addresses, numbers of people and their money, keys and tokens.
///
/// Numbers with check digits are proved by them; tokens are told by the prefixes that their makers publish; telephone numbers by how they are written or by a
/// word before them, so that ten digits in a row alone are none. Names of people, postal addresses, passwords and numbers of states that are not in
/// `sensitive` are not looked for: who must be sure that nothing personal is left needs more than patterns.
///
/// Gives    findings in order; none overlaps another. Where two kinds fit one place, the first of: keys, e-mail, IBAN, national numbers, cards, IP, phone.
/// Costs    one pass; what is read again at a place is bounded
[[nodiscard]] inline std::vector<finding> find_sensitive(std::string_view text, const scrub_params& p = {}) {
    using namespace detail;
    std::vector<finding> all;
    std::size_t          floor = 0; // behind the last finding
    for (std::size_t i = 0; i < text.size();) {
        const char             c = text[i];
        std::optional<finding> found;
        const auto             try_ = [&](auto&& find) {
            if (found) return;
            auto one = find(text, i);
            if (one && p.wants(one->kind)) found = one;
        };
        if (c == '@') {
            if (const auto one = scanning::find_email(text, i, floor); one && p.wants(sensitive::email)) found = one;
        } else if (c == '-') {
            if (scanning::before(text, i) != '-') try_(scanning::find_private_key);
        } else if (c == '/') {
            try_(scanning::find_aws_secret);
        } else if (c == '+' || c == '(') {
            try_(scanning::find_aws_secret);
            if (!scanning::in_word(scanning::before(text, i)) && scanning::before(text, i) != '+')
                try_(scanning::find_phone);
        } else if (ascii_alnum(c) && !scanning::in_word(scanning::before(text, i))) {
            try_(scanning::find_token), try_(scanning::find_aws_secret);
            const bool number = scanning::starts_number(text, i);
            if (ascii_letter(c)) {
                try_(scanning::find_iban), try_(scanning::find_uk_nino), try_(scanning::find_it_fiscal),
                    try_(scanning::find_es_dni);
            } else if (number) {
                try_(scanning::find_fr_nir), try_(scanning::find_ch_ahv), try_(scanning::find_card),
                    try_(scanning::find_de_tax_id);
                try_(scanning::find_us_ssn), try_(scanning::find_es_dni), try_(scanning::find_ipv4),
                    try_(scanning::find_ipv6);
                try_(scanning::find_phone);
            }
        }
        if (!found) {
            ++i;
            continue;
        }
        all.push_back(*found);
        i = floor = found->end;
    }
    return all;
}

/// A text without what was found in it, and what that was.
struct scrubbed {
    std::string          text     = {};
    std::vector<finding> findings = {}; ///< places in the text as it was
};

/// Replaces what `find_sensitive` finds by its kind: `[EMAIL]`, `[DE_TAX_ID]`. What is scrubbed once is not found again.
[[nodiscard]] inline scrubbed scrub(std::string_view text, const scrub_params& p = {}) {
    scrubbed    out{{}, find_sensitive(text, p)};
    std::size_t at = 0;
    for (const finding& f : out.findings) {
        out.text.append(text.substr(at, f.begin - at)).append("[");
        for (const char c : name(f.kind)) out.text += detail::scanning::upper(c);
        out.text += ']';
        at = f.end;
    }
    out.text.append(text.substr(at));
    return out;
}

/// What was taken out of many texts, by kind.
struct scrub_report {
    std::array<std::size_t, sensitive_kinds> found = {}; ///< of each kind
    std::size_t                              texts = 0;  ///< that held any

    void add(std::span<const finding> findings) noexcept {
        texts += !findings.empty();
        for (const finding& f : findings) ++found[static_cast<std::size_t>(f.kind)];
    }
    [[nodiscard]] std::size_t total() const noexcept {
        std::size_t n = 0;
        for (const std::size_t k : found) n += k;
        return n;
    }
};

/// Scrubs every turn of a record in place, and counts what was there; a record counts as one text.
inline void scrub_record(tuning_record& r, scrub_report& report, const scrub_params& p = {}) {
    std::vector<finding> all;
    const auto           clean = [&](std::string& text) {
        auto one = scrub(text, p);
        if (one.findings.empty()) return;
        text = std::move(one.text);
        all.insert(all.end(), one.findings.begin(), one.findings.end());
    };
    for (record_turn& t : r.given) clean(t.text);
    clean(r.answer);
    if (r.rejected) clean(*r.rejected);
    report.add(all);
}

} // namespace graft::inline GRAFT_ABI
