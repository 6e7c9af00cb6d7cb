// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/random.hpp>
#include <graft/records/scrub.hpp>
#include <graft/unicode/utf8.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

// What should be scrubbed, made without any of the scanner's code: numbers are completed by trying check digits against sums that are written another way.

namespace test {

struct maker {
    graft::counter_random draw;
    explicit maker(std::uint64_t seed) : draw(seed, 77) {}

    std::size_t below(std::size_t n) { return draw.below(n); }
    template <class... T>
    std::string one_of(const T&... all) {
        const std::string list[] = {all...};
        return list[below(sizeof...(T))];
    }
    std::string from(const std::string& alphabet, std::size_t n) {
        std::string s;
        while (s.size() < n) s += alphabet[below(alphabet.size())];
        return s;
    }
    std::string digits(std::size_t n) { return from("0123456789", n); }
    std::string letters(std::size_t n) { return from("abcdefghijklmnopqrstuvwxyz", n); }
    std::string capitals(std::size_t n) { return from("ABCDEFGHIJKLMNOPQRSTUVWXYZ", n); }
    std::string alnum(std::size_t n) {
        return from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", n);
    }
    std::string base64url(std::size_t n) {
        return from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", n);
    }
    /// `#` is a digit, `N` one from 2 to 9, all else itself.
    std::string like(const std::string& form) {
        std::string s;
        for (const char c : form) s += c == '#' ? digits(1) : c == 'N' ? from("23456789", 1) : std::string(1, c);
        return s;
    }
    /// A form of a list between bars.
    std::string like_one(const std::string& forms) {
        std::vector<std::string> all(1);
        for (const char c : forms)
            if (c == '|') all.emplace_back();
            else all.back() += c;
        return like(all[below(all.size())]);
    }
    /// Cut into groups with something between.
    std::string grouped(const std::string& s, const std::vector<std::size_t>& sizes, const std::string& between) {
        std::string out;
        std::size_t at = 0;
        for (const std::size_t n : sizes) out += (at > 0 ? between : "") + s.substr(at, n), at += n;
        return out + s.substr(at);
    }
};

inline std::size_t long_mod(const std::string& digits, std::size_t m) { // school division
    std::size_t rest = 0;
    for (const char c : digits) rest = (rest * 10 + static_cast<std::size_t>(c - '0')) % m;
    return rest;
}
inline std::string two(std::size_t n) { return {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)}; }

inline bool luhn_by_table(const std::string& digits) {
    const int table[2][10] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 2, 4, 6, 8, 1, 3, 5, 7, 9}};
    int       sum = 0, side = 0;
    for (auto c = digits.rbegin(); c != digits.rend(); ++c, side ^= 1) sum += table[side][*c - '0'];
    return sum % 10 == 0;
}

inline std::string email(maker& m) {
    const std::string name =
        m.one_of("anna", "j.doe", "first.last", "o'brien", "x", "li_wei", "müller", "Maria", "info", "no-reply") +
        (m.below(2) == 0 ? "" : m.digits(1 + m.below(4)));
    const std::string tag  = m.below(6) == 0 ? "+" + m.letters(4) : "";
    const std::string host = m.letters(2 + m.below(8)) + (m.below(3) == 0 ? "-" + m.letters(3) : "") +
                             (m.below(3) == 0 ? "." + m.letters(4) : "");
    return name + tag + "@" + host + "." +
           m.one_of("com", "org", "co.uk", "de", "io", "museum", "com.br", "ch", "info", "XYZ", "net");
}

/// Something sensitive in the words around it.
struct sensitive_value {
    std::string before, text, behind;

    sensitive_value(std::string value) : text(std::move(value)) {}
    sensitive_value(std::string cue, std::string value, std::string rest = {})
        : before(std::move(cue)), text(std::move(value)), behind(std::move(rest)) {}
};

inline sensitive_value phone(maker& m) {
    switch (m.below(14)) {
    case 0:
        return m.like_one("(N##) N##-####|(N##)N##-####|N##-N##-####|N##.N##.####|N## N## ####|1-N##-N##-####|1 (N##) "
                          "N##-####|N##/N##-####");
    case 1:
        return m.like_one("+1 N## N## ####|+1 (N##) N##-####|+1-N##-N##-####|+1N##N##"
                          "####|+1.N##.N##.####");
    case 2:
        return m.like_one("+44 20 #### ####|+44 (0)20 #### ####|020 #### ####|07### ######|+44 7### ######|(020) #### "
                          "####|0121 ### ####|+447#########|07### ### ###");
    case 3:
        return m.like_one("+49 30 ######|+49 (0)30 ######|030/#######|030 / ## ## ## ##|0171 "
                          "#######|+49-171-#######|+49171#######|(030) ## ## ## ##|0171/#######|+49 (30) ######-##");
    case 4:
        return m.like_one("+33 1 ## ## ## ##|01 ## ## ## ##|06 ## ## ## ##|+33 6 ## ## ## "
                          "##|01.##.##.##.##|06-##-##-##-##|+336########|+33 (0)6 ## ## ## ##|0033 1 ## ## ## ##");
    case 5:
        return m.like_one(
            "+41 44 ### ## ##|044 ### ## ##|079 ### ## ##|+41 (0)79 ### ## ##|0041 44 ### ## ##|+4179#######");
    case 6:
        return m.like_one(
            "+34 6## ### ###|+34 91 ### ## ##|+39 06 #### ####|+39 3## #######|06 #### ####|02 #######|+34 6########");
    case 7: return m.like_one("+91 9#### #####|+91-9#########|+91 9#########|0NN-########|+91 80 #### ####");
    case 8:
        return m.like_one("+86 138 #### ####|138-####-####|138 #### ####|+86 10 #### ####|010-########|0755-########");
    case 9:
        return m.like_one(
            "+81 90-####-####|03-####-####|090-####-####|+81-3-####-####|+82 2-###-####|02-####-####|010-####-####");
    case 10: return m.like_one("+55 11 9####-####|(11) 9####-####|(21) ####-####|+55 (11) 9####-####");
    case 11:
        return m.like_one(
            "+61 4## ### ###|04## ### ###|(02) #### ####|+61 2 #### ####|+64 21 ### ####|+27 82 ### ####");
    case 12:
        return m.like_one(
            "+31 6 ########|06-########|+31 20 ### ####|020-#######|+46 70-### ## ##|08-### ### ##|+45 "
            "N# ## ## ##|+47 N## ## ###|+48 ### ### ###|+43 1 #######|+7 495 ###-##-##|8 (495) ###-##-##|8 9## "
            "###-##-##|8-800-###-##-##");
    default: // bare, behind a word that says what it is
        return {m.one_of("tel ", "phone: ", "Tel.: ", "mobile ", "call me on ", "Fax ", "cell: ", "WhatsApp ",
                         "Telefon ", "tél. ", "Handynummer: ", "Telefonnummer ", "手机", "电话：",
                         "هاتف: ", "phoneNumber=", "\"phone_number\": \""),
                m.like_one("N##N######|0NN#######|N##-####|07#########|9#########|### ## ## ##|## ## ## ##|N## ####")};
    }
}

inline std::string iban(maker& m) {
    const std::pair<std::string, std::string> forms[] = {
        {"DE", "##################"},      {"GB", "AAAA##############"}, {"FR", "##########AAAAAAAAAAA##"},
        {"CH", "#####AAAAAAAAAAAA"},       {"NL", "AAAA##########"},     {"ES", "####################"},
        {"IT", "A##########AAAAAAAAAAAA"}, {"NO", "###########"},        {"PL", "########################"},
        {"AT", "################"},        {"BE", "############"},       {"MT", "AAAA#####AAAAAAAAAAAAAAAAAA"}};
    const auto& [country, form] = forms[m.below(std::size(forms))];
    std::string body;
    for (const char c : form) body += c == '#' ? m.digits(1) : m.capitals(1);
    std::string number;
    for (const char c : body + country + "00") number += c >= 'A' ? std::to_string(c - 'A' + 10) : std::string(1, c);
    std::string       s   = country + two(98 - long_mod(number, 97)) + body;
    const std::size_t how = m.below(6);
    if (how == 0) return s;
    if (how == 1) {
        for (char& c : s) c = static_cast<char>(std::tolower(c));
        return s;
    }
    std::string       out;
    const std::string between = how == 2 ? "-" : how == 3 ? "\u00A0" : " ";
    for (std::size_t i = 0; i < s.size(); ++i) out += (i > 0 && i % 4 == 0 ? between : "") + std::string(1, s[i]);
    return out;
}

inline std::string card(maker& m) {
    const std::string heads[] = {"4", "51", "55", "2221", "2720", "34", "37", "6011", "65", "3530", "36", "62", "6759"};
    std::string       s       = heads[m.below(std::size(heads))];
    const std::size_t size    = s[0] == '3' && (s[1] == '4' || s[1] == '7') ? 15 : s == "36" ? 14 : 16;
    s += m.digits(size - 1 - s.size()) + "0";
    while (!luhn_by_table(s)) ++s.back();
    const std::vector<std::size_t> cut = size == 16   ? std::vector<std::size_t>{4, 4, 4, 4}
                                         : size == 15 ? std::vector<std::size_t>{4, 6, 5}
                                                      : std::vector<std::size_t>{4, 6, 4};
    return m.below(3) == 0 ? s : m.grouped(s, cut, m.one_of(" ", "-", "\u00A0", "\u2011"));
}

inline sensitive_value address(maker& m) {
    if (m.below(4) == 0) { // version 6
        std::string       s     = m.one_of("2a02", "2606", "2003", "3fff", "2001:4860");
        const std::size_t whole = m.below(2) == 0 ? 0 : 1;
        if (whole == 0) {
            while (std::count(s.begin(), s.end(), ':') < 7) s += ":" + m.from("0123456789abcdef", 1 + m.below(4));
            return s;
        }
        return s + ":" + m.from("123456789abcdef", 4) + "::" + m.from("123456789abcdef", 1 + m.below(4));
    }
    const std::size_t heads[] = {8, 20, 34, 52, 77, 81, 93, 104, 128, 151, 185, 195, 212, 217};
    std::string       s       = std::to_string(heads[m.below(std::size(heads))]);
    for (int i = 0; i < 3; ++i) s += "." + std::to_string(10 + m.below(245));
    return {"", s, m.below(5) == 0 ? ":" + std::to_string(1 + m.below(65535)) : ""};
}

inline std::string pem(maker& m) {
    const std::string what = m.one_of("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "DSA ") + "PRIVATE KEY";
    const std::string line = m.one_of("\n", "\r\n", "\\n");
    std::string       s    = "-----BEGIN " + what + "-----" + line;
    for (std::size_t i = 1 + m.below(12); i > 0; --i)
        s += m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64) + line;
    return s + "-----END " + what + "-----";
}

inline sensitive_value us_ssn(maker& m) {
    std::string area = m.digits(3), group = m.digits(2), serial = m.digits(4);
    if (area == "000" || area == "666" || area[0] == '9') area = "219";
    if (group == "00") group = "07";
    if (serial == "0000") serial = "0001";
    if (m.below(5) == 0)
        return {m.one_of("SSN ", "SSN: ", "social security number ", "Social Security no. "), area + group + serial};
    if (m.below(5) == 0) { // with what also parts other numbers
        const std::string between = m.one_of(" ", ".");
        return {m.one_of("SSN ", "SSN: ", "Social Security: "), area + between + group + between + serial};
    }
    const std::string between = m.one_of("-", "-", "\u2011");
    return area + between + group + between + serial;
}

inline sensitive_value uk_nino(maker& m) {
    std::string head;
    do head = m.from("ABCEGHJKLMNOPRSTWXYZ", 1) + m.from("ABCEGHJKLMNPRSTWXYZ", 1);
    while (head == "BG" || head == "GB" || head == "KN" || head == "NK" || head == "NT" || head == "TN" ||
           head == "ZZ" || head[0] == 'O');
    const std::string s   = head + m.digits(6) + m.from("ABCD", 1);
    const std::size_t how = m.below(5);
    if (how == 0) return m.grouped(s, {2, 2, 2, 2, 1}, " ");
    if (how == 1) return m.grouped(s, {2, 6, 1}, m.one_of(" ", "-"));
    if (how == 2) return m.grouped(s, {2, 2, 2, 2, 1}, "-");
    return s;
}

inline std::string de_tax_id(maker& m) {
    for (;;) {
        std::string order = "0123456789";
        m.draw.shuffle(std::span<char>(order.data(), order.size()));
        std::string ten = order.substr(0, 9);
        ten.insert(m.below(10), 1, ten[m.below(9)]); // one digit twice
        if (ten[0] == '0') continue;
        // ISO 7064, hybrid system mod 11, 10, as the standard has it: the check digit brings the whole to 1.
        std::string s;
        for (char check = '0'; check <= '9'; ++check) {
            int p = 10;
            for (const char c : ten) {
                p += c - '0';
                p = p > 10 ? p - 10 : p;
                p = p * 2 % 11;
            }
            if ((p + (check - '0')) % 10 == 1) s = ten + check;
        }
        if (s.empty()) continue;
        return m.below(2) == 0 ? s : m.grouped(s, {2, 3, 3, 3}, m.one_of(" ", " ", "/", "-"));
    }
}

inline std::string fr_nir(maker& m) {
    const bool        corsica = m.below(12) == 0;
    std::string       s = m.one_of("1", "2") + m.digits(2) + two(1 + m.below(12)), plain = s;
    const std::string place = corsica ? m.one_of("2A", "2B") : two(1 + m.below(95));
    const std::string rest  = m.digits(6);
    plain += (place == "2A" ? "19" : place == "2B" ? "18" : place) + rest;
    s += place + rest;
    s += two(97 - long_mod(plain, 97));
    const std::size_t how = m.below(4);
    if (how == 0) return m.grouped(s, {1, 2, 2, 2, 3, 3, 2}, " ");
    if (how == 1) return m.grouped(s, {1, 2, 2, 2, 3, 3, 2}, m.one_of(".", "-"));
    if (how == 2) return m.grouped(s, {13, 2}, " ");
    return s;
}

inline sensitive_value es_dni(maker& m) {
    const std::string letters = "TRWAGMYFPDXBNJZSQVHLCKE";
    if (m.below(3) == 0) { // NIE
        const std::size_t first  = m.below(3);
        const std::string seven  = m.digits(7);
        const std::string s      = std::string(1, "XYZ"[first]) + seven;
        const char        letter = letters[long_mod(std::to_string(first) + seven, 23)];
        const std::size_t how    = m.below(3);
        return how == 0 ? s + letter : how == 1 ? s.substr(0, 1) + "-" + seven + "-" + letter : s + "-" + letter;
    }
    const std::string s      = m.digits(8);
    const char        letter = letters[long_mod(s, 23)];
    const std::size_t how    = m.below(4);
    if (how == 0) return s + letter;
    if (how == 1) return s + "-" + letter;
    if (how == 2) return {m.one_of("DNI ", "DNI: ", "NIF ", "con DNI n.º "), s + " " + letter};
    return m.grouped(s, {2, 3, 3}, ".") + "-" + letter;
}

inline std::string it_fiscal(maker& m) {
    std::string s = m.from("BCDFGLMNPRST", 6) + m.digits(2) + m.from("ABCDEHLMPRST", 1) + two(1 + m.below(31)) +
                    m.from("ABCDEFGHIL", 1) + m.digits(3);
    // The table of the decree, character by character.
    const std::map<char, int> odd = {
        {'0', 1},  {'1', 0},  {'2', 5},  {'3', 7},  {'4', 9},  {'5', 13}, {'6', 15}, {'7', 17}, {'8', 19},
        {'9', 21}, {'A', 1},  {'B', 0},  {'C', 5},  {'D', 7},  {'E', 9},  {'F', 13}, {'G', 15}, {'H', 17},
        {'I', 19}, {'J', 21}, {'K', 2},  {'L', 4},  {'M', 18}, {'N', 20}, {'O', 11}, {'P', 3},  {'Q', 6},
        {'R', 8},  {'S', 12}, {'T', 14}, {'U', 16}, {'V', 10}, {'W', 22}, {'X', 25}, {'Y', 24}, {'Z', 23}};
    int sum = 0;
    for (int place = 1; place <= 15; ++place) {
        const char c = s[static_cast<std::size_t>(place - 1)];
        sum += place % 2 == 1 ? odd.at(c) : c >= 'A' ? c - 'A' : c - '0';
    }
    s += static_cast<char>('A' + sum % 26);
    const std::size_t how = m.below(4);
    if (how == 0) return m.grouped(s, {6, 5, 5}, " ");
    if (how == 1) {
        for (char& c : s) c = static_cast<char>(std::tolower(c));
        return s;
    }
    return how == 2 ? m.grouped(s, {3, 3, 5, 5}, " ") : s;
}

inline std::string ch_ahv(maker& m) {
    std::string s   = "756" + m.digits(9);
    std::size_t odd = 0, even = 0;
    for (std::size_t i = 0; i < 12; i += 2)
        odd += static_cast<std::size_t>(s[i] - '0'), even += static_cast<std::size_t>(s[i + 1] - '0');
    s += std::to_string((10 - (odd + 3 * even) % 10) % 10);
    return m.below(3) == 0 ? s : m.grouped(s, {3, 4, 4, 2}, m.one_of(".", ".", " "));
}

inline std::string api_key(maker& m) {
    switch (m.below(10)) {
    case 0: return "sk-" + m.alnum(48);
    case 1: return "sk-proj-" + m.base64url(60) + "7Q";
    case 2: return "sk-ant-api03-" + m.base64url(93) + "AA";
    case 3: return "AIza" + m.base64url(33) + "X4";
    case 4: return m.one_of("sk_live_", "sk_test_", "rk_live_") + m.alnum(24);
    case 5: return "hf_" + m.alnum(34);
    case 6: return "glpat-" + m.base64url(18) + "2K";
    case 7: return "npm_" + m.alnum(36);
    case 8: return "SG." + m.base64url(22) + "." + m.base64url(43);
    default: return "sk-" + m.from("0123456789abcdef", 32);
    }
}

inline sensitive_value value_of(maker& m, graft::sensitive kind) {
    switch (kind) {
    case graft::sensitive::email: return email(m);
    case graft::sensitive::phone: return phone(m);
    case graft::sensitive::iban: return iban(m);
    case graft::sensitive::card: return card(m);
    case graft::sensitive::ip_address: return address(m);
    case graft::sensitive::private_key: return pem(m);
    case graft::sensitive::jwt:
        return "eyJ" +
               m.one_of("hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "hbGciOiJSUzI1NiJ9", "0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9") +
               ".eyJ" + m.base64url(20 + m.below(200)) + "." + m.base64url(m.below(2) == 0 ? 43 : 342);
    case graft::sensitive::aws_key:
        if (m.below(2) == 0) return m.one_of("AKIA", "ASIA") + m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
        return {m.one_of("aws_secret_access_key = ", "AWS_SECRET_ACCESS_KEY=", "\"SecretAccessKey\": \"",
                         "aws_secret_access_key: "),
                m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+", 38) + "d8"};
    case graft::sensitive::github_token:
        return m.below(4) == 0 ? "github_pat_" + m.alnum(22) + "_" + m.alnum(59)
                               : m.one_of("ghp_", "gho_", "ghu_", "ghs_", "ghr_") + m.alnum(36);
    case graft::sensitive::slack_token:
        if (m.below(4) == 0)
            return "https://hooks.slack.com/services/T" + m.from("ABCDEFGHIJ0123456789", 10) + "/B" +
                   m.from("ABCDEFGHIJ0123456789", 10) + "/" + m.alnum(24);
        return m.one_of("xoxb-", "xoxp-", "xoxa-", "xapp-1-A") + m.digits(12) + "-" + m.digits(12) + "-" + m.alnum(24);
    case graft::sensitive::api_key: return api_key(m);
    case graft::sensitive::us_ssn: return us_ssn(m);
    case graft::sensitive::uk_nino: return uk_nino(m);
    case graft::sensitive::de_tax_id: return de_tax_id(m);
    case graft::sensitive::fr_nir: return fr_nir(m);
    case graft::sensitive::es_dni: return es_dni(m);
    case graft::sensitive::it_fiscal: return it_fiscal(m);
    case graft::sensitive::ch_ahv: return ch_ahv(m);
    }
    return std::string();
}

/// A sentence about it, and where it lies there.
inline std::pair<std::string, graft::byte_span> within(maker& m, const sensitive_value& value) {
    const std::pair<std::string, std::string> frames[] = {{"", ""},
                                                          {"Here it is: ", "."},
                                                          {"(", ")"},
                                                          {"\"", "\""},
                                                          {"We have ", ", as you said."},
                                                          {"| ", " |"},
                                                          {"- ", "\n- next"},
                                                          {"<", ">"},
                                                          {"It is ", "; please keep it."},
                                                          {"id=7, value: ", ", n=3"},
                                                          {"{\"x\": \"", "\"}"},
                                                          {"in 2024 we wrote ", " on page 12"},
                                                          {"联系方式是", "。"},
                                                          {"Это ", "!"},
                                                          {"see ", "?"},
                                                          {"[", "]"},
                                                          {"`", "`"},
                                                          {"\t", "\t"},
                                                          {"Kunde Müller, ", ", Konto neu"},
                                                          {"C’est ", " merci"},
                                                          {"“", "”"},
                                                          {"*", "*"}};
    const auto& [before, behind]                       = frames[m.below(std::size(frames))];
    const std::size_t begin                            = before.size() + value.before.size();
    return {before + value.before + value.text + value.behind + behind, {begin, begin + value.text.size()}};
}

/// Two thousand cases of each kind: at least .98 are found as what they are, from their first byte to their last.
inline void finds(std::initializer_list<graft::sensitive> kinds) {
    for (const graft::sensitive kind : kinds) {
        maker                    m(static_cast<std::uint64_t>(kind) + 1);
        std::size_t              found = 0, whole = 0;
        std::vector<std::string> missed;
        for (int i = 0; i < 2000; ++i) {
            const auto [text, place] = within(m, value_of(m, kind));
            bool meets = false, all = false;
            for (const graft::sensitive_span& f : graft::find_sensitive(text)) {
                meets = meets || (f.kind == kind && f.begin < place.end && f.end > place.begin);
                all   = all || f == graft::sensitive_span{kind, place.begin, place.end};
            }
            found += meets, whole += all;
            if (!all) missed.push_back(text);
        }
        MESSAGE(graft::name(kind) << ": found " << found << ", whole " << whole << " of 2000");
        CHECK(found >= 1960);
        CHECK(whole >= 1960);
        for (std::size_t i = 0; i < std::min<std::size_t>(missed.size(), 6); ++i) MESSAGE("  missed: " << missed[i]);
    }
}

/// What is found in a text: its kind and itself.
inline std::vector<std::string> said(const std::string& text, const graft::scrub_params& p = {}) {
    std::vector<std::string> all;
    for (const graft::sensitive_span& f : graft::find_sensitive(text, p))
        all.push_back(std::string(graft::name(f.kind)) + " " + text.substr(f.begin, f.end - f.begin));
    return all;
}
using list = std::vector<std::string>;

/// In none of the texts is anything found.
inline void nothing_in(std::initializer_list<const char*> texts, const graft::scrub_params& p = {}) {
    for (const char* text : texts) {
        CAPTURE(std::string(text));
        for (const auto& one : said(text, p)) FAIL_CHECK(one);
    }
}
/// In none of them anything of a kind.
inline void none_of(graft::sensitive kind, std::initializer_list<const char*> texts) {
    nothing_in(texts, {.kinds = 1u << static_cast<unsigned>(kind)});
}
/// Each is found as what it is, all of it, in a sentence.
inline void all_of(graft::sensitive kind, std::initializer_list<const char*> values) {
    for (const char* value : values) {
        CAPTURE(std::string(value));
        CHECK(said("It is " + std::string(value) + ".") == list{std::string(graft::name(kind)) + " " + value});
    }
}

} // namespace test
