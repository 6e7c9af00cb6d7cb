#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/symbols.sh
#
# Looks at what the functions of namespace graft call: those of one unit that includes every header and keeps every
# inline function, and the templates as the tests instantiate them. None may end the host, print, read its environment or
# change its locale.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }

forbidden='abort|exit|_exit|_Exit|quick_exit|_ZSt9terminatev|rand|srand|random|setlocale|system|getenv|secure_getenv|printf|fprintf|vprintf|puts|putchar|_ZSt4cout|_ZSt4cerr|_ZSt4clog|std(out|err)|__assert_fail|__(f|v)?printf_chk'
unit=$build/symbols
mkdir -p "$unit"

# calls OBJECT...: "CALLER CALLED", both mangled, one line for each forbidden symbol that a function of graft's refers to.
calls() {
    objdump -r "$@" 2>/dev/null | awk -v bad="^($forbidden)\$" '
        /^RELOCATION RECORDS FOR/ { section = $4; gsub(/[\[\]:]/, "", section); next }
        section ~ /^\.text/ && section ~ /\._ZNK?5graft4v/ { called = $3; sub(/[-+]0x.*/, "", called); sub(/@.*/, "", called); if (called ~ bad) print section, called }' |
        sed 's/^\.text\.\(unlikely\.\|startup\.\|hot\.\)*//' | sort -u
}
verdict() {
    local broken
    broken=$(grep -vE "${2:-^$}" || true)
    if [ -z "$broken" ]; then ok "$1"; else printf '%s\n' "$broken" | c++filt | sed 's/^/FAIL  /'; fi
}

everything() {
    build_preset dev -- graft_flags
    # Without NDEBUG Eigen's own asserts would be seen; a host decides about them. A function that must be inlined cannot
    # be kept as well, so here none must.
    if ! g++ "@$build/dev/graft.flags" -O0 -DNDEBUG -DEIGEN_NO_DEBUG -fkeep-inline-functions -ffunction-sections -Dalways_inline=unused -w \
        -c -x c++ "$build/dev/tests/everything.hpp" -o "$unit/everything.o" 2>"$unit/log"; then
        miss "a unit with every header does not compile" && grep -m 3 error "$unit/log"
        return
    fi
    local functions
    functions=$(objdump -h "$unit/everything.o" | grep -c '\.text\..*5graft4v' || true)
    if [ "$functions" -lt 10 ]; then miss "only $functions functions of graft were seen, so this check sees nothing" && return; fi
    calls "$unit/everything.o" | verdict "$functions functions of graft call nothing that a library must not"
}
instantiated() {
    local objects
    objects=$(find "$build/dev/tests/CMakeFiles/graft_tests.dir" -name '*.o' 2>/dev/null)
    [ -n "$objects" ] || { skip "the tests are not built, so the templates were not looked at" && return; }
    # shellcheck disable=SC2086
    calls $objects | verdict "the templates of graft, as the tests use them, call nothing that a library must not" ' (__assert_fail|_ZSt9terminatev)$' # Eigen's, and the destructor of std::thread's
}
all() { everything; instantiated; }
counted all
