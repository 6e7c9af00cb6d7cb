// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace graft::inline v0_1 {

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
[[nodiscard]] constexpr std::uint16_t operator|(word_role a, word_role b) noexcept {
    return static_cast<std::uint16_t>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
/// Whether `roles` holds `role`.
[[nodiscard]] constexpr bool has(std::uint16_t roles, word_role role) noexcept {
    return (roles & static_cast<std::uint16_t>(role)) != 0;
}

namespace detail {

struct role_list {
    word_role           role;
    std::u32string_view words; ///< as `fold_quote` folds them, one space between two
};

// English, German, French, Spanish, Italian, Portuguese, Dutch, Russian, in this order. What a language shares with another
// in spelling only is left out where it is an everyday word there. The last list of `turns` is of neighbours whose sentences
// might be taken for one of these: Scandinavian, Polish, Czech, Ukrainian, Bulgarian, Serbian, Catalan, Romanian, Turkish.
inline constexpr role_list role_lists[] = {
    {word_role::turns,
     U"no not never none nobody nothing nowhere neither nor non without cannot cant wont dont doesnt didnt isnt arent "
     U"hardly barely scarcely rarely seldom except excepted excepting excepts excluding exception exceptions exclude "
     U"excludes excluded exempt exempted but only merely solely unless if whether until till otherwise provided "
     U"providing assuming supposing depending depends subject conditional when whenever while although though however "
     U"yet whereas despite instead unlike rather contrary apart aside some few fewer fewest little most mostly "
     U"majority "
     U"minority many several half least less lesser more part partly partially sometimes usually often occasionally "
     U"generally normally typically almost nearly maximum minimum average former formerly anymore false falsely untrue "
     U"wrong wrongly incorrect incorrectly mistaken mistakenly mistake error deny denies denied denying denial doubt "
     U"doubts doubted doubtful dispute disputes disputed refute refutes refuted debunked allege alleges alleged "
     U"allegedly "
     U"claim claims claimed supposed supposedly purported purportedly rumour rumor rumours rumors myth myths lie lies "
     U"lied "
     U"hoax pretend pretends pretended reject rejects rejected oppose opposes opposed against forbid forbids forbidden "
     U"forbade prohibit prohibits prohibited ban bans banned prevent prevents prevented refuse refuses refused fail "
     U"fails "
     U"failed lack lacks lacking impossible unlikely unable unclear believe believes believed think thinks thought "
     U"hope "
     U"hopes hoped fear fears feared propose proposes proposed planned wish wishes guess guesses imagine imagines"},
    {word_role::turns,
     U"nicht kein keine keinen keinem keiner keines keins nie niemals niemand niemanden niemandem nichts nirgends "
     U"nirgendwo weder ohne kaum selten außer ausser ausgenommen ausnahme ausnahmen ausnahmsweise ausgeschlossen bis "
     U"aber "
     U"jedoch allerdings sondern nur bloß lediglich ausschließlich sofern falls wenn ob solange sobald während obwohl "
     U"obgleich trotz statt anstatt soweit vorausgesetzt abhängig entgegen einige einigen einiger einiges manche "
     U"manchen "
     U"mancher manchmal wenige wenigen weniger wenig meiste meisten meist meistens mehrere mehreren viele vielen "
     U"vieler "
     U"hälfte halb teil teils teilweise mindestens höchstens wenigstens maximal minimal mehr fast beinahe nahezu oft "
     U"häufig "
     U"gelegentlich üblicherweise normalerweise durchschnittlich ehemalige ehemaligen falsch fälschlich unwahr "
     U"unzutreffend unrichtig irrtümlich irrtum bestreitet bestreiten bestritt leugnet leugnen verneint dementiert "
     U"bezweifelt zweifel zweifelt zweifelhaft behauptet behaupten behauptete behauptung angeblich gerücht gerüchte "
     U"mythos "
     U"märchen lüge vermeintlich unmöglich unwahrscheinlich verboten untersagt verbietet verhindert abgelehnt gegen "
     U"glaubt "
     U"glauben hofft hoffen fürchtet befürchtet"},
    {word_role::turns,
     U"ne pas plus jamais aucun aucune aucuns nul nulle rien personne ni sans guère sauf excepté exceptée hormis "
     U"exclus "
     U"mais seulement uniquement seul seule seuls seules si quand lorsque sinon jusque jusqu condition conditions "
     U"pourvu "
     U"réserve tandis cependant toutefois pourtant malgré quoique contrairement quelques quelque certains certaines "
     U"certain peu plupart plusieurs moitié moins rarement parfois souvent généralement presque partie moyenne faux "
     U"fausse "
     U"inexact nie nient nié doute doutent douteux prétend prétendent prétendu prétendument rumeur rumeurs mythe "
     U"mensonge "
     U"impossible improbable interdit interdite interdits refuse refusent rejette contre croit croient pense pensent "
     U"espère "
     U"craint empêche conteste contestent tort"},
    {word_role::turns,
     U"nunca jamás ningún ninguno ninguna nada nadie tampoco sin apenas salvo excepto exceptuando excepción "
     U"excepciones "
     U"menos pero sino solo sólo solamente únicamente cuando mientras hasta aunque condición siempre algunos algunas "
     U"algún "
     U"alguna pocos pocas poco poca mayoría muchos muchas varios varias mitad mínimo máximo más raramente veces "
     U"generalmente normalmente casi parte promedio falso falsa incorrecto niega niegan negó duda dudan dudoso "
     U"supuestamente presunto presuntamente mito mentira imposible improbable prohibido prohíbe rechaza contra cree "
     U"creen "
     U"piensa espera teme impide"},
    {word_role::turns, U"mai nessun nessuno nessuna niente nulla né neanche nemmeno neppure senza appena tranne "
                       U"eccetto eccezione eccezioni "
                       U"meno ma però bensì soltanto solamente unicamente se quando finché fino purché qualora anziché "
                       U"mentre sebbene benché "
                       U"nonostante alcuni alcune qualche pochi poche maggior maggioranza molti molte metà minimo "
                       U"massimo più talvolta spesso "
                       U"quasi errato nega negano dubita dubbio presumibilmente bugia impossibile improbabile vietato "
                       U"vieta rifiuta contro "
                       U"crede credono pensa spera impedisce"},
    {word_role::turns,
     U"não jamais nenhum nenhuma ninguém nem sem somente só exceto exceção exceções mas porém senão enquanto até caso "
     U"embora contanto alguns algumas algum alguma poucos poucas maioria muitos muitas vários várias metade mais "
     U"geralmente "
     U"quase negam duvida dúvida suposto supostamente boato impossível improvável proibido proíbe recusa acredita acha "
     U"impede"},
    {word_role::turns,
     U"niet geen nooit niemand niets nergens noch zonder nauwelijks zelden behalve uitgezonderd uitzondering "
     U"uitzonderingen uitgesloten maar echter alleen slechts enkel mits tenzij als indien wanneer tot totdat zolang "
     U"terwijl "
     U"hoewel ondanks sommige enkele weinig meeste meestal verschillende helft minstens hoogstens maximaal minimaal "
     U"meer "
     U"minder soms vaak bijna gedeeltelijk deels gemiddeld onjuist onwaar fout ontkent ontkennen betwist betwijfelt "
     U"twijfel "
     U"beweert beweren vermeend gerucht geruchten mythe leugen onmogelijk onwaarschijnlijk verbiedt weigert tegen "
     U"gelooft "
     U"denkt hoopt vreest voorkomt"},
    {word_role::turns,
     U"не ни нет нельзя никто никого никому никогда ничего ничто нигде никакой никакая никакие никаких без едва редко "
     U"кроме исключением исключая исключение исключения помимо но однако только лишь исключительно если когда пока "
     U"хотя "
     U"несмотря вместо условии условием некоторые некоторых некоторым немногие мало многие многих большинство "
     U"большинства "
     U"несколько половина половины часть частично минимум максимум менее более меньше больше иногда часто обычно почти "
     U"среднем ложь ложно неверно неправда неправильно ошибочно отрицает отрицают отрицал сомневается сомнение "
     U"сомнения "
     U"якобы утверждает утверждают утверждал слух слухи миф невозможно маловероятно запрещено запрещает отказывается "
     U"отклонил против считает считают думает думают надеется боится ли"},
    {word_role::turns,
     U"inte ikke icke utan uden uten utom undtagen unntatt bortsett ingen inget inga aldrig aldri endast "
     U"bara kun osann hvis bez oprócz wyjątkiem tylko jeśli jeżeli żaden nikt nigdy nieprawda není kromě "
     U"pouze pokud žádný nikdo nikdy ні крім лише якщо але тільки освен само ако осим sense excepte "
     U"llevat només però nu fără decât doar dacă niciun değil hariç sadece"},
    // Where no spaces stand between words each is looked for at every sign: Chinese, simplified and traditional.
    {word_role::turns, U"不 没 沒 未 无 無 非 否 勿 莫 毋 禁 除 仅 僅 只 但 却 卻 若 拒 吗 嗎 呢 当 當 虽 雖 约 約 或 "
                       U"如果 假如 要是 可能 大概 一些 有些 有的 部分 少数 "
                       U"少數 多数 多數 大多 一半 至少 至多 最多 最少 超过 超過 几乎 幾乎 左右 以上 以下 以内 以內 "
                       U"之前 之后 之後 据说 據說 怀疑 懷疑 谣言 謠言 谎言 "
                       U"謊言 错误 錯誤 假的 声称 聲稱 认为 認為 反对 反對 然而 之外 以外"},
    {word_role::hedges,
     U"may might could would should can must perhaps maybe possibly probably likely apparently seems seem seemed "
     U"appears "
     U"könnte könnten kann darf soll sollte sollten dürfte muss vielleicht möglicherweise wahrscheinlich vermutlich "
     U"wohl "
     U"scheint peut pourrait pourraient devrait doit probablement semble puede podría debería debe quizá quizás "
     U"probablemente parece acaso può potrebbe dovrebbe deve forse probabilmente sembra pode poderia deveria talvez "
     U"provavelmente kan zou zouden mag moet misschien waarschijnlijk lijkt может могут мог бы возможно вероятно "
     U"наверное "
     U"кажется должен должны"},
    {word_role::joins, U"that than or as about around approximately roughly circa over under above below beyond to "
                       U"before after since how "
                       U"why dass daß oder wie zu über unter vor nach seit rund etwa ca ungefähr zirka que qu ou comme "
                       U"environ avant après "
                       U"depuis à o u como antes después desde che come prima dopo depois cerca dat dan om te na sinds "
                       U"ongeveer что чтобы "
                       U"или чем до после около примерно как"},
    {word_role::opens,
     U"the a an this these those every each all both no my your his her its our their he she it they we you i there in "
     U"on "
     U"at for with from by der die das dem den des ein eine einen einem einer jeder jede jedes jeden alle er sie es "
     U"wir "
     U"im am an auf für mit bei le la les l un une des chaque tous toutes ce cette ces il elle nous vous ils elles "
     U"dans en "
     U"sur au aux du pour avec el los las una cada todos todas este esta con para por lo i gli ogni tutti tutte questo "
     U"questa per nel nella os as um uma em na com de het een elke elk deze dit op met voor каждый каждая каждое все "
     U"этот "
     U"эта это в на с для к по"},
    {word_role::number,
     U"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
     U"eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
     U"million "
     U"millions billion billions dozen null zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn "
     U"vierzehn "
     U"fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig "
     U"hundert "
     U"tausend millionen milliarden deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze seize "
     U"vingt "
     U"trente quarante cinquante soixante cent cents mille dos tres cuatro cinco seis siete ocho nueve diez once doce "
     U"trece "
     U"catorce veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil millón millones due "
     U"tre "
     U"quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici venti trenta quaranta "
     U"cinquanta "
     U"sessanta settanta ottanta novanta cento mila dois duas três quatro oito dez doze treze vinte trinta quarenta "
     U"cinquenta sessenta oitenta cem twee vijf zes zeven negen tien twaalf dertien veertien vijftien twintig dertig "
     U"veertig vijftig zestig zeventig tachtig negentig honderd duizend один два две три четыре пять шесть семь восемь "
     U"девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать двадцать тридцать сорок пятьдесят "
     U"шестьдесят семьдесят восемьдесят девяносто сто тысяча тысячи тысяч миллион миллионов"},
    {word_role::known,
     U"the of and is are were has with from this these those their every which been they you your its das und ist eine "
     U"einen einem hat haben für auf jeder jede jedes wird werden zum zur vom est et une du dans pour chaque aux avec "
     U"sont "
     U"ont leur los las y tiene tienen para del cada il gli della dei ogni hanno nel nella di è os uma tem têm do dos "
     U"em é "
     U"het een van heeft hebben elke voor zijn и в на с по для это каждый имеет имеют от из"},
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

} // namespace detail

/// What a folded word does to the meaning of its neighbours, as bits of `word_role`; 0 for a word of no list.
[[nodiscard]] constexpr std::uint16_t roles_of(std::u32string_view word) noexcept {
    std::uint64_t hash = detail::role_table::seed;
    for (const char32_t sign : word) hash = detail::role_table::more(hash, sign);
    return detail::word_roles[hash];
}

} // namespace graft::inline v0_1
