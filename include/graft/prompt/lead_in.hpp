// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

// Words around a statement that leave it as it is. As `fold_quote` folds them; phrases are parted by |.

// So, every employee has … Those of the second list might be adjectives: punctuation must follow.
inline constexpr std::u32string_view connectives =
    U"so|yes|also|and|yes and|thus|hence|therefore|indeed|in short|in summary|in brief|in fact|in other words|"
    U"to summarize|to sum up|additionally|furthermore|moreover|in addition|finally|of course|the answer is|"
    U"note that|please note that|says that|states that|it says|it states|it says that|it states that|ja|somit|"
    U"daher|deshalb|folglich|kurz gesagt|zusammengefasst|außerdem|zudem|ferner|tatsächlich|und|donc|oui|aussi|"
    U"ainsi|en bref|en résumé|en effet|de plus|en outre|par conséquent|et|así|así que|sí|también|además|por tanto|"
    U"por lo tanto|en resumen|en efecto|de hecho|y|quindi|sì|anche|inoltre|dunque|perciò|in breve|in sintesi|"
    U"in effetti|infatti|e|assim|sim|também|além disso|portanto|em resumo|em suma|de facto|de fato|dus|ook|"
    U"bovendien|daarom|kortom|samengevat|inderdaad|en|итак|да|также|таким образом|кроме того|следовательно|"
    U"короче говоря|действительно|и|是的|因此|所以|总之|總之|简而言之|另外|此外|答案是";
inline constexpr std::u32string_view interjections =
    U"overall|however|certainly|sure|right|correct|answer|specifically|kurz|genau|richtig|antwort|bref|réponse|"
    U"respuesta|risposta|resposta|antwoord|короче|ответ|верно|答案|回答|对|對";
// According to the handbook, …
inline constexpr std::u32string_view referrals =
    U"according to|based on|as stated in|as noted in|as described in|as written in|laut|gemäß|wie in|selon|"
    U"d'après|según|de acuerdo con|secondo|segundo|de acordo com|conforme|volgens|согласно|根据|根據|按照";
inline constexpr std::u32string_view articles =
    U"the|this|that|our|your|its|their|das|dem|der|die|den|diesem|dieser|le|la|les|l'|ce|cette|el|los|este|esta|"
    U"il|lo|questo|o|a|os|het|de|dit|deze";
inline constexpr std::u32string_view documents =
    U"handbook|manual|guide|document|documents|documentation|docs|text|passage|source|sources|page|article|"
    U"section|file|excerpt|policy|report|context|book|faq|website|information|notes|rules|handbuch|dokument|"
    U"quelle|quellen|leitfaden|anleitung|abschnitt|richtlinie|bericht|artikel|seite|manuel|texte|règlement|"
    U"documento|texto|fuente|guía|artículo|manuale|testo|fonte|guida|articolo|guia|artigo|handboek|tekst|bron|"
    U"gids|справочнику|справочник|документу|документ|тексту|текст|источнику|руководству|руководство|手册|手冊|"
    U"文件|文档|文檔|资料|資料|文章|原文|来源";
// … (see [1])
inline constexpr std::u32string_view pointers =
    U"see|source|sources|cf|siehe|vgl|quelle|quellen|voir|véase|fuente|vedi|fonte|ver|zie|bron|см|источник|见|見|"
    U"来源";
// The handbook says that …
inline constexpr std::u32string_view sayings =
    U"says|states|notes|explains|describes|mentions|shows|specifies|confirms|sagt|besagt|erklärt|dit|précise|"
    U"indique|dice|indica|diz|zegt|говорит|гласит|说|說|指出|规定|規定";
inline constexpr std::u32string_view clause_openers = U"that|dass|daß|que|che|dat|что";

/// Steps over the longest phrase of a list that stands at `at` and ends there with its word; `at` itself when none does.
[[nodiscard]] constexpr std::size_t skip_phrase(std::u32string_view text, std::size_t at,
                                                std::u32string_view list) noexcept {
    const auto letter = [](char32_t c) { // Chinese phrases may go on at once
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 0xC0 && c < 0x2000);
    };
    std::size_t best = at;
    for (std::size_t from = 0; from < list.size();) {
        std::size_t to = list.find('|', from);
        if (to == list.npos) to = list.size();
        const std::u32string_view phrase = list.substr(from, to - from);
        const std::size_t         end    = at + phrase.size();
        if (end > best && text.substr(at, phrase.size()) == phrase &&
            (end == text.size() || !letter(text[end - 1]) || !letter(text[end])))
            best = end;
        from = to + 1;
    }
    return best;
}
[[nodiscard]] constexpr std::size_t skip_blank(std::u32string_view text, std::size_t at) noexcept {
    while (at < text.size() && text[at] == ' ') ++at;
    return at;
}
/// Steps over `the handbook`; `at` itself when that does not stand there.
[[nodiscard]] constexpr std::size_t skip_document(std::u32string_view text, std::size_t at) noexcept {
    const std::size_t noun = skip_blank(text, skip_phrase(text, at, articles));
    const std::size_t end  = skip_phrase(text, noun, documents);
    return end > noun ? end : at;
}
/// Steps over `according to the handbook`; `at` itself when that does not stand there.
[[nodiscard]] constexpr std::size_t skip_referral(std::u32string_view text, std::size_t at) noexcept {
    const std::size_t to = skip_phrase(text, at, referrals);
    if (to == at) return at;
    const std::size_t from = skip_blank(text, to), end = skip_document(text, from);
    return end > from ? end : at;
}

/// Steps over the harmless words that open a statement: So, Yes, In short, According to the handbook, The source says that, in any
/// number; and the punctuation behind them.
///
/// Takes    a folded text.
/// Gives    where the statement itself begins; 0 when it begins at once.
[[nodiscard]] constexpr std::size_t skip_lead_in(std::u32string_view text) noexcept {
    const auto gap = [&](std::size_t at) {
        while (
            at < text.size() &&
            (std::u32string_view(U" ,:;-!\"'，：、“").find(text[at]) != std::u32string_view::npos || text[at] == '.'))
            ++at;
        return at;
    };
    for (std::size_t at = 0;;) {
        std::size_t next = skip_phrase(text, at, connectives);
        if (next == at) {
            next = skip_phrase(text, at, interjections);
            if (next == text.size() || gap(next) == skip_blank(text, next)) next = at;
        }
        next = next > at ? next : skip_referral(text, at);
        if (next == at) {
            const std::size_t as   = text.substr(at, 3) == U"as " ? at + 3 : at; // "as the handbook says"
            const std::size_t noun = skip_document(text, as), from = skip_blank(text, noun);
            const std::size_t verb = noun > as ? skip_phrase(text, from, sayings) : from;
            if (verb == from) return at;
            next = skip_phrase(text, skip_blank(text, verb), clause_openers);
            next = next > verb + 1 ? next : verb;
        }
        at = gap(next);
    }
}

/// The end of the statement before `, according to the handbook` or `(see`; the size of the text when that does not stand there.
///
/// Takes    a folded text that ends with a word.
[[nodiscard]] constexpr std::size_t cut_referral(std::u32string_view text) noexcept {
    for (std::size_t at = text.size(), words = 0; at > 0 && words < 6; --at) {
        if (text[at - 1] != ' ' && text[at - 1] != '(') continue;
        ++words;
        const bool pointer = skip_phrase(text, at, pointers) == text.size();
        const bool mark    = skip_phrase(text, at, referrals) == text.size(); // … [1]
        if (!pointer && !mark && skip_referral(text, at) != text.size()) continue;
        std::size_t end = at - 1;
        while (end > 0 && std::u32string_view(U" ,;-(").find(text[end - 1]) != std::u32string_view::npos) --end;
        return end < at - 1 ? end : text.size(); // without punctuation it may belong to the statement
    }
    return text.size();
}

} // namespace graft::inline GRAFT_ABI::detail
