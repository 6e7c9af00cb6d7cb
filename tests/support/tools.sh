# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the tools share; they source it behind setup.sh. One tool is run, and what it said is judged a line at a time.

scratch=$build/logs/tools.$(basename "$0" .sh)
tools=${GRAFT_TOOLS:-$build/release/examples} # GRAFT_TOOLS: judge the programs of another build
topic=''                                      # what the lines are about; a script sets it
pattern=${pattern:-}
export LC_ALL=C # text is compared by its bytes

# The tools that are asked, built once.
ready_tools() {
    mkdir -p "$scratch"
    [ -n "${GRAFT_TOOLS:-}" ] || { need_to_build_tools && build_preset release -- "${@/#/example_}"; } || { miss "the tools do not build" && return 1; }
}

# judge CLAIM COMMAND...: one line, ok where the command holds. What was asked and said follows where it does not.
judge() {
    local claim=$1
    shift
    if "$@"; then ok "$topic: $claim"; else miss "$topic: $claim  [asked: ${asked:-} | said: ${answer:0:240} | status $status]"; fi
}

# ask FOLDER [FLAG]... QUESTION: the words of the answer, the first of its sentences, its quotes, the exit status.
answer='' first='' quotes='' sources='' asked='' said='' chunks='' status=0
ask() {
    local string='"answer":"(([^"\\]|\\.)*)"'
    asked=${*: -1} status=0
    said=$("$tools/ask" "$@" --json 2>"$scratch/stderr" </dev/null) || status=$?
    said=${said:0:20000} # what is longer is judged by its length
    answer='' quotes=${said#*'"citations":['} sources=${said#*'"sources":['}
    quotes=${quotes%%'],"sources"'*}
    if [[ $said =~ $string ]]; then answer=${BASH_REMATCH[1]}; else answer=$said; fi
    answer=${answer//\\\"/\"} answer=${answer//\\n/ } answer=${answer//\\t/ } answer=${answer//\\\\/\\}
    first=${answer%% \[[0-9]*}
}
folded() { # one blank for white space, no marks of emphasis, lower case of ASCII
    local text=${1//[$'\n\t']/ }
    text=${text//[\*\`]/}
    while [[ $text == *'  '* ]]; do text=${text//  / }; done
    printf '%s' "${text,,}"
}
holds() { [[ $(folded "$1") == *"$(folded "$2")"* ]]; }
lacks() { [[ ${1,,} != *"${2,,}"* ]]; }
is_answered() { [[ $said == *'"answerable":true'* ]]; }
is_refused() { [[ $said == *'"answerable":false'* ]]; }
has_status() { [ "$status" = "$1" ]; }
warned_of() { grep -qiF -- "$1" "$scratch/stderr"; }
from_doc() { [[ $quotes == *"\"doc\":\"$1\""* ]]; }
at_most() { [ "$1" -le "$2" ]; }

# Judgements of the last answer. `says`: somewhere; `begins`: in its first sentence; `never`: nowhere in it.
says() { judge "'$asked' is answered with '$1'" holds "$answer" "$1"; }
begins() { judge "'$asked' is first answered with '$1'" holds "$first" "$1"; }
never() { judge "'$asked' never quotes '$1'" lacks "$answer" "$1"; }
answered() { judge "'$asked' is answered" is_answered; }
refused() { judge "'$asked' is refused" is_refused; }
ended() { judge "'$asked' ends with $1" has_status "$1"; }
warned() { judge "'$asked' warns of '$1'" warned_of "$1"; }
cites() { judge "'$asked' cites $1" from_doc "$1"; }

docs_of_sources() { grep -o '"doc":"[^"]*"' <<<"$sources" | sort -u | wc -l; }

# cut_up FILE [FLAG]...: the chunks of a file, a JSON object a line. in_section WORDS PATH: where the chunk with these words stands.
cut_up() { answer='' asked="chunk $*" status=0 && chunks=$("$tools/chunk" "$@" --json 2>"$scratch/stderr") || status=$?; }
section_of() { grep -F -- "$1" <<<"$chunks" | sed -n 's/.*"section":\(\[[^]]*\]\).*/\1/p' | head -n 1; }
in_section() { judge "'$1' stands in $2" [ "$(section_of "$1")" = "$2" ]; }

# room NAME: an empty folder of that name, and the current one. page FILE < TEXT: a file in it.
room() {
    topic=$1
    rm -rf "${scratch:?}/rooms/${1// /_}" && mkdir -p "$scratch/rooms/${1// /_}" && cd "$scratch/rooms/${1// /_}"
}
page() { mkdir -p "$(dirname "docs/$1")" && cat >"docs/$1"; }
line() { page "$1" <<<"$2"; }
