// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <graft/reading/asked_words.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace graft;

namespace {

double share(std::string_view question, std::string_view text, std::span<const respelling> respelled = {}) {
    context                   w;
    const detail::asked_words asked(question, w, respelled);
    auto                      seen = asked.begin(w);
    asked.look(text, seen);
    return asked.share(seen);
}

} // namespace

TEST_CASE("a text that says what is asked holds most of it, another little, in any language") {
    struct row {
        const char *asked, *here, *elsewhere;
    };
    const row rows[] = {
        {"How much is the annual fee?", "The annual fee is eighty euros.", "The lift is out of order."},
        {"Wie hoch ist die Jahresgebühr?", "Die Jahresgebühren betragen achtzig Euro.", "Der Aufzug ist defekt."},
        {"Où est le parking ?", "Le parking est derrière la gare.", "La bibliothèque ferme à midi."},
        {"¿Dónde está el aparcamiento?", "El aparcamiento está detrás de la estación.",
         "La biblioteca cierra a las seis."},
        {"Где парковка?", "Парковка находится за вокзалом.", "Библиотека закрыта."},
        {"Otopark nerede?", "Otoparkımız istasyonun arkasında.", "Kütüphane kapalı."},
        {"Πού είναι το πάρκινγκ;", "Το πάρκινγκ είναι πίσω από τον σταθμό.", "Η βιβλιοθήκη είναι κλειστή."},
        {"駐車場はどこですか？", "駐車場は駅の裏にあります。", "図書館は九時に開きます。"},
        {"图书馆几点开门？", "图书馆九点开门。", "停车场在车站后面。"},
        {"주차장은 어디에 있습니까?", "주차장은 역 뒤에 있습니다.", "도서관은 아홉 시에 엽니다."},
        {"أين موقف السيارات؟", "موقف السيارات خلف المحطة.", "المكتبة مغلقة."},
    };
    for (const row& r : rows) {
        CAPTURE(r.asked);
        CHECK(share(r.asked, r.here) >= .5);
        CHECK(share(r.asked, r.elsewhere) <= .3);
    }
}

TEST_CASE("a share is between 0 and 1, grows with the text, and is 1 for the question itself") {
    std::mt19937      dice(3);
    const char* const parts[] = {"lamp",      "wi-fi", "C++",    "v2.3.1", "über",    "図書館", "10km",
                                 "openValve", "IT",    "the",    "\xff",   "駐",      "a",      "парковка",
                                 "don't",     "5",     "ที่จอดรถ", "",       "\xE2\x80"};
    for (int round = 0; round < 2000; ++round) {
        std::string question, text;
        for (std::size_t n = dice() % 8; n > 0; --n) question += std::string(parts[dice() % std::size(parts)]) + ' ';
        for (std::size_t n = dice() % 8; n > 0; --n) text += std::string(parts[dice() % std::size(parts)]) + ' ';
        CAPTURE(question);
        CAPTURE(text);
        const double some = share(question, text), more = share(question, text + " . " + question);
        CHECK(some >= 0);
        CHECK(more <= 1 + 1e-6);
        CHECK(some <= more + 1e-6);
        const double all = share(question, question);
        CHECK((all == 0 || all > .999));
    }
}

TEST_CASE("inflection and compounds are held in part, words with digits exactly or not at all") {
    CHECK(share("paleoclimatologist", "paleoclimatology") > .4);
    CHECK(share("paleoclimatologist", "paleoclimatology") < 1);
    CHECK(share("cities", "city") == 1); // one stem
    CHECK(share("Schießpulverunternehmen", "Das Unternehmen stellte Schießpulver her.") > .5);
    CHECK(share("E4711", "E4712 E471 4711") == 0);
    CHECK(share("lamp", "clamp") < .6);
}

TEST_CASE("a compound is held by its parts written together, and the other way round") {
    CHECK(share("Wi-Fi", "wifi") == 1);
    CHECK(share("wifi", "Wi-Fi") == 1);
    CHECK(share("openValve", "open_valve") == 1);
}

TEST_CASE("a word that was taken for another is looked for as the other") {
    respelling zebra{};
    analyzer{}("zebar", [&](const token& t) { zebra.asked = t.term; });
    analyzer{}("zebra", [&](const token& t) { zebra.used = t.term; });
    zebra.word = "zebra";
    CHECK(share("zebar", "The zebra runs.") < 1);
    CHECK(share("zebar", "The zebra runs.", {&zebra, 1}) == 1);
}

TEST_CASE("how words weigh does not depend on the text") {
    context                   w;
    const detail::asked_words asked("What colour is the lamp in the hall?", w);
    double                    sum = 0;
    for (const detail::asked_words::word& x : asked.words()) sum += static_cast<double>(x.weight);
    CHECK(asked.weight() == doctest::Approx(sum));
    CHECK(asked.content() <= sum);
    CHECK(asked.content() > 1);
}

TEST_CASE("an endless question and an endless word are only slow") {
    std::string question, text(500'000, 'k');
    for (int i = 0; i < 50'000; ++i) question += "word" + std::to_string(i) + " ";
    CHECK(share(question, "word77 word78 " + text) > 0);
    std::string run;
    for (int i = 0; i < 50'000; ++i) run += "図書館";
    CHECK(share(run, run.substr(0, 900)) == doctest::Approx(1).epsilon(.01));
    CHECK(share("", "text") == 0);
    CHECK(share("text", "") == 0);
}
