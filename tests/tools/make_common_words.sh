#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/tools/make_common_words.sh > include/graft/text/common_words_table.hpp
#
# Writes the table of words that say nothing about a subject: the stop words of 58 languages that the Python package
# stopwordsiso brings (pinned below), folded by graft's own analyser, as sorted 32-bit hashes. Run it again when the analyser
# folds otherwise or the package is renewed; the package is installed into a folder of its own, for this run.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
version=0.7.1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m pip install -q --no-deps --target "$scratch/python" "stopwordsiso==$version" >&2
cat >"$scratch/fold.cpp" <<'CPP'
#include <graft/text/analysis.hpp>
#include <cstdio>
#include <iostream>
#include <set>
#include <string>

int main() {
    const graft::analyzer   as_spelled{.stems = false, .stops = false};
    std::set<std::uint32_t> all;
    for (std::string word; std::getline(std::cin, word);) {
        std::size_t tokens = 0, end = 0;
        bool        overlap = false;
        as_spelled(word, [&](const graft::token& t) {
            ++tokens;
            overlap = overlap || t.begin < end;
            end     = t.end;
        });
        // Where no spaces stand between words, a word is looked up as it stands; elsewhere each word by itself.
        const auto first = static_cast<unsigned char>(word[0]);
        const bool run   = overlap || (tokens == 1 && first >= 0xE0 && word.size() <= 4);
        if (run) {
            if (word.size() <= 12) all.insert(static_cast<std::uint32_t>(graft::hash64(word)));
        } else as_spelled(word, [&](const graft::token& t) { all.insert(static_cast<std::uint32_t>(t.term)); });
    }
    std::size_t n = 0;
    for (const std::uint32_t x : all) std::printf("%s0x%08x,", n++ % 12 == 0 ? "\n    " : " ", x);
    std::printf("\n");
}
CPP
python3 - "$scratch/python" >"$scratch/words" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import stopwordsiso
words = set()
for language in stopwordsiso.langs():
    for entry in stopwordsiso.stopwords(language):
        words.update(entry.split())
print('\n'.join(sorted(words)))
PY
g++ -std=c++20 -O1 -I"$root/include" "$scratch/fold.cpp" -o "$scratch/fold"
cat <<'HEAD'
// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-FileCopyrightText: Gene Diaz
// SPDX-License-Identifier: Apache-2.0 AND MIT
#pragma once

#include <cstdint>

// Made by tests/tools/make_common_words.sh; do not edit.

namespace graft::inline v0_1::detail {

/// Hashes of the stop words of 58 languages, ascending.
///
/// Source   stopwords-iso, by way of the Python package stopwordsiso 0.7.1, under the MIT licence: Copyright Gene Diaz.
///          Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
///          documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
///          rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
///          persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
///          this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED
///          "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
///          MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS
///          BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
///          OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
// clang-format off
inline constexpr std::uint32_t common_word_hashes[] = {
HEAD
"$scratch/fold" <"$scratch/words" | sed '/^$/d'
cat <<'TAIL'
};
// clang-format on

} // namespace graft::inline v0_1::detail
TAIL
