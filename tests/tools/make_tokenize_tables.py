# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
"""Writes include/graft/tokenize/scalar_tables.hpp: what a tokenizer must know of each Unicode scalar value.

    python3 tests/tools/make_tokenize_tables.py > include/graft/tokenize/scalar_tables.hpp     needs tokenizers 0.23.3

The published tokenizers mix tables of several Unicode versions, so the reference library itself is asked for every scalar value. Canonical
ordering and composition come from Python's unicodedata, and each of their entries is tried on the library before it is believed.
"""

import sys
import unicodedata as ucd

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

TABLE_END = 0x20000  # general categories above it are told by a few runs
CATEGORIES = ["Cn", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf",
              "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs"]
PUNCTUATION, STRIPPED, DROPPED = 32, 64, 128  # the bits beside the category

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
EVERYTHING = "".join(map(chr, SCALARS))


def general_categories():
    """The category of each scalar value, as the library's regular expressions see it."""
    of = [0] * 0x110000
    for number, name in enumerate(CATEGORIES):
        if name in ("Cn", "Cs"):
            continue
        for piece, (begin, end) in pre_tokenizers.Split(Regex(rf"\p{{{name}}}+"), "isolated").pre_tokenize_str(EVERYTHING):
            inside = ord(piece[0])
            if ucd.category(piece[0]) == name or ucd.category(piece[0]) == "Cn":
                if pre_tokenizers.Split(Regex(rf"\p{{{name}}}"), "removed").pre_tokenize_str(piece[0]) == []:
                    for ch in piece:
                        of[ord(ch)] = number
    return of


def per_scalar(normalizer):
    """What the normalizer makes of each scalar value alone."""
    made = {}
    for at in range(0, len(SCALARS), 4096):
        some = [c for c in SCALARS[at : at + 4096] if c != 0xA]
        parts = normalizer.normalize_str("\n".join(map(chr, some))).split("\n")
        assert len(parts) == len(some)
        made.update(zip(some, parts))
    made[0xA] = "\n"
    return made


def flags(of):
    """Puts the three bits beside the categories. Gives the scalar values where StripAccents and the categories M* disagree."""
    marks = set(EVERYTHING) - set(normalizers.StripAccents().normalize_str(EVERYTHING))
    bert = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    stripped = {c for c in marks if bert.normalize_str(c) == ""}
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    dropped = set(EVERYTHING) - set(clean.normalize_str("".join(c for c in EVERYTHING if not c.isspace())))
    dropped -= {c for c in EVERYTHING if c.isspace()}
    for c in (0x1C, 0x1D, 0x1E, 0x1F, 0xB, 0xC, 0x85):  # Python calls them space
        if clean.normalize_str("a" + chr(c) + "b") == "ab":
            dropped.add(chr(c))
    spaced = "".join("a" + ch for ch in EVERYTHING)
    punctuation = {p for p, _ in pre_tokenizers.Punctuation("isolated").pre_tokenize_str(spaced) if len(p) == 1 and p != "a"}
    odd = [int(CATEGORIES[of[c]][0] == "M") ^ int(not 0xD800 <= c < 0xE000 and chr(c) in marks) for c in range(0x110000)]
    for c in SCALARS:
        ch = chr(c)
        of[c] |= (PUNCTUATION if ch in punctuation else 0) | (STRIPPED if ch in stripped else 0) | (DROPPED if ch in dropped else 0)
    return odd


def ordering(nfd):
    """Canonical combining classes as the library sorts by them."""
    classes = {}
    for c in SCALARS:
        k = ucd.combining(chr(c))
        if k == 0 or nfd[c] != chr(c):
            continue
        # behind a mark of a higher class it moves in front of it, or a mark of a lower class moves in front of it
        swapped = (normalizers.NFD().normalize_str("a\u0345" + chr(c)) == "a" + chr(c) + "\u0345" if k < 240
                   else normalizers.NFD().normalize_str("a" + chr(c) + "\u0301") == "a\u0301" + chr(c))
        if swapped:
            classes[c] = k
    return classes


def composition():
    pairs = []
    for c in SCALARS:
        parts = ucd.decomposition(chr(c)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            a, b = (chr(int(x, 16)) for x in parts)
            if normalizers.NFC().normalize_str(a + b) == chr(c):
                pairs.append((ord(a), ord(b), c))
    return sorted(pairs)


def stages(values):
    """The smallest pair of tables for the values: block shift, first stage, blocks."""
    best = None
    for shift in (4, 5, 6, 7, 8):
        size, blocks, first = 1 << shift, {}, []
        for at in range(0, len(values), size):
            first.append(blocks.setdefault(tuple(values[at : at + size]), len(blocks)))
        cost = len(first) + len(blocks) * size
        if best is None or cost < best[0]:
            best = (cost, shift, first, [x for block in blocks for x in block])
    return best[1:]


def table(name, values, type_name=None):
    type_name = type_name or ("std::uint8_t" if max(values) < 256 else "std::uint16_t" if max(values) < 65536 else "char32_t")
    lines, line = [], "   "
    for x in values:
        item = f" {x},"
        if len(line) + len(item) > 120:
            lines.append(line)
            line = "   "
        line += item
    return f"inline constexpr {type_name} {name}[{len(values)}] = {{\n" + "\n".join(lines + [line]) + "\n};\n"


def runs(of, begin):
    out = []
    for c in range(begin, 0x110000):
        if out and out[-1][2] == of[c] and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c, of[c]])
    return [r for r in out if r[2] != 0]


def mapping(name, made, limit, out, hangul=False):
    """A two-stage table from scalar value to a place in a pool of (length, scalar values...)."""
    pool, places, values = [0], {}, [0] * limit
    for c in SCALARS:
        if made[c] == chr(c) or (hangul and 0xAC00 <= c <= 0xD7A3):
            continue
        assert c < limit, hex(c)
        to = made[c]
        if to not in places:
            places[to] = len(pool)
            pool += [len(to)] + [ord(x) for x in to]
        values[c] = places[to]
    assert len(pool) < 65536
    shift, first, blocks = stages(values)
    out.append(f"inline constexpr unsigned {name}_shift = {shift};\ninline constexpr char32_t {name}_end = {limit};\n")
    out.append(table(f"{name}_block", first))
    out.append(table(f"{name}_of", blocks))
    out.append(table(f"{name}_pool", pool, "char32_t"))


def main():
    of = general_categories()
    odd = flags(of)
    nfd = per_scalar(normalizers.NFD())
    out = [f"""// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Written by tests/tools/make_tokenize_tables.py by asking tokenizers {tokenizers.__version__}; scalars.hpp reads it. Do not edit.
// clang-format off

#include <graft/config.hpp>

#include <cstdint>

namespace graft::inline GRAFT_ABI::tokenize_tables {{
"""]
    shift, first, blocks = stages(of[:TABLE_END])
    out.append(f"inline constexpr unsigned class_shift = {shift};\ninline constexpr char32_t class_end = {TABLE_END};\n")
    out.append(table("class_block", first))
    out.append(table("class_of", blocks))
    out.append("struct class_run {\n    char32_t first, last;\n    std::uint8_t bits;\n};\n")
    high = runs(of, TABLE_END)
    out.append(f"inline constexpr class_run high_classes[{len(high)}] = {{\n"
               + "\n".join(f"    {{{a:#x}, {b:#x}, {k}}}," for a, b, k in high) + "\n};\n")
    odd = runs(odd, 0)
    out.append(f"inline constexpr class_run odd_marks[{len(odd)}] = {{ // marks of another Unicode than the categories'\n"
               + "\n".join(f"    {{{a:#x}, {b:#x}, {k}}}," for a, b, k in odd) + "\n};\n")
    mapping("nfd", nfd, 0x30000, out, hangul=True)
    mapping("nfkd", per_scalar(normalizers.NFKD()), 0x30000, out, hangul=True)
    mapping("lower", per_scalar(normalizers.Lowercase()), TABLE_END, out)
    order = ordering(nfd)
    values = [order.get(c, 0) for c in range(TABLE_END)]
    assert max(order) < TABLE_END
    shift, first, blocks = stages(values)
    out.append(f"inline constexpr unsigned order_shift = {shift};\n")
    out.append(table("order_block", first))
    out.append(table("order_of", blocks))
    pairs = composition()
    out.append("struct composed {\n    char32_t first, second, whole;\n};\n")
    line, lines = "   ", []
    for a, b, c in pairs:
        item = f" {{{a}, {b}, {c}}},"
        if len(line) + len(item) > 120:
            lines.append(line)
            line = "   "
        line += item
    out.append(f"inline constexpr composed compositions[{len(pairs)}] = {{ // sorted\n" + "\n".join(lines + [line]) + "\n};\n")
    out.append("} // namespace graft::inline GRAFT_ABI::tokenize_tables\n// clang-format on\n")
    sys.stdout.write("\n".join(out))


main()
