// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/find_numbers.hpp>

#include <support/sensitive_values.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace graft;

TEST_CASE("numbers of accounts, cards and people: two thousand of each") {
    test::finds({sensitive::iban, sensitive::card, sensitive::us_ssn, sensitive::uk_nino, sensitive::de_tax_id,
                 sensitive::fr_nir, sensitive::es_dni, sensitive::it_fiscal, sensitive::ch_ahv});
}

TEST_CASE("numbers that prove themselves, and the same with one digit changed") {
    // Published examples: the IBAN registry, test cards of issuers, the German, French, Spanish, Italian and Swiss authorities.
    const std::pair<sensitive, std::string> all[] = {{sensitive::iban, "DE89370400440532013000"},
                                                     {sensitive::iban, "GB29 NWBK 6016 1331 9268 19"},
                                                     {sensitive::iban, "FR1420041010050500013M02606"},
                                                     {sensitive::iban, "CH9300762011623852957"},
                                                     {sensitive::iban, "NO9386011117947"},
                                                     {sensitive::card, "4111 1111 1111 1111"},
                                                     {sensitive::card, "5555555555554444"},
                                                     {sensitive::card, "378282246310005"},
                                                     {sensitive::card, "6011111111111117"},
                                                     {sensitive::card, "3530111333300000"},
                                                     {sensitive::card, "30569309025904"},
                                                     {sensitive::de_tax_id, "86095742719"},
                                                     {sensitive::de_tax_id, "65929970489"},
                                                     {sensitive::fr_nir, "2 55 08 14 168 025 38"},
                                                     {sensitive::es_dni, "12345678Z"},
                                                     {sensitive::es_dni, "X1234567L"},
                                                     {sensitive::it_fiscal, "RSSMRA85T10A562S"},
                                                     {sensitive::ch_ahv, "756.9217.0769.85"}};
    for (const auto& [kind, number] : all) {
        CHECK(test::said("It is " + number + ".") == test::list{std::string(name(kind)) + " " + number});
        // Every digit stands under a check: another one is another number. Phones may be seen in what is left.
        for (std::size_t i = number.size() - 6; i < number.size(); ++i) {
            if (number[i] < '0' || number[i] > '9') continue;
            std::string other = number;
            other[i]          = other[i] == '9' ? '0' : static_cast<char>(other[i] + 1);
            for (const sensitive_span& f : find_sensitive(other)) CHECK(f.kind != kind);
        }
    }
}

TEST_CASE("an IBAN has the layout of its country, groups of four, and letters of one size") {
    test::all_of(sensitive::iban, {"DE89 3704 0044 0532 0130 00", "de89370400440532013000",
                                   "GB29-NWBK-6016-1331-9268-19", "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
                                   "NL91ABNA0417164300", "FR14 2004 1010 0505 0001 3M02 606", "NO93 8601 1117 947"});
    CHECK(test::said("IBAN: DE89 37040044 0532013000") == test::list{"iban DE89 37040044 0532013000"});
    test::none_of(sensitive::iban,
                  {"FOXP3 and IL-17 in colon tissues or MLN were detected", "DE89 37040044 0532013000",
                   "DE89 3704-0044 0532 0130 00", "De89370400440532013000", "DE89 3704 0044 0532 0130 0",
                   "GB29 1234 6016 1331 9268 19", "NO93 86011 117947", "XX89 3704 0044 0532 0130 00", "DE89"});
    // Every layout of the table is of a length that the registry has, and takes no other.
    for (const char a : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        for (const char b : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
            using namespace graft::detail::scanning;
            const auto layout = iban_layout(a, b);
            if (layout.empty()) continue;
            const std::size_t n = laid_out_size(layout);
            CHECK(n >= 11);
            CHECK(n <= 29);
            std::string fits;
            std::size_t run = 0;
            for (const char c : layout)
                if (c >= '0' && c <= '9') run = run * 10 + static_cast<std::size_t>(c - '0');
                else fits.append(run, c == 'a' ? 'Q' : '7'), run = 0;
            CHECK(laid_out(fits, layout));
            CHECK(!laid_out(fits + "7", layout));
            CHECK(!laid_out(fits.substr(1), layout));
        }
}

TEST_CASE("cards are grouped as cards are") {
    test::all_of(sensitive::card, {"4111-1111-1111-1111", "3782 822463 10005", "3056 930902 5904"});
    CHECK(test::said("card no. 41111111 11111111") == test::list{"card 41111111 11111111"});
    test::none_of(sensitive::card,
                  {"[46695481 27873158]", "4111 1111-1111 1111", "411 11111 1111 1111", "41111111 11111111"});
}

TEST_CASE("numbers without a sum are believed in their own form, or behind a word") {
    test::all_of(sensitive::us_ssn, {"078-05-1120", "219\u201109\u20119999"});
    CHECK(test::said("SSN 078 05 1120") == test::list{"us_ssn 078 05 1120"});
    CHECK(test::said("social security number: 078.05.1120") == test::list{"us_ssn 078.05.1120"});
    test::none_of(sensitive::us_ssn,
                  {"078 05 1120", "078.05.1120", "078-05 1120", "part X-078-05-1120", "078-05-1120-A",
                   "[SSN] 078051120", "666-12-3456, 000-12-3456, 900-12-3456, 123-00-4567", "123456789"});

    test::all_of(sensitive::uk_nino, {"AB123456C", "AB 12 34 56 C", "AB-12-34-56-C", "AB 123456 C"});
    CHECK(test::said("National Insurance no. ab123456c") == test::list{"uk_nino ab123456c"});
    test::none_of(sensitive::uk_nino,
                  {"CA630402a JB March 14, 1978", "ca630402a", "Ca630402A", "AB12.34.56.C", "AB12 34-56 C", "QQ123456C",
                   "AB123456E", "AB123456C@x", "AB123456C-7", "SKU-AB123456C", "AB12 3456 C"});

    test::all_of(sensitive::es_dni, {"12345678Z", "12345678-Z", "12.345.678-Z", "X1234567L", "X-1234567-L"});
    CHECK(test::said("DNI 12345678 z") == test::list{"es_dni 12345678 z"});
    CHECK(test::said("NIF: 20240528E") == test::list{"es_dni 20240528E"});
    test::none_of(sensitive::es_dni, {"12345678 Z", "12345678z", "x1234567l", "20240528E", "20240528-C", "12345678A",
                                      "log-12345678Z", "12345678Z-9", "1234 5678 Z"});

    test::all_of(sensitive::it_fiscal, {"RSSMRA85T10A562S", "rssmra85t10a562s", "RSS MRA 85T10 A562S"});
    test::none_of(sensitive::it_fiscal, {"RssMra85t10A562S", "RSSMRA85T10A562S-1", "RSS-MRA 85T10 A562S"});
    test::all_of(sensitive::de_tax_id, {"86 095 742 719"});
    test::none_of(sensitive::de_tax_id, {"86 095-742 719"});
}

TEST_CASE("a number in an address of mail is of the address") {
    CHECK(test::said("12345678Z@example.org") == test::list{"email 12345678Z@example.org"});
    CHECK(test::said("AB123456C@example.org") == test::list{"email AB123456C@example.org"});
    CHECK(test::said("4111111111111111@example.org") == test::list{"email 4111111111111111@example.org"});
}
