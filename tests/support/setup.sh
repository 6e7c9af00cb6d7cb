# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# What the scripts of graft share; they source it. Everything it says goes to stderr.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$root/build
export root build
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# A compiler takes up to 1.9 GB for one unit, so a small machine with many cores builds fewer at once.
jobs=${GRAFT_JOBS:-$(awk -v n="$cores" '/^MemTotal/ { m = int($2 / 1900000); if (m < n) n = m } END { print n < 1 ? 1 : n }' \
    /proc/meminfo 2>/dev/null || echo "$cores")}

# Real data and reference outputs, where the checkout has them beside it.
if [ -z "${GRAFT_SHARED:-}" ] && [ -d "$root/../shared" ]; then
    GRAFT_SHARED=$(cd "$root/../shared" && pwd -P)
    export GRAFT_SHARED
fi

# Real models, as examples/models.sh brings them.
export GRAFT_MODELS=${GRAFT_MODELS:-$build/models}

say() { printf '%s\n' "$*" >&2; }

# announce SENTENCE...: what takes a while, said before it begins to whoever started the first script, also where stderr goes into a
# log by then.
if [ -z "${GRAFT_TELL:-}" ] || ! { true >&8; } 2>/dev/null; then exec 8>&2; fi
export GRAFT_TELL=8
announce() { printf '%s\n' "$*" >&8; }

# fail SENTENCE...: the one way in which a script gives up.
fail() {
    say "$(basename "$0"): $*"
    exit 1
}

# The comment at the top of the script that asks, without the licence lines: its --help.
usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1 && !/SPDX/ { sub(/^# ?/, ""); print }' "$0" | sed '1{/^$/d}'; }

# need PACKAGE...: installs what is missing of these Debian packages. Elsewhere CMake will say what it does not find.
need() {
    command -v dpkg-query >/dev/null || return 0
    local missing=() package as_root=()
    for package; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ -z "${GRAFT_NO_INSTALL:-}" ] || fail "these packages are missing, and GRAFT_NO_INSTALL is set: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing; run me as root, or install them: ${missing[*]}"
        as_root=(sudo)
    fi
    announce "installing ${missing[*]}"
    local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300) log
    log=$(mktemp)
    # The package lists may be absent or stale; they are fetched only when something is to be installed.
    if ! { "${as_root[@]}" "${get[@]}" update && "${as_root[@]}" "${get[@]}" install --no-install-recommends -y "${missing[@]}"; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

# What every build needs: a compiler, CMake, and the three libraries that graft stands on.
need_to_build() { need g++ cmake ninja-build libeigen3-dev libhnswlib-dev libxsimd-dev "$@"; }
# And what the tools among the examples need, as their own `// needs:` lines say.
# shellcheck disable=SC2046
need_to_build_tools() { need_to_build $(sed -n 's,^// needs: *,,p' "$root"/examples/*.cpp | tr ' ' '\n' | sort -u) "$@"; }

# announce_compiling FOLDER TARGET...: says what is to be compiled there, and nothing where nothing is. The seconds are a guess for a
# desk machine: 50 for the largest unit, 8 for each, as many at once as there are jobs.
announce_compiling() {
    local folder=$1 units
    shift
    # Asked of build.ninja itself, a dry run sees no further than that CMake might have to run again.
    { ninja -C "$folder" build.ninja && cp "$folder/build.ninja" "$folder/plan.ninja"; } || return 0
    units=$(ninja -C "$folder" -f plan.ninja -n "$@" 2>/dev/null | grep -c 'Building CXX object' || true)
    [ "$units" -gt 0 ] || return 0
    announce "compiling ${*#example_} ($units files, some $(((50 + 8 * units / jobs + 9) / 10 * 10)) s; later only what changed)"
}

# build_preset PRESET [-D...] -- TARGET...: configures where that was not done, and builds what changed. Quiet unless it fails.
build_preset() {
    local preset=$1 options=() log=$build/$1.log
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    mkdir -p "$build/$preset"
    if ! (
        if command -v flock >/dev/null; then exec 9>"$build/$preset.lock" && flock 9; fi
        cd "$root"
        # A folder that was copied from elsewhere knows other paths.
        grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/$preset/CMakeCache.txt" || rm -rf "${build:?}/$preset"
        mkdir -p "$build/$preset"
        if [ ! -e "$build/$preset/build.ninja" ] || [ "$(cat "$build/$preset/options" 2>/dev/null)" != "${options[*]-}" ]; then
            cmake --preset "$preset" "${options[@]}" && printf '%s' "${options[*]-}" >"$build/$preset/options"
        fi && announce_compiling "$build/$preset" "$@" && cmake --build "$build/$preset" -j "$jobs" --target "$@" -- -k 0
    ) >"$log" 2>&1 </dev/null; then
        grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Re-checking)|^/[^ ]* (-E env|-[DI]).* -c |^FAILED: |^ninja: build stopped|^(--|Preset) |^  [A-Z_]+(:BOOL)?=|^$' "$log" | head -n 60 >&2
        say "the whole output is in $log"
        return 1
    fi
}

# in_parallel FUNCTION < ITEMS: calls an exported function for each line, as many at once as there are jobs.
in_parallel() { xargs -r -d '\n' -n 1 -P "$jobs" bash -c "set -euo pipefail; $1 \"\$1\"" "$1"; }

# Every check prints lines that begin with `ok`, `FAIL` or `skip`; the runner counts them. A check that was run by hand
# ends with its own count.
ok() { printf 'ok    %s\n' "$*"; }
miss() { printf 'FAIL  %s\n' "$*"; }
skip() { printf 'skip  %s\n' "$*"; }

# counted FUNCTION...: runs a check, shows what it prints, and fails when a line of it says FAIL.
counted() {
    local log rc=0
    log=$(mktemp)
    "$@" | tee "$log" || rc=$?
    if grep -q '^FAIL' "$log"; then rc=1; fi
    rm -f "$log"
    return $rc
}
