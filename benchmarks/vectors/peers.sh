#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: benchmarks/vectors/peers.sh
#
# Brings what the suite is held against to build/peers: headers out of the source distributions of hnswlib, NumKong and
# SimSIMD, and an environment of Python with the wheels of faiss-cpu and usearch (and numpy's, which carries a newer OpenBLAS
# than Debian's). Versions are pinned. What cannot be had is left out, and the table says so.
# It installs, where they are missing: libopenblas0-pthread, and for the rest python3-pip python3-venv.

. "$(dirname "${BASH_SOURCE[0]}")/../../tests/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

headers=(hnswlib==0.8.0 numkong==7.8.6 simsimd==6.5.16)
wheels=(faiss-cpu==1.15.1 usearch==2.26.6 numkong==7.8.6 numpy==2.4.6 packaging==26.3 tqdm==4.70.1)

peers=$build/peers
mkdir -p "$peers/include"
cp "$(dirname "${BASH_SOURCE[0]}")/peers.py" "$peers/"
(need libopenblas0-pthread) || say "without OpenBLAS of Debian"
missing=()

# header NAME VERSION FOLDER: the folder of headers that the source distribution has.
header() {
    [ "$(cat "$peers/include/$1.version" 2>/dev/null)" != "$2" ] || return 0
    local scratch rc=0
    scratch=$(mktemp -d)
    (
        cd "$scratch"
        pip3 download --quiet --no-deps --no-binary "$1" "$1==$2" >log 2>&1 || { tail -n 3 log >&2; exit 1; }
        tar -xf "$1-$2.tar.gz"
        rm -rf "${peers:?}/include/$1"
        cp -R "$1-$2/$3" "$peers/include/$1"
        printf '%s' "$2" >"$peers/include/$1.version"
    ) || rc=1
    rm -rf "$scratch"
    return $rc
}

if command -v pip3 >/dev/null || (need python3-pip python3-venv); then
    for pin in "${headers[@]}"; do
        name=${pin%%==*}
        case $name in hnswlib) folder=hnswlib ;; *) folder=include/$name ;; esac
        header "$name" "${pin##*==}" "$folder" || missing+=("$name")
    done
    if [ "$(cat "$peers/venv/wheels" 2>/dev/null)" != "${wheels[*]}" ]; then
        rm -rf "$peers/venv"
        if python3 -m venv "$peers/venv" >"$peers/log" 2>&1 &&
            "$peers/venv/bin/pip" install --quiet --no-deps --only-binary :all: "${wheels[@]}" >>"$peers/log" 2>&1; then
            printf '%s' "${wheels[*]}" >"$peers/venv/wheels"
        else
            tail -n 3 "$peers/log" >&2
            missing+=(faiss-cpu usearch)
        fi
    fi
else
    missing=(hnswlib numkong simsimd faiss-cpu usearch)
fi
[ ${#missing[@]} -eq 0 ] || say "these peers could not be had: ${missing[*]}"

# The native library includes this, so that it is built anew when what was found has changed.
version() { cat "$peers/include/$1.version" 2>/dev/null || true; }
found=$(
    printf '#define BENCH_HNSWLIB "hnswlib %s"\n' "$(version hnswlib)"
    printf '#define BENCH_NUMKONG "NumKong %s"\n' "$(version numkong)"
    printf '#define BENCH_SIMSIMD "SimSIMD %s"\n' "$(version simsimd)"
)
[ "$(cat "$peers/include/peers_found.hpp" 2>/dev/null)" = "$found" ] || printf '%s\n' "$found" >"$peers/include/peers_found.hpp"
