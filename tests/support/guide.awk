# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# One program of all ```cpp blocks of the pages given: compiled once instead of one by one. Each block stands in a namespace of its own,
# its #include lines at the top, its main() as a function; `PROGRAM PAGE_LINE` runs it. The first lines `// fragment`,
# `// declarations` and `// not compiled: …` mean what they mean in tests/readme.sh.

FNR == 1 { page = FILENAME; sub(/.*\//, "", page); sub(/\.md$/, "", page); inside = 0 }
/^```cpp[ \t]*$/ && !inside { inside = 1; first = 1; ++n; name[n] = page "_" FNR; ident[n] = name[n]; gsub(/[^A-Za-z0-9_]/, "_", ident[n]); next }
/^```/ { inside = 0; next }
!inside { next }
first {
    first = 0
    kind[n] = /^\/\/ not compiled/ ? "none" : /^\/\/ fragment/ ? "fragment" : /^\/\/ declarations/ ? "declarations" : "program"
    body[n] = "#line " FNR " \"" FILENAME "\"\n"
}
/^#include / { if (!($0 in seen)) { seen[$0] = 1; includes = includes $0 "\n" } body[n] = body[n] "\n"; next }
{ if (kind[n] == "program") sub(/^int main\(\) \{/, "void program() {"); body[n] = body[n] $0 "\n" }
END {
    printf "#include <graft/graft.hpp>\n%s#include <cstdio>\n#include <string_view>\n", includes
    for (i = 1; i <= n; ++i) {
        if (kind[i] == "none") continue
        print "namespace page_" ident[i] " {"
        if (kind[i] != "program") print "using namespace graft;"
        if (kind[i] == "fragment") print "void program() {"
        printf "%s", body[i]
        if (kind[i] == "fragment") print "}"
        if (kind[i] == "declarations") print "void program() {}"
        print "}"
    }
    print "#line 1 \"guide.cpp\""
    print "int main(int count, char** texts) {"
    print "    const std::string_view asked = count > 1 ? texts[1] : \"\";"
    for (i = 1; i <= n; ++i)
        if (kind[i] != "none") printf "    if (asked == \"%s\") return page_%s::program(), 0;\n", name[i], ident[i]
    print "    std::fprintf(stderr, \"there is no such block\\n\");\n    return 2;\n}"
}
