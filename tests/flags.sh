#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/flags.sh
#
# The kernels as hosts with other flags compile them. Every entry of every table that promises bits must give the same ones
# under g++ and clang++ with each of the flags below, those of the scalar table under g++ -O0. Under -ffast-math bits are not
# promised: there every entry of every table must be right to rounding. What was seen is remembered as long as neither the
# headers, the tests' own files, the compilers nor the processor change.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

same_bits=("-O0" "-O3" "-O3 -mfma" "-O3 -march=native" "-O2 -ffp-contract=fast")
same_to_rounding=("-O3 -ffast-math")
[ "$(uname -m)" = x86_64 ] || same_bits=("-O0" "-O3" "-O3 -march=native" "-O2 -ffp-contract=fast")

export seen=$build/flags
mkdir -p "$seen"
build_preset dev -- graft_flags

# Where the output of one such program lies.
place() { echo "$seen/${1//[ =]/_}"; }
# outputs "CXX FLAGS": compiles tests/flags.cpp so and keeps what it says.
outputs() {
    local cxx flags out arguments=() now
    read -r cxx flags <<<"$1"
    out=$(place "$1")
    [[ $flags != *fast-math* ]] || arguments=(close)
    now=$(cat "$seen/tree" <("$cxx" --version) | sha256sum)
    [ "$(cat "$out.key" 2>/dev/null)" != "$now" ] || return 0
    rm -f "$out.key" "$out.lines"
    # shellcheck disable=SC2086
    "$cxx" "@$build/dev/graft.flags" $flags -w -I"$root/tests" "$root/tests/flags.cpp" -o "$out" 2>"$out.log" || return 0
    local rc=0
    "$out" "${arguments[@]}" >"$out.lines" 2>>"$out.log" || rc=$?
    [ $rc -le 1 ] || rm -f "$out.lines" # 1: something is wrong, and it says what
    if [ -e "$out.lines" ]; then echo "$now" >"$out.key"; fi
}
export -f place outputs

# verdict "CXX FLAGS" LINES: one line; what it finds wrong stands in the file, as `TABLE ENTRY`.
verdict() {
    local out n
    out=$(place "$1")
    if [ ! -s "$out.lines" ]; then
        miss "$1: tests/flags.cpp does not compile or does not run" && grep -m 3 -E 'error|fault' "$out.log" || true
        return
    fi
    n=$(wc -l <"$out.lines")
    if [ -s "$out.wrong" ]; then miss "$1: $2 $(wc -l <"$out.wrong") of $n: $(paste -sd, "$out.wrong" | sed 's/,/, /g')"
    else ok "$1: $n entries $3"; fi
}

all() {
    local one builds=()
    for one in "${same_bits[@]}" "${same_to_rounding[@]}"; do builds+=("g++ $one" "clang++ $one"); done
    { cat "$build/dev/graft.flags" "$root"/tests/flags.cpp "$root"/tests/simd/*.hpp && uname -m &&
        { grep -m 1 -E '^(flags|Features)' /proc/cpuinfo || true; } &&
        find "$root/include/graft" -name '*.hpp' | sort | xargs cat; } | sha256sum >"$seen/tree"
    printf '%s\n' "${builds[@]}" | in_parallel outputs
    for one in "${builds[@]}"; do
        if [[ $one == *fast-math* ]]; then
            awk '$1 != "close" { print $3, $2 }' "$(place "$one").lines" >"$(place "$one").wrong" 2>/dev/null || true
            verdict "$one" "not right to rounding" "are right to rounding"
        else
            awk 'NR == FNR { if ($3 == "scalar") truth[$1] = $2; next } $2 != truth[$1] { print $3, $1 }' \
                "$(place "g++ -O0").lines" "$(place "$one").lines" >"$(place "$one").wrong" 2>/dev/null || true
            verdict "$one" "other bits in" "with the same bits"
        fi
    done
}
counted all
