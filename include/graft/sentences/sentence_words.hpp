// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <cstddef>
#include <string_view>

// Words by which the sentence splitter tells whether a sentence goes on, of some thirty languages. Every list holds folded
// words (`fold`: lower case, without accents) in the order of their bytes; a test holds them to that.

namespace graft::inline GRAFT_ABI {

namespace detail {

/// Whether a list in order holds a word.
template <std::size_t N>
[[nodiscard]] constexpr bool among(const std::string_view (&list)[N], std::string_view word) noexcept {
    std::size_t low = 0, high = N;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const int         order  = list[middle].compare(word);
        if (order == 0) return true;
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    return false;
}

/// Words that often begin a sentence, and hardly ever a name.
inline constexpr std::string_view often_first[] = {
    "a",        "aan",      "aber",       "according",
    "aceasta",  "acest",    "ademas",     "after",
    "ale",      "all",      "allerdings", "als",
    "also",     "although", "am",         "ama",
    "an",       "ancak",    "anche",      "and",
    "another",  "apoi",     "apos",       "apres",
    "are",      "at",       "au",         "auch",
    "auf",      "aus",      "aux",        "av",
    "avant",    "avec",     "ayrica",     "az",
    "azonban",  "because",  "before",     "bei",
    "beide",    "bij",      "bir",        "bis",
    "both",     "bu",       "burada",     "but",
    "by",       "byl",      "byla",       "cac",
    "cand",     "ce",       "ces",        "cet",
    "cette",    "che",      "com",        "come",
    "comme",    "como",     "con",        "cu",
    "cuando",   "daarna",   "dabei",      "dadurch",
    "dafur",    "daha",     "daher",      "dal",
    "dalam",    "dalla",    "dalle",      "damit",
    "dan",      "danach",   "dann",       "dans",
    "dar",      "darauf",   "darum",      "dat",
    "day",      "dazu",     "dengan",     "denn",
    "denna",    "denne",    "dennoch",    "depois",
    "depuis",   "desde",    "deshalb",    "despite",
    "despues",  "dessa",    "det",        "detta",
    "dette",    "deze",     "dia",        "dies",
    "diese",    "dieser",   "dieses",     "din",
    "disse",    "dit",      "dla",        "doch",
    "donc",     "door",     "dopo",       "dort",
    "dupa",     "durante",  "durch",      "during",
    "e",        "ea",       "each",       "een",
    "efter",    "egy",      "ei",         "ein",
    "eine",     "einem",    "einen",      "einer",
    "ela",      "elas",     "ele",        "eles",
    "elle",     "eller",    "elles",      "em",
    "en",       "ensuite",  "entonces",   "entre",
    "er",       "era",      "es",         "esa",
    "ese",      "esta",     "estas",      "este",
    "esto",     "estos",    "et",         "ett",
    "etter",    "even",     "every",      "ez",
    "ezutan",   "fakat",    "finally",    "foi",
    "for",      "fra",      "fran",       "from",
    "fue",      "fur",      "gdy",        "gegen",
    "ha",       "han",      "hasta",      "hat",
    "he",       "her",      "here",       "heute",
    "hier",     "hij",      "his",        "ho",
    "hoewel",   "hogy",     "hon",        "how",
    "however",  "hun",      "i",          "ia",
    "ich",      "icin",     "if",         "ihr",
    "ihre",     "il",       "ile",        "ils",
    "im",       "in",       "infine",     "ini",
    "instead",  "is",       "isso",       "ist",
    "it",       "its",      "itt",        "itu",
    "ja",       "jak",      "je",         "jede",
    "jeder",    "jednak",   "jedoch",     "jego",
    "jej",      "jest",     "jos",        "kdyz",
    "kemudian", "khi",      "kiedy",      "kun",
    "later",    "leur",     "leurs",      "lors",
    "luego",    "ma",       "maar",       "mais",
    "majd",     "man",      "manche",     "many",
    "mas",      "men",      "mereka",     "met",
    "mit",      "moreover", "most",       "mot",
    "mutta",    "my",       "myos",       "na",
    "naar",     "nach",     "nachdem",    "nama",
    "namun",    "nar",      "nas",        "nastepnie",
    "ne",       "nei",      "nel",        "nella",
    "nelle",    "nem",      "neni",       "nevertheless",
    "ngoai",    "nhung",    "nicht",      "nie",
    "no",       "nos",      "not",        "nous",
    "now",      "nun",      "nur",        "o",
    "ob",       "obwohl",   "och",        "oder",
    "of",       "og",       "ogsa",       "ohne",
    "oleh",     "oli",      "om",         "omdat",
    "on",       "ona",      "once",       "onder",
    "ong",      "oni",      "onun",       "ook",
    "op",       "ott",      "ou",         "our",
    "pa",       "pada",     "pak",        "par",
    "para",     "pe",       "pentru",     "per",
    "pero",     "please",   "plus",       "po",
    "poi",      "por",      "potem",      "potom",
    "pour",     "pri",      "pro",        "proto",
    "przed",    "przez",    "puis",       "quand",
    "quando",   "questa",   "queste",     "questi",
    "questo",   "qui",      "s",          "sa",
    "sans",     "sao",      "sau",        "se",
    "secondo",  "sedan",    "segun",      "segundo",
    "seine",    "seit",     "selon",      "sem",
    "sen",      "ses",      "setelah",    "seu",
    "she",      "si",       "siden",      "sie",
    "siella",   "sin",      "since",      "sind",
    "sinds",    "sitten",   "so",         "som",
    "some",     "somit",    "son",        "sono",
    "sonra",    "sowie",    "spater",     "su",
    "sua",      "such",     "sul",        "sulla",
    "sunt",     "sur",      "sus",        "ta",
    "tai",      "tak",      "tama",       "tambem",
    "tambien",  "te",       "that",       "the",
    "their",    "then",     "there",      "therefore",
    "these",    "they",     "this",       "those",
    "through",  "thus",     "tijdens",    "til",
    "till",     "to",       "today",      "toen",
    "tra",      "tras",     "trong",      "trotzdem",
    "tuy",      "uber",     "um",         "uma",
    "un",       "una",      "unas",       "und",
    "une",      "uno",      "unos",       "unter",
    "until",    "untuk",    "v",          "va",
    "ve",       "ved",      "vi",         "vid",
    "viele",    "voi",      "volgens",    "voor",
    "vor",      "vous",     "vuonna",     "w",
    "wahrend",  "war",      "waren",      "warum",
    "was",      "we",       "weil",       "weitere",
    "wenn",     "wer",      "were",       "what",
    "when",     "where",    "while",      "who",
    "why",      "wie",      "wij",        "wir",
    "wird",     "with",     "wo",         "wsrod",
    "y",        "yang",     "yet",        "you",
    "your",     "z",        "za",         "ze",
    "zij",      "zijn",     "zu",         "zudem",
    "zum",      "zur",      "zwar",       "zwischen",
    "αλλα",     "αν",       "απο",        "αυτη",
    "αυτο",     "αυτοσ",    "για",        "ειναι",
    "ενασ",     "επισησ",   "η",          "ηταν",
    "και",      "με",       "μετα",       "μια",
    "ο",        "οι",       "οταν",       "σε",
    "στα",      "στη",      "στην",       "στο",
    "τα",       "την",      "τησ",        "το",
    "τον",      "του",      "των",        "а",
    "але",      "был",      "была",       "были",
    "было",     "в",        "во",         "вона",
    "вони",     "все",      "вы",         "він",
    "для",      "до",       "его",        "ее",
    "если",     "за",       "затем",      "здесь",
    "и",        "из",       "их",         "к",
    "как",      "когда",    "мы",         "на",
    "не",       "но",       "о",          "об",
    "однако",   "он",       "она",        "они",
    "оно",      "от",       "по",         "после",
    "потом",    "при",      "с",          "со",
    "так",      "также",    "там",        "ты",
    "у",        "це",       "цеи",        "что",
    "эта",      "эти",      "это",        "этот",
    "я",        "і",        "الي",        "ان",
    "بعد",      "ثم",       "علي",        "في",
    "قد",       "كان",      "كانت",       "كما",
    "لكن",      "من",       "هذا",        "هذه",
    "وقد",      "وهو",      "وهي",        "इस",
    "उस",       "और",       "में",          "यह",
    "ये",        "लेकिन",     "वह",         "वे",
};

/// Words that often begin a sentence, and also names: behind an initial they decide nothing.
inline constexpr std::string_view name_particles[] = {
    "as", "da",  "das", "de", "dei", "del", "della", "dem", "den", "der", "des", "di",  "die", "do",  "dos", "du",
    "el", "gli", "het", "la", "las", "le",  "les",   "lo",  "los", "os",  "ten", "ter", "van", "vom", "von",
};

/// Words before an ordinal, in languages that write it with a full stop.
inline constexpr std::string_view ordinal_heads[] = {
    "ab",      "als",    "am",     "ans",    "az",     "beim",  "bis",    "das",    "dein",   "deine",   "deinem",
    "deinen",  "deiner", "dem",    "den",    "der",    "des",   "det",    "die",    "diese",  "diesem",  "diesen",
    "dieser",  "dieses", "dne",    "einem",  "einen",  "einer", "eines",  "fra",    "ihr",    "ihre",    "ihrem",
    "ihren",   "ihrer",  "ihres",  "im",     "ins",    "jede",  "jedem",  "jeden",  "jeder",  "jedes",   "kein",
    "keine",   "keinem", "keinen", "keiner", "mein",   "meine", "meinem", "meinen", "meiner", "pa",      "sein",
    "seine",   "seinem", "seinen", "seiner", "seines", "seit",  "til",    "unser",  "unsere", "unserem", "unseren",
    "unserer", "v",      "ve",     "vom",    "zum",    "zur",
};

/// Nouns in capitals behind an ordinal.
inline constexpr std::string_view ordinal_nouns[] = {
    "akt",          "armee",        "arrondissement", "aufl",         "auflage",    "ausgabe",
    "bataillon",    "bezirk",       "bundesliga",     "donem",        "dunya",      "dynastie",
    "ehe",          "etage",        "etappe",         "fc",           "ffc",        "fsv",
    "geburtstag",   "halbjahr",     "halfte",         "hochzeitstag", "jahr",       "jahrestag",
    "jahrhundert",  "jahrhunderts", "jahrtausend",    "jh",           "jhd",        "kammer",
    "kapitel",      "klasse",       "kongress",       "konzert",      "korps",      "kreuzzug",
    "lebensjahr",   "lig",          "liga",           "ligi",         "mal",        "monat",
    "obergeschoss", "ordnung",      "parteitag",      "platz",        "platzes",    "quartal",
    "reihe",        "runde",        "satz",           "sc",           "schuljahr",  "semester",
    "senat",        "sinfonie",     "sitzung",        "sohn",         "spieltag",   "staffel",
    "stockwerk",    "strafsenat",   "stufe",          "stunde",       "symphonie",  "tag",
    "tages",        "teil",         "teilstuck",      "tochter",      "todestag",   "verdenskrig",
    "wahlgang",     "wahlperiode",  "weltkrieg",      "weltkrieges",  "weltkriegs", "woche",
    "yuzyil",       "zivilsenat",
};

/// Months in capitals behind a day with a full stop; not May and March, which English begins sentences with.
inline constexpr std::string_view month_names[] = {
    "agustos",  "apr",     "april", "aralik",    "aug",   "august",   "dec",      "december", "desember", "dez",
    "dezember", "ekim",    "eylul", "feb",       "feber", "februar",  "february", "haziran",  "jan",      "janner",
    "januar",   "january", "jul",   "juli",      "july",  "jun",      "june",     "juni",     "kasim",    "mai",
    "mart",     "marz",    "mayis", "nisan",     "nov",   "november", "ocak",     "oct",      "october",  "okt",
    "oktober",  "sep",     "sept",  "september", "subat", "temmuz",
};

/// Names that end in an exclamation mark.
inline constexpr std::string_view shouted_names[] = {
    "e", "jeopardy", "oklahoma", "wham", "yahoo", "yum",
};

/// What follows the name of a firm.
inline constexpr std::string_view firms[] = {
    "ag",  "brands",       "co",      "corp", "corporation", "gmbh", "group", "holdings",
    "inc", "incorporated", "limited", "llc",  "ltd",         "plc",  "sa",
};

} // namespace detail

} // namespace graft::inline GRAFT_ABI
