# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# The toolchain of preset `neon`: g++ for 64-bit ARM, whose programs qemu runs. Debian: g++-aarch64-linux-gnu qemu-user.
#
# graft's dependencies are headers, so those of this machine serve. They are linked one by one into build/neon-prefix: all of
# /usr/include would bring this machine's C library with it.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

cmake_path(SET prefix NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../build/neon-prefix")
set(CMAKE_FIND_ROOT_PATH ${prefix} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

file(MAKE_DIRECTORY ${prefix}/include)
foreach(folder IN ITEMS eigen3/Eigen hnswlib xsimd doctest)
    cmake_path(GET folder FILENAME name)
    file(CREATE_LINK /usr/include/${folder} ${prefix}/include/${name} SYMBOLIC)
endforeach()
file(CONFIGURE OUTPUT ${prefix}/lib/cmake/doctest/doctestConfig.cmake @ONLY CONTENT [[
add_library(doctest::doctest INTERFACE IMPORTED)
set_target_properties(doctest::doctest PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "@prefix@/include")
]])
