// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/sentences/sentence_words.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

// Words that are written with a full stop, of some thirty languages.

namespace graft::inline GRAFT_ABI {

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
    "abzgl",  "approx", "aprox", "atty",  "av",       "avda",   "avv",      "bijv",  "bkz",    "bl.a",  "bpk",
    "bspw",   "bzw",    "ca",    "cand",  "capt",     "cca",    "cf",       "cfr",   "cmdr",   "cpl",   "cpt",
    "d.h",    "d.v.s",  "dhr",   "dott",  "dott.ssa", "dr",     "dra",      "dres",  "drs",    "dvs",   "e.g",
    "ee",     "eg",     "ehem",  "esim",  "evtl",     "excl",   "excma",    "excmo", "exkl",   "exma",  "exmo",
    "f.d",    "f.eks",  "fhv",   "frk",   "frl",      "geom",   "ggf",      "hhv",   "hrn",    "i.d.r", "i.e",
    "i.f.t",  "ie",     "ifj",   "iflg",  "ift",      "ilmo",   "im",       "incl",  "ing",    "inkl",  "insb",
    "insbes", "insp",   "inz",   "jf",    "jfr",      "jhr",    "jkvr",     "judr",  "kpt",    "ks",    "ld",
    "lfd",    "lt",     "m.a.w", "m.h.t", "m.in",     "messrs", "mevr",     "mgr",   "mht",    "mlle",  "mlles",
    "mme",    "mmes",   "mons",  "mr",    "mrs",      "ms",     "mssrs",    "mudr",  "napr",   "nk",    "np",
    "ogr",    "orn",    "ozv",   "p.e",   "p.ej",     "p.es",   "p.ex",     "p.g.a", "par.ex", "pga",   "pgs",
    "phdr",   "pl",     "plk",   "popr",  "prip",     "prof",   "prof.ssa", "profa", "resp",   "rndr",  "s.k",
    "s.o",    "s.u",    "sgt",   "sig",   "sig.na",   "sig.ra", "sigg",     "skt",   "sml",    "sog",   "sra",
    "sras",   "srs",    "srta",  "srtas", "st",       "supt",   "szt",      "t.ex",  "ths",    "tj",    "tp",
    "tzn",    "tzv",    "tzw",   "u.u",   "ul",       "uzm",    "vedr",     "vgl",   "viz",    "vrt",   "vs",
    "wg",     "yrd",    "yth",   "z.b",   "z.t",      "zgn",    "zob",      "zzgl",  "αγ",     "βλ",    "δηλ",
    "δρ",     "κα",     "καθ",   "λεωφ",  "οδ",       "π.χ",    "акад",     "англ",  "вул",    "греч",  "доц",
    "и.о",    "канд",   "лат",   "наб",   "напр",     "нем",    "пос",      "просп", "проф",   "св",    "ср",
    "т.е",    "т.зв",   "т.к",   "т.н",   "тобто",    "ул",     "ім",       "आर",    "ए",      "एक्स",   "एच",
    "एन",     "एफ",     "एम",    "एल",    "एस",       "कु",      "के",        "क्यू",    "डी",     "डॉ",    "पं",
    "पी",     "प्रो",    "बी",    "यू",     "वाई",      "वी",     "सी",       "सौ",    "स्व",     "ดร",    "นพ",
    "ผศ",     "รศ",     "ศ",
};

/// Words of other languages when they have no capital.
inline constexpr std::string_view titles[] = {
    "abt", "adm",  "alb", "arq", "bc",  "bd",  "bhf", "br",   "cad", "cav", "chas", "cia",  "col", "dipl",
    "dir", "dna",  "doc", "ds",  "eng", "fa",  "fdo", "gebr", "gen", "geo", "gov",  "gral", "hbf", "hj",
    "hon", "hz",   "ir",  "jas", "jl",  "kab", "kec", "lic",  "mag", "mah", "maj",  "ny",   "on",  "pdte",
    "pr",  "pres", "pza", "rag", "rep", "rev", "sen", "sf",   "sn",  "sok", "sta",  "ste",  "sto", "str",
    "sv",  "tn",   "ud",  "uds", "vd",  "vds", "wm",  "ген",  "гос", "мин", "пл",   "полк",
};

/// Before numbers, and the short names of months.
inline constexpr std::string_view counters[] = {
    "abb",  "abr",  "abs",  "ago", "alin", "anm",  "ap",  "app",   "apr",  "apt",  "art",   "arts", "artt", "aug",
    "avr",  "bde",  "bek",  "bl",  "bldg", "blz",  "cap", "caps",  "ch",   "chap", "chaps", "cl",   "dec",  "dez",
    "dic",  "ene",  "env",  "eq",  "eqs",  "evf",  "feb", "fevr",  "fig",  "figs", "fl",    "fls",  "gem",  "genn",
    "giu",  "godz", "hab",  "hlm", "hwy",  "ian",  "jan", "janv",  "juil", "jul",  "jun",   "kap",  "kl",   "klo",
    "km",   "kr",   "lit",  "lug", "mar",  "marz", "max", "mind",  "no",   "nos",  "nov",   "nr",   "nrs",  "num",
    "nums", "oct",  "odst", "okt", "ott",  "p",    "pag", "pagg",  "pags", "par",  "pg",    "pkt",  "pos",  "poz",
    "pp",   "prob", "prop", "puh", "ref",  "refs", "rn",  "rozdz", "rte",  "rys",  "rz",    "sec",  "secs", "sep",
    "sept", "set",  "ss",   "tab", "tel",  "tfn",  "tgl", "thm",   "tz",   "ust",  "vol",   "vols", "ziff", "αρ",
    "αρθρ", "κεφ",  "σελ",  "τηλ", "абз",  "авг",  "ауд", "гл",    "дек",  "илл",  "кв",    "корп", "нояб", "окт",
    "пп",   "рис",  "сент", "ст",  "стр",  "табл", "тел", "фев",   "янв",
};

/// Behind numbers.
inline constexpr std::string_view measures[] = {
    "bn",  "mdr", "mia", "mil",  "milj", "mill", "min",  "pct", "proc", "sek", "std",
    "stk", "zl",  "δισ", "εκατ", "χιλ",  "грн",  "долл", "коп", "руб",  "тис",
};

/// Units of measure behind numbers, else titles and the like.
inline constexpr std::string_view uncounted[] = {
    "dl", "fr", "hr", "mm", "mw", "см",
};

/// They may end a sentence: the next word tells.
inline constexpr std::string_view often_inside[] = {
    "a.c",   "al",   "apod", "assn", "atd",  "aufl",  "ave",  "blvd",  "bros",  "bs",    "bv",   "chr",  "co",   "corp",
    "d.c",   "d.hr", "dent", "dept", "dkk",  "dll",   "dpto", "dsb",   "dst",   "dt",    "e.kr", "ecc",  "ed",   "eds",
    "ej",    "enz",  "esq",  "est",  "etc",  "ev",    "ext",  "f.kr",  "fri",   "ft",    "geb",  "gest", "govt", "gs",
    "habil", "hg",   "hl",   "hnos", "hrsg", "i.hr",  "ibid", "inc",   "intl",  "itd",   "itp",  "iur",  "j.c",  "jh",
    "jhd",   "jne",  "jr",   "jur",  "kath", "kgl",   "ls",   "ltd",   "ltda",  "m.fl",  "m.m",  "m.v",  "med",  "mio",
    "mld",   "mln",  "mlrd", "mon",  "mrd",  "mt",    "mv",   "n.chr", "n.l",   "nam",   "nat",  "natl", "nl",   "ns",
    "o.a",   "o.l",  "oec",  "op",   "osv",  "p.n.l", "phil", "pt",    "pty",   "pvt",   "rd",   "rer",  "sr",   "stb",
    "sti",   "stol", "sw",   "sz",   "tbk",  "theol", "thu",  "thur",  "thurs", "tms",   "toim", "ts",   "tsd",  "tue",
    "tues",  "tys",  "u.a",  "univ", "usf",  "usw",   "uu",   "v.chr", "v.v",   "vb",    "verh", "vet",  "wed",  "woj",
    "ym",    "yms",  "αι",   "κ.α",  "κ.λπ", "κλπ",   "μ.χ",  "τ.μ",   "χλμ",   "вв",    "гг",   "див",  "др",   "изд",
    "им",    "млн",  "млрд", "обл",  "пер",  "пр",    "ред",  "т.д",   "т.п",   "та.ін", "трлн", "тыс",
};

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

} // namespace graft::inline GRAFT_ABI
