#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/cost.sh [--update] [HEADER]...
#
# The cost of inclusion: user seconds that g++ -O0 -fsyntax-only takes for each public header alone, median of 5. So that
# a budget holds on every machine it is a ratio: to a unit that includes <string>, <vector> and <algorithm>, timed in the
# same minute. benchmarks/include_cost.txt keeps the budgets; a header that costs more than a quarter above its own
# fails, after a second look. --update writes the budgets anew. With HEADER (graft/rag.hpp) only those.
#
# A header that includes neither Eigen nor hnswlib may take at most 1.5 s on the machine at hand.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
update='' names=()
for argument; do
    case $argument in
    -h | --help) usage && exit ;;
    --update) update=1 ;;
    *) names+=("$argument") ;;
    esac
done
budgets=$root/benchmarks/include_cost.txt
scratch=$build/cost
mkdir -p "$scratch"
build_preset dev -- graft_flags
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd "$root/include" && find graft -name '*.hpp' | LC_ALL=C sort)
printf '#include <string>\n#include <vector>\n#include <algorithm>\n' >"$scratch/reference.cpp"

# seconds FILE: user seconds of one compilation.
seconds() {
    local TIMEFORMAT=%U
    { time g++ "@$build/dev/graft.flags" -O0 -fsyntax-only "$1" >/dev/null 2>"$scratch/log"; } 2>&1
}
median() { sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

# measure NAME: "SECONDS RATIO"; the reference is timed between the runs, so that a busy minute hits both.
measure() {
    local i own=$scratch/own reference=$scratch/reference
    printf '#include <%s>\n' "$1" >"$scratch/header.cpp"
    if ! g++ "@$build/dev/graft.flags" -fsyntax-only "$scratch/header.cpp" 2>"$scratch/log"; then return 1; fi
    : >"$own" && : >"$reference"
    for i in 1 2 3 4 5; do
        seconds "$scratch/reference.cpp" >>"$reference"
        seconds "$scratch/header.cpp" >>"$own"
    done
    awk -v own="$(median <"$own")" -v reference="$(median <"$reference")" 'BEGIN { printf "%.2f %.2f\n", own, own / reference }'
}
# heavy NAME: it includes Eigen or hnswlib.
heavy() { printf '#include <%s>\n' "$1" | g++ "@$build/dev/graft.flags" -x c++ -M - 2>/dev/null | grep -qE '/Eigen/Core|hnswlib/hnswlib\.h'; }

all() {
    local name own ratio budget verdict about new=$scratch/budgets
    : >"$new"
    printf '%-44s %8s %8s %8s\n' header seconds ratio budget
    for name in "${names[@]}"; do
        read -r own ratio < <(measure "$name") || { miss "$name does not compile alone" && continue; }
        budget=$(awk -v name="$name" '$1 == name { print $2 }' "$budgets" 2>/dev/null || true)
        if [ -n "$budget" ] && [ -z "$update" ] && awk "BEGIN { exit !($ratio > 1.25 * $budget) }"; then
            read -r own ratio < <(measure "$name") # once more, lest a neighbour's noise be blamed on it
        fi
        printf '%-44s %8s %8s %8s\n' "$name" "$own" "$ratio" "${budget:--}"
        printf '%-44s %8s\n' "$name" "$ratio" >>"$new"
        about=" (${own} s)"
        if [ -n "$update" ]; then ok "$name$about"
        elif [ -z "$budget" ]; then miss "$name has no budget; tests/cost.sh --update $name writes one"
        elif awk "BEGIN { exit !($ratio > 1.25 * $budget) }"; then miss "$name costs $ratio times the reference, a quarter above its budget of $budget"
        elif awk "BEGIN { exit !($own > 1.5) }" && ! heavy "$name"; then miss "$name costs $own s without Eigen and hnswlib"
        else ok "$name$about"; fi
    done
    if [ -n "$update" ]; then
        {
            printf '# SPDX-FileCopyrightText: 2026 The graft authors\n# SPDX-License-Identifier: Apache-2.0\n'
            printf '# Cost of inclusion, as a multiple of <string> <vector> <algorithm>; written by tests/cost.sh --update.\n'
            { cat "$new" && awk 'NR == FNR { new[$1] = 1; next } /^graft/ && !($1 in new)' "$new" "$budgets" 2>/dev/null || true; } |
                while read -r name ratio; do [ ! -e "$root/include/$name" ] || printf '%-44s %8s\n' "$name" "$ratio"; done | LC_ALL=C sort
        } >"$scratch/table" && mv "$scratch/table" "$budgets"
    fi
}
counted all
