# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
"""Writes include/graft/unicode/unicode_tables.hpp from Python's unicodedata.

    python3 tests/tools/make_unicode_tables.py > include/graft/unicode/unicode_tables.hpp
    python3 tests/tools/make_unicode_tables.py --check-version      prints the version of Unicode that this Python has

The same version of Unicode gives the same bytes.
"""

import sys
import unicodedata as ucd

LIMIT = 0x20000  # everything above is told by ranges in unicode.hpp

# class byte: bits 0-2 kind, bits 3-5 script kind, bit 6 upper case, bit 7 fold(c) != c, or the analyser expands it
OTHER, SPACE, LETTER, DIGIT, NUMBER, MARK, DROPPED, FORMAT = range(8)
NONE, SPACED, IDEOGRAPHIC, UNSPACED, HANGUL = range(5)
UPPER, FOLDS = 64, 128

WHITE_SPACE = {*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
               0x3000}

# Unicode's Script property is not in unicodedata; the character names carry it.
SCRIPTS = [
    (IDEOGRAPHIC, ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "CJK RADICAL", "KANGXI RADICAL", "HIRAGANA",
                   "KATAKANA", "HALFWIDTH KATAKANA", "BOPOMOFO", "IDEOGRAPHIC", "HENTAIGANA", "VERTICAL IDEOGRAPHIC",
                   "COMBINING KATAKANA", "HANGZHOU", "VERTICAL KANA", "MASU MARK")),
    (UNSPACED, ("THAI ", "LAO ", "KHMER ", "MYANMAR ", "TAI LE ", "NEW TAI LUE ", "TAI THAM ", "TAI VIET ", "AHOM ")),
    (HANGUL, ("HANGUL ", "HALFWIDTH HANGUL")),
]

# Marks that only decorate: a word means the same without them. All other marks (the vowel signs of Indic and of
# South-East Asian scripts) are kept.
DECORATING = [(0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670),
              (0x6D6, 0x6ED), (0x711, 0x711), (0x730, 0x74A), (0x898, 0x89F), (0x8CA, 0x8FF), (0x180B, 0x180F),
              (0x1AB0, 0x1ACE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0x2DE0, 0x2DFF), (0xA66F, 0xA67D),
              (0xA69E, 0xA69F), (0xFB1E, 0xFB1E), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F)]
NUKTA = {0x93C, 0x9BC, 0xA3C, 0xABC, 0xB3C, 0xC3C, 0xCBC}
TATWEEL = 0x640
STANDING = [(0xFC5E, 0xFC63), (0xFCF2, 0xFCF4), (0xFE70, 0xFE7F)]  # harakat on a space or a tatweel

# Letters that Unicode does not decompose, and spellings of one Arabic letter.
PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ſ": "s", "ɨ": "i", "ʉ": "u", "ƀ": "b",
    "ƶ": "z", "ς": "σ", "ϲ": "σ", "ѐ": "е",
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ې": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
    "ۃ": "ه", "ۂ": "ه", "ۀ": "ه",
    "\u2019": "'", "\u02BC": "'", "\u02BB": "'", "\uFF07": "'", "\u2018": "'",
}

# What the analyser writes as several letters (analysis.hpp, `expansion`): told here so that the class byte says so.
EXPANDED = "ßæœĳŉǆǉǌﬀﬁﬂﬃﬄﬅﬆﻵﻶﻷﻸﻹﻺﻻﻼ"


def within(c, ranges):
    return any(a <= c <= b for a, b in ranges)


def dropped(c):
    return (ucd.category(chr(c)) in ("Mn", "Me") and within(c, DECORATING)) or c in NUKTA


def script(c):
    name = ucd.name(chr(c), "")
    for kind, starts in SCRIPTS:
        if name.startswith(starts):
            return kind
    return SPACED


def kind_of(c):
    category = ucd.category(chr(c))
    if c in WHITE_SPACE:
        return SPACE
    if c == TATWEEL or dropped(c) or within(c, STANDING):
        return DROPPED
    if category[0] == "L":
        return LETTER
    if category == "Nd":
        return DIGIT
    if category in ("Nl", "No"):
        return NUMBER
    if category[0] == "M":
        return MARK
    if category == "Cf" and c not in (0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x8E2, 0x200B, 0x110BD, 0x110CD):
        return FORMAT
    return OTHER


def fold(c):
    if kind_of(c) not in (LETTER, DIGIT, NUMBER) and chr(c) not in PLAIN and c not in (0xFF9E, 0xFF9F):
        if not ucd.name(chr(c), "").startswith("FULLWIDTH"):
            return c
    if kind_of(c) == DIGIT:
        return ord("0") + ucd.digit(chr(c))
    if script(c) == HANGUL or 0xE00 <= c < 0xF00:  # syllables stay whole; Thai and Lao write AM as one
        return c
    text = chr(c)
    for _ in range(4):
        text = ucd.normalize("NFKD", text.lower())
        kana = ucd.normalize("NFC", text)
        if len(kana) == 1 and script(ord(kana)) == IDEOGRAPHIC:  # が stays が
            text = kana
            break
        text = "".join(PLAIN.get(x, x) for x in text if not dropped(ord(x)))
    if len(text) == 1:
        return ord(text) if text != " " else c
    lower = chr(c).lower()
    if len(lower) == 1 and lower != chr(c):
        return fold(ord(lower))
    return ord("ß") if c == 0x1E9E else c


def fold_plane(c):
    """The upper bits of what `c` folds to: mathematical letters fold into plane 0, the others stay in their plane."""
    return 0 if 0x1D400 <= c < 0x1D800 or c >= 0x1EE00 else c >> 16


def class_of(c):
    kind = kind_of(c)
    script_kind = NONE
    if kind in (DIGIT, DROPPED, FORMAT):
        script_kind = SPACED
    if kind in (LETTER, NUMBER, MARK):
        script_kind = script(c)
    value = kind | script_kind << 3
    if ucd.category(chr(c)) in ("Lu", "Lt"):
        value |= UPPER
    if fold(c) != c or chr(c) in EXPANDED:
        value |= FOLDS
    return value


def stages(values):
    """The smallest pair of tables for the values: block shift, first stage, blocks."""
    best = None
    for shift in (5, 6, 7, 8):
        size, blocks, first = 1 << shift, {}, []
        for at in range(0, len(values), size):
            first.append(blocks.setdefault(tuple(values[at : at + size]), len(blocks)))
        # the second table repeats nothing: blocks overlap where the tail of one is the head of the next
        cost = len(first) * (1 if len(blocks) <= 256 else 2) + len(blocks) * size * (2 if max(values) > 255 else 1)
        if best is None or cost < best[0]:
            best = (cost, shift, first, [x for block in blocks for x in block])
    return best


def table(name, type_name, values):
    lines, line = [], "   "
    for x in values:
        item = f" {x},"
        if len(line) + len(item) > 120:
            lines.append(line)
            line = "   "
        line += item
    lines.append(line)
    return f"inline constexpr {type_name} {name}[{len(values)}] = {{\n" + "\n".join(lines) + "\n};\n"


def main():
    if "--check-version" in sys.argv:
        print(ucd.unidata_version)
        return
    folds = []
    for c in range(LIMIT):
        surrogate = 0xD800 <= c < 0xE000
        to = c if surrogate else fold(c)
        if to >> 16 != fold_plane(c):  # the table holds 16 bits; the few that would need more stay as they are
            to = c
        folds.append(0 if to == c else to & 0xFFFF)
    classes = [0 if 0xD800 <= c < 0xE000 else class_of(c) for c in range(LIMIT)]
    out = []
    _, class_shift, class_first, class_blocks = stages(classes)
    _, fold_shift, fold_first, fold_blocks = stages(folds)
    pick = lambda first: "std::uint8_t" if max(first) < 256 else "std::uint16_t"
    out.append(f"""// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Written by tests/tools/make_unicode_tables.py from Unicode {ucd.unidata_version}; unicode.hpp reads it. Do not edit.
// clang-format off

#include <graft/config.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI::unicode::tables {{

inline constexpr unsigned version = {ucd.unidata_version.split(".")[0]};
inline constexpr unsigned class_shift = {class_shift};
inline constexpr unsigned fold_shift = {fold_shift};
""")
    out.append(table("class_block", pick(class_first), class_first))
    out.append(table("class_of", "std::uint8_t", class_blocks))
    out.append(table("fold_block", pick(fold_first), fold_first))
    out.append(table("fold_of", "std::uint16_t", fold_blocks))
    out.append("} // namespace graft::inline GRAFT_ABI::unicode::tables\n// clang-format on\n")
    sys.stdout.write("\n".join(out))


main()
