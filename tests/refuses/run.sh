#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/refuses/run.sh [-v] [NAME]...
#
# What must not compile, with the words that both compilers must say, and its twin, which must compile. One file a pair:
#
#   // A search by words takes a question, not what was found.
#   // says: stage_gives<.*found>::but_the_next_takes<.*question>
#   #include ...
#   #ifdef REFUSED
#   auto it = top(6) | search(words);
#   #else
#   auto it = search(words) | top(6);
#   #endif
#
# `says` is an extended regular expression; every such line must match one line of each compiler's output, and
# `says (g++)` or `says (clang++)` concerns that one alone. -v shows the line that matched. With NAME only these files.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
[ "${1:-}" != --help ] || { usage && exit; }
export verbose='' folder=$root/tests/refuses flags=$build/dev/graft.flags
export -f ok miss
if [ "${1:-}" = -v ]; then verbose=1 && shift; fi

build_preset dev -- graft_flags
need_words() { sed -nE "s,^// says( \($1\))?: *,,p" "$2"; }
export -f need_words

# pair FILE: four compilations, remembered as long as neither the headers nor the file change.
pair() {
    local file=$1 name cxx words
    name=$(basename "$1" .cpp)
    local about out=$cache/$name
    about=$(awk '/^\/\/ SPDX/ { next } /^\/\/ / { sub(/^\/\/ /, ""); print; exit }' "$file")
    local now
    now=$(cat "$file" "$cache/tree" | sha256sum)
    if [ -z "$verbose" ] && [ "$(cat "$out.good" 2>/dev/null)" = "$now" ]; then ok "$name: $about" && return; fi
    grep -q '^// says' "$file" || { miss "$name: the file has no line \`// says: WORDS\`" && return; }
    local bad=
    for cxx in g++ clang++; do
        local compile=("$cxx" "@$flags" -Wall -Wextra -Wconversion -Wshadow -Werror -I"$root/tests" -fsyntax-only "$file")
        if "${compile[@]}" -DREFUSED >"$out.$cxx" 2>&1; then
            miss "$name: $cxx compiled what must not compile" && bad=1
        else
            while IFS= read -r words; do
                if ! grep -qE -- "$words" "$out.$cxx"; then
                    miss "$name: $cxx refuses, without the words: $words" && bad=1
                    grep -E 'error|note' "$out.$cxx" | head -n 6 || true
                elif [ -n "$verbose" ]; then
                    grep -m1 -E -- "$words" "$out.$cxx" | sed "s/^/      $cxx: /"
                fi
            done < <(need_words "${cxx//+/\\+}" "$file")
        fi
        if ! "${compile[@]}" >"$out.$cxx.twin" 2>&1; then
            miss "$name: $cxx refuses the twin" && bad=1
            grep -E 'error|note' "$out.$cxx.twin" | head -n 6 || true
        fi
    done
    if [ -z "$bad" ]; then echo "$now" >"$out.good" && ok "$name: $about"; fi
}
export -f pair

export cache=$build/refuses
mkdir -p "$cache"
{ cat "$flags" && find "$root/include" "$root/tests/support" "$folder" -name '*.hpp' | sort | xargs cat; } | sha256sum >"$cache/tree"

all() {
    if [ ${#names[@]} -gt 0 ]; then printf "$folder/%s.cpp\n" "${names[@]}"; else ls "$folder"/*.cpp; fi | in_parallel pair
}
names=("$@")
counted all
