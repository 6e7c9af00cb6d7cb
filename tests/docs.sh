#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/docs.sh
#
# Makes the reference and the guide in build/docs/html, and fails for what Doxygen warns of: a reference to nothing, broken markup, a
# type, concept, function or constant of a namespace that no comment explains. A member of a type need not be explained: most say it by
# their name, or by the concept that they meet, and a comment that repeats a name is forbidden. What stands in `detail` is nobody's to
# name. Then it looks for names in `backticks` of doc comments and of the guide that are no name in the code, what a rename leaves, and for links
# to files that are not there.

. "$(dirname "${BASH_SOURCE[0]}")/support/setup.sh"
[ "${1:-}" != --help ] || { usage && exit; }
(need doxygen)
cd "$root"
mkdir -p "$build/docs"

reference() {
    local log=$build/docs/warnings.log html=$build/docs/html
    rm -rf "$html"
    if ! doxygen docs/Doxyfile >"$log" 2>&1; then
        miss "doxygen fails: $(tail -n 1 "$log")" && return
    fi
    local bad
    bad=$(sed -E "s,^$root/,," "$log" | grep -vE 'warning: (Member .* of (class|struct|union) .*|Compound graft::[^:<]+(<.*>)?::[^:]+) is not documented' | awk '!seen[$0]++' || true)
    if [ -n "$bad" ]; then
        while IFS= read -r line; do miss "$line"; done <<<"$bad"
    else ok "no warning of doxygen"; fi
    # It says nothing where it understands nothing: what must be there, is.
    local page
    for page in classgraft_1_1knowledge__base structgraft_1_1threshold conceptgraft_1_1embedder namespacegraft_1_1flow; do
        if [ -e "$html/$page.html" ]; then ok "$page"; else miss "$page.html is not made"; fi
    done
    if grep -q '<dt>Fails</dt>' "$html/structgraft_1_1threshold.html"; then ok "headings"; else miss "threshold has no heading Fails"; fi
    if grep -rlq 'GRAFT_ABI\|v0_' --include='class*.html' "$html"; then miss "names show the inline namespace"; else ok "graft::corpus"; fi
    if [ -n "$(find "$html" -name '*_1_1detail_1_1*.html' -print -quit)" ]; then miss "detail is shown"; else ok "no detail"; fi
}

# Names with :: or an underscore in them; others may be words of a language or of a shell.
names() {
    local lost headers
    mapfile -t headers < <(find include -name '*.hpp' | sort)
    lost=$(awk '
        function names_in(text, at,    parts, part, n, m, i, j, x) {
            n = split(text, parts, "`")
            for (i = 2; i < n; i += 2) {
                x = parts[i]
                sub(/^graft::(flow::)?/, "", x); sub(/\(.*\)$/, "", x)
                if (x ~ /^std::/) continue
                if (x ~ /^[a-z][a-z0-9_]*(::[a-z][a-z0-9_]*)+$/) m = split(x, part, "::")
                else if (x ~ /^[a-z][a-z0-9_]*_[a-z0-9_]+$/ && length(x) > 3) { m = 1; part[1] = x }
                else continue
                for (j = 1; j <= m; ++j) if (!(part[j] in asked)) asked[part[j]] = at
            }
        }
        FILENAME ~ /\.md$/ { if (/^```/) code = !code; if (!code) names_in($0, FILENAME ":" FNR); next }
        {
            doc = ""; line = $0
            if ((i = index(line, "///")) > 0) { doc = substr(line, i + 3); line = substr(line, 1, i - 1) }
            sub(/\/\/.*/, "", line)
            if (doc != "") names_in(doc, FILENAME ":" FNR)
            while (match(line, /[A-Za-z_][A-Za-z0-9_]*/)) { known[substr(line, RSTART, RLENGTH)] = 1; line = substr(line, RSTART + RLENGTH) }
        }
        END { for (x in asked) if (!(x in known)) print asked[x] ": there is no `" x "`" }' "${headers[@]}" docs/guide/*.md README.md | sort)
    if [ -n "$lost" ]; then
        while IFS= read -r line; do miss "$line"; done <<<"$lost"
    else ok "every name in backticks"; fi
}

# What a page of the guide, or README.md, links to beside it.
links() {
    local page to count=0
    for page in README.md HACKING.md docs/guide/*.md; do
        while IFS= read -r to; do
            count=$((count + 1))
            [ -e "$(dirname "$page")/${to%%#*}" ] || miss "$page: there is no $to"
        done < <(awk '/^```/ { code = !code } !code' "$page" | grep -oE '\]\([^)]+\)' | sed -E 's/^..//; s/.$//' | grep -vE '^(https?:|#)')
    done
    ok "$count links"
}

everything() { reference && names && links; }
counted everything
