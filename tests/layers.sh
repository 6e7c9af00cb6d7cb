#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/layers.sh
#
# Holds the tree to the rules that HACKING.md states. The table of modules is read out of HACKING.md, from rows like
#   | `index/` | what it holds | core math store; text for bm25 and filter only |
# whose last column names the modules that may be included: before the semicolon by every file, behind it, in the form
# `MODULE… for NOUN and NOUN only`, by the files that are named NOUN or NOUN_something. `–` is nothing, `everything` is everything. Umbrella headers
# (include/graft/*.hpp) may include all modules; no module may include an umbrella.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ $# -eq 0 ] || { usage && exit; }
cd "$root"
set +o pipefail # a search that finds nothing is good news here

# The files of the project: what git knows or would add; in a tree without git, everything that was not built.
files() {
    git ls-files -co --exclude-standard 2>/dev/null | sort -u | while read -r f; do [ ! -f "$f" ] || echo "$f"; done ||
        find . -path ./build -prune -o -path ./.git -prune -o -type f -print | sed 's,^\./,,'
}
# verdict RULE < BROKEN: one line a breach, or one that says the rule holds.
verdict() {
    local broken
    broken=$(cat)
    if [ -z "$broken" ]; then ok "$1"; else while IFS= read -r line; do miss "$line"; done <<<"$broken"; fi
}

# "MODULE ALLOWED" and "MODULE ALLOWED NOUN" a line, out of the table.
table() {
    awk -F '|' '
        $2 ~ /^ *`[a-z_]+\/` *$/ && NF >= 5 {
            module = $2; gsub(/[` \/]/, "", module)
            n = split($(NF - 1), part, ";")
            m = split(part[1], word, /[ ,]+/)
            print module, "-"
            for (i = 1; i <= m; ++i) if (word[i] ~ /^[a-z_]+$/) print module, word[i]
            for (k = 2; k <= n; ++k) {
                m = split(part[k], word, /[ ,]+/); after = 0
                for (i = 1; i <= m; ++i) if (word[i] == "for") { after = i; break }
                for (i = 1; i < after; ++i) for (j = after + 1; j <= m; ++j)
                    if (word[i] ~ /^[a-z_]+$/ && word[j] ~ /^[a-z_0-9]+$/ && word[j] !~ /^(and|only)$/) print module, word[i], word[j]
            }
        }' HACKING.md
}

layers() {
    if [ ! -e HACKING.md ] || [ -z "$(table)" ]; then
        miss "HACKING.md has no table of modules"
        return
    fi
    # The table itself runs one way.
    if table | awk '$2 != "-" && $2 != "everything" { print $1, $2 }' | tsort >/dev/null 2>&1; then ok "the table has no circle"; else miss "the table of modules in HACKING.md has a circle"; fi

    # Direct includes, one per line: file, module, included module.
    grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]graft/' include --include='*.hpp' |
        sed -E 's,^include/graft/([^:]*):([0-9]+):.*[<"]graft/([^>"]*)[>"].*,\1 \2 \3,' |
        awk -v table="$(table)" '
        BEGIN {
            n = split(table, line, "\n")
            for (i = 1; i <= n; ++i) {
                split(line[i], w, " "); known[w[1]] = 1
                if (w[3] == "") may[w[1], w[2]] = 1; else only[w[1], w[2]] = only[w[1], w[2]] " " w[3]
            }
        }
        $1 !~ /\// { next }
        {
            from = $1; sub(/\/.*/, "", from)
            noun = $1; sub(/^.*\//, "", noun); sub(/\.hpp$/, "", noun)
            if (!(from in known)) { print "include/graft/" $1 ": the module " from "/ is not in the table of HACKING.md"; next }
            if ($3 ~ /^(config|version)\.hpp$/) next
            if ($3 !~ /\//) { print "include/graft/" $1 ":" $2 ": a module includes the umbrella " $3; next }
            to = $3; sub(/\/.*/, "", to)
            if (to == from || (from, to) in may || (from, "everything") in may) next
            m = split(only[from, to], word, " ")
            for (i = 1; i <= m; ++i) if (noun == word[i] || index(noun, word[i] "_") == 1) next
            print "include/graft/" $1 ":" $2 ": " from "/ may not include " to "/ (" $3 ")"
        }' | verdict "direct includes go one way"

    local name
    for name in include/graft/*/; do
        name=$(basename "$name")
        # A folder with nothing in it does not count, nor does git see it.
        [ -z "$(find "include/graft/$name" -name '*.hpp' -print -quit)" ] || table | grep -q "^$name " || echo "include/graft/$name/: a module that the table of HACKING.md does not have"
    done | verdict "every module is in the table"
}

headers() {
    local major minor version header
    major=$(awk '/define GRAFT_VERSION_MAJOR/ { print $3 }' include/graft/version.hpp)
    minor=$(awk '/define GRAFT_VERSION_MINOR/ { print $3 }' include/graft/version.hpp)
    version=v${major}_$minor
    grep -qx "#define GRAFT_ABI $version" include/graft/version.hpp || miss "include/graft/version.hpp: GRAFT_ABI is not $version"
    find include -name '*.hpp' | sort | while read -r header; do
        grep -qx '#pragma once' "$header" || echo "$header: no #pragma once"
        # Macros live in config.hpp and version.hpp alone, but for those that are taken back at once; a header that
        # only includes others needs no namespace.
        case $header in include/graft/config.hpp | include/graft/version.hpp) continue ;; esac
        if grep -qE '^namespace|^(struct|class|template|inline)' "$header"; then
            grep -q '^namespace graft::inline GRAFT_ABI\b' "$header" || echo "$header: not in namespace graft::inline GRAFT_ABI"
        fi
        awk -v header="$header" '
            /^[[:space:]]*#[[:space:]]*define/ { sub(/^[[:space:]]*#[[:space:]]*define[[:space:]]+/, ""); sub(/[^A-Za-z0-9_].*/, ""); at[$0] = FNR }
            /^[[:space:]]*#[[:space:]]*undef/ { delete at[$NF] }
            END { for (name in at) print header ":" at[name] ": the macro " name " (macros stand in config.hpp)" }' "$header"
        if [ "$(wc -l <"$header")" -gt 400 ] && ! head -n 8 "$header" | grep -qi 'written by\|generated'; then echo "$header: more than 400 lines; split it by idea"; fi
    done | verdict "every header: once, in graft::inline GRAFT_ABI, no macro, at most 400 lines"

    # What a header-only library must not do to its host, or to the time of its compiler.
    {
        grep -rnE '#[[:space:]]*include[[:space:]]*<(iostream|format|regex|ranges|expected|source_location|print|cassert|assert\.h|Eigen/Dense|Eigen/Eigen)>' include
        grep -rnE '(^|[^_[:alnum:].:>~])(std::)?(abort|exit|_exit|quick_exit|terminate|getenv|setlocale|rand|srand|system|printf|fprintf|puts|assert)[[:space:]]*\(' include |
            grep -vE '^[^:]*:[0-9]+:[[:space:]]*(//|\*)'
        grep -rnE '(^|[^_[:alnum:]])std::(cout|cerr|clog|views)\b' include | grep -vE '^[^:]*:[0-9]+:[[:space:]]*//'
        grep -rnE '^using namespace ' include
    } | sed 's,$,  (not in a header of ours),' | verdict "no header prints, ends the host, reads its environment or includes what is slow"
}

# A file is covered by a line of its own, or by FILE.license beside it or beside a folder that holds it. The golden output of a
# program is covered by the program.
licences() {
    local file at
    files | while read -r file; do
        case $file in LICENSE | *.license) continue ;; *.txt) [ ! -e "${file%.txt}.cpp" ] || continue ;; esac
        ! grep -qm1 'SPDX-License-Identifier' "$file" || continue
        at=$file
        while [ "$at" != . ] && [ ! -e "$at.license" ]; do at=$(dirname "$at"); done
        [ "$at" != . ] || echo "$file: no SPDX-License-Identifier, and no $file.license"
    done | verdict "every file names its licence"
}

all() { layers; headers; licences; }
counted all
