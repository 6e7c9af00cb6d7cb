# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# awk -f joined.awk FILE...: one unit of several test files, so that what they include is compiled once, and a template that two of
# them use too. First all that they include; then each file, as it is, in a namespace of its own, where its includes find nothing left to do.
# Includes between #if and #endif go up with them, where nothing else stands there.

FNR == 1 {
    name = FILENAME
    gsub(/[^A-Za-z0-9]/, "_", name)
    files = files "namespace joined" name " {\n#include \"" FILENAME "\"\n}\n"
    depth = 0
}
/^#[ \t]*if/ { if (!depth++) { block = ""; whole = 1 } }
depth {
    block = block $0 "\n"
    if (!/^#/ && NF) whole = 0
    if (/^#[ \t]*endif/ && !--depth && whole) printf "%s", block
    next
}
/^#[ \t]*include/ && !seen[$0]++
END { printf "%s", files }
