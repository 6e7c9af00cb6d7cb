#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/readme.sh [--program PROGRAM] [FILE.md]...
#
# Compiles and runs every ```cpp block of README.md and HACKING.md (or of the files given). A block is a whole program. One whose first
# line is `// fragment` is put into a main() below `#include <graft/graft.hpp>` and `using namespace graft;`, and one
# whose first line is `// declarations` stands above an empty main(). `// not compiled: REASON` leaves a block out, and counts as skipped; so does `// model: NAME` where
# that real model is absent.
# A ```text block that directly follows a program is what the program must print. It runs in a folder where each folder
# of examples/ stands under its own name, and with no input. With PROGRAM (tests/support/guide.awk makes it) nothing is compiled here:
# it runs the block that it is asked for.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ "${1:-}" != --help ] || { usage && exit; }

program='' scratch=$build/readme
if [ "${1:-}" = --program ]; then
    program=$(realpath "$2") scratch=$build/guide/$(basename "${3:?a page}" .md)
    shift 2
fi
rm -rf "$scratch/room" && mkdir -p "$scratch/room"
for folder in "$root"/examples/*/; do [ ! -d "$folder" ] || cp -R "$folder" "$scratch/room/"; done
export program scratch flags=$build/dev/graft.flags kernels=$build/dev/libgraft_kernels.a

# blocks FILE: NAME_LINE.cpp for every block, NAME_LINE.out for what it prints.
blocks() {
    awk -v at="$scratch/$(basename "$1" .md)_" '
        /^```cpp[[:space:]]*$/ && !in_block { in_block = 1; out = at NR ".cpp"; printf "" >out; last = at NR; next }
        /^```text[[:space:]]*$/ && !in_block && last != "" { in_block = 1; out = last ".out"; printf "" >out; last = ""; next }
        /^```/ { if (in_block) close(out); else last = ""; in_block = !in_block; if (in_block) out = "/dev/null"; next }
        in_block { print >out; next }
        /[^[:space:]]/ { last = "" }' "$1"
}

# compiled STEM: STEM, of STEM.cpp in its frame.
compiled() {
    local stem=$1
    case $(head -n 1 "$stem.cpp") in
    '// fragment'*)
        { printf '#include <graft/graft.hpp>\nusing namespace graft;\nint main() {\n' && cat "$stem.cpp" && echo '}'; } >"$stem.whole.cpp"
        ;;
    '// declarations'*) { printf '#include <graft/graft.hpp>\nusing namespace graft;\n' && cat "$stem.cpp" && echo 'int main() {}'; } >"$stem.whole.cpp" ;;
    *) cp "$stem.cpp" "$stem.whole.cpp" ;;
    esac
    # With what graft::kernels holds, which takes half as long; that a host needs it for nothing is for tests/consumer to show.
    local now
    now=$({ cat "$stem.whole.cpp" "$scratch/tree"; } | sha256sum)
    if [ "$(cat "$stem.made" 2>/dev/null)" != "$now" ]; then
        rm -f "$stem.made"
        g++ "@$flags" "@${kernels%/*}/kernels.flags" -O0 -Wall -Wextra -Wno-unused-variable -Wno-unused-but-set-variable "$stem.whole.cpp" "$kernels" -pthread -o "$stem" 2>"$stem.log" || return
        echo "$now" >"$stem.made"
    fi
}

block() {
    local name stem=${1%.cpp}
    name=$(basename "$stem")
    if head -n 1 "$stem.cpp" | grep -q '^// not compiled'; then
        skip "$name: $(head -n 1 "$stem.cpp" | sed 's,^// ,,')" && return
    fi
    local model runs=("$stem")
    model=$(sed -n '1s,^// model: *,,p' "$stem.cpp")
    if [ -n "$model" ] && [ ! -e "$GRAFT_MODELS/$model/.complete" ]; then skip "$name: the model $model is absent" && return; fi
    if [ -n "$program" ]; then runs=("$program" "$name")
    elif ! compiled "$stem"; then
        miss "$name does not compile: $(grep -m1 error "$stem.log")" && return
    fi
    local room=$scratch/rooms/$name
    rm -rf "$room" && mkdir -p "$scratch/rooms" && cp -R "$scratch/room" "$room"
    if [ -n "$model" ]; then mkdir "$room/build" && ln -s "$GRAFT_MODELS" "$room/build/models"; fi
    if ! (cd "$room" && "${runs[@]}") >"$stem.said" 2>"$stem.log" </dev/null; then
        miss "$name fails when it runs: $(head -n 3 "$stem.log" | tr '\n' ' ')" && return
    fi
    if [ -e "$stem.out" ] && ! diff -u "$stem.out" "$stem.said" >"$stem.log"; then
        miss "$name prints something else than the text below it" && sed 's/^/      /' "$stem.log" | head -n 30 && return
    fi
    ok "$name"
}
export -f ok miss skip compiled block

all() {
    if [ -z "$program" ]; then
        build_preset dev -- graft_flags graft_kernels || { miss "graft::kernels could not be built" && return; }
        { cat "$flags" "$kernels" && find "$root/include" -name '*.hpp' | sort | xargs cat; } | sha256sum >"$scratch/tree"
    fi
    rm -f "$scratch"/*.cpp "$scratch"/*.out
    for file in "${files[@]}"; do [ ! -e "$file" ] || blocks "$file"; done
    find "$scratch" -maxdepth 1 -name '*.cpp' ! -name '*.whole.cpp' | sort -V | in_parallel block
    [ -n "$(find "$scratch" -maxdepth 1 -name '*.cpp' -print -quit)" ] || miss "there is no block of C++ in ${files[*]}"
}
files=("${@:-$root/README.md}")
[ $# -gt 0 ] || files+=("$root/HACKING.md")
counted all
