// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// A citation must not say the opposite: pairs of a source and a claim about it, and whether `verified` may be true.

#include <graft/prompt/citations.hpp>

#include "support/ids.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

namespace {

bool verified(std::string_view claim, std::string_view body) {
    context           w;
    const source      s[]    = {{.mark = 1,
                                 .from = {.id = 1_c, .document = 11_d, .begin = 0, .end = body.size(), .text = {"", body}},
                                 .name = "a.md"}};
    const std::string answer = std::string(claim) + " [1]";
    const auto        read   = read_citations(answer, s, w).citations;
    REQUIRE(read.size() == 1);
    return read[0].verified;
}

struct pair {
    std::string_view body;
    std::string_view claim;
};

} // namespace

TEST_CASE("claims: what the source says, in its own words, is verified in every language") {
    for (const char* body : {
             "Every employee has thirty days of paid leave a year.",
             "The lift is not for goods, and nobody may ride on its roof.",
             "Hunde dürfen nicht in den Garten, nur der Hausmeister hat einen Schlüssel.",
             "Le parking n'est jamais ouvert le dimanche, sauf pour les livraisons.",
             "La piscina no abre los lunes, excepto en agosto.",
             "La piscina non apre mai prima delle dieci.",
             "Nie wolno wchodzić na dach bez zgody dozorcy.",
             "Вход закрыт, кроме воскресенья.",
             "駐車場は日曜日には使えません。",
             "停车场星期天不开门。",
             "주차장은 일요일에 열지 않습니다.",
             "موقف السيارات لا يفتح يوم الأحد.",
             "The fee is 12.50 euros, due on 3 March 2024 at 10:30.",
         }) {
        CAPTURE(body);
        CHECK(verified(body, body));
        CHECK(
            verified(body, std::string("Something else stands before it. ") + body + " And behind it too, at length."));
    }
    // Other white space and other case are no other claim.
    CHECK(verified("every employee  has thirty days\nof paid leave a year.",
                   "Every employee has thirty days of paid leave a year."));
}

TEST_CASE("claims: what turns the meaning is never verified") {
    const char* leave   = "Every employee has thirty days of paid leave a year. Unused leave moves to March.";
    const char* carry   = "Employees may carry over unused days into March of the next year without asking anybody.";
    const char* gate    = "The north gate is open to visitors between nine and five on working days.";
    const char* pump    = "The pump may be started while the valve is open.";
    const pair  pairs[] = {
        // negation
        {leave, "No employee has thirty days of paid leave a year."},
        {leave, "Not every employee has thirty days of paid leave a year."},
        {leave, "Hardly any employee has thirty days of paid leave a year."},
        {leave, "It is not true that every employee has thirty days of paid leave a year."},
        {leave, "Never has every employee thirty days of paid leave a year."},
        {leave, "It is a myth that every employee has thirty days of paid leave a year."},
        {gate, "The north gate is not open to visitors between nine and five on working days."},
        {gate, "The north gate isn't open to visitors between nine and five on working days."},
        {gate, "The north gate is never open to visitors between nine and five on working days."},
        {pump, "The pump may not be started while the valve is open."},
        {pump, "The pump must not be started while the valve is open."},
        {pump, "The pump cannot be started while the valve is open."},
        {"The door is not locked at night.", "The door is locked at night."},
        {"Never start the pump while the valve is open.", "Start the pump while the valve is open."},
        {"Not every employee has thirty days of paid leave a year.",
          "Every employee has thirty days of paid leave a year."},
        {"No visitor may enter the control room alone.", "Visitor may enter the control room alone."},
        // exception and condition
        {carry, "Employees may carry over unused days into March of the next year without asking anybody but HR."},
        {carry, "Employees may carry over unused days into March of the next year without asking anybody except HR."},
        {carry,
          "Only managers: employees may carry over unused days into March of the next year without asking anybody."},
        {gate, "The north gate is open to visitors between nine and five on working days except Fridays."},
        {gate, "The north gate is open to visitors between nine and five on working days unless it rains."},
        {gate, "The north gate is only open to visitors between nine and five on working days in May."},
        {"Dogs are allowed on the lawn unless it has rained.", "Dogs are allowed on the lawn."},
        {"The office pays for taxis only after midnight.", "The office pays for taxis."},
        // quantity and comparison
        {leave, "Almost every employee has thirty days of paid leave a year."},
        {leave, "Every employee has less than thirty days of paid leave a year."},
        {leave, "Every employee has at most thirty days of paid leave a year."},
        {leave, "Every employee has thirty hours of paid leave a year."},
        {leave, "Every employee has thirteen days of paid leave a year."},
        {leave, "Every employee has thirty days of unpaid leave a year."},
        {leave, "Every manager has thirty days of paid leave a year."},
        {"All pumps are tested every month.", "Some pumps are tested every month."},
        {"The tank holds more than nine litres of oil.", "The tank holds less than nine litres of oil."},
        {"The tank holds at least nine litres of oil.", "The tank holds at most nine litres of oil."},
        // number, date, name
        {"The fee is 12.50 euros for members of the club.", "The fee is 13.50 euros for members of the club."},
        {"The fee is 12.50 euros for members of the club.", "The fee is 12.50 dollars for members of the club."},
        {"The fee is 80 euros for members of the club.", "The fee is -80 euros for members of the club."},
        {"The fee is 80 euros for members of the club.", "The fee is 80.5 euros for members of the club."},
        {"The hall closes on 15 March 2024 at noon.", "The hall closes on 15 May 2024 at noon."},
        {"The hall closes on 15 March 2024 at noon.", "The hall closes on 15 March 2025 at noon."},
        {"The harbour office is led by Ms Adler since spring.", "The harbour office is led by Ms Brandt since spring."},
        {"The train to Lyon leaves at nine.", "The train from Lyon leaves at nine."},
        // other languages
        {"Der Parkplatz ist am Sonntag für Besucher geöffnet.",
          "Der Parkplatz ist am Sonntag nicht für Besucher geöffnet."},
        {"Jeder Mitarbeiter hat dreißig Tage Urlaub im Jahr.", "Kein Mitarbeiter hat dreißig Tage Urlaub im Jahr."},
        {"Jeder Mitarbeiter hat dreißig Tage Urlaub im Jahr.",
          "Nicht jeder Mitarbeiter hat dreißig Tage Urlaub im Jahr."},
        {"Le parking est ouvert aux visiteurs le dimanche.", "Le parking n'est pas ouvert aux visiteurs le dimanche."},
        {"Le parking est ouvert aux visiteurs le dimanche.",
          "Le parking est ouvert aux visiteurs le dimanche sauf en mai."},
        {"La piscina abre los lunes por la tarde.", "La piscina no abre los lunes por la tarde."},
        {"La piscina apre il lunedì pomeriggio.", "La piscina non apre il lunedì pomeriggio."},
        {"A piscina abre à segunda-feira de tarde.", "A piscina não abre à segunda-feira de tarde."},
        {"Het zwembad gaat op maandag open voor leden.", "Het zwembad gaat op maandag niet open voor leden."},
        {"Wolno wchodzić na dach za zgodą dozorcy.", "Nie wolno wchodzić na dach za zgodą dozorcy."},
        {"Стоянка открыта для посетителей в воскресенье.", "Стоянка не открыта для посетителей в воскресенье."},
        {"Otopark pazar günü ziyaretçilere açıktır.", "Otopark pazar günü ziyaretçilere açık değildir."},
        {"駐車場は日曜日に使えます。", "駐車場は日曜日に使えません。"},
        {"停车场星期天开门。", "停车场星期天不开门。"},
        {"주차장은 일요일에 엽니다.", "주차장은 일요일에 열지 않습니다."},
        {"يفتح موقف السيارات يوم الأحد.", "لا يفتح موقف السيارات يوم الأحد."},
        {"पार्किंग रविवार को खुलती है।", "पार्किंग रविवार को नहीं खुलती है।"},
    };
    for (const pair& p : pairs) {
        CAPTURE(p.body);
        CAPTURE(p.claim);
        CHECK_FALSE(verified(p.claim, p.body));
    }
}
