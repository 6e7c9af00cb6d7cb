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
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// What is looked for.
struct scrub_params {
    std::uint32_t kinds = (1u << sensitive_kinds) - 1; ///< a bit for each of `sensitive`

    [[nodiscard]] bool wants(sensitive kind) const noexcept { return (kinds >> static_cast<unsigned>(kind) & 1u) != 0; }
};

namespace detail::scanning {

/// What one look from the first byte to the last finds.
[[nodiscard]] inline std::vector<sensitive_span> look(std::string_view text, const scrub_params& p) {
    std::vector<sensitive_span> all;
    std::size_t                 floor = 0; // behind the last finding
    std::size_t                 digit = 0; // the next one from here on
    for (std::size_t i = 0; i < text.size();) {
        const char                    c = text[i];
        std::optional<sensitive_span> found;
        const auto                    try_ = [&](auto&&... find) {
            ((found || !(found = find(text, i)) || p.wants(found->kind) ? void() : found.reset()), ...);
        };
        if (c == '@') {
            found = find_email(text, i, floor);
            if (found && !p.wants(sensitive::email)) found.reset();
        } else if (c == '-') {
            if (before(text, i) != '-') try_(find_private_key);
        } else if (c == '/') {
            try_(find_aws_secret);
        } else if (c == '+' || c == '(') {
            try_(find_aws_secret);
            if (!in_word(before(text, i)) && before(text, i) != '+') try_(find_phone);
        } else if (ascii_letter(c)) {
            if (!in_word(before(text, i))) {
                try_(find_token, find_wrapped_key);
                while (digit < text.size() && (digit < i || !ascii_digit(text[digit]))) ++digit;
                // A number that begins with letters has a digit soon: the nearest is never far, and prose has none.
                if (digit < i + 48) try_(find_aws_secret);
                if (digit < i + 32) try_(find_iban, find_uk_nino, find_it_fiscal, find_es_dni);
            }
        } else if (ascii_digit(c) && !in_word(before(text, i))) {
            try_(find_aws_secret);
            if (starts_number(text, i))
                try_(find_fr_nir, find_ch_ahv, find_card, find_de_tax_id, find_us_ssn, find_es_dni, find_ipv4,
                     find_ipv6, find_phone);
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

/// What stands in place of a finding: `[EMAIL]`.
[[nodiscard]] inline std::string label(sensitive kind) {
    std::string text = "[";
    for (const char c : name(kind)) text += ascii_uppered(c);
    return text += ']';
}
[[nodiscard]] inline std::string replaced(std::string_view text, std::span<const sensitive_span> all) {
    std::string out;
    std::size_t at = 0;
    for (const sensitive_span& f : all) out.append(text.substr(at, f.begin - at)).append(label(f.kind)), at = f.end;
    return out.append(text.substr(at));
}

} // namespace detail::scanning

/// Finds what a model should not learn by heart: addresses, numbers of people and their money, keys and tokens.
///
/// Numbers with check digits are proved by them; tokens are told by the prefixes that their makers publish; telephone numbers by how they are written or by a
/// word before them, so that ten digits in a row alone are none. Names of people, postal addresses, passwords and numbers of states that are not in
/// `sensitive` are not looked for: who must be sure that nothing personal is left needs more than patterns.
///
/// Gives    findings in order; none overlaps another, and none is left once they are replaced: what only shows then (a number behind another) is found too.
///          Where two kinds fit one place, tokens go before numbers, and of numbers those with more digits to prove them; an e-mail address holds what is left
///          of its mailbox.
/// Costs    one pass over a text without findings, one more for each that finds some; what is read again at a place is bounded
[[nodiscard]] inline std::vector<sensitive_span> find_sensitive(std::string_view text, const scrub_params& p = {}) {
    using namespace detail;
    std::vector<sensitive_span> all = scanning::look(text, p);
    for (bool more = !all.empty(); more;) {
        const std::string clean = scanning::replaced(text, all);
        const auto        found = scanning::look(clean, p);
        more                    = !found.empty();
        if (!more) break;
        // From places in the clean text to those in the text as it was: a finding holds no label.
        std::vector<sensitive_span> both;
        std::size_t k = 0, ahead = 0, behind = 0; // bytes that findings before had, and that their labels have
        const auto  pass = [&] {
            ahead += all[k].end - all[k].begin, behind += scanning::label(all[k].kind).size();
            both.push_back(all[k++]);
        };
        for (const sensitive_span& f : found) {
            while (k < all.size() && all[k].begin + behind < f.begin + ahead) pass();
            both.push_back({f.kind, f.begin + ahead - behind, f.end + ahead - behind});
        }
        while (k < all.size()) pass();
        all = std::move(both);
    }
    return all;
}

/// A text without what was found in it, and what that was.
struct scrubbed {
    std::string                 text     = {};
    std::vector<sensitive_span> findings = {}; ///< places in the text as it was
};

/// Replaces what `find_sensitive` finds by its kind: `[EMAIL]`, `[DE_TAX_ID]`. To scrub the result changes nothing.
[[nodiscard]] inline scrubbed scrub(std::string_view text, const scrub_params& p = {}) {
    scrubbed out{{}, find_sensitive(text, p)};
    out.text = detail::scanning::replaced(text, out.findings);
    return out;
}

/// What was taken out of many texts, by kind.
struct scrub_report {
    std::array<std::size_t, sensitive_kinds> found = {}; ///< of each kind
    std::size_t                              texts = 0;  ///< that held any

    void add(std::span<const sensitive_span> findings) noexcept {
        texts += !findings.empty();
        for (const sensitive_span& f : findings) ++found[static_cast<std::size_t>(f.kind)];
    }
    [[nodiscard]] std::size_t total() const noexcept {
        std::size_t n = 0;
        for (const std::size_t k : found) n += k;
        return n;
    }
};

/// Scrubs every turn of a record in place, and counts what was there; a record counts as one text.
inline void scrub_record(tuning_record& r, scrub_report& report, const scrub_params& p = {}) {
    std::vector<sensitive_span> all;
    const auto                  clean = [&](std::string& text) {
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
