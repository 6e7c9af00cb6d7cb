#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/neighbours.sh [PATTERN]
#
# Other inputs of the kinds that tests/cases.sh runs: small folders made on the fly, asked as a user would ask them, with what
# should come out as assertions, a line each. A mend of one input that does not mend its kind fails here. With PATTERN only the
# kinds whose name contains it.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
. "$(dirname "${BASH_SOURCE[0]}")/support/tools.sh"
case ${1:-} in -h | --help) usage && exit ;; esac
pattern=${1:-}

small_folder_refusal() {
    room "one sentence"
    line gate.md "The garden gate is painted blue."
    ask docs "Which colour does the garden gate have?" && begins "The garden gate is painted blue."
    ask docs "Can you tell me something about the garden gate?" && begins "The garden gate is painted blue."
    ask docs "How high is Mount Everest?" && refused
    ask docs "Who wrote Hamlet?" && refused
    ask docs "What is the capital of Mongolia?" && refused

    room "five files"
    line pharmacy.md "The pharmacy closes at six."
    line pool.md "A swimming lesson costs twelve euros."
    line play.md "The playground is behind the church."
    line mayor.md "Mayor Lindqvist was elected in 2019."
    line bus.md "Bus 14 stops at the harbour every ten minutes."
    ask docs "When does the pharmacy close?" && begins "The pharmacy closes at six."
    ask docs "How much is a swimming lesson?" && begins "A swimming lesson costs twelve euros."
    ask docs "Is there a playground for children?" && begins "The playground is behind the church."
    ask docs "In which year was the mayor elected?" && begins "Mayor Lindqvist was elected in 2019."
    ask docs/pool.md "What does a swimming lesson cost?" && begins "A swimming lesson costs twelve euros."
    ask docs "Which team won the world cup in 1998?" && refused
    ask docs "How do I bake a chocolate cake?" && refused
    ask docs "What is the boiling point of mercury?" && refused

    room "alone and among forty"
    line keys.md "We keep four spare keys in the red tin."
    ask docs "How many spare keys do we have?" && begins "We keep four spare keys in the red tin."
    local i things=(kettle ladder printer sofa lantern bucket mirror clock)
    for i in {1..40}; do line "n$i.md" "The ${things[i % 8]} number $i stands in room $((i * 3 % 17)). It was bought in $((1960 + i)) and cleaned every month."; done
    ask docs "How many spare keys do we have?" && begins "We keep four spare keys in the red tin."
    ask docs "How tall is the Eiffel tower?" && refused
}

# tongue LANGUAGE TEXT [QUESTION ANSWER]... FOREIGN: questions of the text are answered, the foreign one is not.
tongue() {
    room "in $1"
    line a.md "$2"
    shift 2
    while [ $# -gt 1 ]; do ask docs "$1" && begins "$2" && shift 2; done
    ask docs "$1" && refused
    ask docs "Who painted the Mona Lisa?" && refused
}
refusal_other_languages() {
    tongue fr "Le musée ouvre à dix heures. Le billet coûte douze euros. La cantine est fermée le lundi." \
        "Combien coûte le billet ?" "Le billet coûte douze euros." "Quand la cantine est-elle fermée ?" "La cantine est fermée le lundi." "Qui a écrit Les Misérables ?"
    tongue es "El museo abre a las diez. La entrada cuesta doce euros. El comedor cierra los lunes." \
        "¿Cuánto cuesta la entrada?" "La entrada cuesta doce euros." "¿Qué día cierra el comedor?" "El comedor cierra los lunes." "¿Quién pintó el Guernica?"
    tongue it "Il museo apre alle dieci. Il biglietto costa dodici euro. La fermata dell'autobus si trova davanti alla stazione." \
        "Quanto costa il biglietto?" "Il biglietto costa dodici euro." "Dov'è la fermata dell'autobus?" "La fermata dell'autobus" "Chi ha dipinto la Gioconda?"
    tongue pt "O museu abre às dez horas. O bilhete custa doze euros. A cantina fecha à segunda-feira." \
        "Quanto custa o bilhete?" "O bilhete custa doze euros." "Quem descobriu o Brasil?"
    tongue nl "Het museum gaat om tien uur open. Een kaartje kost twaalf euro. De kantine is op maandag gesloten." \
        "Hoeveel kost een kaartje?" "Een kaartje kost twaalf euro." "Wanneer is de kantine gesloten?" "De kantine is op maandag gesloten." "Wie schilderde de Nachtwacht?"
    tongue sv "Museet öppnar klockan tio. Biljetten kostar tolv euro. Parkeringen ligger bakom stationen." \
        "Var ligger parkeringen?" "Parkeringen ligger bakom stationen." "Vem skrev Pippi Långstrump?"
    tongue de "Das Museum öffnet um zehn Uhr. Die Kündigungsfristen betragen drei Monate. Hunde sind verboten." \
        "Wie lang ist die Kündigungsfrist?" "Die Kündigungsfristen betragen drei Monate." "Sind Hunde im Hof verboten?" "Hunde sind verboten." "Wer schrieb den Faust?"
    tongue pl "Muzeum otwiera się o dziesiątej. Bilet kosztuje dwanaście złotych. Parking znajduje się za dworcem." \
        "Ile kosztuje bilet?" "Bilet kosztuje dwanaście złotych." "Gdzie znajduje się parking?" "Parking znajduje się za dworcem." "Kto napisał Pana Tadeusza?"
    tongue cs "Muzeum otevírá v deset. Vstupenka stojí dvanáct eur. Parkoviště je za nádražím." \
        "Kolik stojí vstupenka?" "Vstupenka stojí dvanáct eur." "Kde je parkoviště?" "Parkoviště je za nádražím." "Kdo napsal Švejka?"
    tongue tr "Müze saat onda açılır. Bilet on iki liradır. Otopark istasyonun arkasındadır." \
        "Otopark nerede?" "Otopark istasyonun arkasındadır." "Müze ne zaman açılır?" "Müze saat onda açılır." "Cumhurbaşkanı kimdir?"
    tongue fi "Museo avautuu kello kymmenen. Lippu maksaa kaksitoista euroa. Pysäköinti on aseman takana." \
        "Paljonko lippu maksaa?" "Lippu maksaa kaksitoista euroa." "Kuka kirjoitti Kalevalan?"
    tongue el "Το μουσείο ανοίγει στις δέκα. Το εισιτήριο κοστίζει δώδεκα ευρώ. Το πάρκινγκ βρίσκεται πίσω από τον σταθμό." \
        "Πόσο κοστίζει το εισιτήριο;" "Το εισιτήριο κοστίζει δώδεκα ευρώ." "Πού είναι το πάρκινγκ;" "Το πάρκινγκ βρίσκεται" "Ποιος έγραψε την Οδύσσεια;"
    tongue ru "Музей открывается в десять. Билет стоит двенадцать евро. Столовая закрыта по понедельникам." \
        "Сколько стоит билет?" "Билет стоит двенадцать евро." "Когда столовая закрыта?" "Столовая закрыта по понедельникам." "Кто написал роман о капитане Немо?"
    tongue uk "Музей відчиняється о десятій. Квиток коштує дванадцять гривень. Стоянка розташована за вокзалом." \
        "Скільки коштує квиток?" "Квиток коштує дванадцять гривень." "Де розташована стоянка?" "Стоянка розташована за вокзалом." "Хто написав Кобзаря?"
    tongue ar "يفتح المتحف في العاشرة. سعر التذكرة اثنا عشر يورو. يقع الموقف خلف المحطة." \
        "كم سعر التذكرة؟" "سعر التذكرة اثنا عشر يورو." "أين يقع الموقف؟" "يقع الموقف خلف المحطة." "من كتب ألف ليلة وليلة؟"
    tongue hi "संग्रहालय दस बजे खुलता है। टिकट का दाम बारह यूरो है। पार्किंग स्टेशन के पीछे है।" \
        "टिकट का दाम क्या है?" "टिकट का दाम बारह यूरो है।" "पार्किंग कहाँ है?" "पार्किंग स्टेशन के पीछे है।" "महाभारत किसने लिखा?"
    tongue th $'พิพิธภัณฑ์เปิดเวลาสิบโมง\n\nตั๋วราคาสิบสองยูโร\n\nที่จอดรถอยู่หลังสถานี' \
        "ตั๋วราคาเท่าไร" "ตั๋วราคาสิบสองยูโร" "ที่จอดรถอยู่ที่ไหน" "ที่จอดรถอยู่หลังสถานี" "ใครแต่งรามเกียรติ์"
    tongue ja "博物館は十時に開きます。入場券は十二ユーロです。食堂は月曜日に休みます。" \
        "入場券はいくらですか？" "入場券は十二ユーロです。" "食堂はいつ休みますか？" "食堂は月曜日に休みます。" "富士山の高さはどれくらいですか？"
    tongue ko "박물관은 열 시에 엽니다. 입장권은 십이 유로입니다. 식당은 월요일에 쉽니다." \
        "입장권은 얼마입니까?" "입장권은 십이 유로입니다." "식당은 언제 쉽니까?" "식당은 월요일에 쉽니다." "한글은 누가 만들었습니까?"
    tongue zh "博物馆十点开门。门票十二欧元。停车场在车站后面。" \
        "门票多少钱？" "门票十二欧元。" "停车场在哪里？" "停车场在车站后面。" "谁写了红楼梦？"
    tongue vi "Bảo tàng mở cửa lúc mười giờ. Giá vé là mười hai euro. Bãi đỗ xe nằm sau nhà ga." \
        "Giá vé là bao nhiêu?" "Giá vé là mười hai euro." "Ai viết Truyện Kiều?"
}

heading_answer() {
    room "headings of every form"
    page a.md <<'X'
# House rules

###### Guest wifi password

Ask the porter for today's card.

Laundry room
------------

Turn the yellow dial to start.

## What should I bring? ##

- A towel
- A padlock

## Printer

### Paper jam

Open flap B and pull gently.

### Toner

Call extension 4711.
X
    ask docs "What is the guest wifi password?" && begins "Ask the porter for today's card."
    ask docs "How does the laundry room work?" && begins "Turn the yellow dial to start."
    ask docs "What should I bring?" && says "A towel" && says "A padlock"
    never "What should I bring"
    ask docs "What do I do about a paper jam?" && begins "Open flap B and pull gently."
    ask docs "Toner" && begins "Call extension 4711."
    ask docs "Who discovered penicillin?" && refused

    room "headings in other languages"
    line de.md $'# Häufige Fragen\n\n## Wie kündige ich mein Abo?\n\nSchreiben Sie eine Postkarte an das Büro.'
    line fr.md $'# Questions\n\n## Comment résilier mon contrat ?\n\nEnvoyez une carte postale au bureau.'
    line ja.md $'# よくある質問\n\n## 鍵をなくしたらどうしますか？\n\n管理人に電話してください。'
    ask docs "Wie kündige ich mein Abo?" && begins "Schreiben Sie eine Postkarte an das Büro."
    ask docs "Comment résilier mon contrat ?" && begins "Envoyez une carte postale au bureau."
    ask docs "鍵をなくしたらどうしますか？" && begins "管理人に電話してください。"

    room "definitions"
    line a.md $'# Glossary\n\nThe escrow team sits on floor two.\n\n## Escrow\n\nMoney that a third party holds until both sides have done their part.\n\n## Lien\n\nA right to keep a thing until a debt is paid.'
    line b.md $'# Notes\n\nWe talked about quorum for an hour. A quorum is the least number of members who must be present. The quorum was met in May.'
    ask docs "What is escrow?" && begins "Money that a third party holds"
    ask docs "What is a lien?" && begins "A right to keep a thing"
    ask docs "What is a quorum?" && begins "A quorum is the least number of members"
    ask docs "What does quorum mean?" && begins "A quorum is the least number of members"
}

bold_question() {
    room "questions in the text"
    page a.md <<'X'
# Camp

__Can I bring my dog?__

Dogs sleep in the stable.

*Where do I wash my clothes?*
There is a basin behind the hut.

**Can I pay by card?** Yes, at every till.

Question: When is breakfast served?
Answer: From seven to nine.

1. Where do I park?

   On the meadow beside the brook.

<details>
<summary>Who has the first aid kit?</summary>

The warden carries it in the green bag.

</details>

> Is there a lake?
>
> Yes, half a mile to the north.
X
    ask docs "Can I bring my dog?" && begins "Dogs sleep in the stable."
    never "Can I bring"
    ask docs "Where do I wash my clothes?" && begins "There is a basin behind the hut."
    ask docs "Can I pay by card?" && says "Yes, at every till."
    ask docs "When is breakfast served?" && says "From seven to nine."
    ask docs "Where do I park?" && begins "On the meadow beside the brook."
    ask docs "Who has the first aid kit?" && begins "The warden carries it in the green bag."
    never "<"
    ask docs "Is there a lake?" && begins "Yes, half a mile to the north."

    room "questions of other languages in the text"
    line a.md $'# Hilfe\n\n**Wo finde ich meine Rechnungen?**\nSie liegen im Kundenkonto.\n\nF: Wie erreiche ich den Notdienst?\nA: Wählen Sie die 4711.'
    line b.md $'# 帮助\n\n**发票在哪里？**\n在账户菜单里。'
    ask docs "Wo finde ich meine Rechnungen?" && begins "Sie liegen im Kundenkonto."
    ask docs "Wie erreiche ich den Notdienst?" && says "Wählen Sie die 4711."
    ask docs "发票在哪里？" && begins "在账户菜单里。"
}

table_behind_a_paragraph_line() {
    room "tables of every form"
    page a.md <<'X'
# Office

Name | Extension
:--- | ---:
Anna Berg | 4711
Kurt Weiss | 4712

> | Room | Floor |
> |------|:-----:|
> | Archive | 3 |
> | Kitchen | 1 |

1. Keys of the building:

   | Key | Opens |
   |-----|-------|
   | brass | cellar door |
   | steel | roof hatch |

## Speeds
| Vehicle | Top speed |
| --- | --- |
| forklift | 12 km/h |
| `tug` | 6 km/h |

The arrow keys left | right turn the page.
X
    ask docs "What is the extension of Kurt Weiss?" && begins "Kurt Weiss" && begins "4712"
    judge "no other row comes with it first" lacks "$first" "4711"
    never "|"
    ask docs "On which floor is the archive?" && begins "Room: Archive" && begins "Floor: 3"
    never ">"
    ask docs "What does the steel key open?" && begins "steel" && begins "roof hatch"
    ask docs "What is the top speed of the forklift?" && begins "Vehicle: forklift" && begins "Top speed: 12 km/h"
    ask docs "Which keys turn the page?" && begins "The arrow keys left | right turn the page."

    room "tables in other languages"
    line de.md $'# Markt\n\nDie Preise:\n| Ware | Preis |\n|------|-------|\n| Käse | 4 Euro |\n| Honig | 7 Euro |'
    line es.md $'# Tienda\n\n| Producto | Precio |\n|---|---|\n| miel | siete euros |\n| queso | cuatro euros |'
    ask docs "Was kostet der Käse?" && begins "Käse" && begins "4 Euro"
    ask docs "¿Cuál es el precio de la miel?" && begins "miel" && begins "siete euros"

    room "an escaped pipe"
    line a.md $'# Shell\n\n| Operator | Meaning |\n|---|---|\n| a \\| b | either of both |\n| a b | one behind the other |'
    ask docs "Which operator means either of both?" && begins "either of both" && begins "a | b"
}

fence_behind_list_marker() {
    local marker
    for marker in '* ```' '+ ~~~~' '1) ```sh' '- - ```' '> - ```' '10. ~~~'; do
        room "a fence behind $marker"
        local fence=${marker##*[ ]} bar='' pad
        fence=${fence%sh}
        case $marker in '>'*) bar='> ' ;; esac
        pad=${marker#"$bar"} pad=${pad%%[\`~]*} pad=${pad//?/ }
        page a.md <<X
# Install

$marker
$bar$pad# no heading here
$bar$pad$fence

# Restore

The green lever restores the power.
X
        cut_up docs/a.md --by markdown --size 12
        in_section "green lever" '["Restore"]'
    done
    room "a fence in an item, then a heading"
    page a.md <<'X'
# Start

-   ~~~python
    # a remark
    print("boiler")
    ~~~

    The boiler needs ten minutes.

## Stop

Close the boiler valve.
X
    cut_up docs/a.md --by markdown --size 10
    in_section "Close the boiler valve" '["Start","Stop"]'
    ask docs "How long does the boiler need?" && begins "The boiler needs ten minutes."
    ask docs "print boiler" && never "print("
}

structure_cut_by_a_chunk() {
    local i
    room "a long fence in a list item"
    { printf '# Pump\n\n- Run this:\n\n  ~~~c\n' && for i in {1..90}; do echo "  step$i = turn($i, screw, bolt, nut);"; done && printf '  ~~~\n\n- The spare pump stands in the barn.\n\nThe pump was built in Turin.\n'; } | page a.md
    ask docs "Where does the spare pump stand?" && begins "The spare pump stands in the barn."
    ask docs "Where was the pump built?" && begins "The pump was built in Turin."
    ask docs "step70" && never "turn("

    room "a long script"
    { printf '# Page\n\n<script>\n' && for i in {1..120}; do echo "var beacon$i = blink($i, 'the beacon blinks');"; done && printf '</script>\n\nThe beacon was lit in 1901.\n'; } | page a.md
    ask docs "When was the beacon lit?" && begins "The beacon was lit in 1901."
    ask docs "beacon80" && never "blink("

    room "a long comment with empty lines"
    { printf '# Vault\n\nThe vault opens at noon.\n\n<!-- draft\n' && for i in {1..140}; do printf 'remark %s on the vault and its guards\n\n' "$i"; done && printf 'the vault code is 9137\n-->\n\nThe vault has two guards.\n'; } | page a.md
    ask docs "What is the vault code?" && never "9137"
    ask docs "How many guards does the vault have?" && begins "The vault has two guards."

    room "a long table in a quotation"
    { printf '# Towns\n\n> | Town | Inhabitants |\n> |---|---|\n' && for i in {1..180}; do echo "> | Town$i | $((i * 37)) souls |"; done && printf '\nThe census was taken in spring.\n'; } | page a.md
    ask docs "How many inhabitants has Town150?" && begins "Town: Town150" && begins "Inhabitants: 5550 souls"
    judge "only its row is quoted first" lacks "$first" "Town149"
    ask docs "When was the census taken?" && begins "The census was taken in spring."

    room "a long indented block"
    { printf '# Log\n\nThe log begins here.\n\n' && for i in {1..120}; do echo "    entry$i: relay $i tripped"; done && printf '\nThe relay was replaced on Monday.\n'; } | page a.md
    ask docs "When was the relay replaced?" && begins "The relay was replaced on Monday."
    ask docs "entry90" && never "tripped"
}

nested_code_and_tables_quoted() {
    room "what stands inside items and quotations"
    page a.md <<'X'
# Care

1) Prepare:

   ~~~
   scrub --filter all
   ~~~

2) Unscrew the filter cap by hand.

- [x] Clean the filter every week.
- [ ] Oil the hinge every month.

* * The nested valve is made of brass.

> The valve must stay open
while the pump runs.

> > The inner seal is soft
> > because it was boiled.

- > ```
  > wipe --seal now
  > ```
X
    ask docs --threshold 0 "Unscrew the filter cap" && begins "Unscrew the filter cap by hand." && judge "without its number" lacks "$first" "2)"
    ask docs --threshold 0 "scrub filter" && never "--filter all"
    ask docs "How often do I clean the filter?" && begins "Clean the filter every week." && judge "without its box" lacks "$answer" "[x]"
    ask docs "How often is the hinge oiled?" && begins "Oil the hinge every month." && judge "without its box" lacks "$answer" "[ ]"
    ask docs "What is the nested valve made of?" && begins "The nested valve is made of brass." && never "*"
    ask docs "How long must the valve stay open?" && begins "The valve must stay open while the pump runs."
    ask docs "Why is the inner seal soft?" && begins "The inner seal is soft because it was boiled." && never ">"
    ask docs --threshold 0 "wipe seal" && never "--seal now"
}

raw_html_quoted() {
    room "HTML of every kind"
    page a.md <<'X'
# Ferry

<a id="timetable"></a>

The ferry <!-- check! --> leaves at noon.

<div class="note">The pier opens at six.</div>

Press <kbd>Ctrl</kbd>+<kbd>C</kbd> to copy the ticket.

<textarea>
ferry ticket draft, do not quote
</textarea>

<svg><title>ferry chart of the bay</title></svg>

<?php echo "ferry greeting"; ?>

<img src="boat.png" alt="photo of the ferry captain">

![the ferry engine in winter](engine.jpg)

[The ferry brochure](https://example.org/ferry-brochure.pdf)

The fares are in [the price list](https://example.org/prices) near the **ticket window**.

<template><p>ferry template text</p></template>
X
    ask docs "When does the ferry leave?" && begins "The ferry leaves at noon."
    never "check!"
    ask docs "When does the pier open?" && begins "The pier opens at six."
    never "<div" && never "</div>"
    ask docs "How do I copy the ticket?" && begins "Press Ctrl+C to copy the ticket."
    ask docs "ferry ticket draft" && never "do not quote"
    ask docs "ferry greeting" && never "echo"
    ask docs "ferry captain photo" && never "alt=" && never "<img"
    ask docs "ferry engine in winter" && never "engine.jpg" && never "!["
    ask docs "ferry brochure" && never "https://" && never "]("
    ask docs "Where are the fares?" && begins "The fares are in the price list near the ticket window."
    ask docs "timetable" && never "<a id"
}

rule_read_as_front_matter() {
    room "rules at the head"
    line a.md $'---\nWarning: do not enter the kiln.\nThe kiln key is with Bo.\n---\n\nThe kiln was built in May.'
    line b.md $'---\n\nThe well is nine metres deep.\n'
    line c.md $'---\nThe mast was cut in Norway\n---\n\nThe mast is tall.'
    line d.md $'+++\n\nThe anvil came by ship.\n\n+++\n\nThe forge is cold.'
    line e.md $'---\ntitle: A real one # with a remark\n\n# remark\nauthor: Iris\n---\n\nThe orchard has ten trees.'
    ask docs "Who has the kiln key?" && begins "The kiln key is with Bo."
    ask docs "How deep is the well?" && begins "The well is nine metres deep."
    # Known miss, expected when this was written: "Where was the mast cut?". "The mast was cut in Norway" above a line of dashes is a heading in Markdown, and a heading is no answer.
    ask docs "How did the anvil come?" && begins "The anvil came by ship."
    ask docs --threshold 0 "author Iris" && never "author:"
    ask docs --filter "author == Iris" "How many trees has the orchard?" && begins "The orchard has ten trees."
}

front_matter_values() {
    room "front matter in many hands"
    line a.md $'---\n"tags": [draft]\n---\nThe lynx of a.'
    line b.md $'---\ndescription: |\n  A long text: with a colon\n  and more.\ntags:\n- draft\n- old\n---\nThe lynx of b.'
    line c.md $'---\ntags: ["one, two", \'draft\']\n---\nThe lynx of c.'
    printf -- '---\r\ntags:\r\n  - draft\r\n---\r\nThe lynx of d.\r\n' | page d.md
    line e.md $'+++\ntitle = \'Literal\'\ndate = 2024-05-01\ntags = ["draft", # why\n  "x"]\n+++\nThe lynx of e.'
    line f.md $'---\ntitle: T\nog:type: article\ntags: [draft] # not yet\n---\nThe lynx of f.'
    line g.md $'---\ntags: [final]\n---\nThe lynx of g.'
    printf '\xEF\xBB\xBF---\ntags: [draft]\n---\nThe lynx of h.\n' | page h.md
    ask docs --k 30 --filter "tags contains draft" lynx
    judge "the filter keeps the seven drafts" [ "$(docs_of_sources)" = 7 ]
    ask docs --k 30 --filter "!(tags contains draft)" lynx
    judge "and its opposite the other one" [ "$(docs_of_sources)" = 1 ]
    ask docs --filter "title == Literal" lynx && begins "The lynx of e."
    ask docs --filter 'tags contains "one, two"' lynx && begins "The lynx of c."
    ask docs --threshold 0 "A long text with a colon" && never "with a colon"

    room "front matter that nobody can read"
    line a.md $'---\ntitle: Fine\ntags: [draft, unclosed\n---\nThe stoat hides under the porch.'
    line b.md "The porch is wide."
    ask docs "Where does the stoat hide?" && begins "The stoat hides under the porch." && warned "a.md"
}

single_character_words() {
    room "numbers and letters that tell apart"
    line a.md $'# Plant\n\nThe kitchen is on the 2nd floor.\n\nThe library is on the 5th floor.\n\nThe archive is on the 7th floor.'
    line b.md $'# Lasers\n\nClass 1 lasers need no goggles.\n\nClass 3 lasers need yellow goggles.\n\nClass 4 lasers need red goggles.'
    line c.md $'# Diet\n\nVitamin B6 is found in bananas.\n\nVitamin B12 is found in clams.\n\nVitamin E is found in almonds.'
    line d.md $'# Software\n\nC++17 builds run on the old farm.\n\nC++20 builds run on the new farm.\n\nF# builds run on the laptop.\n\nNode.js builds run in the cellar.\n\n.NET builds run in the attic.'
    line e.md $'# Papers\n\nRFC 2119 defines the word must.\n\nRFC 2616 defines the old protocol.\n\nAppendix A lists the maps.\n\nAppendix B lists the coins.\n\nStep 3 is to boil the water.\n\nStep 4 is to add the salt.'
    ask docs --threshold 0 "What is on the 5th floor?" && begins "The library is on the 5th floor."
    ask docs --threshold 0 "Which goggles do class 4 lasers need?" && begins "Class 4 lasers need red goggles."
    ask docs --threshold 0 "Where is vitamin B12 found?" && begins "Vitamin B12 is found in clams."
    ask docs --threshold 0 "vitamin E" && begins "Vitamin E is found in almonds."
    ask docs --threshold 0 "Where do C++20 builds run?" && begins "C++20 builds run on the new farm."
    ask docs --threshold 0 "Where do F# builds run?" && begins "F# builds run on the laptop."
    ask docs --threshold 0 "Where do Node.js builds run?" && begins "Node.js builds run in the cellar."
    ask docs --threshold 0 "Where do .NET builds run?" && begins ".NET builds run in the attic."
    ask docs --threshold 0 "What does RFC 2119 define?" && begins "RFC 2119 defines the word must."
    ask docs --threshold 0 "What does appendix B list?" && begins "Appendix B lists the coins."
    ask docs --threshold 0 "What is step 4?" && begins "Step 4 is to add the salt."

    room "numbers that tell apart in other languages"
    line a.md $'# Hausordnung\n\n§ 2 regelt die Miete.\n\n§ 5 regelt die Heizung.\n\n§ 9 regelt die Haustiere.\n\nStufe 1 ist grün.\n\nStufe 3 ist rot.'
    line b.md $'# 规则\n\n第1条讲租金。\n\n第5条讲暖气。\n\n第9条讲宠物。'
    ask docs --threshold 0 "Was regelt § 5?" && begins "§ 5 regelt die Heizung."
    ask docs --threshold 0 "Welche Farbe hat Stufe 3?" && begins "Stufe 3 ist rot."
    ask docs --threshold 0 "第9条" && begins "第9条讲宠物。"
}

acronyms_that_are_stop_words() {
    room "names in capitals"
    line a.md $'# Offices\n\nThe UK office is in Leeds.\n\nThe US office is in Boston.\n\nThe EU office is in Ghent.'
    line b.md $'# Desks\n\nThe HR desk answers at once.\n\nThe IS desk answers by post.\n\nThe QA desk answers by night.'
    line c.md $'# Gases\n\nCO is poisonous.\n\nNO is colourless.\n\nHe is a friend of ours.'
    line d.md $'# Gates\n\nThe XOR gate compares two inputs.\n\nThe AND gate wants both inputs.\n\nThe NOT gate wants one input.'
    ask docs --threshold 0 "Where is the US office?" && begins "The US office is in Boston."
    ask docs --threshold 0 "How does the IS desk answer?" && begins "The IS desk answers by post."
    ask docs --threshold 0 "NO" && begins "NO is colourless."
    ask docs --threshold 0 "What does the AND gate want?" && begins "The AND gate wants both inputs."
    ask docs --threshold 0 "What does the NOT gate want?" && begins "The NOT gate wants one input."

    room "a text that is all capitals"
    line a.md "THE BOAT IS TIED TO THE PIER. IT IS NOT FOR HIRE. THE OARS ARE IN THE SHED."
    ask docs "WHERE ARE THE OARS?" && begins "THE OARS ARE IN THE SHED."
    ask docs "Where are the oars?" && begins "THE OARS ARE IN THE SHED."
}

version_prefix() {
    room "versions"
    line a.md $'# Changes\n\nV4.7.2 mends the clock.\n\nV4.7.1 mends the lamp.\n\nv12.0 brings the radio.\n\nVersion 6.1 drops the bell.\n\nr4.2 is a branch.'
    ask docs --threshold 0 "4.7.2" && begins "V4.7.2 mends the clock."
    ask docs --threshold 0 "What is new in 12.0?" && begins "v12.0 brings the radio."
    ask docs --threshold 0 "v6.1" && begins "Version 6.1 drops the bell."
    ask docs --threshold 0 "What does version 4.7.1 mend?" && begins "V4.7.1 mends the lamp."
}

numbers_with_units() {
    room "numbers and their units"
    line a.md $'# Hike\n\nThe first path is 10km long.\n\nThe second path is 21 km long.\n\nThe lamp needs 12 V.\n\nThe motor needs 24V.\n\nThe bag holds 5kg of flour.\n\nThe shop closes at 6 pm.\n\nThe bank closes at 4pm.\n\nThe wall is 30cm thick.'
    ask docs --threshold 0 "21km" && begins "The second path is 21 km long."
    ask docs --threshold 0 "Which path is 10 km long?" && begins "The first path is 10km long."
    ask docs --threshold 0 "12V" && begins "The lamp needs 12 V."
    ask docs --threshold 0 "24 V" && begins "The motor needs 24V."
    ask docs --threshold 0 "5 kg flour" && begins "The bag holds 5kg of flour."
    ask docs --threshold 0 "What closes at 6pm?" && begins "The shop closes at 6 pm."
    ask docs --threshold 0 "30 cm" && begins "The wall is 30cm thick."
    line b.md $'Der Tank fasst 80l Wasser.\n\nDer Eimer fasst 9l Wasser.'
    ask docs --threshold 0 "80 l" && begins "Der Tank fasst 80l Wasser."
}

identifiers_and_hyphens() {
    room "compounds"
    line a.md $'# Code\n\nCall openValve before the pump starts.\n\nThe class XMLHttpRequest is old.\n\nThe constant MAX_RETRY_COUNT is five.\n\nThe flag --dry-run prints only.\n\nThe option `user-agent` is free text.'
    line b.md $'# Shop\n\nE-commerce began in 1995.\n\nThe T-shirt costs nine euros.\n\nThe co-operative owns the mill.\n\nThe COVID-19 desk is closed.\n\nThe girls\' club meets in O’Hara’s barn.'
    ask docs --threshold 0 "open valve" && begins "Call openValve before the pump starts."
    ask docs --threshold 0 "openValve" && begins "Call openValve before the pump starts."
    ask docs --threshold 0 "open_valve" && begins "Call openValve before the pump starts."
    ask docs --threshold 0 "xml http request" && begins "The class XMLHttpRequest is old."
    ask docs --threshold 0 "maxRetryCount" && begins "The constant MAX_RETRY_COUNT is five."
    ask docs --threshold 0 "dry run" && begins "The flag --dry-run prints only."
    ask docs --threshold 0 "useragent" && begins "The option user-agent is free text."
    ask docs --threshold 0 "ecommerce" && begins "E-commerce began in 1995."
    ask docs --threshold 0 "tshirt" && begins "The T-shirt costs nine euros."
    ask docs --threshold 0 "cooperative" && begins "The co-operative owns the mill."
    ask docs --threshold 0 "O'Hara" && begins "The girls' club meets in O"

    room "one slip of the keys"
    line a.md $'# Hotel\n\nYour password is on the key card.\n\nThe accommodation tax is two euros.\n\nThe car is in the garage.'
    ask docs "Where is my pasword?" && begins "Your password is on the key card."
    ask docs "How much is the acommodation tax?" && begins "The accommodation tax is two euros."
    ask docs "Where is the garrage?" && answered
    ask docs "Where is the cat?" && refused
}

german_dates() {
    room "points that end no sentence"
    line en.md $'# A\n\nThe novel of J. R. R. Tolkien lies on the desk.\n\nThe U.S. Navy owns the old pier.\n\nThe hall seats approx. 30 guests in winter.\n\nSee Fig. 3 for the wiring of the crane.\n\nThe ferry to St. Petersburg sails on Friday.\n\nMs. Brown and Mr. Green share the studio.\n\nThe kiosk sells drinks, e.g. Lemonade, all day.'
    line de.md $'# B\n\nDas Lager schließt am 24. Dezember 2024 um zwei Uhr.\n\nDie Werkstatt liegt in der Hauptstr. 12 neben der Post.\n\nWir feiern z. B. Ostern im Garten.\n\nProf. Dr. Kern leitet das Labor.\n\nDie Brücke kostet ca. 3 Mrd. Euro insgesamt.'
    line fr.md $'# C\n\nM. Dupont dirige la bibliothèque du port.\n\nLe tarif réduit (p. ex. Étudiants) est de quatre euros.'
    line es.md $'# D\n\nEl Sr. Gómez dirige la oficina del puerto.\n\nLa Dra. Ruiz opera los martes.'
    line nl.md $'# E\n\nDhr. Jansen beheert de molen bij de dijk.'
    line pl.md $'# F\n\nSklep mieści się przy ul. Długiej 5 w centrum.'
    line ru.md $'# G\n\nЗавод им. Кирова стоит у реки.\n\nСклад находится на ул. Ленина рядом с парком.'
    line da.md $'# H\n\nMødet holdes den 3. Maj 2024 i salen.'
    ask docs --threshold 0 "novel on the desk" && begins "The novel of J. R. R. Tolkien lies on the desk."
    ask docs --threshold 0 "Who owns the old pier?" && begins "The U.S. Navy owns the old pier."
    ask docs --threshold 0 "How many guests does the hall seat?" && begins "The hall seats approx. 30 guests in winter."
    ask docs --threshold 0 "wiring of the crane" && begins "See Fig. 3 for the wiring of the crane."
    ask docs --threshold 0 "When does the ferry sail?" && begins "The ferry to St. Petersburg sails on Friday."
    ask docs --threshold 0 "Who share the studio?" && begins "Ms. Brown and Mr. Green share the studio."
    ask docs --threshold 0 "What does the kiosk sell?" && begins "The kiosk sells drinks, e.g. Lemonade, all day."
    ask docs --threshold 0 "Wann schließt das Lager?" && begins "Das Lager schließt am 24. Dezember 2024 um zwei Uhr."
    ask docs --threshold 0 "Wo liegt die Werkstatt?" && begins "Die Werkstatt liegt in der Hauptstr. 12 neben der Post."
    ask docs --threshold 0 "Was feiern wir im Garten?" && begins "Wir feiern z. B. Ostern im Garten."
    ask docs --threshold 0 "Wer leitet das Labor?" && begins "Prof. Dr. Kern leitet das Labor."
    ask docs --threshold 0 "Was kostet die Brücke?" && begins "Die Brücke kostet ca. 3 Mrd. Euro insgesamt."
    ask docs --threshold 0 "Qui dirige la bibliothèque ?" && begins "M. Dupont dirige la bibliothèque du port."
    ask docs --threshold 0 "tarif réduit" && begins "Le tarif réduit (p. ex. Étudiants) est de quatre euros."
    ask docs --threshold 0 "¿Quién dirige la oficina?" && begins "El Sr. Gómez dirige la oficina del puerto."
    ask docs --threshold 0 "¿Quién opera los martes?" && begins "La Dra. Ruiz opera los martes."
    ask docs --threshold 0 "Wie beheert de molen?" && begins "Dhr. Jansen beheert de molen bij de dijk."
    ask docs --threshold 0 "Gdzie mieści się sklep?" && begins "Sklep mieści się przy ul. Długiej 5 w centrum."
    ask docs --threshold 0 "Где стоит завод?" && begins "Завод им. Кирова стоит у реки."
    ask docs --threshold 0 "Где находится склад?" && begins "Склад находится на ул. Ленина рядом с парком."
    ask docs --threshold 0 "Hvornår holdes mødet?" && begins "Mødet holdes den 3. Maj 2024 i salen."

    room "points that do"
    line a.md "The class starts at 5. The gym is open until nine. The code is 12. The lockers are free."
    ask docs --threshold 0 "Until when is the gym open?" && begins "The gym is open until nine."
    judge "and not the sentence before it" lacks "$first" "class"
    ask docs --threshold 0 "Are the lockers free?" && judge "a number and a capital part two sentences" lacks "$first" "code"
    line b.md 'The macro `print!` writes a line. Use `sql!` or `ok?` with care in loops.'
    ask docs --threshold 0 "Which macros need care in loops?" && begins "Use sql! or ok? with care in loops."
}

utf16_is_silently_left_out() {
    room "encodings"
    printf 'The heron nests in the bell tower.\n' | iconv -f UTF-8 -t UTF-16BE >be.txt
    mkdir -p docs && { printf '\xFE\xFF' && cat be.txt; } >docs/be.md
    { printf '\xFF\xFE' && printf '# Möwen\r\n\r\nDie Möwe wohnt im Kran.\r\n' | iconv -f UTF-8 -t UTF-16LE; } >docs/le.txt
    printf '\xEF\xBB\xBF# Owls\n\nThe owl sleeps in the loft.\n' >docs/bom.md
    ask docs "Where does the heron nest?" && begins "The heron nests in the bell tower." && ended 0
    ask docs "Wo wohnt die Möwe?" && begins "Die Möwe wohnt im Kran."
    cut_up docs/bom.md --by markdown
    in_section "The owl sleeps" '["Owls"]'
    room "an encoding without a mark"
    mkdir -p docs && printf 'Caf\xe9 cr\xe8me co\xfbte trois \xe9cus \xe0 No\xebl.\n' >docs/l1.md && line ok.md "The bench is green."
    ask docs --quiet "Which colour is the bench?" && begins "The bench is green." && ended 3
    ask docs "Which colour is the bench?" && warned l1.md
    room "pictures"
    line ok.md "The bench is green."
    local i
    for i in 1 2 3 4 5; do printf '\x89PNG\r\n\x1a\n\0\0\0\0IHDR%s\0\0' "$i" >"docs/p$i.png"; done
    ask docs "Which colour is the bench?" && begins "The bench is green." && ended 0
    judge "five pictures are one line of notes" at_most "$(grep -c . "$scratch/stderr")" 1
}

filter_silent() {
    room "filters"
    line a.md $'---\nlang: en\nyear: 2021\n---\nThe otter swims.'
    line b.md $'---\nlang: de\nyear: 2019\n---\nDer Otter schwimmt.'
    ask docs --filter "lang == en && yeer >= 2020" otter && warned yeer && ended 3
    ask docs --filter "!(langue == en)" otter && warned langue && ended 3
    ask docs --filter "tags contains draft" otter && warned tags && ended 3
    ask docs --filter "lang == fr" otter && refused && ended 0
    ask docs --filter "lang == en" otter && begins "The otter swims." && ended 0
}

folder_emptied() {
    room "a folder that lost its documents"
    line a.md "The barge is red."
    line b.md "The tug is blue."
    ask docs --index idx "Which colour is the barge?" && begins "The barge is red."
    mkdir away && mv docs/*.md away
    printf '\x89PNG\r\n\x1a\n\0\0' >docs/left.png
    ask --index idx "Which colour is the barge?" && begins "The barge is red." && ended 3
    mkdir -p docs/.trash && mv docs/left.png docs/.trash
    ask --index idx "Which colour is the tug?" && begins "The tug is blue." && ended 3
    mv away/b.md docs
    ask --index idx "Which colour is the tug?" && begins "The tug is blue." && ended 0
    if [ "$(id -u)" != 0 ]; then # nothing is unreadable to root
        mkdir docs/closed && echo "The raft is green." >docs/closed/r.md && chmod 000 docs/closed
        ask docs "Which colour is the tug?" && ended 3 && warned closed
        chmod 700 docs/closed
    fi
}

bom_in_qrels() {
    room "marks in other files"
    local said_by
    printf '\xEF\xBB\xBFquery-id\tcorpus-id\tscore\r\nq1\ta\t1\r\nq2\tb\t1\r\n' >qrels.tsv
    printf '\xEF\xBB\xBFq1 Q0 a 1 2 r\r\nq2 Q0 x 1 2 r\r\nq2 Q0 b 2 1 r\r\n' >run
    asked=evaluate said_by=$("$tools/evaluate" ranking --qrels qrels.tsv --run run --metrics num_q,recip_rank 2>"$scratch/stderr") status=$?
    answer=${said_by//$'\t'/ }
    judge "both questions of a BEIR file count" holds "$answer" "num_q all 2"
    judge "and both are found" holds "$answer" "recip_rank all 0.7500"
    line a.md "The crane lifts nine tons."
    asked='a question behind a mark' answer=$(printf '\xEF\xBB\xBFHow many tons does the crane lift?\n' | "$tools/ask" docs 2>/dev/null)
    judge "a question on stdin loses its mark" holds "$answer" "The crane lifts nine tons."
    answer=$(printf '\xEF\xBB\xBF{"id":"one","question":"How many tons does the crane lift?"}\n' | "$tools/ask" docs --json - 2>/dev/null)
    judge "a record on stdin too" holds "$answer" "The crane lifts nine tons."
    judge "and its id comes back" holds "$answer" '"id":"one"'
    printf '\xEF\xBB\xBF{"id":"d1","text":"The crane lifts nine tons."}\n' >c.jsonl
    answer=$("$tools/chunk" --jsonl c.jsonl --json 2>/dev/null)
    judge "a JSON Lines file of documents too" holds "$answer" '"doc":"d1"'
}

base64_image() {
    local name long
    long=$(head -c 60000 /dev/zero | tr '\0' 'k')
    for name in word image style link hex; do
        room "a long word: $name"
        case $name in
        word) line a.md $'The kiln stands behind the barn.\n\n'"$long"$'\n\nThe kiln was lit in May.' ;;
        image) line a.md $'The kiln stands behind the barn.\n\n<img src="data:image/png;base64,'"$long"$'" alt="kiln">\n\nThe kiln was lit in May.' ;;
        style) line a.md $'The kiln stands behind the barn.\n\n![k](data:image/svg+xml;utf8,'"$long"$') The kiln is hot.\n\nThe kiln was lit in May.' ;;
        link) line a.md $'The kiln stands behind the barn, see [the plan](https://example.org/'"$long"$').\n\nThe kiln was lit in May.' ;;
        hex) line a.md $'The kiln stands behind the barn.\n\n0x'"${long//k/f}"$'\n\nThe kiln was lit in May.' ;;
        esac
        ask docs "When was the kiln lit?" && begins "The kiln was lit in May."
        judge "the answer is short" at_most "$("$tools/ask" docs "Where does the kiln stand?" 2>/dev/null | wc -c)" 2000
        judge "the prompt is no longer than its budget" at_most "$("$tools/ask" docs --show-prompt "Where does the kiln stand?" 2>/dev/null | wc -c)" 40000
        cut_up docs/a.md --by markdown --size 64
        judge "no chunk is longer than a page" at_most "$(awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }' <<<"$chunks")" 8000
    done
}

# What else may not be quiet.
said_aloud() {
    room "what may not be quiet"
    line a.md "The crane lifts nine tons."
    ask docs --k 0 "How many tons does the crane lift?" && ended 2
    ask docs --budget 5 "How many tons does the crane lift?" && judge "a budget that holds no question is said to be so, and by how much" says_of_budget
    ask docs "Who painted the ceiling of the Sistine chapel?" && refused && judge "a refusal says its support" holds "$said" '"support"'
    mkdir -p docs && printf '%%PDF-1.4 nothing\n' >docs/x.pdf && printf '<html><body><p>The winch is old.</p></body></html>' >docs/y.html
    ask docs "How many tons does the crane lift?" && begins "The crane lifts nine tons." && warned pdf
    room "a name that turns the line round"
    mkdir -p docs && printf 'The buoy is yellow.\n' >$'docs/x\xe2\x80\xaemd.exe.md'
    asked=buoy answer=$("$tools/ask" docs "Which colour is the buoy?" 2>/dev/null)
    judge "no direction override is printed" lacks "$answer" $'\xe2\x80\xae'
    room "a hundred thousand keys"
    { echo '---' && awk 'BEGIN { for (i = 0; i < 100000; ++i) print "key" i ": " i }' && printf -- '---\n\nThe sluice is shut.\n'; } | page a.md
    local begun=$SECONDS
    ask docs "Is the sluice shut?" && begins "The sluice is shut."
    judge "they cost seconds, not minutes" at_most $((SECONDS - begun)) 10
}
says_of_budget() { grep -qiE 'budget.*[0-9]|[0-9].*budget' "$scratch/stderr" - <<<"$answer"; } # a pipe into grep -q may end as broken

all() {
    local kind
    ready_tools ask chunk evaluate || return 0
    rm -rf "${scratch:?}/rooms"
    for kind in small_folder_refusal refusal_other_languages heading_answer bold_question table_behind_a_paragraph_line \
        structure_cut_by_a_chunk nested_code_and_tables_quoted raw_html_quoted fence_behind_list_marker rule_read_as_front_matter \
        front_matter_values single_character_words acronyms_that_are_stop_words version_prefix numbers_with_units \
        identifiers_and_hyphens german_dates base64_image utf16_is_silently_left_out filter_silent folder_emptied bom_in_qrels \
        said_aloud; do
        if [[ $kind == *$pattern* ]]; then "$kind"; fi
    done
}
counted all
