// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline GRAFT_ABI::detail {

/// What a word does to the meaning of the words beside it.
enum class word_role : std::uint16_t {
    none   = 0,
    turns  = 1,  ///< anywhere in a sentence: denies, excepts, makes a condition, says only some, or casts doubt
    hedges = 2,  ///< before a statement: makes it a possibility or an obligation
    joins  = 4,  ///< right beside a phrase: compares, orders, offers another, or opens a clause that depends on it
    opens  = 8,  ///< a phrase begins with it: nothing before it belongs to it as an adjective does
    number = 16, ///< a number in words
    known  = 32, ///< so common, and so much of one language, that it shows the sentence to be in that language
};
/// Several roles of one word.
[[nodiscard]] constexpr std::uint16_t operator|(word_role a, word_role b) noexcept {
    return static_cast<std::uint16_t>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
/// Whether `roles` holds `role`.
[[nodiscard]] constexpr bool has(std::uint16_t roles, word_role role) noexcept {
    return (roles & static_cast<std::uint16_t>(role)) != 0;
}

struct role_list {
    word_role           role;
    std::u32string_view words; ///< as `fold_quote` folds them, one space between two
};

// English, German, French, Spanish, Italian, Portuguese, Dutch, Russian, in this order. What a language shares with another
// in spelling only is left out where it is an everyday word there. The last list of `turns` is of neighbours whose sentences
// might be taken for one of these: Scandinavian, Polish, Czech, Ukrainian, Bulgarian, Serbian, Catalan, Romanian, Turkish.
inline constexpr role_list role_lists[] = {
    {word_role::turns,
     U"no not never none nobody nothing nowhere neither nor non without cannot cant wont dont doesnt didnt isnt "
     U"arent hardly barely scarcely rarely seldom except excepted excepting excepts excluding exception exceptions "
     U"exclude excludes excluded exempt exempted but only merely solely unless if whether until till otherwise "
     U"provided providing assuming supposing depending depends subject case once conditional when whenever while "
     U"although "
     U"though however yet whereas despite instead unlike rather contrary apart aside some few fewer fewest little "
     U"most mostly majority minority many several half least less lesser more part partly partially sometimes "
     U"usually often occasionally generally normally typically almost nearly maximum minimum average former "
     U"formerly anymore false falsely untrue wrong wrongly incorrect incorrectly mistaken mistakenly mistake error "
     U"deny denies denied denying denial doubt doubts doubted doubtful dispute disputes disputed refute refutes "
     U"refuted debunked allege alleges alleged allegedly claim claims claimed supposed supposedly purported "
     U"purportedly rumour rumor rumours rumors myth myths lie lies lied hoax pretend pretends pretended reject "
     U"rejects rejected oppose opposes opposed against forbid forbids forbidden forbade prohibit prohibits "
     U"prohibited ban bans banned prevent prevents prevented refuse refuses refused fail fails failed lack lacks "
     U"lacking impossible unlikely unable unclear believe believes believed think thinks thought hope hopes hoped "
     U"fear fears feared propose proposes proposed planned wish wishes guess guesses imagine imagines"},
    {word_role::turns,
     U"nicht kein keine keinen keinem keiner keines keins nie niemals niemand niemanden niemandem nichts nirgends "
     U"nirgendwo weder ohne kaum selten außer ausser ausgenommen ausnahme ausnahmen ausnahmsweise ausgeschlossen "
     U"bis aber jedoch allerdings sondern nur bloß lediglich ausschließlich sofern falls wenn ob solange sobald "
     U"während obwohl obgleich trotz statt anstatt soweit vorausgesetzt abhängig entgegen einige einigen einiger "
     U"einiges manche manchen mancher manchmal wenige wenigen weniger wenig meiste meisten meist meistens mehrere "
     U"mehreren viele vielen vieler hälfte halb teil teils teilweise mindestens höchstens wenigstens maximal "
     U"minimal mehr fast beinahe nahezu oft häufig gelegentlich üblicherweise normalerweise durchschnittlich "
     U"ehemalige ehemaligen falsch fälschlich unwahr unzutreffend unrichtig irrtümlich irrtum bestreitet "
     U"bestreiten bestritt leugnet leugnen verneint dementiert bezweifelt zweifel zweifelt zweifelhaft behauptet "
     U"behaupten behauptete behauptung angeblich gerücht gerüchte mythos märchen lüge vermeintlich unmöglich "
     U"unwahrscheinlich verboten untersagt verbietet verhindert abgelehnt gegen glaubt glauben hofft hoffen "
     U"fürchtet befürchtet"},
    {word_role::turns,
     U"ne pas plus jamais aucun aucune aucuns nul nulle rien personne ni sans guère sauf excepté exceptée hormis "
     U"exclus mais seulement uniquement seul seule seuls seules si quand lorsque cas sinon jusque jusqu condition "
     U"conditions pourvu réserve tandis cependant toutefois pourtant malgré quoique contrairement quelques quelque "
     U"certains certaines certain peu plupart plusieurs moitié moins rarement parfois souvent généralement presque "
     U"partie moyenne faux fausse inexact nient nié doute doutent douteux prétend prétendent prétendu prétendument "
     U"rumeur rumeurs mythe mensonge improbable interdit interdite interdits refusent rejette contre croit croient "
     U"pense pensent espère craint empêche conteste contestent tort"},
    {word_role::turns,
     U"nunca jamás ningún ninguno ninguna nada nadie tampoco sin apenas salvo excepto exceptuando excepción "
     U"excepciones menos pero sino solo sólo solamente únicamente cuando mientras hasta aunque condición siempre "
     U"algunos algunas algún alguna pocos pocas poco poca mayoría muchos muchas varios varias mitad mínimo máximo "
     U"más raramente veces generalmente normalmente casi parte promedio falso falsa incorrecto niega niegan negó "
     U"duda dudan dudoso supuestamente presunto presuntamente mito mentira imposible prohibido prohíbe rechaza "
     U"contra cree creen piensa espera teme impide"},
    {word_role::turns,
     U"mai nessun nessuno nessuna niente nulla né neanche nemmeno neppure senza appena tranne eccetto eccezione "
     U"eccezioni meno ma però bensì soltanto unicamente se quando finché fino purché qualora anziché mentre "
     U"sebbene benché nonostante alcuni alcune qualche pochi poche maggior maggioranza molti molte metà minimo "
     U"massimo più talvolta spesso quasi errato nega negano dubita dubbio presumibilmente bugia impossibile "
     U"improbabile vietato vieta rifiuta contro crede credono pensa spera impedisce"},
    {word_role::turns,
     U"não nenhum nenhuma ninguém nem sem somente só exceto exceção exceções mas porém senão enquanto até caso "
     U"embora contanto alguns algumas algum alguma poucos poucas maioria muitos muitas vários várias metade "
     U"geralmente quase negam duvida dúvida suposto supostamente boato impossível improvável proibido proíbe "
     U"recusa acredita acha impede"},
    {word_role::turns,
     U"niet geen nooit niets nergens noch zonder nauwelijks zelden behalve uitgezonderd uitzondering "
     U"uitzonderingen uitgesloten maar echter alleen slechts enkel mits tenzij als indien wanneer tot totdat "
     U"zolang terwijl hoewel ondanks sommige enkele weinig meeste meestal verschillende helft minstens hoogstens "
     U"maximaal minimaal meer minder soms vaak bijna gedeeltelijk deels gemiddeld onjuist onwaar fout ontkent "
     U"ontkennen betwist betwijfelt twijfel beweert beweren vermeend gerucht geruchten leugen onmogelijk "
     U"onwaarschijnlijk verbiedt weigert tegen gelooft denkt hoopt vreest voorkomt"},
    {word_role::turns,
     U"не ни нет нельзя никто никого никому никогда ничего ничто нигде никакой никакая никакие никаких без едва "
     U"редко кроме исключением исключая исключение исключения помимо но однако только лишь исключительно если "
     U"когда пока хотя несмотря вместо условии условием некоторые некоторых некоторым немногие мало многие многих "
     U"большинство большинства несколько половина половины часть частично минимум максимум менее более меньше "
     U"больше иногда часто обычно почти среднем ложь ложно неверно неправда неправильно ошибочно отрицает отрицают "
     U"отрицал сомневается сомнение сомнения якобы утверждает утверждают утверждал слух слухи миф невозможно "
     U"маловероятно запрещено запрещает отказывается отклонил против считает считают думает думают надеется боится "
     U"ли"},
    {word_role::turns,
     U"inte ikke icke utan uden uten utom undtagen unntatt bortsett ingen inget inga aldrig aldri endast bara kun "
     U"osann hvis bez oprócz wyjątkiem tylko jeśli jeżeli żaden nikt nigdy nieprawda není kromě pouze pokud žádný "
     U"nikdo nikdy ні крім лише якщо але тільки освен само ако осим sense excepte llevat només nu fără decât doar "
     U"dacă niciun değil hariç sadece"},
    // Where no spaces stand between words each is looked for at every sign: Chinese, simplified and traditional.
    {word_role::turns,
     U"不 没 沒 未 无 無 非 否 勿 莫 毋 禁 除 仅 僅 只 但 却 卻 若 拒 吗 嗎 呢 当 當 虽 雖 约 約 或 如果 假如 要是 "
     U"可能 大概 一些 有些 有的 部分 少数 少數 多数 多數 大多 一半 至少 至多 最多 最少 超过 超過 几乎 幾乎 左右 "
     U"以上 以下 以内 以內 之前 之后 之後 据说 據說 怀疑 懷疑 谣言 謠言 谎言 謊言 错误 錯誤 假的 声称 聲稱 认为 "
     U"認為 反对 反對 然而 之外 以外"},
    {word_role::hedges,
     U"may might could would should can must perhaps maybe possibly probably likely apparently seems seem seemed "
     U"appears könnte könnten kann darf soll sollte sollten dürfte muss vielleicht möglicherweise wahrscheinlich "
     U"vermutlich wohl scheint peut pourrait pourraient devrait doit probablement semble puede podría debería debe "
     U"quizá quizás probablemente parece acaso può potrebbe dovrebbe deve forse probabilmente sembra pode poderia "
     U"deveria talvez provavelmente kan zou zouden mag moet misschien waarschijnlijk lijkt может могут мог бы "
     U"возможно вероятно наверное кажется должен должны"},
    {word_role::joins,
     U"that than or as twice double about around approximately roughly circa over under above below beyond to "
     U"before after since how why dass daß oder wie zu über unter vor nach seit rund etwa ca ungefähr zirka que qu "
     U"ou comme environ avant après depuis à o u como antes después desde che come prima dopo depois cerca dat dan "
     U"om te na sinds ongeveer что чтобы или чем до после около примерно как"},
    {word_role::opens,
     U"the a an this these those every each all both no my your his her its our their he she it they we you i "
     U"there in on at for with from by der die das dem den des ein eine einen einem einer jeder jede jedes jeden "
     U"alle er sie es wir im am auf für mit bei le la les l un une chaque tous toutes ce cette ces il elle nous "
     U"vous ils elles dans en sur au aux du pour avec el los las una cada todos todas este esta con para por lo "
     U"gli ogni tutti tutte questo questa per nel nella os as um uma em na com de het een elke elk deze dit op met "
     U"voor каждый каждая каждое все этот эта это в на с для к по"},
    {word_role::number,
     U"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
     U"seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand "
     U"thousands million millions billion billions dozen null zwei drei vier fünf sechs sieben acht neun zehn elf "
     U"zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig fünfzig "
     U"sechzig siebzig achtzig neunzig hundert tausend millionen milliarden deux trois quatre cinq sept huit neuf "
     U"dix onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent cents mille dos "
     U"tres cuatro cinco seis siete ocho nueve diez once doce trece catorce veinte treinta cuarenta cincuenta "
     U"sesenta setenta ochenta noventa cien ciento mil millón millones due tre quattro cinque sei sette otto nove "
     U"dieci undici dodici tredici quattordici quindici venti trenta quaranta cinquanta sessanta settanta ottanta "
     U"novanta cento mila dois duas três quatro oito dez doze treze vinte trinta quarenta cinquenta sessenta "
     U"oitenta cem twee vijf zes zeven negen tien twaalf dertien veertien vijftien twintig dertig veertig vijftig "
     U"zestig zeventig tachtig negentig honderd duizend один два две три четыре пять шесть семь восемь девять "
     U"десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать двадцать тридцать сорок пятьдесят "
     U"шестьдесят семьдесят восемьдесят девяносто сто тысяча тысячи тысяч миллион миллионов"},
    {word_role::known,
     U"the of and is are were has with from this these those their every which been they you your its das und ist "
     U"eine einen einem hat haben für auf jeder jede jedes wird werden zum zur vom est et une du dans pour chaque "
     U"aux avec sont ont leur los las y tiene tienen para del cada il gli della dei ogni hanno nel nella di è os "
     U"uma tem têm do dos em é het een van heeft hebben elke voor zijn и в на с по для это каждый имеет имеют от "
     U"из"},
};

/// The roles of words, by the hash of their signs.
class role_table {
    static constexpr std::size_t slots = 4096;
    std::uint64_t                rows_[slots]{}; // the upper 48 bits of the hash, and the roles

    static constexpr std::uint64_t tag = ~std::uint64_t{0xFFFF};

    [[nodiscard]] constexpr std::size_t slot(std::uint64_t hash) const noexcept {
        std::size_t at = static_cast<std::size_t>(hash >> 52);
        while (rows_[at] != 0 && ((rows_[at] ^ hash) & tag) != 0) at = (at + 1) % slots;
        return at;
    }

public:
    static constexpr std::uint64_t seed = 0x9E3779B97F4A7C15u;
    /// The hash of a word with one more sign.
    [[nodiscard]] static constexpr std::uint64_t more(std::uint64_t hash, char32_t sign) noexcept {
        hash = (hash ^ sign) * 0xD6E8FEB86659FD93u;
        return hash ^ hash >> 32;
    }

    constexpr role_table() noexcept {
        for (const role_list& list : role_lists) {
            std::uint64_t hash = seed;
            for (std::size_t i = 0; i <= list.words.size(); ++i) {
                if (i < list.words.size() && list.words[i] != ' ') {
                    hash = more(hash, list.words[i]);
                    continue;
                }
                const std::size_t at = slot(hash);
                rows_[at]            = (hash & tag) | (rows_[at] & 0xFFFF) | static_cast<std::uint16_t>(list.role);
                hash                 = seed;
            }
        }
    }
    [[nodiscard]] constexpr std::uint16_t operator[](std::uint64_t hash) const noexcept {
        return static_cast<std::uint16_t>(rows_[slot(hash)] & 0xFFFF);
    }
};

inline constexpr role_table word_roles{};

/// What a folded word does to the meaning of its neighbours, as bits of `word_role`; 0 for a word of no list.
[[nodiscard]] constexpr std::uint16_t roles_of(std::u32string_view word) noexcept {
    std::uint64_t hash = role_table::seed;
    for (const char32_t sign : word) hash = role_table::more(hash, sign);
    return word_roles[hash];
}

} // namespace graft::inline GRAFT_ABI::detail
