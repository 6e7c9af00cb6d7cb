#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/cost.sh [--update] [PROGRAM]...
#
# What graft costs who compiles against it: `g++ -O2 -c` of five programs, each header-only and with graft::kernels (compiled once, and
# not counted), and the size of the stripped program.
#     cut       lesson 1                   readme    the first program of README.md
#     words     lesson 2                   vectors   tests/cost/vectors.cpp
#     tune      lesson 9
# So that a budget holds on every machine the time is a ratio of user seconds: to a unit that uses <regex>, timed just before.
# benchmarks/compile_cost.txt keeps the budgets; what is more than a quarter above its own fails, where a second and a third look say the
# same. --update writes the budgets anew. Also: what cuts or searches by words includes no kernel, and what
# links graft::kernels includes neither xsimd nor hnswlib.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
update='' names=()
for argument; do
    case $argument in
    -h | --help) usage && exit ;;
    --update) update=1 ;;
    *) names+=("$argument") ;;
    esac
done
[ ${#names[@]} -gt 0 ] || names=(cut words readme vectors tune)
budgets=$root/benchmarks/compile_cost.txt
scratch=$build/cost
mkdir -p "$scratch"
build_preset dev -- graft_flags

source_of() {
    case $1 in
    cut) echo "$root"/examples/lesson_01_*.cpp ;;
    words) echo "$root"/examples/lesson_02_*.cpp ;;
    tune) echo "$root"/examples/lesson_09_*.cpp ;;
    vectors) echo "$root/tests/cost/vectors.cpp" ;;
    readme)
        awk '/^```cpp/ { block = 1; next } /^```/ { if (block) exit } block' "$root/README.md" >"$scratch/readme.cpp"
        echo "$scratch/readme.cpp"
        ;;
    *) fail "there is no program '$1'" ;;
    esac
}
# seconds OPTION...: user seconds of one compilation.
seconds() {
    local TIMEFORMAT=%U
    { time g++ "@$build/dev/graft.flags" -O2 -DNDEBUG "$@" >/dev/null 2>"$scratch/log"; } 2>&1
}
# The reference: what the standard library's own heaviest header costs.
printf '#include <regex>\nbool f(const char* s) { return std::regex_search(s, std::regex("(a+)|b[c-d]{2}e")); }\n' >"$scratch/reference.cpp"

# measure NAME OPTION...: "SECONDS RATIO BYTES".
measure() {
    local name=$1 own reference object=$scratch/$1.o
    shift
    rm -f "$object"
    reference=$(seconds -c "$scratch/reference.cpp" -o "$scratch/reference.o")
    own=$(seconds "$@" -c "$(source_of "$name")" -o "$object")
    [ -e "$object" ] && g++ "$object" "$scratch/compiled.a" -pthread -s -Wl,--gc-sections -o "$scratch/$name" || return 1
    awk -v own="$own" -v reference="$reference" -v size="$(stat -c %s "$scratch/$name")" \
        'BEGIN { printf "%.2f %.2f %d\n", own, own / reference, size }'
}
above() { awk "BEGIN { exit !($1 > 1.25 * $2) }"; }

all() {
    local unit name mode own ratio bytes budget room option foreign new=$scratch/budgets
    : >"$new"
    rm -f "$scratch"/compiled.*
    for unit in "$root"/include/graft/compiled/*.hpp; do
        unit=$(basename "$unit" .hpp)
        printf '#include <graft/compiled/%s.hpp>\n' "$unit" >"$scratch/compiled.$unit.cpp"
        seconds -ffunction-sections -fdata-sections -c "$scratch/compiled.$unit.cpp" -o "$scratch/compiled.$unit.o" >/dev/null
        [ -e "$scratch/compiled.$unit.o" ] || { miss "graft/compiled/$unit.hpp does not compile" && return; }
    done
    ar rcs "$scratch/compiled.a" "$scratch"/compiled.*.o
    printf '%-10s %-12s %8s %8s %8s %10s %10s\n' program with seconds ratio budget bytes budget
    for name in "${names[@]}"; do
        for mode in headers kernels; do
            option=-DGRAFT_KERNELS_COMPILED=$([ $mode = kernels ] && echo 1 || echo 0)
            read -r own ratio bytes < <(measure "$name" "$option") || { miss "$name does not compile" && head -n 5 "$scratch/log" && continue; }
            read -r budget room < <(awk -v name="$name" -v mode="$mode" '$1 == name && $2 == mode { print $3, $4 }' "$budgets" 2>/dev/null) || true
            for _ in second third; do # lest a neighbour's noise be blamed on it
                if [ -n "$budget" ] && [ -z "$update" ] && above "$ratio" "$budget"; then read -r own ratio bytes < <(measure "$name" "$option"); fi
            done
            printf '%-10s %-12s %8s %8s %8s %10s %10s\n' "$name" "$mode" "$own" "$ratio" "${budget:--}" "$bytes" "${room:--}"
            printf '%-10s %-10s %8s %10s\n' "$name" "$mode" "$ratio" "$bytes" >>"$new"
            if [ -n "$update" ]; then ok "$name with $mode ($own s, $bytes bytes)"
            elif [ -z "$budget" ]; then miss "$name with $mode has no budget; tests/cost.sh --update $name writes one"
            elif above "$ratio" "$budget"; then miss "$name with $mode takes $ratio times the reference, a quarter above its budget of $budget"
            elif above "$bytes" "$room"; then miss "$name with $mode has $bytes bytes, a quarter above its budget of $room"
            else ok "$name with $mode ($own s, $bytes bytes)"; fi
            foreign=$(g++ "@$build/dev/graft.flags" "$option" -M "$(source_of "$name")" | grep -oE '(xsimd/xsimd|hnswlib/hnswlib|immintrin)\.hp?p?|Eigen/Core' | sort -u | tr '\n' ' ' || true)
            case $name.$mode in
            cut.* | words.* | *.kernels)
                if [ -z "$foreign" ]; then ok "$name with $mode compiles no kernel"; else miss "$name with $mode includes $foreign"; fi
                ;;
            esac
        done
    done
    if [ -n "$update" ]; then
        {
            printf '# SPDX-FileCopyrightText: 2026 The graft authors\n# SPDX-License-Identifier: Apache-2.0\n'
            printf '# g++ -O2 -c as a multiple of a unit with <regex>, and bytes of the stripped program; written by tests/cost.sh --update.\n'
            { cat "$new" && awk 'NR == FNR { new[$1, $2] = 1; next } !/^#/ && !(($1, $2) in new)' "$new" "$budgets" 2>/dev/null || true; } | LC_ALL=C sort
        } >"$scratch/table" && mv "$scratch/table" "$budgets"
    fi
}
counted all
