// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/records/find_phone.hpp>

#include <support/sensitive_values.hpp>
#include <support/shared.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>

using namespace graft;

TEST_CASE("telephone numbers: two thousand") { test::finds({sensitive::phone}); }

TEST_CASE("numbers that are written as such need no word") {
    test::all_of(sensitive::phone,
                 {"415-555-2671",      "(415) 555-2671",     "(415)555-2671",    "415 555-2671",      "415.555.2671",
                  "1 (415) 555-2671",  "1.415.555.2671",     "+1 415 555 2671",  "030 / 90 18 20 44", "02/123.45.67",
                  "01.23.45.67.89",    "8 (495) 123-45-67",  "8 (495) 123-4567", "8-800-555-35-35",   "8 916 123 45 67",
                  "8 (4852) 12-34-56", "+7 (495) 123-45-67", "138 1234 5678",    "(11) 91234-5678",   "07700900123"});
    CHECK(test::said("tel=+49301234567") == test::list{"phone +49301234567"});
    // Behind any letter, also one that ends in the byte that ends £ or €.
    CHECK(test::said("日本415-555-2671") == test::list{"phone 415-555-2671"});
    CHECK(test::said("£415-555-2671") == test::list{});
    CHECK(test::said("€415-555-2671") == test::list{});
}

TEST_CASE("a word says that what follows is one, with nothing between but what leads to it") {
    const auto number = [](const std::string& text) {
        const auto all = test::said(text);
        return all.size() == 1 && all[0].starts_with("phone ") ? all[0].substr(6) : "nothing";
    };
    for (const char* lead : {"call ",
                             "Call me on ",
                             "phone: ",
                             "Phone number is ",
                             "phoneNumber=",
                             "\"phoneNumber\": \"",
                             "phone_number: ",
                             "Tel.: ",
                             "Telefonnummer: ",
                             "Handynummer ",
                             "Servicetelefon: ",
                             "Rufnummer: ",
                             "meine Handynummer ist ",
                             "text me at ",
                             "contact number: ",
                             "手机",
                             "手机号：",
                             "我的手机号码是",
                             "联系电话：",
                             "電話番号は",
                             "携帯 ",
                             "전화번호 ",
                             "هاتف: ",
                             "رقم الهاتف ",
                             "тел. ",
                             "Телефон: ",
                             "мобильный ",
                             "Τηλ. ",
                             "τηλέφωνο: ",
                             "טלפון ",
                             "โทร ",
                             "फ़ोन ",
                             "☎ ",
                             "téléphone : ",
                             "n° de tél. "}) {
        CAPTURE(std::string(lead));
        CHECK(number(lead + std::string("5551234")) == "5551234");
        CHECK(number(lead + std::string("22 333 444")) == "22 333 444");
    }
    test::nothing_in({"5551234", "22 333 444", "text 5551234", "signal 5551234", "the contact 5551234", "ring 5551234",
                      "Kontakt 5551234", "telephone errors 5551234", "header cell, 5551234", "tel\n5551234",
                      "phone [a] 5551234", "microphone 5551234", "motel 5551234", "хотел 5551234", "call 3 of 5551234",
                      "[PHONE] 5551234", "id=5551234"});
}

TEST_CASE("dates, years, pages, postcodes and sums are none, also behind a word") {
    for (const char* what :
         {"2019-05-11",     "2019/05/11", "2019.5.11",      "11.05.2019",  "5/11/2019", "05-11-2019", "1928-1933",
          "1568–1609",      "2008/2009",  "10001-1234",     "365.2425",    "5.500.000", "17.786.419", "3.73 4.10 4.22",
          "3.81 4.41 6.35", "20240511",   "1990-1995 2000", "9.75/10.600", "1.234.567", "12.34 56.78"})
        for (const char* lead : {"", "\"text\": \"", "call ", "tel. ", "phone: ", "mobile "}) {
            const std::string text = lead + std::string(what) + " of it";
            CAPTURE(text);
            CHECK(test::said(text).empty());
        }
    test::nothing_in({"218-234 (1945)", "381-397 (1950)", "(12) 1928-1933", "01100 00011", "00100 10010 00110",
                      "415-555 2671", "415.555-2671", "01 02 03 04 05 06 07 08", "arXiv 2106.09685v2",
                      "10 000 000 people", "+1 2 3", "(2020)", "call 911", "$415-555-2671", "x415-555-2671",
                      "1 2 3 4 5 6 7 8 9 10 11"});
}

TEST_CASE("messages that people sent: numbers of the telephone in them") {
    NEEDS_SHARED(file, "data/tuning/sms-spam/SMSSpamCollection");
    const std::string text    = test::slurp(file);
    std::size_t       numbers = 0, found = 0;
    const auto        findings = find_sensitive(text);
    for (std::size_t i = 1; i + 12 < text.size(); ++i) { // eleven digits that begin with 0, as Britain has them, alone
        const auto digit = [&](std::size_t k) { return text[k] >= '0' && text[k] <= '9'; };
        if (text[i] != '0' || digit(i - 1) || std::isalpha(static_cast<unsigned char>(text[i - 1])) != 0) continue;
        std::size_t n = 0;
        while (digit(i + n)) ++n;
        if (n != 11 || std::isalpha(static_cast<unsigned char>(text[i + n])) != 0) continue;
        ++numbers;
        found += std::any_of(findings.begin(), findings.end(), [&](const sensitive_span& f) {
            return f.kind == sensitive::phone && f.begin <= i && f.end >= i + 11;
        });
    }
    MESSAGE(found << " of " << numbers << " numbers");
    CHECK(numbers > 300);
    CHECK(100 * found >= 95 * numbers);
}
