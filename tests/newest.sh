#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/newest.sh
#
# Fills build/newest-prefix with newer dependencies than Debian's, from the sources that pip gives: hnswlib 0.8.0 out of
# its own source distribution, xsimd 14.1 out of the wheel of pythran 0.19.0. Preset `newest` builds against them.
# It installs, where they are missing: python3-pip python3-venv.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

prefix=$build/newest-prefix
if [ -e "$prefix/include/hnswlib/stop_condition.h" ] && [ -e "$prefix/include/xsimd/xsimd.hpp" ]; then
    ok "hnswlib 0.8.0 and xsimd 14.1 are there"
    exit
fi

command -v pip3 >/dev/null || need python3-pip python3-venv
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# unavailable WHAT: without a registry this column is left out; where skips are forbidden that is a failure.
unavailable() {
    tail -n 5 "$scratch/log" >&2
    if [ "${CI:-}" = true ]; then miss "pip could not download $1"; else skip "pip could not download $1, so the newest dependencies were not tested"; fi
    exit 1
}
pip3 download --quiet --no-deps --no-binary hnswlib hnswlib==0.8.0 >log 2>&1 || unavailable "hnswlib 0.8.0"
pip3 download --quiet --no-deps --only-binary :all: pythran==0.19.0 >log 2>&1 || unavailable "pythran 0.19.0, which carries xsimd 14.1"

tar -xf hnswlib-0.8.0.tar.gz
python3 -m zipfile -e pythran-0.19.0-*.whl pythran
rm -rf "$prefix"
mkdir -p "$prefix/include"
cp -R hnswlib-0.8.0/hnswlib pythran/pythran/xsimd "$prefix/include/"
ok "hnswlib 0.8.0 and xsimd 14.1 were unpacked"
