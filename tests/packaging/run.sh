#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/packaging/run.sh
#
# Makes graft's Conan package from this checkout with the very command that README.md names, tests it, uses it from a stranger's
# project, and asks for it on systems that are not supported. Recipes of tests/packaging/conan-index package the headers of the
# system instead of a download. Where vcpkg is on the PATH (or in VCPKG_ROOT), installs the overlay port; where it is not, stage
# consumer runs the port without it. What is in both manifests must agree. Conan is taken from the PATH, or from pip into build/conan.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }
here=$root/tests/packaging
scratch=$build/packaging
mkdir -p "$scratch"

version() { awk '/^#define GRAFT_VERSION_/ { v = v sep $3; sep = "." } END { print v }' "$root/include/graft/version.hpp"; }

manifests() {
    local file
    for file in "$root/vcpkg.json" "$here/vcpkg-port/graft/vcpkg.json"; do
        if grep -qF "\"version\": \"$(version)\"" "$file"; then ok "${file#"$root/"} names version $(version)"; else miss "${file#"$root/"} does not name version $(version)"; fi
    done
}

with_conan() {
    local tool log=$scratch/conan.log
    tool=$(type -P conan || type -P "$build/conan/bin/conan" || true)
    if [ -z "$tool" ]; then
        python3 -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
        if ! { python3 -m venv "$build/conan" && "$build/conan/bin/pip" install --quiet 'conan>=2.2,<3'; } >"$log" 2>&1; then
            rm -rf "$build/conan"
            skip "Conan could not be installed: $(tail -n 1 "$log")"
            return
        fi
        tool=$build/conan/bin/conan
    fi
    export CONAN_HOME=$scratch/conan-home
    rm -rf "$CONAN_HOME" && mkdir -p "$CONAN_HOME"
    if ! { "$tool" profile detect && "$tool" remote remove '*' && "$tool" remote add local "$here/conan-index" --type=local-recipes-index; } >"$log" 2>&1; then
        miss "Conan could not be set up" && tail -n 5 "$log"
        return
    fi
    # As README.md says it: `conan create …`.
    local command
    command=$(grep -oE '`conan create [^`]*`' "$root/README.md" | head -n 1 | tr -d '`')
    if [ -z "$command" ]; then
        miss 'README.md names no `conan create` command'
    elif (cd "$root" && PATH=$(dirname "$tool"):$PATH && $command) >"$log" 2>&1; then
        ok "$command"
    else
        miss "$command, which README.md names: $(grep -m1 -E '^ERROR|Invalid' "$log" || tail -n 1 "$log")"
    fi
    # Elsewhere it is refused by a sentence.
    local setting
    for setting in os=Windows os=Macos arch=riscv64 compiler.version=11; do
        if "$tool" install --requires "graft/$(version)" -s compiler.cppstd=20 -s "$setting" >"$log" 2>&1; then
            miss "conan install -s $setting is accepted"
        elif grep -qE 'graft (is tested on Linux|needs g\+\+ 12)' "$log"; then
            ok "conan install -s $setting is refused: $(grep -oE 'graft (is tested on Linux|needs g\+\+ 12).*' "$log" | head -n 1)"
        else
            miss "conan install -s $setting is refused without the words: $(tail -n 1 "$log")"
        fi
    done
    local with option options
    for with in with_json=False with_json=True with_html=True with_kernels=True "with_kernels=True with_json=True"; do
        options=()
        for option in $with; do options+=(-o "graft/*:$option"); done
        if "$tool" create "$root" --build=missing -s compiler.cppstd=20 "${options[@]}" -tf "$here/test_package" \
            -c tools.build:skip_test=False -c tools.build:jobs="$jobs" >"$log" 2>&1; then
            ok "conan create, $with"
        else
            miss "conan create, $with" && cut -c 1-300 "$log" | tail -n 20
        fi
    done
}

with_vcpkg() {
    local tool log=$scratch/vcpkg.log
    tool=$(type -P vcpkg || type -P "${VCPKG_ROOT:-/nowhere}/vcpkg" || true)
    if [ -z "$tool" ]; then skip "vcpkg is not installed, so its overlay port was run without it only (consumer/vcpkg)" && return; fi
    if GRAFT_SOURCE=$root VCPKG_KEEP_ENV_VARS=GRAFT_SOURCE "$tool" install graft --classic --overlay-ports="$here/vcpkg-port" \
        --x-install-root="$scratch/vcpkg" >"$log" 2>&1; then
        ok "vcpkg install graft"
    else
        miss "vcpkg install graft" && tail -n 20 "$log"
    fi
}

all() { manifests; with_conan; with_vcpkg; }
counted all
