# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# What Doxygen reads of a header: the fixed headings as its own commands, and the namespace by the name that users write.

s,^( *///) (Gives|Takes|Borrows|Costs|Fails|Threads|Tells|Source)  +,\1 @heading{\2} ,
s,^namespace graft::inline GRAFT_ABI,namespace graft,
s,^namespace graft::inline GRAFT_ABI,namespace graft,

# And of a page of the guide, which stands two folders deep, and in the reference three.
/^<!-- SPDX.*-->$/d
s,\[([^]]*)\]\(\.\./\.\./([^)]*)\),<a href="../../../\2">\1</a>,g
