#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/examples.sh [--update] [PATTERN]
#        tests/examples.sh --build | --lessons | --sessions      one part of it, as CTest calls them
#
# Runs the example programs and compares what they print with what they should.
#
# 1. Lessons. examples/lesson_NN_name.cpp runs without arguments; its stdout must equal examples/lesson_NN_name.txt. One that names a real
#    model in a line `// model: NAME` is skipped where that is absent, as is a command with `--model NAME` and the like.
#    --update writes the .txt files anew (read the difference before you commit it). A lesson has at most 120 lines.
# 2. Command lines. Every ```console block of examples/README.md and README.md is a session: a line that begins with `$ ` is a
#    command, the lines below it are its stdout. stderr is not compared. All sessions of a file share one scratch folder,
#    in which each folder of examples/ stands under its own name and `examples/` itself as well, so commands may be
#    written as a reader in the root of the project would type them, and may write files.
#      - a line that is only `…` stands for any number of lines, `…` inside a line for any characters
#      - a command that ends in `  # exits 3` must end with that status instead of 0
#      - a command that ends in `  # prints FILE` must print what tests/examples/FILE holds (--update writes it)
#      - a command with nothing below it must print nothing
# 3. Every tool and every lesson is named in examples/README.md, and every tool is called there at least once.
#
# With PATTERN only the lessons and commands that contain it.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
update='' pattern='' part=all
for argument; do
    case $argument in
    -h | --help) usage && exit ;;
    --update) update=1 ;;
    --build | --lessons | --sessions) part=${argument#--} ;;
    *) pattern=$argument ;;
    esac
done
scratch=$build/examples/$part
mkdir -p "$scratch"
cd "$root"

# compare NAME EXPECTED SAID: lines that are `…` match any lines, `…` in a line any characters.
compare() {
    if cmp -s "$2" "$3"; then ok "$1" && return; fi
    if awk -v dots='…' '
        function glob(line) { gsub(/[][\\.^$*+?(){}|]/, "\\\\&", line); gsub(dots, ".*", line); return "^" line "$" }
        function fits(e, s) {   # lines e.. of the expectation against lines s.. of the output
            for (; e <= n; ++e) {
                if (want[e] == dots) { for (; s <= m + 1; ++s) if (fits(e + 1, s)) return 1; return 0 }
                if (s > m || !(want[e] == said[s] || (index(want[e], dots) && said[s] ~ glob(want[e])))) return 0
                ++s
            }
            return s == m + 1
        }
        NR == FNR { sub(/[[:space:]]+$/, ""); want[++n] = $0; next }
        { sub(/[[:space:]]+$/, ""); said[++m] = $0 }
        END { exit !fits(1, 1) }' "$2" "$3"; then ok "$1" && return; fi
    miss "$1"
    diff -u "$2" "$3" | tail -n +3 | sed 's/^/      /' | head -n 40
}

# has_model NAME MODEL: whether the real model is there, if one is named; else it says that NAME is skipped.
has_model() {
    [ -n "$2" ] && [ ! -e "$GRAFT_MODELS/$2/.complete" ] || return 0
    skip "$1: the model $2 is absent" && return 1
}

lessons() {
    local file name lines
    for file in examples/lesson_*.cpp; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .cpp)
        [[ $name == *$pattern* ]] || continue
        has_model "$name" "$(sed -n 's,^// model: *,,p' "$file")" || continue
        lines=$(wc -l <"$file")
        if [ "$lines" -gt 120 ]; then miss "$name has $lines lines; a lesson has at most 120"; fi
        prepare "$scratch/$name"
        if ! (cd "$scratch/$name" && "$build/release/examples/$name") >"$scratch/$name.said" 2>"$scratch/$name.log" </dev/null; then
            miss "$name fails: $(tail -n 2 "$scratch/$name.log" | tr '\n' ' ')"
        elif [ -n "$update" ]; then
            cp "$scratch/$name.said" "${file%.cpp}.txt" && ok "$name was written anew"
        elif [ ! -e "${file%.cpp}.txt" ]; then
            miss "$name has no ${file%.cpp}.txt; tests/examples.sh --update writes it"
        else
            compare "$name" "${file%.cpp}.txt" "$scratch/$name.said"
        fi
    done
}

# prepare FOLDER: the sample folders under their own names, and the project's own scripts where a reader has them.
prepare() {
    rm -rf "$1" && mkdir -p "$1"
    local sample
    for sample in "$root"/examples/*/; do
        case $sample in */support/) ;; *) [ ! -d "$sample" ] || cp -R "$sample" "$1/" ;; esac
    done
    ln -s "$root/examples" "$1/examples"
    mkdir "$1/build" && ln -s "$GRAFT_MODELS" "$1/build/models"
}

# run_command LABEL COMMAND EXPECTED: in the current folder.
run_command() {
    local label=$1 command=$2 expected=$3 status=0 wanted=0 prints='' said=$scratch/said
    if [[ $command =~ --(model|generator|embedder|rerank|rewrite|base)\ (minilm|smollm2|e5)\  ]]; then
        has_model "$label: $command" "${BASH_REMATCH[2]}" || return 0
    fi
    if [[ $command =~ ^(.*[^[:space:]])[[:space:]]+#[[:space:]]exits[[:space:]]([0-9]+)$ ]]; then
        command=${BASH_REMATCH[1]} wanted=${BASH_REMATCH[2]}
    elif [[ $command =~ ^(.*[^[:space:]])[[:space:]]+#[[:space:]]prints[[:space:]]([^[:space:]]+)$ ]]; then
        command=${BASH_REMATCH[1]} prints=$root/tests/examples/${BASH_REMATCH[2]}
    fi
    bash -c "$command" >"$said" 2>"$scratch/log" </dev/null || status=$?
    if [ "$status" != "$wanted" ]; then
        miss "$label: $command: ended with $status instead of $wanted: $(tail -n 3 "$scratch/log" | tr '\n' ' ')"
    elif [ -n "$prints" ] && [ -n "$update" ]; then
        mkdir -p "$root/tests/examples" && cp "$said" "$prints" && ok "$label: $prints was written anew"
    elif [ -n "$prints" ] && [ ! -e "$prints" ]; then
        miss "$label: there is no $prints; tests/examples.sh --update writes it"
    else
        compare "$label: $command" "${prints:-$expected}" "$said"
    fi
}

# sessions_of FILE: every ```console block, command by command.
sessions_of() {
    local file=$1 line number=0 inside='' command='' at=0 expected=$scratch/expected
    local folder=$scratch/sessions_$(basename "$file" .md)
    prepare "$folder"
    finish() {
        if [ -n "$command" ] && [[ $command == *$pattern* ]]; then (cd "$folder" && run_command "$file:$at" "$command" "$expected"); fi
        command=''
    }
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        if [[ $line == '```'* ]]; then
            if [ -n "$inside" ]; then finish && inside=''; elif [[ $line == '```console'* ]]; then inside=1; else inside=other; fi
            continue
        fi
        [ "$inside" = 1 ] || continue
        if [[ $line == '$ '* ]]; then
            finish
            command=${line#'$ '} at=$number
            : >"$expected"
        else
            printf '%s\n' "$line" >>"$expected"
        fi
    done <"$file"
}

named() {
    local file name missing=
    for file in examples/*.cpp; do
        [ -e "$file" ] || continue
        name=$(basename "$file" .cpp)
        grep -q "\b$name\b" examples/README.md || { miss "examples/README.md does not name $name" && missing=1; }
        case $name in
        lesson_*) ;;
        *) grep -qE "^\\$ .*\brun\.sh $name( |$)" examples/README.md || { miss "examples/README.md does not call the tool $name" && missing=1; } ;;
        esac
    done
    [ -n "$missing" ] || ok "examples/README.md names every program"
}

build() {
    if ! ls examples/*.cpp >/dev/null 2>&1; then miss "there are no examples" && return 1; fi
    need_to_build_tools
    if build_preset release -- examples; then ok "every program is built"; else miss "the examples do not build" && return 1; fi
}
sessions() {
    if [ -e README.md ]; then sessions_of README.md; fi
    if [ ! -e examples/README.md ]; then miss "there is no examples/README.md" && return; fi
    sessions_of examples/README.md
    [ -n "$pattern" ] || named
}
all() { build && lessons && sessions; }
counted "$part"
