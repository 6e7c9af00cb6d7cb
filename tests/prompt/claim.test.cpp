// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include "support/ids.hpp"
#include "support/shared.hpp"

#include <graft/base/random.hpp>
#include <graft/prompt/citations.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace graft;
using test::operator""_c;
using test::operator""_d;

namespace {

citations_read read(std::string_view answer, std::string_view body, context& w) {
    const auto s = w.take<source>(1);
    s[0] = {.mark = 1, .from = {.id = 1_c, .document = 1_d, .end = body.size(), .text = {"", body}}, .name = "a.md"};
    return read_citations(answer, s, w);
}
/// Whether the last citation of an answer is verified. The claim gets its mark at the end when it has none.
bool verified(std::string_view claim, std::string_view body) {
    static context w;
    w.reset();
    std::string answer(claim);
    if (answer.find("[1]") == answer.npos) answer += " [1]";
    const auto c = read(answer, body, w).citations;
    REQUIRE(!c.empty());
    for (const citation& one : c) {
        REQUIRE(one.quote == body.substr(one.begin, one.end - one.begin));
        if (!one.verified) REQUIRE(one.quote == body);
        else {
            REQUIRE(static_cast<unsigned char>(one.quote.front()) > ' ');
            REQUIRE(static_cast<unsigned char>(one.quote.back()) > ' ');
        }
    }
    return c.back().verified;
}

struct row {
    bool             verified;
    std::string_view claim, source;
};

constexpr std::string_view leave =
    "Every employee has thirty days of paid leave a year. Employees may carry over unused days "
    "into March of the next year without asking anybody.";

const row rows[] = {
    // what stands there, and harmless words in front of it
    {true, "Every employee has thirty days of paid leave a year.", leave},
    {true, "every employee has thirty days of paid leave a year", leave},
    {true, "EVERY EMPLOYEE HAS THIRTY DAYS OF PAID LEAVE A YEAR.", leave},
    {true, "Every employee has **thirty days** of `paid leave` a year.", leave},
    {true, "- Every employee has thirty days of paid leave a year.", leave},
    {true, "1. Every employee has thirty days of paid leave a year.", leave},
    {true, "> \"Every employee has thirty days of paid leave a year.\"", leave},
    {true, "“Every employee has thirty days of paid leave a year”", leave},
    {true, "So every employee has thirty days of paid leave a year.", leave},
    {true, "So, yes: every employee has thirty days of paid leave a year.", leave},
    {true, "Yes, every employee has thirty days of paid leave a year.", leave},
    {true, "Yes. Every employee has thirty days of paid leave a year.", leave},
    {true, "Also, every employee has thirty days of paid leave a year.", leave},
    {true, "In short, every employee has thirty days of paid leave a year.", leave},
    {true, "In fact — every employee has thirty days of paid leave a year.", leave},
    {true, "Overall, every employee has thirty days of paid leave a year.", leave},
    {true, "According to the handbook, every employee has thirty days of paid leave a year.", leave},
    {true, "According to [1], every employee has thirty days of paid leave a year. [1]", leave},
    {true, "The handbook says that every employee has thirty days of paid leave a year.", leave},
    {true, "The document states: Every employee has thirty days of paid leave a year.", leave},
    {true, "As stated in the text, every employee has thirty days of paid leave a year.", leave},
    {true, "Every employee has thirty days of paid leave a year, according to the handbook.", leave},
    {true, "Every employee has thirty days of paid leave", leave},
    {true, "Every employee has thirty days of paid leave [1].", leave},
    {true, "I looked it up. Every employee has thirty days of paid leave a year.", leave},
    {true,
     "Here is what I found: Every employee has thirty days of paid leave a year.\n\nEmployees may carry over unused "
     "days "
     "into March of the next year without asking anybody.",
     leave},
    {true, "Employees may carry over unused days into March of the next year without asking anybody.", leave},
    {true, std::string_view(leave), leave},
    {true, "thirty days of paid leave", leave},
    {true, "Every employee has thirty days of paid leave a year [1], and that is a lot.", leave},
    {true, "Every employee has thirty days of paid leave a year. [1] No dogs.", leave},
    {true, "- Every employee has thirty days of paid leave a year [1]\n- No dogs", leave},
    // negation in the claim
    {false, "No employee has thirty days of paid leave a year.", leave},
    {false, "Not every employee has thirty days of paid leave a year.", leave},
    {false, "Hardly any employee has thirty days of paid leave a year.", leave},
    {false, "It is not true that every employee has thirty days of paid leave a year.", leave},
    {false, "It is false: every employee has thirty days of paid leave a year.", leave},
    {false, "Wrong: every employee has thirty days of paid leave a year.", leave},
    {false, "No, every employee has thirty days of paid leave a year.", leave},
    {false, "Every employee has thirty days of paid leave a year — not.", leave},
    {false, "Every employee has no thirty days of paid leave a year.", leave},
    {false, "Never has every employee thirty days of paid leave a year.", leave},
    {false, "Without thirty days of paid leave a year", leave},
    {false, "The following is wrong:\n- Every employee has thirty days of paid leave a year.", leave},
    {false, "Every employee has thirty days of paid leave a year [1] is not true.", leave},
    {false, "Every employee has thirty days of paid leave a year [1], which is false.", leave},
    {false, "Every employee has thirty days of paid leave a year?", leave},
    {false, "Every employee has thirty days of paid leave a year [1]?", leave},
    {false, "Nobody doubts that every employee has thirty days of paid leave a year.", leave},
    // exception, condition, quantity, modality in the claim
    {false, "Every employee has thirty days of paid leave a year, except trainees.", leave},
    {false, "Every employee has thirty days of paid leave a year [1], except trainees.", leave},
    {false, "Every employee but the trainee has thirty days of paid leave a year.", leave},
    {false, "Employees may carry over unused days into March of the next year without asking anybody but HR.", leave},
    {false, "Only every employee has thirty days of paid leave a year.", leave},
    {false, "Almost every employee has thirty days of paid leave a year.", leave},
    {false, "Nearly every employee has thirty days of paid leave a year.", leave},
    {false, "Some employee has thirty days of paid leave a year.", leave},
    {false, "Every second employee has thirty days of paid leave a year.", leave},
    {false, "Every employee has at least thirty days of paid leave a year.", leave},
    {false, "Every employee has thirty days of paid leave a year at most.", leave},
    {false, "Every employee has thirty days of paid leave a year if HR agrees.", leave},
    {false, "If HR agrees, every employee has thirty days of paid leave a year.", leave},
    {false, "Unless HR objects every employee has thirty days of paid leave a year.", leave},
    {false, "Every employee may have thirty days of paid leave a year.", leave},
    {false, "Employees must carry over unused days into March of the next year without asking anybody.", leave},
    {false, "Perhaps every employee has thirty days of paid leave a year.", leave},
    {false, "Until 2019 every employee has thirty days of paid leave a year.", leave},
    {false, "Every former employee has thirty days of paid leave a year.", leave},
    // number, name, date, unit
    {false, "Every employee has thirteen days of paid leave a year.", leave},
    {false, "Every employee has thirty-one days of paid leave a year.", leave},
    {false, "Every employee has thirty days of paid leave a month.", leave},
    {false, "Every employee has thirty days of unpaid leave a year.", leave},
    {false, "Every employee has thirty days of sick leave a year.", leave},
    {false, "Every manager has thirty days of paid leave a year.", leave},
    {false, "Employees may carry over unused days into May of the next year without asking anybody.", leave},
    {false, "Employees may carry over unused days into March of the last year without asking anybody.", leave},
    {false, "According to Peter, every employee has thirty days of paid leave a year.", leave},
    {false, "In Berlin every employee has thirty days of paid leave a year.", leave},
    {false, "The fee is 80 dollars.", "The fee is 80 euros."},
    {false, "The fee is 80", "The fee is 80 euros."},
    {false, "The fee is $80.", "The fee is 80."},
    {false, "The fee is 80.", "The fee is $80."},
    {false, "The fee is 80", "The fee is 80 %."},
    {false, "The fee is 80", "The fee is 80% of the price."},
    {false, "The fee is 80.", "The fee is 80.50."},
    {false, "The fee is 80", "The fee is 80,000 euros."},
    {false, "The fee is 80", "The fee is 80-90 euros."},
    {false, "The office opens at 9", "The office opens at 9:30."},
    {false, "It was minus: 5 degrees", "It was -5 degrees."},
    {false, "It was 5 degrees.", "It was -5 degrees."},
    {true, "It was -5 degrees.", "It was -5 degrees."},
    {false, "The fair opens on 5 May", "The fair opens on 5 May 2024."},
    {false, "The fair opens on May 5", "The fair opens on May 5, 2024."},
    {false, "The fair opens in May", "The fair opens in May 2024."},
    {false, "The train leaves for New York.", "The train leaves for York."},
    {false, "The train leaves for New", "The train leaves for New York."},
    {false, "Miller leads HR.", "Anna Miller leads HR."},
    {true, "Anna Miller leads HR.", "Anna Miller leads HR."},
    {false, "Anna leads HR.", "Anna Miller leads HR."},
    {false, "Version 2.3 is safe.", "Version 2.3.1 is safe."},
    {false, "Every employee has one hundred", "Every employee has one hundred thirty days."},
    {false, "thirty days of leave", "Every employee has one hundred thirty days of leave."},
    // names with signs, words with joints
    {false, "The `sql!`", "The SQL is sent to the server."},
    {false, "The sql! macro", "The SQL macro is slow."},
    {false, "The SQL", "The `sql!` macro is fast."},
    {true, "The `sql!` macro is fast.", "The `sql!` macro is fast."},
    {true, "The sql! macro is fast.", "The `sql!` macro is fast."},
    {false, "C is taught here.", "C++ is taught here."},
    {false, "C++ is taught here.", "C is taught here."},
    {true, "C# is taught here.", "C# is taught here."},
    {false, "Write `main`", "Write `main()` first."},
    {false, "Use `rm`", "Use `rm -rf`, it is quick."},
    {false, "Use 5 3", "Use 5 * 3"},
    {false, "Use 53.", "Use 5*3."},
    {false, "Use `rm`", "Use `rm *`."},
    {true, "Use 5 * 3.", "Use 5 \\* 3."},
    {true, "The word break: it leaves a loop.", "- **`break`**: leaves.\n- The word **`break`**: it leaves a loop."},
    {true, "We call `s.clear()`.", "We call s.clear()."},
    {false, "We call `s.clear`.", "We call s.clear()."},
    {true, "Use `rand::prelude::*`.", "Use `rand::prelude::*`."},
    {true, "This is version 3.", "This is version 3. The next is near."},
    {false, "The employee can", "The employee can't smoke."},
    {false, "employees have thirty days.", "Non-employees have thirty days."},
    {false, "the employee is here", "The employee's dog is here. Is the employee is here?"},
    // what stands around it in the source
    {false, "Every employee has thirty days.", "It is not true that every employee has thirty days."},
    {false, "Every employee has thirty days.", "It is false that every employee has thirty days."},
    {false, "Every employee has thirty days.", "He denies that every employee has thirty days."},
    {false, "Every employee has thirty days.", "They say that every employee has thirty days."},
    {false, "Every employee has thirty days.", "Wrongly, every employee has thirty days."},
    {false, "employee has thirty days", "No employee has thirty days."},
    {false, "employees have thirty days", "Some employees have thirty days."},
    {false, "employees have thirty days", "Part-time employees have thirty days."},
    {false, "employees have thirty days", "Former employees have thirty days."},
    {false, "Every employee has thirty days", "Not every employee has thirty days."},
    {false, "Every employee has thirty days of leave.", "Every employee has thirty days of leave, except trainees."},
    {false, "Every employee has thirty days of leave.", "Every employee has thirty days of leave unless HR objects."},
    {false, "Every employee has thirty days of leave.", "Every employee has thirty days of leave, but must ask."},
    {false, "Every employee has thirty days of leave.", "If HR agrees, every employee has thirty days of leave."},
    {false, "Every employee has thirty days of leave.", "Until 2019, every employee has thirty days of leave."},
    {false, "Every employee has thirty days of leave.", "Does he know that every employee has thirty days of leave?"},
    {false, "Every employee has thirty days of leave.", "Every employee has thirty days of leave?"},
    {false, "thirty days of leave", "Every employee has at least thirty days of leave."},
    {false, "thirty days of leave", "Every employee has up to thirty days of leave."},
    {false, "thirty days of leave", "Every employee has about thirty days of leave."},
    {false, "Every employee has thirty days of leave", "Every employee has thirty days of leave or less."},
    {false, "The blue rope is longer", "The blue rope is longer than the red one."},
    {false, "The red rope is longer.", "The blue rope is longer than the red one."},
    {false, "The red one is longer than the blue rope.", "The blue rope is longer than the red one."},
    {false, "The shop closes before nine.", "The shop closes after nine."},
    {false, "The shop opens", "The shop opens after nine."},
    {false, "Employees are allowed", "Employees are allowed to smoke."},
    {false, "Smoking in the hall", "These are forbidden:\n- Smoking in the hall\n- Singing"},
    {false, "Singing in the hall", "These are forbidden:\n- Smoking in the hall\n- Singing in the hall"},
    {true, "Singing in the hall", "These are forbidden:\n- Smoking in the hall\n\nSinging in the hall"},
    {true, "Anna Miller leads the payroll team.", "Anna Miller of the board:\n\nAnna Miller leads the payroll team."},
    {true, "The fair ends on 2 May 12.", "The fair ends on 2 May 12.\n\nNo dogs."},
    {true, "Smoking in the hall", "These are welcome in the house:\n- Smoking in the hall\n- Singing"},
    {true, "Every employee has thirty days.", "No dogs. Every employee has thirty days. No cats."},
    {true, "Every employee has thirty days.",
     "No employee has ten. Not that every employee has thirty days. Every employee has "
     "thirty days."},
    {true, "Every employee has thirty days.", "The handbook says that every employee has thirty days."},
    {false, "Every employee has thirty days.", "In the town, every employee has thirty days."},
    {false, "every employee has thirty days [1].", "In the town, every employee has thirty days."},
    {true, "every employee has thirty days", "In the town, every employee has thirty days."},
    {false, "The leave is ten days.", "For trainees the leave is ten days."},
    {false, "The fee is 80 euros.", "Peter dreamt the fee is 80 euros."},
    {false, "Petersburg is large.", "The town of St. Petersburg is large."},
    {false, "The fee is 80 euros", "The fee is 80 euros and 50 cents."},
    {false, "The fee is 80 euros", "The fee is 80 euros, 50 of them for the book."},
    {false, "the fee of the year", "He paid twice the fee of the year."},
    {false, "thirty days", "The leave is between ten and thirty days."},
    {false, "It is made by the U.S", "It is made by the U.S. Army."},
    {true, "The shop is open", "The shop is open on Mondays."},
    {true, "Every employee has thirty days", "Every employee has thirty days and a desk."},
    {true, "Yes — as the handbook says, every employee has thirty days (see [1]).", "Every employee has thirty days."},
    {true, "Every employee has thirty days, as stated in [1].", "Every employee has thirty days."},
    {true, "The source [1] says that every employee has thirty days [1].", "Every employee has thirty days."},
    {false, "Every employee has thirty days, as stated in the tenth book.", "Every employee has thirty days."},
    {false, "The printer prints thirty lines per page.", "The printer prints thirty lines."},
    {false, "Correct answers get a point.", "Answers get a point."},
    {false, "Overall costs are thirty euros.", "Costs are thirty euros."},
    {false, "However many employees have thirty days.", "Many employees have thirty days."},
    {false, "Besides, few employees have thirty days.", "Employees have thirty days."},
    {false, "Every employee has thirty days? No.", "Every employee has thirty days."},
    {false, "Every employee has thirty days. Not", "Every employee has thirty days."},
    {false, "Every employee has thirty days of paid leave. That is wrong.", leave},
    {false, "Every employee has thirty days of paid leave — or so they thought [1].", leave},
    {false, "Is it true that every employee has thirty days", "Every employee has thirty days."},
    {false, "Myth: every employee has thirty days.", "Every employee has thirty days."},
    {false, "Every employee has thirty days.", "Myth: Every employee has thirty days."},
    {false, "Every employee has thirty days.", "~~Every employee has thirty days.~~"},
    {false, "Every employee hasn't thirty days.", "Every employee has thirty days."},
    {false, "Few of the employees smoke.", "The employees smoke."},
    {false, "Most employees smoke.", "Employees smoke."},
    {false, "Half of all employees smoke.", "All employees smoke."},
    {false, "All employees smoke.", "Employees smoke."},
    {false, "Employees smoke more.", "Employees smoke."},
    {false, "Employees seldom smoke.", "Employees smoke."},
    {false, "Employees no longer smoke.", "Employees smoke."},
    {false, "Employees used to smoke.", "Employees smoke."},
    {false, "The lamp is safer than the torch.", "The torch is safer than the lamp."},
    {false, "The lamp was lit before the torch.", "The lamp was lit after the torch."},
    {false, "The depth is 30 m.", "The depth is 30 km."},
    {false, "The depth is 30 km.", "The depth is 30 km²."},
    {false, "The depth is 3 km.", "The depth is 1/3 km."},
    {false, "The room has 3 doors.", "The room has ½ 3 doors."},
    {false, "It was founded in 1911.", "It was founded in 1911 BC."},
    {false, "It was founded on 3 June.", "It was founded on 3 July."},
    {false, "It was founded in 1911", "It was founded in 1911/12."},
    {false, "It was founded in 1911", "It was founded in 1911–1913."},
    {true, "Every employee has thirty days.", "## Leave\n\n1. Every employee has thirty days.[2]\n"},
    {true, "The fee is 80 euros.", "Prices of the year are here; the fee is 80 euros."},
    // as a text is written
    {true, "_The warranty lasts two years._", "The warranty lasts two years."},
    {true, "The warranty lasts two years", "**The warranty** lasts _two years_."},
    {true, "The warranty lasts two years.", "> The warranty lasts\n> two years."},
    {true, "The warranty lasts two years!", "The warranty lasts two years. Batteries are new."},
    {false, "The warranty lasts two years!", "The warranty lasts two years of use."},
    {false, "Call the function open_file", "Call the function open_file_now here."},
    {false, "Call the function file.", "Call the function `_file`."},
    {true, "Call the function `_file`.", "Call the function `_file`."},
    {false, "You pay.", "You pay in case of loss."},
    {false, "The price rose by 5%.", "The price fell by 5%."},
    {false, "Peter sued Paul.", "Paul sued Peter."},
    {false, "The claim that the drug is safe", "The drug is safe."},
    {false, "The drug is safe.", "The claim that the drug is safe was withdrawn."},
    {false, "The drug is safe.", "Whether the drug is safe is unknown."},
    {false, "Everyone came.", "Everyone but Peter came."},
    {false, "The tests pass.", "Not one of the tests pass."},
    {false, "The battery is covered.", "The warranty lasts two years, and the battery is covered."},
    {true, "The warranty lasts two years.", "The warranty lasts two years, and the battery is covered."},
    {true, "The warranty lasts two years.", "The warranty lasts two years (the battery is covered)."},
    {false, "The warranty lasts two years.", "The warranty lasts two years (not in Spain)."},
    // German
    {true, "Jeder Mitarbeiter hat dreißig Tage Urlaub.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {true, "Ja, jeder Mitarbeiter hat dreißig Tage Urlaub.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {true, "Laut Handbuch: Jeder Mitarbeiter hat dreißig Tage Urlaub.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {true, "Jeder Mitarbeiter hat dreißig Tage Urlaub", "Jeder Mitarbeiter hat dreißig Tage Urlaub im Jahr."},
    {false, "Nicht jeder Mitarbeiter hat dreißig Tage Urlaub.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {false, "Jeder Mitarbeiter hat dreizehn Tage Urlaub.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {false, "Jeder Mitarbeiter hat dreißig Tage Urlaub außer im März.", "Jeder Mitarbeiter hat dreißig Tage Urlaub."},
    {false, "Jeder Mitarbeiter hat dreißig Tage Urlaub",
     "Jeder Mitarbeiter hat dreißig Tage Urlaub, ausgenommen sind Lehrlinge."},
    {false, "Jeder Mitarbeiter hat dreißig Tage Urlaub", "Jeder Mitarbeiter hat dreißig Tage Urlaub, sofern er fragt."},
    {false, "Mitarbeiter hat dreißig Tage Urlaub.", "Kein Mitarbeiter hat dreißig Tage Urlaub."},
    {false, "Jeder Mitarbeiter hat dreißig Tage.", "Er behauptet, jeder Mitarbeiter hat dreißig Tage."},
    {false, "Die Frist endet nicht am 15. März 2024.", "Die Frist endet am 15. März 2024."},
    {true, "Die Frist endet am 15. März 2024.", "Die Frist endet am 15. März 2024."},
    {false, "Die Frist endet am 15.", "Die Frist endet am 15. März 2024."},
    // French
    {true, "Chaque employé a trente jours.", "Chaque employé a trente jours."},
    {true, "Oui, selon le manuel, chaque employé a trente jours.", "Chaque employé a trente jours."},
    {false, "Aucun employé n'a trente jours.", "Chaque employé a trente jours."},
    {false, "Chaque employé a treize jours.", "Chaque employé a trente jours."},
    {false, "L'employé n'a pas trente jours.", "L'employé a trente jours."},
    {false, "Chaque employé a trente jours", "Chaque employé a trente jours, sauf les stagiaires."},
    {false, "Chaque employé a trente jours", "Il est faux que chaque employé a trente jours."},
    {false, "Chaque employé a trente jours", "S'il demande, chaque employé a trente jours."},
    // Spanish
    {true, "Cada empleado tiene treinta días.", "Cada empleado tiene treinta días."},
    {true, "Sí, según el manual, cada empleado tiene treinta días.", "Cada empleado tiene treinta días."},
    {false, "Ningún empleado tiene treinta días.", "Cada empleado tiene treinta días."},
    {false, "Cada empleado tiene trece días.", "Cada empleado tiene treinta días."},
    {false, "No cada empleado tiene treinta días.", "Cada empleado tiene treinta días."},
    {false, "Cada empleado tiene treinta días", "Cada empleado tiene treinta días, salvo los aprendices."},
    {false, "¿Cada empleado tiene treinta días?", "Cada empleado tiene treinta días."},
    // Italian
    {true, "Ogni dipendente ha trenta giorni.", "Ogni dipendente ha trenta giorni."},
    {true, "Quindi ogni dipendente ha trenta giorni.", "Ogni dipendente ha trenta giorni."},
    {false, "Nessun dipendente ha trenta giorni.", "Ogni dipendente ha trenta giorni."},
    {false, "Ogni dipendente ha tredici giorni.", "Ogni dipendente ha trenta giorni."},
    {false, "Ogni dipendente ha trenta giorni", "Ogni dipendente ha trenta giorni, tranne gli apprendisti."},
    // Portuguese
    {true, "Cada empregado tem trinta dias.", "Cada empregado tem trinta dias."},
    {true, "De acordo com o manual, cada empregado tem trinta dias.", "Cada empregado tem trinta dias."},
    {false, "Nenhum empregado tem trinta dias.", "Cada empregado tem trinta dias."},
    {false, "Cada empregado tem treze dias.", "Cada empregado tem trinta dias."},
    {false, "Cada empregado tem trinta dias", "Cada empregado tem trinta dias, exceto os aprendizes."},
    // Dutch
    {true, "Elke werknemer heeft dertig dagen.", "Elke werknemer heeft dertig dagen."},
    {true, "Volgens het handboek heeft elke werknemer dertig dagen.",
     "Volgens het handboek heeft elke werknemer dertig dagen."},
    {false, "Niet elke werknemer heeft dertig dagen.", "Elke werknemer heeft dertig dagen."},
    {false, "Elke werknemer heeft dertien dagen.", "Elke werknemer heeft dertig dagen."},
    {false, "Elke werknemer heeft dertig dagen", "Elke werknemer heeft dertig dagen, behalve stagiairs."},
    // Russian
    {true, "Каждый сотрудник имеет тридцать дней.", "Каждый сотрудник имеет тридцать дней."},
    {true, "Да, каждый сотрудник имеет тридцать дней.", "Каждый сотрудник имеет тридцать дней."},
    {true, "Согласно справочнику, каждый сотрудник имеет тридцать дней.", "Каждый сотрудник имеет тридцать дней."},
    {false, "Не каждый сотрудник имеет тридцать дней.", "Каждый сотрудник имеет тридцать дней."},
    {false, "Каждый сотрудник имеет тринадцать дней.", "Каждый сотрудник имеет тридцать дней."},
    {false, "Каждый сотрудник имеет тридцать дней", "Каждый сотрудник имеет тридцать дней, кроме стажёров."},
    {false, "Каждый сотрудник имеет тридцать дней", "Неверно, что каждый сотрудник имеет тридцать дней."},
    // Chinese
    {true, "每位员工有三十天假期。", "每位员工有三十天假期。"},
    {true, "是的，每位员工有三十天假期。", "每位员工有三十天假期。"},
    {true, "根据手册，每位员工有三十天假期。", "每位员工有三十天假期。"},
    {true, "每位员工有三十天假期", "每位员工有三十天假期，可以结转。"},
    {false, "并非每位员工有三十天假期。", "每位员工有三十天假期。"},
    {false, "每位员工有十三天假期。", "每位员工有三十天假期。"},
    {false, "三十天假期", "每位员工有一百三十天假期。"},
    {false, "员工有三十天假期", "兼职员工有三十天假期。"},
    {false, "每位员工有三十天假期", "并非每位员工有三十天假期。"},
    {false, "每位员工有三十天假期", "每位员工有三十天假期，实习生除外。"},
    {false, "每位员工有三十天假期", "每位员工有三十天假期吗？"},
    // languages that nobody knows here: whole sentences
    {true, "Varje anställd har trettio dagar.", "Varje anställd har trettio dagar. Lön kommer i maj."},
    {false, "Varje anställd har trettio dagar", "Varje anställd har trettio dagar, förutom lärlingar."},
    {false, "Varje anställd har trettio dagar", "Inte varje anställd har trettio dagar."},
    {true, "Każdy pracownik ma trzydzieści dni.", "Każdy pracownik ma trzydzieści dni."},
    {false, "Każdy pracownik ma trzydzieści dni", "Każdy pracownik ma trzydzieści dni, z wyjątkiem stażystów."},
    {false, "Her çalışanın otuz günü vardır", "Her çalışanın otuz günü vardır, stajyerler dışında."},
    {true, "كل موظف لديه ثلاثون يوما.", "كل موظف لديه ثلاثون يوما."},
    {false, "كل موظف لديه ثلاثون يوما", "كل موظف لديه ثلاثون يوما باستثناء المتدربين."},
    {true, "全社員に三十日の休暇がある。", "全社員に三十日の休暇がある。"},
    {false, "全社員に三十日の休暇がある", "全社員に三十日の休暇があるわけではない。"},
    {false, "모든 직원은 삼십 일의 휴가가 있", "모든 직원은 삼십 일의 휴가가 있지 않다."},
    {true, "พนักงานทุกคนมีวันลา", "พนักงานทุกคนมีวันลา"},
    {false, "พนักงานทุกคนมีวันลา", "พนักงานทุกคนมีวันลาไม่ได้"},
};

} // namespace

TEST_CASE("a claim is verified when it stands in the source and nothing turns it") {
    static_assert(std::size(rows) >= 120);
    for (const row& r : rows) {
        CAPTURE(r.claim);
        CAPTURE(r.source);
        CHECK(verified(r.claim, r.source) == r.verified);
    }
}

TEST_CASE("a sentence is verified in its text, and with a word put in, taken out or changed it is not") {
    const std::string_view text =
        "The town hall opens at nine on Mondays. Anna Miller leads the payroll team with four people. Every visitor "
        "gets a "
        "blue badge at the gate. Lunch costs eleven euros in the canteen by the river. Our oldest engine was built in "
        "Hamburg and weighs ninety tons. Der Hafen liegt im Norden der alten Stadt. Das Museum zeigt zwölf Bilder und "
        "eine "
        "Karte. Le pont est ouvert chaque jour pour les piétons. El puerto tiene tres grúas y una torre. Il ponte "
        "della "
        "città ha cinque archi. O navio tem duas velas para a viagem. Het kasteel heeft een toren van steen. Каждый "
        "поезд "
        "имеет десять вагонов на линии. "
        "A request waits in the queue before the worker takes it. No guest enters the vault without a guide.";
    std::vector<std::string_view> sentences;
    each_sentence(text, [&](std::size_t a, std::size_t b) {
        while (b > a && text[b - 1] == ' ') --b;
        sentences.push_back(text.substr(a, b - a));
    });
    REQUIRE(sentences.size() == 15);
    std::vector<std::string> pool = {"not",  "no",    "never", "few", "only",  "nicht",
                                     "sauf", "salvo", "senza", "42",  "Peter", "red"};
    for (const std::string_view s : sentences)
        for (std::size_t at = 0; at < s.size();) {
            const std::size_t end = std::min(s.find(' ', at), s.size());
            pool.emplace_back(s.substr(at, end - at));
            at = end + 1;
        }
    context    w;
    const auto same = [&](std::string_view a, std::string_view b) {
        w.reset();
        const detail::folded_text x = detail::fold_quote(a, w), y = detail::fold_quote(b, w);
        return std::u32string_view(x.signs.data(), x.size()) == std::u32string_view(y.signs.data(), y.size());
    };
    const auto lead_in = [&](std::string_view word) {
        w.reset();
        const detail::folded_text x = detail::fold_quote(word, w);
        return detail::skip_lead_in({x.signs.data(), x.size()}) > 0;
    };
    const auto begins_phrase = [&](std::string_view word) {
        w.reset();
        const detail::folded_text x = detail::fold_quote(word, w);
        return has(detail::roles_of({x.signs.data(), x.size()}), detail::word_role::opens) ||
               has(detail::roles_of({x.signs.data(), x.size()}), detail::word_role::number);
    };
    counter_random r(3, 3);
    for (int round = 0; round < 6000; ++round) {
        const std::string_view   s = sentences[r.below(sentences.size())];
        std::vector<std::string> words;
        for (std::size_t at = 0; at < s.size();) {
            const std::size_t end = std::min(s.find(' ', at), s.size());
            words.emplace_back(s.substr(at, end - at));
            at = end + 1;
        }
        const auto joined = [&] {
            std::string out;
            for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
            return out;
        };
        REQUIRE(verified(joined(), text));
        const std::size_t at = r.below(words.size());
        std::string       new_word;
        do new_word = pool[r.below(pool.size())];
        while (new_word.find('.') != new_word.npos || lead_in(new_word) || same(new_word, words[at]) ||
               (at > 0 && same(new_word, words[at - 1])));
        const std::size_t how = r.below(3);
        if (how == 0) words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), new_word);
        else if (how == 1) words[at] = new_word + (at + 1 == words.size() ? "." : "");
        else if (at + 1 == words.size()) continue; // the end may be left out where that turns nothing: see the table
        else {
            words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
            if (at == 0 && begins_phrase(words[0])) continue; // so may a beginning: "twelve pictures and a map"
        }
        CAPTURE(joined());
        REQUIRE(!verified(joined(), text));
    }
}

TEST_CASE("hostile texts cost linear time, and a warm context no memory") {
    const std::size_t n      = 100'000;
    const auto        repeat = [&](std::string_view unit) {
        std::string out;
        while (out.size() < n) out += unit;
        return out;
    };
    const std::string many[] = {repeat("a "),
                                repeat("a"),
                                repeat("so "),
                                repeat("[2] "),
                                repeat("no "),
                                repeat("- "),
                                repeat("a, "),
                                repeat("the a "),
                                repeat("1. "),
                                repeat("三十"),
                                repeat("a?\n"),
                                repeat("x: "),
                                repeat("a. B "),
                                repeat("*a* * "),
                                repeat("—"),
                                repeat("per "),
                                repeat("\\*`!`"),
                                repeat("the handbook says "),
                                repeat("according to the text ")};
    context           w;
    for (const std::string& claim : many)
        for (const std::string& source : many) {
            w.reset();
            (void)read(claim.substr(0, n / 2) + " b [1] " + claim.substr(0, n / 3) + " c [1]?", source, w);
            w.reset();
            (void)read("a a [1]", claim + source, w);
        } // some 10 ms each: a square of the length would be minutes
    const std::size_t warm = w.capacity();
    for (const std::string& claim : many) {
        w.reset();
        (void)read(claim + " [1]", claim, w);
    }
    CHECK(w.capacity() == warm);
}

TEST_CASE("whatever the texts hold, a verified quote holds the claim's words, and the reading stays inside its texts") {
    const char* const parts[] = {
        "the ", "leave ",   "is ",  "Thirty ", "no ",  "may ", "not ", "30", "1. ",  "- ",  "> ",   "`",
        "**",   "_",        "*",    "\\",      "[",    "]",    "(",    ")",  "!",    "?",   ". ",   ", ",
        ": ",   "; ",       "—",    "-",       "'",    "\n",   "\n\n", " ",  "三十", "天 ", "员工", "über ",
        "\xC3", "\xE2\x80", "\xFF", "[1]",     "[1] ", "%",    "$",    "#",  "::",   ".x",  "n't ", "So, "};
    counter_random r(11, 6);
    context        w;
    std::size_t    found = 0;
    for (int round = 0; round < 40000; ++round) {
        const auto text = [&](std::size_t most) {
            std::string out;
            for (std::size_t n = r.below(most); n > 0; --n) out += parts[r.below(std::size(parts))];
            return out;
        };
        const std::string body  = text(30);
        std::string       claim = text(8);
        if (!body.empty() && r.below(2) == 0) { // a piece of it
            const std::size_t from = r.below(body.size());
            claim                  = body.substr(from, 1 + r.below(body.size() - from));
        }
        w.reset();
        for (const citation& c : read(claim + " [1]" + text(5), body, w).citations) {
            REQUIRE(c.end <= body.size());
            REQUIRE(c.quote == std::string_view(body).substr(c.begin, c.end - c.begin));
            if (!c.verified) continue;
            ++found;
            REQUIRE(!c.quote.empty());
            REQUIRE(static_cast<unsigned char>(c.quote.front()) > ' ');
            REQUIRE(static_cast<unsigned char>(c.quote.back()) > ' ');
        }
    }
    CHECK(found > 500);
}
