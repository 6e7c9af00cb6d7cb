# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# What Doxygen reads of a header: the fixed headings as its own commands, and the namespace by the name that users write. Kernels for one
# machine are nobody's to name, and a specialisation of std's it does not understand.

s,^( *///) (Gives|Takes|Borrows|Costs|Fails|Threads|Thread|Tells|Source)  +,\1 @heading{\2} ,
s,^namespace graft::inline GRAFT_ABI::inline GRAFT_KERNEL_COPY,namespace graft::detail,
s,^namespace graft::inline GRAFT_ABI,namespace graft,
/^template <>$/ {
    N
    /::ranges::/s,.*,\n,
}

# And of a page of the guide, which stands two folders deep, and in the reference three.
/^<!-- SPDX.*-->$/d
s,\[([^]]*)\]\(\.\./\.\./([^)]*)\),<a href="../../../\2">\1</a>,g
