#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: benchmarks/run.sh SUITE [--json FILE] [ARGUMENT]...
#        benchmarks/run.sh --help         this text and the list of suites
#
# Builds one suite of benchmarks (Release, only what changed), runs it in the current folder and prints a table: ours,
# peer, ratio. A ratio above 1 means that ours is better. --json FILE also writes the rows, one JSON object a line:
#   {"suite","name","unit","ours","peer","peer_name","ratio"}, and where a row has them "low" and "high" (the 95 % interval of
#   the ratio), "quietest" (the ratio of the quietest slices), "bar", "others" (more peers)
# Run it as root or with sudo on a fresh Debian 12; elsewhere install the same things first.
#
# It installs, where they are missing: g++ cmake ninja-build libeigen3-dev libhnswlib-dev libxsimd-dev libbenchmark-dev, and
# what a suite names in its own `// needs:` line. GRAFT_NO_INSTALL=1 forbids that. A suite whose peers come from elsewhere has
# a script peers.sh beside it, which says whence.
#
# GRAFT_SHARED names a folder of real data (default: ../shared, where it exists).

. "$(dirname "${BASH_SOURCE[0]}")/../tests/support/setup.sh"

# A suite is benchmarks/SUITE.cpp or all of benchmarks/SUITE/*.cpp.
sources() { ls "$root/benchmarks/$1.cpp" "$root/benchmarks/$1"/*.cpp 2>/dev/null || true; }
catalogue() {
    local name about
    for name in $(cd "$root/benchmarks" && ls -d -- *.cpp */*.cpp 2>/dev/null | sed 's,[/.].*,,' | sort -u | grep -vx support); do
        # shellcheck disable=SC2046
        about=$(awk '/^\/\/ (SPDX|needs:|links:)/ { next } /^\/\/ / { sub(/^\/\/ /, ""); print; exit }' $(sources "$name"))
        printf '  %-28s %s\n' "$name" "$about"
    done
}

case ${1:-} in
'' | -h | --help)
    usage
    printf '\nThe suites:\n'
    catalogue
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
esac
suite=$1
shift
if [ "$suite" = support ] || [ -z "$(sources "$suite")" ]; then
    say "The suites:"
    catalogue >&2
    say "benchmarks/run.sh: there is no suite '$suite'."
    exit 2
fi

# shellcheck disable=SC2046
need_to_build libbenchmark-dev $(sources "$suite" | xargs sed -n 's,^// needs: *,,p')
if [ -x "$root/benchmarks/$suite/peers.sh" ]; then
    "$root/benchmarks/$suite/peers.sh" || say "without the peers of '$suite'"
    export GRAFT_PEERS=$build/peers
fi
build_preset bench -- "benchmark_$suite" || fail "'$suite' could not be built."
exec "$build/bench/benchmarks/$suite" "$@"
