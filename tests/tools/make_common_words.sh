#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/tools/make_common_words.sh > include/graft/words/common_words_table.hpp
#
# Writes the table of words that say nothing about a subject: the stop words of 58 languages that the Python package
# stopwordsiso brings (pinned below), and question words of ours, parted as graft's own analyser parts them, as sorted 32-bit hashes. Run it again when the analyser
# parts otherwise or the package is renewed; the package is installed into a folder of its own, for this run.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
version=0.7.1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m pip install -q --no-deps --target "$scratch/python" "stopwordsiso==$version" >&2
cat >"$scratch/fold.cpp" <<'CPP'
#include <graft/words/analysis.hpp>
#include <graft/words/common_key.hpp>
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
            if (word.size() <= 24) all.insert(graft::detail::common_key(word));
        } else as_spelled(word, [&](const graft::token& t) { all.insert(graft::detail::common_key(std::string_view(word).substr(t.begin, t.end - t.begin))); });
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
# Words of questions and polite forms that the lists lack, and what is often asked of a thing: they name no subject. Ours.
words.update("""
tell me please show explain describe give
wieviel wieviele womit wofür woran worin wodurch weshalb wieso macht gibt hoch lange beträgt lautet heißt
combien quelle quelles lequel laquelle comment pourquoi quand où est-ce que c'est
cuánto cuántos cuánta cuántas cuál cuáles dónde cuándo cómo quién quiénes qué hay
quanto quanti quanta quante quale quali dove quando come chi perché cosa
quanto quantos quantas qual quais onde quando como quem porquê
hoeveel welke waar wanneer hoe wie waarom
ile jaki jaka jakie który która które gdzie kiedy jak kto dlaczego czy
kolik jaký jaká jaké který která které kde kdy jak kdo proč zda
kolko aký aká aké ktorý kde kedy ako kto prečo
mennyi melyik milyen hol mikor hogyan ki miért hány
cât câți câte care unde când cum cine ce
είναι είμαι ήταν έχει έχουν υπάρχει υπάρχουν μπορώ μπορεί από για με να θα στο στη στην στον του της των τους πόσο πόσα πόσες πόσοι ποιος ποια ποιο ποιες ποιοι πού πότε πώς τι γιατί ποιον ποιαν
сколько какой какая какое какие каков какова каково каковы который где когда как кто что чем почему зачем чей
скільки який яка яке які де коли як хто що чому чи є має
kaç ne hangi nerede nerde nereden nereye zaman nasıl kim niçin neden mı mi mu mü mıdır kadar nedir var
bao nhiêu nào đâu khi như thế ai tại sao gì là ở
कितना कितने कितनी कौन कौनसा कहाँ कहां कब कैसे कैसा क्यों क्या किस किसने किसके है हैं था थे
كم أي أين متى كيف من ما ماذا لماذا هل
כמה איזה איזו איפה מתי איך מי מה למה מדוע האם
berapa mana dimana kapan bagaimana siapa apa mengapa apakah
hur mycket många vilken vilket vilka var när vem vad varför
hvor mye mange hvilken hvilket hvilke når hvem hva hvorfor hvordan hvornår hvad
kuinka paljon monta mikä mitä missä milloin miten kuka miksi onko ovat
चि कति कहिले কত কোন কোথায় কখন কীভাবে কে কি কেন
どこ いつ だれ なに なぜ どう どの いくら いくつ です ます でした ました ください どんな どれ
何 誰 何処 幾 何時
무엇 어디 언제 누구 얼마 어떻게 왜 무슨 어느 어떤 몇 입니까 습니까 합니까 됩니까 있습니 있나요 인가요 나요 까요 습니다 입니다 있다 하는 되는 은 는 이 가 을 를 의 에 에서 으로 로 와 과 도
什么 甚么 哪里 哪儿 哪些 哪个 什么时候 何时 怎么 怎样 为什么 谁 多少 几个 是否 吗 呢
什麼 哪裡 哪裏 誰 為什麼 怎麼 多久 多长 多大 多高 请 請
อะไร ที่ไหน เมื่อไหร่ เมื่อไร อย่างไร ใคร ทำไม เท่าไหร่ เท่าไร กี่ ไหน ไร ใด
colour color size price prices cost costs age weight height length width
farbe größe preis kostet kosten alter gewicht höhe länge breite
couleur taille prix coûte coûtent coût âge poids hauteur longueur largeur
tamaño precio cuesta cuestan costo coste edad peso altura
colore prezzo costa costano costo età altezza lunghezza
cor preço custa custam tamanho idade
kleur prijs kost leeftijd gewicht hoogte lengte
цвет цвета цена цену стоит стоят стоимость размер возраст вес высота длина колір ціна коштує
kolor cena kosztuje kosztują rozmiar wiek waga wysokość długość barva stojí velikost
renk rengi fiyat fiyatı boyut yaş ücret
färg pris kostar storlek farve koster størrelse farge
""".split())
print('\n'.join(sorted(words)))
PY
g++ -std=c++20 -O1 -I"$root/include" "$scratch/fold.cpp" -o "$scratch/fold"
cat <<'HEAD'
// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-FileCopyrightText: Gene Diaz
// SPDX-License-Identifier: Apache-2.0 AND MIT
#pragma once

// Generated by tests/tools/make_common_words.sh; do not edit.

#include <cstdint>

namespace graft::inline GRAFT_ABI::detail {

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

} // namespace graft::inline GRAFT_ABI::detail
TAIL
