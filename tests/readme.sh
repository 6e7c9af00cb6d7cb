#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/readme.sh [FILE.md]...
#
# Compiles and runs every ```cpp block of README.md and HACKING.md (or of the files given). A block is a whole program. One whose first
# line is `// fragment` is put into a main() below `#include <graft/graft.hpp>` and `using namespace graft;`, and one
# whose first line is `// declarations` stands above an empty main(). `// not compiled: REASON` leaves a block out, and counts as skipped.
# A ```text block that directly follows a program is what the program must print. It runs in a folder where each folder
# of examples/ stands under its own name, and with no input.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ "${1:-}" != --help ] || { usage && exit; }

scratch=$build/readme
rm -rf "$scratch/room" && mkdir -p "$scratch/room"
for folder in "$root"/examples/*/; do [ ! -d "$folder" ] || cp -R "$folder" "$scratch/room/"; done
export scratch flags=$build/dev/graft.flags

# blocks FILE: NAME_LINE.cpp for every block, NAME_LINE.out for what it prints.
blocks() {
    awk -v at="$scratch/$(basename "$1" .md)_" '
        /^```cpp[[:space:]]*$/ && !in_block { in_block = 1; out = at NR ".cpp"; printf "" >out; last = at NR; next }
        /^```text[[:space:]]*$/ && !in_block && last != "" { in_block = 1; out = last ".out"; printf "" >out; last = ""; next }
        /^```/ { if (in_block) close(out); else last = ""; in_block = !in_block; if (in_block) out = "/dev/null"; next }
        in_block { print >out; next }
        /[^[:space:]]/ { last = "" }' "$1"
}

block() {
    local file=$1 name
    name=$(basename "$file" .cpp)
    local program=$scratch/$name
    case $(head -n 1 "$file") in
    '// not compiled'*) skip "$name: $(head -n 1 "$file" | sed 's,^// ,,')" && return ;;
    '// fragment'*)
        { printf '#include <graft/graft.hpp>\nusing namespace graft;\nint main() {\n' && cat "$file" && echo '}'; } >"$program.whole.cpp"
        ;;
    '// declarations'*) { printf '#include <graft/graft.hpp>\nusing namespace graft;\n' && cat "$file" && echo 'int main() {}'; } >"$program.whole.cpp" ;;
    *) cp "$file" "$program.whole.cpp" ;;
    esac
    # A block that needs no more than g++ and the flags of any host.
    local now
    now=$({ cat "$program.whole.cpp" "$scratch/tree"; } | sha256sum)
    if [ "$(cat "$program.made" 2>/dev/null)" != "$now" ]; then
        rm -f "$program.made"
        if ! g++ "@$flags" -O0 -Wall -Wextra -Wno-unused-variable -Wno-unused-but-set-variable "$program.whole.cpp" -o "$program" 2>"$program.log"; then
            miss "$name does not compile: $(grep -m1 error "$program.log")" && return
        fi
        echo "$now" >"$program.made"
    fi
    local room=$scratch/rooms/$name
    rm -rf "$room" && mkdir -p "$scratch/rooms" && cp -R "$scratch/room" "$room"
    if ! (cd "$room" && "$program") >"$program.said" 2>"$program.log" </dev/null; then
        miss "$name fails when it runs: $(head -n 3 "$program.log" | tr '\n' ' ')" && return
    fi
    if [ -e "$scratch/$name.out" ] && ! diff -u "$scratch/$name.out" "$program.said" >"$program.log"; then
        miss "$name prints something else than the text below it" && sed 's/^/      /' "$program.log" | head -n 30 && return
    fi
    ok "$name"
}
export -f ok miss skip block

all() {
    build_preset dev -- graft_flags || { miss "the build could not be configured" && return; }
    { cat "$flags" && find "$root/include" -name '*.hpp' | sort | xargs cat; } | sha256sum >"$scratch/tree"
    rm -f "$scratch"/*.cpp "$scratch"/*.out
    for file in "${files[@]}"; do [ ! -e "$file" ] || blocks "$file"; done
    find "$scratch" -maxdepth 1 -name '*.cpp' ! -name '*.whole.cpp' | sort -V | in_parallel block
    [ -n "$(find "$scratch" -maxdepth 1 -name '*.cpp' -print -quit)" ] || miss "there is no block of C++ in ${files[*]}"
}
files=("${@:-$root/README.md}")
[ $# -gt 0 ] || files+=("$root/HACKING.md")
counted all
