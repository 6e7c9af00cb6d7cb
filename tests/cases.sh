#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/cases.sh [PATTERN]
#
# Runs the situations of $GRAFT_SHARED/cases through the tools: inputs on which `ask`, `chunk` and `evaluate` were wrong, with
# the commands of each expect.md, and what it says under Expected as assertions, a line each. Skipped where the folder is absent.
# Where a case is arguable, the outcome that it names is asserted. With PATTERN only the cases whose name contains it.
# What other inputs of the same kinds should give is in tests/neighbours.sh.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
. "$(dirname "${BASH_SOURCE[0]}")/support/tools.sh"
case ${1:-} in -h | --help) usage && exit ;; esac
pattern=${1:-}

small_folder_refusal() {
    ask leave "How many days of paid leave do I have?" && says "Every employee has thirty days of paid leave a year."
    ask leave/leave.md "How many days of paid leave do I have?" && says "Every employee has thirty days of paid leave a year."
    ask "$root/examples/handbook" "How many days of paid leave do I have?" && begins "Every employee has thirty days of paid leave a year."
    ask "$root/examples/handbook" "How much paid leave do I get?" && says "Every employee has thirty days of paid leave a year."
    ask one "What colour is the lamp?" && begins "The lamp is green."
    ask one "Tell me about the lamp" && begins "The lamp is green."
    ask town "How much is the annual fee?" && begins "The annual fee is eighty euros."
    ask town --threshold 0 "How much is the annual fee?" && begins "The annual fee is eighty euros."
}

refusal_other_languages() {
    ask de "Wo ist der Parkplatz?" && begins "Der Parkplatz liegt hinter dem Rathaus."
    ask de "Wie hoch ist die Jahresgebühr?" && begins "Die Jahresgebühr beträgt achtzig Euro."
    ask fr "Où est le parking ?" && begins "Le parking se trouve derrière la mairie."
    ask es "¿Dónde está el aparcamiento?" && begins "El aparcamiento está detrás del ayuntamiento."
    ask ru "Где парковка?" && begins "Парковка находится за ратушей."
    ask ja "駐車場はどこですか？" && begins "駐車場は市役所の裏にあります。"
    ask ja "図書館は何時に開きますか？" && begins "図書館は九時に開きます。"
    ask ko "주차장은 어디에 있습니까?" && begins "주차장은 시청 뒤에 있습니다."
    ask de120 "Wie hoch ist die Jahresgebühr?" && begins "Die Jahresgebühr beträgt achtzig Euro."
    ask de120 "Wann macht die Bibliothek auf?" && begins "Die Bibliothek öffnet um neun Uhr."
    ask de120 --threshold 0 "Wie hoch ist die Jahresgebühr?" && begins "Die Jahresgebühr beträgt achtzig Euro."
}

heading_answer() {
    ask docs "How do I reset my password?" && begins "Click the link below the sign-in form and follow the mail."
    ask docs "How do I cancel my subscription?" && begins "Open the billing page and press the red button."
    ask docs "Where are my invoices?" && begins "They are listed under the account menu."
    ask docs "How does parking work?" && begins "Badge holders use the north gate."
    ask docs "What does error E4711 mean?" && begins "Pull the plug and wait a minute."
    ask docs "frobnicate" && begins "It gives the number of moved widgets."
}

bold_question() {
    ask docs "How do I reset my password?" && begins "Click the link below the sign-in form and follow the mail."
    never "How do I"
    ask docs "Where are my invoices?" && begins "They are listed under the account menu."
    never "Where are my invoices" && never "How do I"
}

table_behind_a_paragraph_line() {
    ask docs "What is the price of a kayak rental?" && begins "Item: Kayak rental" && begins "Price: 35 EUR"
    never "|"
    ask docs "What are the opening hours on Sunday?" && begins "Day: Sunday" && begins "Hours: closed"
    never "|"
}

fence_behind_list_marker() {
    cut_up docs/deploy.md --by markdown --size 20 --prefix path
    in_section "Then copy the tarball" '["Deploy"]'
    in_section "Roll back with the blue button" '["Rollback"]'
    in_section "Phone the duty officer" '["Rollback","Contacts"]'
    cut_up docs/ordered.md --by markdown --size 8 --prefix path
    in_section "beta text" '["B"]'
    in_section '# x' '["A"]'
    ask docs "Rollback" && begins "Roll back with the blue button in the console."
    never "#"
}

structure_cut_by_a_chunk() {
    ask fence --threshold 0 "Where is the backup tape kept?" && begins "The backup tape is kept in the blue safe on floor nine."
    ask fence "value77" && never "compute("
    ask comment "reactor password" && never "swordfish"
    ask comment "How long is the reactor tour?" && begins "The reactor tour takes one hour."
    ask table "Item150 part" && never "Item121 part"
    judge "a row of a long table answers with its header, or nothing does" table_row
    judge "an answer from a long table is short" at_most ${#answer} 1000
}
table_row() { is_refused || { holds "$answer" "Item150 part" && holds "$answer" "Price: 150 EUR"; }; }

nested_code_and_tables_quoted() {
    ask docs --threshold 0 "make install zebra" && begins "Then reboot the zebra host."
    never "make install prefix"
    ask docs --threshold 0 "zebra cache" && never "rm -rf"
    never '```'
    ask docs --threshold 0 "zebra main port" && never "|"
    ask docs --threshold 0 "Why must the housing never be overtightened?"
    begins "The housing must never be overtightened because the thread of the housing is plastic."
}

raw_html_quoted() {
    ask docs "What is the staging token?" && never "var statusToken"
    never "<script>"
    ask docs "Who runs the status page?" && begins "The network team runs the status page."
    never "<" && never "raw dump" && never "color: red"
    ask docs "How often is the status page rebuilt?" && begins "The status page is rebuilt every hour."
    never "<" && never "short remark"
}

rule_read_as_front_matter() {
    ask docs "Where is the key of the server room?" && says "the key of the server room lies in drawer seven."
    cut_up docs/minutes.md --by markdown
    judge "the text between two rules is cut into chunks" holds "$chunks" "drawer seven"
    judge "all of it" holds "$chunks" "Bring your badge."
    cut_up more/dialogue.md --by markdown
    judge "dialogue between rules is cut into chunks" holds "$chunks" "the vault is open"
    judge "with its heading" holds "$chunks" '"section":["Act one"]'
}

front_matter_values() {
    ask docs --k 30 --filter "tags contains draft" otters
    judge "the filter keeps all five" [ "$(docs_of_sources)" = 5 ]
    ask docs --k 30 --filter "!(tags contains draft)" otters && refused
    ask docs --k 30 --filter "tags contains internal" otters
    judge "the filter keeps the four that are internal" [ "$(docs_of_sources)" = 4 ]
}

single_character_words() {
    ask levels "What may level 5 staff enter?" && begins "Level 5 staff may enter the reactor."
    ask levels "What may level 4 staff enter?" && begins "Level 4 staff may enter the roof."
    ask vitamins "vitamin C" && begins "Vitamin C is found in citrus fruit"
    ask vitamins "Which foods have vitamin C?" && begins "Vitamin C is found in citrus fruit"
    ask langs "Where is the C# compiler installed?" && begins "The C# compiler is installed on the payroll machine."
    ask langs "Where is R installed?" && begins "The R interpreter is installed on the statistics node."
    ask langs "C++" && begins "The C++ compiler is installed on the render farm."
}

acronyms_that_are_stop_words() {
    ask docs --threshold 0 "Who leads the IT department?" && begins "The IT department is led by Ms Castor."
    ask docs --threshold 0 "What does the OR gate do?" && begins "The OR gate gives one if any input is one."
    ask docs --threshold 0 "WHO" && begins "The WHO advises against raw milk."
}

version_prefix() {
    ask docs --threshold 0 "What changed in version 2.3.1?" && begins "In v2.3.1 the parser no longer crashes"
    ask docs --threshold 0 "2.2.9" && begins "In v2.2.9 the installer asks for a licence key."
    ask docs --threshold 0 "What changed in v2.3.1?" && begins "In v2.3.1 the parser no longer crashes"
}

numbers_with_units() {
    ask docs --threshold 0 "10 km" && begins "The race is 10km long."
    ask docs --threshold 0 "64 GB" && begins "The card holds 64GB of photos."
    ask docs --threshold 0 "250 mg" && begins "Give 250mg of the drug."
    ask docs --threshold 0 "250mg" && begins "Give 250mg of the drug."
}

identifiers_and_hyphens() {
    ask docs --threshold 0 "hash map" && begins "The HashMap class is replaced by FlatTable."
    ask docs --threshold 0 "get user by id" && begins "The method getUserById throws on a missing row."
    ask docs --threshold 0 "parseHttpHeader" && begins "The function parse_http_header returns an error."
    ask docs --threshold 0 "wifi driver" && begins "Install the Wi-Fi driver before the e-mail client."
    ask docs --threshold 0 "email client" && begins "Install the Wi-Fi driver before the e-mail client."
    ask docs --threshold 0 "covid19" && begins "COVID-19 tests are free on Mondays."
    ask docs --threshold 0 "hawai'i" && begins "office opens in June."
}

german_dates() {
    ask docs --threshold 0 "Wann endet die Frist für den Antrag?" && begins "Die Frist für den Antrag endet am 15. März 2024 um zwölf Uhr."
    ask docs --threshold 0 "Wann wurde der Verein gegründet?" && begins "Der Verein wurde am 3. Juni 1911 gegründet."
    ask docs --threshold 0 "Wie hoch ist das Budget?" && begins "Das Budget liegt bei 5 Mio. Euro im Jahr."
    ask docs --threshold 0 "Wer operiert am Dienstag?" && begins "Dr. med. Weber operiert am Dienstag."
    ask docs --threshold 0 "Satzung Beitrag fällig" && begins "Laut § 12 Abs. 3 Nr. 4 der Satzung ist der Beitrag fällig."
    ask docs --threshold 0 "contract with Yahoo" && begins "The contract with Yahoo! Inc. ended in 2017."
    ask docs --threshold 0 "fee for members" && begins "The fee is Rs. 500 for members."
    ask docs --threshold 0 "Wo spielt der FC Neustadt?" && begins "Der 1. FC Neustadt spielt im Stadion am See."
}

utf16_is_silently_left_out() {
    ask docs "Where does the lighthouse keeper live?" && begins "The lighthouse keeper lives in the old mill."
    ended 3 && warned latin1.md # an encoding that nothing names is an error
    ask docs --quiet "Where does the lighthouse keeper live?" && ended 3
}

filter_silent() {
    ask docs --threshold 0 --filter "langg == en" otter && refused
    warned langg && ended 3
    ask docs --threshold 0 --filter "lang != de" otter && says "The otter swims."
    judge "'lang != de' keeps a document without the field, or --help says that it does not" keeps_or_says
    ask docs --threshold 0 --filter "tags == draft" otter
    judge "'tags == draft' on a list keeps it, or --help says that it does not" keeps_or_says
}
keeps_or_says() { holds "$answer" "The otter sleeps." || grep -qiE 'lack|without the field|missing field|no such field|contains' <<<"$("$tools/ask" --help)"; }

folder_emptied() {
    cp -R docs "$scratch/emptied" && chmod -R u+w "$scratch/emptied" && cd "$scratch/emptied" && mkdir -p d && mv f*.md d
    ask d --index idx otters && says "is about otters." && ended 0
    mv d away && mkdir d && ask --index idx otters && ended 3
    says "is about otters." && warned "/d"
    rmdir d && ask --index idx otters && ended 3
    says "is about otters."
    mv away d && ask --index idx otters && says "is about otters." && ended 0
    judge "nothing was lost meanwhile" lacks "$(cat "$scratch/stderr")" "added"
}

bom_in_qrels() {
    asked=evaluate answer=$("$tools/evaluate" ranking --qrels qrels --run run --metrics num_q,map) status=$?
    judge "both questions count" holds "${answer//$'\t'/ }" "num_q all 2"
    answer=$("$tools/evaluate" ranking --qrels qrels1 --run run1 --metrics num_q,recip_rank) status=$?
    judge "the first hit of a run counts" holds "${answer//$'\t'/ }" "recip_rank all 0.5000"
}

base64_image() {
    mkdir -p "$scratch/picture" && cp make.sh "$scratch/picture" && cd "$scratch/picture" && sh ./make.sh
    cut_up docs/img.md --by markdown --size 256
    # Written with 8,000 and 40,000 before the mend; a word of at most 64 bytes allows 256 * 64 and 2,000 * 64.
    judge "no chunk is longer than a page" at_most "$(awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }' <<<"$chunks")" 20000
    judge "a prompt is no longer than its budget" at_most "$("$tools/ask" docs --show-prompt "Where is the assembly point?" 2>/dev/null | wc -c)" 140000
    judge "an answer is short" at_most "$("$tools/ask" docs "Where is the plan?" 2>/dev/null | wc -c)" 2000
    ask docs "Where is the plan?" && begins "The plan hangs beside every lift."
    ask docs "Where is the assembly point?" && begins "The assembly point is the car park behind the mill."
}

# The program of the case, compiled where a header is newer than it.
verified_although_negated() {
    local program=$scratch/verify text no='    verified=0*' yes='    verified=1*' lines
    if [ ! -x "$program" ] || [ -n "$(find "$root/include" -newer "$program" -name '*.hpp' -print -quit)" ]; then
        # The program reports what went wrong in 0.1, in the names of 0.1.
        sed -E 's/\bpassages\b/chunk_store/; s/\bcut\(/split_documents(/; s/\btee\(into\(/ingest(index_into(/; s/threads\(1\)/context(threads(1))/; s/\bworkspace\b/context/; s/\bcite\(/prompt_from(/' \
            verify.cpp >"$program.cpp"
        "${CXX:-g++}" -std=c++20 -O0 -I"$root/include" "$program.cpp" -o "$program" -pthread 2>"$scratch/log" || { miss "$topic: verify.cpp does not compile" && return; }
    fi
    mapfile -t lines < <("$program")
    asked=verify
    verdict_of() { local i; for i in "${!lines[@]}"; do if [ "${lines[i]}" = "$1 [1]" ]; then answer=${lines[i + 1]} && return; fi; done && answer='(not there)'; }
    matches() { [[ $answer == $1 ]]; }
    verdict_of "Every employee has thirty days of paid leave a year." && judge "what the source says is verified" matches "$yes"
    for text in "No employee has thirty days of paid leave a year." "Not every employee has thirty days of paid leave a year." \
        "Hardly any employee has thirty days of paid leave a year." \
        "Employees may carry over unused days into March of the next year without asking anybody but HR."; do
        verdict_of "$text" && judge "'$text' is not verified" matches "$no"
    done
}

all() {
    local folder name
    ready_tools ask chunk evaluate || return 0
    rm -rf "$scratch/emptied" "$scratch/picture"
    [ -d "${GRAFT_SHARED:-/nowhere}/cases" ] || { skip "cases: \$GRAFT_SHARED/cases is absent" && return; }
    for folder in "$GRAFT_SHARED"/cases/*/; do
        name=$(basename "$folder")
        [[ $name == *$pattern* ]] || continue
        topic=$name
        if ! declare -F "$name" >/dev/null; then miss "$name: no test knows this case" && continue; fi
        cd "$folder" && "$name"
    done
}
counted all
