#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/run.sh [--full] [--newest] [--only STAGE]... [--tests REGEX] [--list] [--help]
#
# Builds graft's tests and runs them all. Run it as root or with sudo on a fresh Debian 12; elsewhere install the same
# things first. A second call builds again only what changed.
#
#   --full         adds the sanitizers, the tests under clang++, the kernels under other flags and for 64-bit ARM (qemu), the
#                  newest dependencies, the cost of inclusion, the packages (Conan) and the long tests (GRAFT_FULL=1)
#   --newest       adds only the newest dependencies (hnswlib 0.8, xsimd 14)
#   --only STAGE   runs that stage and what it stands on; may be given more than once
#   --tests REGEX  builds and runs only the test files whose path below tests/ it matches: --tests '^core/|^math/dot'
#   --list         names the stages
#
# It installs, where they are missing: g++ clang cmake ninja-build libeigen3-dev libhnswlib-dev libxsimd-dev doctest-dev
# nlohmann-json3-dev libcli11-dev libstemmer-dev libmd4c-dev, for the newest dependencies python3-pip and python3-venv, for ARM
# g++-aarch64-linux-gnu and qemu-user. GRAFT_NO_INSTALL=1 forbids that.
#
# GRAFT_SHARED names a folder of real data and reference outputs (default: ../shared, where it exists); a test that
# does not find its data is counted as skipped, and with GRAFT_NO_SKIPS=1 as failed, which is what CI does. GRAFT_JOBS is
# the number of compilers that run at once.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"

stages=(unit layers refuses headers headers-clang odr symbols consumer readme examples tools cases neighbours desk)
extra=(newest asan tsan clang flags neon cost packaging)
full='' only=() matching=''
while [ $# -gt 0 ]; do
    case $1 in
    --full) full=1 && stages+=("${extra[@]}") ;;
    --newest) stages+=(newest) ;;
    --only)
        [[ " ${stages[*]} ${extra[*]} " == *" ${2:-} "* ]] || fail "there is no stage '${2:-}'; see --list"
        only+=("$2") && shift
        ;;
    --tests) matching=${2:?a regular expression} && only+=(unit) && shift ;;
    --list) printf '%s\n' "${stages[@]}" "${extra[@]}" && exit ;;
    -h | --help) usage && exit ;;
    *) fail "it does not know '$1'; see --help" ;;
    esac
    shift
done
[ ${#only[@]} -eq 0 ] || stages=("${only[@]}")
[ -z "$full" ] || export GRAFT_FULL=1
if [ "${CI:-}" = true ] && [ -n "${GRAFT_SHARED:-}" ]; then export GRAFT_NO_SKIPS=1; fi

logs=$build/logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# stage NAME COMMAND...: one line: its name, what it counted, its seconds; and what went wrong.
stage() {
    local name=$1 log=$logs/$1.log begun=$SECONDS rc=0 p f s
    shift
    "$@" >"$log" 2>&1 </dev/null || rc=$?
    # A test program of doctest sums up in a line of its own, and a test without its data says `skipped:`.
    s=$(grep -cE '(^|[0-9]: )skip(ped:)? ' "$log" || true)
    read -r p f < <(awk -v s="$s" '
        /^ok  /   { ++p }
        /^FAIL  / { ++f }
        /\[doctest\] test cases:/ { gsub(/\x1b\[[0-9;]*m/, ""); split($0, part, "|"); split(part[2], a, " "); split(part[3], b, " "); p += a[1]; f += b[1] }
        END { print p + 0, f + 0 }' "$log")
    if [ $rc != 0 ] && [ "$f" = 0 ]; then f=1; fi # it ended before it could say what went wrong
    printf '%-14s %6d passed %4d failed %4d skipped %5d s\n' "$name" "$p" "$f" "$s" $((SECONDS - begun))
    if [ "$f" != 0 ]; then
        grep -E '^FAIL  |ERROR:|error: |^the program of ' "$log" | awk '!seen[$0]++' | head -n 40 || tail -n 20 "$log"
        printf 'the whole output is in %s\n\n' "$log"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# tested PRESET [-D...]: builds the test programs and runs them.
tested() {
    local preset=$1 log=$build/$1/Testing/Temporary/LastTest.log rc=0
    build_preset "$@" -- tests || return 1
    rm -f "$log"
    ctest --test-dir "$build/$preset" -j "$cores" --no-tests=error --output-on-failure --timeout 900 >"$logs/$preset.ctest" 2>&1 || rc=$?
    # Everything that the programs said, and below it what ctest thinks of those that said nothing.
    cat "$log" 2>/dev/null || true
    grep -E '^[[:space:]]*[0-9]+ - .*\((Failed|Timeout|SEGFAULT|.*(Exception|aborted|killed).*)\)' "$logs/$preset.ctest" | sed 's/^ */the program of /' || true
    return $rc
}

built() { # built PRESET TARGET WORDS
    if build_preset "$1" -- "$2"; then ok "$3"; else miss "$3" && return 1; fi
}

unit() {
    local filter=()
    # The choice of an earlier --tests stands in the cache: without one now, it is taken back.
    if [ -n "$matching" ] || grep -qs '^GRAFT_TESTS_ONLY:STRING=.' "$build/dev/CMakeCache.txt"; then
        filter=("-DGRAFT_TESTS_ONLY=$matching")
    fi
    tested dev "${filter[@]}"
}
layers() { "$root/tests/layers.sh"; }
refuses() { "$root/tests/refuses/run.sh"; }
headers() { built dev graft_headers "every public header alone, g++; core, text, chunk and nn without exceptions"; }
headers-clang() { built clang graft_headers "every public header alone, clang++"; }
odr() { build_preset dev -- graft_odr && "$build/dev/tests/graft_odr"; }
symbols() { "$root/tests/symbols.sh"; }
flags() { "$root/tests/flags.sh"; }
neon() { (need g++-aarch64-linux-gnu qemu-user) && tested neon; }
consumer() { "$root/tests/consumer/run.sh"; }
cases() { "$root/tests/cases.sh"; }
neighbours() { "$root/tests/neighbours.sh"; }
desk() { "$root/tests/desk.sh"; }
readme() { "$root/tests/readme.sh"; }
examples() { "$root/tests/examples.sh"; }
tools() { "$root/tests/tools/ask.sh"; }
newest() { "$root/tests/newest.sh" && tested newest; }
asan() { ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1} UBSAN_OPTIONS=print_stacktrace=1 tested asan; }
# ThreadSanitizer sees the test files that start threads.
tsan() {
    local files
    files=$(cd "$root/tests" && grep -lE 'std::j?thread|threads\(' ./*/*.test.cpp | sed 's,^\./,,; s/\./\\./g' | paste -sd '|')
    [ -n "$files" ] || { skip "no test starts a thread" && return; }
    TSAN_OPTIONS=halt_on_error=1 tested tsan "-DGRAFT_TESTS_ONLY=^($files)\$"
}
clang() { tested clang; }
cost() { "$root/tests/cost.sh"; }
packaging() { "$root/tests/packaging/run.sh"; }

need_to_build_tools clang doctest-dev libstemmer-dev libmd4c-dev
for one in "${stages[@]}"; do stage "$one" "$one"; done

printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
