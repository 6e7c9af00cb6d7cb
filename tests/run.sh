#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/run.sh [--full] [--newest] [--only STAGE]... [--tests REGEX] [--list] [--help]
#
# Installs what is missing, builds graft's tests, has CTest run them all, and sums up. Run it as root or with sudo on a fresh
# Debian 12; elsewhere install the same things first. A second call builds again only what changed. One test, without this script:
#   cmake --preset dev && cmake --build --preset dev && ctest --preset dev -R refuses      (-N names them all)
#
#   --full         adds each header by itself, the sanitizers, the tests under clang++, the kernels under other flags and for 64-bit ARM (qemu), the
#                  newest dependencies, the cost of inclusion, the packages (Conan), each program of the guide by itself and the
#                  long tests (GRAFT_FULL=1)
#   --newest       adds only the newest dependencies (hnswlib 0.8, xsimd 14)
#   --only STAGE   runs that stage and what it stands on; may be given more than once
#   --tests REGEX  builds and runs only the test files whose path below tests/ it matches: --tests '^base/|^simd/dot'
#   --list         names the stages
#
# It installs, where they are missing: g++ clang cmake ninja-build libeigen3-dev libhnswlib-dev libxsimd-dev doctest-dev
# nlohmann-json3-dev libcli11-dev libgumbo-dev libstemmer-dev libmd4c-dev doxygen, for the newest dependencies python3-pip and python3-venv, for ARM
# g++-aarch64-linux-gnu and qemu-user. GRAFT_NO_INSTALL=1 forbids that.
#
# GRAFT_SHARED names a folder of real data and reference outputs (default: ../shared, where it exists); a test that
# does not find its data is counted as skipped, and with GRAFT_NO_SKIPS=1 as failed, which is what CI does. GRAFT_JOBS is
# the number of compilers, and of tests, that run at once. Real models come by examples/models.sh (270 MB, once) into GRAFT_MODELS
# (default: build/models); without network their tests are skipped.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"

stages=(unit layers refuses headers-clang odr symbols consumer readme docs examples tools cases neighbours desk)
extra=(headers newest asan tsan clang flags neon cost packaging guide)
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

# row NAME PASSED FAILED SKIPPED SECONDS
row() {
    printf '%-14s %6d passed %4d failed %4d skipped %5d s\n' "$@"
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
}
# why LOG: what went wrong, out of a log.
why() {
    grep -E '^FAIL  |ERROR:|error: |^the test ' "$1" | awk '!seen[$0]++' | head -n 40 || tail -n 20 "$1"
    printf 'the whole output is in %s\n\n' "$1"
}

# summed JUNIT [NAME]: "STAGE PASSED FAILED SKIPPED SECONDS" a line, and STAGE.log (or NAME.log) with all that its tests said. A program of doctest sums up in a line of
# its own, a script says `ok`, `FAIL` and `skip`, a test without its data says `skipped:`; a test that says none of it counts as one. The
# seconds of a stage are those of its tests, added up.
summed() {
    awk -v logs="$logs" -v as="${2:-}" '
        function attribute(name,    s) {
            if (!match($0, " " name "=\"[^\"]*\"")) return ""
            s = substr($0, RSTART, RLENGTH)
            sub(/^[^"]*"/, "", s); sub(/"$/, "", s)
            return s
        }
        function ended(    bad) {
            if (stage == "") return
            bad = status != "run"
            if (!p && !f && !s && !bad) p = 1
            if (bad && !f) { f = 1; print "the test " name " failed" >log_file }
            passed[stage] += p; failed[stage] += f; skipped[stage] += s
        }
        /<testcase / {
            name = attribute("name"); status = attribute("status"); stage = name; sub(/\/.*/, "", stage)
            if (!(stage in seconds)) order[++stages] = stage
            seconds[stage] += attribute("time")
            log_file = logs "/" (as == "" ? stage : as) ".log"
            print "---- " name >log_file
            p = f = s = 0
        }
        { sub(/^.*<system-out>/, ""); last = sub(/<\/system-out>.*$/, "") }
        /^[ \t]*<\/testcase>/ || /<testcase .*\/>$/ { ended(); next }
        /^[ \t]*<\/?(testsuite|testcase|failure|skipped|properties|property|\?xml)/ { next }
        stage != "" {
            gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&quot;/, "\""); gsub(/&apos;/, "\047"); gsub(/&amp;/, "\\&")
            print >log_file
            if (/^ok  /) ++p
            else if (/^FAIL  /) ++f
            else if (/(^|[0-9]: )skip(ped:)? /) ++s
            else if (/\[doctest\] test cases:/) { split($0, part, "|"); split(part[2], a, " "); split(part[3], b, " "); p += a[1]; f += b[1] }
        }
        END { for (i = 1; i <= stages; ++i) printf "%s %d %d %d %d\n", order[i], passed[order[i]], failed[order[i]], skipped[order[i]], seconds[order[i]] }' "$1"
}

# built NAME PRESET [-D...] -- TARGET...: a row for what a build took. What it could not build fails among the tests as well.
built() {
    local name=$1 begun=$SECONDS bad=0
    shift
    build_preset "$@" || bad=1
    row "$name" $((1 - bad)) $bad 0 $((SECONDS - begun))
}

# tested PRESET NAME [ARGUMENT of ctest]...: runs tests of a preset. With a NAME its stages are one row of that name.
tested() {
    local preset=$1 name=$2 junit=$logs/$1.xml stage p f s t sum=(0 0 0 0) begun=$SECONDS
    shift 2
    rm -f "$junit"
    ctest --test-dir "$build/$preset" -j "$jobs" --no-tests=error --timeout 900 --output-junit "$junit" \
        --test-output-size-passed 100000000 --test-output-size-failed 100000000 "$@" >"$logs/$preset.ctest" 2>&1 </dev/null || true
    if [ ! -s "$junit" ]; then
        row "${name:-$preset}" 0 1 0 $((SECONDS - begun)) && why "$logs/$preset.ctest" && return
    fi
    while read -r stage p f s t; do
        [ -n "$name" ] || row "$stage" "$p" "$f" "$s" "$t"
        [ -z "$name" ] || sum=($((sum[0] + p)) $((sum[1] + f)) $((sum[2] + s)))
        if [ "$f" != 0 ]; then why "$logs/${name:-$stage}.log"; fi
    done < <(summed "$junit" "$name")
    [ -z "$name" ] || row "$name" "${sum[0]}" "${sum[1]}" "${sum[2]}" $((SECONDS - begun))
}

chosen() { [[ " ${stages[*]} " == *" $1 "* ]]; }
any_of() {
    local one
    for one; do if chosen "$one"; then return 0; fi; done
    return 1
}

need_to_build_tools clang doctest-dev nlohmann-json3-dev libgumbo-dev libstemmer-dev libmd4c-dev
if any_of unit asan clang && [ "$GRAFT_MODELS" = "$build/models" ]; then
    for model in minilm smollm2 e5; do
        [ -e "$GRAFT_MODELS/$model/.complete" ] || announce "fetching the model $model, which some tests read"
        "$root/examples/models.sh" $model >"$logs/model.$model" 2>&1 || announce "$(tail -n 1 "$logs/model.$model")"
    done
fi
if chosen docs; then (need doxygen); fi

# What lies in this tree: one build, one call of CTest.
labels=$(printf '%s\n' "${stages[@]}" | grep -vxE 'newest|asan|tsan|clang|neon' | paste -sd '|' || true)
if [ -n "$labels" ]; then
    targets=(graft_flags) filter=()
    if any_of unit symbols; then targets+=(tests); fi
    if chosen headers; then targets+=(graft_headers); fi
    if chosen refuses; then targets+=(graft_refuses); fi
    if chosen odr; then targets+=(graft_odr); fi
    if chosen docs; then targets+=(graft_guide); fi
    # The choice of an earlier --tests stands in the cache: without one now, it is taken back.
    if [ -n "$matching" ] || grep -qs '^GRAFT_TESTS_ONLY:STRING=.' "$build/dev/CMakeCache.txt"; then
        filter=("-DGRAFT_TESTS_ONLY=$matching")
    fi
    built "build" dev "${filter[@]}" -- "${targets[@]}"
    if chosen examples; then built "build tools" release -- examples
    elif any_of tools cases neighbours desk; then built "build tools" release -- example_{ask,chunk,evaluate,search}; fi
    tested dev "" -C full -L "^($labels)\$"
fi

# What is built again with other flags, by another compiler, against other libraries.
if chosen newest; then
    if "$root/tests/newest.sh" >"$logs/newest.prefix" 2>&1; then
        built "build newest" newest -- tests
        tested newest newest
    elif grep -q '^skip' "$logs/newest.prefix"; then
        row newest 0 0 1 0
    else
        row newest 0 1 0 0 && why "$logs/newest.prefix"
    fi
fi
if chosen asan; then
    built "build asan" asan -- tests
    ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1} UBSAN_OPTIONS=print_stacktrace=1 tested asan asan
fi
if chosen tsan; then # ThreadSanitizer sees the test files that start threads
    files=$(cd "$root/tests" && grep -lE 'std::j?thread|threads\(|pool' ./*/*.test.cpp | sed 's,^\./,,; s/\./\\./g' | paste -sd '|')
    built "build tsan" tsan "-DGRAFT_TESTS_ONLY=^($files)\$" -- tests
    TSAN_OPTIONS=halt_on_error=1:suppressions=$root/tests/support/tsan.txt tested tsan tsan
fi
if chosen clang; then
    built "build clang" clang -- tests graft_headers
    tested clang clang
fi
if chosen neon; then
    (need g++-aarch64-linux-gnu qemu-user)
    built "build neon" neon -- tests
    tested neon neon
fi

printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
