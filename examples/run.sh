#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: examples/run.sh TOOL [ARGUMENT]...
#        examples/run.sh TOOL --help      what the tool does, and its flags
#        examples/run.sh --help           this text and the list of tools
#
# Builds one tool or lesson of graft (Release, only what changed) and runs it in the current folder. stdout belongs to the
# tool; everything about building goes to stderr. Run it as root or with sudo on a fresh Debian 12; elsewhere install the
# same things first.
#
# It installs, where they are missing: g++ cmake ninja-build libeigen3-dev libhnswlib-dev libxsimd-dev, and what a tool
# names in its own `// needs:` line (nlohmann-json3-dev libcli11-dev libgumbo-dev). GRAFT_NO_INSTALL=1 forbids that.

. "$(dirname "${BASH_SOURCE[0]}")/../tests/support/setup.sh"

# The first comment of a program below its licence says what it does.
catalogue() {
    local file about
    for file in "$root"/examples/*.cpp; do
        [ -e "$file" ] || continue
        about=$(awk '/^\/\/ SPDX/ { next } /^\/\/ / { sub(/^\/\/ /, ""); print; exit }' "$file")
        printf '  %-28s %s\n' "$(basename "$file" .cpp)" "$about"
    done
}

case ${1:-} in
'' | -h | --help)
    usage
    printf '\nThe tools and lessons:\n'
    catalogue
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
esac
tool=$1
shift
if [ ! -f "$root/examples/$tool.cpp" ]; then
    say "The tools and lessons:"
    catalogue >&2
    say "examples/run.sh: there is no tool '$tool'."
    exit 2
fi

program=$build/release/examples/$tool
# shellcheck disable=SC2046
need_to_build $(sed -n 's,^// needs: *,,p' "$root/examples/$tool.cpp")
build_preset release -- "example_$tool" || fail "'$tool' could not be built."

# A model that a flag names as examples/models.sh does is fetched on first use.
before=''
for word; do
    case $before:$word in
    --model:minilm | --model:smollm2 | --model:e5 | --generator:smollm2 | --embedder:minilm | --embedder:e5 | --rerank:minilm | --rewrite:smollm2 | --base:minilm | --base:smollm2)
        if [ ! -e "$word" ]; then "$root/examples/models.sh" "$word" >/dev/null; fi
        ;;
    esac
    before=$word
done
exec "$program" "$@" 8>&-
