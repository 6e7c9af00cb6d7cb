# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# awk -v root=include/ -f chains.awk HEADER...: the headers, sorted into chains, a line each.
#
# A header stands alone when all that is above it is what it includes itself, directly or through others. So one unit can
# prove several: each includes, in this sense, whatever the one before it includes. That is a third of the units.

BEGIN {
    for (i = 1; i < ARGC; ++i) {
        header = name[i] = substr(ARGV[i], length(root) + 1)
        while ((getline text <ARGV[i]) > 0)
            if (match(text, /^[ \t]*#[ \t]*include[ \t]*[<"][^>"]+/)) {
                text = substr(text, RSTART, RLENGTH)
                sub(/^[^<"]*[<"]/, "", text)
                direct[header] = direct[header] " " text
            }
        close(ARGV[i])
    }
    n = ARGC - 1
    for (i = 1; i <= n; ++i) {
        found = 0
        delete seen
        visit(name[i])
        for (one in seen) {
            reach[i, one] = 1
            all[i] = all[i] " " one
        }
        size[i] = found
        order[i] = i
    }
    for (i = 2; i <= n; ++i) { # by how much they include, few first
        at = order[i]
        for (j = i - 1; j >= 1 && size[order[j]] > size[at]; --j) order[j + 1] = order[j]
        order[j + 1] = at
    }
    for (i = 1; i <= n; ++i) {
        at = order[i]
        best = 0
        for (c = 1; c <= chains; ++c)
            if ((!best || size[last[c]] > size[last[best]]) && within(last[c], at)) best = c
        if (!best) best = ++chains
        last[best] = at
        chain[best] = chain[best] (chain[best] == "" ? "" : " ") name[at]
    }
    for (c = 1; c <= chains; ++c) print chain[c]
}
# What `header` includes, itself too, into `seen`.
function visit(header,    part, k, m) {
    if (header in seen) return
    seen[header] = 1
    ++found
    m = split(direct[header], part, " ")
    for (k = 1; k <= m; ++k) visit(part[k])
}
# Whether the header at `b` includes all that the one at `a` does.
function within(a, b,    part, k, m) {
    m = split(all[a], part, " ")
    for (k = 1; k <= m; ++k)
        if (!((b, part[k]) in reach)) return 0
    return 1
}
