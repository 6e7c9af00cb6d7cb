// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What the sentence splitter knows of the words of some thirty languages. Every list holds folded words (`fold`: lower case,
// without accents) in the order of their bytes; a test holds them to that.

namespace graft::inline v0_1 {

namespace detail {

/// What a full stop behind a word means.
enum class abbreviation : std::uint8_t {
    none,
    always,    ///< the sentence goes on: Mr. z.B. т.е.
    titled,    ///< it goes on where the word has a capital and a word that begins sentences does not follow: Gen. Hr.
    counted,   ///< it goes on where a number follows: No. Abs. рис.
    measured,  ///< behind a number, it goes on where no word follows that begins sentences: 5 Mio. 3 тыс.
    uncounted, ///< the same, but not behind a number: MM. (gentlemen, not millimetres)
    inside,    ///< it goes on where no word follows that begins sentences: etc. Inc. usw. др.
};

/// Behind these a sentence always goes on.
inline constexpr std::string_view always_inside[] = {
    "abzgl", "approx", "aprox",  "atty",   "av",       "avda",  "avv",    "bijv",  "bkz",   "bl.a",  "bpk",
    "bspw",  "bzw",    "ca",     "cand",   "capt",     "cca",   "cf",     "cfr",   "cmdr",  "cpl",   "cpt",
    "d.h",   "d.v.s",  "dhr",    "dott",   "dott.ssa", "dr",    "dra",    "dres",  "drs",   "dvs",   "e.g",
    "ee",    "eg",     "ehem",   "esim",   "evtl",     "excl",  "excma",  "excmo", "exkl",  "exma",  "exmo",
    "f.d",   "f.eks",  "fhv",    "frl",    "geom",     "ggf",   "hhv",    "hrn",   "i.d.r", "i.e",   "i.f.t",
    "ie",    "ifj",    "iflg",   "ift",    "ilmo",     "im",    "incl",   "ing",   "inkl",  "insb",  "insbes",
    "insp",  "inz",    "jf",     "jfr",    "jhr",      "jkvr",  "judr",   "kpt",   "ks",    "ld",    "lfd",
    "lt",    "m.a.w",  "m.h.t",  "m.in",   "messrs",   "mevr",  "mgr",    "mht",   "mlle",  "mlles", "mme",
    "mmes",  "mons",   "mr",     "mrs",    "ms",       "mssrs", "mudr",   "napr",  "nk",    "np",    "orn",
    "ozv",   "p.e",    "p.ej",   "p.es",   "p.ex",     "p.g.a", "par.ex", "pga",   "pgs",   "phdr",  "pl",
    "plk",   "popr",   "prip",   "prof",   "prof.ssa", "profa", "resp",   "rndr",  "s.k",   "s.o",   "s.u",
    "sgt",   "sig",    "sig.na", "sig.ra", "sigg",     "skt",   "sml",    "sog",   "sra",   "sras",  "srs",
    "srta",  "srtas",  "st",     "supt",   "szt",      "t.ex",  "ths",    "tj",    "tp",    "tzn",   "tzv",
    "tzw",   "u.u",    "ul",     "uzm",    "vedr",     "vgl",   "viz",    "vrt",   "vs",    "wg",    "yrd",
    "yth",   "z.b",    "z.t",    "zgn",    "zob",      "zzgl",  "αγ",     "βλ",    "δηλ",   "δρ",    "κα",
    "καθ",   "λεωφ",   "οδ",     "π.χ",    "акад",     "англ",  "вул",    "греч",  "доц",   "и.о",   "канд",
    "лат",   "наб",    "напр",   "нем",    "пос",      "просп", "проф",   "св",    "ср",    "т.е",   "т.зв",
    "т.к",   "т.н",    "тобто",  "ул",     "ім",       "आर",    "ए",      "एक्स",   "एच",    "एन",    "एफ",
    "एम",    "एल",     "एस",     "कु",      "के",        "क्यू",    "डी",     "डॉ",    "पं",     "पी",    "प्रो",
    "बी",    "यू",      "वाई",    "वी",     "सी",       "सौ",    "स्व",     "ดร",    "นพ",    "ผศ",    "รศ",
    "ศ",
};

/// Words of other languages when they have no capital.
inline constexpr std::string_view titles[] = {
    "adm", "alb", "arq", "bc",   "bd",  "br",  "cad",  "cav", "cia",  "col", "dipl", "dir", "dna", "doc",
    "ds",  "eng", "fa",  "gebr", "gen", "gov", "gral", "hj",  "hon",  "hz",  "ir",   "jl",  "kab", "kec",
    "lic", "mag", "mah", "maj",  "ny",  "on",  "pdte", "pr",  "pres", "rag", "rep",  "rev", "sen", "sf",
    "sn",  "sok", "sta", "ste",  "sto", "str", "sv",   "tn",  "ud",   "uds", "vd",   "vds", "ген", "полк",
};

/// Before numbers, and the short names of months.
inline constexpr std::string_view counters[] = {
    "abb",  "abr",  "abs",  "ago",  "alin", "anm",  "apr",  "apt",   "art",  "arts", "artt", "aug", "avr",  "bde",
    "bek",  "bl",   "blz",  "cap",  "caps", "ch",   "chap", "chaps", "cl",   "dec",  "dez",  "dic", "ene",  "env",
    "eq",   "eqs",  "evf",  "feb",  "fevr", "fig",  "figs", "fl",    "fls",  "gem",  "genn", "giu", "godz", "hab",
    "hlm",  "hwy",  "ian",  "jan",  "janv", "juil", "jul",  "jun",   "kap",  "kl",   "klo",  "kr",  "lit",  "lug",
    "mar",  "marz", "max",  "min",  "no",   "nos",  "nov",  "nr",    "nrs",  "num",  "nums", "oct", "odst", "okt",
    "ott",  "p",    "pag",  "pagg", "pags", "par",  "pg",   "pkt",   "pos",  "poz",  "pp",   "puh", "rn",   "rozdz",
    "rte",  "rys",  "rz",   "sec",  "secs", "sep",  "sept", "set",   "tab",  "tel",  "tfn",  "tgl", "tz",   "ust",
    "vol",  "vols", "ziff", "αρ",   "αρθρ", "κεφ",  "σελ",  "τηλ",   "абз",  "авг",  "ауд",  "гл",  "дек",  "илл",
    "корп", "нояб", "окт",  "пп",   "рис",  "сент", "ст",   "стр",   "табл", "тел",  "фев",  "янв",
};

/// Behind numbers.
inline constexpr std::string_view measures[] = {
    "bn",  "mdr",  "mia", "mil", "milj", "mill", "mio", "mld",  "mln", "mlrd", "mrd",
    "pct", "proc", "sek", "std", "stk",  "tsd",  "tys", "zl",   "δισ", "εκατ", "χιλ",
    "грн", "долл", "коп", "млн", "млрд", "руб",  "тис", "трлн", "тыс",
};

/// Units of measure behind numbers, else titles and the like.
inline constexpr std::string_view uncounted[] = {
    "dl", "fr", "hr", "mm", "mw", "см",
};

/// They may end a sentence: the next word tells.
inline constexpr std::string_view often_inside[] = {
    "a.c",  "al",   "apod", "assn", "atd",  "ave",  "blvd", "bros", "bs",   "bv",    "chr",   "co",    "corp",  "d.c",
    "d.hr", "dent", "dept", "dll",  "dpto", "dsb",  "dst",  "dt",   "e.kr", "ecc",   "ed",    "eds",   "ej",    "enz",
    "esq",  "est",  "etc",  "ev",   "ext",  "f.kr", "fri",  "ft",   "geb",  "gest",  "govt",  "gs",    "habil", "hl",
    "hnos", "hrsg", "i.hr", "ibid", "inc",  "intl", "itd",  "itp",  "iur",  "j.c",   "jh",    "jhd",   "jne",   "jr",
    "jur",  "kath", "kgl",  "ls",   "ltd",  "ltda", "m.fl", "m.m",  "m.v",  "med",   "mon",   "mt",    "mv",    "n.chr",
    "n.l",  "nam",  "nat",  "natl", "nl",   "ns",   "o.a",  "o.l",  "oec",  "op",    "osv",   "p.n.l", "phil",  "pty",
    "pvt",  "rd",   "rer",  "sr",   "stb",  "sti",  "stol", "sw",   "sz",   "tbk",   "theol", "thu",   "thur",  "thurs",
    "tms",  "toim", "ts",   "tue",  "tues", "u.a",  "univ", "usf",  "usw",  "uu",    "v.chr", "v.v",   "vb",    "verh",
    "vet",  "wed",  "woj",  "ym",   "yms",  "κ.α",  "κ.λπ", "κλπ",  "μ.χ",  "τ.μ",   "χλμ",   "вв",    "гг",    "див",
    "др",   "изд",  "им",   "обл",  "пер",  "пр",   "ред",  "т.д",  "т.п",  "та.ін",
};

/// Words that often begin a sentence, and hardly ever a name.
inline constexpr std::string_view often_first[] = {
    "a",        "aan",        "aber",     "according", "aceasta",  "acest",   "ademas",    "after",        "ale",
    "all",      "allerdings", "als",      "also",      "although", "am",      "ama",       "an",           "ancak",
    "anche",    "and",        "another",  "apoi",      "apos",     "apres",   "are",       "at",           "au",
    "auch",     "auf",        "aus",      "aux",       "av",       "avant",   "avec",      "ayrica",       "az",
    "azonban",  "because",    "before",   "bei",       "beide",    "bij",     "bir",       "bis",          "both",
    "bu",       "burada",     "but",      "by",        "byl",      "byla",    "cac",       "cand",         "ce",
    "ces",      "cet",        "cette",    "che",       "com",      "come",    "comme",     "como",         "con",
    "cu",       "cuando",     "daarna",   "dabei",     "dadurch",  "dafur",   "daha",      "daher",        "dal",
    "dalam",    "dalla",      "dalle",    "damit",     "dan",      "danach",  "dann",      "dans",         "dar",
    "darauf",   "darum",      "dat",      "day",       "dazu",     "dengan",  "denn",      "denna",        "denne",
    "dennoch",  "depois",     "depuis",   "desde",     "deshalb",  "despite", "despues",   "dessa",        "det",
    "detta",    "dette",      "deze",     "dia",       "dies",     "diese",   "dieser",    "dieses",       "din",
    "disse",    "dit",        "dla",      "doch",      "donc",     "door",    "dopo",      "dort",         "dupa",
    "durante",  "durch",      "during",   "e",         "ea",       "each",    "een",       "efter",        "egy",
    "ei",       "ein",        "eine",     "einem",     "einen",    "einer",   "ela",       "elas",         "ele",
    "eles",     "elle",       "eller",    "elles",     "em",       "en",      "ensuite",   "entonces",     "entre",
    "er",       "era",        "es",       "esa",       "ese",      "esta",    "estas",     "este",         "esto",
    "estos",    "et",         "ett",      "etter",     "even",     "every",   "ez",        "ezutan",       "fakat",
    "finally",  "foi",        "for",      "fra",       "fran",     "from",    "fue",       "fur",          "gdy",
    "gegen",    "ha",         "han",      "hasta",     "hat",      "he",      "her",       "here",         "heute",
    "hier",     "hij",        "his",      "ho",        "hoewel",   "hogy",    "hon",       "how",          "however",
    "hun",      "i",          "ia",       "ich",       "icin",     "if",      "ihr",       "ihre",         "il",
    "ile",      "ils",        "im",       "in",        "infine",   "ini",     "instead",   "is",           "isso",
    "ist",      "it",         "its",      "itt",       "itu",      "ja",      "jak",       "je",           "jede",
    "jeder",    "jednak",     "jedoch",   "jego",      "jej",      "jest",    "jos",       "kdyz",         "kemudian",
    "khi",      "kiedy",      "kun",      "later",     "leur",     "leurs",   "lors",      "luego",        "ma",
    "maar",     "mais",       "majd",     "man",       "manche",   "many",    "mas",       "men",          "mereka",
    "met",      "mit",        "moreover", "most",      "mot",      "mutta",   "my",        "myos",         "na",
    "naar",     "nach",       "nachdem",  "nam",       "nama",     "namun",   "nar",       "nas",          "nastepnie",
    "ne",       "nei",        "nel",      "nella",     "nelle",    "nem",     "neni",      "nevertheless", "ngoai",
    "nhung",    "nicht",      "nie",      "no",        "nos",      "not",     "nous",      "now",          "nun",
    "nur",      "o",          "ob",       "obwohl",    "och",      "oder",    "of",        "og",           "ogsa",
    "ohne",     "oleh",       "oli",      "om",        "omdat",    "on",      "ona",       "once",         "onder",
    "ong",      "oni",        "onun",     "ook",       "op",       "ott",     "ou",        "our",          "pa",
    "pada",     "pak",        "par",      "para",      "pe",       "pentru",  "per",       "pero",         "please",
    "plus",     "po",         "poi",      "por",       "potem",    "potom",   "pour",      "pri",          "pro",
    "proto",    "przed",      "przez",    "puis",      "quand",    "quando",  "questa",    "queste",       "questi",
    "questo",   "qui",        "s",        "sa",        "sans",     "sao",     "sau",       "se",           "secondo",
    "sedan",    "segun",      "segundo",  "seine",     "seit",     "selon",   "sem",       "sen",          "ses",
    "setelah",  "seu",        "she",      "si",        "siden",    "sie",     "siella",    "sin",          "since",
    "sind",     "sinds",      "sitten",   "so",        "som",      "some",    "somit",     "son",          "sono",
    "sonra",    "sowie",      "spater",   "su",        "sua",      "such",    "sul",       "sulla",        "sunt",
    "sur",      "sus",        "ta",       "tai",       "tak",      "tama",    "tambem",    "tambien",      "te",
    "that",     "the",        "their",    "then",      "theo",     "there",   "therefore", "these",        "they",
    "this",     "those",      "through",  "thus",      "tijdens",  "til",     "till",      "to",           "today",
    "toen",     "tra",        "tras",     "trong",     "trotzdem", "tuy",     "uber",      "um",           "uma",
    "un",       "una",        "unas",     "und",       "une",      "uno",     "unos",      "unter",        "until",
    "untuk",    "v",          "va",       "ve",        "ved",      "vi",      "vid",       "viele",        "voi",
    "volgens",  "voor",       "vor",      "vous",      "vuonna",   "w",       "wahrend",   "war",          "waren",
    "warum",    "was",        "we",       "weil",      "weitere",  "wenn",    "wer",       "were",         "what",
    "when",     "where",      "while",    "who",       "why",      "wie",     "wij",       "wir",          "wird",
    "with",     "wo",         "wsrod",    "y",         "yang",     "yet",     "you",       "your",         "z",
    "za",       "ze",         "zij",      "zijn",      "zu",       "zudem",   "zum",       "zur",          "zwar",
    "zwischen", "αλλα",       "αν",       "απο",       "αυτη",     "αυτο",    "αυτοσ",     "για",          "ειναι",
    "ενασ",     "επισησ",     "η",        "ηταν",      "και",      "με",      "μετα",      "μια",          "ο",
    "οι",       "οταν",       "σε",       "στα",       "στη",      "στην",    "στο",       "τα",           "την",
    "τησ",      "το",         "τον",      "του",       "των",      "а",       "але",       "был",          "была",
    "были",     "было",       "в",        "во",        "вона",     "вони",    "все",       "вы",           "він",
    "для",      "до",         "его",      "ее",        "если",     "за",      "затем",     "здесь",        "и",
    "из",       "их",         "к",        "как",       "когда",    "мы",      "на",        "не",           "но",
    "о",        "об",         "однако",   "он",        "она",      "они",     "оно",       "от",           "по",
    "после",    "потом",      "при",      "с",         "со",       "так",     "также",     "там",          "ты",
    "у",        "це",         "цеи",      "что",       "эта",      "эти",     "это",       "этот",         "я",
    "і",        "بعد",        "ثم",       "على",       "في",       "قد",      "كان",       "كانت",         "كما",
    "لكن",      "من",         "هذا",      "هذه",       "وقد",      "وهو",     "وهي",       "इस",           "उस",
    "और",       "में",          "यह",       "ये",         "लेकिन",     "वह",      "वे",
};

/// Words that often begin a sentence, and also names: behind an initial they decide nothing.
inline constexpr std::string_view name_particles[] = {
    "as", "ba", "da",  "das", "de", "dei", "del", "della", "dem", "den", "der", "des", "di",  "die", "do",  "dos",
    "du", "el", "gli", "het", "la", "las", "le",  "les",   "lo",  "los", "os",  "ten", "ter", "van", "vom", "von",
};

/// Words before an ordinal, in languages that write it with a full stop.
inline constexpr std::string_view ordinal_heads[] = {
    "ab",     "am",     "ans",    "az",     "beim",  "bis",    "das",    "dein",   "deine",   "deinem",  "deinen",
    "deiner", "dem",    "den",    "der",    "des",   "det",    "die",    "diese",  "diesem",  "diesen",  "dieser",
    "dieses", "dne",    "einem",  "einen",  "einer", "eines",  "fra",    "ihr",    "ihre",    "ihrem",   "ihren",
    "ihrer",  "ihres",  "im",     "ins",    "jede",  "jedem",  "jeden",  "jeder",  "jedes",   "kein",    "keine",
    "keinem", "keinen", "keiner", "mein",   "meine", "meinem", "meinen", "meiner", "pa",      "sein",    "seine",
    "seinem", "seinen", "seiner", "seines", "seit",  "til",    "unser",  "unsere", "unserem", "unseren", "unserer",
    "v",      "ve",     "vom",    "zum",    "zur",
};

/// Nouns in capitals behind an ordinal.
inline constexpr std::string_view ordinal_nouns[] = {
    "akt",          "armee",        "arrondissement",
    "auflage",      "ausgabe",      "band",
    "bataillon",    "bezirk",       "bundesliga",
    "division",     "donem",        "dunya",
    "dynastie",     "etage",        "etappe",
    "fc",           "ffc",          "fsv",
    "geburtstag",   "grad",         "halbjahr",
    "halfte",       "hochzeitstag", "jahr",
    "jahrestag",    "jahrhundert",  "jahrhunderts",
    "jahrtausend",  "jh",           "jhd",
    "kammer",       "kapitel",      "klasse",
    "kongress",     "konzert",      "korps",
    "kreuzzug",     "lebensjahr",   "legislaturperiode",
    "lig",          "liga",         "ligi",
    "mal",          "minute",       "monat",
    "obergeschoss", "ordnung",      "parteitag",
    "platz",        "platzes",      "quartal",
    "regiment",     "reihe",        "runde",
    "satz",         "sc",           "schuljahr",
    "semester",     "senat",        "sinfonie",
    "sitzung",      "spieltag",     "staffel",
    "stock",        "stockwerk",    "strafsenat",
    "stufe",        "stunde",       "symphonie",
    "tag",          "tages",        "teil",
    "todestag",     "verdenskrig",  "wahlgang",
    "wahlperiode",  "weltkrieg",    "weltkrieges",
    "weltkriegs",   "woche",        "yuzyil",
    "zivilsenat",
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
    "jeopardy", "oklahoma", "wham", "yahoo", "yum",
};

/// What follows the name of a firm.
inline constexpr std::string_view firms[] = {
    "ag",  "brands",       "co",      "corp", "corporation", "gmbh", "group", "holdings",
    "inc", "incorporated", "limited", "llc",  "ltd",         "plc",  "sa",
};

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

/// The first eight bytes of a word, the first one lowest.
[[nodiscard]] constexpr std::uint64_t head_of(std::string_view word) noexcept {
    std::uint64_t key = 0;
    for (std::size_t i = word.size(); i > 0;) key = key << 8 | static_cast<unsigned char>(word[--i]);
    return key;
}

/// Says quickly of most words that no list of abbreviations holds them.
class abbreviation_filter {
    std::uint64_t bits_[64] = {};

    [[nodiscard]] static constexpr unsigned place(std::uint64_t key) noexcept {
        return static_cast<unsigned>(key * 0x9E3779B97F4A7C15u >> 52);
    }
    template <std::size_t N>
    constexpr void add(const std::string_view (&list)[N]) noexcept {
        for (const std::string_view word : list) {
            const unsigned at = place(head_of(word));
            bits_[at / 64] |= std::uint64_t{1} << at % 64;
        }
    }

public:
    constexpr abbreviation_filter() noexcept {
        add(always_inside), add(titles), add(counters), add(measures), add(uncounted), add(often_inside);
    }
    [[nodiscard]] constexpr bool holds(std::uint64_t key) const noexcept {
        const unsigned at = place(key);
        return (bits_[at / 64] >> at % 64 & 1) != 0;
    }
};
inline constexpr abbreviation_filter abbreviations{};

/// What a full stop behind a folded word means.
[[nodiscard]] inline abbreviation abbreviation_of(std::string_view word) noexcept {
    if (!abbreviations.holds(head_of(word))) return abbreviation::none;
    if (among(always_inside, word)) return abbreviation::always;
    if (among(often_inside, word)) return abbreviation::inside;
    if (among(counters, word)) return abbreviation::counted;
    if (among(titles, word)) return abbreviation::titled;
    if (among(measures, word)) return abbreviation::measured;
    if (among(uncounted, word)) return abbreviation::uncounted;
    return abbreviation::none;
}

} // namespace detail

} // namespace graft::inline v0_1
